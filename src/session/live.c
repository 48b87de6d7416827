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
 *
 * A guest that stands while it is read is whole at that moment, as a dump is.  But who spins may have what it wants at the next
 * one, and what is spun for in a function that is not understood may be nothing.  So where some CPU spins, a guest that ran before runs
 * once more for a moment, and is read again; claimed is what the second reading has, and of spinning only what
 * both have.  A cycle is one in either.  How it can be wrong: who takes the same hot lock over and over may be met in it twice; that
 * is a wait of that moment, too, and makes no cycle.
 */
#include <config.h>

#include "session/live.h"

#include <string.h>

#include "locks/find.h"

enum { RUN_MS = 100 /* of a guest between two readings */ };

/* Two readings, the second of which becomes what is claimed. */
struct readings {
	const struct dlk_facts *before;
	struct dlk_facts *now;
};

static bool has_rested(const struct dlk_task *before, const struct dlk_task *now)
{
	return before->is_blocked && now->is_blocked && before->exec_start == now->exec_start;
}

/* The context that a task was in the first reading; DLK_NONE if it was not there. */
static uint32_t former_of(const struct readings *r, uint32_t context)
{
	const struct dlk_task *task = dlk_facts_task(r->now, context);
	uint32_t former;

	/* What is on top of a task comes and goes without a trace in it. */
	if (dlk_facts_context(r->now, context)->kind != DLK_CONTEXT_TASK)
		return DLK_NONE;
	former = dlk_facts_find_context(r->before, task->address);

	return former != DLK_NONE && dlk_facts_task(r->before, former)->pid == task->pid ? former
											 : DLK_NONE;
}

/* The same resource in the first reading; DLK_NONE. */
static uint32_t former_resource(const struct readings *r, uint32_t resource)
{
	return dlk_model_find_like(&r->before->model, dlk_facts_resource(r->now, resource));
}

/* A wait that was there before, of a task that has not run since. */
static bool keep_wait(void *arg, struct dlk_wait *wait)
{
	const struct readings *r = arg;
	uint32_t former = former_of(r, wait->context);
	uint32_t resource = former_resource(r, wait->resource);

	return former != DLK_NONE && resource != DLK_NONE &&
	       has_rested(dlk_facts_task(r->before, former),
			  dlk_facts_task(r->now, wait->context)) &&
	       dlk_model_find_wait(&r->before->model, former, resource) != DLK_NONE;
}

static const struct dlk_hold *former_hold(const struct readings *r, const struct dlk_hold *hold)
{
	uint32_t context = former_of(r, hold->context);
	uint32_t resource = former_resource(r, hold->resource);
	uint32_t former = DLK_NONE;

	if (context != DLK_NONE && resource != DLK_NONE)
		former = dlk_model_find_hold(&r->before->model, context, resource);
	if (former == DLK_NONE || dlk_model_hold(&r->before->model, former)->mode != hold->mode)
		return NULL;
	return dlk_model_hold(&r->before->model, former);
}

/* Who held it a moment ago may not now, and who does now is not known. */
static void lose_holder(struct dlk_facts *now, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(now, resource);

	if (!r->holders_unknown)
		r->holders_unknown = "its holder changed while it was read";
}

/* Of two opinions the less sure one counts. */
static bool keep_hold(void *arg, struct dlk_hold *hold)
{
	const struct readings *r = arg;
	const struct dlk_hold *former = former_hold(r, hold);

	if (!former) {
		lose_holder(r->now, hold->resource);
		return false;
	}
	if (former->confidence < hold->confidence)
		hold->confidence = former->confidence;
	return true;
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

/* The unknowns of the first reading by context: a context has a few at most, one behind the other. */
static enum dlk_status index_unknowns(const struct dlk_facts *f, struct dlk_map *ret)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->model.unknowns.len; i-- > 0 && !status;)
		status = dlk_map_put(f->ctx, ret,
				     DLK_VEC_AT(&f->model.unknowns, struct dlk_unknown, i)->context,
				     i);
	return status;
}

/* It was unknown before, in the same place, and the task has not gone on since. */
static bool was_unknown(const struct readings *r, const struct dlk_map *by_context,
			const struct dlk_unknown *unknown)
{
	const struct dlk_vec *all = &r->before->model.unknowns;
	uint32_t former = former_of(r, unknown->context);
	uint32_t i = former == DLK_NONE ? DLK_NONE : dlk_map_get(by_context, former);

	for (; i < all->len; i++) {
		const struct dlk_unknown *u = DLK_VEC_AT(all, struct dlk_unknown, i);
		const struct dlk_task *task = dlk_facts_task(r->before, former);
		const struct dlk_task *same = dlk_facts_task(r->now, unknown->context);

		if (u->context != former)
			return false;
		if (u->why == unknown->why && is_same_text(u->function, unknown->function) &&
		    (u->why == DLK_WHY_NOT_SEEN ? !has_been_in_user_mode(task, same)
						: has_rested(task, same)))
			return true;
	}
	return false;
}

