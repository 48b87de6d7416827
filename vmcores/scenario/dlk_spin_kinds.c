// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes CPUs away in locks that spin, and are neither spinlocks nor rwlocks, for the lab: bits of a word (bit_spin_lock()), and those
 * of BPF (rqspinlock), that break off by themselves:
 * insmod dlk_spin_kinds.ko scenario=NAME
 *
 * As in dlk_spin.c, each keeps one to three of the last three CPUs for good.
 */
#include <asm/processor.h> /* v6.12's bit_spinlock.h wants it, and does not say so */

#include <linux/bit_spinlock.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "dlk_lab.h"

static void lab_meet_awake(int n)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < n)
		cpu_relax();
}

/* All have arrived, and had some time. */
static int lab_ready(int n)
{
	lab_await(n);
	schedule_timeout_uninterruptible(2 * HZ);
	pr_info("LAB: ready\n");
	return 0;
}

static int lab_start_on(int n, int (*fn)(void *), const char *name)
{
	return lab_wake(lab_create_on(cpumask_last(cpu_online_mask) - n, fn, name));
}

/* spin-bit: two tasks on two CPUs, two bits of two words, the opposite order.  A cycle. */

enum { LAB_BIT = 9, LAB_OTHER_BIT = 3 };

struct lab_box {
	u64 stamp;
	unsigned long state;
};

static unsigned long lab_word;
static struct lab_box *lab_box;

