/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What spins until another CPU has done something: the table of the functions that do so, and those that wait until
 * another CPU has called a function (kernel/smp.c), as all do that change text (text_poke()), flush TLBs, or ask each CPU for a barrier.
 *
 * Wait: by the function that spins and what it was given (spin.c), the number of a CPU.  Certain, where the unwinder is.
 * Who has asked one CPU, which is not known by its registers, and waits for it, has the request on its own stack (csd_stack of
 * smp_call_function_single()): it waits for the CPU whose queue has it.
 * Who has asked many CPUs waits for those that have something in their queue (call_single_queue) and cannot begin with it.
 *
 * A queue is emptied before the first of what was in it is called: who stands in that function may be at it.  Where no CPU has
 * anything in its queue, nor stands there, it has just ended; that is said only if all these queues and stacks could be read.
 *
 * Hold: a CPU calls functions in an interrupt, so whatever runs there with its interrupts off keeps the caller waiting: likely, for it
 * may have called it already, and not said so.  With its interrupts on it will do so at once, and nobody waits for anybody.
 *
 * How it can be wrong: where a CPU's flags are not known nobody is said to hold it up, and the wait has a holder that is not known.
 */
#include <config.h>

#include "locks/cpu_wait.h"

#include <inttypes.h>

#include "kernel/percpu.h"

enum { MAX_REQUESTS = 1024 /* that are looked at, in all queues */ };

/* --- what all have in common */

uint32_t dlk_cpu_wait_cpu(const struct dlk_context *c)
{
	return c->is_on_cpu && c->cpu >= 0 ? (uint32_t)c->cpu : DLK_NONE;
}

static bool has_frame(const struct dlk_context *c, const char *const *functions)
{
	for (uint32_t i = 0; i < c->frame_count; i++)
		if (c->frames[i].is_reliable &&
		    dlk_function_matches(c->frames[i].function, functions))
			return true;
	return false;
}

uint32_t dlk_cpu_wait_find(const struct dlk_facts *f, const char *const *functions, uint32_t cpu,
			   uint32_t next)
{
	for (uint32_t i = next; i < f->model.contexts.len; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);
		uint32_t own = dlk_cpu_wait_cpu(c);

		if (own != DLK_NONE && (cpu == DLK_NONE || own == cpu) && has_frame(c, functions))
			return i;
	}
	return DLK_NONE;
}

uint32_t dlk_cpu_wait_innermost(const struct dlk_facts *f, uint32_t cpu)
{
	uint32_t ret = DLK_NONE;

	for (uint32_t i = 0; i < f->model.contexts.len; i++)
		if (dlk_cpu_wait_cpu(dlk_facts_context(f, i)) == cpu)
			ret = i;
	return ret;
}

enum dlk_status dlk_cpu_wait_pass(const struct dlk_cpu_wait *w)
{
	return dlk_map_put(w->f->ctx, &w->f->passing, w->wait->context, 1);
}

enum dlk_status dlk_cpu_wait_hold(const struct dlk_cpu_wait *w, uint32_t context,
				  enum dlk_evidence evidence, enum dlk_confidence sure,
				  const char *note)
{
	const struct dlk_hold hold = { .context = context,
				       .resource = w->wait->resource,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .evidence = evidence,
				       .confidence = sure,
				       .note = note };

	return dlk_facts_add_hold(w->f, &hold);
}

/* --- calls */

static enum dlk_status take_call(const struct dlk_cpu_wait *w, uint64_t cpu,
				 enum dlk_confidence sure)
{
	struct dlk_facts *f = w->f;
	uint32_t holder = cpu < f->k->cpu_count ? dlk_cpu_wait_innermost(f, (uint32_t)cpu)
						: DLK_NONE;
	const struct dlk_context *c = holder == DLK_NONE ? NULL : dlk_facts_context(f, holder);
	const char *name;
	bool is_new;
	enum dlk_status status;

	if (c && c->are_flags_known && !c->has_interrupts_off)
		return dlk_cpu_wait_pass(w);
	name = dlk_format(f->ctx, "%" PRIu32 " to take interrupts", (uint32_t)cpu);
	if (!name)
		return dlk_nomem(f->ctx);
	status = dlk_model_make_resource(&f->model, DLK_KIND_CPU, 0, name, &w->wait->resource,
					 &is_new);
	if (!status)
		status = dlk_facts_add_wait(f, w->wait);
	if (status)
		return status;
	if (!c || !c->are_flags_known) {
		dlk_facts_resource(f, w->wait->resource)->holders_unknown =
			"what that CPU does is not known";
		return DLK_OK;
	}
	return dlk_cpu_wait_hold(w, holder, DLK_EVIDENCE_ON_CPU, sure, "with interrupts off");
}

/* Whether a CPU was asked to call something, and has not begun to. */
static bool is_asked(const struct dlk_facts *f, uint32_t cpu, dlk_addr_t queue)
{
	uint64_t first;

	return f->k->percpu_offset &&
	       !dlk_memory_read_u64(&f->k->memory, queue + f->k->percpu_offset[cpu], &first) &&
	       first;
}

/* What calls all that was asked for, one after the other; what stands in the queue then are later ones. */
static const char *const calling[] = { "__flush_smp_call_function_queue",
				       "flush_smp_call_function_queue", NULL };

static bool is_calling(const struct dlk_facts *f, uint32_t cpu)
{
	return dlk_cpu_wait_find(f, calling, cpu, 0) != DLK_NONE;
}

