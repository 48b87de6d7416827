/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grace periods of tasks: until each task has slept of its own will (synchronize_rcu_tasks()), each CPU has switched tasks
 * (_rude), or each reader has left (_trace; since v7.2 that is a domain of SRCU: rcu_trace.c).  kernel/rcu/tasks.h.
 *
 * Wait: as for RCU, by a completion on the stack of who waits (grace.c), whose callback stands in a list of one of the three
 * struct rcu_tasks, for each CPU one.  Certain by that record, and likely if its frames are guessed; but of a callback that
 * is ready to be invoked, only possible.  Where no list has it (until v5.17 they are emptied when the grace period begins),
 * the function tells which it is, if it is not one that they share; likely.
 *
 * rcu_barrier_tasks() and its like wait, since v5.17, by a completion of the struct rcu_tasks itself, until each CPU's own
 * callback has been invoked, which stands in that CPU's list.  Who waits for one that is not ready yet waits for this grace period, or for
 * one behind it: as certain as above.  If all are ready, or none is found, they may be about to be invoked: possible.
 *
 * Hold: the thread that ends these grace periods (kthread_ptr) waits for RCU or SRCU itself, or for works on all CPUs, and
 * that is found as all waits are.  After that it looks now and then, by a timer, at the tasks that hold out: which they are
 * is marked in them (rcu_tasks_holdout; trc_holdout_list).  Who has that mark, and has not slept or left since, holds the
 * grace period up.  All as certain as it is that anybody waits.
 *
 * How it can be wrong: the thread that sleeps by its timer may yet have to see that all have passed; so what nobody is found
 * to hold up is an event.  Tasks that exit, of which the kernel keeps a list, are not looked at.
 */
#include <config.h>

#include "kernel/frames.h"
#include "locks/find.h"
#include "locks/grace.h"
#include "locks/lock.h"
#include "locks/rcu.h"

static const enum dlk_member_id needs[] = { DLK_M_rcu_tasks_kthread, DLK_M_rcu_tasks_percpu,
					    DLK_M_rcu_tasks_callbacks, DLK_M_rcu_tasks_tails,
					    DLK_M_NONE };

enum flavor { BY_SLEEP, RUDE, TRACE, UNKNOWN };

static const struct {
	const char *symbol, *name, *function;
} flavors[] = {
	[BY_SLEEP] = { "rcu_tasks", "grace period of tasks", "synchronize_rcu_tasks" },
	[RUDE] = { "rcu_tasks_rude", "rude grace period of tasks", "synchronize_rcu_tasks_rude" },
	[TRACE] = { "rcu_tasks_trace", "trace grace period of tasks",
		    "synchronize_rcu_tasks_trace" },
	[UNKNOWN] = { NULL, "grace period of tasks, of a kind that is not known", NULL },
};

/* Which grace period somebody waits for, and how sure that is. */
struct found {
	enum flavor flavor;
	enum dlk_confidence sure;
};

/* Whether a CPU's list has a callback, and whether that is ready to be invoked. */
static enum dlk_status search_list(struct dlk_facts *f, dlk_addr_t callback, dlk_addr_t data,
				   uint32_t *room, bool *is_there, bool *is_ready)
{
	uint64_t first;
	dlk_addr_t tail = 0;
	enum dlk_status status = dlk_grace_read_list(f, data, DLK_M_rcu_tasks_callbacks,
						     DLK_M_rcu_tasks_tails, &first, &tail);

	*is_there = *is_ready = false;
	if (status || !first)
		return status;
	if (tail)
		status = dlk_grace_find(f, callback, first, tail, room, is_ready);
	*is_there = *is_ready;
	return status || *is_there ? status : dlk_grace_find(f, callback, first, 0, room, is_there);
}

/* By the lists of a flavor: for the callback of who waits, or, in rcu_barrier_tasks(), for that of each CPU. */
static enum dlk_status search_flavor(struct dlk_facts *f, const struct dlk_grace *g,
				     enum flavor flavor, uint32_t *room, struct found *ret)
{
	const uint32_t own = dlk_layout_offset(&f->k->layout, DLK_M_rcu_tasks_barrier_head);
	dlk_addr_t tasks = dlk_kernel_symbol(f->k, flavors[flavor].symbol);
	bool is_there = false, is_ready = true;
	uint64_t data;
	enum dlk_status status;

