/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathering of facts: tables that only grow. */
#include <config.h>

#include "locks/facts.h"

#include <stdio.h>
#include <string.h>

#include "kernel/frames.h"
#include "kernel/percpu.h"

enum { CANCEL_EVERY = 64 };

static void task_problem(void *arg, enum dlk_status status, dlk_addr_t address, const char *text)
{
	struct dlk_facts *f = arg;

	/* For want of memory the walk itself will stop. */
	if (dlk_facts_add_finding(f,
				  status == DLK_ERR_FAULT ? DLK_FINDING_UNREADABLE
							  : DLK_FINDING_CORRUPT,
				  address, true, "%s", text))
		return;
}

static void make_context(const struct dlk_tasks *tasks, const struct dlk_task *t,
			 struct dlk_context *c)
{
	*c = (struct dlk_context){
		.task = t->address,
		.pid = t->pid,
		.tgid = t->tgid,
		.state = t->state,
		.is_blocked = t->is_blocked,
		.is_uninterruptible = t->is_uninterruptible,
		.is_idle = t->is_idle,
		.is_kthread = t->is_kthread,
		.is_on_cpu = t->is_on_cpu,
		.cpu = t->cpu,
		.blocked_ns = dlk_task_blocked_ns(tasks, t),
		.running_ns = dlk_task_running_ns(tasks, t),
	};
	memcpy(c->comm, t->comm, sizeof(c->comm));
}

static enum dlk_status find_offline(struct dlk_facts *f)
{
	bool *is_offline = NULL;
	enum dlk_status status = dlk_percpu_find_offline(f->k, &is_offline);

	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status; cpu++) {
		uint32_t *slot = is_offline[cpu] ? dlk_vec_push(f->ctx, &f->model.offline) : NULL;

		if (slot)
			*slot = cpu;
		else if (is_offline[cpu])
			status = dlk_nomem(f->ctx);
	}
	f->is_offline = is_offline;
	return status;
}

enum dlk_status dlk_facts_init(struct dlk_facts *f, struct dlk_kernel *k)
{
	enum dlk_status status;

	*f = (struct dlk_facts){ .k = k,
				 .ctx = k->ctx,
				 .starts = DLK_VEC_INIT(struct dlk_stack_start) };
	dlk_model_builder_init(f->ctx, &f->model);
	dlk_workqueues_init(k, &f->workqueues);
	status = dlk_tasks_read(k, task_problem, f, &f->tasks);
	if (!status)
		status = dlk_model_expect_contexts(&f->model, f->tasks.tasks.len);
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		struct dlk_context context;
		uint32_t index;

		make_context(&f->tasks, DLK_VEC_AT(&f->tasks.tasks, struct dlk_task, i), &context);
		status = dlk_model_add_context(&f->model, &context, &index);
	}
	return status ? status : find_offline(f);
}

uint32_t dlk_facts_find_stack(struct dlk_facts *f, dlk_addr_t address)
{
	dlk_addr_t stack = address & ~(dlk_addr_t)(f->k->stack_size - 1);

	for (uint32_t i = f->by_stack.len ? f->tasks.tasks.len : 0; i < f->tasks.tasks.len; i++)
		if (dlk_map_put(f->ctx, &f->by_stack, dlk_facts_task(f, i)->stack, i))
			return DLK_NONE;
	return dlk_map_get(&f->by_stack, stack);
}

enum dlk_status dlk_facts_add_finding(struct dlk_facts *f, enum dlk_finding_code code,
				      dlk_addr_t address, bool is_loss, const char *fmt, ...)
{
	char text[512];
	struct dlk_finding found = {
		.code = code, .address = address, .text = text, .is_loss = is_loss
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return dlk_model_add_finding(&f->model, &found);
}

enum dlk_status dlk_facts_absorb(struct dlk_facts *f, enum dlk_status status, dlk_addr_t address,
				 bool is_loss)
{
	enum dlk_finding_code code = DLK_FINDING_CORRUPT;

	if (status == DLK_OK || dlk_status_is_fatal(status))
		return status;
	if (status == DLK_ERR_FAULT)
		code = DLK_FINDING_UNREADABLE;
	else if (status == DLK_ERR_LIMIT)
		code = DLK_FINDING_LIMIT;
	else if (status == DLK_ERR_UNSUPPORTED || status == DLK_ERR_NOTFOUND)
		code = DLK_FINDING_UNSUPPORTED;
	return dlk_facts_add_finding(f, code, address, is_loss, "%s", f->ctx->err.text);
}

enum dlk_status dlk_facts_walk_unexplained(struct dlk_facts *f, dlk_facts_task_fn *look, void *arg)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && c->is_blocked && c->is_uninterruptible && !dlk_facts_waits(f, i))
			status = dlk_facts_absorb(f, look(f, i, arg), c->task, true);
	}
	return status;
}

enum dlk_status dlk_facts_broken(struct dlk_facts *f, const struct dlk_stack *stack)
{
	const struct dlk_task *task = stack->task;

	/* A task that slept when it was looked at may have run on when its stack was. */
	if (!stack->is_broken || f->k->memory.target->is_live)
		return DLK_OK;
	return dlk_facts_add_finding(
		f, DLK_FINDING_CORRUPT, task->address, true,
		"stack of task %d (%s): it returns to %#llx, where there is no code", task->pid,
		task->comm, (unsigned long long)stack->broken_ip);
}

enum dlk_status dlk_facts_set_start(struct dlk_facts *f, uint32_t context,
				    const struct dlk_stack_start *start)
{
	struct dlk_stack_start *slot = dlk_vec_push(f->ctx, &f->starts);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = *start;
	return dlk_map_put(f->ctx, &f->start_of, context, f->starts.len - 1);
}

const struct dlk_stack_start *dlk_facts_start(const struct dlk_facts *f, uint32_t context)
{
	uint32_t start = f->starts.len ? dlk_map_get(&f->start_of, context) : DLK_NONE;

	return start == DLK_NONE ? NULL : DLK_VEC_AT(&f->starts, struct dlk_stack_start, start);
}

enum dlk_status dlk_facts_read_stack(struct dlk_facts *f, uint32_t context, struct dlk_stack *ret)
{
	const struct dlk_stack_start *start = dlk_facts_start(f, context);
	const struct dlk_task *task = dlk_facts_task(f, context);

	return start ? dlk_stack_read_from(f->k, task, start, ret)
		     : dlk_stack_read(f->k, task, ret);
}

enum dlk_status dlk_facts_unwind(struct dlk_facts *f, uint32_t context, struct dlk_stack *stack)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_stack own;
	enum dlk_status status;

	if (!stack)
		stack = &own;
	status = dlk_facts_read_stack(f, context, stack);
	if (!status && c->frames) {
		stack->is_unseen = c->is_unseen;
		stack->frames = c->frames;
		stack->frame_count = c->frame_count;
	} else if (!status) {
		status = dlk_stack_unwind(f->k, stack);
		c->is_in_user = stack->is_user;
	}
	if (status)
		return dlk_prepend(f->ctx, status, "stack of task %d (%s)", task->pid, task->comm);
	c->frames = stack->frames;
	c->frame_count = stack->frame_count;
	c->is_unseen = stack->is_unseen;
	return dlk_facts_broken(f, stack);
}
