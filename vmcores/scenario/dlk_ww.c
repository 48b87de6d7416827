// SPDX-License-Identifier: GPL-2.0-only
/*
 * ww_mutexes with acquire contexts, which undo cycles of their own: what is left of one, and what they do not
 * undo.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/ww_mutex.h>

#include "dlk_lab.h"

static DEFINE_WW_CLASS(lab_ww_class);
static struct ww_mutex lab_ww_a, lab_ww_b;
static DEFINE_MUTEX(lab_mutex);

/*
 * ww-context: opposite order, in acquire contexts.  The older one wounds the younger, which backs off and waits for
 * the first lock with nothing in its hands; the older one has both, and sleeps.
 */

/* Inlined, its loop is doubled by a compiler, and the stack is another one each second: never still. */
static noinline int lab_ww_sleep(void)
{
	return lab_sleep_for_good();
}

static noinline int lab_ww_older(void *unused)
{
	struct ww_acquire_ctx ctx;

	ww_acquire_init(&ctx, &lab_ww_class);
	if (ww_mutex_lock(&lab_ww_a, &ctx))
		return lab_escaped();
	lab_meet(2);
	if (ww_mutex_lock(&lab_ww_b, &ctx))
		return lab_escaped();
	return lab_ww_sleep();
}

static noinline int lab_ww_younger(void *unused)
{
	struct ww_acquire_ctx ctx;

	lab_await(1);
	ww_acquire_init(&ctx, &lab_ww_class);
	if (ww_mutex_lock(&lab_ww_b, &ctx))
		return lab_escaped();
	lab_meet(2);
	if (ww_mutex_lock(&lab_ww_a, &ctx) != -EDEADLK)
		return lab_escaped();
	ww_mutex_unlock(&lab_ww_b);
	ww_mutex_lock_slow(&lab_ww_a, &ctx);
	return lab_escaped();
}

static int lab_ww_context(void)
{
	return lab_start(lab_ww_older, NULL, "lab-ww-older")
		       ?: lab_start(lab_ww_younger, NULL, "lab-ww-younger");
}

/* ww-mutex: a ww_mutex in an acquire context against a plain mutex, which knows nothing of such contexts. */

static noinline int lab_ww_holder(void *unused)
{
	struct ww_acquire_ctx ctx;

	ww_acquire_init(&ctx, &lab_ww_class);
	if (ww_mutex_lock(&lab_ww_a, &ctx))
		return lab_escaped();
	lab_meet(2);
	mutex_lock(&lab_mutex);
	return lab_escaped();
}

static noinline int lab_ww_wanter(void *unused)
{
	struct ww_acquire_ctx ctx;

	mutex_lock(&lab_mutex);
	lab_meet(2);
	ww_acquire_init(&ctx, &lab_ww_class);
	return ww_mutex_lock(&lab_ww_a, &ctx) ?: lab_escaped();
}

static int lab_ww_mutex(void)
{
	return lab_start(lab_ww_holder, NULL, "lab-ww-holder")
		       ?: lab_start(lab_ww_wanter, NULL, "lab-ww-wanter");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "ww-context", lab_ww_context },
	{ "ww-mutex", lab_ww_mutex },
};

static int __init lab_init(void)
{
	ww_mutex_init(&lab_ww_a, &lab_ww_class);
	ww_mutex_init(&lab_ww_b, &lab_ww_class);
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads over ww_mutexes, to try deadlock finders on");
