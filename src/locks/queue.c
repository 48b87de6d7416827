/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues of waiters on stacks. */
#include <config.h>

#include "locks/queue.h"

enum { STEPS_PER_TASK = 16, MIN_STEPS = 10000 };

/* Instead of a context's index. */
#define LOST_TASK (DLK_NONE - 1)

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
	if (ahead && behind ? next != prev || !dlk_kernel_can_be_struct(k, next)
			    : next_prev != list && prev_next != list)
		return DLK_OK;
	if (ahead || behind)
		return dlk_memory_explain(m, ahead ? ahead : behind);
	return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "queue element %#llx: only one neighbour knows it",
			(unsigned long long)list);
}

/* Whether a waiter may be that of a task that is not among the tasks, since lists are broken. */
static bool is_of_lost_task(struct dlk_facts *f, dlk_addr_t waiter, dlk_addr_t task)
{
	uint64_t stack;
	enum dlk_status status;

	if (!dlk_kernel_can_be_struct(f->k, task))
		return false;
	status = dlk_kernel_read_member(f->k, task, DLK_M_task_stack, &stack);
	if (status)
		return status == DLK_ERR_FAULT;
	return waiter >= stack && waiter - stack < f->k->stack_size;
}

/*
 * The context of the waiter at @p node, DLK_NONE if there is no waiter there, or LOST_TASK if it
 * belongs to a task that is not known: it can only be passed over.
 */
static uint32_t waiter_at(struct dlk_facts *f, const struct dlk_queue_layout *layout,
			  dlk_addr_t node)
{
	dlk_addr_t waiter = node - layout->list;
	const struct dlk_task *task;
	uint64_t address;

	if (dlk_memory_read_u64(&f->k->memory, waiter + layout->task, &address))
		return DLK_NONE;
	task = dlk_tasks_find(&f->tasks, address);
	if (!task && f->tasks.lost && is_of_lost_task(f, waiter, address))
		return LOST_TASK;
	if (!task || waiter < task->stack || waiter - task->stack >= f->k->stack_size)
		return DLK_NONE;
	/* Below the saved stack pointer is what calls have left behind that returned. */
	if (!task->is_on_cpu && waiter < task->sp)
		return DLK_NONE;
	return dlk_facts_find_context(f, address);
}

/* A queue that is being read, by way of one of its waiters. */
struct ring {
	struct dlk_facts *f;
	const struct dlk_queue_layout *layout;
	dlk_addr_t waiter;
	struct dlk_queue *queue;
};

static enum dlk_status corrupt(const struct ring *r, const char *what)
{
	return dlk_fail(r->f->ctx, DLK_ERR_CORRUPT, "queue of waiter 0x%llx: %s",
			(unsigned long long)r->waiter, what);
}

/*
 * A broken queue is met again by each of its waiters: the steps of all walks together are bounded,
 * so that this does not cost the square of the tasks.
 */
struct dlk_list_walk dlk_queue_walk(struct dlk_facts *f, dlk_addr_t head, bool is_backwards)
{
	uint64_t budget = (uint64_t)STEPS_PER_TASK * f->tasks.tasks.len + MIN_STEPS;
	uint64_t left = budget > f->queue_steps ? budget - f->queue_steps : 0;

	return (struct dlk_list_walk){ .memory = &f->k->memory,
				       .head = head,
				       .is_backwards = is_backwards,
				       .limit = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX };
}

bool dlk_queue_step(struct dlk_facts *f, struct dlk_list_walk *walk)
{
	f->queue_steps++;
	return dlk_list_next(walk);
}

/* Each element is a task's. */
static struct dlk_list_walk start_walk(const struct ring *r, dlk_addr_t head, bool is_backwards)
{
	struct dlk_list_walk walk = dlk_queue_walk(r->f, head, is_backwards);
	uint32_t limit = r->f->tasks.tasks.len + 1;

	if (walk.limit > limit)
		walk.limit = limit;
	return walk;
}

static bool step(const struct ring *r, struct dlk_list_walk *walk)
{
	return dlk_queue_step(r->f, walk);
}

/* Walk on from the waiter until something that is none: the head. */
static enum dlk_status find_head(const struct ring *r, bool is_backwards)
{
	struct dlk_list_walk walk = start_walk(r, r->waiter + r->layout->list, is_backwards);

	while (step(r, &walk))
		if (waiter_at(r->f, r->layout, walk.node) == DLK_NONE) {
			r->queue->head = walk.node;
			return DLK_OK;
		}
	return walk.status ? walk.status : corrupt(r, "no head");
}

/*
 * Add a waiter, and unwind its stack, which is at hand now: where thousands wait, it would have to be read
 * once more when each of them is looked at.
 */
static enum dlk_status add_entry(struct dlk_facts *f, struct dlk_vec *entries, dlk_addr_t waiter,
				 uint32_t context)
{
	struct dlk_queue_entry *entry = dlk_vec_push(f->ctx, entries);

	if (!entry)
		return dlk_nomem(f->ctx);
	*entry = (struct dlk_queue_entry){ waiter, context };
	if (dlk_facts_context(f, context)->frames)
		return DLK_OK;
	return dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL),
				dlk_facts_context(f, context)->task, true);
}

/* Read the entries from the head on, in one direction; *end is the status that ended the walk. */
static enum dlk_status read_entries(const struct ring *r, bool is_backwards,
				    struct dlk_vec *entries, enum dlk_status *end)
{
	struct dlk_list_walk walk = start_walk(r, r->queue->head, is_backwards);

