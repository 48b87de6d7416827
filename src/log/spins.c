/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs, as lockups, stalls and NMIs print them. */
#include <config.h>

#include "log/spins.h"

#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"

enum { MAX_SPINNERS = 256, MIN_PREFIX = 3 };

/* A soft lockup is told of again after less than that; who stands there for longer is said to. */
#define MOMENT_US UINT64_C(60000000)

/* What spins on a CPU, and waits for what nobody is known to hold. */
struct spinner {
	uint32_t context, resource;
	const struct dlk_frame *frames;
	uint32_t frame_count;
	const char *caller;   /* who wanted the lock */
	bool is_for_callback; /* it waits for a timer's callback, and no lock */
	uint64_t time_us;     /* when its CPU was looked at */
	uint32_t line;        /* where the log says so */
};

/* A part of a CPU's stack: a task's, or an interrupt's on top of it. */
struct level {
	enum dlk_context_kind kind;
	struct dlk_frame *frames;
	uint32_t count;
};

/* What is spun for, as far as the functions say. */
struct wanted {
	enum dlk_kind kind;
	const char *what; /* "a callback," */
	const char *at;   /* NULL */
};

struct spins {
	struct dlk_log_facts *f;
	struct spinner spinners[MAX_SPINNERS];
	uint32_t count;
};

/* --- what a stack shows */

/* An interrupt that did no more than print what is read here. */
static bool is_reporter(const struct dlk_frame *frames, uint32_t count)
{
	static const char *const own[] = { "dump_stack*",
					   "watchdog_timer_fn*",
					   "nmi_trigger*",
					   "rcu_dump_cpu_stacks*",
					   "rcu_sched_clock_irq*",
					   "rcu_check_callbacks*",
					   "sysrq_handle_*",
					   "panic",
					   "nmi_cpu_backtrace*",
					   "showacpu",
					   "print_cpu_stall*",
					   "check_cpu_stall*",
					   NULL };

	for (uint32_t i = 0; i < count; i++)
		if (dlk_function_matches(frames[i].function, own))
			return true;
	return count == 0;
}

/* The frames of a level of a stack, with the place where the CPU is innermost. */
static enum dlk_status take_level(struct dlk_log_facts *f, const struct dlk_log_cpu *cpu,
				  struct level *level)
{
	const struct dlk_log_stack *stack = &cpu->stack;
	struct dlk_frame *frames = dlk_calloc(f->ctx, (size_t)stack->count + 1, sizeof(*frames));
	uint32_t n = 0;

	if (!frames)
		return dlk_nomem(f->ctx);
	if (cpu->ip.function && (!stack->count || stack->frames[0].on == level->kind))
		frames[n++] = (struct dlk_frame){ .function = cpu->ip.function,
						  .symbol = cpu->ip.symbol,
						  .is_reliable = true };
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct dlk_log_frame *from = &stack->frames[i];

		if (from->on != level->kind || !from->is_reliable)
			continue;
		frames[n++] = dlk_log_frame_of(from);
	}
	level->frames = frames;
	level->count = n;
	return DLK_OK;
}

/* --- contexts */

static enum dlk_status add_on_top(struct dlk_log_facts *f, const struct dlk_log_block *block,
				  uint32_t below, const struct level *level, uint32_t *ret)
{
	struct dlk_context *task = dlk_model_context(&f->model, below);
	struct dlk_context c = {
		.kind = level->kind,
		.on_top_of = below,
		.pid = task->pid,
		.tgid = task->tgid,
		.state = 'R',
		.is_on_cpu = true,
		.cpu = block->cpu.cpu,
		.blocked_ns = DLK_NS_UNKNOWN,
		.running_ns = task->running_ns,
		.frames = level->frames,
		.frame_count = level->count,
		.log_line = block->first_line,
	};

	snprintf(c.comm, sizeof(c.comm), "%s", dlk_context_text(level->kind));
	return dlk_model_add_on_top(&f->model, &c, ret);
}

/* --- spinning */

static bool is_callback_wait(const char *function)
{
	static const char *const names[] = { "hrtimer_cancel",        "del_timer_sync",
					     "timer_delete_sync",     "__timer_delete_sync",
					     "try_to_del_timer_sync", NULL };

	return dlk_function_matches(function, names);
}

