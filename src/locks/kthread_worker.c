/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Works of a kthread_worker that others wait for: kthread_flush_work(), kthread_flush_worker(), kthread_destroy_worker(),
 * kthread_cancel_work_sync(), kthread_cancel_delayed_work_sync().
 *
 * Who waits has queued a work of its own behind that which it waits for, a struct kthread_flush_work on its stack, with the
 * completion in it.  Its function is kthread_flush_work_fn(), and it names the worker; that names its thread (kernel/kthread.c).
 *
 * Claims: certain, that the worker's thread ends the wait: it runs one work after the other, and nobody else runs any.
 *
 * How it can be wrong: a work that waits for a timer stands in another list, and a flush behind such a one is never
 * reached (2b35a4eaaaae): then the thread waits for works to come, which is said of it.
 */
#include <config.h>

#include "locks/event.h"

/* The struct kthread_flush_work around a completion, if it is one: its work; 0. */
static enum dlk_status find_work(struct dlk_facts *f, const struct dlk_candidate *c,
				 dlk_addr_t completion, dlk_addr_t *ret)
{
	static const char *const functions[] = { "kthread_flush_work_fn", NULL };
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t start = completion - dlk_layout_offset(l, DLK_M_kthread_flush_done);
	dlk_addr_t work = start + dlk_layout_offset(l, DLK_M_kthread_flush_work);
	uint64_t func;
	enum dlk_status status;

	*ret = 0;
	if (start < c->stack->sp || start >= c->stack->top)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, work, DLK_M_kthread_work_func, &func);
	if (!status && dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, functions))
		*ret = work;
	return status;
}

/* "it runs lab_work", "it runs none of its works" */
static const char *describe_current(struct dlk_facts *f, dlk_addr_t worker)
{
	dlk_addr_t work = dlk_kernel_peek_member(f->k, worker, DLK_M_kthread_worker_current);
	dlk_addr_t func = work ? dlk_kernel_peek_member(f->k, work, DLK_M_kthread_work_func) : 0;
	const char *name = func ? dlk_work_func_name(f->k, func) : NULL;

	if (!work)
		return "it runs none of its works";
	return dlk_format(f->ctx, "it runs %s", name ? name : "a work that has no name");
}

static enum dlk_status find_thread(struct dlk_facts *f, dlk_addr_t worker, struct dlk_event *ret)
{
	const struct dlk_context *thread;
	uint64_t task;
	enum dlk_status status = dlk_kernel_read_member(f->k, worker, DLK_M_kthread_worker_task,
							&task);

	if (status)
		return status;
	*ret = (struct dlk_event){ .kind = DLK_KIND_KTHREAD,
				   .name = "works of a kthread_worker",
				   .hold = { .context = dlk_facts_find_context(f, task),
					     .evidence = DLK_EVIDENCE_OWNER,
					     .confidence = DLK_CERTAIN } };
	if (ret->hold.context == DLK_NONE) {
		ret->holders_unknown = task ? "its worker's thread is none of those that were read"
					    : "its worker has no thread yet";
		return DLK_OK;
	}
	thread = dlk_facts_context(f, ret->hold.context);
	ret->name = dlk_format(f->ctx, "works of %s (pid %d)", thread->comm, thread->pid);
	ret->hold.note = describe_current(f, worker);
	return ret->name && ret->hold.note ? DLK_OK : dlk_nomem(f->ctx);
}

enum dlk_status dlk_kthread_worker_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
					      dlk_addr_t completion, struct dlk_event *ret,
					      bool *is_found)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t work = 0;
	uint64_t worker;
	enum dlk_status status = DLK_OK;

	*is_found = false;
	if (!dlk_layout_has(l, DLK_M_kthread_flush_done) ||
	    !dlk_layout_has(l, DLK_M_kthread_flush_work) ||
	    !dlk_layout_has(l, DLK_M_kthread_work_func) ||
	    !dlk_layout_has(l, DLK_M_kthread_work_worker) ||
	    !dlk_layout_has(l, DLK_M_kthread_worker_task))
		return DLK_OK;
	status = find_work(f, c, completion, &work);
	if (status || !work)
		return status;
	status = dlk_kernel_read_member(f->k, work, DLK_M_kthread_work_worker, &worker);
	if (!status && dlk_kernel_can_be_struct(f->k, worker))
		status = find_thread(f, worker, ret);
	*is_found = !status && dlk_kernel_can_be_struct(f->k, worker);
	return status;
}
