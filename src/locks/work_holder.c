/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who ends a work.
 *
 * One that runs: the worker whose current_work it is, so its task; certain.  One that stands in a worker's own list: that
 * worker, for no other will begin it; certain.
 *
 * One that is queued and may not be begun, since as many works of its workqueue run as may (max_active; one at a time, of an
 * ordered one): it is begun when any of those that run has ended, so each of their workers keeps it, and all of them must be stuck
 * for it to be stuck.  Of a workqueue whose works are not bound to CPUs these are counted for a node since v6.9, for a pwq
 * before.  Certain, if as many were found as are counted.
 *
 * One that is queued and may be begun waits for a worker: if its pool has an idle one, that is to be woken, and why it was not
 * is not known; else for any of the pool's workers to end what it runs, for the one that makes another worker, or
 * for the workqueue's rescuer.  Likely, for the pool may be full for a moment only.
 *
 * How it can be wrong: a work may free itself while it runs, and another one with the same function be made at its address and
 * queued; the kernel itself takes the two for one, and does not begin the second before the first has ended.  A limit may be
 * raised (sysfs), which begins what is queued; nothing says that somebody will.
 */
#include <config.h>

#include "locks/work.h"

enum { MAX_HOLDERS = 1024 /* of one work: so many workers of a pool are not looked at */ };

static const char *func_name(struct dlk_facts *f, dlk_addr_t func)
{
	const char *name = dlk_work_func_name(f->k, func);

	return name ? name : dlk_format(f->ctx, "0x%llx", (unsigned long long)func);
}

/* "runs vmstat_update, since 12 s" */
static const char *describe_worker(struct dlk_facts *f, const struct dlk_worker *worker, bool is_it)
{
	const char *func = func_name(f, worker->current_func);
	const char *wq = dlk_workqueue_name(f->k, dlk_kernel_peek_member(f->k, worker->current_pwq,
									 DLK_M_pwq_wq));
	const char *behind = is_it ? "" : ", which must end first";

	if (!worker->current_work)
		return "makes another worker for the pool";
	if (worker->run_ns == UINT64_MAX)
		return dlk_format(f->ctx, "it runs %s of %s%s", func ? func : "?",
				  wq ? wq : "a workqueue", behind);
	return dlk_format(f->ctx, "it runs %s of %s for %llu s%s", func ? func : "?",
			  wq ? wq : "a workqueue",
			  (unsigned long long)(worker->run_ns / 1000000000), behind);
}

/* More than one reason are one: the first. */
static void leave_unknown(struct dlk_facts *f, uint32_t resource, const char *why)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	if (!r->holders_unknown)
		r->holders_unknown = why;
}

enum dlk_status dlk_work_add_worker(struct dlk_facts *f, uint32_t resource,
				    const struct dlk_worker *worker, enum dlk_confidence sure,
				    bool is_it)
{
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_find_context(f, worker->task),
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = is_it ? DLK_EVIDENCE_OWNER : DLK_EVIDENCE_QUEUE_ORDER,
				 .confidence = sure };

	if (!worker->task)
		leave_unknown(f, resource, "a softirq runs it");
	else if (hold.context == DLK_NONE)
		leave_unknown(f, resource,
			      "its worker names a task that is none of those that were read");
	else
		hold.note = describe_worker(f, worker, is_it);
	return hold.note ? dlk_facts_add_hold(f, &hold) : DLK_OK;
}

/* The pwqs whose works are counted together with those of a work's own. */
static enum dlk_status find_pwqs(struct dlk_facts *f, const struct dlk_awaited_work *work,
				 struct dlk_vec *pwqs)
{
	uint64_t wq, flags = 0;
	int64_t unbound = dlk_kernel_enumerator(f->k, DLK_E_WQ_UNBOUND, 0);
	dlk_addr_t *slot;
	enum dlk_status status = dlk_kernel_read_member(f->k, work->pwq, DLK_M_pwq_wq, &wq);

	if (!status && dlk_layout_has(&f->k->layout, DLK_M_wq_node_nr_active))
		status = dlk_kernel_read_member(f->k, wq, DLK_M_wq_flags, &flags);
	if (status)
		return status;
	if (flags & (uint64_t)unbound)
		return dlk_pwqs_read(&f->workqueues, wq, pwqs);
	slot = dlk_vec_push(f->ctx, pwqs);
	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = work->pwq;
	return DLK_OK;
}

struct active {
	uint64_t counted; /* works that the pwqs call active */
	uint64_t running; /* workers found that run one of these */
};

/* The workers that run a work of a pwq keep what is not begun before one of these has ended. */
static enum dlk_status add_active(struct dlk_facts *f, uint32_t resource, dlk_addr_t pwq,
				  uint32_t node, struct active *active)
{
	const struct dlk_worker_pool *pool = NULL;
	uint64_t address, count;
	enum dlk_status status = dlk_kernel_read_member(f->k, pwq, DLK_M_pwq_pool, &address);

	if (!status)
		status = dlk_worker_pool_read(&f->workqueues, address, &pool);
	if (!status)
		status = dlk_kernel_read_member(f->k, pwq, DLK_M_pwq_nr_active, &count);
	if (status || !pool || pool->node != node)
		return status;
	active->counted += count;
	if (!dlk_workqueues_spend(&f->workqueues, pool->workers.len))
		return DLK_OK;
	for (uint32_t i = 0; i < pool->workers.len && !status; i++) {
		const struct dlk_worker *worker = DLK_VEC_AT(&pool->workers,
							     const struct dlk_worker, i);

		if (!worker->current_work || worker->current_pwq != pwq ||
		    active->running >= MAX_HOLDERS)
			continue;
		active->running++;
		status = dlk_work_add_worker(f, resource, worker, DLK_CERTAIN, false);
	}
	return status;
}

