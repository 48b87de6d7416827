/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits for a grace period.
 *
 * Wait: who waits sleeps on a completion: a struct swait_queue on its stack is linked, both ways and alone, in that
 * completion's queue.  The completion stands in a struct rcu_synchronize on the same stack, with the callback that
 * completes it (include/linux/rcupdate_wait.h), or in what belongs to RCU, or a domain of SRCU.  For which kind of
 * grace period is known by the function in whose frame the rcu_synchronize stands.
 *
 * How it can be wrong: where frames are guessed, so is the function.
 */
#include <config.h>

#include "locks/grace.h"

#include "kernel/frames.h"
#include "locks/queue.h"

/* In whose frames the waiter stands: what waits for a completion, or has that in it. */
static const char *const waiting_functions[] = {
	"__wait_for_common*", "wait_for_common*",  "do_wait_for_common*", "wait_for_completion*",
	"__wait_rcu_gp*",     "synchronize_rcu*",  "rcu_barrier",         "rcu_exp_*",
	"__synchronize_srcu", "synchronize_srcu*", "srcu_barrier",        NULL
};

static const char *const srcu_functions[] = { "__synchronize_srcu", "synchronize_srcu*",
					      "srcu_barrier", NULL };

enum dlk_status dlk_grace_find(struct dlk_facts *f, dlk_addr_t callback, dlk_addr_t first,
			       dlk_addr_t end, uint32_t *room, bool *ret)
{
	uint32_t next = dlk_layout_offset(&f->k->layout, DLK_M_callback_next);
	dlk_addr_t at = first;

	*ret = false;
	while (at && !*ret) {
		enum dlk_status status;

		if (!*room)
			return dlk_fail(f->ctx, DLK_ERR_LIMIT, "too many callbacks");
		--*room;
		*ret = at == callback;
		if (*ret || at + next == end)
			break;
		status = dlk_kernel_read_member(f->k, at, DLK_M_callback_next, &at);
		if (status)
			return status;
	}
	return DLK_OK;
}

/* The completion in whose queue a waiter is, alone; 0 if there is none. */
static enum dlk_status find_completion(struct dlk_facts *f, dlk_addr_t waiter, dlk_addr_t *ret)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t list = waiter + dlk_layout_offset(l, DLK_M_swait_list);
	uint64_t next, prev;
	bool is_linked;
	enum dlk_status status = dlk_list_check(f->k, list, &is_linked);

	*ret = 0;
	if (status || !is_linked)
		return status;
	status = dlk_memory_read_u64(&f->k->memory, list, &next);
	if (!status)
		status = dlk_memory_read_u64(&f->k->memory, list + sizeof(next), &prev);
	if (!status && next == prev)
		*ret = next - dlk_layout_offset(l, DLK_M_completion_list);
	return status;
}

static const enum dlk_member_id needs[] = {
	DLK_M_swait_task,    DLK_M_swait_list,          DLK_M_completion_list,
	DLK_M_rcu_sync_head, DLK_M_rcu_sync_completion, DLK_M_callback_next,
	DLK_M_NONE
};

/* What is around a completion on the stack of who sleeps on it. */
static void find_sync(struct dlk_facts *f, struct dlk_grace *g)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t start = g->completion - dlk_layout_offset(l, DLK_M_rcu_sync_completion);

	if (start < g->stack->sp || start >= g->stack->top)
		return;
	g->sync = start;
	g->callback = start + dlk_layout_offset(l, DLK_M_rcu_sync_head);
	g->frame = dlk_stack_frame_at(g->stack, start);
}

bool dlk_grace_is_in(const struct dlk_grace *g, const char *const *functions)
{
	if (g->sync)
		return g->frame != DLK_NONE &&
		       dlk_function_matches(g->stack->frames[g->frame].function, functions);
	for (uint32_t i = 0; i < g->stack->frame_count; i++)
		if (dlk_function_matches(g->stack->frames[i].function, functions))
			return true;
	return false;
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct dlk_grace g = { .context = c->context, .stack = c->stack, .frame = c->frame };
	enum dlk_status status;

	if (!dlk_layout_has_all(&f->k->layout, needs))
		return DLK_OK;
	status = find_completion(f, c->waiter, &g.completion);
	if (status || !g.completion)
		return status;
	find_sync(f, &g);
	g.is_sure = c->stack->frames[c->frame].is_reliable && g.frame != DLK_NONE &&
		    c->stack->frames[g.frame].is_reliable;
	if (dlk_grace_is_in(&g, srcu_functions))
		return dlk_srcu_take(f, &g, is_taken);
	status = dlk_rcu_tasks_take(f, &g, is_taken);
	return status || *is_taken ? status : dlk_rcu_take(f, &g, is_taken);
}

const struct dlk_waiter dlk_grace_waiter = { .task = DLK_M_swait_task,
					     .functions = waiting_functions,
					     .take = take };

enum dlk_status dlk_grace_read_list(struct dlk_facts *f, dlk_addr_t data,
				    enum dlk_member_id callbacks, enum dlk_member_id tails,
				    uint64_t *first, dlk_addr_t *tail)
{
	enum dlk_status status = dlk_kernel_read_member(f->k, data, callbacks, first);

	if (!status)
		status = dlk_kernel_read_array(f->k, data, tails, tail, sizeof(*tail));
	if (!status && *tail == data + dlk_layout_offset(&f->k->layout, callbacks))
		*tail = 0;
	return status;
}