/* A frame that was guessed may hide another one. */
static bool is_seen(const struct dlk_context *c)
{
	for (uint32_t i = 0; i < c->frame_count; i++)
		if (!c->frames[i].is_reliable)
			return false;
	return !c->is_unseen && (c->is_in_user || c->frame_count);
}

/* One that is just going off line still runs something. */
static bool is_offline(const struct dlk_facts *f, const struct dlk_context *c)
{
	return f->is_offline && c->is_idle && c->cpu >= 0 && (uint32_t)c->cpu < f->k->cpu_count &&
	       f->is_offline[c->cpu];
}

/* Whether of each CPU it is known that it was not asked, and of all that runs that it has not begun. */
static bool are_all_seen(const struct dlk_facts *f, dlk_addr_t queue)
{
	uint64_t first;

	for (uint32_t cpu = 0; cpu < f->k->cpu_count; cpu++)
		if (!f->k->percpu_offset ||
		    (dlk_percpu_is_possible(f->k, cpu) &&
		     dlk_memory_read_u64(&f->k->memory, queue + f->k->percpu_offset[cpu], &first)))
			return false;
	for (uint32_t i = 0; i < f->model.contexts.len; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (c->is_on_cpu && !is_seen(c) && !is_offline(f, c))
			return false;
	}
	return true;
}

/*
 * Of several CPUs, or of one that is not known, those that have not called it keep it waiting: which have not begun with it, and
 * which are at it, or at another call.  Where there are none it has just ended.
 */
static enum dlk_status take_calls(const struct dlk_cpu_wait *w, bool is_for_one)
{
	struct dlk_facts *f = w->f;
	dlk_addr_t queue = dlk_kernel_symbol(f->k, "call_single_queue");
	uint32_t own = dlk_cpu_wait_cpu(dlk_facts_context(f, w->wait->context)), count = 0;
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; queue && cpu < f->k->cpu_count; cpu++)
		count += cpu != own && (is_asked(f, cpu, queue) || is_calling(f, cpu));
	for (uint32_t cpu = 0; queue && cpu < f->k->cpu_count && !status; cpu++) {
		bool is_open = cpu != own && is_asked(f, cpu, queue);

		if (is_open || (cpu != own && is_calling(f, cpu)))
			status = take_call(w, cpu,
					   count > 1 && (is_for_one || !is_open) ? DLK_POSSIBLE
										 : DLK_LIKELY);
	}
	return status || !queue || count || !are_all_seen(f, queue) ? status : dlk_cpu_wait_pass(w);
}

/* Whether a CPU's queue has a request that lies on the stack of who stands there. */
static bool has_request_of(const struct dlk_facts *f, dlk_addr_t queue,
			   const struct dlk_stack_start *start, uint32_t *looked_at)
{
	dlk_addr_t at = queue;

	while (!dlk_memory_read_u64(&f->k->memory, at, &at) && at && (*looked_at)++ < MAX_REQUESTS)
		if (at >= start->sp && at < start->top)
			return true;
	return false;
}

/* The CPU that has yet to take a context's request; DLK_NONE. */
static uint32_t find_asked(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_stack_start *start = dlk_facts_start(f, context);
	dlk_addr_t queue = dlk_kernel_symbol(f->k, "call_single_queue");
	uint32_t looked_at = 0;

	for (uint32_t cpu = 0; start && queue && f->k->percpu_offset && cpu < f->k->cpu_count;
	     cpu++)
		if (has_request_of(f, queue + f->k->percpu_offset[cpu], start, &looked_at))
			return cpu;
	return DLK_NONE;
}

static enum dlk_status take_one_call(const struct dlk_cpu_wait *w)
{
	uint32_t cpu = w->given ? (uint32_t)*w->given : find_asked(w->f, w->wait->context);

	return cpu != DLK_NONE ? take_call(w, cpu, DLK_LIKELY) : take_calls(w, true);
}

static enum dlk_status take_many_calls(const struct dlk_cpu_wait *w)
{
	return take_calls(w, false);
}

/* --- the table */

static const struct row {
	const char *function;
	dlk_cpu_wait_fn *take;
} rows[] = {
	{ "smp_call_function_single", take_one_call },
	{ "__smp_call_function_single", take_one_call }, /* v7.3 */
	{ "smp_call_function_many_cond", take_many_calls },
	{ "hrtimer_cancel", dlk_hrtimer_wait_take },
	{ "del_timer_sync", dlk_timer_wait_take }, /* until v6.2 (9b13df3fb64e) */
	{ "timer_delete_sync", dlk_timer_wait_take },
	{ "timer_shutdown_sync", dlk_timer_wait_take },
	{ "__timer_delete_sync", dlk_timer_wait_take },
	{ "multi_cpu_stop", dlk_stop_wait_take },
	{ "__synchronize_hardirq", dlk_handler_wait_take },
};

static const struct row *find_row(const char *function)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (dlk_function_is(function, rows[i].function))
			return &rows[i];
	return NULL;
}

bool dlk_cpu_wait_is(const struct dlk_spinning *s, const struct dlk_frame *frames)
{
	return find_row(frames[s->function].function);
}

enum dlk_status dlk_cpu_wait_take(const struct dlk_cpu_wait *w, const struct dlk_spinning *s)
{
	const struct dlk_context *c = dlk_facts_context(w->f, w->wait->context);

	return find_row(c->frames[s->function].function)->take(w);
}
