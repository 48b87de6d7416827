/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwinding from a function that the ORC tables know, but say nothing of.
 *
 * Some functions are kept out of the tables (STACK_FRAME_NON_STANDARD() of include/linux/objtool.h), for what
 * objtool makes nothing of.  One of them, __crash_kexec() of kernel/kexec_core.c, is where the registers are
 * saved of a CPU that panicked: without a way out of it nothing is known of what this CPU did before.
 *
 * Claims: the first word of its frame that lies behind a direct call of this very function is what that call
 * left there.  The frame pointer is the caller's if it points beyond this frame: one of this function's own
 * points into it.  Other registers are not known in the caller: the function may have used any.
 * How it can be wrong: a function that recurses, or was called a moment before from deeper in the stack, and
 * has left the return address of that call in a part of its frame that it has not written since; one that
 * has a pointer into a caller's frame in rbp.  What was called through a pointer is not found.
 */
#include <config.h>

#include "kernel/call.h"
#include "kernel/orc.h"
#include "kernel/x86_64.h"

enum { MAX_FRAME = 64 /* words; that of __crash_kexec() has 24, of which pt_regs are 21 */ };

/* The registers of the caller, whose stack pointer is known. */
static void restore(struct dlk_cursor *c)
{
	dlk_addr_t bp;

	dlk_frame_regs_keep(&c->regs, DLK_X86_RBP);
	if (dlk_frame_regs_get(&c->regs, DLK_X86_RBP, &bp) &&
	    (bp < c->sp || bp - c->sp >= c->k->stack_size))
		c->regs.known = 0;
}

static enum dlk_stepped step(struct dlk_cursor *c)
{
	struct dlk_orc_entry orc;
	dlk_addr_t start, at = c->sp;
	uint64_t word;

	if (!c->is_exact || dlk_orc_find(c->k, c->pc, &orc) || orc.type != DLK_ORC_NOTHING)
		return DLK_STEP_NONE;
	start = dlk_kernel_describe_ip(c->k, c->pc).start;
	for (int i = 0; i < MAX_FRAME && dlk_cursor_read(c, at, &word); i++) {
		at += DLK_WORD;
		if (!dlk_is_called_before(c->k, word, start))
			continue;
		c->pc = word;
		c->sp = at;
		c->is_exact = false;
		restore(c);
		return DLK_STEP_CALLER;
	}
	return DLK_STEP_NONE;
}

const struct dlk_unwinder dlk_unwinder_untold = { .name = "untold", .step = step };
