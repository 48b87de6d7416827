/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan of sleeping tasks for waiter structs.
 *
 * Claims: a wait in the result was accepted by a kind, which checked the queue both ways.  A task
 * found in a lock's queue by way of another one is not scanned again.  How it can be wrong: a task
 * that was woken but has not run yet still has its waiter linked; it is on a run queue, and such
 * tasks do not count as sleeping.
 */
#include <config.h>

#include <string.h>

#include "locks/kind.h"
#include "locks/recorded.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64 };

static enum dlk_status show_to_kinds(struct dlk_facts *f, uint32_t context, struct dlk_stack *stack,
				     dlk_addr_t word)
{
	struct dlk_candidate c = { .context = context, .stack = stack };
	bool is_taken = false;

	c.frame = dlk_stack_frame_at(stack, word);
	for (unsigned i = 0; i < dlk_lock_kind_count && !is_taken; i++) {
		const struct dlk_lock_kind *kind = dlk_lock_kinds[i];
		enum dlk_status status;

		if (!dlk_layout_has(&f->k->layout, kind->task_member))
			continue;
		if (kind->functions &&
		    (c.frame == DLK_NONE ||
		     !dlk_function_matches(stack->frames[c.frame].function, kind->functions)))
			continue;
		c.waiter = word - dlk_layout_offset(&f->k->layout, kind->task_member);
		status = dlk_facts_absorb(f, kind->take(f, &c, &is_taken), c.waiter, true);
		if (status)
			return status;
	}
	return DLK_OK;
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
static enum dlk_status scan_words(struct dlk_facts *f, uint32_t context, struct dlk_stack *stack)
{
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
			status = show_to_kinds(f, context, stack, stack->sp + i * sizeof(uint64_t));
		if (status)
			return status;
	}
	return DLK_OK;
}

static enum dlk_status scan_task(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_stack stack;
	enum dlk_status status;

	if (!task->is_blocked || task->state == 'Z' || task->state == 'X' ||
	    dlk_facts_waits(f, context))
		return DLK_OK;
	status = dlk_stack_read(f->k, task, &stack);
	if (!status)
		status = scan_words(f, context, &stack);
	/* One that a signal can wake may wait for a lock, too. */
	if (status) {
		dlk_prepend(f->ctx, status, "stack of task %d (%s)", task->pid, task->comm);
		return dlk_facts_absorb(f, status, task->address, true);
	}
	if (dlk_facts_waits(f, context) || dlk_unknowns_wants(stack.frames, stack.frame_count)) {
		c->frames = stack.frames;
		c->frame_count = stack.frame_count;
	}
	return dlk_facts_broken(f, &stack);
}

static bool needs_frames(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	return dlk_facts_waits(f, context) || c->is_uninterruptible || c->is_on_cpu;
}

static enum dlk_status unwind_task(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	if (c->frames || c->state == 'Z' || c->state == 'X')
		return DLK_OK;
	/* A stack that cannot be read was a finding when it was scanned. */
	return dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL), c->task,
				c->is_blocked && needs_frames(f, context));
}

static enum dlk_status unwind_all(struct dlk_facts *f, bool all_stacks)
{
	for (uint32_t i = 0; i < f->tasks.tasks.len; i++) {
		enum dlk_status status = DLK_OK;

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && (all_stacks || needs_frames(f, i)))
			status = unwind_task(f, i);
		if (status)
			return status;
	}
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		enum dlk_status status = unwind_task(f, dlk_model_hold(&f->model, i)->context);

		if (status)
			return status;
	}
	return DLK_OK;
}

static void set_places(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		struct dlk_wait *w = dlk_model_wait(&f->model, i);
		const struct dlk_context *c = dlk_facts_context(f, w->context);
		const struct dlk_frame *at = dlk_frames_waiting_at(c->frames, c->frame_count);

		if (!w->at && at)
			w->at = at->symbol;
	}
}

enum dlk_status dlk_locks_scan(struct dlk_facts *f)
{
	enum dlk_status status = dlk_coverage_kinds(f);

	if (!status)
		status = dlk_recorded_find(f);
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0) {
			status = dlk_check_cancel(f->ctx);
			dlk_message(f->ctx, DLK_MSG_PROGRESS, "reading stacks: %u of %u", i,
				    f->tasks.tasks.len);
		}
		if (!status)
			status = scan_task(f, i);
	}
	return status ? status : dlk_recorded_check(f);
}

/*
 * Who lets a lock go wakes who is to take it, and until that one has a CPU nobody holds the lock.  Where
 * CPUs are scarce that is not for a moment only.  A lock that is free with all its waiters asleep is another
 * thing: nobody is seen that will wake them.
 */
static void find_passed_on(struct dlk_facts *f)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);
		struct dlk_resource *r = dlk_facts_resource(f, w->resource);

		r->is_passed_on |= r->is_free && !dlk_facts_context(f, w->context)->is_blocked;
	}
}

enum dlk_status dlk_locks_infer(struct dlk_facts *f, bool all_stacks)
{
	enum dlk_status status = DLK_OK;

	for (unsigned i = 0; i < dlk_lock_kind_count && !status; i++)
		if (dlk_lock_kinds[i]->finish)
			status = dlk_facts_absorb(f, dlk_lock_kinds[i]->finish(f), 0, true);
	if (!status)
		status = unwind_all(f, all_stacks);
	if (!status)
		status = dlk_coverage_stacks(f);
	if (status)
		return status;
	set_places(f);
	find_passed_on(f);
	return dlk_unknowns_find(f);
}
