// SPDX-License-Identifier: GPL-2.0-only
/*
 * More of what takes CPUs away for good, where interrupts and other CPUs have a part in it:
 * insmod dlk_busy.ko scenario=NAME
 *
 * Each keeps two of the last three CPUs at most, but for spin-three, and spin-queue, which wants five.  spin-hot harms nobody: its lock goes round all the time.
 *
 * Where a CPU keeps its interrupts off for good, whoever wants an answer of all CPUs never gets one, and the guest's
 * init soon does: so it is said here that all is ready.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "dlk_lab.h"

static DEFINE_RAW_SPINLOCK(lab_raw_1);
static DEFINE_RAW_SPINLOCK(lab_raw_2);
static DEFINE_RAW_SPINLOCK(lab_raw_3);

static void lab_meet_awake(int n)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < n)
		cpu_relax();
}

/* All have arrived, and had some time.  On -rt a thread prints; who returns from here may keep it from its CPU. */
static int lab_ready(int n)
{
	lab_await(n);
	schedule_timeout_uninterruptible(5 * HZ);
	pr_info("LAB: ready\n");
	schedule_timeout_uninterruptible(HZ);
	return 0;
}

/* The last CPU is 0, the last but one is 1. */
static int lab_cpu(int n)
{
	return cpumask_last(cpu_online_mask) - n;
}

/* spin-irq: an interrupt comes on top of who holds the lock with interrupts enabled, and wants it. */

static struct hrtimer lab_irq_timer;

static noinline enum hrtimer_restart lab_irq_handler(struct hrtimer *unused)
{
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	return HRTIMER_NORESTART;
}

static noinline int lab_irq_holder(void *unused)
{
	lab_setup_timer(&lab_irq_timer, lab_irq_handler);
	hrtimer_start(&lab_irq_timer, ms_to_ktime(100), HRTIMER_MODE_REL_PINNED_HARD);
	raw_spin_lock(&lab_raw_1);
	lab_meet_awake(2);
	raw_spin_unlock(&lab_raw_1);
	return lab_escaped();
}

static int lab_irq(void)
{
	int rc = lab_wake(lab_create_on(lab_cpu(0), lab_irq_holder, "lab-spin-irq"));

	return rc ?: lab_ready(2);
}

/* spin-three: three CPUs, each has what the one before it wants. */

static noinline void lab_take_two(raw_spinlock_t *first, raw_spinlock_t *second)
{
	raw_spin_lock(first);
	lab_meet_awake(3);
	raw_spin_lock(second);
	lab_say_escaped();
	raw_spin_unlock(second);
	raw_spin_unlock(first);
}

static noinline int lab_three_1(void *unused)
{
	lab_take_two(&lab_raw_1, &lab_raw_2);
	return lab_sleep_for_good();
}

static noinline int lab_three_2(void *unused)
{
	lab_take_two(&lab_raw_2, &lab_raw_3);
	return lab_sleep_for_good();
}

static noinline int lab_three_3(void *unused)
{
	lab_take_two(&lab_raw_3, &lab_raw_1);
	return lab_sleep_for_good();
}

static int lab_three(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_three_1, "lab-spin-1");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_three_2, "lab-spin-2");
	struct task_struct *third = lab_create_on(lab_cpu(2), lab_three_3, "lab-spin-3");
	int rc = lab_wake(first) ?: lab_wake(second) ?: lab_wake(third);

	return rc ?: lab_ready(3);
}

/* spin-sleeper: who holds the lock sleeps, though one must not, for a mutex that who spins for the lock holds. */

static DEFINE_MUTEX(lab_mutex);

static noinline int lab_sleeper(void *unused)
{
	raw_spin_lock(&lab_raw_1);
	lab_meet_awake(2);
	mutex_lock(&lab_mutex);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	raw_spin_unlock(&lab_raw_1);
	return lab_sleep_for_good();
}

static noinline int lab_sleepers_spinner(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

static int lab_sleeps(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(1), lab_sleeper, "lab-spin-sleeps");
	struct task_struct *second = lab_create_on(lab_cpu(0), lab_sleepers_spinner,
						   "lab-spin-spins");
	int rc = lab_wake(first) ?: lab_wake(second);

	return rc ?: lab_ready(2);
}

/* spin-endless: an interrupt that does not end has come on top of who holds a mutex. */

static struct hrtimer lab_endless_timer;

static noinline enum hrtimer_restart lab_endless(struct hrtimer *unused)
{
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	return HRTIMER_NORESTART;
}

static noinline int lab_endless_holder(void *unused)
{
	lab_setup_timer(&lab_endless_timer, lab_endless);
	mutex_lock(&lab_mutex);
	hrtimer_start(&lab_endless_timer, ms_to_ktime(100), HRTIMER_MODE_REL_PINNED_HARD);
	lab_meet_awake(2);
	mutex_unlock(&lab_mutex);
	return lab_escaped();
}

