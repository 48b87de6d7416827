/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues: wait_event() and its like, wait_woken(), whatever waits by a wait_queue_entry and is of no kind of its own.
 *
 * Wait: a struct wait_queue_entry on the task's stack that names the task, whose wake-up function is the start of a function of
 * the kernel's, and which is linked both ways in a ring that has one element that is no such entry: the head
 * (include/linux/wait.h). That the task is in this queue is certain; that it sleeps for this queue is likely, for a task may be in
 * several, or in one while it sleeps for something else.
 *
 * Only those are said to wait of whom something has to be said: who must not be woken by a signal, and who keeps others waiting
 * (scan.c).  All others in a queue are idle, and no part of a hang.  Where the function that is called says what is really
 * waited for (a lock, a work, a grace period, a page fault), that is another kind's, so such a wait is left alone; but for the
 * threads of an interrupt, whose queue that is (irq_wait.c).
 *
 * Hold: none.  Who will wake them up is recorded nowhere; which queue it is, by what it is part of, often tells.
 *
 * How it can be wrong: a queue in which somebody searches just now may have a bookmark in it (until v6.6), which looks like a
 * second head: then the queue is said to be corrupt.  An entry may be left linked after the task has gone on; it will then
 * wait for something that it is no more interested in.
 */
#include <config.h>

#include "kernel/object.h"
#include "locks/irq_wait.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/purpose.h"
#include "locks/wait_function.h"

static const enum dlk_member_id needs[] = { DLK_M_wait_head_head, DLK_M_wait_entry_private,
					    DLK_M_wait_entry_func, DLK_M_wait_entry_entry,
					    DLK_M_NONE };

/* Those of other kinds, which they have looked at and left. */
static const char *const of_others[] = { "wake_bit_function",         "var_wake_function",
					 "wake_page_function",        "percpu_rwsem_wake_function",
					 "userfaultfd_wake_function", NULL };

/* Of which kind is what a task waits for by a queue, by the function that it sleeps in; DLK_KIND_COUNT: that of another. */
static enum dlk_kind kind_of(const struct dlk_frame *frames, uint32_t count)
{
	struct dlk_waiting w;

	dlk_frames_waiting(frames, count, &w);
	if (!w.how || (w.how->class == DLK_WAIT_EVENT &&
		       (w.how->kind == DLK_KIND_WAITQUEUE || w.how->kind == DLK_KIND_COUNT)))
		return DLK_KIND_WAITQUEUE;
	return w.how->class == DLK_WAIT_EVENT && w.how->kind == DLK_KIND_INTERRUPT
		       ? DLK_KIND_INTERRUPT
		       : DLK_KIND_COUNT;
}

/* Whether that is a queue and no more. */
static bool is_plain(const struct dlk_frame *frames, uint32_t count)
{
	return kind_of(frames, count) == DLK_KIND_WAITQUEUE;
}

/* The wake-up function of the entry whose list_head is at an address; NULL if it is the start of none. */
static enum dlk_status read_waker(struct dlk_facts *f, dlk_addr_t node, const char **ret)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t entry = node - dlk_layout_offset(l, DLK_M_wait_entry_entry);
	struct dlk_ip_text text;
	uint64_t func;
	enum dlk_status status = dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_func, &func);

	*ret = NULL;
	if (status || !dlk_kernel_can_be_code(f->k, func))
		return status;
	text = dlk_kernel_describe_ip(f->k, func);
	if (text.start == func)
		*ret = text.function;
	return DLK_OK;
}

/* The head of the queue that an entry is linked in. */
static enum dlk_status find_head(struct dlk_facts *f, dlk_addr_t node, dlk_addr_t *ret)
{
	struct dlk_list_walk walk = dlk_queue_walk(f, node, false);
	dlk_addr_t head = 0;

	while (dlk_queue_step(f, &walk)) {
		const char *waker;
		enum dlk_status status = read_waker(f, walk.node, &waker);

		if (status)
			return dlk_prepend(f->ctx, dlk_memory_explain(&f->k->memory, status),
					   "wait queue of entry 0x%llx", (unsigned long long)node);
		if (waker)
			continue;
		if (head)
			return dlk_fail(f->ctx, DLK_ERR_CORRUPT,
					"wait queue of entry 0x%llx: it has two heads",
					(unsigned long long)node);
		head = walk.node;
	}
	if (!walk.status && !head)
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT,
				"wait queue of entry 0x%llx: it has no head",
				(unsigned long long)node);
	*ret = head;
	return walk.status;
}

