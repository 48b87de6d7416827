// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads in waits that are no mutex's and no rwsem's, for the lab:
 * insmod dlk_waits.ko scenario=NAME
 *
 * Each is a deadlock, or a lock whose holder is gone.  What each must look like in a dump is written
 * in expect/NAME.json: there stands the name of the function that waits, so none of these is inlined,
 * and none ends with the call that waits, for that would leave no frame.
 *
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>
#include <linux/sched/task.h>
#include <linux/semaphore.h>
#include <linux/srcu.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <linux/ww_mutex.h>

#include "dlk_lab.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define lab_state state
static inline bool percpu_is_write_locked(struct percpu_rw_semaphore *sem)
{
	return atomic_read(&sem->block);
}
#else
#define lab_state __state
#endif

/* The known half of most of these: one task holds it, the one that could end the other wait wants it. */
static DEFINE_MUTEX(lab_mutex);

/* semaphore: ABBA over two that count to one. */

static struct semaphore lab_semaphore_a = __SEMAPHORE_INITIALIZER(lab_semaphore_a, 1);
static struct semaphore lab_semaphore_b = __SEMAPHORE_INITIALIZER(lab_semaphore_b, 1);

static noinline int lab_semaphore_1(void *unused)
{
	down(&lab_semaphore_a);
	lab_meet(2);
	down(&lab_semaphore_b);
	return lab_escaped();
}

static noinline int lab_semaphore_2(void *unused)
{
	down(&lab_semaphore_b);
	lab_meet(2);
	down(&lab_semaphore_a);
	return lab_escaped();
}

static int lab_semaphore(void)
{
	return lab_start(lab_semaphore_1, NULL, "lab-semaphore-1")
		       ?: lab_start(lab_semaphore_2, NULL, "lab-semaphore-2");
}

/* semaphore-held: NOT a deadlock.  Who took it is merely slow. */

static noinline int lab_semaphore_owner(void *unused)
{
	down(&lab_semaphore_a);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static noinline int lab_semaphore_waiter(void *unused)
{
	lab_await(1);
	down(&lab_semaphore_a);
	return lab_escaped();
}

static int lab_semaphore_held(void)
{
	return lab_start(lab_semaphore_owner, NULL, "lab-sem-owner")
		       ?: lab_start(lab_semaphore_waiter, NULL, "lab-sem-waiter");
}

/*
 * semaphore-signal: NOT a deadlock.  A worker takes what says that there is work, does it, and waits for the next.
 */
static struct semaphore lab_signal = __SEMAPHORE_INITIALIZER(lab_signal, 1);

static noinline int lab_semaphore_worker(void *unused)
{
	while (!down_interruptible(&lab_signal))
		atomic_inc(&lab_arrived);
	return lab_escaped();
}

static int lab_semaphore_signal(void)
{
	return lab_start(lab_semaphore_worker, NULL, "lab-sem-worker");
}

/*
 * percpu: the writer holds the mutex and waits for the reader to go, which wants the mutex.  A
 * second reader comes when the writer is waiting, and waits for the writer.
 */
DEFINE_STATIC_PERCPU_RWSEM(lab_percpu_rwsem);

static noinline int lab_percpu_writer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	percpu_down_write(&lab_percpu_rwsem);
	return lab_escaped();
}

static noinline int lab_percpu_reader(void *unused)
{
	percpu_down_read(&lab_percpu_rwsem);
	lab_meet(2);
	mutex_lock(&lab_mutex);
	percpu_up_read(&lab_percpu_rwsem);
	return lab_escaped();
}

static noinline int lab_percpu_late(void *unused)
{
	while (!percpu_is_write_locked(&lab_percpu_rwsem))
		schedule_timeout_uninterruptible(1);
	percpu_down_read(&lab_percpu_rwsem);
	return lab_escaped();
}