static noinline int lab_endless_waiter(void *unused)
{
	lab_await(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_endless_start(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_endless_holder, "lab-has-mutex");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_endless_waiter,
						   "lab-wants-mutex");
	int rc = lab_wake(first) ?: lab_wake(second);

	return rc ?: lab_ready(2);
}

/* spin-csd: a CPU that spins with interrupts off is to call a function for who holds the lock. */

static noinline void lab_csd_called(void *unused)
{
	lab_say_escaped();
}

static noinline int lab_csd_caller(void *unused)
{
	raw_spin_lock(&lab_raw_1);
	lab_meet_awake(2);
	mdelay(100);
	smp_call_function_single(lab_cpu(0), lab_csd_called, NULL, 1);
	raw_spin_unlock(&lab_raw_1);
	return lab_escaped();
}

static noinline int lab_csd_spinner(void *unused)
{
	unsigned long flags;

	lab_meet_awake(2);
	raw_spin_lock_irqsave(&lab_raw_1, flags);
	lab_say_escaped();
	raw_spin_unlock_irqrestore(&lab_raw_1, flags);
	return lab_sleep_for_good();
}

static int lab_csd(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_csd_spinner, "lab-csd-spins");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_csd_caller, "lab-csd-calls");
	int rc = lab_wake(second) ?: lab_wake(first);

	return rc ?: lab_ready(2);
}

/* spin-hrtimer: who holds the lock cancels a timer whose function, on another CPU, spins for it. */

static struct hrtimer lab_timer;

static noinline enum hrtimer_restart lab_timer_function(struct hrtimer *unused)
{
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	return HRTIMER_NORESTART;
}

static noinline int lab_timer_starter(void *unused)
{
	lab_setup_timer(&lab_timer, lab_timer_function);
	hrtimer_start(&lab_timer, ms_to_ktime(100), HRTIMER_MODE_REL_PINNED_HARD);
	return lab_sleep_for_good();
}

static noinline int lab_timer_canceler(void *unused)
{
	raw_spin_lock(&lab_raw_1);
	lab_meet_awake(2);
	hrtimer_cancel(&lab_timer);
	raw_spin_unlock(&lab_raw_1);
	return lab_escaped();
}

static int lab_hrtimer(void)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_timer_starter, "lab-timer-start");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_timer_canceler,
						   "lab-timer-stop");
	int rc = lab_wake(second) ?: lab_wake(first);

	return rc ?: lab_ready(2);
}

/* spin-hot: three take a lock, and another one within that, in turn, and an interrupt takes the first; nobody ever waits for good. */

static struct hrtimer lab_hot_timer;

static noinline enum hrtimer_restart lab_hot_handler(struct hrtimer *timer)
{
	raw_spin_lock(&lab_raw_1);
	udelay(20);
	raw_spin_unlock(&lab_raw_1);
	hrtimer_forward_now(timer, ns_to_ktime(2 * NSEC_PER_MSEC));
	return HRTIMER_RESTART;
}

static noinline void lab_hot_inner(void)
{
	raw_spin_lock(&lab_raw_2);
	udelay(5);
	raw_spin_unlock(&lab_raw_2);
}

static noinline void lab_hot_round(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lab_raw_1, flags);
	udelay(10);
	lab_hot_inner();
	raw_spin_unlock_irqrestore(&lab_raw_1, flags);
	if (!raw_spin_trylock_irqsave(&lab_raw_1, flags))
		raw_spin_lock_irqsave(&lab_raw_1, flags);
	raw_spin_unlock_irqrestore(&lab_raw_1, flags);
}

static noinline int lab_hot_thread(void *has_timer)
{
	if (has_timer) {
		lab_setup_timer(&lab_hot_timer, lab_hot_handler);
		hrtimer_start(&lab_hot_timer, ns_to_ktime(2 * NSEC_PER_MSEC),
			      HRTIMER_MODE_REL_PINNED_HARD);
	}
	atomic_inc(&lab_arrived);
	for (;;) {
		lab_hot_round();
		cond_resched();
	}
	return 0;
}

static int lab_hot(void)
{
	int rc = 0;

	for (int n = 0; n < 3 && !rc; n++) {
		struct task_struct *task = kthread_create(lab_hot_thread, n ? NULL : &lab_hot_timer,
							  "lab-hot-%d", n);

		if (!IS_ERR(task))
			kthread_bind(task, lab_cpu(n));
		rc = lab_wake(task);
	}
	return rc ?: lab_ready(3);
}

/*
 * spin-queue: one takes a lock twice, and so is the first that waits for it; three more come, each when the one before stands in the queue.
 * They are made in the opposite order, so that no number of theirs tells it.
 */

enum { LAB_IN_QUEUE = 4 };

