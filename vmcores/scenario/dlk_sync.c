// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads in waits for bits and for the ends of read sides, for the lab:
 * insmod dlk_sync.ko scenario=NAME
 *
 * Those of which dlk_waits.c makes a deadlock are here without one; and RCU has all of its own here.  What each must look
 * like in a dump is written in expect/NAME.json.
 *
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/buffer_head.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rcupdate_trace.h>
#include <linux/shmem_fs.h>
#include <linux/srcu.h>
#include <linux/wait_bit.h>

#include "dlk_lab.h"

/* Before they can be left out of a kernel, all have them that have block devices. */
#if defined(CONFIG_BUFFER_HEAD) || LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define LAB_HAS_BUFFERS
#endif

/* Since v6.12 it does nothing on x86. */
#if defined(CONFIG_TASKS_RUDE_RCU) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define LAB_HAS_RUDE
#endif

static DEFINE_MUTEX(lab_mutex);

enum { LAB_BIT = 6, LAB_BLOCK = 34, LAB_MOMENT = 50 /* ms */, LAB_LAST_CPU = 3 };

/* bit-slow: NOT a deadlock.  One has the bit for a moment, again and again; so the other is woken, and sleeps again. */

static unsigned long lab_slow_bits;

static noinline int lab_bit_owner(void *unused)
{
	for (;;) {
		set_bit(LAB_BIT, &lab_slow_bits);
		msleep(LAB_MOMENT);
		clear_and_wake_up_bit(LAB_BIT, &lab_slow_bits);
	}
	return 0;
}

static noinline int lab_bit_waiter(void *unused)
{
	for (;;)
		wait_on_bit(&lab_slow_bits, LAB_BIT, TASK_UNINTERRUPTIBLE);
	return 0;
}

static int lab_bit_slow(void)
{
	set_bit(LAB_BIT, &lab_slow_bits);
	return lab_start(lab_bit_owner, NULL, "lab-bit-owner")
		       ?: lab_start(lab_bit_waiter, NULL, "lab-bit-waiter");
}

#ifdef LAB_HAS_BUFFERS
/*
 * bit-named: waits for what has a name: the lock of a buffer, a bit of an inode's state, a variable.  Nobody will end
 * them.
 */
static struct buffer_head *lab_buffer;
static struct inode *lab_inode;
static int lab_variable;

static noinline int lab_bit_buffer(void *unused)
{
	lock_buffer(lab_buffer);
	return lab_escaped();
}

/* As those do that wait for the end of an inode's writeback. */
static noinline int lab_bit_inode(void *unused)
{
#ifdef inode_state_wait_address
	wait_var_event(inode_state_wait_address(lab_inode, __I_SYNC), !READ_ONCE(started));
#else
	wait_on_bit((unsigned long *)&lab_inode->i_state, __I_SYNC, TASK_UNINTERRUPTIBLE);
#endif
	return lab_escaped();
}

static noinline int lab_bit_variable(void *unused)
{
	wait_var_event(&lab_variable, READ_ONCE(lab_variable));
	return lab_escaped();
}

static int lab_bit_named(void)
{
	struct file *file = shmem_file_setup("lab-file", PAGE_SIZE, LAB_NO_VMA_FLAGS);

	lab_buffer = alloc_buffer_head(GFP_KERNEL | __GFP_ZERO);
	if (IS_ERR(file) || !lab_buffer)
		return -ENOMEM;
	lab_buffer->b_blocknr = LAB_BLOCK;
	lock_buffer(lab_buffer);
	lab_inode = file_inode(file);
	set_bit(__I_SYNC, (unsigned long *)&lab_inode->i_state);
	return lab_start(lab_bit_buffer, NULL, "lab-bit-buffer") ?:
	       lab_start(lab_bit_inode, NULL, "lab-bit-inode") ?:
	       lab_start(lab_bit_variable, NULL, "lab-bit-var");
}
#endif

/* srcu-held: NOT a deadlock.  Two readers stay inside, and sleep. */

DEFINE_STATIC_SRCU(lab_srcu_domain);

static noinline int lab_srcu_stayer(void *unused)
{
	int index = srcu_read_lock(&lab_srcu_domain);

	atomic_inc(&lab_arrived);
	lab_sleep_for_good();
	srcu_read_unlock(&lab_srcu_domain, index);
	return 0;
}

static noinline int lab_srcu_synchronizer(void *readers)
{
	lab_await((long)readers);
	synchronize_srcu(&lab_srcu_domain);
	return lab_escaped();
}

static int lab_srcu_held(void)
{
	return lab_start(lab_srcu_stayer, NULL, "lab-srcu-in-1") ?:
	       lab_start(lab_srcu_stayer, NULL, "lab-srcu-in-2") ?:
	       lab_start(lab_srcu_synchronizer, (void *)2, "lab-srcu-sync");
}

/* srcu-slow: NOT a deadlock.  A reader stays inside for a moment, again and again. */

