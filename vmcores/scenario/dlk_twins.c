// SPDX-License-Identifier: GPL-2.0-only
/*
 * The harmless twins of what takes CPUs away for good, in turn, for the lab: insmod dlk_twins.ko scenario=spin-twins
 *
 * Three threads, each on a CPU of its own, come together for each form, and keep to it for a while: the same locks, interrupts and
 * waits for other CPUs as in dlk_spin.c and dlk_busy.c, taken as they ought to be.  So whenever it is looked, who spins has what it
 * wants in a moment, and nobody waits for good.  How often all forms were gone through is said from time to time.  They are not
 * called lab-...: the guest's init would wait until they have come to rest.
 *
 * On -rt what is not raw would sleep, and the forms with such locks are left out.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "dlk_lab.h"

enum { LAB_ROLES = 3 };

static DEFINE_RAW_SPINLOCK(lab_raw_1);
static DEFINE_RAW_SPINLOCK(lab_raw_2);
static DEFINE_RAW_SPINLOCK(lab_raw_3);
static DEFINE_MUTEX(lab_mutex);
static DECLARE_RWSEM(lab_rwsem);
static unsigned long lab_rounds;

/* The last CPU is that of role 0. */
static int lab_cpu(int role)
{
	return cpumask_last(cpu_online_mask) - role;
}

static void lab_start_timer(struct hrtimer *timer)
{
	hrtimer_start(timer, ns_to_ktime(NSEC_PER_MSEC), HRTIMER_MODE_REL_PINNED_HARD);
}

/* Do something over and over, for 50 ms. */
static void lab_repeat(void (*turn)(void))
{
	u64 end = ktime_get_ns() + 50 * NSEC_PER_MSEC;

	do {
		turn();
		cond_resched();
	} while (ktime_get_ns() < end);
}

/* spin-aa: it is released before it is taken again. */

static noinline void lab_again(void)
{
	raw_spin_lock(&lab_raw_1);
	udelay(10);
	raw_spin_unlock(&lab_raw_1);
	raw_spin_lock(&lab_raw_1);
	udelay(10);
	raw_spin_unlock(&lab_raw_1);
}

/* spin-abba, spin-three: all have the same order. */

static noinline void lab_take_both(raw_spinlock_t *first, raw_spinlock_t *second)
{
	raw_spin_lock(first);
	udelay(10);
	raw_spin_lock(second);
	udelay(10);
	raw_spin_unlock(second);
	raw_spin_unlock(first);
}

static noinline void lab_order_0(void)
{
	lab_take_both(&lab_raw_1, &lab_raw_2);
}

static noinline void lab_order_1(void)
{
	lab_take_both(&lab_raw_2, &lab_raw_3);
}

static noinline void lab_order_2(void)
{
	lab_take_both(&lab_raw_1, &lab_raw_3);
}

/* spin-irq: where the interrupt comes the lock is taken with interrupts off. */

static struct hrtimer lab_irq_timer;

static noinline enum hrtimer_restart lab_irq_handler(struct hrtimer *timer)
{
	raw_spin_lock(&lab_raw_1);
	udelay(20);
	raw_spin_unlock(&lab_raw_1);
	hrtimer_forward_now(timer, ns_to_ktime(NSEC_PER_MSEC));
	return HRTIMER_RESTART;
}

static noinline void lab_irq_off(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lab_raw_1, flags);
	udelay(20);
	raw_spin_unlock_irqrestore(&lab_raw_1, flags);
}

static noinline void lab_irq_elsewhere(void)
{
	raw_spin_lock(&lab_raw_1);
	udelay(20);
	raw_spin_unlock(&lab_raw_1);
}

static void lab_irq(void)
{
	lab_start_timer(&lab_irq_timer);
	lab_repeat(lab_irq_off);
	hrtimer_cancel(&lab_irq_timer);
}

static void lab_others_irq(void)
{
	lab_repeat(lab_irq_elsewhere);
}

/* spin-csd: who asks the other CPU holds no lock that this one spins for with interrupts off. */

static noinline void lab_csd_called(void *unused)
{
	raw_spin_lock(&lab_raw_2);
	raw_spin_unlock(&lab_raw_2);
}

static noinline void lab_csd_call(void)
{
	raw_spin_lock(&lab_raw_1);
	udelay(20);
	raw_spin_unlock(&lab_raw_1);
	smp_call_function_single(lab_cpu(1), lab_csd_called, NULL, 1);
}

/* spin-hrtimer: who cancels the timer holds nothing that its function takes. */

static struct hrtimer lab_timer;

static noinline enum hrtimer_restart lab_timer_function(struct hrtimer *unused)
{
	raw_spin_lock(&lab_raw_1);
	udelay(200);
	raw_spin_unlock(&lab_raw_1);
	return HRTIMER_NORESTART;
}

static noinline void lab_timer_restart(void)
{
	lab_start_timer(&lab_timer);
	udelay(1200);
}