static int lab_percpu(void)
{
	return lab_start(lab_percpu_writer, NULL, "lab-percpu-w") ?:
	       lab_start(lab_percpu_reader, NULL, "lab-percpu-r") ?:
	       lab_start(lab_percpu_late, NULL, "lab-percpu-late");
}

/* ww: ABBA over two ww_mutexes.  Without an acquire context nobody is told to back off. */

static DEFINE_WW_CLASS(lab_ww_class);
static struct ww_mutex lab_ww_a, lab_ww_b;

static noinline int lab_ww_1(void *unused)
{
	if (ww_mutex_lock(&lab_ww_a, NULL))
		return lab_escaped();
	lab_meet(2);
	return ww_mutex_lock(&lab_ww_b, NULL) ?: lab_escaped();
}

static noinline int lab_ww_2(void *unused)
{
	if (ww_mutex_lock(&lab_ww_b, NULL))
		return lab_escaped();
	lab_meet(2);
	return ww_mutex_lock(&lab_ww_a, NULL) ?: lab_escaped();
}

static int lab_ww(void)
{
	ww_mutex_init(&lab_ww_a, &lab_ww_class);
	ww_mutex_init(&lab_ww_b, &lab_ww_class);
	return lab_start(lab_ww_1, NULL, "lab-ww-1") ?: lab_start(lab_ww_2, NULL, "lab-ww-2");
}

/* work: the flusher holds the mutex that the work item wants. */

static void lab_work_item(struct work_struct *unused)
{
	atomic_inc(&lab_arrived);
	mutex_lock(&lab_mutex);
	lab_escaped();
}

static DECLARE_WORK(lab_work, lab_work_item);

static noinline int lab_work_flusher(void *wq)
{
	mutex_lock(&lab_mutex);
	queue_work(wq, &lab_work);
	lab_await(1);
	flush_work(&lab_work);
	return lab_escaped();
}

static int lab_work_start(void)
{
	struct workqueue_struct *wq = alloc_workqueue("lab_wq", 0, 1);

	return wq ? lab_start(lab_work_flusher, wq, "lab-work") : -ENOMEM;
}

/* srcu: who holds the mutex waits for all readers to leave; one of them wants the mutex. */

DEFINE_STATIC_SRCU(lab_srcu_domain);

static noinline int lab_srcu_synchronizer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	synchronize_srcu(&lab_srcu_domain);
	return lab_escaped();
}

static noinline int lab_srcu_reader(void *unused)
{
	int index = srcu_read_lock(&lab_srcu_domain);

	lab_meet(2);
	mutex_lock(&lab_mutex);
	srcu_read_unlock(&lab_srcu_domain, index);
	return lab_escaped();
}

static int lab_srcu(void)
{
	return lab_start(lab_srcu_synchronizer, NULL, "lab-srcu-sync")
		       ?: lab_start(lab_srcu_reader, NULL, "lab-srcu-reader");
}

/* bit: ABBA over two bits, each in a word of its own. */

enum { LAB_BIT_A = 3, LAB_BIT_B = 5 };

static unsigned long lab_bits_a, lab_bits_b;

static noinline int lab_bit_1(void *unused)
{
	wait_on_bit_lock(&lab_bits_a, LAB_BIT_A, TASK_UNINTERRUPTIBLE);
	lab_meet(2);
	wait_on_bit_lock(&lab_bits_b, LAB_BIT_B, TASK_UNINTERRUPTIBLE);
	return lab_escaped();
}

static noinline int lab_bit_2(void *unused)
{
	wait_on_bit_lock(&lab_bits_b, LAB_BIT_B, TASK_UNINTERRUPTIBLE);
	lab_meet(2);
	wait_on_bit_lock(&lab_bits_a, LAB_BIT_A, TASK_UNINTERRUPTIBLE);
	return lab_escaped();
}

static int lab_bit(void)
{
	return lab_start(lab_bit_1, NULL, "lab-bit-1") ?: lab_start(lab_bit_2, NULL, "lab-bit-2");
}