static noinline int lab_srcu_visitor(void *unused)
{
	for (;;) {
		int index = srcu_read_lock(&lab_srcu_domain);

		msleep(LAB_MOMENT);
		srcu_read_unlock(&lab_srcu_domain, index);
	}
	return 0;
}

static noinline int lab_srcu_again(void *unused)
{
	for (;;)
		synchronize_srcu(&lab_srcu_domain);
	return 0;
}

static int lab_srcu_slow(void)
{
	return lab_start(lab_srcu_visitor, NULL, "lab-srcu-visit")
		       ?: lab_start(lab_srcu_again, NULL, "lab-srcu-again");
}

#ifdef CONFIG_PREEMPT_RCU
/*
 * rcu, rcu-expedited, rcu-barrier: who holds the mutex waits for the end of a grace period; a reader sleeps inside, which
 * it must not, for the mutex.  In a kernel whose readers cannot be preempted nothing would be held up.
 */
static struct rcu_head lab_head;

static void lab_callback(struct rcu_head *unused)
{
}

static noinline int lab_rcu_synchronizer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	synchronize_rcu();
	return lab_escaped();
}

static noinline int lab_rcu_expediter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	synchronize_rcu_expedited();
	return lab_escaped();
}

static noinline int lab_rcu_barrier_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	call_rcu(&lab_head, lab_callback);
	rcu_barrier();
	return lab_escaped();
}

static noinline int lab_rcu_reader(void *unused)
{
	rcu_read_lock();
	lab_meet(2);
	mutex_lock(&lab_mutex);
	rcu_read_unlock();
	return lab_escaped();
}

static int lab_rcu_with(int (*synchronizer)(void *), const char *name)
{
	return lab_start(synchronizer, NULL, "%s", name)
		       ?: lab_start(lab_rcu_reader, NULL, "lab-rcu-reader");
}

static int lab_rcu(void)
{
	return lab_rcu_with(lab_rcu_synchronizer, "lab-rcu-sync");
}

static int lab_rcu_expedited(void)
{
	return lab_rcu_with(lab_rcu_expediter, "lab-rcu-exp");
}

static int lab_rcu_barrier(void)
{
	return lab_rcu_with(lab_rcu_barrier_waiter, "lab-rcu-barrier");
}

/* rcu-held: NOT a deadlock.  The reader that sleeps inside is merely slow. */

static noinline int lab_rcu_stayer(void *unused)
{
	rcu_read_lock();
	lab_meet(2);
	lab_sleep_for_good();
	rcu_read_unlock();
	return 0;
}

static int lab_rcu_held(void)
{
	return lab_start(lab_rcu_synchronizer, NULL, "lab-rcu-sync")
		       ?: lab_start(lab_rcu_stayer, NULL, "lab-rcu-in");
}
#endif

#if defined(CONFIG_PREEMPT_RCU) && defined(CONFIG_TASKS_RCU)
/*
 * rcu-tasks: who holds the mutex waits for a grace period of tasks; the kernel's thread that ends these waits for RCU first, and
 * that for a reader, who wants the mutex.
 */
static noinline int lab_tasks_synchronizer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	synchronize_rcu_tasks();
	return lab_escaped();
}

static int lab_rcu_tasks(void)
{
	return lab_rcu_with(lab_tasks_synchronizer, "lab-tasks-sync");
}

/* rcu-tasks-slow: NOT a deadlock.  The reader is merely slow. */
static int lab_rcu_tasks_slow(void)
{
	return lab_start(lab_tasks_synchronizer, NULL, "lab-tasks-sync")
		       ?: lab_start(lab_rcu_stayer, NULL, "lab-rcu-in");
}

/* rcu-tasks-barrier, -slow: the same, and who holds the mutex waits for callbacks that wait for such a grace period. */
static noinline int lab_tasks_barrier_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	call_rcu_tasks(&lab_head, lab_callback);
	rcu_barrier_tasks();
	return lab_escaped();
}

static int lab_rcu_tasks_barrier(void)
{
	return lab_rcu_with(lab_tasks_barrier_waiter, "lab-tasks-sync");
}

static int lab_rcu_tasks_barrier_slow(void)
{
	return lab_start(lab_tasks_barrier_waiter, NULL, "lab-tasks-sync")
		       ?: lab_start(lab_rcu_stayer, NULL, "lab-rcu-in");
}

/* rcu-tasks-spin: NOT a deadlock.  One turns in a circle, and does not sleep. */
static noinline int lab_tasks_spinner(void *unused)
{
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	return 0;
}

static noinline int lab_tasks_waiter(void *unused)
{
	lab_await(1);
	synchronize_rcu_tasks();
	return lab_escaped();
}

static int lab_rcu_tasks_spin(void)
{
	return lab_start(lab_tasks_waiter, NULL, "lab-tasks-sync")
		       ?: lab_wake(
				  lab_create_on(LAB_LAST_CPU, lab_tasks_spinner, "lab-tasks-spin"));
}
#endif

