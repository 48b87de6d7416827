/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames: a stack followed by its unwinders, or guessed.
 *
 * Claims: a reliable frame was reached from the saved registers by the steps of unwinders alone
 * (unwind.h).  A frame's words lie between the former frame's stack pointer and its
 * own.  How it can be wrong: as its unwinder can.  Where none can go on, every word that points into the
 * kernel's text is given as an unreliable frame, and some of these are left over from calls that have
 * returned; behind the first of them from which unwinders lead to the stack's end, what they find is
 * given, and is no surer.  A stack counts as lost, but not for the gap of a module between what
 * is sure and its end: what its task waits in is known.
 */
#include <config.h>

#include "kernel/frames.h"

#include <string.h>

#include "kernel/arch.h"
#include "kernel/unwind.h"

enum { MAX_FRAMES = 128, MAX_RESUMED = 64 /* words of one stack from which that is tried */ };

struct walk {
	struct dlk_cursor at;
	bool is_reliable;
	struct dlk_frame *frames; /* room for MAX_FRAMES */
	uint32_t count;
};

static void set_broken(struct dlk_stack *s, dlk_addr_t ip)
{
	s->is_broken = true;
	s->broken_ip = ip;
}

/* A return address may lie just behind its function: name the call, not what follows. */
static struct dlk_ip_text describe(struct dlk_kernel *k, dlk_addr_t ip, bool is_exact)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(k, ip);
	struct dlk_ip_text call;

	if (is_exact || text.start != ip)
		return text;
	call = dlk_kernel_describe_ip(k, ip - 1);
	if (call.function)
		call.text = dlk_format(k->ctx, "%s+%#llx", call.function,
				       (unsigned long long)(ip - call.start));
	return call;
}

/* The frame at the cursor; where it ends is known after the next step. */
static void add_frame(struct walk *w)
{
	struct dlk_kernel *k = w->at.k;
	dlk_addr_t ip = w->at.pc;
	struct dlk_ip_text text = describe(k, ip, w->at.is_exact);

	/* The line of the call, not of what follows it. */
	if (k->with_lines)
		text.line = dlk_kernel_describe_ip(k, w->at.is_exact ? ip : ip - 1).line;
	w->frames[w->count++] = (struct dlk_frame){ .ip = ip,
						    .sp = 0,
						    .start = text.start,
						    .function = text.function,
						    .symbol = text.text,
						    .module = text.module,
						    .line = text.line,
						    .is_reliable = w->is_reliable };
}

/* As far as unwinders lead. */
static enum dlk_stepped follow(struct walk *w, struct dlk_stack *stack)
{
	enum dlk_stepped step = DLK_STEP_CALLER;

	while (step == DLK_STEP_CALLER && w->count < MAX_FRAMES) {
		add_frame(w);
		step = dlk_unwind_step(&w->at);
		w->frames[w->count - 1].sp = w->at.sp;
		if (step == DLK_STEP_CALLER && stack->task->is_blocked && w->is_reliable &&
		    !dlk_kernel_can_be_code(w->at.k, w->at.pc)) {
			set_broken(stack, w->at.pc);
			step = DLK_STEP_NONE;
		}
	}
	return step;
}

/*
 * A return address was found: it ends the last frame.  Where frames begin with it, it begins the last one,
 * and ends the one before, if that was found here, too.
 */
static void end_frame(struct walk *w, uint32_t first, dlk_addr_t at)
{
	if (!w->at.k->arch->returns_first && w->count)
		w->frames[w->count - 1].sp = at + DLK_WORD;
	if (w->at.k->arch->returns_first && w->count > first && w->count > 1)
		w->frames[w->count - 2].sp = at - DLK_WORD;
}

/*
 * What no unwinder could reach: words behind the last frame that point into functions.  Each is taken
 * for the return address that ends the frame before it; what follows is the frame of its function.
 */
static enum dlk_stepped scan(struct walk *w, struct dlk_stack *s)
{
	const struct dlk_kernel *k = w->at.k;
	uint32_t i = w->at.sp > s->sp ? (uint32_t)((w->at.sp - s->sp) / DLK_WORD) : 0;
	uint32_t first = w->count;

	if (!s->words || w->at.sp > s->top)
		return DLK_STEP_NONE;
	w->is_reliable = false;
	if (w->count)
		w->frames[w->count - 1].sp = s->top;
	for (; i < s->word_count && w->count < MAX_FRAMES; i++) {
		uint64_t word = dlk_arch_strip(k->arch, s->words[i]);

		if (word < k->text_start || word >= k->text_end)
			continue;
		w->at.pc = word;
		w->at.sp = s->sp + (dlk_addr_t)(i + 1) * DLK_WORD;
		w->at.is_exact = false;
		w->at.regs.known = 0;
		end_frame(w, first, w->at.sp - DLK_WORD);
		if (!s->is_broken && !k->arch->returns_first && w->count - first < MAX_RESUMED &&
		    dlk_unwind_ends(&w->at))
			return follow(w, s);
		add_frame(w);
		w->frames[w->count - 1].sp = s->top;
	}
	return DLK_STEP_NONE;
}

enum dlk_status dlk_stack_unwind(struct dlk_kernel *k, struct dlk_stack *stack)
{
	struct dlk_frame frames[MAX_FRAMES]; /* not cleared: that would cost as much as the walk */
	struct walk w = { .is_reliable = true, .frames = frames };
	/* Of a task that sleeps something must be found. */
	enum dlk_stepped step = stack->task->is_blocked ? DLK_STEP_NONE : DLK_STEP_END;
	bool is_whole, is_gap;
	struct dlk_frame *kept;

	dlk_cursor_begin(k, stack, &w.at);
	if (stack->pc)
		step = follow(&w, stack);
	is_whole = step == DLK_STEP_END;
	if (step == DLK_STEP_NONE || stack->is_broken) {
		is_gap = w.count && w.frames[w.count - 1].module;
		step = scan(&w, stack);
		is_whole = is_gap && step == DLK_STEP_END;
	}
	if (stack->task->is_blocked && !stack->is_broken) {
		k->stacks_unwound++;
		k->stacks_lost += !is_whole;
	}
	/*
	 * NEEDSWORK: of a kernel with ORC, too, once the captures of lockdep-held are made anew: they lack
	 * the stack below an interrupt's.
	 */
	stack->is_unseen |= stack->is_exact && step == DLK_STEP_NONE && !dlk_unwind_tables(k);
	kept = dlk_calloc(k->ctx, w.count, sizeof(*kept));
	if (!kept)
		return dlk_nomem(k->ctx);
	memcpy(kept, w.frames, w.count * sizeof(*kept));
	stack->frames = kept;
	stack->frame_count = w.count;
	return DLK_OK;
}

uint32_t dlk_stack_frame_at(const struct dlk_stack *stack, dlk_addr_t address)
{
	dlk_addr_t from = stack->sp;

	for (uint32_t i = 0; i < stack->frame_count; i++) {
		if (address >= from && address < stack->frames[i].sp)
			return i;
		from = stack->frames[i].sp;
	}
	return DLK_NONE;
}

const char *dlk_frame_called(struct dlk_kernel *k, const struct dlk_frame *frame)
{
	dlk_addr_t start = k->arch->called_before && frame->is_reliable
				   ? k->arch->called_before(k, frame->ip)
				   : 0;

	return start ? dlk_kernel_describe_ip(k, start).function : NULL;
}