static const char *doubt_active(const struct active *active, uint64_t plugged)
{
	if (plugged)
		return "its workqueue waits for the works that were queued before its attributes "
		       "changed";
	if (!active->counted)
		return "none of its workqueue runs, and it is not begun: why is not known";
	if (active->running < active->counted)
		return "not all of those that must make room were found running";
	return NULL;
}

static enum dlk_status describe_inactive(struct dlk_facts *f, uint32_t resource,
					 const struct dlk_awaited_work *work)
{
	struct dlk_vec pwqs = DLK_VEC_INIT(dlk_addr_t);
	struct active active = { 0, 0 };
	uint64_t plugged = 0;
	const char *doubt;
	enum dlk_status status = find_pwqs(f, work, &pwqs);

	if (!status && dlk_layout_has(&f->k->layout, DLK_M_pwq_plugged))
		status = dlk_kernel_read_member(f->k, work->pwq, DLK_M_pwq_plugged, &plugged);
	for (uint32_t i = 0; i < pwqs.len && !status; i++)
		status = add_active(f, resource, *DLK_VEC_AT(&pwqs, dlk_addr_t, i),
				    work->pool->node, &active);
	if (status)
		return status;
	dlk_facts_resource(f, resource)->needs_any = true;
	dlk_facts_resource(f, resource)->state =
		active.counted == 1
			? "queued: the one that runs must end first"
			: dlk_format(f->ctx, "queued: one of %llu that run must end first",
				     (unsigned long long)active.counted);
	doubt = doubt_active(&active, plugged);
	if (doubt)
		leave_unknown(f, resource, doubt);
	return DLK_OK;
}

/* It is among the pool's workers while it helps; before, it is who would. */
static enum dlk_status add_rescuer(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_awaited_work *work)
{
	uint64_t wq, task, rescuer = 0;
	struct dlk_hold hold = { .resource = resource,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .confidence = DLK_LIKELY,
				 .note = "it is the workqueue's rescuer" };
	enum dlk_status status = dlk_kernel_read_member(f->k, work->pwq, DLK_M_pwq_wq, &wq);

	if (!status)
		status = dlk_kernel_read_member(f->k, wq, DLK_M_wq_rescuer, &rescuer);
	if (!status && rescuer)
		status = dlk_kernel_read_member(f->k, rescuer, DLK_M_worker_task, &task);
	if (status || !rescuer)
		return status;
	hold.context = dlk_facts_find_context(f, task);
	if (hold.context != DLK_NONE)
		return dlk_facts_add_hold(f, &hold);
	leave_unknown(f, resource,
		      "its workqueue has a rescuer, and which task that is is not known");
	return DLK_OK;
}

static enum dlk_status describe_pending(struct dlk_facts *f, uint32_t resource,
					const struct dlk_awaited_work *work)
{
	const struct dlk_vec *workers = &work->pool->workers;
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	enum dlk_status status = DLK_OK;

	r->needs_any = true;
	r->holders_assumed = true;
	r->state = "queued: no worker has begun it";
	if (work->pool->nr_idle) {
		r->holders_unknown = "its pool has an idle worker, which has not begun it";
		return DLK_OK;
	}
	if (!workers->len || workers->len > MAX_HOLDERS ||
	    !dlk_workqueues_spend(&f->workqueues, workers->len)) {
		r->holders_unknown = workers->len ? "its pool has too many workers to look at"
						  : "its pool has no worker";
		return DLK_OK;
	}
	for (uint32_t i = 0; i < workers->len && !status; i++)
		status = dlk_work_add_worker(f, resource,
					     DLK_VEC_AT(workers, const struct dlk_worker, i),
					     DLK_LIKELY, false);
	return status ? status : add_rescuer(f, resource, work);
}

static const char *name_work(struct dlk_facts *f, const struct dlk_awaited_work *work)
{
	const char *func = func_name(f, work->func);
	const char *wq = dlk_workqueue_name(f->k,
					    dlk_kernel_peek_member(f->k, work->pwq, DLK_M_pwq_wq));

	return wq && func ? dlk_format(f->ctx, "%s of workqueue %s", func, wq) : func;
}

static enum dlk_status add_holders(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_awaited_work *work)
{
	const struct dlk_worker *running = dlk_worker_pool_running(work->pool, work->address,
								   work->func);

	if (!running && work->place == DLK_WORK_WITH_WORKER)
		running = work->worker;
	if (running) {
		bool is_it = running->current_work == work->address;

		dlk_facts_resource(f, resource)->state =
			is_it ? "running" : "queued: its worker runs another one";
		return dlk_work_add_worker(f, resource, running, DLK_CERTAIN, is_it);
	}
	return work->place == DLK_WORK_INACTIVE ? describe_inactive(f, resource, work)
						: describe_pending(f, resource, work);
}

enum dlk_status dlk_work_describe(struct dlk_facts *f, uint32_t resource,
				  const struct dlk_awaited_work *work)
{
	enum dlk_status status;

	dlk_facts_resource(f, resource)->name = name_work(f, work);
	status = add_holders(f, resource, work);
	if (status && !dlk_status_is_fatal(status)) {
		dlk_facts_resource(f, resource)->needs_any = true;
		leave_unknown(f, resource, "what keeps it from being begun cannot be read");
	}
	return status;
}
