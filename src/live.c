/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A system that runs while it is read (crash on /proc/kcore).
 *
 * What was read at two moments need not fit together: A waited for a lock that B held, B let it go,
 * and waits for another one that A has got meanwhile: a cycle that never was.
 *
 * Claimed is only what was so at the moment between two readings: what both of them have, of tasks
 * that did not run from when the first looked at them to when the second did (exec_start is the same,
 * and they slept both times).  Each reading looks at all tasks first, and at locks then.
 *
 * - A wait.  Only its own task comes for a lock; it did not run from before the first reading of the
 *   lock to after the moment, so what the first reading has was so at the moment.
 * - A hold.  Only its own task gives a lock back; as above.  What only the second reading has may have
 *   come about after it looked at the tasks.
 *
 * A cycle is made of such waits and holds, so all of it was there at that moment; and a cycle of tasks
 * that sleep stays.
 *
 * How it can be wrong: a kernel without exec_start gives no proof that a task did not run; then a
 * task that got the lock, gave it back and waits for it again, in the same place, looks as if it
 * had waited all the time.  A lock may be given to a waiter that is woken only a moment later: if the
 * second reading looks at the task in between, and the task waits for the same lock again before that
 * reading comes to it, the wait seems never to have ended.  A deadlock that came about between the
 * readings is not seen.
 */
#include <config.h>

#include "live.h"

#include <string.h>

#include "gather.h"

static const struct dlk_task *task_of(const struct dlk_facts *f, uint32_t context)
{
	return DLK_VEC_AT(&f->tasks.tasks, struct dlk_task, context);
}

static bool has_rested(const struct dlk_task *before, const struct dlk_task *now)
{
	return before->is_blocked && now->is_blocked && before->exec_start == now->exec_start;
}

static bool is_same_resource(const struct dlk_resource *a, const struct dlk_resource *b)
{
	return a->kind == b->kind && a->address == b->address;
}

static const struct dlk_resource *resource_of(const struct dlk_facts *f, uint32_t index)
{
	return DLK_VEC_AT(&f->resources, struct dlk_resource, index);
}

/* The context that a task was in the first reading; DLK_NONE if it was not there. */
static uint32_t former_of(const struct dlk_facts *before, const struct dlk_facts *now,
			  uint32_t context)
{
	const struct dlk_task *task = task_of(now, context);
	uint32_t former = dlk_facts_context(before, task->address);

	return former != DLK_NONE && task_of(before, former)->pid == task->pid ? former : DLK_NONE;
}

static bool was_there(const struct dlk_facts *before, const struct dlk_facts *now,
		      const struct dlk_wait *wait)
{
	uint32_t former = former_of(before, now, wait->context);

	if (former == DLK_NONE || !has_rested(task_of(before, former), task_of(now, wait->context)))
		return false;
	/* A task waits for one thing, or for a few that it found in a row. */
	for (uint32_t i = 0; i < before->waits.len; i++) {
		const struct dlk_wait *w = DLK_VEC_AT(&before->waits, struct dlk_wait, i);

		if (w->context == former && is_same_resource(resource_of(before, w->resource),
							     resource_of(now, wait->resource)))
			return true;
	}
	return false;
}

static const struct dlk_hold *former_hold(const struct dlk_facts *before,
					  const struct dlk_facts *now, const struct dlk_hold *hold)
{
	uint32_t former = former_of(before, now, hold->context);

	for (uint32_t i = 0; former != DLK_NONE && i < before->holds.len; i++) {
		const struct dlk_hold *h = DLK_VEC_AT(&before->holds, struct dlk_hold, i);

		if (h->context == former && h->mode == hold->mode &&
		    is_same_resource(resource_of(before, h->resource),
				     resource_of(now, hold->resource)))
			return h;
	}
	return NULL;
}

/* Who held it a moment ago may not now, and who does now is not known. */
static void lose_holder(struct dlk_facts *now, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_get(now, resource);

	if (!r->holders_unknown)
		r->holders_unknown = "its holder changed while it was read";
}