static noinline int lab_queue_keeper(void *unused)
{
	raw_spin_lock(&lab_raw_1);
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	return lab_sleep_for_good();
}

static noinline int lab_queue_waiter(void *unused)
{
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	return lab_sleep_for_good();
}

static int lab_line(int (*keeper)(void *), int (*waiter)(void *))
{
	static const char *const names[] = { "lab-line-twice", "lab-line-second", "lab-line-third",
					     "lab-line-fourth" };
	struct task_struct *tasks[LAB_IN_QUEUE];

	for (int n = LAB_IN_QUEUE - 1; n >= 0; n--)
		tasks[n] = lab_create_on(lab_cpu(n), n ? waiter : keeper, names[n]);
	for (int n = 0; n < LAB_IN_QUEUE; n++) {
		int rc = lab_wake(tasks[n]);

		if (rc)
			return rc;
		lab_await(n + 1);
		schedule_timeout_uninterruptible(2 * HZ);
	}
	return lab_ready(LAB_IN_QUEUE);
}

static int lab_queue(void)
{
	return lab_line(lab_queue_keeper, lab_queue_waiter);
}

/* spin-rwlock: the same of a rwlock, which the first has for reading: it is the first in its queue, and the others spin for its wait_lock. */

static DEFINE_RWLOCK(lab_rwlock);

static noinline int lab_rwlock_keeper(void *unused)
{
	read_lock(&lab_rwlock);
	atomic_inc(&lab_arrived);
	write_lock(&lab_rwlock);
	lab_say_escaped();
	return lab_sleep_for_good();
}

static noinline int lab_rwlock_waiter(void *unused)
{
	atomic_inc(&lab_arrived);
	write_lock(&lab_rwlock);
	lab_say_escaped();
	write_unlock(&lab_rwlock);
	return lab_sleep_for_good();
}

static int lab_rwlock_line(void)
{
	return lab_line(lab_rwlock_keeper, lab_rwlock_waiter);
}

/*
 * spin-ahead: nobody has the lock, and who is to get it next was interrupted there; the interrupt spins for what the one behind in the queue has.
 * Where locks are not queued ones, that one gets it at once, and nothing hangs.
 * spin-ahead-held: the same, while the lock is still held, for an hour.
 */

static struct hrtimer lab_ahead_timer;
static unsigned int lab_ahead_kept_s = 1;

static noinline enum hrtimer_restart lab_ahead_handler(struct hrtimer *unused)
{
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_2);
	raw_spin_unlock(&lab_raw_2);
	return HRTIMER_NORESTART;
}

static noinline int lab_ahead_keeper(void *unused)
{
	unsigned long end;

	raw_spin_lock(&lab_raw_1);
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < 4)
		cpu_relax();
	for (end = jiffies + lab_ahead_kept_s * HZ; time_before(jiffies, end);)
		cpu_relax();
	raw_spin_unlock(&lab_raw_1);
	return lab_sleep_for_good();
}

static noinline int lab_ahead_first(void *unused)
{
	lab_setup_timer(&lab_ahead_timer, lab_ahead_handler);
	hrtimer_start(&lab_ahead_timer, ms_to_ktime(2000), HRTIMER_MODE_REL_PINNED_HARD);
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	return lab_sleep_for_good();
}

static noinline int lab_ahead_second(void *unused)
{
	raw_spin_lock(&lab_raw_2);
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw_1);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw_1);
	raw_spin_unlock(&lab_raw_2);
	return lab_sleep_for_good();
}

static int lab_ahead(void)
{
	struct task_struct *keeper = lab_create_on(lab_cpu(2), lab_ahead_keeper, "lab-ahead-keep");
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_ahead_first, "lab-ahead-one");
	struct task_struct *second = lab_create_on(lab_cpu(1), lab_ahead_second, "lab-ahead-two");
	int rc = lab_wake(keeper);

	if (rc)
		return rc;
	lab_await(1);
	rc = lab_wake(first);
	if (rc)
		return rc;
	lab_await(2);
	schedule_timeout_uninterruptible(HZ);
	rc = lab_wake(second);
	return rc ?: lab_ready(4);
}

static int lab_ahead_held(void)
{
	lab_ahead_kept_s = 3600;
	return lab_ahead();
}

static const struct lab_scenario lab_scenarios[] = {
	{ "spin-irq", lab_irq },
	{ "spin-three", lab_three },
	{ "spin-sleeper", lab_sleeps },
	{ "spin-csd", lab_csd },
	{ "spin-hrtimer", lab_hrtimer },
	{ "spin-hot", lab_hot },
	{ "spin-endless", lab_endless_start },
	{ "spin-queue", lab_queue },
	{ "spin-ahead", lab_ahead },
	{ "spin-ahead-held", lab_ahead_held },
	{ "spin-rwlock", lab_rwlock_line },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Takes CPUs away by spinning in interrupts and for other CPUs, to try deadlock finders on");
