/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the scenarios of dlk_code*.c share.  They are about who holds what the kernel records no holder of, where
 * only the machine code tells: a frame that will release a lock holds it.  Each frame that counts is a function
 * of its own, as it stands in the source: lab_opaque.
 *
 * The threads of a scenario are started one after the other, each when the one before has taken what it takes
 * first; when all are there, all go on.  Who is last of some readers is so known.
 */
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/wait_bit.h>

#include "dlk_lab.h"

/* No compiler looks into it, copies it, or merges it with its caller. */
#define lab_opaque noinline __attribute__((__noipa__))

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
static __always_inline void folio_wait_locked(struct folio *folio)
{
	wait_on_page_locked(&folio->page);
}

static __always_inline bool folio_trylock(struct folio *folio)
{
	return trylock_page(&folio->page);
}

static __always_inline void __folio_lock(struct folio *folio)
{
	__lock_page(&folio->page);
}
#endif

enum { LAB_CELLS = 4, LAB_BIT = 3 };

struct lab_cell {
	unsigned long number;
	struct rw_semaphore rwsem;
	struct folio *folio;
};

/* No lock is where the object begins. */
struct lab_object {
	unsigned long number;
	struct rw_semaphore rwsem;
	struct semaphore semaphore;
	struct completion completion;
	unsigned long bits;
	bool is_flagged;
	struct folio *folio;
	struct timer_list timer;
	struct lab_cell cells[LAB_CELLS];
	struct percpu_rw_semaphore percpu_rwsem;
	struct srcu_struct srcu;
};

/* A thread of a scenario; it is given the address of what is at the offset in the object. */
struct lab_actor {
	const char *name;
	int (*fn)(void *);
	size_t offset;
};

struct lab_play {
	const char *name;
	struct lab_actor actors[8];
};

/* Whoever is to hold something that the rest waits for has this one, and sleeps: NOT a deadlock. */
static DEFINE_MUTEX(lab_gate);
/* What closes a circle, where there is one. */
static DEFINE_MUTEX(lab_mutex);

static bool lab_all_there;
static const void *lab_used;

/* This thread has taken what it takes first. */
static lab_opaque void lab_ready(void)
{
	atomic_inc(&lab_arrived);
	while (!READ_ONCE(lab_all_there))
		schedule_timeout_uninterruptible(1);
}

/* Neither of the two mutexes is ever let go. */
static lab_opaque void lab_wait(struct mutex *mutex)
{
	mutex_lock(mutex);
	lab_say_escaped();
	mutex_unlock(mutex);
}

/* Whoever calls this later keeps the address until then. */
static __maybe_unused lab_opaque void lab_use(const void *address)
{
	WRITE_ONCE(lab_used, address);
}

static int lab_gate_keeper(void *unused)
{
	mutex_lock(&lab_gate);
	lab_ready();
	return lab_sleep_for_good();
}

#define LAB_GATE                                                                                   \
	{                                                                                          \
		"lab-gate", lab_gate_keeper, 0                                                     \
	}

static struct folio *lab_new_folio(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	return page ? page_folio(page) : NULL;
}

static bool lab_fill_cells(struct lab_object *o)
{
	int i;

	for (i = 0; i < LAB_CELLS; i++) {
		init_rwsem(&o->cells[i].rwsem);
		o->cells[i].folio = lab_new_folio();
		if (!o->cells[i].folio)
			return false;
	}
	return true;
}

static struct lab_object *lab_new_object(void)
{
	struct lab_object *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return NULL;
	init_rwsem(&o->rwsem);
	sema_init(&o->semaphore, 1);
	init_completion(&o->completion);
	o->folio = lab_new_folio();
	if (!o->folio || !lab_fill_cells(o) || percpu_init_rwsem(&o->percpu_rwsem) ||
	    init_srcu_struct(&o->srcu))
		return NULL;
	return o;
}

static int lab_perform(const struct lab_play *play)
{
	struct lab_object *o = lab_new_object();
	const struct lab_actor *actor;
	int error;

	if (!o)
		return -ENOMEM;
	for (actor = play->actors; actor->fn; actor++) {
		error = lab_start(actor->fn, (char *)o + actor->offset, "%s", actor->name);
		if (error)
			return error;
		lab_await(started);
	}
	WRITE_ONCE(lab_all_there, true);
	return 0;
}

static int lab_choose(const struct lab_play *plays, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(scenario, plays[i].name))
			return lab_perform(&plays[i]);
	pr_err("LAB: failed: no scenario %s\n", scenario);
	return -EINVAL;
}
