/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Works: flush_work() and all that waits by it, cancel_work_sync(), cancel_delayed_work_sync(), work_on_cpu(), ...
 *
 * Wait: a struct wq_barrier on the task's stack, a work itself, whose function is wq_barrier_func().  It names the task,
 * and is queued behind the work that is waited for: in the list of the worker that runs it, or right behind it where
 * it is queued, and then the one before it is marked as linked with it (kernel/workqueue.c, insert_wq_barrier()).  Its data
 * names the pwq, that the pool, and all lists of the pool are read when the first barrier leads to it.  Certain: nothing else
 * has that function, and the barrier was found in a list whose head is known.
 *
 * Who ends it: work_holder.c.
 *
 * How it can be wrong: who cancels a queued work takes it out of its list and leaves its barriers there, which are run in
 * their turn; such a barrier is itself what is waited for.  Before v6.10 who cancels a work that another one is canceling waits
 * without a barrier (work_cancel.c).
 */
#include <config.h>

#include "locks/work.h"

#include "locks/kind.h"
#include "locks/queue.h"

/* A list of works that is being gone through. */
struct place {
	enum dlk_work_place place;
	const struct dlk_worker_pool *pool;
	const struct dlk_worker *worker; /* whose list it is; NULL */
};

static const enum dlk_member_id needs[] = { DLK_M_work_data,
					    DLK_M_work_entry,
					    DLK_M_work_func,
					    DLK_M_barrier_work,
					    DLK_M_barrier_task,
					    DLK_M_worker_task,
					    DLK_M_worker_pool,
					    DLK_M_worker_node,
					    DLK_M_worker_scheduled,
					    DLK_M_worker_current_work,
					    DLK_M_worker_current_func,
					    DLK_M_worker_current_pwq,
					    DLK_M_pool_node,
					    DLK_M_pool_nr_idle,
					    DLK_M_pool_workers,
					    DLK_M_pool_worklist,
					    DLK_M_pwq_pool,
					    DLK_M_pwq_wq,
					    DLK_M_pwq_node,
					    DLK_M_pwq_nr_active,
					    DLK_M_pwq_inactive_works,
					    DLK_M_wq_pwqs,
					    DLK_M_wq_flags,
					    DLK_M_wq_rescuer,
					    DLK_M_NONE };

static bool is_barrier(struct dlk_facts *f, dlk_addr_t func)
{
	static const char *const functions[] = { "wq_barrier_func", NULL };

	return dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, functions);
}

/* Whose barrier a work is; DLK_NONE if it does not stand on the live stack of the task that it names. */
static uint32_t barrier_context(struct dlk_facts *f, dlk_addr_t work)
{
	dlk_addr_t barrier = work - dlk_layout_offset(&f->k->layout, DLK_M_barrier_work);
	const struct dlk_task *task =
		dlk_tasks_find(&f->tasks,
			       dlk_kernel_peek_member(f->k, barrier, DLK_M_barrier_task));

	if (!task || barrier < task->stack || barrier - task->stack >= f->k->stack_size ||
	    (!task->is_on_cpu && barrier < task->sp))
		return DLK_NONE;
	return dlk_facts_find_context(f, task->address);
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context,
				const struct dlk_awaited_work *work)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN,
				 .note = "its barrier is queued behind the work" };
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_WORK, work->address,
							 &wait.resource, &is_new);

	if (!status && is_new)
		status = dlk_facts_absorb(f, dlk_work_describe(f, wait.resource, work),
					  work->address, true);
	if (!status)
		status = dlk_facts_add_wait(f, &wait);
	/* The stack is at hand now; where thousands wait it would have to be read once more. */
	if (status || dlk_facts_context(f, context)->frames)
		return status;
	return dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL),
				dlk_facts_context(f, context)->task, true);
}

/* Those who wait for the works of a list, from its front on. */
static enum dlk_status add_waits(struct dlk_facts *f, const struct place *place,
				 const struct dlk_vec *works)
{
	struct dlk_awaited_work target = { .place = place->place,
					   .pool = place->pool,
					   .worker = place->worker };
	/* What stands at the front of a worker's list belongs to that which it runs. */
	bool is_linked = place->worker && place->worker->current_work, is_run = is_linked;
	enum dlk_status status = DLK_OK;

	if (is_run) {
		target.address = place->worker->current_work;
		target.func = place->worker->current_func;
		target.pwq = place->worker->current_pwq;
	}
	for (uint32_t i = 0; i < works->len && !status; i++) {
		const struct dlk_queued_work *w = DLK_VEC_AT(works, const struct dlk_queued_work,
							     i);
		bool is_other = !is_barrier(f, w->func);
		uint32_t context = is_other ? DLK_NONE : barrier_context(f, w->address);

		if (is_other || !is_linked) {
			target.address = w->address;
			target.func = w->func;
			target.pwq = w->pwq;
		}
		if (context != DLK_NONE && !dlk_facts_waits(f, context))
			status = add_wait(f, context, &target);
		is_run &= !is_other;
		is_linked = is_run || w->is_linked;
	}
	return status;
}

