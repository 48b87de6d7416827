/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stalls and pools of workers. */
#include <config.h>

#include "log/graces.h"

#include <string.h>

static enum dlk_status add_hold(struct dlk_log_facts *f, const struct dlk_log_block *block,
				uint32_t resource, uint32_t context, enum dlk_evidence evidence,
				const char *note)
{
	struct dlk_hold hold = {
		.context = context,
		.resource = resource,
		.mode = dlk_kind_mode(dlk_model_resource(&f->model, resource)->kind, true),
		.evidence = evidence,
		.confidence = DLK_LIKELY,
		.note = note,
		.log_line = block->first_line
	};
	struct dlk_resource *r = dlk_model_resource(&f->model, resource);

	r->holders_unknown = NULL;
	r->holders_assumed = true;
	r->is_event = false;
	return dlk_model_add_hold(&f->model, &hold);
}

/* --- RCU */

/* Who ran on a CPU when it was last looked at; DLK_NONE. */
static uint32_t find_on_cpu(const struct dlk_log_facts *f, int32_t cpu)
{
	uint32_t found = DLK_NONE;

	for (uint32_t i = 0; i < f->people.len; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, i);

		if (p->cpu && p->cpu->cpu.cpu == cpu && !dlk_log_context(f, i)->is_idle &&
		    (found == DLK_NONE ||
		     p->cpu->first_line > dlk_log_person(f, found)->cpu->first_line))
			found = i;
	}
	return found;
}

static enum dlk_status add_stall(struct dlk_log_facts *f, const struct dlk_log_block *block,
				 uint32_t resource)
{
	const struct dlk_log_stall *stall = &block->stall;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < stall->cpu_count && !status; i++) {
		uint32_t person = find_on_cpu(f, stall->cpus[i]);

		if (person != DLK_NONE)
			status = add_hold(f, block, resource, dlk_log_person(f, person)->context,
					  DLK_EVIDENCE_ON_CPU,
					  "it runs on a CPU that has not passed the grace period");
	}
	for (uint32_t i = 0; i < stall->pid_count && !status; i++) {
		struct dlk_log_who who = { .pid = stall->pids[i] };
		uint32_t person = dlk_log_people_find(f, &who);

		if (person != DLK_NONE)
			status = add_hold(f, block, resource, dlk_log_person(f, person)->context,
					  DLK_EVIDENCE_READER, NULL);
	}
	return status;
}

/* --- works */

static enum dlk_status make_work(struct dlk_log_facts *f, const struct dlk_log_pool *pool,
				 const struct dlk_log_work *work, uint32_t *ret)
{
	const char *name = dlk_format(f->ctx, "%s of pool %d",
				      work->function ? work->function : "a work", pool->pool);
	bool is_new;

	if (!name)
		return dlk_nomem(f->ctx);
	return dlk_model_make_resource(&f->model, DLK_KIND_WORK, 0, name, ret, &is_new);
}

static enum dlk_status add_workers_of(struct dlk_log_facts *f, const struct dlk_log_block *block,
				      uint32_t resource)
{
	const struct dlk_log_pool *pool = &block->pool;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < pool->work_count && !status; i++) {
		const struct dlk_log_work *work = &pool->works[i];
		struct dlk_log_who who = { .pid = work->worker };
		uint32_t person = work->state == DLK_LOG_IN_FLIGHT ? dlk_log_people_find(f, &who)
								   : DLK_NONE;

		if (person != DLK_NONE)
			status = add_hold(f, block, resource, dlk_log_person(f, person)->context,
					  DLK_EVIDENCE_ENDS,
					  dlk_format(f->ctx, "it runs %s in the pool",
						     work->function ? work->function : "a work"));
	}
	return status;
}

/* A pool is listed once for each workqueue that has something in it. */
static enum dlk_status add_workers(struct dlk_log_facts *f, int32_t pool, uint32_t resource)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->first; i < f->end && !status; i++)
		if (f->log->blocks[i].kind == DLK_LOG_POOL && f->log->blocks[i].pool.pool == pool)
			status = add_workers_of(f, &f->log->blocks[i], resource);
	return status;
}

