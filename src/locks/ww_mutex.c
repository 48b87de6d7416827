/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct ww_mutex: a mutex that one may take among others of its class in any order, in an acquire context.
 *
 * Wait: a ww_mutex begins with a mutex, and its waiters are struct mutex_waiter in that one's queue; which of the two
 * it is, is told by the function that the waiter sleeps in.  Certain, as of a mutex.
 *
 * Hold: base.owner, as of a mutex.  ctx is the acquire context in which it was taken, if in one.
 *
 * Acquire contexts (kernel/locking/ww_mutex.h) break cycles: each has a stamp, the older one goes first.  Who has locks
 * in his context and waits is woken with -EDEADLK, gives them up and begins again, if an older context holds what he
 * waits for, or waits for it before him (wait-die), or if an older one waits for one of his and has wounded him
 * (wound-wait).  So in a cycle of such waits alone, of one class, there is always one that is told to back off:
 * the youngest waits for an older one somewhere, or has one waiting for it.  The kernel marks it before the other goes
 * to sleep.  It is therefore looked whether this waiter is told to, by the words that the kernel itself will look
 * at when it wakes.  If so the wait is possible, no more, for it is about to end; so the cycle over it is no more than that.
 * If not it lasts, whoever has which context: nobody is told to back off who waits for a plain mutex, or for
 * a ww_mutex without a context, or who has no lock in his context yet.
 *
 * How it can be wrong: between the mark and the wake-up the task still sleeps: that is the possible one above.  On
 * PREEMPT_RT the priorities of real-time tasks come before the stamps, and the order of the queue is not known; whoever has gone
 * to sleep was not told to back off by these.  A context that cannot be read makes a wait possible, too, and is said.
 */
#include <config.h>

#include "locks/ww_mutex.h"

#include "locks/mutex.h"

static const char *const functions[] = { "__ww_mutex_lock*", "ww_mutex_lock*", NULL };

static const enum dlk_member_id needs[] = {
	DLK_M_mutex_owner,         DLK_M_mutex_waiter_list,   DLK_M_mutex_waiter_task,
	DLK_M_mutex_waiter_ww_ctx, DLK_M_acquire_stamp,       DLK_M_acquire_acquired,
	DLK_M_acquire_wounded,     DLK_M_acquire_is_wait_die, DLK_M_NONE
};

static const enum dlk_member_id needs_either[] = { DLK_M_mutex_wait_list, DLK_M_mutex_first_waiter,
						   DLK_M_NONE };

/* What a struct ww_acquire_ctx says. */
struct acquire {
	uint64_t stamp;
	uint64_t acquired; /* so many locks were taken in it */
	uint64_t is_wounded, is_wait_die;
};

static enum dlk_status read_acquire(struct dlk_facts *f, dlk_addr_t address, struct acquire *ret)
{
	const struct {
		enum dlk_member_id id;
		uint64_t *to;
	} members[] = { { DLK_M_acquire_stamp, &ret->stamp },
			{ DLK_M_acquire_acquired, &ret->acquired },
			{ DLK_M_acquire_wounded, &ret->is_wounded },
			{ DLK_M_acquire_is_wait_die, &ret->is_wait_die } };
	enum dlk_status status = DLK_OK;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && !status; i++)
		status = dlk_kernel_read_member(f->k, address, members[i].id, members[i].to);
	return status;
}

/* Stamps are counted up, and may wrap. */
static bool is_younger(const struct acquire *a, const struct acquire *b)
{
	return (int64_t)(a->stamp - b->stamp) > 0;
}

/* Why a waiter is to back off; NULL if it is not. */
static enum dlk_status find_reason(struct dlk_facts *f, dlk_addr_t lock, const struct acquire *own,
				   bool is_behind, const char **ret)
{
	struct acquire other = { 0 };
	uint64_t holder;
	enum dlk_status status;

	*ret = NULL;
	if (!own->acquired)
		return DLK_OK;
	if (!own->is_wait_die || is_behind) {
		*ret = own->is_wait_die  ? "an older one waits before it"
		       : own->is_wounded ? "it is wounded"
					 : NULL;
		return DLK_OK;
	}
	status = dlk_kernel_read_member(f->k, lock, DLK_M_ww_mutex_ctx, &holder);
	if (status || !holder)
		return status;
	status = read_acquire(f, holder, &other);
	if (!status && is_younger(own, &other))
		*ret = "an older one holds it";
	return status;
}

