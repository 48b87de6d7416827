/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workqueues that are flushed: flush_workqueue(), and drain_workqueue() and destroy_workqueue() by it.
 *
 * Wait: a struct wq_flusher on the task's stack, in which is the completion that it sleeps on; so the waiter in that
 * completion's queue leads to it, and the workqueue has it as its first_flusher or in one of its queues of flushers.  Certain:
 * both ends name each other.
 *
 * Hold: a flush waits for all works that were queued before it.  They have colors: each flush ends one, the works behind
 * it get the next, and a pwq counts those in flight by color.  Who flushes first waits for the color that the workqueue flushes,
 * who is queued for its own and all before it; who is in the overflow queue has none yet, and waits for all.  Each worker that
 * runs a work of such a color keeps it.  Certain, since a worker's current_color says so (v5.15); before only
 * if all works in flight of the pwq are of such colors, else possible.
 *
 * Those of the works that are not begun are not followed: behind works that run and leave no room they must wait for these, which
 * keep the flush anyway.  If a pwq has works in flight and none runs, or some that no worker has begun, it is said that
 * not all holders are known.
 *
 * How it can be wrong: drain_workqueue() flushes until nothing is left, so it may wait for works that come later.  A flush
 * that is queued is woken by the one before it, which is not said.
 */
#include <config.h>

#include "locks/kind.h"
#include "locks/queue.h"
#include "locks/work.h"

enum { MAX_COLORS = 64 };

/* Tells but whether it is worth it to read all workqueues. */
static const char *const functions[] = { "flush_workqueue", "__flush_workqueue", "drain_workqueue",
					 "destroy_workqueue", NULL };

static const enum dlk_member_id needs[] = { DLK_M_swait_task,
					    DLK_M_swait_list,
					    DLK_M_completion_list,
					    DLK_M_flusher_list,
					    DLK_M_flusher_color,
					    DLK_M_flusher_done,
					    DLK_M_worker_task,
					    DLK_M_worker_pool,
					    DLK_M_worker_node,
					    DLK_M_worker_current_work,
					    DLK_M_worker_current_pwq,
					    DLK_M_pool_node,
					    DLK_M_pool_nr_idle,
					    DLK_M_pool_workers,
					    DLK_M_pool_worklist,
					    DLK_M_pwq_pool,
					    DLK_M_pwq_node,
					    DLK_M_pwq_nr_in_flight,
					    DLK_M_wq_pwqs,
					    DLK_M_wq_list,
					    DLK_M_wq_flush_color,
					    DLK_M_wq_first_flusher,
					    DLK_M_wq_flusher_queue,
					    DLK_M_wq_flusher_overflow,
					    DLK_M_work_data,
					    DLK_M_work_entry,
					    DLK_M_work_func,
					    DLK_M_NONE };

/* A flush, and the colors that it waits for: from the first on, so many. */
struct flush {
	dlk_addr_t flusher, wq;
	uint32_t colors; /* that there are */
	uint32_t first, count;
};

static bool is_flushed_color(const struct flush *flush, uint32_t color)
{
	return color < flush->colors &&
	       (color + flush->colors - flush->first) % flush->colors < flush->count;
}

static enum dlk_status read_flush(struct dlk_facts *f, struct flush *flush)
{
	uint64_t first, color, first_flusher;
	enum dlk_status status = dlk_kernel_read_member(f->k, flush->wq, DLK_M_wq_flush_color,
							&first);

	if (!status)
		status = dlk_kernel_read_member(f->k, flush->wq, DLK_M_wq_first_flusher,
						&first_flusher);
	if (!status)
		status = dlk_kernel_read_member(f->k, flush->flusher, DLK_M_flusher_color, &color);
	if (status)
		return status;
	flush->colors = f->k->layout.members[DLK_M_pwq_nr_in_flight].count;
	if (!flush->colors || flush->colors > MAX_COLORS || first >= flush->colors)
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "workqueue 0x%llx: no color is %llu",
				(unsigned long long)flush->wq, (unsigned long long)first);
	flush->first = (uint32_t)first;
	flush->count = flush->colors;
	if (first_flusher == flush->flusher)
		flush->count = 1;
	else if (color < flush->colors)
		flush->count = (uint32_t)(color + flush->colors - first) % flush->colors + 1;
	return DLK_OK;
}

/* Works in flight of a pwq: those that are waited for, and all. */
static enum dlk_status count_in_flight(struct dlk_facts *f, const struct flush *flush,
				       dlk_addr_t pwq, uint64_t *flushed, uint64_t *all)
{
	uint32_t counts[MAX_COLORS];
	enum dlk_status status = dlk_kernel_read_array(f->k, pwq, DLK_M_pwq_nr_in_flight, counts,
						       flush->colors * sizeof(*counts));

	*flushed = *all = 0;
	for (uint32_t color = 0; color < flush->colors && !status; color++) {
		*all += counts[color];
		*flushed += is_flushed_color(flush, color) ? counts[color] : 0;
	}
	return status;
}

static bool has_pending(const struct dlk_worker_pool *pool, dlk_addr_t pwq)
{
	for (uint32_t i = 0; i < pool->worklist.len; i++)
		if (DLK_VEC_AT(&pool->worklist, const struct dlk_queued_work, i)->pwq == pwq)
			return true;
	return false;
}