static enum dlk_status read_waits(struct dlk_facts *f, const struct place *place, dlk_addr_t head)
{
	struct dlk_vec works = DLK_VEC_INIT(struct dlk_queued_work);
	enum dlk_status status = dlk_facts_absorb(f, dlk_works_read(&f->workqueues, head, &works),
						  head, true);

	return status ? status : add_waits(f, place, &works);
}

/* Those who wait by a pool. */
static enum dlk_status read_pool_waits(struct dlk_facts *f, const struct dlk_worker_pool *pool)
{
	struct place place = { .place = DLK_WORK_IN_POOL, .pool = pool };
	enum dlk_status status = add_waits(f, &place, &pool->worklist);

	place.place = DLK_WORK_WITH_WORKER;
	for (uint32_t i = 0; i < pool->workers.len && !status; i++) {
		place.worker = DLK_VEC_AT(&pool->workers, const struct dlk_worker, i);
		if (place.worker->current_work)
			status = read_waits(f, &place,
					    place.worker->address +
						    dlk_layout_offset(&f->k->layout,
								      DLK_M_worker_scheduled));
	}
	return status;
}

static enum dlk_status read_inactive_waits(struct dlk_facts *f, const struct dlk_worker_pool *pool,
					   dlk_addr_t pwq)
{
	const struct place place = { .place = DLK_WORK_INACTIVE, .pool = pool };

	return read_waits(f, &place,
			  pwq + dlk_layout_offset(&f->k->layout, DLK_M_pwq_inactive_works));
}

/* Whether an address leads here for the first time. */
static enum dlk_status visit(struct dlk_facts *f, dlk_addr_t address, bool *is_new)
{
	*is_new = dlk_map_get(&f->workqueues.visited, address) == UINT32_MAX;
	return *is_new ? dlk_map_put(f->ctx, &f->workqueues.visited, address, 0) : DLK_OK;
}

/* All who wait for a work by the lists of a barrier's pool and pwq. */
static enum dlk_status read_lists(struct dlk_facts *f, const struct dlk_queued_work *barrier)
{
	const struct dlk_worker_pool *pool = NULL;
	uint64_t address;
	bool is_new;
	enum dlk_status status = dlk_kernel_read_member(f->k, barrier->pwq, DLK_M_pwq_pool,
							&address);

	if (!status)
		status = dlk_worker_pool_read(&f->workqueues, address, &pool);
	if (!status)
		status = visit(f, address, &is_new);
	if (!status && pool && is_new)
		status = read_pool_waits(f, pool);
	if (!status)
		status = visit(f, barrier->pwq, &is_new);
	return !status && pool && is_new ? read_inactive_waits(f, pool, barrier->pwq) : status;
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_queued_work barrier;
	dlk_addr_t work;
	uint64_t func;
	bool is_linked;
	enum dlk_status status;

	if (!dlk_layout_has_all(l, needs))
		return DLK_OK;
	work = c->waiter + dlk_layout_offset(l, DLK_M_barrier_work);
	if (dlk_kernel_read_member(f->k, work, DLK_M_work_func, &func) || !is_barrier(f, func))
		return DLK_OK;
	status = dlk_list_check(f->k, work + dlk_layout_offset(l, DLK_M_work_entry), &is_linked);
	if (status || !is_linked)
		return status;
	status = dlk_queued_work_read(&f->workqueues, work, &barrier);
	if (!status)
		status = read_lists(f, &barrier);
	if (status)
		return status;
	*is_taken = dlk_facts_waits(f, c->context);
	if (*is_taken)
		return DLK_OK;
	return dlk_fail(f->ctx, DLK_ERR_CORRUPT,
			"barrier 0x%llx: it is in none of the lists of the pool that it leads to",
			(unsigned long long)c->waiter);
}

static const struct dlk_waiter waiter = { .task = DLK_M_barrier_task, .take = take };

const struct dlk_lock_kind dlk_kind_work = {
	.waiter = &waiter,
	.needs = needs,
};
