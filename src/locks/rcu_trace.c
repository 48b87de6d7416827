/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers of trace RCU, where that is a domain of SRCU (v7.2; include/linux/rcupdate_trace.h).  Before: rcu_tasks.c.
 *
 * Wait: srcu.c; the domain is rcu_tasks_trace_srcu_struct.
 *
 * Hold: other than of SRCU, a task that is inside by rcu_read_lock_trace() says so (trc_reader_nesting), and by which counter it was
 * counted (trc_reader_scp).  A grace period looks first at those who are counted by the one that is not in use, then has
 * readers use that, and looks at the others (kernel/rcu/srcutree.c, srcu_advance_state()).  So who is inside holds it up, certain; but
 * who has come since readers use the other counter, in its second half, may be waited for by a later one only: possible.  So is whoever may
 * have, where the domain's words cannot be read.
 *
 * How it can be wrong: those inside by rcu_read_lock_tasks_trace() are counted alone, and if more are counted than found that
 * is said.  A task is about to leave, or has been counted just now.
 */
#include <config.h>

#include "locks/find.h"

enum { CANCEL_EVERY = 64, PHASE_MASK = 3, SECOND_HALF = 2 /* SRCU_STATE_SCAN2 */ };

static const enum dlk_member_id needs[] = { DLK_M_task_trc_nesting, DLK_M_task_trc_counter,
					    DLK_M_NONE };

struct gathering {
	uint32_t resource;
	uint64_t later; /* the counter of those who may have come later; 0: there are none */
	enum dlk_confidence sure; /* of those who have not */
	uint64_t found;           /* readers */
};

/* Whether somebody may have come since the second half began; without the domain's words all may. */
static enum dlk_status read_phase(struct dlk_facts *f, dlk_addr_t domain, struct gathering *g)
{
	static const enum dlk_member_id members[] = { DLK_M_srcu_sup, DLK_M_srcu_usage_gp_seq,
						      DLK_M_srcu_counter, DLK_M_NONE };
	uint64_t usage, phase = 0;
	enum dlk_status status;

	g->sure = DLK_POSSIBLE;
	if (!dlk_layout_has_all(&f->k->layout, members))
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, domain, DLK_M_srcu_counter, &g->later);
	if (status)
		return status;
	g->sure = DLK_CERTAIN;
	status = dlk_kernel_read_member(f->k, domain, DLK_M_srcu_sup, &usage);
	if (!status)
		status = dlk_kernel_read_member(f->k, usage, DLK_M_srcu_usage_gp_seq, &phase);
	if (!status && (phase & PHASE_MASK) != SECOND_HALF)
		g->later = 0;
	return status;
}

static enum dlk_status add_reader(struct dlk_facts *f, struct gathering *g, uint32_t context)
{
	struct dlk_hold hold = { .resource = g->resource,
				 .context = context,
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_READER,
				 .confidence = g->sure };
	dlk_addr_t task = dlk_facts_context(f, context)->task;
	uint64_t nesting, counter;
	enum dlk_status status = dlk_kernel_read_member(f->k, task, DLK_M_task_trc_nesting,
							&nesting);

	if (status || (int32_t)nesting <= 0)
		return status;
	status = dlk_kernel_read_member(f->k, task, DLK_M_task_trc_counter, &counter);
	if (status)
		return status;
	if (g->later && counter == g->later) {
		hold.confidence = DLK_POSSIBLE;
		hold.note = "it may have come when the grace period was under way already";
	}
	g->found++;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status gather(struct dlk_facts *f, struct gathering *g)
{
	struct dlk_resource *r = dlk_facts_resource(f, g->resource);
	enum dlk_status status = read_phase(f, r->address, g);

	status = dlk_facts_absorb(f, status, r->address, true);
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = dlk_facts_absorb(f, add_reader(f, g, i),
						  dlk_facts_context(f, i)->task, true);
	}
	if (!status && g->found)
		r->holders_unknown = g->found < r->readers
					     ? "not all are recorded that are counted inside"
					     : NULL;
	return status;
}

enum dlk_status dlk_rcu_trace_gather(struct dlk_facts *f)
{
	dlk_addr_t domain = dlk_kernel_symbol(f->k, "rcu_tasks_trace_srcu_struct");
	struct gathering g = { .resource = DLK_NONE };

	if (domain && dlk_layout_has_all(&f->k->layout, needs))
		g.resource = dlk_model_find_resource(&f->model, DLK_KIND_SRCU, domain, NULL);
	return g.resource == DLK_NONE ? DLK_OK : gather(f, &g);
}
