/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writers of a percpu_rwsem that wait until its readers cannot overlook them: struct rcu_sync (kernel/rcu/sync.c).
 *
 * The first writer that comes waits for a grace period of RCU, in synchronize_rcu(), as others do (rcu.c).  Those who come
 * meanwhile wait for the first to have done so.
 *
 * Wait: a struct wait_queue_entry on the stack of who is in rcu_sync_enter(), linked both ways in a queue, whose head is
 * gp_wait of a struct rcu_sync, for which somebody waits for a grace period (gp_state).  Certain; likely, if the
 * frame is guessed.
 *
 * Hold: the first is recorded nowhere.  It is who waits for RCU within rcu_sync_enter(), and has the address of the rcu_sync on its
 * stack, which it needs when the grace period has ended.  Likely, for the address may be left over from another use.
 *
 * How it can be wrong: a first one that has been woken, and has not come back, is not found: that is said.
 */
#include <config.h>

#include "locks/find.h"
#include "locks/lock.h"
#include "locks/rcu.h"

enum { GP_IDLE, GP_ENTER };

static const enum dlk_member_id needs[] = { DLK_M_rss_gp_state, DLK_M_rss_gp_wait,
					    DLK_M_wait_entry_entry, DLK_M_wait_entry_private,
					    DLK_M_NONE };

/* The frame of rcu_sync_enter(); DLK_NONE. */
static uint32_t find_entering(const struct dlk_frame *frames, uint32_t count)
{
	static const char *const functions[] = { "rcu_sync_enter", NULL };

	for (uint32_t i = 0; i < count; i++)
		if (dlk_function_matches(frames[i].function, functions))
			return i;
	return DLK_NONE;
}

static const char *name(struct dlk_facts *f, dlk_addr_t sync)
{
	const struct dlk_layout *l = &f->k->layout;
	const char *lock = NULL;

	if (dlk_layout_has(l, DLK_M_percpu_rwsem_rss))
		lock = dlk_lock_name(f, sync - dlk_layout_offset(l, DLK_M_percpu_rwsem_rss),
				     "percpu_rw_semaphore", DLK_M_percpu_rwsem_dep_name);
	return dlk_format(f->ctx, "grace period for the writers of %s",
			  lock ? lock : "a percpu_rwsem");
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	uint64_t state;
	enum dlk_status status;

	r->name = name(f, r->address);
	if (!r->name)
		return dlk_nomem(f->ctx);
	status = dlk_kernel_read_member(f->k, r->address, DLK_M_rss_gp_state, &state);
	if (!status && state == GP_IDLE)
		status = dlk_fail(f->ctx, DLK_ERR_CORRUPT, "nobody has begun its grace period");
	if (status)
		return dlk_lock_unreadable(f, resource, status);
	if (state != GP_ENTER)
		return dlk_lock_no_owner(f, resource,
					 "the grace period has ended, and who waits has not gone "
					 "on yet");
	r->holders_unknown = "who was the first to wait for it is not found";
	return DLK_OK;
}

enum dlk_status dlk_rcu_sync_take(struct dlk_facts *f, const struct dlk_candidate *c,
				  bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_wait like = { .mode = dlk_kind_mode(DLK_KIND_RCU, false) };
	struct dlk_queue_layout layout;
	struct dlk_queue queue;
	uint32_t frame = find_entering(c->stack->frames, c->stack->frame_count);
	bool is_linked, is_new;
	enum dlk_status status;

	if (!dlk_layout_has_all(l, needs) || frame == DLK_NONE)
		return DLK_OK;
	layout = (struct dlk_queue_layout){ dlk_layout_offset(l, DLK_M_wait_entry_entry),
					    dlk_layout_offset(l, DLK_M_wait_entry_private) };
	status = dlk_queue_read(f, c->waiter, &layout, &queue, &is_linked);
	if (status || !is_linked)
		return status;
	*is_taken = true;
	like.confidence = c->stack->frames[frame].is_reliable ? DLK_CERTAIN : DLK_LIKELY;
	status = dlk_facts_make_resource(f, DLK_KIND_RCU,
					 queue.head - dlk_layout_offset(l, DLK_M_rss_gp_wait),
					 &like.resource, &is_new);
	if (!status && is_new)
		status = describe(f, like.resource);
	return status ? status : dlk_lock_add_waits(f, &queue, &like, NULL, NULL);
}

static enum dlk_status add_hold(struct dlk_facts *f, uint32_t resource, uint32_t context)
{
	const struct dlk_hold hold = { .resource = resource,
				       .context = context,
				       .mode = DLK_MODE_READ,
				       .evidence = DLK_EVIDENCE_ENDS,
				       .confidence = DLK_LIKELY,
				       .note = "it was the first, and waits for RCU" };

	dlk_facts_resource(f, resource)->holders_unknown = NULL;
	return dlk_facts_add_hold(f, &hold);
}

/* Of who waits for RCU within rcu_sync_enter(): which rcu_sync, of those that others wait for, is on its stack. */
static enum dlk_status look_at_first(struct dlk_facts *f, uint32_t context)
{
	struct dlk_stack stack;
	dlk_addr_t end = 0;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);
	uint32_t frame = status ? DLK_NONE : find_entering(stack.frames, stack.frame_count);

	if (frame != DLK_NONE && frame + 1 < stack.frame_count)
		end = stack.frames[frame + 1].sp;
	for (uint32_t i = 0; !status && i < stack.word_count; i++) {
		uint32_t resource = DLK_NONE;

		if (stack.sp + i * sizeof(uint64_t) >= end)
			break;
		if (stack.words[i])
			resource = dlk_model_find_resource(&f->model, DLK_KIND_RCU, stack.words[i],
							   NULL);
		if (resource != DLK_NONE && !dlk_facts_resource(f, resource)->is_free)
			return add_hold(f, resource, context);
	}
	return status;
}

enum dlk_status dlk_rcu_sync_gather(struct dlk_facts *f)
{
	bool is_any = false;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.resources.len && !is_any; i++)
		is_any = dlk_facts_resource(f, i)->kind == DLK_KIND_RCU &&
			 dlk_facts_resource(f, i)->address;
	for (uint32_t i = 0; i < f->model.waits.len && is_any && !status; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);
		const struct dlk_resource *r = dlk_facts_resource(f, w->resource);

		if (i % 64 == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && r->kind == DLK_KIND_RCU && !r->address)
			status = dlk_facts_absorb(f, look_at_first(f, w->context),
						  dlk_facts_context(f, w->context)->task, true);
	}
	return status;
}