static bool runs_callback(const struct dlk_frame *frames, uint32_t count)
{
	static const char *const names[] = { "__hrtimer_run_queues", "call_timer_fn",
					     "__run_timers", "expire_timers", NULL };

	for (uint32_t i = 0; i < count; i++)
		if (dlk_function_matches(frames[i].function, names))
			return true;
	return false;
}

/* The frame in which a CPU waits: for a callback, before all else, as that takes locks on its way. */
static const struct dlk_frame *find_callback_wait(const struct dlk_frame *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_callback_wait(frames[i].function))
			return &frames[i];
	return NULL;
}

static enum dlk_status add_spin(struct spins *s, struct spinner *one, const struct wanted *wanted)
{
	struct dlk_model_builder *b = &s->f->model;
	const struct dlk_context *c = dlk_model_context(b, one->context);
	const char *name = dlk_format(b->ctx, "%s wanted by %s on CPU %d", wanted->what, c->comm,
				      c->cpu);
	struct dlk_wait wait = { .context = one->context,
				 .position = DLK_NONE,
				 .mode = dlk_kind_mode(wanted->kind, false),
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_FUNCTION,
				 .confidence = DLK_LIKELY,
				 .at = wanted->at,
				 .log_line = one->line };
	enum dlk_status status;
	bool is_new;

	if (!name)
		return dlk_nomem(b->ctx);
	status = dlk_model_make_resource(b, wanted->kind, 0, name, &one->resource, &is_new);
	if (status)
		return status;
	wait.resource = one->resource;
	dlk_model_resource(b, one->resource)->holders_unknown =
		one->is_for_callback ? "the log does not say which CPU runs it"
				     : "the log does not say who holds it";
	return dlk_model_add_wait(b, &wait);
}

static void remember(struct spins *s, const struct spinner *one)
{
	if (s->count < MAX_SPINNERS)
		s->spinners[s->count++] = *one;
}

/* csd_lock_wait() and its like: whom it waits for is told by other CPUs, if at all. */
static enum dlk_status add_unknown(struct spins *s, uint32_t context, const struct dlk_waiting *w)
{
	struct dlk_unknown *slot = dlk_vec_push(s->f->ctx, &s->f->model.unknowns);
	const struct dlk_context *c = dlk_model_context(&s->f->model, context);

	if (!slot)
		return dlk_nomem(s->f->ctx);
	*slot = (struct dlk_unknown){ .context = context,
				      .why = DLK_WHY_SPINS,
				      .kind = w->how->kind,
				      .function = w->function->function,
				      .caller = w->caller ? w->caller->symbol : NULL,
				      .ns = c->running_ns,
				      .log_line = c->log_line };
	return DLK_OK;
}

static enum dlk_status find_spin(struct spins *s, uint32_t context, const struct level *level,
				 const struct dlk_log_block *block)
{
	const struct dlk_frame *callback = find_callback_wait(level->frames, level->count);
	struct dlk_waiting w = { NULL, NULL, NULL };
	struct spinner one = { .context = context,
			       .frames = level->frames,
			       .frame_count = level->count,
			       .is_for_callback = callback,
			       .time_us = block->time_us,
			       .line = block->first_line };
	struct wanted wanted = { DLK_KIND_INTERRUPT, "a callback,",
				 callback ? callback->symbol : NULL };
	enum dlk_status status;
	uint32_t next = 0;

	if (!callback) {
		if (!dlk_frames_spinning(level->frames, level->count, &next, &w))
			return DLK_OK;
		if (w.how->kind != DLK_KIND_SPINLOCK && w.how->kind != DLK_KIND_RWLOCK)
			return add_unknown(s, context, &w);
		one.caller = w.caller ? w.caller->function : NULL;
		wanted = (struct wanted){ w.how->kind, "one", w.caller ? w.caller->symbol : NULL };
	}
	status = add_spin(s, &one, &wanted);
	if (!status)
		remember(s, &one);
	return status;
}

/* --- one CPU */

static enum dlk_status take_person(struct spins *s, uint32_t person)
{
	struct dlk_log_person *p = dlk_log_person(s->f, person);
	struct level level = { .kind = DLK_CONTEXT_TASK };
	uint32_t below = p->context;
	enum dlk_status status = take_level(s->f, &p->cpu->cpu, &level);