/* Whether something has to be said of a task that is in a queue; its stack is unwound then. */
static enum dlk_status is_wanted(struct dlk_facts *f, uint32_t context, dlk_addr_t entry, bool *ret)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	const struct dlk_context *c = dlk_facts_context(f, context);
	enum dlk_status status = DLK_OK;

	*ret = c->is_blocked && c->is_uninterruptible && !dlk_facts_waits(f, context) &&
	       entry >= task->sp && entry >= task->stack && entry - task->stack < f->k->stack_size;
	if (*ret && !c->frames)
		status = dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL), c->task, true);
	*ret = *ret && is_plain(c->frames, c->frame_count);
	return status;
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t resource, uint32_t context,
				uint32_t position)
{
	const struct dlk_wait wait = { .context = context,
				       .resource = resource,
				       .position = position,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .evidence = DLK_EVIDENCE_WAITER_LIST,
				       .confidence = DLK_LIKELY };

	return dlk_facts_add_wait(f, &wait);
}

/* The queue once, from its head on: @p own waits, and all others in state D do that wait for no more than the queue. */
static enum dlk_status add_waits(struct dlk_facts *f, uint32_t resource, dlk_addr_t head,
				 uint32_t own)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_list_walk walk = dlk_queue_walk(f, head, false);
	enum dlk_status status = DLK_OK;

	while (!status && dlk_queue_step(f, &walk)) {
		dlk_addr_t entry = walk.node - dlk_layout_offset(l, DLK_M_wait_entry_entry);
		dlk_addr_t task = dlk_kernel_peek_member(f->k, entry, DLK_M_wait_entry_private);
		uint32_t context = dlk_facts_find_context(f, task);
		bool wants = context == own;

		if (context != DLK_NONE && !wants)
			status = is_wanted(f, context, entry, &wants);
		if (!status && wants)
			status = add_wait(f, resource, context, walk.count - 1);
	}
	return status ? status : walk.status;
}

/* "on the stack of fsync (pid 149)", "wait queue of a journal" */
static const char *name_queue(struct dlk_facts *f, dlk_addr_t head)
{
	uint32_t context = dlk_facts_find_stack(f, head);
	const struct dlk_context *owner;

	if (context == DLK_NONE)
		return dlk_object_name(f->k, head, "wait_queue_head");
	owner = dlk_facts_context(f, context);
	return dlk_format(f->ctx, "on the stack of %s (pid %d)", owner->comm, owner->pid);
}

/* Why nobody is said to hold it: with the function that sleeps, and what for, where that is known. */
static const char *say_why(struct dlk_facts *f, const struct dlk_stack *stack)
{
	const struct dlk_frame *at = dlk_frames_waiting_at(stack->frames, stack->frame_count);
	enum dlk_purpose purpose = dlk_frames_sleep(stack->frames, stack->frame_count).purpose;
	bool has_words = purpose && purpose != DLK_PURPOSE_MODULE;

	if (!at)
		return dlk_kind_unknown(DLK_KIND_WAITQUEUE);
	return dlk_format(f->ctx, "who will wake up those that sleep in %s%s%s%s is not recorded",
			  at->function, has_words ? ", for " : "",
			  has_words ? dlk_purpose_words(purpose) : "", has_words ? "," : "");
}

static enum dlk_status add(struct dlk_facts *f, const struct dlk_candidate *c, dlk_addr_t list)
{
	dlk_addr_t head = list - dlk_layout_offset(&f->k->layout, DLK_M_wait_head_head);
	const char *why = say_why(f, c->stack);
	struct dlk_resource *r;
	uint32_t resource;
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_WAITQUEUE, head, &resource,
							 &is_new);

	if (!status && !why)
		status = dlk_nomem(f->ctx);
	if (status)
		return status;
	if (!is_new)
		return add_wait(f, resource, c->context, DLK_NONE);
	r = dlk_facts_resource(f, resource);
	r->name = name_queue(f, head);
	r->is_event = true;
	r->holders_unknown = why;
	return add_waits(f, resource, list, c->context);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t node = c->waiter + dlk_layout_offset(l, DLK_M_wait_entry_entry), list = 0;
	const struct dlk_context *context = dlk_facts_context(f, c->context);
	enum dlk_kind kind;
	const char *waker;
	bool is_linked;
	enum dlk_status status;

	if (!dlk_layout_has_all(l, needs))
		return DLK_OK;
	kind = kind_of(c->stack->frames, c->stack->frame_count);
	if ((!context->is_uninterruptible && !c->is_keeper) || kind == DLK_KIND_COUNT)
		return DLK_OK;
	status = read_waker(f, node, &waker);
	if (status || !waker || dlk_function_matches(waker, of_others))
		return kind == DLK_KIND_INTERRUPT ? status : DLK_OK;
	status = dlk_list_check(f->k, node, &is_linked);
	if (status || !is_linked)
		return status;
	status = find_head(f, node, &list);
	if (status)
		return status;
	if (kind == DLK_KIND_INTERRUPT)
		return dlk_irq_threads_take(f, c, list - dlk_layout_offset(l, DLK_M_wait_head_head),
					    is_taken);
	*is_taken = true;
	return add(f, c, list);
}

static const struct dlk_waiter waiter = { .task = DLK_M_wait_entry_private, .take = take };

const struct dlk_lock_kind dlk_kind_waitqueue = { .waiter = &waiter, .needs = needs };
