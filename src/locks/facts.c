/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathering of facts: tables that only grow. */
#include <config.h>

#include "locks/facts.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FINDINGS = 1000 };

static void task_problem(void *arg, enum dlk_status status, dlk_addr_t address, const char *text)
{
	struct dlk_facts *f = arg;

	/* For want of memory the walk itself will stop. */
	if (dlk_facts_find(f,
			   status == DLK_ERR_FAULT ? DLK_FINDING_UNREADABLE : DLK_FINDING_CORRUPT,
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

enum dlk_status dlk_facts_init(struct dlk_facts *f, struct dlk_kernel *k)
{
	enum dlk_status status;

	*f = (struct dlk_facts){ .k = k,
				 .ctx = k->ctx,
				 .resources = DLK_VEC_INIT(struct dlk_resource),
				 .waits = DLK_VEC_INIT(struct dlk_wait),
				 .holds = DLK_VEC_INIT(struct dlk_hold),
				 .unknowns = DLK_VEC_INIT(struct dlk_unknown),
				 .findings = DLK_VEC_INIT(struct dlk_finding),
				 .held = DLK_VEC_INIT(struct dlk_held),
				 .classes = DLK_VEC_INIT(struct dlk_lock_class) };
	status = dlk_tasks_read(k, task_problem, f, &f->tasks);
	if (status)
		return status;
	f->contexts = dlk_calloc(f->ctx, f->tasks.tasks.len, sizeof(*f->contexts));
	f->wait_of = dlk_calloc(f->ctx, f->tasks.tasks.len, sizeof(*f->wait_of));
	if (!f->contexts || !f->wait_of)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->tasks.tasks.len; i++) {
		make_context(&f->tasks, DLK_VEC_AT(&f->tasks.tasks, struct dlk_task, i),
			     &f->contexts[i]);
		f->wait_of[i] = DLK_NONE;
	}
	return DLK_OK;
}

enum dlk_status dlk_facts_resource(struct dlk_facts *f, enum dlk_kind kind, dlk_addr_t address,
				   uint32_t *ret, bool *is_new)
{
	uint32_t index = dlk_map_get(&f->by_address[kind], address);
	struct dlk_resource *r;
	enum dlk_status status;

	*is_new = index == UINT32_MAX;
	if (*is_new) {
		r = dlk_vec_push(f->ctx, &f->resources);
		if (!r)
			return dlk_nomem(f->ctx);
		*r = (struct dlk_resource){ .kind = kind, .address = address };
		index = f->resources.len - 1;
		status = dlk_map_put(f->ctx, &f->by_address[kind], address, index);
		if (status)
			return status;
	}
	*ret = index;
	return DLK_OK;
}

struct dlk_resource *dlk_facts_get(struct dlk_facts *f, uint32_t resource)
{
	return DLK_VEC_AT(&f->resources, struct dlk_resource, resource);
}

enum dlk_status dlk_facts_wait(struct dlk_facts *f, const struct dlk_wait *wait)
{
	struct dlk_wait *slot = dlk_vec_push(f->ctx, &f->waits);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = *wait;
	if (f->wait_of[wait->context] == DLK_NONE)
		f->wait_of[wait->context] = f->waits.len - 1;
	return DLK_OK;
}

enum dlk_status dlk_facts_hold(struct dlk_facts *f, const struct dlk_hold *hold)
{
	struct dlk_hold *slot = dlk_vec_push(f->ctx, &f->holds);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = *hold;
	return DLK_OK;
}

/* The same was found on another way: a stack, for one, is looked at more than once. */
static bool is_known(struct dlk_facts *f, const struct dlk_finding *finding, const char *text)
{
	for (uint32_t i = 0; i < f->findings.len; i++) {
		struct dlk_finding *known = DLK_VEC_AT(&f->findings, struct dlk_finding, i);

		if (known->code != finding->code || known->address != finding->address ||
		    !known->text || strcmp(known->text, text))
			continue;
		known->is_loss |= finding->is_loss;
		return true;
	}
	return false;
}

enum dlk_status dlk_facts_find(struct dlk_facts *f, enum dlk_finding_code code, dlk_addr_t address,
			       bool is_loss, const char *fmt, ...)
{
	struct dlk_finding found = { .code = code, .address = address, .is_loss = is_loss };
	struct dlk_finding *finding;
	char text[512];
	va_list ap;

	if (f->findings.len > MAX_FINDINGS)
		return DLK_OK;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (is_known(f, &found, text))
		return DLK_OK;
	finding = dlk_vec_push(f->ctx, &f->findings);
	if (!finding)
		return dlk_nomem(f->ctx);
	*finding = found;
	if (f->findings.len > MAX_FINDINGS) {
		finding->code = DLK_FINDING_LIMIT;
		finding->is_loss = true;
		finding->text = "more findings than are kept";
		return DLK_OK;
	}
	finding->text = dlk_strdup(f->ctx, text);
	return finding->text ? DLK_OK : dlk_nomem(f->ctx);
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
	return dlk_facts_find(f, code, address, is_loss, "%s", f->ctx->err.text);
}

uint32_t dlk_facts_context(const struct dlk_facts *f, dlk_addr_t task)
{
	return dlk_map_get(&f->tasks.by_addr, task);
}

enum dlk_status dlk_facts_broken(struct dlk_facts *f, const struct dlk_stack *stack)
{
	const struct dlk_task *task = stack->task;

	/* A task that slept when it was looked at may have run on when its stack was. */
	if (!stack->is_broken || f->k->memory.target->is_live)
		return DLK_OK;
	return dlk_facts_find(f, DLK_FINDING_CORRUPT, task->address, true,
			      "stack of task %d (%s): it returns to %#llx, where there is no code",
			      task->pid, task->comm, (unsigned long long)stack->broken_ip);
}

enum dlk_status dlk_facts_unwind(struct dlk_facts *f, uint32_t context, struct dlk_stack *stack)
{
	const struct dlk_task *task = DLK_VEC_AT(&f->tasks.tasks, struct dlk_task, context);
	struct dlk_context *c = &f->contexts[context];
	struct dlk_stack own;
	enum dlk_status status;

	if (!stack)
		stack = &own;
	status = dlk_stack_read(f->k, task, stack);
	if (!status && c->frames) {
		stack->frames = c->frames;
		stack->frame_count = c->frame_count;
	} else if (!status) {
		status = dlk_stack_unwind(f->k, stack);
	}
	if (status)
		return dlk_prepend(f->ctx, status, "stack of task %d (%s)", task->pid, task->comm);
	c->frames = stack->frames;
	c->frame_count = stack->frame_count;
	c->is_unseen = stack->is_unseen;
	return dlk_facts_broken(f, stack);
}

void dlk_facts_model(const struct dlk_facts *f, struct dlk_model *ret)
{
	ret->contexts = f->contexts;
	ret->context_count = f->tasks.tasks.len;
	ret->resources = f->resources.data;
	ret->resource_count = f->resources.len;
	ret->waits = f->waits.data;
	ret->wait_count = f->waits.len;
	ret->holds = f->holds.data;
	ret->hold_count = f->holds.len;
	ret->unknowns = f->unknowns.data;
	ret->unknown_count = f->unknowns.len;
	ret->findings = f->findings.data;
	ret->finding_count = f->findings.len;
	ret->held = f->held.data;
	ret->held_count = f->held.len;
	ret->classes = f->classes.data;
	ret->class_count = f->classes.len;
	ret->lockdep = f->lockdep;
}