/* The workers that run what is waited for, of a pwq which has such works. */
static enum dlk_status add_workers(struct dlk_facts *f, uint32_t resource,
				   const struct flush *flush, const struct dlk_worker_pool *pool,
				   dlk_addr_t pwq, bool are_all)
{
	uint32_t running = 0;
	enum dlk_status status = DLK_OK;

	if (!dlk_workqueues_spend(&f->workqueues, pool->workers.len + pool->worklist.len)) {
		dlk_facts_resource(f, resource)->holders_unknown = "it has too many works";
		return DLK_OK;
	}
	for (uint32_t i = 0; i < pool->workers.len && !status; i++) {
		const struct dlk_worker *worker = DLK_VEC_AT(&pool->workers,
							     const struct dlk_worker, i);

		if (!worker->current_work || worker->current_pwq != pwq ||
		    (worker->has_color && !is_flushed_color(flush, worker->color)))
			continue;
		running++;
		status = dlk_work_add_worker(f, resource, worker,
					     worker->has_color || are_all ? DLK_CERTAIN
									  : DLK_POSSIBLE,
					     true);
	}
	if (!running || has_pending(pool, pwq))
		dlk_facts_resource(f, resource)->holders_unknown =
			"it has works that no worker has begun";
	return status;
}

static enum dlk_status add_pwq(struct dlk_facts *f, uint32_t resource, const struct flush *flush,
			       dlk_addr_t pwq)
{
	const struct dlk_worker_pool *pool;
	uint64_t flushed, all, address;
	enum dlk_status status = count_in_flight(f, flush, pwq, &flushed, &all);

	if (status || !flushed)
		return status;
	status = dlk_kernel_read_member(f->k, pwq, DLK_M_pwq_pool, &address);
	if (!status)
		status = dlk_worker_pool_read(&f->workqueues, address, &pool);
	return status ? status : add_workers(f, resource, flush, pool, pwq, flushed == all);
}

static enum dlk_status add_holders(struct dlk_facts *f, uint32_t resource, struct flush *flush)
{
	struct dlk_vec pwqs = DLK_VEC_INIT(dlk_addr_t);
	enum dlk_status status = read_flush(f, flush);

	if (!status)
		status = dlk_pwqs_read(&f->workqueues, flush->wq, &pwqs);
	for (uint32_t i = 0; i < pwqs.len && !status; i++)
		status = add_pwq(f, resource, flush, *DLK_VEC_AT(&pwqs, dlk_addr_t, i));
	return status;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, struct flush *flush)
{
	uint32_t holds = f->model.holds.len;
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	enum dlk_status read;

	r->name = dlk_workqueue_name(f->k, flush->wq);
	r->state = "flushed";
	read = add_holders(f, resource, flush);
	if (read && dlk_status_is_fatal(read))
		return read;
	if (read)
		r->holders_unknown = "its works cannot be read";
	else if (f->model.holds.len == holds && !r->holders_unknown)
		r->holders_unknown = "none of its works was found running";
	return dlk_facts_absorb(f, read, flush->wq, true);
}

/* Each flush waits for its own works: only the first is that of the workqueue. */
static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context, struct flush *flush)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN,
				 .note = "the workqueue has it in its list of those who flush it" };
	bool is_first = dlk_kernel_peek_member(f->k, flush->wq, DLK_M_wq_first_flusher) ==
			flush->flusher;
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_WORKQUEUE,
							 is_first ? flush->wq : flush->flusher,
							 &wait.resource, &is_new);

	if (!status && is_new)
		status = describe(f, wait.resource, flush);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

static bool flushes(const struct dlk_stack *stack)
{
	for (uint32_t i = 0; i < stack->frame_count; i++)
		if (dlk_function_matches(stack->frames[i].function, functions))
			return true;
	return false;
}

/* The flusher in which is the completion that a waiter sleeps on, on the same stack; 0. */
static enum dlk_status find_flusher(struct dlk_facts *f, const struct dlk_candidate *c,
				    dlk_addr_t *ret)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t list = c->waiter + dlk_layout_offset(l, DLK_M_swait_list), flusher;
	uint64_t head;
	bool is_linked;
	enum dlk_status status = dlk_list_check(f->k, list, &is_linked);

	*ret = 0;
	if (status || !is_linked || dlk_memory_read_u64(&f->k->memory, list, &head))
		return status;
	flusher = head - dlk_layout_offset(l, DLK_M_completion_list) -
		  dlk_layout_offset(l, DLK_M_flusher_done);
	if (flusher >= c->stack->sp && flusher < c->stack->top)
		*ret = flusher;
	return DLK_OK;
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct flush flush = { 0 };
	enum dlk_status status;

	if (!dlk_layout_has_all(&f->k->layout, needs) || !flushes(c->stack))
		return DLK_OK;
	status = find_flusher(f, c, &flush.flusher);
	if (!status && flush.flusher)
		status = dlk_flusher_find(&f->workqueues, flush.flusher, &flush.wq);
	if (status || !flush.wq)
		return status;
	*is_taken = true;
	return add_wait(f, c->context, &flush);
}

static const struct dlk_waiter waiter = { .task = DLK_M_swait_task, .take = take };

const struct dlk_lock_kind dlk_kind_workqueue = {
	.waiter = &waiter,
	.needs = needs,
};
