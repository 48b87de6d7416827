/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of a spinlock or rwlock, in kernels that record it: CONFIG_DEBUG_SPINLOCK, which lockdep selects.
 *
 * Claim: raw_spinlock.owner and rwlock_t.owner are the task that was current when the lock was taken, owner_cpu is its CPU then; all ones if
 * nobody has it, or who has it has not written it down yet; of a rwlock that readers have, too.  A lock of either kind has its magic number: what is
 * but an arch_spinlock_t (lockdep's own, a rwlock's wait_lock) has not, and behind it stands something else.
 *
 * Current is the task for whatever runs on top of it, too.  Where nothing does, the task holds the lock: certain if that
 * is its CPU, for who holds such a lock stays there, else likely.  Where something does it is one of these contexts, and their code, or the
 * context that lockdep has noted with the lock, says which: certain if both agree.  If nothing tells, it is the one of them that does not spin for
 * the very lock, likely; of several each is possible.  Who else was said to hold it is possible at most, and a finding has both.
 *
 * How it can be wrong: what an interrupt has taken and not let go before it ended is said of the task on top of which it came.
 *
 * Kernel: kernel/locking/spinlock_debug.c.
 */
#include <config.h>

#include "locks/spin_owner.h"

#include "locks/lock.h"

enum { CANCEL_EVERY = 64 };

#define SPINLOCK_MAGIC UINT64_C(0xdead4ead)
#define RWLOCK_MAGIC UINT64_C(0xdeaf1eed)
#define NO_OWNER UINT64_MAX

/* What a lock records. */
struct record {
	uint64_t owner; /* 0: nothing */
	uint64_t cpu;
};

/* The contexts that were current at that time, and what is said of them. */
struct candidates {
	uint32_t all[DLK_CONTEXT_COUNT], count;
	uint32_t not_waiting; /* of these, those that do not wait for it */
	uint32_t known;       /* the hold of one of them that is likely at least; DLK_NONE */
	uint32_t known_count;
};

static void read_record(struct dlk_facts *f, const struct dlk_resource *r, struct record *ret)
{
	bool is_rwlock = r->kind == DLK_KIND_RWLOCK;
	uint64_t magic = dlk_kernel_peek_member(f->k, r->address,
						is_rwlock ? DLK_M_rwlock_magic
							  : DLK_M_raw_spinlock_magic);
	uint64_t owner = dlk_kernel_peek_member(f->k, r->address,
						is_rwlock ? DLK_M_rwlock_owner
							  : DLK_M_raw_spinlock_owner);

	*ret = (struct record){ .owner = 0 };
	if (magic != (is_rwlock ? RWLOCK_MAGIC : SPINLOCK_MAGIC) || owner == NO_OWNER)
		return;
	ret->owner = owner;
	ret->cpu = dlk_kernel_peek_member(f->k, r->address,
					  is_rwlock ? DLK_M_rwlock_owner_cpu
						    : DLK_M_raw_spinlock_owner_cpu);
}

/* The task, and what runs on top of it, which comes behind all tasks. */
static void find_candidates(const struct dlk_facts *f, uint32_t task, struct candidates *ret)
{
	*ret = (struct candidates){ .all = { task }, .count = 1, .known = DLK_NONE };
	for (uint32_t i = f->tasks.tasks.len;
	     i < f->model.contexts.len && ret->count < DLK_CONTEXT_COUNT; i++)
		if (dlk_facts_context(f, i)->on_top_of == ret->all[ret->count - 1])
			ret->all[ret->count++] = i;
}

static enum dlk_status add_hold(struct dlk_facts *f, uint32_t resource, uint32_t context,
				enum dlk_confidence sure, const char *note)
{
	const struct dlk_hold hold = { .context = context,
				       .resource = resource,
				       .mode = dlk_kind_mode(dlk_facts_resource(f, resource)->kind,
							     false),
				       .evidence = DLK_EVIDENCE_OWNER,
				       .confidence = sure,
				       .note = note };

	dlk_facts_resource(f, resource)->holders_unknown = NULL;
	dlk_facts_resource(f, resource)->holders_assumed = false;
	return dlk_facts_add_hold(f, &hold);
}

enum dlk_status dlk_spin_owner_claim(struct dlk_facts *f, uint32_t resource)
{
	struct candidates c;
	struct record record;
	uint32_t task;
	bool is_there;

	read_record(f, dlk_facts_resource(f, resource), &record);
	if (!record.owner)
		return DLK_OK;
	task = dlk_facts_find_context(f, record.owner);
	if (task == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, record.owner, DLK_CERTAIN);
	find_candidates(f, task, &c);
	if (c.count > 1)
		return DLK_OK;
	is_there = (int64_t)record.cpu == dlk_facts_context(f, task)->cpu;
	return add_hold(f, resource, task, is_there ? DLK_CERTAIN : DLK_LIKELY,
			is_there ? NULL
				 : "the owner word names it, and another CPU than the one that it "
				   "is on");
}

