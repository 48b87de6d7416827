/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct completion.
 *
 * Wait: a struct swait_queue on the task's stack, linked both ways in the completion's wait.task_list, in the frame
 * of one of the functions that wait for completions (kernel/sched/completion.c).  Certain.
 * Where the frame is a guess it is likely, unless it is known what the completion is part of.
 *
 * Nobody holds a completion, and who will complete it is recorded nowhere: that is said, and what it is part of, by its
 * address.  But some are part of what says who completes them (event.h): then that is who ends the wait.
 *
 * Much in the kernel waits by a completion of its own: for a work, for a grace period.  There the function that is
 * called says what is really waited for, and that is another kind's, so such a wait is left alone.  So is one that a signal may
 * end, but for the loading of a module: drivers' threads wait so for work to come, and it is no sign of anything.
 *
 * How it can be wrong: one that is waited for with a timeout ends without anybody's help.  One that was completed, so that its count is
 * not 0, has been waited for by the one that is just being woken.
 */
#include <config.h>

#include "kernel/frames.h"
#include "kernel/object.h"
#include "locks/event.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/wait_function.h"

static const char *const functions[] = { "wait_for_completion*", "wait_for_common*",
					 "__wait_for_common*", "do_wait_for_common*", NULL };

static const enum dlk_member_id needs[] = { DLK_M_completion_done, DLK_M_completion_list,
					    DLK_M_swait_task, DLK_M_swait_list, DLK_M_NONE };

/* Whether what a task waits for with a completion is that, or the thread that it belongs to. */
static bool is_ours(const struct dlk_facts *f, const struct dlk_candidate *c)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_waiting w;

	if (!dlk_layout_has(l, DLK_M_completion_list) || !dlk_layout_has(l, DLK_M_swait_list) ||
	    (!dlk_facts_context(f, c->context)->is_uninterruptible && !dlk_module_is_loading(c)))
		return false;
	dlk_frames_waiting(c->stack->frames, c->stack->frame_count, &w);
	return w.how && (w.how->kind == DLK_KIND_COMPLETION || w.how->kind == DLK_KIND_KTHREAD ||
			 w.how->kind == DLK_KIND_COUNT);
}

/* "on the stack of lab-kthread-1 (pid 149), in kthread_stop+0x5a"; mostly that is the waiter's own. */
static const char *name_on_stack(struct dlk_facts *f, const struct dlk_candidate *c,
				 dlk_addr_t address)
{
	uint32_t context = dlk_facts_find_stack(f, address), frame = DLK_NONE;
	const struct dlk_context *owner;

	if (context == DLK_NONE)
		return NULL;
	owner = dlk_facts_context(f, context);
	if (context == c->context)
		frame = dlk_stack_frame_at(c->stack, address);
	if (frame == DLK_NONE || !c->stack->frames[frame].symbol)
		return dlk_format(f->ctx, "on the stack of %s (pid %d)", owner->comm, owner->pid);
	return dlk_format(f->ctx, "on its waiter's stack, in %s", c->stack->frames[frame].symbol);
}

static const char *name_completion(struct dlk_facts *f, const struct dlk_candidate *c,
				   dlk_addr_t address)
{
	const char *name = name_on_stack(f, c, address);

	return name ? name : dlk_object_name(f->k, address, "completion");
}

/* Who is to complete it, as far as it is known. */
static enum dlk_status add_known(struct dlk_facts *f, uint32_t resource,
				 const struct dlk_event *event)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	struct dlk_hold hold = event->hold;

	r->name = event->name;
	r->holders_unknown = event->holders_unknown;
	r->is_event = event->is_event;
	if (hold.context == DLK_NONE)
		return DLK_OK;
	hold.resource = resource;
	hold.mode = DLK_MODE_EXCLUSIVE;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status describe(struct dlk_facts *f, const struct dlk_candidate *c,
				uint32_t resource, const struct dlk_event *event)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	uint64_t done;
	enum dlk_status read = dlk_kernel_read_member(f->k, r->address, DLK_M_completion_done,
						      &done);

	r->name = event ? event->name : name_completion(f, c, r->address);
	if (read)
		return dlk_lock_unreadable(f, resource, read);
	if (done) {
		r->state = "completed";
		r->is_free = true;
		r->holders_unknown = "it has been completed, and who waits has not gone on yet";
		return DLK_OK;
	}
	if (event)
		return add_known(f, resource, event);
	r->is_event = true;
	r->holders_unknown = "who will complete it is not recorded";
	return DLK_OK;
}

static enum dlk_status add(struct dlk_facts *f, const struct dlk_candidate *c,
			   dlk_addr_t completion, const struct dlk_queue *queue)
{
	struct dlk_wait like = { .mode = DLK_MODE_EXCLUSIVE };
	bool is_new, is_known;
	struct dlk_event event;
	uint32_t resource = DLK_NONE;
	enum dlk_status read = dlk_event_find(f, c, completion, &event, &is_known);
	enum dlk_status status = dlk_facts_absorb(f, read, completion, true);

	/* Then two records agree, whatever the frames are worth; but of what only they tell. */
	like.confidence = c->stack->frames[c->frame].is_reliable || (is_known && !event.is_event)
				  ? DLK_CERTAIN
				  : DLK_LIKELY;
	if (!status)
		status = dlk_facts_make_resource(f, is_known ? event.kind : DLK_KIND_COMPLETION,
						 completion, &resource, &is_new);
	if (!status && is_new)
		status = describe(f, c, resource, is_known ? &event : NULL);
	like.resource = resource;
	return status ? status : dlk_lock_add_waits(f, queue, &like, NULL, NULL);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_queue_layout layout;
	struct dlk_queue queue;
	bool is_linked;
	enum dlk_status status;

	if (!is_ours(f, c))
		return DLK_OK;
	layout = (struct dlk_queue_layout){ dlk_layout_offset(l, DLK_M_swait_list),
					    dlk_layout_offset(l, DLK_M_swait_task) };
	status = dlk_queue_read(f, c->waiter, &layout, &queue, &is_linked);
	if (status || !is_linked)
		return status;
	*is_taken = true;
	return add(f, c, queue.head - dlk_layout_offset(l, DLK_M_completion_list), &queue);
}

static const struct dlk_waiter waiter = { .task = DLK_M_swait_task,
					  .functions = functions,
					  .take = take };

const struct dlk_lock_kind dlk_kind_completion = { .waiter = &waiter, .needs = needs };
