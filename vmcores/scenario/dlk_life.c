// SPDX-License-Identifier: GPL-2.0-only
/* Waits for a kthread_worker's works, for programs that the kernel starts, for PID namespaces, and for modules that another one loads. */
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/kmod.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>

#include "dlk_lab.h"

static DEFINE_MUTEX(lab_mutex);

static noinline int lab_wanter(void *unused)
{
	lab_meet(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

/* worker-flush: who holds the mutex waits for a work that wants it; worker-slow: for one that sleeps, again and again. */

static struct kthread_worker *lab_worker;
static struct kthread_work lab_work;

static noinline void lab_wanting_work(struct kthread_work *unused)
{
	lab_meet(2);
	mutex_lock(&lab_mutex);
	lab_escaped();
}

static noinline void lab_slow_work(struct kthread_work *unused)
{
	lab_sleep_for_good();
}

static noinline int lab_flusher(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	kthread_flush_work(&lab_work);
	return lab_escaped();
}

static int lab_flush(kthread_work_func_t fn)
{
	lab_worker = kthread_create_worker(0, "lab-worker");
	if (IS_ERR(lab_worker))
		return PTR_ERR(lab_worker);
	/* Since v6.14 it is but made. */
	wake_up_process(lab_worker->task);
	started++;
	kthread_init_work(&lab_work, fn);
	kthread_queue_work(lab_worker, &lab_work);
	return lab_start(lab_flusher, NULL, "lab-flusher");
}

static int lab_worker_flush(void)
{
	return lab_flush(lab_wanting_work);
}

static int lab_worker_slow(void)
{
	int error = lab_flush(lab_slow_work);

	return error ?: lab_start(lab_wanter, NULL, "lab-waiter");
}

/*
 * umh: who holds the mutex waits for a program that wants it, by a file of this module's; umh-slow: for one that
 * sleeps.
 */

static noinline ssize_t lab_poke(struct file *file, const char __user *from, size_t size,
				 loff_t *position)
{
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static const struct proc_ops lab_poke_ops = { .proc_write = lab_poke };

static noinline int lab_start_program(char *what)
{
	static char *environment[] = { "HOME=/", "PATH=/bin", NULL };
	char *arguments[] = { "/bin/sh", "-c", what, NULL };

	return call_usermodehelper(arguments[0], arguments, environment, UMH_WAIT_PROC);
}

static noinline int lab_caller(void *what)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	lab_start_program(what);
	return lab_escaped();
}

static int lab_umh(void)
{
	if (!proc_create("dlk_life", 0200, NULL, &lab_poke_ops))
		return -ENOMEM;
	/* The program, too, calls itself lab-... */
	started++;
	return lab_start(lab_caller, "echo -n lab-program >/proc/self/comm; echo 1 >/proc/dlk_life",
			 "lab-caller")
		       ?: lab_start(lab_wanter, NULL, "lab-waiter");
}

static int lab_umh_slow(void)
{
	return lab_start(lab_caller, "exec sleep 1000000", "lab-caller")
		       ?: lab_start(lab_wanter, NULL, "lab-waiter");
}

/*
 * pidns: the program is the first process of a PID namespace, and ends; so it waits for its two children to end, of whom one
 * wants the mutex, and the other sleeps, again and again.  pidns-slow: both sleep.  Of a kworker that starts a program the
 * kernel would not make such a process, so a kprobe has it do that.
 */
#define LAB_INIT                                                                                   \
	"echo -n lab-pidns-init >/proc/self/comm; mkdir /own; mount -t proc proc /own; "           \
	"start() { (echo -n $1 >/proc/self/comm; echo >/proc/$2) & "                               \
	"until grep -q '^State:.D' /own/$!/status; do sleep 1; done; }; "

static noinline ssize_t lab_doze(struct file *file, const char __user *from, size_t size,
				 loff_t *position)
{
	return lab_sleep_for_good();
}

static const struct proc_ops lab_doze_ops = { .proc_write = lab_doze };

static atomic_t lab_cloned = ATOMIC_INIT(0);

static int lab_clone(struct kprobe *probe, struct pt_regs *regs)
{
	struct kernel_clone_args *args = (void *)regs->di;

	if (current->flags & PF_WQ_WORKER && !atomic_xchg(&lab_cloned, 1))
		args->flags |= CLONE_NEWPID;
	return 0;
}

static struct kprobe lab_clone_probe = { .symbol_name = "kernel_clone", .pre_handler = lab_clone };

static int lab_pidns_with(char *what)
{
	int error;

	if (!proc_create("dlk_life", 0200, NULL, &lab_poke_ops) ||
	    !proc_create("dlk_doze", 0200, NULL, &lab_doze_ops))
		return -ENOMEM;
	error = register_kprobe(&lab_clone_probe);
	/* The program and its children, too, call themselves lab-... */
	started += 3;
	return error ?: lab_start(lab_caller, what, "lab-caller") ?:
			lab_start(lab_wanter, NULL, "lab-waiter");
}

static int lab_pidns(void)
{
	return lab_pidns_with(LAB_INIT
			      "start lab-pidns-task dlk_life; start lab-pidns-slow dlk_doze; exit");
}

static int lab_pidns_slow(void)
{
	return lab_pidns_with(LAB_INIT
			      "start lab-pidns-1 dlk_doze; start lab-pidns-2 dlk_doze; exit");
}

/*
 * module-self: the start of a module waits for a program that loads this very module; module-slow: two load a module
 * that takes its time.  module-name, module-name-slow: the second loads it from another file.
 */

static noinline int lab_loader(void *what)
{
	lab_start_program(what);
	return lab_escaped();
}

static int lab_module_self(void)
{
	return lab_start(lab_loader, "insmod /dlk_life_self.ko scenario=self", "lab-loader-1");
}

static int lab_module_name(void)
{
	return lab_start(lab_loader, "insmod /dlk_life_self.ko scenario=name", "lab-loader-1");
}

static int lab_slow_with(char *second)
{
	int error = lab_start(lab_loader, "insmod /dlk_life_self.ko scenario=slow", "lab-loader-1");

	msleep(5000);
	return error ?: lab_start(lab_loader, second, "lab-loader-2");
}

static int lab_module_slow(void)
{
	return lab_slow_with("insmod /dlk_life_self.ko scenario=slow");
}

static int lab_module_name_slow(void)
{
	return lab_slow_with("cp /dlk_life_self.ko /copy.ko && exec insmod /copy.ko scenario=slow");
}

/*
 * firmware: who holds the mutex asks for firmware that another one has asked for, which waits for somebody to write the file;
 * NOT a deadlock, but it lasts until then.
 */
static struct device *lab_device;

static noinline int lab_ask(void)
{
	const struct firmware *firmware;

	atomic_inc(&lab_arrived);
	return request_firmware(&firmware, "lab-firmware", lab_device);
}

static noinline int lab_first_asker(void *unused)
{
	lab_start_program("mkdir -p /lib/firmware && mkfifo /lib/firmware/lab-firmware");
	lab_ask();
	return lab_escaped();
}

static noinline int lab_second_asker(void *first)
{
	struct task_struct *other = first;

	mutex_lock(&lab_mutex);
	lab_await(1);
	while (READ_ONCE(other->on_rq))
		schedule_timeout_uninterruptible(1);
	lab_ask();
	return lab_escaped();
}

static noinline int lab_late(void *unused)
{
	lab_await(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_firmware(void)
{
	struct task_struct *first;

	lab_device = root_device_register("lab");
	if (IS_ERR(lab_device))
		return PTR_ERR(lab_device);
	first = kthread_run(lab_first_asker, NULL, "lab-firmware-1");
	return lab_count(first) ?:
	       lab_start(lab_second_asker, first, "lab-firmware-2") ?:
	       lab_start(lab_late, NULL, "lab-waiter");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "worker-flush", lab_worker_flush },
	{ "worker-slow", lab_worker_slow },
	{ "umh", lab_umh },
	{ "umh-slow", lab_umh_slow },
	{ "pidns", lab_pidns },
	{ "pidns-slow", lab_pidns_slow },
	{ "module-self", lab_module_self },
	{ "module-slow", lab_module_slow },
	{ "firmware", lab_firmware },
	{ "module-name", lab_module_name },
	{ "module-name-slow", lab_module_name_slow },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs tasks that wait for works, programs and modules, to try deadlock finders on");