	if (!tasks || !f->k->percpu_offset)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, tasks, DLK_M_rcu_tasks_percpu, &data);
	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status && data; cpu++) {
		dlk_addr_t at = data + f->k->percpu_offset[cpu];

		status = search_list(f, g->sync ? g->callback : at + own, at, room, &is_there,
				     &is_ready);
		if (status || !is_there)
			continue;
		*ret = (struct found){ flavor, is_ready     ? DLK_POSSIBLE
					       : g->is_sure ? DLK_CERTAIN
							    : DLK_LIKELY };
		if (!is_ready)
			break;
	}
	return status;
}

/* By the completion of rcu_barrier_tasks(). */
static enum flavor flavor_of_barrier(const struct dlk_facts *f, const struct dlk_grace *g)
{
	const struct dlk_layout *l = &f->k->layout;

	if (g->sync || !dlk_layout_has(l, DLK_M_rcu_tasks_barrier) ||
	    !dlk_layout_has(l, DLK_M_rcu_tasks_barrier_head))
		return UNKNOWN;
	for (int i = BY_SLEEP; i < UNKNOWN; i++) {
		dlk_addr_t tasks = dlk_kernel_symbol(f->k, flavors[i].symbol);

		if (tasks && g->completion == tasks + dlk_layout_offset(l, DLK_M_rcu_tasks_barrier))
			return (enum flavor)i;
	}
	return UNKNOWN;
}

/* By the function in whose frame the callback stands. */
static void name_flavor(const struct dlk_grace *g, struct found *ret)
{
	for (int i = BY_SLEEP; i < UNKNOWN; i++) {
		const char *const functions[] = { flavors[i].function, NULL };

		if (dlk_grace_is_in(g, functions))
			*ret = (struct found){ (enum flavor)i, DLK_LIKELY };
	}
}

static enum dlk_status find_flavor(struct dlk_facts *f, const struct dlk_grace *g,
				   struct found *ret)
{
	uint32_t room = DLK_MAX_CALLBACKS;
	enum dlk_status status = DLK_OK;

	*ret = (struct found){ UNKNOWN, DLK_LIKELY };
	if (dlk_layout_has_all(&f->k->layout, needs))
		for (int i = BY_SLEEP; i < UNKNOWN && !status && ret->flavor == UNKNOWN; i++)
			status = search_flavor(f, g, (enum flavor)i, &room, ret);
	if (ret->flavor == UNKNOWN)
		name_flavor(g, ret);
	return dlk_facts_absorb(f, status, g->completion, true);
}

static enum dlk_status find_barrier(struct dlk_facts *f, const struct dlk_grace *g,
				    enum flavor flavor, struct found *ret)
{
	uint32_t room = DLK_MAX_CALLBACKS;
	enum dlk_status status = DLK_OK;

	*ret = (struct found){ flavor, DLK_POSSIBLE };
	if (dlk_layout_has_all(&f->k->layout, needs))
		status = search_flavor(f, g, flavor, &room, ret);
	return dlk_facts_absorb(f, status, g->completion, true);
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context, const struct found *found,
				const char *note)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = dlk_kind_mode(DLK_KIND_RCU, false),
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = found->sure,
				 .note = note };
	bool is_new;
	enum dlk_status status = dlk_model_make_resource(&f->model, DLK_KIND_RCU, 0,
							 flavors[found->flavor].name,
							 &wait.resource, &is_new);

	if (!status && found->flavor == UNKNOWN)
		dlk_facts_resource(f, wait.resource)->holders_unknown =
			"for which of the three kinds it is, is not known";
	return status ? status : dlk_facts_add_wait(f, &wait);
}

enum dlk_status dlk_rcu_tasks_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
{
	static const char *const functions[] = { "synchronize_rcu_tasks*", NULL };
	enum flavor barrier = flavor_of_barrier(f, g);
	struct found found;
	enum dlk_status status;

	if (barrier == UNKNOWN && (!g->sync || !dlk_grace_is_in(g, functions)))
		return DLK_OK;
	*is_taken = true;
	status = barrier == UNKNOWN ? find_flavor(f, g, &found)
				    : find_barrier(f, g, barrier, &found);
	if (status)
		return status;
	return add_wait(f, g->context, &found,
			barrier == UNKNOWN ? NULL : "callbacks wait for it, and it for these");
}

struct gathering {
	uint32_t resource;
	enum flavor flavor;
	enum dlk_confidence sure; /* as that anybody waits for it */
	uint32_t held;            /* by so many */
};

/* That a task holds out is marked in it: whether it still does. */
static enum dlk_status check_sleeper(struct dlk_facts *f, uint32_t context, bool *ret)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	uint64_t is_marked, then, now = 0;
	enum dlk_status status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_rcu_holdout,
							&is_marked);

	if (status || !is_marked || c->is_blocked)
		return status;
	status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_rcu_nvcsw, &then);
	if (!status)
		status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_nvcsw, &now);
	*ret = !status && then == now;
	return status;
}

