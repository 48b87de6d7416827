/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entry of a task's list is the lock that it waits for?
 *
 * lockdep enters a lock before it is obtained.  Told apart by, in this order:
 *  1. the wait that was found: the last entry of that very lock (the ones before it are held: a reader
 *     that reads again);
 *  2. lock_stat's stamps (CONFIG_LOCK_STAT): the last time it had to wait for it is later than the last
 *     time it got one;
 *  3. for a task that sleeps, and of which no wait is known: the last entry was taken by a call that
 *     has not returned, the one in which it sleeps.
 *
 * How it can be wrong: a lock of a kind that is not known, in a kernel without lock_stat, taken by a
 * function that is not known as a way of waiting, counts as held.
 */
#include <config.h>

#include "lockdep/lockdep.h"

#include "locks/kind.h"
#include "locks/wait_function.h"

static struct dlk_held *find_by_wait(struct dlk_lockdep_reader *r, uint32_t context)
{
	const struct dlk_facts *f = r->f;
	struct dlk_held *held = dlk_lockdep_held_of(f, context);

	const struct dlk_wait *wait = dlk_model_first_wait(&f->model, context);

	for (; wait; wait = dlk_model_next_wait(&f->model, wait))
		for (uint32_t i = dlk_facts_context(f, context)->held_count; i-- > 0;)
			if (held[i].resource == wait->resource)
				return &held[i];
	return NULL;
}

static enum dlk_status sleeps_in_call(struct dlk_lockdep_reader *r, const struct dlk_held *held,
				      bool *ret)
{
	const struct dlk_context *c = dlk_facts_context(r->f, held->context);
	const struct dlk_frame *at;
	enum dlk_status status = dlk_facts_unwind(r->f, held->context, NULL);

	*ret = false;
	/* A stack that cannot be read was a finding when it was scanned. */
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	at = dlk_frames_waiting_at(c->frames, c->frame_count);
	*ret = at && at->ip == held->ip;
	return DLK_OK;
}

enum dlk_status dlk_lockdep_mark_awaited(struct dlk_lockdep_reader *r, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(r->f, context);
	struct dlk_held *held = find_by_wait(r, context);

	if (!held)
		held = &dlk_lockdep_held_of(r->f, context)[c->held_count - 1];
	else
		held->is_waited_for = true;
	if (held->is_waited_for || held->is_contended || dlk_facts_waits(r->f, context) ||
	    !c->is_blocked) {
		held->is_waited_for |= held->is_contended;
		return DLK_OK;
	}
	return sleeps_in_call(r, held, &held->is_waited_for);
}
