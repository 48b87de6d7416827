// SPDX-License-Identifier: GPL-2.0-only
/* Waits for threads to be made, to park, and to end; and completions. */
#include <linux/completion.h>
#include <linux/mutex.h>

#include "dlk_lab.h"

#include "dlk_divert.h"

static DEFINE_MUTEX(lab_mutex);
static DEFINE_MUTEX(lab_other);

/* kthread-slow: the thread that is to end sleeps, again and again. */

static int lab_stopped_slowly(void *unused)
{
	return lab_sleep_for_good();
}

static noinline int lab_stopper(void *thread)
{
	kthread_stop(thread);
	return lab_escaped();
}

static int lab_kthread_slow(void)
{
	struct task_struct *thread = kthread_run(lab_stopped_slowly, NULL, "lab-kthread-2");

	return lab_count(thread) ?: lab_start(lab_stopper, thread, "lab-kthread-1");
}

/* kthread-park: who holds the mutex waits for a thread to park that wants it. */

static noinline int lab_parked(void *unused)
{
	lab_meet(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static noinline int lab_parker(void *thread)
{
	mutex_lock(&lab_mutex);
	lab_meet(2);
	kthread_park(thread);
	return lab_escaped();
}

static int lab_kthread_park(void)
{
	struct task_struct *thread = kthread_run(lab_parked, NULL, "lab-parked");

	return lab_count(thread) ?: lab_start(lab_parker, thread, "lab-parker");
}

/*
 * kthread-create: who holds the other mutex waits for kthreadd to make a thread; kthreadd wants the mutex, as it
 * wants locks in a fork of a kernel that has more of them; and who holds that wants the other.
 */

static noinline int lab_fork(void)
{
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static noinline int lab_creator(void *unused)
{
	mutex_lock(&lab_other);
	lab_meet(3);
	kthread_run(lab_never_made, NULL, "lab-never-made");
	return lab_escaped();
}

static noinline int lab_blocker(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_meet(3);
	mutex_lock(&lab_other);
	return lab_escaped();
}

static int lab_kthread_create(void)
{
	int error = lab_start(lab_creator, NULL, "lab-creator")
			    ?: lab_start(lab_blocker, NULL, "lab-blocker");

	return lab_divert_kthreadd(error);
}

/* completion-slow: who is to complete it sleeps, again and again. */

static DECLARE_COMPLETION(lab_completion);

static noinline int lab_completion_waiter(void *unused)
{
	mutex_lock(&lab_mutex);
	wait_for_completion(&lab_completion);
	return lab_escaped();
}

static noinline int lab_completer(void *unused)
{
	lab_sleep_for_good();
	complete(&lab_completion);
	return 0;
}

static int lab_completion_slow(void)
{
	return lab_start(lab_completion_waiter, NULL, "lab-compl-1")
		       ?: lab_start(lab_completer, NULL, "lab-compl-2");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "kthread-slow", lab_kthread_slow },
	{ "kthread-park", lab_kthread_park },
	{ "kthread-create", lab_kthread_create },
	{ "completion-slow", lab_completion_slow },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads that wait for threads, to try deadlock finders on");