/* Who flushes a work of a pool waits for what runs there. */
static enum dlk_status add_flusher(struct dlk_log_facts *f, const struct dlk_log_block *block,
				   const struct dlk_log_work *work)
{
	struct dlk_log_who who = { .pid = work->barrier };
	uint32_t person = work->barrier == DLK_LOG_NO_NUMBER ? DLK_NONE
							     : dlk_log_people_find(f, &who);
	struct dlk_wait wait = { .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_LIKELY,
				 .log_line = work->line };
	enum dlk_status status;

	if (person == DLK_NONE ||
	    dlk_model_first_wait(&f->model, dlk_log_person(f, person)->context))
		return DLK_OK;
	status = make_work(f, &block->pool, work, &wait.resource);
	if (status)
		return status;
	wait.context = dlk_log_person(f, person)->context;
	dlk_model_resource(&f->model, wait.resource)->holders_unknown =
		"the log does not say what the pool's workers run";
	status = dlk_model_add_wait(&f->model, &wait);
	return status ? status : add_workers(f, block->pool.pool, wait.resource);
}

/* --- works by the lists of held locks */

/* The work that a worker runs, by its list; NULL. */
static const struct dlk_log_held *find_run(const struct dlk_log_person *p)
{
	static const char mark[] = "(work_completion)";
	const struct dlk_log_held_list *list = dlk_log_held(p);

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct dlk_log_held *e = &list->entries[i];

		if (e->class && !strncmp(e->class, mark, strlen(mark)) && e->at_function &&
		    !strcmp(e->at_function, "process_one_work"))
			return e;
	}
	return NULL;
}

/* The one worker that runs something; DLK_NONE: none does, or several. */
static uint32_t find_only_worker(const struct dlk_log_facts *f)
{
	uint32_t found = DLK_NONE;

	for (uint32_t i = 0; i < f->people.len; i++) {
		if (!find_run(dlk_log_person(f, i)))
			continue;
		if (found != DLK_NONE)
			return DLK_NONE;
		found = i;
	}
	return found;
}

static enum dlk_status add_only(struct dlk_log_facts *f, uint32_t waiter, uint32_t worker)
{
	const struct dlk_log_person *p = dlk_log_person(f, waiter);
	const struct dlk_log_held *run = find_run(dlk_log_person(f, worker));
	struct dlk_wait wait = { .context = p->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_FUNCTION,
				 .confidence = DLK_CERTAIN,
				 .at = p->waiting.caller ? p->waiting.caller->symbol : NULL,
				 .log_line = p->task->first_line };
	bool is_new;
	enum dlk_status status = dlk_model_make_resource(&f->model, DLK_KIND_WORK, run->lock,
							 run->lock ? NULL : run->class,
							 &wait.resource, &is_new);

	if (status)
		return status;
	dlk_model_resource(&f->model, wait.resource)->name = run->class;
	status = dlk_model_add_wait(&f->model, &wait);
	return status ? status
		      : add_hold(f, dlk_log_person(f, worker)->held, wait.resource,
				 dlk_log_person(f, worker)->context, DLK_EVIDENCE_LOCKDEP,
				 "it is the only worker that lockdep lists as running a work");
}

/* Who flushes a work waits for a worker: where all lists show but one that runs something, for that. */
static enum dlk_status take_flushers(struct dlk_log_facts *f)
{
	uint32_t worker = find_only_worker(f);
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; worker != DLK_NONE && i < f->people.len && !status; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, i);

		if (i != worker && p->task && dlk_log_context(f, i)->is_blocked && p->waiting.how &&
		    p->waiting.how->kind == DLK_KIND_WORK &&
		    !dlk_model_first_wait(&f->model, p->context))
			status = add_only(f, i, worker);
	}
	return status;
}

static enum dlk_status take_block(struct dlk_log_facts *f, const struct dlk_log_block *block,
				  uint32_t grace)
{
	enum dlk_status status = DLK_OK;

	if (block->kind == DLK_LOG_STALL && grace != DLK_NONE)
		return add_stall(f, block, grace);
	if (block->kind != DLK_LOG_POOL)
		return DLK_OK;
	for (uint32_t i = 0; i < block->pool.work_count && !status; i++)
		status = add_flusher(f, block, &block->pool.works[i]);
	return status;
}

enum dlk_status dlk_log_graces_gather(struct dlk_log_facts *f)
{
	uint32_t grace = dlk_model_find_resource(&f->model, DLK_KIND_RCU, 0, "grace period");
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->first; i < f->end && !status; i++)
		status = take_block(f, &f->log->blocks[i], grace);
	return status ? status : take_flushers(f);
}
