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
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
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

/* rwlock-behind: who reads it reads it once more, behind a writer that waits until there is no reader. */

static atomic_t lab_behind_writes = ATOMIC_INIT(0);

static noinline int lab_behind_reader(void *unused)
{
	read_lock(&lab_rwlock);
	lab_meet_awake(2);
	while (!atomic_read(&lab_behind_writes))
		cpu_relax();
	mdelay(100);
	read_lock(&lab_rwlock);
	return lab_escaped_awake();
}

static noinline int lab_behind_writer(void *unused)
{
	lab_meet_awake(2);
	atomic_inc(&lab_behind_writes);
	write_lock(&lab_rwlock);
	return lab_escaped_awake();
}

static int lab_behind(void)
{
	struct task_struct *reader = lab_create_on(lab_cpu(0), lab_behind_reader,
						   "lab-reads-twice");
	struct task_struct *writer = lab_create_on(lab_cpu(1), lab_behind_writer, "lab-writes");
	int rc = lab_wake(reader) ?: lab_wake(writer);

	if (!rc)
		lab_await(2);
	return rc;
}

/*
 * rwlock-irq: an interrupt comes on top of who reads it, and reads it too, behind the same writer.  It need not wait for that one:
 * the first reader alone keeps the writer waiting, as long as it works.
 */
static struct hrtimer lab_read_timer;

static noinline enum hrtimer_restart lab_read_handler(struct hrtimer *timer)
{
	read_lock(&lab_rwlock);
	udelay(20);
	read_unlock(&lab_rwlock);
	hrtimer_forward_now(timer, ns_to_ktime(2 * NSEC_PER_MSEC));
	return HRTIMER_RESTART;
}

static noinline int lab_irq_reader(void *unused)
{
	lab_setup_timer(&lab_read_timer, lab_read_handler);
	read_lock(&lab_rwlock);
	hrtimer_start(&lab_read_timer, ms_to_ktime(100), HRTIMER_MODE_REL_PINNED_HARD);
	lab_meet_awake(2);
	lab_spin_for_good();
	read_unlock(&lab_rwlock);
	return 0;
}

static int lab_reader_irq(void)
{
	struct task_struct *reader = lab_create_on(lab_cpu(0), lab_irq_reader, "lab-reads");
	struct task_struct *writer = lab_create_on(lab_cpu(1), lab_behind_writer, "lab-writes");
	int rc = lab_wake(reader) ?: lab_wake(writer);

	if (!rc)
		lab_await(2);
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

/*
 * spin-owner: who holds the mutex and the rwsem works on for good.  Who wants them spins as long as it may stay on its CPU, and
 * sleeps then.
 */
static DEFINE_MUTEX(lab_mutex);
static DECLARE_RWSEM(lab_rwsem);

static noinline int lab_owner(void *unused)
{
	mutex_lock(&lab_mutex);
	down_write(&lab_rwsem);
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	up_write(&lab_rwsem);
	mutex_unlock(&lab_mutex);
	return 0;
}

static noinline int lab_wants_mutex(void *unused)
{
	lab_await(1);
	mutex_lock(&lab_mutex);
	return lab_escaped_awake();
}

static noinline int lab_wants_rwsem(void *unused)
{
	lab_await(1);
	down_write(&lab_rwsem);
	return lab_escaped_awake();
}

static int lab_owner_start(void)
{
	struct task_struct *owner = lab_create_on(lab_cpu(0), lab_owner, "lab-owner");
	struct task_struct *first = lab_create_on(lab_cpu(1), lab_wants_mutex, "lab-wants-mutex");
	struct task_struct *second = lab_create_on(lab_cpu(2), lab_wants_rwsem, "lab-wants-rwsem");
	int rc = lab_wake(owner) ?: lab_wake(first) ?: lab_wake(second);

	if (!rc)
		lab_await(1);
	return rc;
}

/*
 * spin-lockup: as spin-aa, in a guest whose kernel looks after its CPUs: it reports a soft lockup, and an RCU stall.
 */
static int lab_lockup(void)
{
	int rc = lab_wake(lab_create_on(lab_cpu(0), lab_spin_aa, "lab-spin-lockup"));

	if (!rc)
		lab_await(1);
	return rc;
}

/*
 * spin-lockup-slow: the same is reported of who keeps its CPU for too long, but not for good: it goes on, with a mutex that another one
 * wants, and lets others have its CPU.  What was said of it is over.
 */
static noinline void lab_keep_cpu(u64 seconds)
{
	/* The clock by which the kernel itself sees it: in a guest that gets little time the others lag behind. */
	u64 end = sched_clock() + seconds * NSEC_PER_SEC;

	raw_spin_lock(&lab_raw_a);
	while (sched_clock() < end)
		cpu_relax();
	raw_spin_unlock(&lab_raw_a);
}

static noinline int lab_lockup_slow(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_keep_cpu(40);
	schedule_timeout_uninterruptible(HZ);
	atomic_inc(&lab_arrived);
	while (READ_ONCE(started)) {
		mdelay(1);
		cond_resched();
	}
	mutex_unlock(&lab_mutex);
	return 0;
}

static int lab_lockup_slow_start(void)
{
	struct task_struct *slow = lab_create_on(lab_cpu(0), lab_lockup_slow, "lab-lockup-slow");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_wants_mutex, "lab-wants-mutex");
	int rc = lab_wake(slow) ?: lab_wake(second);

	if (!rc)
		lab_await(1);
	return rc;
}

static const struct lab_scenario lab_scenarios[] = {
	{ "spin-aa", lab_aa },
	{ "spin-lockup", lab_lockup },
	{ "spin-lockup-slow", lab_lockup_slow_start },
	{ "spin-abba", lab_abba },
	{ "spin-owner", lab_owner_start },
	{ "rwlock", lab_rwlock_start },
	{ "rwlock-behind", lab_behind },
	{ "rwlock-irq", lab_reader_irq },
	{ "softirq", lab_softirq },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes CPUs away in spinning locks, to try deadlock finders on");
