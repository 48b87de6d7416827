/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a grace period of RCU up?
 *
 * Each leaf of the tree has a mask of the CPUs that have not passed yet, and, where readers can be preempted, the list of
 * the tasks that were, inside a read side; from one of these on they hold the grace period up (kernel/rcu/tree.h,
 * tree_plugin.h).
 *
 * Claims: a task of the list is certain, if it is certain that anybody waits.  A CPU that has not passed is held by the task that runs there, until that
 * leaves its read side, sleeps, or lets itself be preempted: likely, if it is inside a read side, or if somebody has
 * waited for long; else possible, for most CPUs pass at their next tick.  The idle tasks hold nothing up.  Before
 * rcu_barrier() ends a normal grace period must, but perhaps not this one: likely.
 *
 * How it can be wrong: what runs on top of the task may be what keeps the CPU; the task may be in user mode; and the
 * kernel's own thread, which ends grace periods, may not get a CPU.
 */
#include <config.h>

#include "kernel/list.h"
#include "locks/grace.h"
#include "locks/lock.h"
#include "locks/rcu.h"

enum { GP_STATE = 3 /* of gp_seq: a grace period is in progress */ };

struct holders {
	struct dlk_facts *f;
	uint32_t resource;
	enum dlk_rcu_what what;
	const struct dlk_rcu_waits *waits;
	bool *is_late;        /* for each CPU: it has not passed */
	uint32_t late;        /* so many */
	uint32_t explained;   /* by a hold that is likely at least */
	uint32_t listed;      /* tasks */
	dlk_addr_t state;     /* rcu_state */
	dlk_addr_t node;      /* the last whose list was read */
	enum dlk_status lost; /* of a read */
};

dlk_addr_t dlk_rcu_data(struct dlk_facts *f, uint32_t cpu)
{
	dlk_addr_t data = dlk_kernel_symbol(f->k, "rcu_data");

	return data && f->k->percpu_offset ? data + f->k->percpu_offset[cpu] : 0;
}

static enum dlk_status add_hold(struct holders *h, uint32_t context, uint32_t evidence,
				enum dlk_confidence confidence, const char *note)
{
	const struct dlk_hold hold = { .resource = h->resource,
				       .context = context,
				       .mode = DLK_MODE_READ,
				       .evidence = evidence,
				       .confidence = confidence,
				       .note = note };

	return dlk_facts_add_hold(h->f, &hold);
}

static enum dlk_status add_listed(struct holders *h, dlk_addr_t task)
{
	uint32_t context = dlk_facts_find_context(h->f, task);

	if (context == DLK_NONE)
		return dlk_fail(h->f->ctx, DLK_ERR_CORRUPT,
				"blkd_tasks has 0x%llx, which is no task",
				(unsigned long long)task);
	h->listed++;
	return add_hold(h, context, DLK_EVIDENCE_READER,
			h->what != DLK_RCU_BARRIER && h->waits->are_sure ? DLK_CERTAIN : DLK_LIKELY,
			NULL);
}

/* The tasks of a node, from the first that holds this grace period up. */
static enum dlk_status read_tasks(struct holders *h, dlk_addr_t node)
{
	const struct dlk_layout *l = &h->f->k->layout;
	struct dlk_list_walk walk = { .memory = &h->f->k->memory,
				      .head = node + dlk_layout_offset(l, DLK_M_rcu_node_tasks),
				      .limit = h->f->tasks.tasks.len + 1 };
	uint64_t first;
	bool is_holder = false;
	enum dlk_status status = dlk_kernel_read_member(h->f->k, node,
							h->what == DLK_RCU_EXPEDITED
								? DLK_M_rcu_node_exp_tasks
								: DLK_M_rcu_node_gp_tasks,
							&first);

	if (status || !first || !dlk_layout_has(l, DLK_M_task_rcu_entry))
		return status;
	while (!status && dlk_list_next(&walk)) {
		is_holder = is_holder || walk.node == first;
		if (is_holder)
			status = add_listed(h,
					    walk.node - dlk_layout_offset(l, DLK_M_task_rcu_entry));
	}
	if (!status && !walk.status && !is_holder)
		return dlk_fail(h->f->ctx, DLK_ERR_CORRUPT, "gp_tasks is not in blkd_tasks");
	return status ? status : walk.status;
}

