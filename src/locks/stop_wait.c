/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All CPUs that stop, or some, and those that do not come: stop_machine(), stop_two_cpus() (kernel/stop_machine.c).
 *
 * Each CPU has a thread for that, migration/N, which runs before all others there.  In multi_cpu_stop() it spins, first with interrupts on, until the threads
 * of all the CPUs that are meant have come, and then in step with them.
 *
 * Wait: by the function that spins, and what it was given: the struct multi_stop_data of the one stop (spin.c).  Certain, where
 * the unwinder is.  Whom it waits for are the CPUs that still have a work with this in their list (struct cpu_stopper, works): their threads have
 * not begun.  Who has asked for the stop has that struct on his stack, and waits for the same, whether he sleeps already or
 * was not left the time to.
 *
 * Hold: what runs on such a CPU keeps its thread from it, for nothing but interrupts and the disabling of preemption can: likely, for the
 * thread may be about to get it.  So nobody holds where the idle task runs.  If all have come, and on one of them an interrupt spins
 * for something on top of its thread, then that interrupt does.  If none of these is found the stop goes on, and nobody waits for anybody.
 *
 * Who has one CPU's thread call something (stop_one_cpu() and its like) has no such struct; he waits for a completion of a struct cpu_stop_done, which
 * the work in that CPU's list leads to.  If it is in no list the work has been begun: then the one CPU whose thread is at work does it, likely.
 *
 * How it can be wrong: a CPU that is about to give itself to its thread.  That makes no cycle: in a cycle it cannot.
 *
 * Kernel: struct cpu_stopper, its list of works, and struct multi_stop_data on the stack of who asks are older than all kernels that
 * are read.
 */
#include <config.h>

#include "locks/cpu_wait.h"

#include <inttypes.h>

#include "kernel/list.h"
#include "locks/event.h"

enum { MAX_WORKS = 64 /* each CPU may have asked for one of its own; a list is short */ };

static const enum dlk_member_id needs[] = { DLK_M_stopper_works, DLK_M_stop_work_list,
					    DLK_M_stop_work_arg, DLK_M_NONE };

static const char *const stops[] = { "multi_cpu_stop", NULL };

/* Whether a CPU has a work, with such a member, which it has not begun. */
static enum dlk_status is_awaited(struct dlk_kernel *k, dlk_addr_t stopper,
				  enum dlk_member_id member, dlk_addr_t data, bool *ret)
{
	struct dlk_list_walk walk = { .memory = &k->memory,
				      .head = stopper +
					      dlk_layout_offset(&k->layout, DLK_M_stopper_works),
				      .limit = MAX_WORKS };

	*ret = false;
	while (!*ret && dlk_list_next(&walk)) {
		dlk_addr_t work = walk.node - dlk_layout_offset(&k->layout, DLK_M_stop_work_list);
		uint64_t value;
		enum dlk_status status = dlk_kernel_read_member(k, work, member, &value);

		if (status)
			return status;
		*ret = value == data;
	}
	return walk.status;
}

/* What keeps a CPU from its thread, or its thread from going on; DLK_NONE. */
static uint32_t find_holder(const struct dlk_facts *f, uint32_t cpu, bool is_here)
{
	uint32_t innermost = dlk_cpu_wait_innermost(f, cpu);
	const struct dlk_context *c;
	struct dlk_spinning s;

	if (innermost == DLK_NONE)
		return DLK_NONE;
	c = dlk_facts_context(f, innermost);
	if (!is_here)
		return c->kind == DLK_CONTEXT_TASK && c->is_idle ? DLK_NONE : innermost;
	return c->kind != DLK_CONTEXT_TASK && dlk_cpu_wait_find(f, stops, cpu, 0) != DLK_NONE &&
			       dlk_frames_spin_now(c->frames, c->frame_count, &s)
		       ? innermost
		       : DLK_NONE;
}

/* Who has asked for it waits as well, whoever spins for it. */
static enum dlk_status add_caller(const struct dlk_cpu_wait *w)
{
	uint32_t caller = dlk_facts_find_stack(w->f, *w->given);
	struct dlk_wait wait = {
		.resource = w->wait->resource,
		.position = DLK_NONE,
		.mode = DLK_MODE_EXCLUSIVE,
		.evidence = DLK_EVIDENCE_BLOCKED_ON,
		.confidence = DLK_CERTAIN,
		.note = "the stop that its CPUs' threads spin for is on its stack"
	};

	if (caller == DLK_NONE || caller == w->wait->context)
		return DLK_OK;
	wait.context = caller;
	wait.is_awake = !dlk_facts_context(w->f, caller)->is_blocked;
	return dlk_facts_add_wait(w->f, &wait);
}

static enum dlk_status add(const struct dlk_cpu_wait *w, uint32_t cpu, uint32_t holder)
{
	const char *name = dlk_format(w->f->ctx, "%" PRIu32 " to stop", cpu);
	bool is_new;
	enum dlk_status status;

