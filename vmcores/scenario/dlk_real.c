// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads as real kernels were found hung, in small, for the lab:
 * insmod dlk_real.ko scenario=NAME
 *
 * What each must look like in a dump is written in expect/NAME.json.  No function that waits is inlined, and
 * none ends with the call that waits.  The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>

#include "dlk_lab.h"

#include "dlk_divert.h"

DEFINE_STATIC_PERCPU_RWSEM(lab_percpu_rwsem);
static DEFINE_MUTEX(lab_mutex);

/*
 * real-kthreadd: as when sched_ext is enabled while a trigger of PSI is made.  The enabler holds the lock that
 * every fork takes for reading, and wants a mutex; who holds that waits for kthreadd, which forks.
 */

static noinline int lab_fork(void)
{
	percpu_down_read(&lab_percpu_rwsem);
	return lab_escaped();
}

static noinline int lab_trigger(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(3);
	kthread_run(lab_never_made, NULL, "lab-never-made");
	return lab_escaped();
}

static noinline int lab_enabler(void *unused)
{
	percpu_down_write(&lab_percpu_rwsem);
	lab_meet(3);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_kthreadd(void)
{
	int error = lab_start(lab_trigger, NULL, "lab-trigger")
			    ?: lab_start(lab_enabler, NULL, "lab-enabler");

	return lab_divert_kthreadd(error);
}

/* real-kthreadd-slow: NOT a deadlock.  The enabler is merely slow. */

static noinline int lab_slow_enabler(void *unused)
{
	percpu_down_write(&lab_percpu_rwsem);
	lab_meet(3);
	return lab_sleep_for_good();
}

static int lab_kthreadd_slow(void)
{
	int error = lab_start(lab_trigger, NULL, "lab-trigger")
			    ?: lab_start(lab_slow_enabler, NULL, "lab-enabler");

	return lab_divert_kthreadd(error);
}

/*
 * real-lost-wakeup: as the writer of cpu_hotplug_lock whose wake-up was lost.  The last reader goes, and
 * nobody tells the writer.
 */

static noinline int lab_lost_writer(void *unused)
{
	lab_await(1);
	percpu_down_write(&lab_percpu_rwsem);
	return lab_escaped();
}

static noinline int lab_lost_reader(void *unused)
{
	percpu_down_read(&lab_percpu_rwsem);
	atomic_inc(&lab_arrived);
	while (!atomic_read(&lab_percpu_rwsem.block))
		schedule_timeout_uninterruptible(1);
	/* It looks whether the readers are gone, and sleeps. */
	msleep(1000);
	this_cpu_dec(*lab_percpu_rwsem.read_count);
	return lab_sleep_for_good();
}

static int lab_lost_wakeup(void)
{
	return lab_start(lab_lost_reader, NULL, "lab-lost-r")
		       ?: lab_start(lab_lost_writer, NULL, "lab-lost-w");
}

#ifndef CONFIG_PREEMPT_RT
/*
 * real-no-owner: as the mutex of __lru_add_drain_all() in two dumps of 6.12, whose owner word was 1: there are
 * waiters, and there is no owner.
 */

static noinline int lab_no_owner(void *unused)
{
	mutex_lock(&lab_mutex);
	atomic_inc(&lab_arrived);
	while (!(atomic_long_read(&lab_mutex.owner) & 1))
		schedule_timeout_uninterruptible(1);
	msleep(1000);
	atomic_long_and(7, &lab_mutex.owner);
	return lab_sleep_for_good();
}

static noinline int lab_no_owner_waiter(void *unused)
{
	lab_await(1);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_no_owner_start(void)
{
	return lab_start(lab_no_owner, NULL, "lab-former")
		       ?: lab_start(lab_no_owner_waiter, NULL, "lab-no-owner");
}

/* real-anonymous: as the rwsem of a ZFS whose owner word was 1: a reader holds it, of whom there is no record. */

static DECLARE_RWSEM(lab_rwsem);

static noinline int lab_anonymous_reader(void *unused)
{
	down_read(&lab_rwsem);
	atomic_long_set(&lab_rwsem.owner, 1);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static noinline int lab_anonymous_writer(void *unused)
{
	lab_await(1);
	down_write(&lab_rwsem);
	return lab_escaped();
}

static int lab_anonymous(void)
{
	return lab_start(lab_anonymous_reader, NULL, "lab-anonymous-r")
		       ?: lab_start(lab_anonymous_writer, NULL, "lab-anonymous-w");
}
#endif

static const struct lab_scenario lab_scenarios[] = {
	{ "real-kthreadd", lab_kthreadd },       { "real-kthreadd-slow", lab_kthreadd_slow },
	{ "real-lost-wakeup", lab_lost_wakeup },
#ifndef CONFIG_PREEMPT_RT
	{ "real-no-owner", lab_no_owner_start }, { "real-anonymous", lab_anonymous },
#endif
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads as real kernels hung, to try deadlock finders on");
