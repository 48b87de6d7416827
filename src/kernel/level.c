/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs on a CPU, one on top of the other: see level.h. */
#include <config.h>

#include "kernel/level.h"

#include "kernel/arch.h"
#include "kernel/unwind.h"

enum { MAX_PLACES = 16 };

/* kernel/softirq.c: v6.10 (e68ac2b48849), and before. */
static const char *const softirqs[] = { "handle_softirqs", "__do_softirq", NULL };

/* An interrupt that is over, and lets the task go on, or another one run: kernel/entry/common.c, kernel/sched/core.c. */
static const char *const leaving[] = { "preempt_schedule_irq",
				       "raw_irqentry_exit_cond_resched",
				       "dynamic_irqentry_exit_cond_resched",
				       "irqentry_exit_cond_resched",
				       "exit_to_user_mode*",
				       "irqentry_exit_to_user_mode",
				       "prepare_exit_to_usermode",
				       NULL };

/* A CPU that is stopped for good, or stops the others: kernel/panic.c, kernel/kexec_core.c, arch/x86/kernel/{reboot,smp,process}.c. */
static const char *const stopping[] = { "panic",
					"vpanic",
					"nmi_panic",
					"nmi_panic_self_stop",
					"crash_kexec",
					"__crash_kexec",
					"machine_kexec",
					"crash_nmi_callback",
					"kdump_nmi_callback",
					"stop_this_cpu",
					"crash_save_cpu",
					NULL };

/* Where unwinding begins, and each place from which an interrupt or an exception came. */
struct place {
	uint32_t frame;
	struct dlk_stack_start start;
};

struct places {
	struct place at[MAX_PLACES];
	uint32_t count;
	uint32_t end; /* frames that were reached by unwinders */
	bool is_user; /* what was interrupted last was a user's code */
};

static bool is_one_of(const struct dlk_frame *frames, uint32_t from, uint32_t end,
		      const char *const *patterns)
{
	for (uint32_t i = from; patterns && i < end; i++)
		if (dlk_function_matches(frames[i].function, patterns))
			return true;
	return false;
}

static struct dlk_stack_start start_of(const struct dlk_cursor *c)
{
	return (struct dlk_stack_start){
		.pc = c->pc, .sp = c->sp, .regs = c->regs, .is_exact = c->is_exact
	};
}

/* Go along the stack once more: what was interrupted has its registers. */
static void find_places(struct dlk_kernel *k, const struct dlk_stack *stack, struct places *ret)
{
	enum dlk_stepped step = DLK_STEP_CALLER;
	struct dlk_cursor c;

	dlk_cursor_begin(k, stack, &c);
	ret->count = ret->end = 0;
	for (uint32_t f = 0;
	     f < stack->frame_count && stack->frames[f].is_reliable && step == DLK_STEP_CALLER;
	     f++) {
		if (c.is_exact && ret->count < MAX_PLACES)
			ret->at[ret->count++] = (struct place){ f, start_of(&c) };
		ret->end = f + 1;
		step = dlk_unwind_step(&c);
	}
	ret->is_user = step == DLK_STEP_END;
}

static uint32_t find_softirq(const struct dlk_frame *frames, uint32_t from, uint32_t end)
{
	while (from < end && !dlk_function_matches(frames[from].function, softirqs))
		from++;
	return from;
}

/* What lies between two places: what an interrupt does, or what is the interrupted one's own. */
static enum dlk_context_kind kind_of(const struct dlk_kernel *k, const struct dlk_frame *frames,
				     uint32_t from, uint32_t end)
{
	if (is_one_of(frames, from, end, leaving))
		return DLK_CONTEXT_TASK;
	if (find_softirq(frames, from, end) < end)
		return DLK_CONTEXT_SOFTIRQ;
	if (is_one_of(frames, from, end, k->arch->nmi_entries))
		return DLK_CONTEXT_NMI;
	return is_one_of(frames, from, end, k->arch->interrupt_entries) ? DLK_CONTEXT_HARDIRQ
									: DLK_CONTEXT_TASK;
}

