// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits until another CPU has ended something - a timer's function, an interrupt's handler - or has stopped with all others:
 * insmod dlk_cross.ko scenario=NAME
 *
 * Each has a twin, NAME-slow, in which nobody waits for anybody for good: what the other CPU does takes long, and
 * needs nothing of who waits for it.
 *
 * Each keeps two of the last three CPUs at most, but for spin-stop: there all CPUs but one wait for that one, the
 * guest's init does not come back, and a timer says that all is ready.
 */
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/stop_machine.h>
#include <linux/timer.h>

#include "dlk_lab.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync del_timer_sync
#endif

static DEFINE_MUTEX(lab_mutex);
static DEFINE_RAW_SPINLOCK(lab_raw);

static void lab_meet_awake(int n)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < n)
		cpu_relax();
}

/* The last CPU is 0, the last but one is 1. */
static int lab_cpu(int n)
{
	return cpumask_last(cpu_online_mask) - n;
}

/* All have arrived, and had some time. */
static int lab_ready(int n)
{
	lab_await(n);
	schedule_timeout_uninterruptible(5 * HZ);
	pr_info("LAB: ready\n");
	return 0;
}

/* Who waits for the mutex, once it is taken. */
static noinline int lab_wanter(void *unused)
{
	lab_await(2);
	mutex_lock(&lab_mutex);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

static int lab_make_wanter(void)
{
	return lab_wake(lab_create_on(cpumask_first(cpu_online_mask), lab_wanter, "lab-waiter"));
}

/* spin-timer: who holds the lock waits for the end of a timer's function, which spins for it on another CPU. */

static DEFINE_SPINLOCK(lab_timer_lock);
static struct timer_list lab_timer;

static noinline void lab_timer_function(struct timer_list *unused)
{
	lab_meet_awake(2);
	spin_lock(&lab_timer_lock);
	lab_say_escaped();
	spin_unlock(&lab_timer_lock);
}

static noinline void lab_timer_slow(struct timer_list *unused)
{
	lab_meet_awake(2);
	lab_spin_for_good();
}

static noinline int lab_timer_starter(void *unused)
{
	lab_timer.expires = jiffies + HZ / 10;
	add_timer_on(&lab_timer, raw_smp_processor_id());
	return lab_sleep_for_good();
}

static noinline int lab_timer_stopper(void *unused)
{
	spin_lock_bh(&lab_timer_lock);
	lab_meet_awake(2);
	timer_delete_sync(&lab_timer);
	spin_unlock_bh(&lab_timer_lock);
	return lab_escaped();
}

static noinline int lab_timer_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	timer_delete_sync(&lab_timer);
	mutex_unlock(&lab_mutex);
	return lab_escaped();
}

/* All are there before a CPU is lost: who makes threads might be on it. */
static int lab_timer_start(void (*fn)(struct timer_list *), int (*stop)(void *))
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_timer_starter, "lab-timer-start");
	struct task_struct *second = lab_create_on(lab_cpu(1), stop, "lab-timer-stop");
	int rc;

	timer_setup(&lab_timer, fn, 0);
	rc = lab_wake(second) ?: lab_wake(first);
	if (!rc)
		lab_await(2);
	return rc;
}

static int lab_timer_cycle(void)
{
	return lab_timer_start(lab_timer_function, lab_timer_stopper);
}

static int lab_timer_long(void)
{
	int rc = lab_make_wanter();

	return rc ?: lab_timer_start(lab_timer_slow, lab_timer_waiter);
}

/* spin-stop: all CPUs are to stop, and one of them never comes: it spins for a lock that it has. */

static struct timer_list lab_bell;

#define LAB_PORT 0x3f8

/* By the serial line itself: where a thread prints to the console, it never will any more. */
static void lab_ring(struct timer_list *unused)
{
	for (const char *c = "\r\nLAB: ready\r\n"; *c; c++) {
		while (!(inb(LAB_PORT + 5) & 0x20))
			cpu_relax();
		outb(*c, LAB_PORT);
	}
}

static noinline int lab_stopped(void *unused)
{
	lab_say_escaped();
	return 0;
}

static noinline int lab_stop_caller(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	schedule_timeout_uninterruptible(HZ);
	stop_machine(lab_stopped, NULL, NULL);
	mutex_unlock(&lab_mutex);
	return lab_escaped();
}

static noinline int lab_stop_spinner(void *unused)
{
	raw_spin_lock(&lab_raw);
	atomic_inc(&lab_arrived);
	raw_spin_lock(&lab_raw);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw);
	return lab_sleep_for_good();
}

/* spin-stop-held: who calls it holds the lock, though one must not sleep with it, and another CPU spins for that. */

static noinline int lab_stop_holder(void *unused)
{
	raw_spin_lock(&lab_raw);
	lab_meet_awake(2);
	mdelay(100);
	stop_machine(lab_stopped, NULL, NULL);
	raw_spin_unlock(&lab_raw);
	return lab_escaped();
}

static noinline int lab_stop_loser(void *unused)
{
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw);
	return lab_sleep_for_good();
}

static noinline int lab_stop_slow(void *unused)
{
	preempt_disable();
	lab_meet_awake(2);
	lab_spin_for_good();
	preempt_enable();
	return lab_sleep_for_good();
}

static int lab_stop_start(int (*call)(void *), int (*spin)(void *))
{
	struct task_struct *first = lab_create_on(lab_cpu(0), spin, "lab-stop-spins");
	struct task_struct *second = lab_create_on(lab_cpu(1), call, "lab-stop-calls");

	timer_setup(&lab_bell, lab_ring, 0);
	lab_bell.expires = jiffies + 10 * HZ;
	add_timer_on(&lab_bell, lab_cpu(1));
	return lab_wake(second) ?: lab_wake(first);
}

