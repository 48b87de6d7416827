/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grace periods of RCU.
 *
 * Wait: for a normal grace period, and in rcu_barrier(), by a completion (grace.c); for an expedited one in a wait
 * queue of a node of rcu_state, and for its CPUs in a queue of rcu_state itself (kernel/rcu/tree_exp.h).  All of these
 * are certain: the queue is RCU's own, or the completion stands with its callback in the frame of synchronize_rcu().
 *
 * Who waits for a normal grace period waits at least for the end of the one in progress, unless its callback is ready
 * to be invoked: then the wait is but possible; and likely if that could not be found out.
 *
 * Hold: rcu_holder.c.
 *
 * synchronize_rcu_tasks() and its like wait for a grace period of another kind: rcu_tasks.c.
 *
 * How it can be wrong: where frames are guessed, so is the function.
 */
#include <config.h>

#include "locks/rcu.h"

#include "kernel/frames.h"
#include "kernel/list.h"
#include "locks/find.h"
#include "locks/grace.h"
#include "locks/lock.h"
#include "locks/queue.h"

enum { MAX_RING = 256, LONG_NS = 1000000000 /* for a CPU not to have passed */ };

static const char *const functions[] = { "synchronize_rcu*", "wait_rcu_gp*", "__wait_rcu_gp*",
					 NULL };
static const char *const expedited_functions[] = { "synchronize_rcu_expedited", NULL };

static const enum dlk_member_id needs[] = {
	DLK_M_swait_task,    DLK_M_swait_list,          DLK_M_completion_list,
	DLK_M_rcu_sync_head, DLK_M_rcu_sync_completion, DLK_M_callback_next,
	DLK_M_rcu_barrier,   DLK_M_rcu_expedited_list,  DLK_M_rcu_data_node,
	DLK_M_rcu_data_mask, DLK_M_rcu_node_qsmask,     DLK_M_rcu_node_expmask,
	DLK_M_NONE
};

/* There is one of each, so these are what they are known by. */
static const char *const names[] = { [DLK_RCU_NORMAL] = "grace period",
				     [DLK_RCU_EXPEDITED] = "expedited grace period",
				     [DLK_RCU_BARRIER] = "callbacks" };

static dlk_addr_t in_state(struct dlk_facts *f, enum dlk_member_id id)
{
	return dlk_kernel_symbol(f->k, "rcu_state") + dlk_layout_offset(&f->k->layout, id);
}

static bool has_members(struct dlk_facts *f)
{
	return dlk_layout_has_all(&f->k->layout, needs) && dlk_kernel_symbol(f->k, "rcu_state");
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context, enum dlk_rcu_what what,
				enum dlk_confidence confidence)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = dlk_kind_mode(DLK_KIND_RCU, false),
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = confidence };
	bool is_new;
	enum dlk_status status = dlk_model_make_resource(&f->model, DLK_KIND_RCU, 0, names[what],
							 &wait.resource, &is_new);

	return status ? status : dlk_facts_add_wait(f, &wait);
}

struct dlk_rcu_waits dlk_rcu_judge_waits(const struct dlk_facts *f, uint32_t resource)
{
	struct dlk_rcu_waits ret = { false, false };

	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);

		if (w->resource != resource)
			continue;
		ret.are_sure |= w->confidence == DLK_CERTAIN;
		ret.have_lasted |= dlk_facts_context(f, w->context)->blocked_ns >= LONG_NS;
	}
	return ret;
}

enum dlk_status dlk_rcu_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (int what = DLK_RCU_NORMAL; what <= DLK_RCU_BARRIER && !status; what++) {
		uint32_t resource = dlk_model_find_resource(&f->model, DLK_KIND_RCU, 0,
							    names[what]);
		struct dlk_rcu_waits waits;

		if (resource == DLK_NONE)
			continue;
		waits = dlk_rcu_judge_waits(f, resource);
		status = dlk_rcu_add_holders(f, resource, (enum dlk_rcu_what)what, &waits);
	}
	return status;
}

