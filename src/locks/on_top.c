/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs on top of tasks: a context for each softirq, hardirq and NMI that a CPU was in (kernel/level.h).
 *
 * Wait and hold: what was interrupted waits for its CPU, which that on top of it holds until it returns: certain, by the CPU's
 * own stack.  That is so of each CPU that was in an interrupt for a moment, too, and matters only if the interrupt does
 * not end.  So it is said at last, and only of those that wait for something themselves, be it understood or not, or have on
 * top of them what does: of others the task is what keeps others waiting, and its CPU goes on to it.
 *
 * How it can be wrong: an interrupt that does not end, and neither waits in a way that is known nor spins, looks like
 * one that came a moment ago; what it is, and where it stands, is said with the task that it has interrupted.
 */
#include <config.h>

#include <stdio.h>

#include "kernel/arch.h"
#include "kernel/frames.h"
#include "kernel/level.h"
#include "locks/find.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64 };

static enum dlk_status set_level(struct dlk_facts *f, uint32_t context,
				 const struct dlk_stack *stack, const struct dlk_cpu_level *level)
{
	struct dlk_context *c = dlk_facts_context(f, context);

	c->frames = stack->frames + level->first;
	c->frame_count = level->count;
	c->is_in_user = level->is_user;
	return dlk_facts_set_start(f, context, &level->start);
}

static enum dlk_status add_on_top(struct dlk_facts *f, uint32_t below,
				  const struct dlk_stack *stack, const struct dlk_cpu_level *level,
				  uint32_t *ret)
{
	struct dlk_context c = *dlk_facts_context(f, below);
	enum dlk_status status;

	c.kind = level->kind;
	c.on_top_of = below;
	c.is_idle = c.is_unseen = c.are_flags_known = false;
	c.state = 'R';
	snprintf(c.comm, sizeof(c.comm), "%s", dlk_context_text(level->kind));
	status = dlk_model_add_context(&f->model, &c, ret);
	return status ? status : set_level(f, *ret, stack, level);
}

/*
 * Whether an interrupt could come: where the CPU stands its flags say it, and where it was interrupted those that were saved then; a
 * user's code has them on, and what an interrupt came on top of had.
 */
static void set_flags(struct dlk_facts *f, uint32_t context, const struct dlk_cpu_level *level,
		      bool has_interrupt_on_top)
{
	const struct dlk_kernel_arch *arch = f->k->arch;
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_regs regs;
	uint64_t flags;

	c->are_flags_known = has_interrupt_on_top || level->is_user;
	c->has_interrupts_off = false;
	if (arch->interrupts_on && !level->is_user &&
	    dlk_frame_regs_get(&level->start.regs, arch->flags, &flags)) {
		c->are_flags_known = true;
		c->has_interrupts_off = !(flags & arch->interrupts_on);
	} else if (!level->first && dlk_kernel_read_regs(f->k, (unsigned)c->cpu, &regs)) {
		c->are_flags_known = regs.are_flags_known;
		c->has_interrupts_off = regs.has_interrupts_off;
	}
}

/* Of a task that runs: all that its CPU does. */
static enum dlk_status look_at(struct dlk_facts *f, uint32_t context)
{
	struct dlk_cpu_level levels[DLK_MAX_LEVELS];
	struct dlk_stack stack;
	uint32_t count, below = context;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);

	if (status || dlk_facts_context(f, context)->cpu < 0)
		return status;
	count = dlk_levels_find(f->k, &stack, levels);
	if (!count)
		return DLK_OK;
	status = set_level(f, context, &stack, &levels[count - 1]);
	for (uint32_t i = count; i-- > 0 && !status;) {
		if (i < count - 1)
			status = add_on_top(f, below, &stack, &levels[i], &below);
		if (!status)
			set_flags(f, below, &levels[i], i && levels[i - 1].kind != DLK_CONTEXT_NMI);
	}
	return status;
}

enum dlk_status dlk_on_top_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && c->is_on_cpu)
			status = dlk_facts_absorb(f, look_at(f, i), c->task, false);
	}
	return status;
}

/* --- those that matter */

/* One that does not matter: who asks what the task below does is told so. */
static enum dlk_status name_interrupt(struct dlk_facts *f, const struct dlk_context *c)
{
	const char *place = c->frame_count ? c->frames[0].symbol : NULL;
	const char *text = dlk_format(f->ctx, "a %s%s%s", dlk_context_text(c->kind),
				      place ? " in " : "", place ? place : "");

	dlk_facts_context(f, c->on_top_of)->interrupted_by = text;
	return text ? DLK_OK : dlk_nomem(f->ctx);
}

/*
 * Of each that runs on top of another, whether what is below has to wait for it; NULL if there is no memory.  By what was
 * found of it, and not by where it stands: who spins for what nobody holds any more, or did not a moment before, goes on.
 */
static bool *find_those_that_matter(struct dlk_facts *f, uint32_t tasks, uint32_t count)
{
	bool *matters = dlk_calloc(f->ctx, count, sizeof(*matters));

	for (uint32_t i = 0; matters && i < f->model.unknowns.len; i++) {
		const struct dlk_unknown *u = DLK_VEC_AT(&f->model.unknowns, struct dlk_unknown, i);

		if (u->context >= tasks)
			matters[u->context - tasks] = true;
	}
	/* Those on top come behind what they run on top of. */
	for (uint32_t i = count; matters && i-- > 0;) {
		const struct dlk_context *c = dlk_facts_context(f, tasks + i);

		matters[i] |= dlk_model_first_wait(&f->model, tasks + i) != NULL;
		if (matters[i] && c->on_top_of >= tasks)
			matters[c->on_top_of - tasks] = true;
	}
	return matters;
}

enum dlk_status dlk_on_top_settle(struct dlk_facts *f)
{
	uint32_t tasks = f->tasks.tasks.len, count = f->model.contexts.len - tasks;
	bool *matters = count ? find_those_that_matter(f, tasks, count) : NULL;
	enum dlk_status status = count && !matters ? dlk_nomem(f->ctx) : DLK_OK;

	for (uint32_t i = 0; i < count && !status; i++)
		status = matters[i] ? dlk_model_add_interruption(&f->model, tasks + i)
				    : name_interrupt(f, dlk_facts_context(f, tasks + i));
	return status;
}
