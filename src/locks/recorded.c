/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tasks record that they wait for: the cheapest evidence, and the first to be looked at.
 *
 * Claims: a wait by a record that the lock's own queue confirms is certain, and so is that of every
 * other waiter in this queue; it does not rest on frames.  Where the queue cannot be read, or makes no
 * sense, the record alone is likely.  A record whose lock has a whole queue without this task in it is
 * not believed: the stack is scanned as if there were none, and a finding names both.
 *
 * How it can be wrong: who lets a mutex go clears the record of whom it wakes, which then is on a run
 * queue, and does not count as sleeping.  A rwsem is recorded only by who cannot be woken by a signal:
 * no record does not mean no wait, so the stacks of all others are scanned (scan.c).  Before v6.17 what
 * blocked_on points to is a struct mutex_waiter (CONFIG_DEBUG_MUTEXES): an address on the task's own
 * stack is no lock.
 */
#include <config.h>

#include "locks/find.h"
#include "locks/kind.h"
#include "locks/record.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64 };

static bool is_sleeping(const struct dlk_context *c)
{
	return c->is_blocked && c->state != 'Z' && c->state != 'X';
}

/*
 * A ww_mutex begins with a mutex, and is recorded as one: which it is, is told by the function that sleeps.  A stack
 * that cannot be read is a finding of who reads the queue.
 */
static enum dlk_kind find_kind(struct dlk_facts *f, const struct dlk_record *record)
{
	const struct dlk_context *c = dlk_facts_context(f, record->context);
	struct dlk_waiting w;

	if (record->kind != DLK_KIND_MUTEX ||
	    (!c->frames && dlk_facts_unwind(f, record->context, NULL)))
		return record->kind;
	dlk_frames_waiting(c->frames, c->frame_count, &w);
	return w.how && w.how->kind == DLK_KIND_WW_MUTEX ? DLK_KIND_WW_MUTEX : record->kind;
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_record *record)
{
	const struct dlk_lock_kind *kind = dlk_lock_kinds[find_kind(f, record)];

	if (!kind || !kind->take_recorded)
		return DLK_OK;
	return dlk_facts_absorb(f, kind->take_recorded(f, record), record->lock, true);
}

enum dlk_status dlk_recorded_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		struct dlk_record record;

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && is_sleeping(dlk_facts_context(f, i)) && !dlk_facts_waits(f, i) &&
		    dlk_record_get(f, i, &record))
			status = take(f, &record);
	}
	return status;
}

static enum dlk_status disagree(struct dlk_facts *f, const struct dlk_record *record,
				struct dlk_wait *other)
{
	const struct dlk_context *c = dlk_facts_context(f, record->context);
	const struct dlk_resource *r = other ? dlk_facts_resource(f, other->resource) : NULL;
	const char *found = "its waiter is found neither in that lock's queue nor elsewhere";

	if (r)
		found = dlk_format(f->ctx, "by its stack it waits for %s 0x%llx",
				   dlk_kind_text(r->kind), (unsigned long long)r->address);
	if (!found)
		return dlk_nomem(f->ctx);
	if (other && other->confidence == DLK_CERTAIN)
		other->confidence = DLK_LIKELY;
	return dlk_facts_add_finding(f, DLK_FINDING_DISAGREE, c->task, !other,
				     "task %d (%s) waits for %s 0x%llx by its %s; %s", c->pid,
				     c->comm, dlk_kind_text(record->kind),
				     (unsigned long long)record->lock,
				     dlk_layout_name(record->member), found);
}

enum dlk_status dlk_recorded_check(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		struct dlk_record record;
		struct dlk_wait *wait = NULL;

		if (!is_sleeping(dlk_facts_context(f, i)) || !dlk_record_get(f, i, &record) ||
		    !dlk_kind_is_followed(record.kind))
			continue;
		if (dlk_facts_waits(f, i))
			wait = dlk_model_first_wait(&f->model, i);
		if (!wait || dlk_facts_resource(f, wait->resource)->address != record.lock)
			status = disagree(f, &record, wait);
	}
	return status;
}
