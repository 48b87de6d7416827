/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan of sleeping tasks for waiter structs.
 *
 * Claims: a wait in the result was accepted by a kind, which checked the queue both ways.  A task
 * found in a lock's queue by way of another one is not scanned again.  Who keeps others waiting is scanned twice, if a signal can wake
 * him: at first it is not known whether he does.  How it can be wrong: a task
 * that was woken but has not run yet still has its waiter linked; it is on a run queue, and such
 * tasks do not count as sleeping.
 */
#include <config.h>

#include <string.h>

#include "kernel/frames.h"
#include "locks/find.h"
#include "locks/kind.h"
#include "locks/purpose.h"
#include "locks/unknown.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64 };

/* The scan of one task. */
struct scan {
	struct dlk_facts *f;
	uint32_t context;
	bool is_keeper; /* as struct dlk_candidate has it */
};

/* Whether a waiter of a kind may stand where a word is. */
static bool may_be(const struct dlk_facts *f, const struct dlk_waiter *waiter,
		   const struct dlk_candidate *c)
{
	if (!waiter || !dlk_layout_has(&f->k->layout, waiter->task))
		return false;
	return !waiter->functions ||
	       (c->frame != DLK_NONE &&
		dlk_function_matches(c->stack->frames[c->frame].function, waiter->functions));
}

static enum dlk_status show_to(struct dlk_facts *f, const struct dlk_waiter *waiter,
			       struct dlk_candidate *c, dlk_addr_t word, bool *is_taken)
{
	if (!may_be(f, waiter, c))
		return DLK_OK;
	c->waiter = word - dlk_layout_offset(&f->k->layout, waiter->task);
	return dlk_facts_absorb(f, waiter->take(f, c, is_taken), c->waiter, true);
}

static enum dlk_status show_to_kinds(const struct scan *s, struct dlk_stack *stack, dlk_addr_t word)
{
	struct dlk_candidate c = { .context = s->context,
				   .stack = stack,
				   .is_keeper = s->is_keeper };
	struct dlk_facts *f = s->f;
	enum dlk_status status = DLK_OK;
	bool is_taken = false;

	c.frame = dlk_stack_frame_at(stack, word);
	for (unsigned i = 0; i < DLK_KIND_COUNT && !is_taken && !status; i++) {
		const struct dlk_lock_kind *kind = dlk_lock_kinds[i];

		if (kind)
			status = show_to(f, kind->waiter, &c, word, &is_taken);
		if (kind && !status && !is_taken)
			status = show_to(f, kind->other_waiter, &c, word, &is_taken);
	}
	return status;
}

/*
 * The words of a stack last until the next one is read, and a kind that takes a waiter reads the stacks of
 * those before and behind it.
 */
static enum dlk_status keep_words(struct dlk_facts *f, struct dlk_stack *stack)
{
	if (!f->scan_words)
		f->scan_words = dlk_alloc(f->ctx, f->k->stack_size);
	if (!f->scan_words)
		return dlk_nomem(f->ctx);
	memcpy(f->scan_words, stack->words, stack->word_count * sizeof(*stack->words));
	stack->words = f->scan_words;
	return DLK_OK;
}

/* A stack that holds the task's own address is worth unwinding; most do not. */
static enum dlk_status scan_words(const struct scan *s, struct dlk_stack *stack)
{
	struct dlk_facts *f = s->f;

	for (uint32_t i = 0; i < stack->word_count; i++) {
		enum dlk_status status = DLK_OK;

		if (stack->words[i] != stack->task->address)
			continue;
		if (!stack->frames) {
			status = dlk_stack_unwind(f->k, stack);
			if (!status)
				status = keep_words(f, stack);
		}
		if (!status)
			status = show_to_kinds(s, stack, stack->sp + i * sizeof(uint64_t));
		if (status)
			return status;
	}
	return DLK_OK;
}

static enum dlk_status scan_task(struct dlk_facts *f, uint32_t context, bool is_keeper)
{
	const struct scan s = { f, context, is_keeper };
	const struct dlk_task *task = dlk_facts_task(f, context);
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_stack stack;
	enum dlk_status status;

	if (!task->is_blocked || task->state == 'Z' || task->state == 'X' ||
	    dlk_facts_waits(f, context))
		return DLK_OK;
	status = dlk_stack_read(f->k, task, &stack);
	if (!status)
		status = scan_words(&s, &stack);
	/* One that a signal can wake may wait for a lock, too. */
	if (status) {
		dlk_prepend(f->ctx, status, "stack of task %d (%s)", task->pid, task->comm);
		return dlk_facts_absorb(f, status, task->address, true);
	}
	if (stack.frames)
		dlk_purpose_note(f, context, stack.frames, stack.frame_count);
	if (dlk_facts_waits(f, context) || dlk_unknowns_wants(stack.frames, stack.frame_count)) {
		c->frames = stack.frames;
		c->frame_count = stack.frame_count;
	}
	return dlk_facts_broken(f, &stack);
}

enum dlk_status dlk_scan_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0) {
			status = dlk_check_cancel(f->ctx);
			dlk_message(f->ctx, DLK_MSG_PROGRESS, "reading stacks: %u of %u", i,
				    f->tasks.tasks.len);
		}
		if (!status)
			status = scan_task(f, i, false);
	}
	return status;
}

/* Whether somebody waits for what is held, and by a task that sleeps so that a signal can wake it. */
static bool is_keeping(const struct dlk_facts *f, const bool *is_awaited,
		       const struct dlk_hold *hold)
{
	return is_awaited[hold->resource] && hold->confidence >= DLK_LIKELY &&
	       dlk_facts_context(f, hold->context)->state == 'S';
}

enum dlk_status dlk_scan_gather_keepers(struct dlk_facts *f)
{
	bool *is_awaited = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*is_awaited));
	bool *is_keeper = dlk_calloc(f->ctx, f->tasks.tasks.len, sizeof(*is_keeper));
	enum dlk_status status = DLK_OK;

	if (!is_awaited || !is_keeper)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->model.waits.len; i++)
		is_awaited[dlk_model_wait(&f->model, i)->resource] = true;
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		const struct dlk_hold *hold = dlk_model_hold(&f->model, i);

		if (hold->context < f->tasks.tasks.len && is_keeping(f, is_awaited, hold))
			is_keeper[hold->context] = true;
	}
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++)
		if (is_keeper[i])
			status = scan_task(f, i, true);
	return status;
}