static enum dlk_status check_reader(struct dlk_facts *f, uint32_t context, bool *ret)
{
	dlk_addr_t task = dlk_facts_context(f, context)->task;
	dlk_addr_t list = task + dlk_layout_offset(&f->k->layout, DLK_M_task_trc_list);
	uint64_t next, nesting;
	enum dlk_status status = dlk_kernel_read_member(f->k, task, DLK_M_task_trc_list, &next);

	if (status || !next || next == list)
		return status;
	status = dlk_kernel_read_member(f->k, task, DLK_M_task_trc_nesting, &nesting);
	if (!status && (int32_t)nesting)
		status = dlk_list_check(f->k, list, ret);
	return status;
}

static enum dlk_status add_holdout(struct dlk_facts *f, struct gathering *g, uint32_t context)
{
	struct dlk_hold hold = { .resource = g->resource,
				 .context = context,
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_READER,
				 .confidence = g->sure,
				 .note = g->flavor == TRACE
						 ? "it is inside a read side, and marked so"
						 : "it is marked, and has not slept since" };
	bool is_holdout = false;
	enum dlk_status status = g->flavor == TRACE ? check_reader(f, context, &is_holdout)
						    : check_sleeper(f, context, &is_holdout);

	status = dlk_facts_absorb(f, status, dlk_facts_context(f, context)->task, true);
	if (status || !is_holdout)
		return status;
	g->held++;
	return dlk_facts_add_hold(f, &hold);
}

static bool has_marks(const struct dlk_layout *l, enum flavor flavor)
{
	static const enum dlk_member_id of_sleep[] = { DLK_M_task_rcu_holdout, DLK_M_task_rcu_nvcsw,
						       DLK_M_task_nvcsw, DLK_M_NONE };
	static const enum dlk_member_id of_readers[] = { DLK_M_task_trc_list,
							 DLK_M_task_trc_nesting, DLK_M_NONE };

	return flavor == BY_SLEEP ? dlk_layout_has_all(l, of_sleep)
				  : flavor == TRACE && dlk_layout_has_all(l, of_readers);
}

static enum dlk_status add_holdouts(struct dlk_facts *f, struct gathering *g)
{
	enum dlk_status status = DLK_OK;

	if (!has_marks(&f->k->layout, g->flavor))
		return DLK_OK;
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		if (i % 64 == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = add_holdout(f, g, i);
	}
	return status;
}

/* The thread, if what it waits for is known, and is no timer. */
static enum dlk_status add_thread(struct dlk_facts *f, struct gathering *g)
{
	struct dlk_hold hold = { .resource = g->resource,
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_ENDS,
				 .confidence = g->sure,
				 .note = "it ends these grace periods" };
	uint64_t thread;
	enum dlk_status status =
		dlk_kernel_read_member(f->k, dlk_kernel_symbol(f->k, flavors[g->flavor].symbol),
				       DLK_M_rcu_tasks_kthread, &thread);

	if (status)
		return dlk_facts_absorb(f, status, 0, true);
	hold.context = dlk_facts_find_context(f, thread);
	if (hold.context == DLK_NONE || !dlk_facts_waits(f, hold.context))
		return DLK_OK;
	g->held++;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status gather(struct dlk_facts *f, struct gathering *g)
{
	struct dlk_resource *r;
	enum dlk_status status = DLK_OK;

	if (dlk_layout_has(&f->k->layout, DLK_M_rcu_tasks_kthread) &&
	    dlk_kernel_symbol(f->k, flavors[g->flavor].symbol))
		status = add_thread(f, g);
	if (!status)
		status = add_holdouts(f, g);
	r = dlk_facts_resource(f, g->resource);
	r->readers = g->held;
	if (g->held)
		return status;
	r->is_event = true;
	r->holders_unknown = "nobody is found that holds it up: the kernel's thread has yet to see "
			     "that, or tasks that exit do";
	return status;
}

enum dlk_status dlk_rcu_tasks_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (int i = BY_SLEEP; i < UNKNOWN && !status; i++) {
		struct gathering g = { .resource = dlk_model_find_resource(&f->model, DLK_KIND_RCU,
									   0, flavors[i].name),
				       .flavor = (enum flavor)i };

		if (g.resource == DLK_NONE)
			continue;
		g.sure = dlk_rcu_judge_waits(f, g.resource).are_sure ? DLK_CERTAIN : DLK_LIKELY;
		status = gather(f, &g);
	}
	return status;
}