#if defined(CONFIG_PREEMPT_RCU) && defined(CONFIG_TASKS_TRACE_RCU)
/* rcu-trace: who holds the mutex waits until the readers of trace RCU have left, who may sleep; one of them wants the mutex. */
static noinline int lab_trace_synchronizer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	synchronize_rcu_tasks_trace();
	return lab_escaped();
}

static noinline int lab_trace_reader(void *unused)
{
	rcu_read_lock_trace();
	lab_meet(2);
	mutex_lock(&lab_mutex);
	rcu_read_unlock_trace();
	return lab_escaped();
}

static int lab_rcu_trace(void)
{
	return lab_start(lab_trace_synchronizer, NULL, "lab-trace-sync")
		       ?: lab_start(lab_trace_reader, NULL, "lab-trace-in");
}

/* rcu-trace-slow: NOT a deadlock.  The reader is merely slow. */
static noinline int lab_trace_stayer(void *unused)
{
	rcu_read_lock_trace();
	lab_meet(2);
	lab_sleep_for_good();
	rcu_read_unlock_trace();
	return 0;
}

static int lab_rcu_trace_slow(void)
{
	return lab_start(lab_trace_synchronizer, NULL, "lab-trace-sync")
		       ?: lab_start(lab_trace_stayer, NULL, "lab-trace-in");
}

/* rcu-trace-barrier, -slow: the same by callbacks. */
static noinline int lab_trace_barrier_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	call_rcu_tasks_trace(&lab_head, lab_callback);
	rcu_barrier_tasks_trace();
	return lab_escaped();
}

static int lab_rcu_trace_barrier(void)
{
	return lab_start(lab_trace_barrier_waiter, NULL, "lab-trace-sync")
		       ?: lab_start(lab_trace_reader, NULL, "lab-trace-in");
}

static int lab_rcu_trace_barrier_slow(void)
{
	return lab_start(lab_trace_barrier_waiter, NULL, "lab-trace-sync")
		       ?: lab_start(lab_trace_stayer, NULL, "lab-trace-in");
}
#endif

/* rcu-spin: NOT a deadlock.  One keeps its CPU, inside a read side. */

static noinline int lab_rcu_spinner(void *unused)
{
	rcu_read_lock();
	preempt_disable();
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	preempt_enable();
	rcu_read_unlock();
	return 0;
}

static noinline int lab_rcu_waiter(void *unused)
{
	lab_await(1);
	synchronize_rcu();
	return lab_escaped();
}

static int lab_rcu_spin(void)
{
	return lab_start(lab_rcu_waiter, NULL, "lab-rcu-sync")
		       ?: lab_wake(lab_create_on(LAB_LAST_CPU, lab_rcu_spinner, "lab-rcu-spin"));
}

#ifdef LAB_HAS_RUDE
/* rcu-rude: NOT a deadlock.  One keeps its CPU, where a work is to run before the grace period can end. */

static noinline int lab_rude_spinner(void *unused)
{
	preempt_disable();
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	preempt_enable();
	return 0;
}

static noinline int lab_rude_waiter(void *unused)
{
	lab_await(1);
	synchronize_rcu_tasks_rude();
	return lab_escaped();
}

static int lab_rcu_rude(void)
{
	return lab_start(lab_rude_waiter, NULL, "lab-rude-sync")
		       ?: lab_wake(lab_create_on(LAB_LAST_CPU, lab_rude_spinner, "lab-rude-spin"));
}
#endif

static const struct lab_scenario lab_scenarios[] = {
	{ "bit-slow", lab_bit_slow },
#ifdef LAB_HAS_BUFFERS
	{ "bit-named", lab_bit_named },
#endif
	{ "srcu-held", lab_srcu_held },
	{ "srcu-slow", lab_srcu_slow },
#ifdef CONFIG_PREEMPT_RCU
	{ "rcu", lab_rcu },
	{ "rcu-expedited", lab_rcu_expedited },
	{ "rcu-barrier", lab_rcu_barrier },
	{ "rcu-held", lab_rcu_held },
#endif
#if defined(CONFIG_PREEMPT_RCU) && defined(CONFIG_TASKS_RCU)
	{ "rcu-tasks", lab_rcu_tasks },
	{ "rcu-tasks-slow", lab_rcu_tasks_slow },
	{ "rcu-tasks-spin", lab_rcu_tasks_spin },
	{ "rcu-tasks-barrier", lab_rcu_tasks_barrier },
	{ "rcu-tasks-barrier-slow", lab_rcu_tasks_barrier_slow },
#endif
#if defined(CONFIG_PREEMPT_RCU) && defined(CONFIG_TASKS_TRACE_RCU)
	{ "rcu-trace", lab_rcu_trace },
	{ "rcu-trace-slow", lab_rcu_trace_slow },
	{ "rcu-trace-barrier", lab_rcu_trace_barrier },
	{ "rcu-trace-barrier-slow", lab_rcu_trace_barrier_slow },
#endif
#ifdef LAB_HAS_RUDE
	{ "rcu-rude", lab_rcu_rude },
#endif
	{ "rcu-spin", lab_rcu_spin },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs kernel threads in waits for bits and read sides, to try deadlock finders on");