static int lab_stop(void)
{
	return lab_make_wanter() ?: lab_stop_start(lab_stop_caller, lab_stop_spinner);
}

static int lab_stop_held(void)
{
	return lab_stop_start(lab_stop_holder, lab_stop_loser);
}

static int lab_stop_long(void)
{
	return lab_make_wanter() ?: lab_stop_start(lab_stop_caller, lab_stop_slow);
}

/* An interrupt of the lab's own, that a timer's interrupt brings about on the last CPU. */

static int lab_line;
static struct hrtimer lab_pulse;

static enum hrtimer_restart lab_raise(struct hrtimer *unused)
{
	generic_handle_irq(lab_line);
	return HRTIMER_NORESTART;
}

static int lab_make_line(irq_handler_t handler, irq_handler_t thread)
{
	lab_line = irq_alloc_desc(NUMA_NO_NODE);
	if (lab_line < 0)
		return lab_line;
	irq_set_chip_and_handler(lab_line, &dummy_irq_chip, handle_simple_irq);
	return request_threaded_irq(lab_line, handler, thread, 0, "lab", &lab_line);
}

static noinline int lab_raiser(void *unused)
{
	lab_setup_timer(&lab_pulse, lab_raise);
	hrtimer_start(&lab_pulse, ms_to_ktime(100), HRTIMER_MODE_REL_PINNED_HARD);
	return lab_sleep_for_good();
}

/* spin-handler: who holds the lock disables an interrupt whose handler spins for it on another CPU. */

static noinline irqreturn_t lab_handler(int irq, void *unused)
{
	lab_meet_awake(2);
	raw_spin_lock(&lab_raw);
	lab_say_escaped();
	raw_spin_unlock(&lab_raw);
	return IRQ_HANDLED;
}

static noinline irqreturn_t lab_handler_slow(int irq, void *unused)
{
	lab_meet_awake(2);
	lab_spin_for_good();
	return IRQ_HANDLED;
}

static noinline int lab_handler_stopper(void *unused)
{
	raw_spin_lock(&lab_raw);
	lab_meet_awake(2);
	disable_irq(lab_line);
	raw_spin_unlock(&lab_raw);
	return lab_escaped();
}

static noinline int lab_handler_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	disable_irq(lab_line);
	mutex_unlock(&lab_mutex);
	return lab_escaped();
}

static int lab_handler_start(irq_handler_t handler, int (*stop)(void *))
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_raiser, "lab-irq-raise");
	struct task_struct *second = lab_create_on(lab_cpu(1), stop, "lab-irq-stop");

	return lab_make_line(handler, NULL) ?: lab_wake(second) ?: lab_wake(first);
}

static int lab_handler_cycle(void)
{
	int rc = lab_handler_start(lab_handler, lab_handler_stopper);

	return rc ?: lab_ready(2);
}

static int lab_handler_long(void)
{
	int rc = lab_make_wanter() ?: lab_handler_start(lab_handler_slow, lab_handler_waiter);

	return rc ?: lab_ready(2);
}

/* irq-thread: who has the mutex disables an interrupt whose thread wants it. */

static noinline irqreturn_t lab_begin(int irq, void *unused)
{
	return IRQ_WAKE_THREAD;
}

/*
 * Its name has the number of the line, which nobody knows before.  The guest's init does not count it: /proc goes on to tell the
 * old one, in some kernels.
 */
static void lab_name_thread(void)
{
	strscpy(current->comm, "irq-lab", sizeof(current->comm));
}

static noinline irqreturn_t lab_thread(int irq, void *unused)
{
	lab_name_thread();
	lab_meet(2);
	mutex_lock(&lab_mutex);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	return IRQ_HANDLED;
}

static noinline irqreturn_t lab_thread_slow(int irq, void *unused)
{
	lab_name_thread();
	lab_meet(2);
	lab_sleep_for_good();
	return IRQ_HANDLED;
}

static noinline int lab_thread_stopper(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	disable_irq(lab_line);
	mutex_unlock(&lab_mutex);
	return lab_escaped();
}

static int lab_thread_start(irq_handler_t thread)
{
	struct task_struct *first = lab_create_on(lab_cpu(0), lab_raiser, "lab-irq-raise");
	int rc = lab_make_line(lab_begin, thread);

	if (!rc)
		rc = lab_start(lab_thread_stopper, NULL, "lab-irq-stop");
	if (!rc)
		rc = lab_wake(first);
	lab_await(rc ? 0 : 2);
	return rc ?: lab_make_wanter();
}

static int lab_thread_cycle(void)
{
	return lab_thread_start(lab_thread);
}

static int lab_thread_long(void)
{
	return lab_thread_start(lab_thread_slow);
}

static const struct lab_scenario lab_scenarios[] = {
	{ "spin-timer", lab_timer_cycle },
	{ "spin-timer-slow", lab_timer_long },
	{ "spin-stop", lab_stop },
	{ "spin-stop-held", lab_stop_held },
	{ "spin-stop-slow", lab_stop_long },
	{ "spin-handler", lab_handler_cycle },
	{ "spin-handler-slow", lab_handler_long },
	{ "irq-thread", lab_thread_cycle },
	{ "irq-thread-slow", lab_thread_long },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Waits for what other CPUs do, to try deadlock finders on");
