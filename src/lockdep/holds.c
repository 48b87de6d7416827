/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lockdep's lists say about the graph.
 *
 * Claims, for a lock that somebody waits for and an entry that is not waited for itself:
 *  - the owner word names the same task: two independent records agree, certain;
 *  - the lock does not name its holder: who is listed holds it, likely;
 *  - readers: the lock counts them, lockdep lists them.  As many, and no list is missing: all are known,
 *    certain.  Fewer: those
 *    listed are likely, others are not known.  More: possible, and said to be a disagreement;
 *  - the owner word names another task, or nobody, or a task whose list does not have it: a
 *    disagreement, a finding with both sides, and neither is certain.
 *
 * What an entry says of an interrupt, it says of that on top of the task, if there is one of its kind.
 *
 * Passed over: the last entry of a task that does not sleep (it may be just obtaining the lock or letting
 * it go); an entry of a list that may be stale, unless nothing else is known: possible then.  A lock
 * that lockdep was told not to follow is in no list, nor is one of several that an entry with
 * references stands for: there a missing entry says nothing.
 */
#include <config.h>

#include "lockdep/lockdep.h"

struct join {
	struct dlk_facts *f;
	uint32_t *readers;     /* for each resource: those listed, and known to be up to date */
	uint32_t *owner;       /* for each resource: the hold by its owner word; DLK_NONE */
	bool *is_listed;       /* for each hold that was there before: lockdep has it too */
	bool *is_doubted;      /* the same: something speaks against it */
	uint32_t hold_count;   /* that were there before */
	struct dlk_map on_top; /* task's context and kind -> what runs on top of it */
	bool is_whole;         /* all tasks and all their lists could be read */
};

static struct dlk_hold *hold_at(const struct join *j, uint32_t index)
{
	return dlk_model_hold(&j->f->model, index);
}

/* The owner word names it as the only holder. */
static bool is_owner(const struct dlk_hold *hold)
{
	return hold->evidence & DLK_EVIDENCE_OWNER && hold->mode != DLK_MODE_READ;
}

static uint64_t on_top_key(uint32_t task, enum dlk_context_kind kind)
{
	return (uint64_t)task * DLK_CONTEXT_COUNT + kind;
}

static enum dlk_status list_on_top(struct join *j)
{
	const struct dlk_facts *f = j->f;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->tasks.tasks.len; i < f->model.contexts.len && !status; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);
		uint32_t task = dlk_context_task(f->model.contexts.data, i);

		status = dlk_map_put(f->ctx, &j->on_top, on_top_key(task, c->kind), i);
	}
	return status;
}

/* Who took the lock of an entry: its task, or an interrupt on top of that. */
static uint32_t taker_of(const struct join *j, const struct dlk_held *held)
{
	uint32_t on_top = DLK_NONE;

	if (held->irq)
		on_top = dlk_map_get(&j->on_top,
				     on_top_key(held->context, held->irq & DLK_IRQ_HARD
								       ? DLK_CONTEXT_HARDIRQ
								       : DLK_CONTEXT_SOFTIRQ));
	return on_top == DLK_NONE ? held->context : on_top;
}

static enum dlk_status open_join(struct join *j)
{
	struct dlk_facts *f = j->f;

	j->hold_count = f->model.holds.len;
	j->readers = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*j->readers));
	j->owner = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*j->owner));
	j->is_listed = dlk_calloc(f->ctx, f->model.holds.len, sizeof(*j->is_listed));
	j->is_doubted = dlk_calloc(f->ctx, f->model.holds.len, sizeof(*j->is_doubted));
	if (!j->readers || !j->owner || !j->is_listed || !j->is_doubted)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->model.resources.len; i++)
		j->owner[i] = DLK_NONE;
	for (uint32_t i = 0; i < f->model.holds.len; i++)
		if (is_owner(hold_at(j, i)))
			j->owner[hold_at(j, i)->resource] = i;
	return list_on_top(j);
}

/* Whether an entry says that its task holds a lock that somebody waits for. */
static bool counts(const struct dlk_facts *f, const struct dlk_held *held)
{
	const struct dlk_context *c = dlk_facts_context(f, held->context);
	const struct dlk_held *last = dlk_lockdep_held_of(f, held->context) + c->held_count - 1;

	return held->resource != DLK_NONE && !held->is_waited_for &&
	       (c->is_blocked || held != last);
}