	if (!status)
		status = find_spin(s, below, &level, p->cpu);
	for (unsigned kind = DLK_CONTEXT_SOFTIRQ; kind < DLK_CONTEXT_NMI && !status; kind++) {
		uint32_t top;

		level.kind = (enum dlk_context_kind)kind;
		status = take_level(s->f, &p->cpu->cpu, &level);
		if (status || is_reporter(level.frames, level.count) || p->cpu->cpu.cpu < 0)
			continue;
		status = add_on_top(s->f, p->cpu, below, &level, &top);
		if (!status)
			status = find_spin(s, top, &level, p->cpu);
		if (!status)
			below = top;
	}
	return status;
}

/* --- who keeps it from them */

static enum dlk_status add_hold(struct spins *s, uint32_t resource, uint32_t context,
				enum dlk_confidence confidence, const char *note)
{
	struct dlk_model_builder *b = &s->f->model;
	struct dlk_hold hold = { .context = context,
				 .resource = resource,
				 .mode = dlk_kind_mode(dlk_model_resource(b, resource)->kind,
						       false),
				 .evidence = DLK_EVIDENCE_LIVE_FRAME,
				 .confidence = confidence,
				 .note = note,
				 .log_line = dlk_model_context(b, context)->log_line };

	return dlk_model_add_hold(b, &hold);
}

/* Two CPUs that were looked at minutes apart need not have met. */
static bool is_of_one_moment(const struct spinner *a, const struct spinner *b)
{
	uint64_t first = a->time_us < b->time_us ? a->time_us : b->time_us;
	uint64_t last = a->time_us < b->time_us ? b->time_us : a->time_us;

	return last == DLK_LOG_NO_TIME || last - first <= MOMENT_US;
}

/* If one context alone runs callbacks, and spins itself, it is the one. */
static enum dlk_status find_callback(struct spins *s, const struct spinner *waiter)
{
	const struct spinner *found = NULL;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct spinner *other = &s->spinners[i];

		if (other->context == waiter->context || other->is_for_callback ||
		    !is_of_one_moment(other, waiter) ||
		    !runs_callback(other->frames, other->frame_count))
			continue;
		if (found)
			return DLK_OK;
		found = other;
	}
	if (!found)
		return DLK_OK;
	return add_hold(
		s, waiter->resource, found->context, DLK_POSSIBLE,
		"it is the only one that spins inside a timer's callback; that it is this one, "
		"the log does not say");
}

/* "drm_handle_vblank", "drm_vblank_disable_and_save": of one subsystem, by the first word of their names. */
static bool is_akin(const char *function, const struct spinner *other)
{
	size_t len;

	if (!function)
		return false;
	function += strspn(function, "_");
	len = strcspn(function, "_");
	for (uint32_t i = 0; i < other->frame_count && len >= MIN_PREFIX; i++) {
		const char *name = other->frames[i].function +
				   strspn(other->frames[i].function, "_");

		if (!strncmp(name, function, len) && name[len] == '_')
			return true;
	}
	return false;
}

static enum dlk_status find_keeper(struct spins *s, const struct spinner *waiter)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < s->count && !status; i++) {
		const struct spinner *other = &s->spinners[i];

		if (other->context == waiter->context || !is_of_one_moment(other, waiter) ||
		    dlk_model_find_hold(&s->f->model, waiter->context, other->resource) ==
			    DLK_NONE ||
		    !is_akin(waiter->caller, other))
			continue;
		status = add_hold(s, waiter->resource, other->context, DLK_POSSIBLE,
				  "it waits for the one that spins, in functions of the same name; "
				  "that it holds the lock, the log does not say");
	}
	return status;
}

enum dlk_status dlk_log_spins_gather(struct dlk_log_facts *f)
{
	struct spins *s = dlk_alloc(f->ctx, sizeof(*s));
	enum dlk_status status = DLK_OK;

	if (!s)
		return dlk_nomem(f->ctx);
	s->f = f;
	for (uint32_t i = 0; i < f->people.len && !status; i++)
		if (dlk_log_person(f, i)->cpu && dlk_log_context(f, i)->is_on_cpu)
			status = take_person(s, i);
	for (uint32_t i = 0; i < s->count && !status; i++)
		if (s->spinners[i].is_for_callback)
			status = find_callback(s, &s->spinners[i]);
	for (uint32_t i = 0; i < s->count && !status; i++)
		if (!s->spinners[i].is_for_callback)
			status = find_keeper(s, &s->spinners[i]);
	return status;
}