/* Whether a CPU has passed, and, once for each node, its tasks. */
static enum dlk_status read_cpu(struct holders *h, uint32_t cpu)
{
	struct dlk_kernel *k = h->f->k;
	dlk_addr_t data = dlk_rcu_data(h->f, cpu);
	uint64_t node, mask, late;
	enum dlk_status status = dlk_kernel_read_member(k, data, DLK_M_rcu_data_node, &node);

	if (!status)
		status = dlk_kernel_read_member(k, data, DLK_M_rcu_data_mask, &mask);
	if (status)
		return status;
	if (node < h->state || node - h->state >= k->layout.sizes[DLK_S_rcu_state])
		return dlk_fail(h->f->ctx, DLK_ERR_CORRUPT, "the node of CPU %u is none", cpu);
	status = dlk_kernel_read_member(k, node,
					h->what == DLK_RCU_EXPEDITED ? DLK_M_rcu_node_expmask
								     : DLK_M_rcu_node_qsmask,
					&late);
	if (status)
		return status;
	h->is_late[cpu] = late & mask;
	h->late += h->is_late[cpu];
	if (node == h->node)
		return DLK_OK;
	h->node = node;
	return read_tasks(h, node);
}

/* Who runs on a CPU that has not passed. */
static enum dlk_status judge_running(struct holders *h, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(h->f, context);
	bool is_inside;

	if (!c->is_on_cpu || c->cpu < 0 || (uint32_t)c->cpu >= h->f->k->cpu_count ||
	    !h->is_late[c->cpu] || c->is_idle)
		return DLK_OK;
	is_inside = (int32_t)dlk_kernel_peek_member(h->f->k, c->task, DLK_M_task_rcu_nesting) > 0;
	if (!is_inside && !h->waits->have_lasted)
		return add_hold(h, context, DLK_EVIDENCE_ON_CPU, DLK_POSSIBLE,
				"its CPU has not passed yet");
	h->explained++;
	return add_hold(h, context, is_inside ? DLK_EVIDENCE_READER : DLK_EVIDENCE_ON_CPU,
			DLK_LIKELY,
			is_inside ? "it runs inside a read side" : "its CPU does not pass");
}

static enum dlk_status read_all(struct holders *h)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; cpu < h->f->k->cpu_count && !status; cpu++) {
		enum dlk_status read = read_cpu(h, cpu);

		if (read)
			h->lost = read;
		status = dlk_facts_absorb(h->f, read, h->state, true);
		if (!status && cpu % 64 == 0)
			status = dlk_check_cancel(h->f->ctx);
	}
	for (uint32_t i = 0; i < h->f->tasks.tasks.len && !status && h->late; i++)
		status = judge_running(h, i);
	return status;
}

/* Why not all who hold it up are known; NULL if they are. */
static const char *find_reason(const struct holders *h, uint64_t seq)
{
	if (h->lost)
		return "not all that RCU has of its CPUs could be read";
	if (h->what != DLK_RCU_EXPEDITED && !(seq & GP_STATE))
		return "no grace period is in progress: the kernel's thread has yet to begin one, "
		       "or the callbacks have yet to be invoked";
	if (h->late > h->explained)
		return "not all CPUs have passed, and who keeps them from it is not known";
	if (!h->listed && !h->late)
		return "all CPUs have passed: the kernel's thread has yet to see that";
	return NULL;
}

enum dlk_status dlk_rcu_add_holders(struct dlk_facts *f, uint32_t resource, enum dlk_rcu_what what,
				    const struct dlk_rcu_waits *waits)
{
	struct holders h = { .f = f,
			     .resource = resource,
			     .what = what,
			     .waits = waits,
			     .state = dlk_kernel_symbol(f->k, "rcu_state"),
			     .is_late = dlk_calloc(f->ctx, f->k->cpu_count + 1,
						   sizeof(*h.is_late)) };
	struct dlk_resource *r;
	uint64_t seq;
	enum dlk_status status;

	if (!h.is_late)
		return dlk_nomem(f->ctx);
	status = dlk_kernel_read_member(f->k, h.state, DLK_M_rcu_gp_seq, &seq);
	if (status)
		return dlk_lock_unreadable(f, resource, status);
	if (what == DLK_RCU_EXPEDITED || seq & GP_STATE)
		status = read_all(&h);
	r = dlk_facts_resource(f, resource);
	r->readers = h.listed;
	r->holders_unknown = find_reason(&h, seq);
	r->is_event = r->holders_unknown && !h.listed && !h.late;
	return status;
}