static void tally(struct join *j)
{
	for (uint32_t i = 0; i < j->f->model.held.len; i++) {
		const struct dlk_held *held = DLK_VEC_AT(&j->f->model.held, struct dlk_held, i);

		if (held->is_read && !held->is_stale && counts(j->f, held))
			j->readers[held->resource]++;
	}
}

/* "mutex 0xffff...: lockdep lists it as held by mover (50), but WHAT" */
static enum dlk_status disagree(struct dlk_facts *f, uint32_t resource, const char *fmt,
				uint32_t context)
{
	const struct dlk_resource *r = dlk_facts_resource(f, resource);
	const struct dlk_context *c = dlk_facts_context(f, context);
	const char *who = dlk_format(f->ctx, "%s (pid %d)", c->comm, c->pid);

	if (!who)
		return dlk_nomem(f->ctx);
	return dlk_facts_add_finding(f, DLK_FINDING_DISAGREE, r->address, false,
				     "%s 0x%llx: %s: %s", dlk_kind_text(r->kind),
				     (unsigned long long)r->address, who, fmt);
}

/* Of a hold that was there before: it is not certain, and does not become so. */
static void doubt(struct join *j, uint32_t index)
{
	struct dlk_hold *hold = hold_at(j, index);

	j->is_doubted[index] = true;
	if (hold->confidence > DLK_LIKELY)
		hold->confidence = DLK_LIKELY;
}

/* The entry and a hold that was known before are of the same task and lock. */
static enum dlk_status confirm(struct join *j, const struct dlk_held *held, uint32_t index)
{
	struct dlk_hold *hold = hold_at(j, index);

	if (held->is_stale)
		return DLK_OK;
	if (is_owner(hold) && held->is_read) {
		doubt(j, index);
		return disagree(
			j->f, held->resource,
			"its owner word says that this task holds it alone, lockdep that it "
			"holds it for reading",
			held->context);
	}
	if (index < j->hold_count)
		j->is_listed[index] = true;
	if (is_owner(hold)) {
		hold->evidence |= DLK_EVIDENCE_LOCKDEP;
		if (!j->is_doubted[index])
			hold->confidence = DLK_CERTAIN;
	} else if (held->is_read) {
		hold->evidence |= DLK_EVIDENCE_LOCKDEP;
		hold->confidence = DLK_LIKELY;
		hold->note = NULL;
	}
	return DLK_OK;
}

static enum dlk_status add_hold(struct join *j, const struct dlk_held *held)
{
	struct dlk_facts *f = j->f;
	struct dlk_hold hold = {
		.context = taker_of(j, held),
		.resource = held->resource,
		.mode = dlk_kind_mode(dlk_facts_resource(f, held->resource)->kind, held->is_read),
		.evidence = DLK_EVIDENCE_LOCKDEP,
		.confidence = held->is_stale ? DLK_POSSIBLE : DLK_LIKELY,
		.note = held->is_stale
				? "lockdep listed it before it went off; it may have been let "
				  "go since"
				: NULL,
	};
	enum dlk_status status = dlk_facts_add_hold(f, &hold);

	/* Readers are settled when all are known. */
	if (!status && !held->is_stale && !held->is_read)
		dlk_facts_resource(f, held->resource)->holders_unknown = NULL;
	return status;
}

/* The entry names a holder that the lock does not. */
static enum dlk_status add_or_disagree(struct join *j, const struct dlk_held *held)
{
	const struct dlk_resource *r = dlk_facts_resource(j->f, held->resource);
	uint32_t owner = j->owner[held->resource];
	bool is_known = owner != DLK_NONE || r->is_free || (!held->is_read && r->readers);

	if (held->is_stale && (is_known || j->readers[held->resource] >= r->readers))
		return DLK_OK;
	if (!is_known)
		return add_hold(j, held);
	if (owner != DLK_NONE)
		doubt(j, owner);
	return disagree(j->f, held->resource,
			r->is_free          ? "lockdep lists it as held by this task, but its own "
					      "words say that nobody holds it"
			: owner != DLK_NONE ? "lockdep lists it as held by this task, but its "
					      "owner word names another"
					    : "lockdep lists it as held alone by this task, but it "
					      "counts readers",
			held->context);
}

static enum dlk_status join_entries(struct join *j)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < j->f->model.held.len && !status; i++) {
		const struct dlk_held *held = DLK_VEC_AT(&j->f->model.held, struct dlk_held, i);
		uint32_t hold;

		if (!counts(j->f, held))
			continue;
		hold = dlk_model_find_hold(&j->f->model, taker_of(j, held), held->resource);
		status = hold == DLK_NONE ? add_or_disagree(j, held) : confirm(j, held, hold);
	}
	return status;
}