	if (!name)
		return dlk_nomem(w->f->ctx);
	status = dlk_model_make_resource(&w->f->model, DLK_KIND_CPU, 0, name, &w->wait->resource,
					 &is_new);
	if (!status)
		status = dlk_facts_add_wait(w->f, w->wait);
	if (!status)
		status = add_caller(w);
	if (!status)
		dlk_facts_resource(w->f, w->wait->resource)->state = "others have stopped for it";
	return status ? status
		      : dlk_cpu_wait_hold(w, holder, DLK_EVIDENCE_ON_CPU, DLK_LIKELY,
					  "what is to stop its CPU cannot run");
}

/* Of those CPUs that have come, or of those that have not. */
static enum dlk_status add_all(const struct dlk_cpu_wait *w, dlk_addr_t stopper, bool is_here,
			       uint32_t *count)
{
	struct dlk_kernel *k = w->f->k;
	uint32_t own = dlk_cpu_wait_cpu(dlk_facts_context(w->f, w->wait->context));
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; cpu < k->cpu_count && !status; cpu++) {
		uint32_t holder = cpu == own ? DLK_NONE : find_holder(w->f, cpu, is_here);
		bool is_to_come = is_here;

		if (holder != DLK_NONE && !is_here)
			status = is_awaited(k, stopper + k->percpu_offset[cpu], DLK_M_stop_work_arg,
					    *w->given, &is_to_come);
		if (status || holder == DLK_NONE || !is_to_come)
			continue;
		status = add(w, cpu, holder);
		++*count;
	}
	return status;
}

enum dlk_status dlk_stop_wait_take(const struct dlk_cpu_wait *w)
{
	struct dlk_kernel *k = w->f->k;
	dlk_addr_t stopper = dlk_kernel_symbol(k, "cpu_stopper");
	uint32_t count = 0;
	enum dlk_status status;

	if (!w->given || !stopper || !k->percpu_offset || !dlk_layout_has_all(&k->layout, needs))
		return DLK_OK;
	status = add_all(w, stopper, false, &count);
	if (!status && !count)
		status = add_all(w, stopper, true, &count);
	return status || count ? status : dlk_cpu_wait_pass(w);
}

/* --- who sleeps until a CPU's thread has called something */

/* The CPU that has not begun what a completion is for, and is kept from it. */
static enum dlk_status find_awaited(struct dlk_facts *f, dlk_addr_t done, uint32_t *ret)
{
	struct dlk_kernel *k = f->k;
	dlk_addr_t stopper = dlk_kernel_symbol(k, "cpu_stopper");
	enum dlk_status status = DLK_OK;

	*ret = DLK_NONE;
	for (uint32_t cpu = 0; cpu < k->cpu_count && !status && *ret == DLK_NONE; cpu++) {
		uint32_t holder = find_holder(f, cpu, false);
		bool is_one = false;

		if (holder != DLK_NONE)
			status = is_awaited(k, stopper + k->percpu_offset[cpu],
					    DLK_M_stop_work_done, done, &is_one);
		if (is_one)
			*ret = holder;
	}
	return status;
}

enum dlk_status dlk_stop_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				    dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	static const char *const callers[] = { "stop_one_cpu", "stop_two_cpus", "stop_cpus",
					       "__stop_cpus",  "stop_machine*", NULL };
	static const char *const threads[] = { "cpu_stopper_thread", NULL };
	const struct dlk_layout *l = &f->k->layout;
	uint32_t holder, thread;
	enum dlk_status status;

	if (!dlk_layout_has_all(l, needs) || !dlk_layout_has(l, DLK_M_stop_work_done) ||
	    !dlk_layout_has(l, DLK_M_stop_done_completion) || !f->k->percpu_offset ||
	    !dlk_kernel_symbol(f->k, "cpu_stopper") || !dlk_event_is_in(c, callers))
		return DLK_OK;
	status = find_awaited(f, completion - dlk_layout_offset(l, DLK_M_stop_done_completion),
			      &holder);
	if (status)
		return status;
	*ret = (struct dlk_event){ .kind = DLK_KIND_COMPLETION,
				   .name = "what a CPU's thread is to call",
				   .hold = { .context = holder,
					     .evidence = DLK_EVIDENCE_ON_CPU,
					     .confidence = DLK_LIKELY,
					     .note = "what is to call it cannot run on its CPU" } };
	*is_found = true;
	if (holder != DLK_NONE)
		return DLK_OK;
	thread = dlk_cpu_wait_find(f, threads, DLK_NONE, 0);
	if (thread != DLK_NONE && dlk_cpu_wait_find(f, threads, DLK_NONE, thread + 1) == DLK_NONE) {
		ret->hold.context = thread;
		ret->hold.note = "of such threads it alone is at work";
	} else {
		ret->holders_unknown = "which CPU's thread calls it is not known";
		ret->is_event = true;
	}
	return DLK_OK;
}