/* Of two opinions the less sure one counts. */
static void settle_holds(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct dlk_hold *holds = now->holds.data;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < now->holds.len; i++) {
		const struct dlk_hold *former = former_hold(before, now, &holds[i]);

		if (!former) {
			lose_holder(now, holds[i].resource);
			continue;
		}
		holds[kept] = holds[i];
		if (former->confidence < holds[kept].confidence)
			holds[kept].confidence = former->confidence;
		kept++;
	}
	now->holds.len = kept;
}

static void settle_waits(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct dlk_wait *waits = now->waits.data;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < now->tasks.tasks.len; i++)
		now->wait_of[i] = DLK_NONE;
	for (uint32_t i = 0; i < now->waits.len; i++) {
		if (!was_there(before, now, &waits[i]))
			continue;
		waits[kept] = waits[i];
		if (now->wait_of[waits[kept].context] == DLK_NONE)
			now->wait_of[waits[kept].context] = kept;
		kept++;
	}
	now->waits.len = kept;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* A task in user mode is charged for it at each tick; one that spins in the kernel is not. */
static bool has_been_in_user_mode(const struct dlk_task *before, const struct dlk_task *now)
{
	return before->utime != now->utime;
}

/* It was unknown before, in the same place, and the task has not gone on since. */
static bool was_unknown(const struct dlk_facts *before, const struct dlk_facts *now,
			const struct dlk_unknown *unknown)
{
	uint32_t former = former_of(before, now, unknown->context);

	for (uint32_t i = 0; former != DLK_NONE && i < before->unknowns.len; i++) {
		const struct dlk_unknown *u = DLK_VEC_AT(&before->unknowns, struct dlk_unknown, i);
		const struct dlk_task *task = task_of(before, former);
		const struct dlk_task *same = task_of(now, unknown->context);

		if (u->context == former && u->why == unknown->why &&
		    is_same_text(u->function, unknown->function) &&
		    (u->why == DLK_WHY_NOT_SEEN ? !has_been_in_user_mode(task, same)
						: has_rested(task, same)))
			return true;
	}
	return false;
}

/* What is unknown only once is about to be known, or over. */
static void settle_unknowns(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct dlk_unknown *unknowns = now->unknowns.data;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < now->unknowns.len; i++)
		if (was_unknown(before, now, &unknowns[i]))
			unknowns[kept++] = unknowns[i];
	now->unknowns.len = kept;
}

static bool was_found(const struct dlk_facts *before, const struct dlk_finding *finding)
{
	for (uint32_t i = 0; i < before->findings.len; i++) {
		const struct dlk_finding *f = DLK_VEC_AT(&before->findings, struct dlk_finding, i);

		if (f->code == finding->code && f->address == finding->address &&
		    !strcmp(f->text, finding->text))
			return true;
	}
	return false;
}

/* What is corrupt stays so; what was read while it changed does not make the same nonsense twice. */
static uint32_t settle_findings(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct dlk_finding *findings = now->findings.data;
	uint32_t kept = 0, taken;

	for (uint32_t i = 0; i < now->findings.len; i++)
		if (was_found(before, &findings[i]))
			findings[kept++] = findings[i];
	taken = now->findings.len - kept;
	now->findings.len = kept;
	return taken;
}

enum dlk_status dlk_live_settle(const struct dlk_facts *before, struct dlk_facts *now)
{
	uint32_t taken;

	settle_waits(before, now);
	settle_holds(before, now);
	settle_unknowns(before, now);
	taken = settle_findings(before, now);
	if (!taken)
		return DLK_OK;
	return dlk_facts_find(now, DLK_FINDING_UNREADABLE, 0, true,
			      "the system runs: %u thing%s changed while being read, and %s left "
			      "out",
			      taken, taken == 1 ? "" : "s", taken == 1 ? "was" : "were");
}

enum dlk_status dlk_live_gather(struct dlk_session *s, const struct dlk_analyze_options *options)
{
	struct dlk_facts before;
	enum dlk_status status = dlk_gather(&s->facts, &s->kernel, options);

	if (status || !s->target->is_live)
		return status;
	before = s->facts;
	dlk_memory_forget(&s->kernel.memory);
	status = dlk_xlat_forget(s->xlat);
	if (!status)
		status = dlk_gather(&s->facts, &s->kernel, options);
	return status ? status : dlk_live_settle(&before, &s->facts);
}
