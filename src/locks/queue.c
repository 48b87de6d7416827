/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues of waiters on stacks. */
#include <config.h>

#include "locks/queue.h"

#include "kernel/list.h"

enum { STEPS_PER_TASK = 16, MIN_STEPS = 10000 };

/* A poisoned pointer or an error code is no list_head. */
static bool may_be_list(dlk_addr_t address)
{
	return address >> 56 == 0xff && !(address & 7);
}

enum dlk_status dlk_list_check(struct dlk_kernel *k, dlk_addr_t list, bool *is_linked)
{
	struct dlk_memory *m = &k->memory;
	uint64_t next, prev, next_prev = 0, prev_next = 0;
	enum dlk_status ahead, behind;

	*is_linked = false;
	if (dlk_memory_read_u64(m, list, &next) || dlk_memory_read_u64(m, list + 8, &prev) ||
	    next == list || prev == list)
		return DLK_OK;
	ahead = dlk_memory_read_u64(m, next + 8, &next_prev);
	behind = dlk_memory_read_u64(m, prev, &prev_next);
	*is_linked = !ahead && !behind && next_prev == list && prev_next == list;
	if (*is_linked)
		return DLK_OK;
	if (ahead && behind ? next != prev || !may_be_list(next) :
			      next_prev != list && prev_next != list)
		return DLK_OK;
	if (ahead || behind)
		return dlk_memory_explain(m, ahead ? ahead : behind);
	return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "queue element %#llx: only one neighbour knows it",
			(unsigned long long)list);
}

/* The context of the waiter at @p node, or DLK_NONE if there is no waiter there. */
static uint32_t waiter_at(struct dlk_facts *f, const struct dlk_queue_layout *layout,
			  dlk_addr_t node)
{
	dlk_addr_t waiter = node - layout->list;
	const struct dlk_task *task;
	uint64_t address;

	if (dlk_memory_read_u64(&f->k->memory, waiter + layout->task, &address))
		return DLK_NONE;
	task = dlk_tasks_find(&f->tasks, address);
	if (!task || waiter < task->stack || waiter - task->stack >= f->k->stack_size)
		return DLK_NONE;
	/* Below the saved stack pointer is what calls have left behind that returned. */
	if (!task->is_on_cpu && waiter < task->sp)
		return DLK_NONE;
	return dlk_facts_context(f, address);
}

static enum dlk_status corrupt(struct dlk_facts *f, dlk_addr_t waiter, const char *what)
{
	return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "queue of waiter %#llx: %s",
			(unsigned long long)waiter, what);
}

/*
 * A broken queue is met again by each of its waiters: the steps of all walks together are bounded,
 * so that this does not cost the square of the tasks.
 */
static enum dlk_status charge(struct dlk_facts *f, const struct dlk_list_walk *walk)
{
	f->queue_steps += walk->count;
	if (f->queue_steps <= (uint64_t)STEPS_PER_TASK * f->tasks.tasks.len + MIN_STEPS)
		return DLK_OK;
	return dlk_fail(f->ctx, DLK_ERR_LIMIT, "queues of waiters: over %llu steps",
			(unsigned long long)f->queue_steps);
}

/* Walk on from a waiter until something that is none: the head. */
static enum dlk_status find_head(struct dlk_facts *f, dlk_addr_t waiter,
				 const struct dlk_queue_layout *layout, dlk_addr_t *ret)
{
	struct dlk_list_walk walk = { .memory = &f->k->memory,
				      .head = waiter + layout->list,
				      .limit = f->tasks.tasks.len + 1 };

	while (dlk_list_next(&walk))
		if (waiter_at(f, layout, walk.node) == DLK_NONE) {
			*ret = walk.node;
			return charge(f, &walk);
		}
	if (walk.status) {
		enum dlk_status status = charge(f, &walk);

		return status ? status : walk.status;
	}
	return corrupt(f, waiter, "no head");
}

enum dlk_status dlk_queue_read(struct dlk_facts *f, dlk_addr_t waiter,
			       const struct dlk_queue_layout *layout, struct dlk_queue *ret,
			       bool *is_linked)
{
	struct dlk_queue queue = { .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	struct dlk_list_walk walk = { .memory = &f->k->memory, .limit = f->tasks.tasks.len };
	enum dlk_status status;

	status = dlk_list_check(f->k, waiter + layout->list, is_linked);
	if (status || !*is_linked)
		return status;
	status = find_head(f, waiter, layout, &queue.head);
	if (status)
		return status;
	walk.head = queue.head;
	while (dlk_list_next(&walk)) {
		uint32_t context = waiter_at(f, layout, walk.node);
		struct dlk_queue_entry *entry;

		if (context == DLK_NONE)
			return corrupt(f, waiter, "an element is not on the stack of its task");
		entry = dlk_vec_push(f->ctx, &queue.entries);
		if (!entry)
			return dlk_nomem(f->ctx);
		*entry = (struct dlk_queue_entry){ walk.node - layout->list, context };
	}
	if (walk.status)
		return walk.status;
	*ret = queue;
	return charge(f, &walk);
}