static noinline void lab_timer_cancel(void)
{
	raw_spin_lock(&lab_raw_1);
	udelay(20);
	raw_spin_unlock(&lab_raw_1);
	hrtimer_cancel(&lab_timer);
}

static void lab_cancel_all(void)
{
	lab_repeat(lab_timer_cancel);
}

static void lab_timers(void)
{
	lab_repeat(lab_timer_restart);
	hrtimer_cancel(&lab_timer);
}

/* spin-sleeper: the spinlock is released before one sleeps. */

static noinline void lab_awake(void)
{
	mutex_lock(&lab_mutex);
	raw_spin_lock(&lab_raw_1);
	udelay(50);
	raw_spin_unlock(&lab_raw_1);
	mutex_unlock(&lab_mutex);
}

/* spin-owner: who holds the mutex, or the rwsem, works, while others spin as long as it does. */

static noinline void lab_own(void)
{
	mutex_lock(&lab_mutex);
	mdelay(2);
	mutex_unlock(&lab_mutex);
	down_write(&lab_rwsem);
	mdelay(2);
	up_write(&lab_rwsem);
}

#ifndef CONFIG_PREEMPT_RT
static DEFINE_RWLOCK(lab_rwlock);
static DEFINE_SPINLOCK(lab_spinlock);

/* rwlock, rwlock-behind: who reads lets go before it writes, or reads again. */

static noinline void lab_read_and_write(void)
{
	read_lock(&lab_rwlock);
	udelay(20);
	read_unlock(&lab_rwlock);
	write_lock(&lab_rwlock);
	udelay(20);
	write_unlock(&lab_rwlock);
}

/* softirq: where the timer comes the lock is taken with softirqs off. */

static noinline void lab_soft_function(struct timer_list *unused)
{
	spin_lock(&lab_spinlock);
	udelay(50);
	spin_unlock(&lab_spinlock);
}

static DEFINE_TIMER(lab_soft_timer, lab_soft_function);

static noinline void lab_softirq_off(void)
{
	mod_timer(&lab_soft_timer, jiffies);
	spin_lock_bh(&lab_spinlock);
	udelay(20);
	spin_unlock_bh(&lab_spinlock);
}

static noinline void lab_soft_elsewhere(void)
{
	spin_lock_bh(&lab_spinlock);
	udelay(20);
	spin_unlock_bh(&lab_spinlock);
}
#endif

struct lab_form {
	void (*turn[LAB_ROLES])(void);
	bool is_whole; /* they repeat themselves */
};

static const struct lab_form lab_forms[] = {
	{ { lab_again, lab_again, lab_again } },
	{ { lab_order_0, lab_order_0, lab_order_0 } },
	{ { lab_order_0, lab_order_1, lab_order_2 } },
	{ { lab_irq, lab_others_irq, lab_others_irq }, true },
	{ { lab_csd_call, lab_irq_off, lab_irq_off } },
	{ { lab_timers, lab_cancel_all, lab_others_irq }, true },
	{ { lab_awake, lab_awake, lab_awake } },
	{ { lab_own, lab_own, lab_own } },
#ifndef CONFIG_PREEMPT_RT
	{ { lab_read_and_write, lab_read_and_write, lab_read_and_write } },
	{ { lab_softirq_off, lab_soft_elsewhere, lab_soft_elsewhere } },
#endif
};

/* All have come: nobody is still at the form before. */
static void lab_gather(int number)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < number * LAB_ROLES) {
		cpu_relax();
		cond_resched();
	}
}

static int lab_twin(void *data)
{
	long role = (long)data;
	int number = 0;

	for (;;) {
		const struct lab_form *form = &lab_forms[number % ARRAY_SIZE(lab_forms)];

		lab_gather(++number);
		if (form->is_whole)
			form->turn[role]();
		else
			lab_repeat(form->turn[role]);
		if (!role && number % ARRAY_SIZE(lab_forms) == 0)
			lab_rounds++;
	}
	return 0;
}

static int lab_teller(void *unused)
{
	for (;;) {
		ssleep(2);
		pr_info("LAB: rounds: %lu\n", READ_ONCE(lab_rounds));
	}
	return 0;
}

static int lab_twins(void)
{
	int rc = 0;

	lab_setup_timer(&lab_irq_timer, lab_irq_handler);
	lab_setup_timer(&lab_timer, lab_timer_function);
	for (long role = 0; role < LAB_ROLES && !rc; role++) {
		struct task_struct *task = kthread_create(lab_twin, (void *)role, "twin-%ld", role);

		rc = PTR_ERR_OR_ZERO(task);
		if (rc)
			break;
		kthread_bind(task, lab_cpu(role));
		wake_up_process(task);
	}
	if (!rc)
		rc = PTR_ERR_OR_ZERO(kthread_run(lab_teller, NULL, "twin-teller"));
	while (!rc && !READ_ONCE(lab_rounds))
		schedule_timeout_uninterruptible(1);
	return rc;
}

static const struct lab_scenario lab_scenarios[] = { { "spin-twins", lab_twins } };

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes locks that are spun for as one ought to, to try deadlock finders on");