/* What is unknown only once is about to be known, or over. */
static enum dlk_status settle_unknowns(const struct readings *r)
{
	struct dlk_unknown *unknowns = r->now->model.unknowns.data;
	struct dlk_map by_context = { 0 };
	uint32_t kept = 0;
	enum dlk_status status = index_unknowns(r->before, &by_context);

	for (uint32_t i = 0; i < r->now->model.unknowns.len && !status; i++)
		if (was_unknown(r, &by_context, &unknowns[i]))
			unknowns[kept++] = unknowns[i];
	r->now->model.unknowns.len = kept;
	return status;
}

static bool was_found(const struct dlk_facts *before, const struct dlk_finding *finding)
{
	for (uint32_t i = 0; i < before->model.findings.len; i++) {
		const struct dlk_finding *f = DLK_VEC_AT(&before->model.findings,
							 struct dlk_finding, i);

		if (f->code == finding->code && f->address == finding->address &&
		    !strcmp(f->text, finding->text))
			return true;
	}
	return false;
}

/* What is corrupt stays so; what was read while it changed does not make the same nonsense twice. */
static uint32_t settle_findings(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct dlk_finding *findings = now->model.findings.data;
	uint32_t kept = 0, taken;

	for (uint32_t i = 0; i < now->model.findings.len; i++)
		if (was_found(before, &findings[i]))
			findings[kept++] = findings[i];
	taken = now->model.findings.len - kept;
	now->model.findings.len = kept;
	return taken;
}

enum dlk_status dlk_live_settle(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct readings r = { before, now };
	enum dlk_status status = dlk_model_keep_waits(&now->model, keep_wait, &r);
	uint32_t taken;

	if (!status)
		status = dlk_model_keep_holds(&now->model, keep_hold, &r);
	if (!status)
		status = settle_unknowns(&r);
	if (status)
		return status;
	taken = settle_findings(before, now);
	if (!taken)
		return DLK_OK;
	return dlk_facts_add_finding(now, DLK_FINDING_UNREADABLE, 0, true,
				     "the system runs: %u thing%s changed while being read, and "
				     "%s left out",
				     taken, taken == 1 ? "" : "s", taken == 1 ? "was" : "were");
}

/* --- a system that stands while it is read, and runs in between */

/* A context by its task and kind; DLK_NONE. */
static uint32_t find_same(const struct dlk_facts *f, const struct dlk_context *wanted)
{
	if (wanted->kind == DLK_CONTEXT_TASK)
		return dlk_facts_find_context(f, wanted->task);
	for (uint32_t i = f->tasks.tasks.len; i < f->model.contexts.len; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (c->kind == wanted->kind && c->task == wanted->task)
			return i;
	}
	return DLK_NONE;
}

static bool keep_spinning(void *arg, struct dlk_wait *wait)
{
	const struct readings *r = arg;
	uint32_t former, resource, same;

	if (!(wait->evidence & DLK_EVIDENCE_SPINS))
		return true;
	former = find_same(r->before, dlk_facts_context(r->now, wait->context));
	resource = former_resource(r, wait->resource);
	if (former == DLK_NONE || resource == DLK_NONE)
		return false;
	same = dlk_model_find_wait(&r->before->model, former, resource);
	return same != DLK_NONE &&
	       (dlk_model_wait(&r->before->model, same)->evidence & DLK_EVIDENCE_SPINS);
}

static bool has_spun_so(const struct readings *r, const struct dlk_unknown *unknown)
{
	const struct dlk_vec *all = &r->before->model.unknowns;
	uint32_t former = find_same(r->before, dlk_facts_context(r->now, unknown->context));

	for (uint32_t i = 0; i < all->len; i++) {
		const struct dlk_unknown *u = DLK_VEC_AT(all, struct dlk_unknown, i);

		if (u->context == former && u->why == DLK_WHY_SPINS &&
		    is_same_text(u->function, unknown->function))
			return true;
	}
	return false;
}

static void settle_spinning_unknowns(const struct readings *r)
{
	struct dlk_unknown *unknowns = r->now->model.unknowns.data;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->now->model.unknowns.len; i++)
		if (unknowns[i].why != DLK_WHY_SPINS || has_spun_so(r, &unknowns[i]))
			unknowns[kept++] = unknowns[i];
	r->now->model.unknowns.len = kept;
}