	while (step(r, &walk)) {
		uint32_t context = waiter_at(r->f, r->layout, walk.node);
		enum dlk_status status;

		if (context == DLK_NONE)
			return corrupt(r, "an element is not on the stack of its task");
		if (context == LOST_TASK)
			continue;
		status = add_entry(r->f, entries, walk.node - r->layout->list, context);
		if (status)
			return status;
	}
	*end = walk.status;
	return DLK_OK;
}

/*
 * A page of the queue is missing: what lies behind it is reached from the other end.  Positions
 * behind the gap are too low by what is missing there; their order is right.
 */
static enum dlk_status read_behind_gap(const struct ring *r)
{
	struct dlk_vec back = DLK_VEC_INIT(struct dlk_queue_entry);
	struct dlk_ctx *ctx = r->f->ctx;
	enum dlk_status end = DLK_OK;
	enum dlk_status status = dlk_facts_add_finding(r->f, DLK_FINDING_UNREADABLE, r->queue->head,
						       true, "the queue at 0x%llx has a gap: %s",
						       (unsigned long long)r->queue->head,
						       ctx->err.text);

	if (!status)
		status = read_entries(r, true, &back, &end);
	r->queue->has_gap = true;
	/* A gap is one from both sides; else the pointer into it was wrong. */
	if (!status && end != DLK_ERR_FAULT)
		return end ? end : corrupt(r, "it has a gap from one side only");
	for (uint32_t i = back.len; !status && i-- > 0;) {
		struct dlk_queue_entry *entry = dlk_vec_push(ctx, &r->queue->entries);

		if (!entry)
			return dlk_nomem(ctx);
		*entry = *DLK_VEC_AT(&back, struct dlk_queue_entry, i);
	}
	return status;
}

/* From the head on, which is known; what lies behind a gap too. */
static enum dlk_status read_whole(const struct ring *r)
{
	enum dlk_status end = DLK_OK;
	enum dlk_status status = read_entries(r, false, &r->queue->entries, &end);

	if (status || end != DLK_ERR_FAULT)
		return status ? status : end;
	return read_behind_gap(r);
}

enum dlk_status dlk_queue_read(struct dlk_facts *f, dlk_addr_t waiter,
			       const struct dlk_queue_layout *layout, struct dlk_queue *ret,
			       bool *is_linked)
{
	struct dlk_queue queue = { .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	struct ring ring = { .f = f, .layout = layout, .waiter = waiter, .queue = &queue };
	enum dlk_status status = dlk_list_check(f->k, waiter + layout->list, is_linked);

	if (status || !*is_linked)
		return status;
	status = find_head(&ring, false);
	if (status == DLK_ERR_FAULT)
		status = find_head(&ring, true);
	if (!status)
		status = read_whole(&ring);
	if (!status)
		*ret = queue;
	return status;
}

enum dlk_status dlk_queue_read_head(struct dlk_facts *f, dlk_addr_t head,
				    const struct dlk_queue_layout *layout, struct dlk_queue *ret)
{
	struct dlk_queue queue = { .head = head, .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	struct ring ring = { .f = f, .layout = layout, .waiter = head, .queue = &queue };
	enum dlk_status status = read_whole(&ring);

	if (!status)
		*ret = queue;
	return status;
}

/* One that is linked with itself is alone: dlk_list_check() takes that for not linked. */
static bool is_alone(struct dlk_kernel *k, dlk_addr_t list)
{
	uint64_t next, prev;

	return !dlk_memory_read_u64(&k->memory, list, &next) &&
	       !dlk_memory_read_u64(&k->memory, list + 8, &prev) && next == list && prev == list;
}

enum dlk_status dlk_ring_read(struct dlk_facts *f, dlk_addr_t waiter,
			      const struct dlk_queue_layout *layout, struct dlk_queue *ret,
			      bool *is_linked)
{
	struct dlk_queue queue = { .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	struct ring ring = { .f = f, .layout = layout, .waiter = waiter, .queue = &queue };
	dlk_addr_t list = waiter + layout->list;
	uint32_t context = waiter_at(f, layout, list);
	enum dlk_status end = DLK_OK;
	enum dlk_status status = dlk_list_check(f->k, list, is_linked);

	*is_linked |= !status && is_alone(f->k, list);
	if (status || !*is_linked)
		return status;
	*is_linked = context < LOST_TASK;
	if (!*is_linked)
		return DLK_OK;
	status = add_entry(f, &queue.entries, waiter, context);
	queue.head = list;
	if (!status)
		status = read_entries(&ring, false, &queue.entries, &end);
	if (status || end)
		return status ? status : end;
	queue.head = 0;
	*ret = queue;
	return DLK_OK;
}

bool dlk_ring_begin(struct dlk_ctx *ctx, struct dlk_queue *ring, dlk_addr_t first)
{
	struct dlk_queue_entry *entries = ring->entries.data, *turned;
	uint32_t count = ring->entries.len, start = 0;

	while (start < count && entries[start].waiter != first)
		start++;
	if (start == count)
		return false;
	turned = dlk_calloc(ctx, count, sizeof(*turned));
	for (uint32_t i = 0; turned && i < count; i++)
		turned[i] = entries[(start + i) % count];
	if (turned)
		ring->entries.data = turned;
	return turned;
}

bool dlk_queue_has(const struct dlk_queue *queue, uint32_t context)
{
	for (uint32_t i = 0; i < queue->entries.len; i++)
		if (DLK_VEC_AT(&queue->entries, const struct dlk_queue_entry, i)->context ==
		    context)
			return true;
	return false;
}