static enum dlk_status settle_readers(struct join *j, uint32_t resource)
{
	struct dlk_facts *f = j->f;
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	uint32_t listed = j->readers[resource];

	if (listed == r->readers) {
		r->holders_unknown = NULL;
		return DLK_OK;
	}
	if (listed < r->readers) {
		r->holders_unknown = dlk_format(f->ctx, "lockdep lists %u of its %llu readers",
						listed, (unsigned long long)r->readers);
		return r->holders_unknown ? DLK_OK : dlk_nomem(f->ctx);
	}
	return dlk_facts_add_finding(f, DLK_FINDING_DISAGREE, r->address, false,
				     "%s 0x%llx: it counts %llu reader%s, lockdep lists %u",
				     dlk_kind_text(r->kind), (unsigned long long)r->address,
				     (unsigned long long)r->readers, r->readers == 1 ? "" : "s",
				     listed);
}

/* A hold for reading, when it is known how many there are and how many are listed. */
static bool settle_hold(void *arg, struct dlk_hold *hold)
{
	const struct join *j = arg;
	const struct dlk_resource *r = dlk_facts_resource(j->f, hold->resource);
	uint32_t listed = j->readers[hold->resource];

	if (hold->mode != DLK_MODE_READ || !listed)
		return true;
	if (!(hold->evidence & DLK_EVIDENCE_LOCKDEP))
		return listed < r->readers; /* a guess, where all are known */
	if (listed == r->readers && j->is_whole) {
		hold->confidence = DLK_CERTAIN;
		hold->note =
			"lockdep lists as many readers as the lock counts, and it is one of them";
	} else if (listed > r->readers) {
		hold->confidence = DLK_POSSIBLE;
	}
	return true;
}

static enum dlk_status settle_all_readers(struct join *j)
{
	struct dlk_facts *f = j->f;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (j->readers[i] && j->owner[i] == DLK_NONE && dlk_facts_resource(f, i)->readers)
			status = settle_readers(j, i);
	return status ? status : dlk_model_keep_holds(&f->model, settle_hold, j);
}

/* Whether a lock that a task holds must be in the task's list. */
static bool must_be_listed(const struct dlk_lockdep_reader *r, const struct dlk_hold *hold)
{
	const struct dlk_facts *f = r->f;
	const struct dlk_context *c = dlk_facts_context(f, hold->context);
	const struct dlk_held *held = dlk_lockdep_held_of(f, hold->context);
	uint64_t recursion;

	if (f->model.lockdep.state != DLK_LOCKDEP_ON || r->has_lost_lists || !c->is_blocked)
		return false;
	for (uint32_t i = 0; i < c->held_count; i++)
		if (held[i].references || held[i].resource == hold->resource)
			return false;
	return !dlk_kernel_read_member(f->k, c->task, DLK_M_task_lockdep_recursion, &recursion) &&
	       !recursion;
}

/* A lock that lockdep was told to pass over, or that it has never seen. */
static bool is_followed(const struct join *j, const struct dlk_lockdep_reader *r, uint32_t resource)
{
	struct dlk_kernel *k = j->f->k;
	dlk_addr_t no_track = dlk_kernel_symbol(k, "__lockdep_no_track__");
	uint64_t key = 0;

	if (r->map_of[resource])
		key = dlk_kernel_peek_member(k, r->map_of[resource], DLK_M_map_key);
	return key && key != no_track;
}

static enum dlk_status check_owners(struct join *j, const struct dlk_lockdep_reader *r)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < j->hold_count && !status; i++) {
		const struct dlk_hold *hold = hold_at(j, i);

		if (!(hold->evidence & DLK_EVIDENCE_OWNER) || j->is_listed[i] ||
		    !must_be_listed(r, hold) || !is_followed(j, r, hold->resource))
			continue;
		doubt(j, i);
		status = disagree(
			j->f, hold->resource,
			"its owner word names this task, but lockdep does not list it there",
			hold->context);
	}
	return status;
}

enum dlk_status dlk_lockdep_add_holds(struct dlk_lockdep_reader *r)
{
	struct join j = { .f = r->f, .is_whole = !r->has_lost_lists && !r->f->tasks.lost };
	enum dlk_status status;

	if (!r->f->model.resources.len)
		return DLK_OK;
	status = open_join(&j);
	if (status)
		return status;
	tally(&j);
	status = join_entries(&j);
	if (!status)
		status = check_owners(&j, r);
	return status ? status : settle_all_readers(&j);
}
