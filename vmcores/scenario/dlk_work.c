// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads behind work items, for the lab:
 * insmod dlk_work.ko scenario=NAME
 *
 * Who holds the mutex waits for a work, or for all of a workqueue, in each of the ways there are; the
 * work wants the mutex, or, where that is no deadlock, is merely slow.  What each must look like in a
 * dump is written in expect/NAME.json.
 *
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "dlk_lab.h"

static DEFINE_MUTEX(lab_mutex);
static struct workqueue_struct *lab_wq;

static void lab_work_mutex(struct work_struct *unused)
{
	atomic_inc(&lab_arrived);
	mutex_lock(&lab_mutex);
	lab_escaped();
}

static void lab_work_slow(struct work_struct *unused)
{
	atomic_inc(&lab_arrived);
	lab_sleep_for_good();
}

static void lab_work_behind(struct work_struct *unused)
{
	lab_say_escaped();
}

static DECLARE_WORK(lab_first, lab_work_mutex);
static DECLARE_WORK(lab_slow, lab_work_slow);
static DECLARE_WORK(lab_second, lab_work_behind);
static DECLARE_DELAYED_WORK(lab_delayed, lab_work_mutex);

static noinline int lab_waiter(void *unused)
{
	lab_await(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

/* work-slow: NOT a deadlock.  One holds the mutex and waits for a slow work; another wants the mutex. */
static noinline int lab_slow_flusher(void *unused)
{
	mutex_lock(&lab_mutex);
	queue_work(lab_wq, &lab_slow);
	lab_await(1);
	atomic_inc(&lab_arrived);
	flush_work(&lab_slow);
	return lab_escaped();
}

static int lab_work_slow_start(void)
{
	return lab_start(lab_slow_flusher, NULL, "lab-flusher")
		       ?: lab_start(lab_waiter, NULL, "lab-waiter");
}

/*
 * work-behind: the queue runs one work at a time.  Who holds the mutex waits for the second, which nobody can
 * begin before the first has ended, and that wants the mutex.
 */
static noinline int lab_behind_flusher(void *first)
{
	mutex_lock(&lab_mutex);
	queue_work(lab_wq, first);
	queue_work(lab_wq, &lab_second);
	lab_await(1);
	atomic_inc(&lab_arrived);
	flush_work(&lab_second);
	return lab_escaped();
}

static int lab_work_behind_start(void)
{
	return lab_start(lab_behind_flusher, &lab_first, "lab-flusher");
}

/* work-behind-slow: NOT a deadlock.  The same, and the first is merely slow. */
static int lab_work_behind_slow(void)
{
	return lab_start(lab_behind_flusher, &lab_slow, "lab-flusher")
		       ?: lab_start(lab_waiter, NULL, "lab-waiter");
}

/* work-self: a work waits for one that is behind it in a queue that runs one at a time. */
static void lab_work_self(struct work_struct *unused)
{
	queue_work(lab_wq, &lab_second);
	atomic_inc(&lab_arrived);
	flush_work(&lab_second);
	lab_escaped();
}

static DECLARE_WORK(lab_self, lab_work_self);

static noinline int lab_self_flusher(void *unused)
{
	queue_work(lab_wq, &lab_self);
	lab_await(1);
	flush_work(&lab_self);
	return lab_escaped();
}

static int lab_work_self_start(void)
{
	return lab_start(lab_self_flusher, NULL, "lab-flusher");
}

/* work-cancel: who holds the mutex cancels a delayed work that runs already, and wants the mutex. */
static noinline int lab_canceler(void *unused)
{
	mutex_lock(&lab_mutex);
	queue_delayed_work(lab_wq, &lab_delayed, 1);
	lab_await(1);
	cancel_delayed_work_sync(&lab_delayed);
	return lab_escaped();
}

static int lab_work_cancel(void)
{
	return lab_start(lab_canceler, NULL, "lab-canceler");
}

/*
 * work-cancel-both: who holds the mutex cancels a work that another one is canceling already; the work wants the mutex, or
 * (work-cancel-both-slow, NOT a deadlock) is merely slow.
 */
static noinline int lab_first_canceler(void *work)
{
	atomic_inc(&lab_arrived);
	cancel_work_sync(work);
	return lab_escaped();
}

static noinline int lab_second_canceler(void *work)
{
	struct task_struct *first;

	mutex_lock(&lab_mutex);
	queue_work(lab_wq, work);
	lab_await(1);
	first = kthread_run(lab_first_canceler, work, "lab-canceler-1");
	if (IS_ERR(first))
		return lab_escaped();
	lab_await(2);
	while (READ_ONCE(first->on_rq))
		schedule_timeout_uninterruptible(1);
	atomic_inc(&lab_arrived);
	cancel_work_sync(work);
	return lab_escaped();
}

static int lab_cancel_both_with(struct work_struct *work)
{
	int error = lab_start(lab_second_canceler, work, "lab-canceler-2");

	started++; /* which the other one starts */
	return error;
}

static int lab_cancel_both(void)
{
	return lab_cancel_both_with(&lab_first);
}

static noinline int lab_third(void *unused)
{
	lab_await(3);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_cancel_both_slow(void)
{
	return lab_cancel_both_with(&lab_slow) ?: lab_start(lab_third, NULL, "lab-waiter");
}

/* workqueue: who holds the mutex waits for all that is queued; one of these wants the mutex, one is slow. */
static noinline int lab_wq_flusher(void *first)
{
	mutex_lock(&lab_mutex);
	queue_work(lab_wq, first);
	lab_await(1);
	atomic_inc(&lab_arrived);
	flush_workqueue(lab_wq);
	return lab_escaped();
}

static int lab_workqueue(void)
{
	return lab_start(lab_wq_flusher, &lab_first, "lab-flusher");
}

/* workqueue-slow: NOT a deadlock.  The same, and the work is merely slow. */
static int lab_workqueue_slow(void)
{
	return lab_start(lab_wq_flusher, &lab_slow, "lab-flusher")
		       ?: lab_start(lab_waiter, NULL, "lab-waiter");
}

/*
 * workqueue-drain: who holds the mutex drains the queue, whose one work wants the mutex.  What it sleeps in is the
 * flush, called by the drain.
 */
static noinline int lab_drainer(void *unused)
{
	mutex_lock(&lab_mutex);
	queue_work(lab_wq, &lab_first);
	lab_await(1);
	drain_workqueue(lab_wq);
	return lab_escaped();
}

static int lab_workqueue_drain(void)
{
	return lab_start(lab_drainer, NULL, "lab-drainer");
}

/*
 * work-any: two works at a time, and the third is waited for by who holds the mutex.  It begins when either of the
 * first has ended; and both want the mutex.
 */
static DECLARE_WORK(lab_also, lab_work_mutex);
static struct workqueue_struct *lab_pair;

static noinline int lab_any_flusher(void *second)
{
	mutex_lock(&lab_mutex);
	queue_work_on(0, lab_pair, &lab_first);
	lab_await(1);
	queue_work_on(0, lab_pair, second);
	lab_await(2);
	queue_work_on(0, lab_pair, &lab_second);
	atomic_inc(&lab_arrived);
	flush_work(&lab_second);
	return lab_escaped();
}

static int lab_work_any_with(struct work_struct *second)
{
	lab_pair = alloc_workqueue("lab_pair", 0, 2);
	return lab_pair ? lab_start(lab_any_flusher, second, "lab-flusher") : -ENOMEM;
}

static int lab_work_any(void)
{
	return lab_work_any_with(&lab_also);
}

/* work-any-slow: NOT a deadlock.  The second of the first two is merely slow: when it ends, the third begins. */
static int lab_work_any_slow(void)
{
	return lab_work_any_with(&lab_slow);
}

static const struct lab_scenario lab_scenarios[] = {
	{ "work-slow", lab_work_slow_start },
	{ "work-behind", lab_work_behind_start },
	{ "work-behind-slow", lab_work_behind_slow },
	{ "work-self", lab_work_self_start },
	{ "work-cancel", lab_work_cancel },
	{ "work-cancel-both", lab_cancel_both },
	{ "work-cancel-both-slow", lab_cancel_both_slow },
	{ "workqueue", lab_workqueue },
	{ "workqueue-slow", lab_workqueue_slow },
	{ "workqueue-drain", lab_workqueue_drain },
	{ "work-any", lab_work_any },
	{ "work-any-slow", lab_work_any_slow },
};

static int __init lab_init(void)
{
	/* One at a time in any case: as many as there are CPUs, if it were not for 1. */
	lab_wq = alloc_ordered_workqueue("lab_wq", 0);
	return lab_wq ? lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios)) : -ENOMEM;
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads behind work items, to try deadlock finders on");
