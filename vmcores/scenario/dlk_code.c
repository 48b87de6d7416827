// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over rwsems, of whose readers only the machine code tells who they are, for the lab:
 * insmod dlk_code.ko scenario=NAME
 *
 * In each somebody has the address of a rwsem in a register that is kept over a wait, and does not hold it, or
 * holds it and is not the function that took it.  What each must look like in a dump is written in
 * expect/NAME.json.  The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/module.h>

#include "dlk_code.h"

#define RWSEM offsetof(struct lab_object, rwsem)

/* Holds the mutex of the circle, and wants to write. */
static int lab_writer(void *sem)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	down_write(sem);
	lab_say_escaped();
	up_write(sem);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* Reads, and waits for one that sleeps.  It ends in a jump to up_read(). */
static lab_opaque void lab_read(struct rw_semaphore *sem)
{
	down_read(sem);
	lab_ready();
	lab_wait(&lab_gate);
	up_read(sem);
}

static int lab_holder(void *sem)
{
	lab_read(sem);
	return lab_sleep_for_good();
}

/*
 * code-released-reader, code-hint: NOT a deadlock.  Who waits for the writer has let the rwsem go, and means to look
 * at it again; the reader that the writer waits for waits for one that sleeps.  In the second who let it go was the last to
 * come, so the owner word may name it.
 */
static lab_opaque void lab_peruse(struct rw_semaphore *sem)
{
	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(sem);
}

static int lab_past(void *sem)
{
	lab_peruse(sem);
	return lab_sleep_for_good();
}

/* code-caller-reader: the helper of a helper takes the rwsem, and whoever called these lets it go. */

static lab_opaque int lab_take(struct lab_object *o)
{
	down_read(&o->rwsem);
	lab_ready();
	lab_wait(&lab_mutex);
	return READ_ONCE(o->number);
}

static lab_opaque int lab_begin(struct lab_object *o)
{
	int number = lab_take(o);

	lab_use(NULL);
	return number;
}

static int lab_caller(void *object)
{
	struct lab_object *o = object;
	int number = lab_begin(o);

	up_read(&o->rwsem);
	return lab_sleep_for_good() + number;
}

/* code-helper: whoever takes it has another function let it go, which is given the object. */

static lab_opaque void lab_put(struct lab_object *o)
{
	WRITE_ONCE(o->number, 1);
	up_read(&o->rwsem);
}

static int lab_user(void *object)
{
	struct lab_object *o = object;

	down_read(&o->rwsem);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_put(o);
	return lab_sleep_for_good();
}

/*
 * code-loop-reader: NOT a deadlock.  A loop reads one rwsem after the other, and is at the second.  One waits for that.
 * Of the first, which the loop has let go, and the last, to which it has not come, another one is the reader,
 * which waits for one that sleeps.
 */
enum { FIRST = 0, PRESENT = 1, LAST = LAB_CELLS - 1 };

#define CELL(which) offsetof(struct lab_object, cells[which].rwsem)

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
		down_read(&o->cells[i].rwsem);
		lab_visit(i);
		up_read(&o->cells[i].rwsem);
	}
	return lab_sleep_for_good();
}

static int lab_other(void *object)
{
	struct lab_object *o = object;

	down_read(&o->cells[FIRST].rwsem);
	down_read(&o->cells[LAST].rwsem);
	lab_ready();
	lab_wait(&lab_gate);
	up_read(&o->cells[LAST].rwsem);
	up_read(&o->cells[FIRST].rwsem);
	return lab_sleep_for_good();
}

/* Holds nothing that anybody waits for. */
static int lab_bare_writer(void *sem)
{
	lab_ready();
	down_write(sem);
	lab_say_escaped();
	up_write(sem);
	return lab_sleep_for_good();
}

/* code-retake-reader: NOT a deadlock.  As code-released-reader, but who has let it go will read again. */

static int lab_again(void *arg)
{
	struct rw_semaphore *sem = arg;

	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_wait(&lab_mutex);
	down_read(sem);
	lab_use(sem);
	up_read(sem);
	return lab_sleep_for_good();
}

static const struct lab_play lab_plays[] = {
	{ "code-released-reader",
	  { LAB_GATE,
	    { "lab-past", lab_past, RWSEM },
	    { "lab-holder", lab_holder, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
	{ "code-hint",
	  { LAB_GATE,
	    { "lab-holder", lab_holder, RWSEM },
	    { "lab-past", lab_past, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
	{ "code-caller-reader",
	  { { "lab-caller", lab_caller, 0 }, { "lab-writer", lab_writer, RWSEM } } },
	{ "code-helper", { { "lab-user", lab_user, 0 }, { "lab-writer", lab_writer, RWSEM } } },
	{ "code-loop-reader",
	  { LAB_GATE,
	    { "lab-walker", lab_walker, 0 },
	    { "lab-other", lab_other, 0 },
	    { "lab-later", lab_writer, CELL(LAST) },
	    { "lab-now", lab_bare_writer, CELL(PRESENT) },
	    { "lab-before", lab_bare_writer, CELL(FIRST) } } },
	{ "code-retake-reader",
	  { LAB_GATE,
	    { "lab-past", lab_again, RWSEM },
	    { "lab-holder", lab_holder, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
};

static int __init lab_init(void)
{
	return lab_choose(lab_plays, ARRAY_SIZE(lab_plays));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs kernel threads over rwsems whose readers the code tells, to try deadlock finders on");
