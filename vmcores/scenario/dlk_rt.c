// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads in the locks that sleep on PREEMPT_RT alone, for the lab:
 * insmod dlk_rt.ko scenario=NAME
 *
 * Who holds such a lock must not sleep for anything but another one of them, so the harmless twin's holder turns in
 * a circle on its CPU.  What each scenario must look like in a dump is written in expect/NAME.json: there stands
 * the name of the function that waits, so none of these is inlined, and none ends with the call that waits.
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
/* which before v6.13 does not include what it needs */
#include <linux/local_lock.h>

#include "dlk_lab.h"

static DEFINE_RWLOCK(lab_rwlock_a);
static DEFINE_RWLOCK(lab_rwlock_b);
static DEFINE_SPINLOCK(lab_rt_spinlock);
static atomic_t lab_writes = ATOMIC_INIT(0);

/* Wait until @n threads have come this far; who holds one of these locks must not sleep. */
static void lab_meet_busy(int n)
{
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < n)
		cpu_relax();
}

/* A writer has made its claim when readers do not get it any more. */
static void lab_await_claim(rwlock_t *lock)
{
	while (read_trylock(lock)) {
		read_unlock(lock);
		schedule_timeout_uninterruptible(1);
	}
}

/* rt-rwlock: two rwlocks that are held for writing, one wanted for reading and one for writing. */

static noinline int lab_rwlock_1(void *unused)
{
	write_lock(&lab_rwlock_a);
	lab_meet_busy(2);
	read_lock(&lab_rwlock_b);
	return lab_escaped();
}

static noinline int lab_rwlock_2(void *unused)
{
	write_lock(&lab_rwlock_b);
	lab_meet_busy(2);
	write_lock(&lab_rwlock_a);
	return lab_escaped();
}

static int lab_rwlock(void)
{
	struct task_struct *first = lab_create_on(0, lab_rwlock_1, "lab-rwlock-1");
	struct task_struct *second = lab_create_on(1, lab_rwlock_2, "lab-rwlock-2");
	int rc = lab_wake(first) ?: lab_wake(second);

	if (!rc)
		lab_await(2);
	return rc;
}

/*
 * rt-rwlock-reader: a reader waits for the spinlock of a writer that waits for it; a second reader waits behind the
 * writer.  The rwlock is part of an object, whose address the reader has.
 */
struct lab_rt_object {
	long before[6];
	rwlock_t lock;
	long count;
};
static struct lab_rt_object *lab_rt_object;

static noinline int lab_rt_reader(void *data)
{
	struct lab_rt_object *object = data;

	read_lock(&object->lock);
	lab_meet_busy(2);
	spin_lock(&lab_rt_spinlock);
	object->count++;
	spin_unlock(&lab_rt_spinlock);
	read_unlock(&object->lock);
	return lab_escaped();
}

static noinline int lab_rt_writer(void *data)
{
	struct lab_rt_object *object = data;

	spin_lock(&lab_rt_spinlock);
	lab_meet_busy(2);
	write_lock(&object->lock);
	object->count++;
	write_unlock(&object->lock);
	return lab_escaped();
}

static noinline int lab_rt_late(void *data)
{
	struct lab_rt_object *object = data;

	lab_await(2);
	lab_await_claim(&object->lock);
	atomic_inc(&lab_arrived);
	read_lock(&object->lock);
	object->count++;
	return lab_escaped();
}

static struct task_struct *lab_create_with(int cpu, int (*fn)(void *), void *data, const char *name)
{
	struct task_struct *task = kthread_create(fn, data, "%s", name);

	if (!IS_ERR(task))
		kthread_bind(task, cpu);
	return task;
}

/* A cache with a constructor is merged with no other. */
static void lab_rt_object_init(void *data)
{
	struct lab_rt_object *object = data;

	memset(object, 0, sizeof(*object));
	rwlock_init(&object->lock);
}

static int lab_rwlock_reader(void)
{
	struct kmem_cache *cache = kmem_cache_create("dlk_lab_rt_object",
						     sizeof(struct lab_rt_object), 0, 0,
						     lab_rt_object_init);
	struct task_struct *reader, *writer, *late;
	int rc;

	lab_rt_object = cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;
	if (!lab_rt_object)
		return -ENOMEM;
	reader = lab_create_with(0, lab_rt_reader, lab_rt_object, "lab-rt-reader");
	writer = lab_create_with(1, lab_rt_writer, lab_rt_object, "lab-rt-writer");
	late = lab_create_with(1, lab_rt_late, lab_rt_object, "lab-rt-late");
	rc = lab_wake(reader) ?: lab_wake(writer) ?: lab_wake(late);
	if (!rc)
		lab_await(3);
	return rc;
}