struct levels {
	struct dlk_cpu_level *at; /* outermost first, while they are found */
	uint32_t count;
};

/* From the outermost inwards: one more, or more of the last one. */
static void add_level(struct levels *l, enum dlk_context_kind kind, uint32_t first, uint32_t end,
		      const struct dlk_stack_start *start)
{
	struct dlk_cpu_level *last = &l->at[l->count - 1];

	if (kind <= last->kind) {
		last->count += end - first;
		last->first = first;
		last->start = *start;
		return;
	}
	l->at[l->count++] = (struct dlk_cpu_level){
		.kind = kind, .first = first, .count = end - first, .start = *start
	};
}

/* Where the task stands that runs softirqs itself: at the call of what runs them. */
static struct dlk_stack_start start_below(struct dlk_kernel *k, const struct dlk_stack *stack,
					  uint32_t frame)
{
	struct dlk_cursor c;

	dlk_cursor_begin(k, stack, &c);
	for (uint32_t f = 0; f < frame; f++)
		if (dlk_unwind_step(&c) != DLK_STEP_CALLER)
			break;
	return start_of(&c);
}

/* A part of the chain between two places, which may be a task's and the softirqs that it runs. */
static void add_part(struct dlk_kernel *k, const struct dlk_stack *stack, struct levels *l,
		     const struct place *place, uint32_t end)
{
	enum dlk_context_kind kind = kind_of(k, stack->frames, place->frame, end);
	uint32_t own = find_softirq(stack->frames, place->frame, end) + 1;

	if (kind == DLK_CONTEXT_SOFTIRQ && own < end &&
	    !is_one_of(stack->frames, own, end, k->arch->interrupt_entries)) {
		struct dlk_stack_start below = start_below(k, stack, own);

		add_level(l, DLK_CONTEXT_TASK, own, end, &below);
		end = own;
	}
	add_level(l, kind, place->frame, end, &place->start);
}

/* End of the stack that a level's innermost frames are on: where frames go to another one. */
static dlk_addr_t find_top(const struct dlk_kernel *k, const struct dlk_stack *stack,
			   const struct dlk_cpu_level *level)
{
	dlk_addr_t from = level->start.sp, top = from;

	if (from >= stack->task->stack && from < stack->task->stack + k->stack_size)
		return stack->task->stack + k->stack_size;
	for (uint32_t i = 0; i < level->count; i++) {
		dlk_addr_t sp = stack->frames[level->first + i].sp;

		if (sp > top && sp - from < k->stack_size)
			top = sp;
	}
	return top;
}

/* The innermost ones first, without what has only stopped the CPU. */
static uint32_t finish(const struct dlk_kernel *k, const struct dlk_stack *stack,
		       const struct levels *l, struct dlk_cpu_level *ret)
{
	uint32_t count = l->count;

	while (count > 1 && is_one_of(stack->frames, l->at[count - 1].first,
				      l->at[count - 1].first + l->at[count - 1].count, stopping))
		count--;
	for (uint32_t i = 0; i < count; i++) {
		ret[i] = l->at[count - 1 - i];
		ret[i].start.top = find_top(k, stack, &ret[i]);
	}
	return count;
}

uint32_t dlk_levels_find(struct dlk_kernel *k, const struct dlk_stack *stack,
			 struct dlk_cpu_level ret[DLK_MAX_LEVELS])
{
	struct dlk_cpu_level found[DLK_MAX_LEVELS];
	struct levels l = { found, 0 };
	struct places places;
	uint32_t end;

	find_places(k, stack, &places);
	if (!places.count)
		return 0;
	/* The frames behind those that unwinders have reached belong to the outermost. */
	end = places.is_user ? places.end : stack->frame_count;
	found[l.count++] =
		(struct dlk_cpu_level){ .kind = DLK_CONTEXT_TASK, .first = end, .count = 0 };
	for (uint32_t i = places.count; i-- > 0; end = places.at[i].frame)
		add_part(k, stack, &l, &places.at[i], end);
	found[0].is_user = places.is_user && !found[0].count;
	return finish(k, stack, &l, ret);
}
