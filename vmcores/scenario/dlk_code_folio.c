// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over the locks of folios, whose holders only the machine code tells, for the lab:
 * insmod dlk_code_folio.ko scenario=NAME
 *
 * As dlk_code.c, for locks that have no owner at all, and are mostly taken without a call: folio_lock() is
 * a bit that is set in the caller.  What each must look like in a dump is written in expect/NAME.json.
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/module.h>

#include "dlk_code.h"

#define FOLIO offsetof(struct lab_object, folio)

/* folio_lock(), which the compiler may make a function of this module's own, as it stands in the kernel's functions. */
static __always_inline void lab_folio_lock(struct folio *folio)
{
	might_sleep();
	if (!folio_trylock(folio))
		__folio_lock(folio);
}

/* Holds the mutex of the circle, and wants the folio. */
static int lab_waiter(void *arg)
{
	struct folio *folio = *(struct folio **)arg;

	mutex_lock(&lab_mutex);
	lab_ready();
	folio_lock(folio);
	lab_say_escaped();
	folio_unlock(folio);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* Holds nothing that anybody waits for. */
static int lab_bare_waiter(void *arg)
{
	struct folio *folio = *(struct folio **)arg;

	lab_ready();
	folio_lock(folio);
	lab_say_escaped();
	folio_unlock(folio);
	return lab_sleep_for_good();
}

/* Locks it, and waits for one that sleeps.  It ends in a jump to folio_unlock(). */
static lab_opaque void lab_lock(struct folio *folio)
{
	folio_lock(folio);
	lab_ready();
	lab_wait(&lab_gate);
	folio_unlock(folio);
}

static int lab_holder(void *arg)
{
	lab_lock(*(struct folio **)arg);
	return lab_sleep_for_good();
}

/*
 * code-released-folio: NOT a deadlock.  Who waits for the waiter has unlocked the folio, and means to look at
 * it again; who has it locked waits for one that sleeps.
 */
static lab_opaque void lab_peruse(struct folio *folio)
{
	lab_folio_lock(folio);
	folio_unlock(folio);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(folio);
}

static int lab_past(void *arg)
{
	lab_peruse(*(struct folio **)arg);
	return lab_sleep_for_good();
}

/* code-retake-folio: NOT a deadlock.  The same, but it will lock the folio again, and unlock it. */
static int lab_again(void *arg)
{
	struct folio *folio = *(struct folio **)arg;

	lab_folio_lock(folio);
	folio_unlock(folio);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_folio_lock(folio);
	lab_use(folio);
	folio_unlock(folio);
	return lab_sleep_for_good();
}

/* code-caller-folio: the helper of a helper locks the folio, and whoever called these unlocks it. */

static lab_opaque int lab_take(struct folio *folio)
{
	folio_lock(folio);
	lab_ready();
	lab_wait(&lab_mutex);
	return 0;
}

static lab_opaque int lab_begin(struct folio *folio)
{
	int error = lab_take(folio);

	lab_use(NULL);
	return error;
}

static int lab_caller(void *arg)
{
	struct folio *folio = *(struct folio **)arg;
	int error = lab_begin(folio);

	folio_unlock(folio);
	return lab_sleep_for_good() + error;
}

/*
 * code-branch: who has locked it will unlock it if a flag says so that is read after the wait; else somebody
 * else is to do that.
 */
static int lab_brancher(void *arg)
{
	struct folio **slot = arg;
	struct lab_object *o = container_of(slot, struct lab_object, folio);
	struct folio *folio = o->folio;

	WRITE_ONCE(o->is_flagged, true);
	folio_lock(folio);
	lab_ready();
	lab_wait(&lab_mutex);
	if (READ_ONCE(o->is_flagged))
		folio_unlock(folio);
	else
		lab_use(folio);
	return lab_sleep_for_good();
}

/* code-loop-folio: NOT a deadlock.  As code-loop-reader of dlk_code.c; the folios stand in the cells. */

enum { FIRST = 0, PRESENT = 1, LAST = LAB_CELLS - 1 };

#define CELL(which) offsetof(struct lab_object, cells[which].folio)

static lab_opaque void lab_visit(int which)
{
	if (which != PRESENT)
		return;
	lab_ready();
	lab_wait(&lab_mutex);
}

static int lab_walker(void *object)
{
	struct lab_object *o = object;
	int i;

	for (i = 0; i < LAB_CELLS; i++) {
		struct folio *folio = o->cells[i].folio;

		folio_lock(folio);
		lab_visit(i);
		folio_unlock(folio);
	}
	return lab_sleep_for_good();
}

static int lab_other(void *object)
{
	struct lab_object *o = object;
	struct folio *first = o->cells[FIRST].folio, *last = o->cells[LAST].folio;

	folio_lock(first);
	folio_lock(last);
	lab_ready();
	lab_wait(&lab_gate);
	folio_unlock(last);
	folio_unlock(first);
	return lab_sleep_for_good();
}

/*
 * code-slot: two folios stand in an array on the stack, and in no register: the first is locked until the wait is over,
 * the second has been unlocked, and another one has it, which waits for one that sleeps.
 */
static lab_opaque int lab_collect(struct folio **batch, const struct lab_object *o)
{
	batch[0] = o->cells[0].folio;
	batch[1] = o->cells[1].folio;
	return 2;
}

static int lab_batcher(void *object)
{
	struct folio *batch[2];
	int count = lab_collect(batch, object);

	folio_lock(batch[0]);
	folio_lock(batch[1]);
	folio_unlock(batch[1]);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(batch[1]);
	folio_unlock(batch[0]);
	return lab_sleep_for_good() + count;
}

/*
 * code-handed: as a folio that is being read in.  Who locked it waits until what completes the I/O, a timer here, has
 * unlocked it.  One waits for the lock, and one for that one, which looks at the folio later.
 */
static void lab_end_io(struct timer_list *timer)
{
	folio_unlock(container_of(timer, struct lab_object, timer)->folio);
}

static int lab_submitter(void *object)
{
	struct lab_object *o = object;
	struct folio *folio = o->folio;

	folio_lock(folio);
	timer_setup(&o->timer, lab_end_io, 0);
	mod_timer(&o->timer, jiffies + 3600 * HZ);
	lab_ready();
	folio_wait_locked(folio);
	lab_say_escaped();
	lab_use(folio);
	return lab_sleep_for_good();
}

static int lab_looker(void *arg)
{
	struct folio *folio = *(struct folio **)arg;

	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(folio);
	return lab_sleep_for_good();
}

static const struct lab_play lab_plays[] = {
	{ "code-released-folio",
	  { LAB_GATE,
	    { "lab-past", lab_past, FOLIO },
	    { "lab-holder", lab_holder, FOLIO },
	    { "lab-waiter", lab_waiter, FOLIO } } },
	{ "code-retake-folio",
	  { LAB_GATE,
	    { "lab-past", lab_again, FOLIO },
	    { "lab-holder", lab_holder, FOLIO },
	    { "lab-waiter", lab_waiter, FOLIO } } },
	{ "code-caller-folio",
	  { { "lab-caller", lab_caller, FOLIO }, { "lab-waiter", lab_waiter, FOLIO } } },
	{ "code-branch",
	  { { "lab-brancher", lab_brancher, FOLIO }, { "lab-waiter", lab_waiter, FOLIO } } },
	{ "code-loop-folio",
	  { LAB_GATE,
	    { "lab-walker", lab_walker, 0 },
	    { "lab-other", lab_other, 0 },
	    { "lab-later", lab_waiter, CELL(LAST) },
	    { "lab-now", lab_bare_waiter, CELL(PRESENT) },
	    { "lab-before", lab_bare_waiter, CELL(FIRST) } } },
	{ "code-slot",
	  { LAB_GATE,
	    { "lab-batcher", lab_batcher, 0 },
	    { "lab-other", lab_holder, CELL(1) },
	    { "lab-waiter", lab_waiter, CELL(0) },
	    { "lab-second", lab_bare_waiter, CELL(1) } } },
	{ "code-handed",
	  { { "lab-io", lab_submitter, 0 },
	    { "lab-waiter", lab_waiter, FOLIO },
	    { "lab-looker", lab_looker, FOLIO } } },
};

static int __init lab_init(void)
{
	return lab_choose(lab_plays, ARRAY_SIZE(lab_plays));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs kernel threads over folios whose holders the code tells, to try deadlock finders on");
