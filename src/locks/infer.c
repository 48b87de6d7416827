/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no record says: who holds what none names, where waits are, whom a lock was passed on to.
 *
 * The kinds say which addresses they look for on live stacks; these are searched once for all of them, and
 * each kind weighs what was found.
 */
#include <config.h>

#include "locks/infer.h"

#include "locks/code_holder.h"
#include "locks/coverage.h"
#include "locks/kind.h"
#include "locks/purpose.h"
#include "locks/spin.h"
#include "locks/spin_owner.h"
#include "locks/unknown.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64 };

/* The kinds' own questions: seek() of struct dlk_lock_kind. */
static enum dlk_status seek_all(struct dlk_facts *f, struct dlk_stack_search *search, void **states)
{
	enum dlk_status status = DLK_OK;

	for (unsigned i = 0; i < DLK_KIND_COUNT && !status; i++)
		if (dlk_lock_kinds[i] && dlk_lock_kinds[i]->seek)
			status = dlk_facts_absorb(f, dlk_lock_kinds[i]->seek(f, search, &states[i]),
						  0, true);
	return status;
}

static enum dlk_status infer_all(struct dlk_facts *f, void **states)
{
	enum dlk_status status = DLK_OK;

	for (unsigned i = 0; i < DLK_KIND_COUNT && !status; i++)
		if (states[i] && dlk_lock_kinds[i]->infer)
			status = dlk_facts_absorb(f, dlk_lock_kinds[i]->infer(f, states[i]), 0,
						  true);
	return status;
}

static enum dlk_status infer_holders(struct dlk_facts *f, bool all_holds)
{
	struct dlk_stack_search search;
	struct dlk_code_holders *holders = NULL;
	void *states[DLK_KIND_COUNT] = { NULL };
	enum dlk_status status;

	dlk_stack_search_init(f, DLK_SEARCH_WAITING, &search);
	status = dlk_code_holders_seek(f, &search, &holders);
	if (!status)
		status = seek_all(f, &search, states);
	if (!status)
		status = dlk_facts_absorb(f, dlk_stack_search_run(&search), 0, true);
	if (!status && search.lost)
		status = dlk_facts_add_finding(
			f, DLK_FINDING_UNREADABLE, 0, true,
			"%u stacks could not be searched for holders that no record names",
			search.lost);
	if (!status)
		status = infer_all(f, states);
	if (!status)
		status = dlk_code_holders_weigh(holders);
	return status || !all_holds ? status : dlk_code_holders_add_others(holders);
}

static bool needs_frames(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	return dlk_facts_waits(f, context) || c->is_uninterruptible || c->is_on_cpu;
}

static enum dlk_status unwind_task(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	if (c->frames || c->state == 'Z' || c->state == 'X')
		return DLK_OK;
	/* A stack that cannot be read was a finding when it was scanned. */
	return dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL), c->task,
				c->is_blocked && needs_frames(f, context));
}

static enum dlk_status unwind_all(struct dlk_facts *f, bool all_stacks)
{
	for (uint32_t i = 0; i < f->tasks.tasks.len; i++) {
		enum dlk_status status = DLK_OK;

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && (all_stacks || needs_frames(f, i)))
			status = unwind_task(f, i);
		if (status)
			return status;
	}
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		enum dlk_status status = unwind_task(f, dlk_model_hold(&f->model, i)->context);

		if (status)
			return status;
	}
	return DLK_OK;
}

static void set_places(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		struct dlk_wait *w = dlk_model_wait(&f->model, i);
		const struct dlk_context *c = dlk_facts_context(f, w->context);
		const struct dlk_frame *at = dlk_frames_waiting_at(c->frames, c->frame_count);

		if (!w->at && at)
			w->at = at->symbol;
	}
}

static void set_purposes(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->tasks.tasks.len; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (c->frames)
			dlk_purpose_note(f, i, c->frames, c->frame_count);
	}
}

/*
 * Who lets a lock go wakes who is to take it, and until that one has a CPU nobody holds the lock.  Where
 * CPUs are scarce that is not for a moment only.  A lock that is free with all its waiters asleep is another
 * thing: nobody is seen that will wake them.
 */
static void mark_passed_on(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);
		struct dlk_resource *r = dlk_facts_resource(f, w->resource);

		r->is_passed_on |= r->is_free &&
				   !dlk_wait_counts(dlk_facts_context(f, w->context), w);
	}
}

/*
 * A dump is one moment: between the word that is cleared and the waiter that is woken all look asleep.  How long
 * they have slept says nothing of how long it is free.
 */
static enum dlk_status say_not_woken(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.resources.len; i++) {
		struct dlk_resource *r = dlk_facts_resource(f, i);

		if (!r->is_free || r->is_passed_on || !r->holders_unknown)
			continue;
		r->holders_unknown = dlk_format(f->ctx, "%s; if that lasts, a wake-up was lost",
						r->holders_unknown);
		if (!r->holders_unknown)
			return dlk_nomem(f->ctx);
	}
	return DLK_OK;
}

enum dlk_status dlk_locks_infer(struct dlk_facts *f, bool all_stacks, bool all_holds)
{
	enum dlk_status status = infer_holders(f, all_holds);

	if (!status)
		status = dlk_spin_owner_settle(f);
	if (!status)
		status = dlk_spin_check_holders(f);
	if (!status)
		status = unwind_all(f, all_stacks);
	if (!status)
		status = dlk_coverage_check_stacks(f);
	if (status)
		return status;
	set_places(f);
	set_purposes(f);
	mark_passed_on(f);
	status = say_not_woken(f);
	return status ? status : dlk_unknowns_gather(f);
}