/* Whether the callback of who waits is among those of a CPU that are ready to be invoked. */
static enum dlk_status find_ready(struct dlk_facts *f, const struct dlk_grace *g, uint32_t cpu,
				  uint32_t *room, bool *is_ready)
{
	dlk_addr_t data = dlk_rcu_data(f, cpu);
	uint64_t first;
	dlk_addr_t tail = 0;
	enum dlk_status status = dlk_grace_read_list(f, data, DLK_M_rcu_data_callbacks,
						     DLK_M_rcu_data_tails, &first, &tail);

	return status || !tail ? status
			       : dlk_grace_find(f, g->callback, first, tail, room, is_ready);
}

/* How sure it is that who waits needs the end of the grace period in progress. */
static enum dlk_confidence judge(struct dlk_facts *f, const struct dlk_grace *g)
{
	uint32_t room = DLK_MAX_CALLBACKS;
	bool is_ready = false;
	enum dlk_status status = DLK_OK;
	uint64_t done = dlk_kernel_peek_member(f->k, dlk_kernel_symbol(f->k, "rcu_state"),
					       DLK_M_rcu_srs_done);

	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status && !is_ready; cpu++)
		status = find_ready(f, g, cpu, &room, &is_ready);
	if (!status && !is_ready && done)
		status = dlk_grace_find(f, g->callback, done, 0, &room, &is_ready);
	if (is_ready)
		return DLK_POSSIBLE;
	return status || !g->is_sure ? DLK_LIKELY : DLK_CERTAIN;
}

enum dlk_status dlk_rcu_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	enum dlk_confidence sure = g->is_sure ? DLK_CERTAIN : DLK_LIKELY;

	if (!has_members(f))
		return DLK_OK;
	*is_taken = true;
	if (g->completion == in_state(f, DLK_M_rcu_barrier))
		return add_wait(f, g->context, DLK_RCU_BARRIER, sure);
	if (g->completion + dlk_layout_offset(l, DLK_M_completion_list) ==
	    in_state(f, DLK_M_rcu_expedited_list))
		return add_wait(f, g->context, DLK_RCU_EXPEDITED, sure);
	if (g->sync && dlk_grace_is_in(g, functions))
		return add_wait(f, g->context, DLK_RCU_NORMAL, judge(f, g));
	*is_taken = false;
	return DLK_OK;
}

/* Whether the ring of a list_head leads to one of rcu_state's. */
static bool is_in_state(struct dlk_facts *f, dlk_addr_t list)
{
	dlk_addr_t state = dlk_kernel_symbol(f->k, "rcu_state");
	struct dlk_list_walk walk = { .memory = &f->k->memory, .head = list, .limit = MAX_RING };

	while (dlk_list_next(&walk))
		if (walk.node >= state && walk.node - state < f->k->layout.sizes[DLK_S_rcu_state])
			return true;
	return false;
}

static enum dlk_status take_expedited(struct dlk_facts *f, const struct dlk_candidate *c,
				      bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_grace g = { .stack = c->stack };
	bool is_linked, is_sure;
	dlk_addr_t list;
	enum dlk_status status;

	if (!has_members(f) || !dlk_layout_has(l, DLK_M_wait_entry_entry) ||
	    !dlk_grace_is_in(&g, expedited_functions))
		return DLK_OK;
	list = c->waiter + dlk_layout_offset(l, DLK_M_wait_entry_entry);
	status = dlk_list_check(f->k, list, &is_linked);
	if (status || !is_linked || !is_in_state(f, list))
		return status;
	*is_taken = true;
	is_sure = c->frame != DLK_NONE && c->stack->frames[c->frame].is_reliable;
	return add_wait(f, c->context, DLK_RCU_EXPEDITED, is_sure ? DLK_CERTAIN : DLK_LIKELY);
}

static enum dlk_status take_queued(struct dlk_facts *f, const struct dlk_candidate *c,
				   bool *is_taken)
{
	enum dlk_status status = take_expedited(f, c, is_taken);

	return status || *is_taken ? status : dlk_rcu_sync_take(f, c, is_taken);
}

static const struct dlk_waiter queued_waiter = { .task = DLK_M_wait_entry_private,
						 .take = take_queued };

const struct dlk_lock_kind dlk_kind_rcu = {
	.waiter = &dlk_grace_waiter,
	.other_waiter = &queued_waiter,
	.needs = needs,
	.exists_with = DLK_M_rcu_gp_seq,
};