/* Whether it is to back off cannot be read. */
static enum dlk_status cannot_tell(struct dlk_facts *f, enum dlk_status why, dlk_addr_t address,
				   struct dlk_wait *wait)
{
	wait->confidence = DLK_POSSIBLE;
	wait->note = "an acquire context cannot be read: it may be told to back off";
	return dlk_facts_absorb(f, why, address, true);
}

enum dlk_status dlk_ww_mutex_weigh(struct dlk_facts *f, dlk_addr_t acquire, bool is_behind,
				   struct dlk_wait *wait)
{
	struct acquire own = { 0 };
	const char *why;
	enum dlk_status status;

	if (!acquire) {
		wait->note = "without an acquire context: nobody tells it to back off";
		return DLK_OK;
	}
	status = read_acquire(f, acquire, &own);
	if (!status)
		status = find_reason(f, dlk_facts_resource(f, wait->resource)->address, &own,
				     is_behind, &why);
	if (status)
		return cannot_tell(f, status, acquire, wait);
	if (why)
		wait->confidence = DLK_POSSIBLE;
	wait->note = dlk_format(f->ctx,
				"in an acquire context with stamp %llu, which has %llu locks%s%s",
				(unsigned long long)own.stamp, (unsigned long long)own.acquired,
				why ? "; it is to back off (-EDEADLK): "
				    : "; it is not told to back off",
				why ? why : "");
	return wait->note ? DLK_OK : dlk_nomem(f->ctx);
}

/* In which acquire context it is held. */
static enum dlk_status describe_holder(struct dlk_facts *f, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	dlk_addr_t holder = dlk_kernel_peek_member(f->k, r->address, DLK_M_ww_mutex_ctx);
	struct acquire acquire;
	enum dlk_status status;

	if (!holder || !r->state || r->is_free || r->holders_unknown)
		return DLK_OK;
	status = read_acquire(f, holder, &acquire);
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	r->state = dlk_format(f->ctx, "held in an acquire context with stamp %llu",
			      (unsigned long long)acquire.stamp);
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status weigh_waits(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_queue *queue)
{
	bool is_behind = false;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < queue->entries.len && !status; i++) {
		const struct dlk_queue_entry *e = DLK_VEC_AT(&queue->entries,
							     const struct dlk_queue_entry, i);
		uint32_t index = dlk_model_find_wait(&f->model, e->context, resource);
		struct dlk_wait *wait = index != DLK_NONE ? dlk_model_wait(&f->model, index) : NULL;
		uint64_t acquire = 0;

		status = dlk_kernel_read_member(f->k, e->waiter, DLK_M_mutex_waiter_ww_ctx,
						&acquire);
		if (wait)
			status = status ? cannot_tell(f, status, e->waiter, wait)
					: dlk_ww_mutex_weigh(f, acquire, is_behind, wait);
		is_behind |= acquire != 0;
	}
	return status;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource,
				const struct dlk_queue *queue, enum dlk_confidence sure)
{
	enum dlk_status status = dlk_mutex_describe(f, resource, queue, sure);

	if (!status)
		status = weigh_waits(f, resource, queue);
	return status ? status : describe_holder(f, resource);
}

/* Its mutex is the first thing in it: the members are that one's. */
static const struct dlk_lock_members members = { .kind = DLK_KIND_WW_MUTEX,
						 .wait_list = DLK_M_mutex_wait_list,
						 .first_waiter = DLK_M_mutex_first_waiter,
						 .waiter_list = DLK_M_mutex_waiter_list,
						 .waiter_task = DLK_M_mutex_waiter_task };

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	return dlk_lock_take(f, c, &members, describe, is_taken);
}

static enum dlk_status take_recorded(struct dlk_facts *f, const struct dlk_record *record)
{
	return dlk_lock_take_recorded(f, record, &members, describe);
}

static const struct dlk_waiter waiter = { .task = DLK_M_mutex_waiter_task,
					  .functions = functions,
					  .take = take };

/* Where a mutex is an rt_mutex so is this, and rt_mutex.c finds its waiters. */
const struct dlk_lock_kind dlk_kind_ww_mutex = {
	.dep_map = DLK_M_ww_mutex_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.needs_either = needs_either,
	.replaced_with = DLK_M_mutex_rt_mutex,
	.exists_with = DLK_M_ww_mutex_ctx,
	.take_recorded = take_recorded,
	.is_held = dlk_mutex_is_held,
};
