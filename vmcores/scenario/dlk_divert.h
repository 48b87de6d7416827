/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends kthreadd elsewhere, for those scenarios in which it is one of the tasks that hang: into lab_fork(), which the module
 * has that includes this.
 */
#include <linux/kprobes.h>

static int lab_fork(void);

/* Whoever makes a kernel thread goes there instead: from now on that is kthreadd alone. */
static int lab_divert(struct kprobe *probe, struct pt_regs *regs)
{
	regs->ip = (unsigned long)lab_fork;
	return 1;
}

static struct kprobe lab_probe = { .symbol_name = "kernel_thread", .pre_handler = lab_divert };

static int lab_never_made(void *unused)
{
	return lab_escaped();
}

/* Divert it, after @error was 0, and let those go on who wait for that: the last of three. */
static int lab_divert_kthreadd(int error)
{
	error = error ?: register_kprobe(&lab_probe);
	if (!error)
		lab_meet(3);
	return error;
}
