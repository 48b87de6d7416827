// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads in locks that are waited for in a circle, for the lab:
 * insmod dlk_spin.ko scenario=NAME
 *
 * Each takes a CPU away for good, one of the last, with interrupts enabled: whoever wants an answer
 * from all CPUs gets it, but no grace period ends any more.  The locks are raw ones where an -rt kernel
 * is to spin as well.  What each scenario must look like in a dump is written in expect/NAME.json:
 * there stands the name of the function that waits, so none of these is inlined, and none ends with
 * the call that waits.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "dlk_lab.h"

static DEFINE_RAW_SPINLOCK(lab_raw_a);
static DEFINE_RAW_SPINLOCK(lab_raw_b);

/* As lab_meet(), where no one may sleep. */
static void lab_meet_awake(int n)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < n)
		cpu_relax();
}

/* As lab_escaped(), where no one may sleep. */
static int lab_escaped_awake(void)
{
	lab_say_escaped();
	lab_spin_for_good();
	return 0;
}

/* The last CPU is 0, the last but one is 1. */
static int lab_cpu(int n)
{
	return cpumask_last(cpu_online_mask) - n;
}

/* spin-aa: one task takes a lock twice. */

static noinline int lab_spin_aa(void *unused)
{
	raw_spin_lock(&lab_raw_a);
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_a);
	return lab_escaped_awake();
}

static int lab_aa(void)
{
	int rc = lab_wake(lab_create_on(lab_cpu(0), lab_spin_aa, "lab-spin-aa"));

	if (!rc)
		lab_await(1);
	return rc;
}

/* spin-abba: two tasks on two CPUs, two locks, the opposite order. */

static noinline int lab_spin_abba_1(void *unused)
{
	raw_spin_lock(&lab_raw_a);
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw_b);
	return lab_escaped_awake();
}

static noinline int lab_spin_abba_2(void *unused)
{
	raw_spin_lock(&lab_raw_b);
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw_a);
	return lab_escaped_awake();
}

/* Both are there before a CPU is lost: who makes threads might be on it. */
static int lab_abba(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_spin_abba_1, "lab-spin-abba-1");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_spin_abba_2, "lab-spin-abba-2");
	int rc = lab_wake(first) ?: lab_wake(second);

	if (!rc)
		lab_await(2);
	return rc;
}

/* rwlock: a reader that wants to write waits for itself.  On -rt it would sleep, as with a rwsem. */

static DEFINE_RWLOCK(lab_rwlock);

static noinline int lab_rwlock_upgrader(void *unused)
{
	read_lock(&lab_rwlock);
	atomic_inc(&lab_arrived);
	write_lock(&lab_rwlock);
	return lab_escaped_awake();
}

static int lab_rwlock_start(void)
{
	int rc = lab_wake(lab_create_on(lab_cpu(0), lab_rwlock_upgrader, "lab-rwlock"));

	if (!rc)
		lab_await(1);
	return rc;
}

/*
 * softirq: a timer comes on top of who holds the lock, and wants it.  The holder did not disable
 * softirqs.  On -rt a thread runs the timers, and the holder could be preempted by it.
 */
static DEFINE_SPINLOCK(lab_timer_lock);

static noinline void lab_softirq_timer(struct timer_list *unused)
{
	atomic_inc(&lab_arrived);
	spin_lock(&lab_timer_lock);
	lab_say_escaped();
	spin_unlock(&lab_timer_lock);
}

static struct timer_list lab_timer;

static noinline int lab_softirq_holder(void *unused)
{
	lab_timer.expires = jiffies + HZ / 10;
	add_timer_on(&lab_timer, raw_smp_processor_id());
	spin_lock(&lab_timer_lock);
	lab_meet_awake(2);
	spin_unlock(&lab_timer_lock);
	return lab_escaped();
}

static int lab_softirq(void)
{
	int rc;

	timer_setup(&lab_timer, lab_softirq_timer, 0);
	rc = lab_wake(lab_create_on(lab_cpu(0), lab_softirq_holder, "lab-softirq"));
	if (!rc)
		lab_await(2);
	return rc;
}

static const struct lab_scenario lab_scenarios[] = {
	{ "spin-aa", lab_aa },
	{ "spin-abba", lab_abba },
	{ "rwlock", lab_rwlock_start },
	{ "softirq", lab_softirq },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes CPUs away in spinning locks, to try deadlock finders on");
