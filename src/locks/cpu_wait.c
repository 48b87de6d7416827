/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What spins until another CPU has done something: calls a function (kernel/smp.c), ends the function of a timer
 * (kernel/time/hrtimer.c).
 *
 * Wait: by the function that spins and what it was given (spin.c): the number of a CPU, a timer.  Certain, where the unwinder is.
 * Who has asked many CPUs waits for those that have something in their queue (call_single_queue) and cannot begin with it.
 *
 * Hold: a CPU calls functions in an interrupt, so whatever runs there with its interrupts off keeps the caller waiting: likely, for it
 * may have called it already, and not said so.  With its interrupts on it will do so at once, and nobody waits for anybody.  A timer's base
 * names the one whose function runs, and its CPU: there that interrupt holds it, certain.
 *
 * How it can be wrong: where a CPU's flags are not known nobody is said to hold it up, and the wait has a holder that is not known.
 */
#include <config.h>

#include "locks/cpu_wait.h"

#include <inttypes.h>

#include "locks/lock.h"

/* What runs timers' functions. */
static const char *const running[] = { "__hrtimer_run_queues", "hrtimer_run_softirq", NULL };

static uint32_t cpu_of(const struct dlk_context *c)
{
	return c->is_on_cpu && c->cpu >= 0 ? (uint32_t)c->cpu : DLK_NONE;
}

/* The innermost context of a CPU: those on top come behind what they are on top of.  DLK_NONE. */
static uint32_t innermost_of(const struct dlk_facts *f, uint32_t cpu)
{
	uint32_t ret = DLK_NONE;

	for (uint32_t i = 0; i < f->model.contexts.len; i++)
		if (cpu_of(dlk_facts_context(f, i)) == cpu)
			ret = i;
	return ret;
}

static enum dlk_status pass(struct dlk_facts *f, uint32_t context)
{
	return dlk_map_put(f->ctx, &f->passing, context, 1);
}

static enum dlk_status add_hold(struct dlk_facts *f, uint32_t resource, uint32_t context,
				enum dlk_evidence evidence, enum dlk_confidence sure,
				const char *note)
{
	const struct dlk_hold hold = { .context = context,
				       .resource = resource,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .evidence = evidence,
				       .confidence = sure,
				       .note = note };

	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status take_call(struct dlk_facts *f, struct dlk_wait *wait, uint64_t cpu,
				 enum dlk_confidence sure)
{
	uint32_t holder = cpu < f->k->cpu_count ? innermost_of(f, (uint32_t)cpu) : DLK_NONE;
	const struct dlk_context *c = holder == DLK_NONE ? NULL : dlk_facts_context(f, holder);
	const char *name;
	bool is_new;
	enum dlk_status status;

	if (c && c->are_flags_known && !c->has_interrupts_off)
		return pass(f, wait->context);
	name = dlk_format(f->ctx, "%" PRIu32 " to take interrupts", (uint32_t)cpu);
	if (!name)
		return dlk_nomem(f->ctx);
	status = dlk_model_make_resource(&f->model, DLK_KIND_CPU, 0, name, &wait->resource,
					 &is_new);
	if (!status)
		status = dlk_facts_add_wait(f, wait);
	if (status)
		return status;
	if (!c || !c->are_flags_known) {
		dlk_facts_resource(f, wait->resource)->holders_unknown =
			"what that CPU does is not known";
		return DLK_OK;
	}
	return add_hold(f, wait->resource, holder, DLK_EVIDENCE_ON_CPU, sure,
			"with interrupts off");
}

/* Whether a CPU was asked to call something, and has not begun to. */
static bool is_asked(const struct dlk_facts *f, uint32_t cpu, dlk_addr_t queue)
{
	uint64_t first;

	return f->k->percpu_offset &&
	       !dlk_memory_read_u64(&f->k->memory, queue + f->k->percpu_offset[cpu], &first) &&
	       first;
}

/* Of several CPUs, or of one that is not known, those that have not called it keep it waiting. */
static enum dlk_status take_calls(struct dlk_facts *f, struct dlk_wait *wait, bool is_for_one)
{
	dlk_addr_t queue = dlk_kernel_symbol(f->k, "call_single_queue");
	uint32_t own = cpu_of(dlk_facts_context(f, wait->context)), count = 0;
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; queue && cpu < f->k->cpu_count; cpu++)
		count += cpu != own && is_asked(f, cpu, queue);
	for (uint32_t cpu = 0; queue && cpu < f->k->cpu_count && !status; cpu++)
		if (cpu != own && is_asked(f, cpu, queue))
			status = take_call(f, wait, cpu,
					   is_for_one && count > 1 ? DLK_POSSIBLE : DLK_LIKELY);
	return status;
}