/* Of each resource, whether somebody waits for it; NULL if there is no memory. */
static bool *find_awaited(const struct dlk_facts *f)
{
	bool *is_awaited = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*is_awaited));

	for (uint32_t i = 0; is_awaited && i < f->model.waits.len; i++)
		is_awaited[dlk_model_wait(&f->model, i)->resource] = true;
	return is_awaited;
}

/* Of each resource, whether somebody has waited for it, and whether somebody does. */
struct awaited {
	const bool *was, *is;
};

/* Holders are looked for of what somebody waits for: who holds what nobody waits for any more keeps nobody waiting. */
static bool keep_awaited(void *arg, struct dlk_hold *hold)
{
	const struct awaited *a = arg;

	return a->is[hold->resource] || !a->was[hold->resource];
}

enum dlk_status dlk_live_settle_spins(const struct dlk_facts *before, struct dlk_facts *now)
{
	struct readings r = { before, now };
	struct awaited a = { .was = find_awaited(now) };
	enum dlk_status status;

	if (!a.was)
		return dlk_nomem(now->ctx);
	settle_spinning_unknowns(&r);
	status = dlk_model_keep_waits(&now->model, keep_spinning, &r);
	if (status)
		return status;
	a.is = find_awaited(now);
	return a.is ? dlk_model_keep_holds(&now->model, keep_awaited, &a) : dlk_nomem(now->ctx);
}

/* Whether somebody spins, who may just be passing. */
static bool has_spinners(const struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++)
		if (dlk_model_wait(&f->model, i)->evidence & DLK_EVIDENCE_SPINS)
			return true;
	for (uint32_t i = 0; i < f->model.unknowns.len; i++)
		if (DLK_VEC_AT(&f->model.unknowns, struct dlk_unknown, i)->why == DLK_WHY_SPINS)
			return true;
	return false;
}

/* What was read is as good as a dump; what cannot be looked at again stays as it is. */
static enum dlk_status look_again(struct dlk_facts *f, struct dlk_kernel *k, struct dlk_xlat *xlat,
				  const struct dlk_analyze_options *options)
{
	const struct dlk_facts before = *f;
	struct dlk_target *t = k->memory.target;
	enum dlk_status status;

	if (!t->ops->let_run || !has_spinners(f))
		return DLK_OK;
	status = t->ops->let_run(t, RUN_MS);
	if (status == DLK_ERR_UNSUPPORTED)
		return DLK_OK;
	dlk_memory_forget(&k->memory);
	if (!status)
		status = dlk_xlat_forget(xlat);
	if (!status)
		status = dlk_gather(f, k, options);
	if (!status)
		return dlk_live_settle_spins(&before, f);
	*f = before;
	if (status == DLK_ERR_CANCELED || status == DLK_ERR_NOMEM)
		return status;
	dlk_message(k->ctx, DLK_MSG_WARNING,
		    "CPUs spin, and whether they go on cannot be looked at a second time: %s",
		    k->ctx->err.text);
	return DLK_OK;
}

/*
 * A second reading takes the kernel's text from the first: that is much of what is read, and is patched seldom, in places
 * (static keys, tracing).  How it can be wrong: where it was patched in between, code is read as it was when the first
 * reading came to it.
 */
static enum dlk_status keep_text(struct dlk_kernel *k)
{
	const struct dlk_target *t = k->memory.target;

	if (!t->is_live && !t->ops->let_run)
		return DLK_OK;
	return dlk_memory_set_constant(&k->memory, k->text_start, k->text_end);
}

static enum dlk_status gather_settled(struct dlk_facts *f, struct dlk_kernel *k,
				      struct dlk_xlat *xlat,
				      const struct dlk_analyze_options *options)
{
	struct dlk_facts before;
	enum dlk_status status = dlk_gather(f, k, options);

	if (status)
		return status;
	if (!k->memory.target->is_live)
		return look_again(f, k, xlat, options);
	before = *f;
	dlk_memory_forget(&k->memory);
	status = dlk_xlat_forget(xlat);
	if (!status)
		status = dlk_gather(f, k, options);
	return status ? status : dlk_live_settle(&before, f);
}

enum dlk_status dlk_live_gather(struct dlk_facts *f, struct dlk_kernel *k, struct dlk_xlat *xlat,
				const struct dlk_analyze_options *options)
{
	enum dlk_status status = keep_text(k);

	if (!status)
		status = gather_settled(f, k, xlat, options);
	return status ? status : dlk_on_top_settle(f);
}
