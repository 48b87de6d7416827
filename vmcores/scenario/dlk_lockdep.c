// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lockdep's lists of held locks look like, for the lab, on kernels that have lockdep:
 * insmod dlk_lockdep.ko scenario=NAME
 *
 * What each scenario must look like in a dump is written in expect/NAME.json.  Lockdep turns itself
 * off at its first complaint, so the locks here are taken in an order that gives it none, but for
 * lockdep-off, where that is the point.
 *
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/debug_locks.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "dlk_lab.h"

/*
 * lockdep-readers: two tasks hold a rwsem for reading.  One wants the mutex; the mutex's holder wants
 * the rwsem for writing.  The other reader came last, so the owner word hints at it, but it merely
 * sleeps.  The writer's side names subclasses, as a wrong annotation does: lockdep then sees four
 * classes in two chains, R to M and M/1 to R/1, and no inversion.
 */
static DEFINE_MUTEX(lab_mutex);
static DECLARE_RWSEM(lab_rwsem);

static int lab_reader_in_cycle(void *unused)
{
	down_read(&lab_rwsem);
	lab_meet(3);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_reader_asleep(void *unused)
{
	lab_await(1);
	down_read(&lab_rwsem);
	lab_meet(3);
	return lab_sleep_for_good();
}

static int lab_readers_writer(void *unused)
{
	mutex_lock_nested(&lab_mutex, SINGLE_DEPTH_NESTING);
	lab_await(2);
	lab_meet(3);
	down_write_nested(&lab_rwsem, SINGLE_DEPTH_NESTING);
	return lab_escaped();
}

static int lab_readers(void)
{
	return lab_start(lab_reader_in_cycle, NULL, "lab-reader-1") ?:
	       lab_start(lab_reader_asleep, NULL, "lab-reader-2") ?:
	       lab_start(lab_readers_writer, NULL, "lab-writer");
}

/*
 * lockdep-off: an ABBA that lockdep is allowed to see.  The second to ask gets the complaint, lockdep
 * is off from then on, and no list changes any more.  Who rested before has a right list.  But
 * lab-stale gives the rwsem back after that, unseen, and lab-late takes it for reading, unseen.  Then
 * lab-off-writer, which holds the mutex, waits for the rwsem, and lab-stale for the mutex.  Whoever
 * believes the lists sees a second cycle: there is none, lab-late only sleeps.
 */
static DEFINE_MUTEX(lab_off_a);
static DEFINE_MUTEX(lab_off_b);
static DEFINE_MUTEX(lab_off_rest);
static DEFINE_MUTEX(lab_off_mutex);
static DECLARE_RWSEM(lab_off_rwsem);

static void lab_await_off(void)
{
	while (READ_ONCE(debug_locks))
		schedule_timeout_uninterruptible(1);
}

static int lab_off_abba_1(void *unused)
{
	mutex_lock(&lab_off_a);
	lab_meet(5);
	mutex_lock(&lab_off_b);
	return lab_escaped();
}

static int lab_off_abba_2(void *unused)
{
	mutex_lock(&lab_off_b);
	lab_meet(5);
	mutex_lock(&lab_off_a);
	return lab_escaped();
}

/* Never runs again, so nothing can have happened to its list. */
static int lab_off_at_rest(void *unused)
{
	mutex_lock(&lab_off_rest);
	set_current_state(TASK_UNINTERRUPTIBLE);
	atomic_inc(&lab_arrived);
	schedule();
	return lab_escaped();
}

static int lab_off_stale(void *unused)
{
	down_read(&lab_off_rwsem);
	lab_meet(5);
	lab_await_off();
	up_read(&lab_off_rwsem);
	lab_meet(6);
	while (!rwsem_is_contended(&lab_off_rwsem))
		schedule_timeout_uninterruptible(1);
	mutex_lock(&lab_off_mutex);
	return lab_escaped();
}

static int lab_off_late(void *unused)
{
	lab_await(6);
	down_read(&lab_off_rwsem);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static int lab_off_writer(void *unused)
{
	mutex_lock(&lab_off_mutex);
	lab_meet(5);
	lab_await(7);
	down_write(&lab_off_rwsem);
	return lab_escaped();
}

static int lab_off(void)
{
	return lab_start(lab_off_abba_1, NULL, "lab-abba-1") ?:
	       lab_start(lab_off_abba_2, NULL, "lab-abba-2") ?:
	       lab_start(lab_off_at_rest, NULL, "lab-rest") ?:
	       lab_start(lab_off_stale, NULL, "lab-stale") ?:
	       lab_start(lab_off_late, NULL, "lab-late") ?:
	       lab_start(lab_off_writer, NULL, "lab-off-writer");
}

/* lockdep-held: no deadlock, but every kind of entry that a list can have. */

#define LAB_CHAIN 20
/* How many take their locks before anybody waits, the work item is one; with those who wait or yield. */
#define LAB_HOLDERS 9
#define LAB_ALL_BUT_SPIN 13

static struct mutex lab_pair[2], lab_outer[2], lab_nest[4], lab_chain[LAB_CHAIN];
static struct lock_class_key lab_chain_keys[LAB_CHAIN];
static DEFINE_MUTEX(lab_solo);
static DEFINE_MUTEX(lab_try);
static DEFINE_MUTEX(lab_dev);
static DEFINE_MUTEX(lab_busy_a);
static DEFINE_MUTEX(lab_busy_b);
static DECLARE_RWSEM(lab_wanted);
static DECLARE_RWSEM(lab_shared);
static DECLARE_RWSEM(lab_down);
static DECLARE_RWSEM(lab_busy_rwsem);
static DEFINE_SPINLOCK(lab_spinlock);
static DEFINE_SPINLOCK(lab_irq_lock);
static DEFINE_RWLOCK(lab_rwlock);
static struct srcu_struct lab_srcu;
DEFINE_STATIC_PERCPU_RWSEM(lab_percpu);

static struct lock_class_key lab_map_key;
static struct lockdep_map lab_map = STATIC_LOCKDEP_MAP_INIT("lab_map", &lab_map_key);

static int lab_rest(void)
{
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

/* Two locks of one class. */
static int lab_held_subclass(void *unused)
{
	mutex_lock(&lab_pair[0]);
	mutex_lock_nested(&lab_pair[1], SINGLE_DEPTH_NESTING);
	return lab_rest();
}

/* Three locks of one class under another make one entry. */
static int lab_held_nest(void *unused)
{
	mutex_lock(&lab_outer[0]);
	mutex_lock_nest_lock(&lab_nest[0], &lab_outer[0]);
	mutex_lock_nest_lock(&lab_nest[1], &lab_outer[0]);
	mutex_lock_nest_lock(&lab_nest[2], &lab_outer[0]);
	return lab_rest();
}

/* For writing; for reading, with a subclass; for reading, after writing. */
static int lab_held_rwsem(void *unused)
{
	down_write(&lab_wanted);
	down_read_nested(&lab_shared, SINGLE_DEPTH_NESTING);
	down_write(&lab_down);
	downgrade_write(&lab_down);
	return lab_rest();
}

/* What may be entered again by who is in it: SRCU twice, and a map twice. */
static int lab_held_again(void *unused)
{
	(void)srcu_read_lock(&lab_srcu);
	(void)srcu_read_lock(&lab_srcu);
	lock_map_acquire_read(&lab_map);
	lock_map_acquire_read(&lab_map);
	return lab_rest();
}

static int lab_held_percpu(void *unused)
{
	percpu_down_read(&lab_percpu);
	return lab_rest();
}

/*
 * Spinning locks in the list of a task that sleeps: only said to lockdep, not taken, for to sleep with
 * one is a bug that the scheduler reports.
 */
static int lab_held_spinlock(void *unused)
{
	if (!mutex_trylock(&lab_try))
		return lab_escaped();
	local_irq_disable();
	spin_acquire(&lab_spinlock.dep_map, 0, 0, _THIS_IP_);
	local_irq_enable();
	rwlock_acquire_read(&lab_rwlock.dep_map, 0, 0, _THIS_IP_);
	return lab_rest();
}

/* One name for all: the kernel numbers the classes. */
static int lab_held_chain(void *unused)
{
	int i;

	for (i = 0; i < LAB_CHAIN; i++)
		mutex_lock(&lab_chain[i]);
	return lab_rest();
}

/* All that lockdep must not check are of one class, which has the name of the first of them. */
static int lab_held_unchecked(void *unused)
{
	mutex_lock(&lab_dev);
	return lab_rest();
}

/* A work item holds its workqueue's map and its own. */
static struct workqueue_struct *lab_wq;

static struct work_struct lab_work;

static void lab_held_work(struct work_struct *unused)
{
	lab_rest();
}

/* Waiters, from here on: the lock that is waited for is in the list too. */
static int lab_held_wait(void *unused)
{
	lab_await(LAB_HOLDERS);
	mutex_lock(&lab_solo);
	atomic_inc(&lab_arrived);
	mutex_lock(&lab_pair[0]);
	return lab_escaped();
}

static int lab_held_wait_read(void *unused)
{
	lab_await(LAB_HOLDERS);
	atomic_inc(&lab_arrived);
	down_read(&lab_wanted);
	return lab_escaped();
}

/* The one waited for, lab_nest[2], is not seen: it is but a second reference to lab_nest[3]. */
static int lab_held_wait_nest(void *unused)
{
	lab_await(LAB_HOLDERS);
	mutex_lock(&lab_outer[1]);
	mutex_lock_nest_lock(&lab_nest[3], &lab_outer[1]);
	atomic_inc(&lab_arrived);
	mutex_lock_nest_lock(&lab_nest[2], &lab_outer[1]);
	return lab_escaped();
}

static bool lab_goes_on = true; /* for good; the compiler is not to know */

/* Running ones: the kernel prints only how many they hold. */
static noinline void lab_turn(void)
{
	while (READ_ONCE(lab_goes_on))
		cond_resched();
}

static int lab_held_turn(void *unused)
{
	set_user_nice(current, 19);
	mutex_lock(&lab_busy_a);
	mutex_lock(&lab_busy_b);
	atomic_inc(&lab_arrived);
	lab_turn();
	return 0;
}

/* A timer that never ends: what it holds stands in the list of the task that it interrupts. */
static struct timer_list lab_timer;

static void lab_held_timer(struct timer_list *unused)
{
	spin_lock(&lab_irq_lock);
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
}

static int lab_held_spin(void *unused)
{
	down_write(&lab_busy_rwsem);
	lab_timer.expires = jiffies + HZ / 10;
	add_timer_on(&lab_timer, raw_smp_processor_id());
	rcu_read_lock();
	lab_spin_for_good();
	return 0;
}

static void lab_held_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lab_pair); i++)
		mutex_init(&lab_pair[i]);
	for (i = 0; i < ARRAY_SIZE(lab_outer); i++)
		mutex_init(&lab_outer[i]);
	for (i = 0; i < ARRAY_SIZE(lab_nest); i++)
		mutex_init(&lab_nest[i]);
	for (i = 0; i < ARRAY_SIZE(lab_chain); i++)
		__mutex_init(&lab_chain[i], "lab_chain", &lab_chain_keys[i]);
	lockdep_set_novalidate_class(&lab_dev);
	INIT_WORK(&lab_work, lab_held_work);
	timer_setup(&lab_timer, lab_held_timer, 0);
}

