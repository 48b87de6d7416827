// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over a rwsem that one of them has read, for the lab:
 * insmod dlk_rwsem.ko scenario=NAME
 *
 * What each must look like in a dump is written in expect/NAME.json.  No function that waits is inlined, and
 * none ends with the call that waits.  The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/module.h>
#include <linux/rwsem.h>

#include "dlk_lab.h"

static DECLARE_RWSEM(lab_rwsem);

/* rwsem-again: a reader reads again, behind the writer that waits for it to go. */

static noinline int lab_writer(void *readers)
{
	lab_await((long)readers);
	down_write(&lab_rwsem);
	return lab_escaped();
}

static noinline void lab_read_behind_writer(void)
{
	while (!rwsem_is_contended(&lab_rwsem))
		schedule_timeout_uninterruptible(1);
	down_read(&lab_rwsem);
	lab_say_escaped();
}

static noinline int lab_again_reader(void *unused)
{
	down_read(&lab_rwsem);
	atomic_inc(&lab_arrived);
	lab_read_behind_writer();
	return lab_sleep_for_good();
}

static int lab_again(void)
{
	return lab_start(lab_again_reader, NULL, "lab-again-r")
		       ?: lab_start(lab_writer, (void *)1, "lab-again-w");
}

/*
 * rwsem-reread: NOT a deadlock.  The one that reads again has let it go before; who has not is a reader that came
 * first, and is merely slow.
 */

static noinline int lab_slow_reader(void *unused)
{
	down_read(&lab_rwsem);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static noinline int lab_reread_reader(void *unused)
{
	lab_await(1);
	down_read(&lab_rwsem);
	up_read(&lab_rwsem);
	atomic_inc(&lab_arrived);
	lab_read_behind_writer();
	return lab_sleep_for_good();
}

static int lab_reread(void)
{
	return lab_start(lab_slow_reader, NULL, "lab-reread-slow") ?:
	       lab_start(lab_reread_reader, NULL, "lab-reread-r") ?:
	       lab_start(lab_writer, (void *)2, "lab-reread-w");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "rwsem-again", lab_again },
	{ "rwsem-reread", lab_reread },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads over a rwsem, to try deadlock finders on");