static noinline int lab_bit_1(void *unused)
{
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_meet_awake(2);
	bit_spin_lock(LAB_OTHER_BIT, &lab_box->state);
	lab_say_escaped();
	bit_spin_unlock(LAB_OTHER_BIT, &lab_box->state);
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static noinline int lab_bit_2(void *unused)
{
	struct lab_box *box = lab_box;

	bit_spin_lock(LAB_OTHER_BIT, &box->state);
	lab_meet_awake(2);
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_say_escaped();
	bit_spin_unlock(LAB_BIT, &lab_word);
	bit_spin_unlock(LAB_OTHER_BIT, &box->state);
	return lab_sleep_for_good();
}

static int lab_bit(void)
{
	int rc;

	lab_box = kzalloc(sizeof(*lab_box), GFP_KERNEL);
	if (!lab_box)
		return -ENOMEM;
	rc = lab_start_on(0, lab_bit_1, "lab-bit-1") ?: lab_start_on(1, lab_bit_2, "lab-bit-2");
	return rc ?: lab_ready(2);
}

/*
 * spin-bit-slow: one works on and on with the bit, another waits for that; a third polls a bit that is no lock.  Nothing of that is
 * a deadlock.
 */
static unsigned long lab_flags; /* a parameter, so that it may change */
module_param(lab_flags, ulong, 0444);

static noinline int lab_bit_holder(void *unused)
{
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_meet_awake(3);
	lab_spin_for_good();
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static noinline int lab_bit_waiter(void *unused)
{
	lab_meet_awake(3);
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_say_escaped();
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static noinline int lab_bit_poller(void *unused)
{
	lab_meet_awake(3);
	while (!test_bit(LAB_BIT, &lab_flags))
		cpu_relax();
	return lab_sleep_for_good();
}

static int lab_bit_slow(void)
{
	int rc = lab_start_on(0, lab_bit_holder, "lab-bit-has") ?:
		 lab_start_on(1, lab_bit_waiter, "lab-bit-waits") ?:
		 lab_start_on(2, lab_bit_poller, "lab-bit-polls");

	return rc ?: lab_ready(3);
}

/* spin-bit-aa: takes the bit that it has. */
static noinline int lab_bit_twice(void *unused)
{
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_meet_awake(1);
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_say_escaped();
	bit_spin_unlock(LAB_BIT, &lab_word);
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static int lab_bit_aa(void)
{
	return lab_start_on(0, lab_bit_twice, "lab-bit-twice") ?: lab_ready(1);
}

/* spin-bit-again: takes a bit that it had before, and another has now, who works on and on with it. */
static bool lab_was_had;

static noinline int lab_bit_next(void *unused)
{
	while (!READ_ONCE(lab_was_had))
		cpu_relax();
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_meet_awake(2);
	lab_spin_for_good();
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static noinline int lab_bit_former(void *unused)
{
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_word += 1 << (LAB_BIT + 1);
	bit_spin_unlock(LAB_BIT, &lab_word);
	WRITE_ONCE(lab_was_had, true);
	lab_meet_awake(2);
	bit_spin_lock(LAB_BIT, &lab_word);
	lab_say_escaped();
	bit_spin_unlock(LAB_BIT, &lab_word);
	return lab_sleep_for_good();
}

static int lab_bit_again(void)
{
	int rc = lab_start_on(0, lab_bit_next, "lab-bit-next")
			 ?: lab_start_on(1, lab_bit_former, "lab-bit-former");

	return rc ?: lab_ready(2);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#include <asm/rqspinlock.h>

static rqspinlock_t lab_rq;
static DEFINE_RAW_SPINLOCK(lab_raw);

/* spin-rq: one has the lock for good, others try for it again and again, and are turned away each time. */

static noinline int lab_rq_holder(void *unused)
{
	unsigned long flags;

	if (raw_res_spin_lock_irqsave(&lab_rq, flags))
		return lab_escaped();
	lab_meet_awake(3);
	lab_spin_for_good();
	raw_res_spin_unlock_irqrestore(&lab_rq, flags);
	return lab_sleep_for_good();
}

static noinline int lab_rq_tries(void *unused)
{
	lab_meet_awake(3);
	while (raw_res_spin_lock(&lab_rq))
		cond_resched();
	lab_say_escaped();
	raw_res_spin_unlock(&lab_rq);
	return lab_sleep_for_good();
}

static int lab_rq_start(void)
{
	int rc = lab_start_on(0, lab_rq_holder, "lab-rq-has") ?:
		 lab_start_on(1, lab_rq_tries, "lab-rq-tries-1") ?:
		 lab_start_on(2, lab_rq_tries, "lab-rq-tries-2");

	return rc ?: lab_ready(3);
}

/*
 * spin-rq-cross: such a lock and a raw one, in opposite orders; who wants the first is turned away, lets the other go, and begins
 * again: at any moment it looks like a deadlock, and never lasts.
 */
static noinline int lab_rq_first(void *unused)
{
	lab_meet_awake(2);
	for (;;) {
		if (raw_res_spin_lock(&lab_rq))
			continue;
		raw_spin_lock(&lab_raw);
		raw_spin_unlock(&lab_raw);
		raw_res_spin_unlock(&lab_rq);
		cond_resched();
	}
	return 0;
}

static noinline int lab_rq_second(void *unused)
{
	lab_meet_awake(2);
	for (;;) {
		raw_spin_lock(&lab_raw);
		if (!raw_res_spin_lock(&lab_rq))
			raw_res_spin_unlock(&lab_rq);
		raw_spin_unlock(&lab_raw);
		cond_resched();
	}
	return 0;
}

static int lab_rq_cross(void)
{
	int rc = lab_start_on(0, lab_rq_first, "lab-rq-first")
			 ?: lab_start_on(1, lab_rq_second, "lab-rq-second");

	return rc ?: lab_ready(2);
}
#endif

static const struct lab_scenario lab_scenarios[] = {
	{ "spin-bit", lab_bit },       { "spin-bit-slow", lab_bit_slow },
	{ "spin-bit-aa", lab_bit_aa }, { "spin-bit-again", lab_bit_again },
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	{ "spin-rq", lab_rq_start },   { "spin-rq-cross", lab_rq_cross },
#endif
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes CPUs away in locks of bits and of BPF, to try deadlock finders on");
