// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over a percpu_rw_semaphore, for the lab:
 * insmod dlk_percpu.ko scenario=NAME
 *
 * What each must look like in a dump is written in expect/NAME.json.  No function that waits is inlined, and
 * none ends with the call that waits.  The threads stay for good, so the module cannot be unloaded.
 *
 * lockdep is told not to check these locks: it would complain, and be off.  It lists them all the same.
 */
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>

#include "dlk_lab.h"

DEFINE_STATIC_PERCPU_RWSEM(lab_percpu_rwsem);
static DEFINE_MUTEX(lab_mutex);

/* Whether a writer has the lock, or waits for the readers to go. */
static bool lab_has_writer(struct percpu_rw_semaphore *sem)
{
	return atomic_read(&sem->block);
}

static noinline int lab_writer(void *sem)
{
	lab_await(1);
	percpu_down_write(sem);
	return lab_escaped();
}

/* percpu-again: a reader reads again, behind the writer that waits for it to go. */

static noinline int lab_again_reader(void *sem)
{
	percpu_down_read(sem);
	atomic_inc(&lab_arrived);
	while (!lab_has_writer(sem))
		schedule_timeout_uninterruptible(1);
	percpu_down_read(sem);
	return lab_escaped();
}

static int lab_again(void)
{
	return lab_start(lab_again_reader, &lab_percpu_rwsem, "lab-again-r")
		       ?: lab_start(lab_writer, &lab_percpu_rwsem, "lab-again-w");
}

/*
 * percpu-object: as percpu of dlk_waits.c, but the lock's address is a variable, so that it stays on the stack of the
 * reader.
 */

static noinline int lab_object_writer(void *sem)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	percpu_down_write(sem);
	return lab_escaped();
}

static noinline int lab_object_reader(void *sem)
{
	percpu_down_read(sem);
	lab_meet(2);
	mutex_lock(&lab_mutex);
	percpu_up_read(sem);
	return lab_escaped();
}

static int lab_object(void)
{
	return lab_start(lab_object_writer, &lab_percpu_rwsem, "lab-object-w")
		       ?: lab_start(lab_object_reader, &lab_percpu_rwsem, "lab-object-r");
}

/* percpu-held: NOT a deadlock.  The writer is merely slow; two readers wait for it. */

static noinline int lab_held_writer(void *sem)
{
	percpu_down_write(sem);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static noinline int lab_held_reader(void *sem)
{
	lab_await(1);
	percpu_down_read(sem);
	return lab_escaped();
}

static int lab_held(void)
{
	return lab_start(lab_held_writer, &lab_percpu_rwsem, "lab-held-w") ?:
	       lab_start(lab_held_reader, &lab_percpu_rwsem, "lab-held-r1") ?:
	       lab_start(lab_held_reader, &lab_percpu_rwsem, "lab-held-r2");
}

/* percpu-slow: NOT a deadlock.  A reader is merely slow; the writer waits for it, and another reader for the writer. */

static noinline int lab_slow_reader(void *sem)
{
	percpu_down_read(sem);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static noinline int lab_slow_late(void *sem)
{
	while (!lab_has_writer(sem))
		schedule_timeout_uninterruptible(1);
	percpu_down_read(sem);
	return lab_escaped();
}

static int lab_slow(void)
{
	return lab_start(lab_slow_reader, &lab_percpu_rwsem, "lab-slow-r") ?:
	       lab_start(lab_writer, &lab_percpu_rwsem, "lab-slow-w") ?:
	       lab_start(lab_slow_late, &lab_percpu_rwsem, "lab-slow-late");
}

#ifdef CONFIG_PREEMPT_RCU
/*
 * percpu-enter: before the first writer can have the lock it waits for RCU, and the second for the first.  The second holds
 * the mutex that a reader of RCU wants, which must not sleep there.
 */
static noinline int lab_enter_first(void *sem)
{
	lab_await(2);
	percpu_down_write(sem);
	return lab_escaped();
}

static noinline int lab_enter_second(void *sem)
{
	struct percpu_rw_semaphore *lock = sem;

	mutex_lock(&lab_mutex);
	lab_meet(2);
	while (!READ_ONCE(lock->rss.gp_count))
		schedule_timeout_uninterruptible(1);
	percpu_down_write(sem);
	return lab_escaped();
}

static noinline int lab_enter_reader(void *unused)
{
	rcu_read_lock();
	lab_meet(2);
	mutex_lock(&lab_mutex);
	rcu_read_unlock();
	return lab_escaped();
}

/* percpu-enter-slow: NOT a deadlock.  The same, and the reader is merely slow. */
static noinline int lab_enter_stayer(void *unused)
{
	rcu_read_lock();
	lab_meet(2);
	lab_sleep_for_good();
	rcu_read_unlock();
	return 0;
}

static int lab_enter_with(int (*reader)(void *))
{
	return lab_start(lab_enter_first, &lab_percpu_rwsem, "lab-enter-1") ?:
	       lab_start(lab_enter_second, &lab_percpu_rwsem, "lab-enter-2") ?:
	       lab_start(reader, NULL, "lab-enter-r");
}

static int lab_enter(void)
{
	return lab_enter_with(lab_enter_reader);
}

static int lab_enter_slow(void)
{
	return lab_enter_with(lab_enter_stayer);
}
#endif

static const struct lab_scenario lab_scenarios[] = {
	{ "percpu-again", lab_again }, { "percpu-object", lab_object },
	{ "percpu-held", lab_held },   { "percpu-slow", lab_slow },
#ifdef CONFIG_PREEMPT_RCU
	{ "percpu-enter", lab_enter }, { "percpu-enter-slow", lab_enter_slow },
#endif
};

static int __init lab_init(void)
{
	lockdep_set_novalidate_class(&lab_percpu_rwsem);
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads over a percpu_rw_semaphore, to try deadlock finders on");
