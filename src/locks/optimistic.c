/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Optimistic spinning: who wants a mutex, or a rwsem for writing, whose owner runs on a CPU, spins for it before it sleeps
 * (mutex_spin_on_owner(), rwsem_spin_on_owner(), and behind the first of these osq_lock(); kernel/locking/mutex.c, rwsem.c, osq_lock.c).
 *
 * Wait: by the function that spins, and what it was given (code/argument.h): the lock, or the osq within it; which kind of lock, by
 * the function that would sleep for it.  Certain, where the unwinder is.  It is no harm in itself, and ends when the owner sleeps; but if
 * that one runs for ever, so does whoever waits for it, on another CPU, and is not to be taken for what keeps others waiting.
 *
 * Hold: as the kind of the lock has it: the owner word.
 *
 * How it can be wrong: who spins for a ww_mutex may be told to back off: possible, no more.  Where the compiler has inlined these
 * functions, such a one is not seen.
 */
#include <config.h>

#include "locks/optimistic.h"

#include "locks/kind.h"

bool dlk_optimistic_is(const struct dlk_spinning *s)
{
	return s->may_sleep && dlk_lock_kinds[s->kind] && dlk_lock_kinds[s->kind]->is_held;
}

/* The lock that a function was given, or the osq of which. */
static dlk_addr_t lock_of(const struct dlk_facts *f, const struct dlk_context *c,
			  const struct dlk_spinning *s, uint64_t given)
{
	enum dlk_member_id osq = s->kind == DLK_KIND_RWSEM ? DLK_M_rwsem_osq : DLK_M_mutex_osq;

	if (!dlk_function_is(c->frames[s->function].function, "osq_lock"))
		return given;
	return dlk_layout_has(&f->k->layout, osq) ? given - dlk_layout_offset(&f->k->layout, osq)
						  : 0;
}

/* What is known of its wait besides. */
static void complete(struct dlk_facts *f, const struct dlk_wait *like, const struct dlk_spinning *s)
{
	struct dlk_wait *w = dlk_model_first_wait(&f->model, like->context);

	while (w && !(w->evidence & DLK_EVIDENCE_SPINS))
		w = dlk_model_next_wait(&f->model, w);
	if (!w)
		return;
	w->at = like->at;
	if (s->kind == DLK_KIND_WW_MUTEX) {
		w->confidence = DLK_POSSIBLE;
		w->note = "it spins, and may be told to back off";
	}
}

enum dlk_status dlk_optimistic_take(struct dlk_facts *f, const struct dlk_wait *like,
				    const struct dlk_spinning *s, uint64_t given)
{
	const struct dlk_lock_kind *kind = dlk_lock_kinds[s->kind];
	struct dlk_record record = { .context = like->context,
				     .member = DLK_M_NONE,
				     .kind = s->kind,
				     .mode = like->mode,
				     .is_spinning = true };
	bool is_held;
	enum dlk_status status;

	record.lock = lock_of(f, dlk_facts_context(f, like->context), s, given);
	if (!dlk_kernel_can_be_struct(f->k, record.lock))
		return DLK_OK;
	status = kind->is_held(f, record.lock, &is_held);
	if (status)
		return status;
	if (!is_held)
		return dlk_map_put(f->ctx, &f->passing, like->context, 1);
	status = kind->take_recorded(f, &record);
	if (!status)
		complete(f, like, s);
	return status;
}