static int lab_held(void)
{
	int rc = init_srcu_struct(&lab_srcu);

	if (rc)
		return rc;
	lab_held_init();
	lab_wq = alloc_workqueue("lab_wq", WQ_UNBOUND, 1);
	if (!lab_wq)
		return -ENOMEM;
	queue_work(lab_wq, &lab_work);
	rc = lab_start(lab_held_subclass, NULL, "lab-subclass") ?:
	     lab_start(lab_held_nest, NULL, "lab-nest") ?:
	     lab_start(lab_held_rwsem, NULL, "lab-rwsem") ?:
	     lab_start(lab_held_again, NULL, "lab-again") ?:
	     lab_start(lab_held_percpu, NULL, "lab-percpu") ?:
	     lab_start(lab_held_spinlock, NULL, "lab-spinlock") ?:
	     lab_start(lab_held_chain, NULL, "lab-chain") ?:
	     lab_start(lab_held_unchecked, NULL, "lab-unchecked") ?:
	     lab_start(lab_held_wait, NULL, "lab-wait") ?:
	     lab_start(lab_held_wait_read, NULL, "lab-wait-read") ?:
	     lab_start(lab_held_wait_nest, NULL, "lab-wait-nest") ?:
	     lab_start(lab_held_turn, NULL, "lab-turn");
	if (rc)
		return rc;
	lab_await(LAB_ALL_BUT_SPIN);
	rc = lab_wake(lab_create_on(cpumask_last(cpu_online_mask), lab_held_spin, "lab-spin"));
	if (!rc)
		lab_await(LAB_ALL_BUT_SPIN + 1);
	return rc;
}

static const struct lab_scenario lab_scenarios[] = {
	{ "lockdep-readers", lab_readers },
	{ "lockdep-off", lab_off },
	{ "lockdep-held", lab_held },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Fills lockdep's lists of held locks, to try deadlock finders on");