/* --- one of several */

static bool is_among(const struct candidates *c, uint32_t context)
{
	for (uint32_t i = 0; i < c->count; i++)
		if (c->all[i] == context)
			return true;
	return false;
}

/* Whoever else was said to hold it does not. */
static enum dlk_status refute(struct dlk_facts *f, struct dlk_hold *hold, uint32_t task)
{
	const struct dlk_resource *r = dlk_facts_resource(f, hold->resource);
	const struct dlk_context *c = dlk_facts_context(f, hold->context);
	const struct dlk_context *owner = dlk_facts_context(f, task);

	hold->confidence = DLK_POSSIBLE;
	return dlk_facts_add_finding(
		f, DLK_FINDING_DISAGREE, r->address, false,
		"%s 0x%llx: its owner word names %s (pid %d), but %s says that "
		"%s (pid %d) holds it",
		dlk_kind_text(r->kind), (unsigned long long)r->address, owner->comm, owner->pid,
		hold->evidence & DLK_EVIDENCE_LOCKDEP ? "lockdep" : "its code", c->comm, c->pid);
}

static enum dlk_status look_at_holds(struct dlk_facts *f, uint32_t resource, struct candidates *c)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < c->count; i++)
		c->not_waiting += dlk_model_find_wait(&f->model, c->all[i], resource) == DLK_NONE;
	for (uint32_t i = 0; i < f->model.holds.len && !status; i++) {
		struct dlk_hold *hold = dlk_model_hold(&f->model, i);

		if (hold->resource != resource || hold->confidence < DLK_LIKELY)
			continue;
		if (!is_among(c, hold->context)) {
			status = refute(f, hold, c->all[0]);
			continue;
		}
		c->known = i;
		c->known_count++;
	}
	return status;
}

/* Nothing tells which it is. */
static enum dlk_status add_each(struct dlk_facts *f, uint32_t resource, const struct candidates *c)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < c->count && !status; i++) {
		bool waits = dlk_model_find_wait(&f->model, c->all[i], resource) != DLK_NONE;

		if (waits && c->not_waiting)
			continue;
		status = c->not_waiting == 1
				 ? add_hold(f, resource, c->all[i], DLK_LIKELY,
					    "the owner word names its task, and what else runs on "
					    "that CPU spins for it")
				 : add_hold(f, resource, c->all[i], DLK_POSSIBLE,
					    "the owner word names its task, on top of which others "
					    "run that may have it");
	}
	return status;
}

/* The owner word names the task, and something else which of its contexts it is. */
static enum dlk_status confirm(struct dlk_facts *f, uint32_t index)
{
	const struct dlk_hold *hold = dlk_model_hold(&f->model, index);
	const char *why = hold->note ? hold->note : dlk_evidence_meaning(hold->evidence);
	const char *note = dlk_format(f->ctx, "of what runs on that CPU it is this one: %s", why);

	return note ? add_hold(f, hold->resource, hold->context, DLK_CERTAIN, note)
		    : dlk_nomem(f->ctx);
}

static enum dlk_status settle(struct dlk_facts *f, uint32_t resource)
{
	struct candidates c;
	struct record record;
	uint32_t task;
	enum dlk_status status;

	read_record(f, dlk_facts_resource(f, resource), &record);
	task = record.owner ? dlk_facts_find_context(f, record.owner) : DLK_NONE;
	if (task == DLK_NONE)
		return DLK_OK;
	find_candidates(f, task, &c);
	if (c.count == 1)
		return DLK_OK;
	status = look_at_holds(f, resource, &c);
	if (status)
		return status;
	return c.known_count == 1 ? confirm(f, c.known) : add_each(f, resource, &c);
}

/* Of each lock for which somebody spins: its first wait leads to it. */
enum dlk_status dlk_spin_owner_settle(struct dlk_facts *f)
{
	struct dlk_map seen = { .slots = NULL };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.waits.len && !status; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);
		const struct dlk_resource *r = dlk_facts_resource(f, w->resource);
		bool can_be = r->kind == DLK_KIND_SPINLOCK ||
			      (r->kind == DLK_KIND_RWLOCK && !r->readers);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (status || !can_be || !(w->evidence & DLK_EVIDENCE_SPINS) ||
		    w->evidence & DLK_EVIDENCE_BLOCKED_ON || /* an rt_mutex, whose own word tells */
		    dlk_map_get(&seen, w->resource) != DLK_NONE)
			continue;
		status = dlk_map_put(f->ctx, &seen, w->resource, 1);
		if (!status)
			status = settle(f, w->resource);
	}
	return status;
}
