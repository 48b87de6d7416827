/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who cancels a work that another one is canceling, until v6.10 (__cancel_work_timer() in kernel/workqueue.c); since then
 * both wait for the work itself.
 *
 * Wait: the first that cancels marks the work, and waits for its end by a barrier (work.c).  The second has a struct cwt_wait on its
 * stack, which names the task and the work, whose wake-up function is cwt_wakefn(), and which is linked both ways in a queue.
 * Certain: nothing else has that function; likely, if its frames are guessed.
 *
 * Hold: the first ends it.  No record names it; it is who waits for this very work by a barrier, and sleeps in the function that
 * cancels.  Certain, for the mark lets only one in; likely, if its frames are guessed.
 *
 * How it can be wrong: a first one that has not come to its barrier yet, or has left it, is not found: that is said.
 */
#include <config.h>

#include "locks/find.h"
#include "locks/lock.h"
#include "locks/queue.h"

enum { HAS_PWQ = 1 << 2 /* WORK_STRUCT_PWQ */, MAX_FRAMES = 16 };

static const enum dlk_member_id needs[] = { DLK_M_cwt_wait,           DLK_M_cwt_work,
					    DLK_M_wait_entry_private, DLK_M_wait_entry_func,
					    DLK_M_wait_entry_entry,   DLK_M_work_data,
					    DLK_M_work_func,          DLK_M_NONE };

/* The frame of who cancels; NULL. */
static const struct dlk_frame *find_canceling(const struct dlk_context *c)
{
	static const char *const functions[] = { "__cancel_work_timer", "cancel_work_sync",
						 "cancel_delayed_work_sync", NULL };

	for (uint32_t i = 0; i < c->frame_count && i < MAX_FRAMES; i++)
		if (dlk_function_matches(c->frames[i].function, functions))
			return &c->frames[i];
	return NULL;
}

/* Who waits for the work by a barrier, so as to cancel it. */
static enum dlk_status add_canceler(struct dlk_facts *f, uint32_t resource, dlk_addr_t work)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	struct dlk_hold hold = { .resource = resource,
				 .context = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_ENDS,
				 .note = "it is the first that cancels the work" };
	uint32_t awaited = dlk_model_find_resource(&f->model, DLK_KIND_WORK, work, NULL);

	r->state = "being canceled";
	if (awaited != DLK_NONE && !dlk_workqueues_spend(&f->workqueues, f->model.waits.len))
		awaited = DLK_NONE;
	for (uint32_t i = 0; awaited != DLK_NONE && i < f->model.waits.len; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);
		const struct dlk_frame *frame =
			w->resource == awaited ? find_canceling(dlk_facts_context(f, w->context))
					       : NULL;

		if (!frame)
			continue;
		hold.confidence = frame->is_reliable ? DLK_CERTAIN : DLK_LIKELY;
		hold.context = w->context;
	}
	if (hold.context != DLK_NONE)
		return dlk_facts_add_hold(f, &hold);
	r->holders_unknown = "who cancels it is not among those that wait for it";
	return DLK_OK;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, dlk_addr_t work)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	int64_t canceling = dlk_kernel_enumerator(f->k, DLK_E_WORK_OFFQ_CANCELING, 0);
	uint64_t data;
	enum dlk_status status = dlk_kernel_read_member(f->k, work, DLK_M_work_data, &data);

	if (status)
		return dlk_lock_unreadable(f, resource, status);
	r->is_free = canceling && (data & HAS_PWQ || !(data & (uint64_t)canceling));
	if (!r->is_free)
		return add_canceler(f, resource, work);
	r->state = "canceled";
	r->holders_unknown = "nobody cancels it any more, and who waits has not gone on yet";
	return DLK_OK;
}

/* "canceling of do_it (0xffff...)": the work itself is another thing, which others wait for. */
static const char *name(struct dlk_facts *f, dlk_addr_t work)
{
	uint64_t func = dlk_kernel_peek_member(f->k, work, DLK_M_work_func);
	const char *function = dlk_work_func_name(f->k, func);

	return dlk_format(f->ctx, "canceling of %s (%#llx)", function ? function : "a work",
			  (unsigned long long)work);
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context, dlk_addr_t work,
				enum dlk_confidence confidence)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = confidence,
				 .note = "another one cancels the same work" };
	const char *known_by = name(f, work);
	bool is_new;
	enum dlk_status status;

	if (!known_by)
		return dlk_nomem(f->ctx);
	status = dlk_model_make_resource(&f->model, DLK_KIND_WORK, 0, known_by, &wait.resource,
					 &is_new);
	if (!status && is_new)
		status = describe(f, wait.resource, work);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

/* Whether a struct cwt_wait is one, and queued. */
static enum dlk_status check(struct dlk_facts *f, dlk_addr_t waiter, bool *ret)
{
	static const char *const functions[] = { "cwt_wakefn", NULL };
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t entry = waiter + dlk_layout_offset(l, DLK_M_cwt_wait);
	uint64_t func;
	enum dlk_status status = dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_func, &func);

	*ret = false;
	if (status || !dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, functions))
		return status;
	return dlk_list_check(f->k, entry + dlk_layout_offset(l, DLK_M_wait_entry_entry), ret);
}

/* Among the words of the stack, by the task's own address in it. */
static enum dlk_status look(struct dlk_facts *f, uint32_t context, void *arg)
{
	const struct dlk_layout *l = &f->k->layout;
	uint32_t task = dlk_layout_offset(l, DLK_M_cwt_wait) +
			dlk_layout_offset(l, DLK_M_wait_entry_private);
	struct dlk_stack stack;
	bool is_waiter = false;
	dlk_addr_t waiter = 0;
	uint64_t work;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);
	const struct dlk_frame *frame = find_canceling(dlk_facts_context(f, context));

	(void)arg;
	if (status || !frame)
		return status;
	for (uint32_t i = 0; !status && i < stack.word_count && !is_waiter; i++) {
		if (stack.words[i] != stack.task->address)
			continue;
		waiter = stack.sp + i * sizeof(uint64_t) - task;
		status = check(f, waiter, &is_waiter);
	}
	if (status || !is_waiter)
		return status;
	status = dlk_kernel_read_member(f->k, waiter, DLK_M_cwt_work, &work);
	return status ? status
		      : add_wait(f, context, work, frame->is_reliable ? DLK_CERTAIN : DLK_LIKELY);
}

enum dlk_status dlk_work_cancel_gather(struct dlk_facts *f)
{
	return dlk_layout_has_all(&f->k->layout, needs) ? dlk_facts_walk_unexplained(f, look, NULL)
							: DLK_OK;
}