/* rt-rwlock-slow: who holds it for writing turns in a circle; one waits to read, one to write. */

static noinline int lab_rt_owner(void *unused)
{
	write_lock(&lab_rwlock_a);
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	write_unlock(&lab_rwlock_a);
	return lab_escaped();
}

static noinline int lab_rt_wants_read(void *unused)
{
	lab_await(1);
	atomic_inc(&lab_writes);
	read_lock(&lab_rwlock_a);
	return lab_escaped();
}

static noinline int lab_rt_wants_write(void *unused)
{
	lab_await(1);
	atomic_inc(&lab_writes);
	write_lock(&lab_rwlock_a);
	return lab_escaped();
}

/* All are there before a CPU is lost: who makes threads might be on it. */
static int lab_rwlock_slow(void)
{
	struct task_struct *reader = lab_create_on(0, lab_rt_wants_read, "lab-rt-reader");
	struct task_struct *writer = lab_create_on(0, lab_rt_wants_write, "lab-rt-writer");
	struct task_struct *owner = lab_create_on(cpumask_last(cpu_online_mask), lab_rt_owner,
						  "lab-rt-owner");
	int rc = lab_wake(reader) ?: lab_wake(writer) ?: lab_wake(owner);

	while (!rc && atomic_read(&lab_writes) < 2)
		schedule_timeout_uninterruptible(1);
	return rc;
}

/* rt-local: a CPU's local_lock, which is a spinlock of this CPU's, against a spinlock. */

struct lab_rt_local {
	local_lock_t lock;
};
static DEFINE_PER_CPU(struct lab_rt_local, lab_rt_local) = {
	.lock = INIT_LOCAL_LOCK(lock),
};

static noinline int lab_local_1(void *unused)
{
	local_lock(&lab_rt_local.lock);
	atomic_inc(&lab_arrived);
	while (atomic_read(&lab_arrived) < 2)
		cpu_relax();
	spin_lock(&lab_rt_spinlock);
	return lab_escaped();
}

/* On the same CPU: the other one is preempted while it turns. */
static noinline int lab_local_2(void *unused)
{
	spin_lock(&lab_rt_spinlock);
	lab_meet_busy(2);
	local_lock(&lab_rt_local.lock);
	return lab_escaped();
}

static int lab_local(void)
{
	struct task_struct *first = lab_create_on(1, lab_local_1, "lab-local-1");
	struct task_struct *second = lab_create_on(1, lab_local_2, "lab-local-2");
	int rc = lab_wake(first) ?: lab_wake(second);

	if (!rc)
		lab_await(2);
	return rc;
}

/*
 * rt-adaptive: who wants what a thread has that works on for good spins, as long as that one is on its CPU, which it does not leave, and
 * nothing else is to run on the waiter's: both waiters are real-time threads.
 */
static DEFINE_MUTEX(lab_rt_mutex);

static noinline int lab_adaptive_owner(void *unused)
{
	mutex_lock(&lab_rt_mutex);
	spin_lock(&lab_rt_spinlock);
	preempt_disable();
	atomic_inc(&lab_arrived);
	lab_spin_for_good();
	preempt_enable();
	spin_unlock(&lab_rt_spinlock);
	mutex_unlock(&lab_rt_mutex);
	return lab_escaped();
}

static noinline int lab_adaptive_mutex(void *unused)
{
	lab_await(1);
	mutex_lock(&lab_rt_mutex);
	return lab_escaped();
}

static noinline int lab_adaptive_spinlock(void *unused)
{
	lab_await(1);
	spin_lock(&lab_rt_spinlock);
	return lab_escaped();
}

static int lab_adaptive(void)
{
	int last = cpumask_last(cpu_online_mask);
	struct task_struct *owner = lab_create_on(last, lab_adaptive_owner, "lab-owner");
	struct task_struct *first = lab_create_on(last - 1, lab_adaptive_mutex, "lab-wants-mutex");
	struct task_struct *second = lab_create_on(last - 2, lab_adaptive_spinlock,
						   "lab-wants-spin");
	int rc;

	if (!IS_ERR(first))
		sched_set_fifo(first);
	if (!IS_ERR(second))
		sched_set_fifo(second);
	rc = lab_wake(first) ?: lab_wake(second) ?: lab_wake(owner);
	if (!rc)
		lab_await(1);
	return rc;
}

static const struct lab_scenario lab_scenarios[] = {
	{ "rt-rwlock", lab_rwlock },           { "rt-rwlock-reader", lab_rwlock_reader },
	{ "rt-rwlock-slow", lab_rwlock_slow }, { "rt-local", lab_local },
	{ "rt-adaptive", lab_adaptive },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs threads in the locks of PREEMPT_RT, to try deadlock finders on");