/* What runs a timer's function on a CPU. */
static uint32_t find_running(const struct dlk_facts *f, uint32_t cpu)
{
	for (uint32_t i = 0; i < f->model.contexts.len; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		for (uint32_t n = 0; cpu_of(c) == cpu && n < c->frame_count; n++)
			if (dlk_function_matches(c->frames[n].function, running))
				return i;
	}
	return DLK_NONE;
}

static enum dlk_status take_timer(struct dlk_facts *f, struct dlk_wait *wait, dlk_addr_t timer)
{
	uint64_t base, running_timer, cpu_base = 0, cpu = 0;
	uint32_t holder;
	bool is_new;
	enum dlk_status status = dlk_kernel_read_member(f->k, timer, DLK_M_hrtimer_base, &base);

	if (!status)
		status = dlk_kernel_read_member(f->k, base, DLK_M_clock_base_running,
						&running_timer);
	if (!status)
		status = dlk_kernel_read_member(f->k, base, DLK_M_clock_base_cpu_base, &cpu_base);
	if (!status)
		status = dlk_kernel_read_member(f->k, cpu_base, DLK_M_hrtimer_cpu, &cpu);
	if (status)
		return status == DLK_ERR_NOTFOUND ? DLK_OK : status;
	if (running_timer != timer)
		return pass(f, wait->context);
	status = dlk_facts_make_resource(f, DLK_KIND_INTERRUPT, timer, &wait->resource, &is_new);
	if (!status && is_new) {
		struct dlk_resource *r = dlk_facts_resource(f, wait->resource);

		r->name = dlk_lock_name(f, timer, "hrtimer", DLK_M_NONE);
		r->state = "a timer's function, which runs";
	}
	if (!status)
		status = dlk_facts_add_wait(f, wait);
	holder = find_running(f, (uint32_t)cpu);
	if (!status && holder == DLK_NONE)
		dlk_facts_resource(f, wait->resource)->holders_unknown =
			"what runs it was not found on its CPU";
	return status || holder == DLK_NONE ? status
					    : add_hold(f, wait->resource, holder, DLK_EVIDENCE_ENDS,
						       DLK_CERTAIN, "it runs the timer's function");
}

static bool is_for_many(const char *function)
{
	return dlk_function_is(function, "smp_call_function_many_cond");
}

bool dlk_cpu_wait_is(const struct dlk_spinning *s, const struct dlk_frame *frames)
{
	const char *function = frames[s->function].function;

	return dlk_function_is(function, "smp_call_function_single") ||
	       dlk_function_is(function, "__smp_call_function_single") /* v7.3 */ ||
	       is_for_many(function) || dlk_function_is(function, "hrtimer_cancel");
}

enum dlk_status dlk_cpu_wait_take(struct dlk_facts *f, struct dlk_wait *wait,
				  const struct dlk_spinning *s, const uint64_t *given)
{
	const struct dlk_context *c = dlk_facts_context(f, wait->context);
	bool is_many = is_for_many(c->frames[s->function].function);

	if (s->kind == DLK_KIND_CPU && (is_many || !given))
		return take_calls(f, wait, !is_many);
	if (!given)
		return DLK_OK;
	return s->kind == DLK_KIND_CPU ? take_call(f, wait, (uint32_t)*given, DLK_LIKELY)
				       : take_timer(f, wait, *given);
}