/* kthread: who holds the mutex waits for the end of a thread that wants it. */

static noinline int lab_kthread_stopper(void *thread)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	kthread_stop(thread);
	return lab_escaped();
}

static noinline int lab_kthread_stopped(void *unused)
{
	lab_meet(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_kthread(void)
{
	struct task_struct *stopped = kthread_run(lab_kthread_stopped, NULL, "lab-kthread-2");

	return lab_count(stopped) ?: lab_start(lab_kthread_stopper, stopped, "lab-kthread-1");
}

/* rwsem-upgrade: a reader that wants to write waits for itself. */

static DECLARE_RWSEM(lab_rwsem);

static noinline int lab_upgrader(void *unused)
{
	down_read(&lab_rwsem);
	down_write(&lab_rwsem);
	return lab_escaped();
}

static int lab_rwsem_upgrade(void)
{
	return lab_start(lab_upgrader, NULL, "lab-upgrade");
}

/* completion: who holds the mutex waits to be told so by one that wants the mutex first. */

static DECLARE_COMPLETION(lab_completion);

static noinline int lab_completion_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	wait_for_completion(&lab_completion);
	return lab_escaped();
}

static noinline int lab_completer(void *unused)
{
	lab_meet(2);
	mutex_lock(&lab_mutex);
	complete(&lab_completion);
	return lab_escaped();
}

static int lab_completion_start(void)
{
	return lab_start(lab_completion_waiter, NULL, "lab-compl-1")
		       ?: lab_start(lab_completer, NULL, "lab-compl-2");
}

/*
 * leak: the owner ends with its mutex held; one waits for that mutex, and a second for the first.
 * No deadlock, and yet for good.  The owner's task_struct is in no list any more.  This module
 * keeps it from being freed: else its memory is the next new task's, which then looks like the owner,
 * and even the kernel reads what is not there any more, to see whether the owner runs.
 */
static DEFINE_MUTEX(lab_leaked);
static DEFINE_MUTEX(lab_kept);

static noinline int lab_leak_owner(void *unused)
{
	mutex_lock(&lab_leaked);
	return 0;
}

static noinline int lab_leak_1(void *owner)
{
	mutex_lock(&lab_kept);
	while (READ_ONCE(((struct task_struct *)owner)->lab_state) != TASK_DEAD)
		schedule_timeout_uninterruptible(1);
	atomic_inc(&lab_arrived);
	mutex_lock(&lab_leaked);
	return lab_escaped();
}

static noinline int lab_leak_2(void *unused)
{
	lab_await(1);
	mutex_lock(&lab_kept);
	return lab_escaped();
}

/* Not counted: only two threads stay. */
static struct task_struct *lab_leak(void)
{
	struct task_struct *owner = kthread_create(lab_leak_owner, NULL, "lab-leak-owner");

	if (!IS_ERR(owner)) {
		get_task_struct(owner);
		wake_up_process(owner);
	}
	return owner;
}

static int lab_leak_start(void)
{
	struct task_struct *owner = lab_leak();

	if (IS_ERR(owner))
		return PTR_ERR(owner);
	return lab_start(lab_leak_1, owner, "lab-leak-1")
		       ?: lab_start(lab_leak_2, NULL, "lab-leak-2");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "semaphore", lab_semaphore },
	{ "semaphore-held", lab_semaphore_held },
	{ "semaphore-signal", lab_semaphore_signal },
	{ "percpu", lab_percpu },
	{ "ww", lab_ww },
	{ "work", lab_work_start },
	{ "srcu", lab_srcu },
	{ "bit", lab_bit },
	{ "kthread", lab_kthread },
	{ "rwsem-upgrade", lab_rwsem_upgrade },
	{ "completion", lab_completion_start },
	{ "leak", lab_leak_start },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads in waits of many kinds, to try deadlock finders on");
