// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads in a wait queue, for the lab: insmod dlk_queue.ko scenario=NAME
 *
 * What each must look like in a dump is written in expect/NAME.json.  The threads stay for good, so the module cannot be
 * unloaded.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "dlk_lab.h"

static DECLARE_WAIT_QUEUE_HEAD(lab_queue);
static DEFINE_MUTEX(lab_mutex);
static bool lab_is_over;

static noinline int lab_queue_waiter(void *unused)
{
	wait_event(lab_queue, READ_ONCE(lab_is_over));
	return lab_escaped();
}

/* As drivers wait that look again whenever they are woken. */
static noinline int lab_queue_woken(void *unused)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(&lab_queue, &wait);
	while (!READ_ONCE(lab_is_over))
		wait_woken(&wait, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	remove_wait_queue(&lab_queue, &wait);
	return lab_escaped();
}

/* One that a signal could wake is in the same queue, and idle. */
static noinline int lab_queue_idler(void *unused)
{
	wait_event_interruptible(lab_queue, READ_ONCE(lab_is_over));
	return lab_escaped();
}

/* queue: NOT a deadlock.  Three threads wait for what will not come, and one idles. */
static int lab_queue_group(void)
{
	return lab_start(lab_queue_waiter, NULL, "lab-queue-1") ?:
	       lab_start(lab_queue_waiter, NULL, "lab-queue-2") ?:
	       lab_start(lab_queue_woken, NULL, "lab-queue-3") ?:
	       lab_start(lab_queue_idler, NULL, "lab-queue-idle");
}

/* queue-keeper: NOT a deadlock.  Who idles in the queue has a mutex that others wait for: they wait for the queue, too. */

static noinline int lab_queue_keeper(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(1);
	wait_event_interruptible(lab_queue, READ_ONCE(lab_is_over));
	return lab_escaped();
}

static noinline int lab_queue_kept(void *unused)
{
	lab_await(1);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static int lab_queue_keep(void)
{
	return lab_start(lab_queue_keeper, NULL, "lab-queue-keep") ?:
	       lab_start(lab_queue_kept, NULL, "lab-queue-kept1") ?:
	       lab_start(lab_queue_kept, NULL, "lab-queue-kept2");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "queue", lab_queue_group },
	{ "queue-keeper", lab_queue_keep },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads in a wait queue, to try deadlock finders on");
