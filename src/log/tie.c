/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own reports of contexts; see tie.h. */
#include <config.h>

#include "log/tie.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"

enum { MAX_SAID = 256, CANCEL_EVERY = 256 };

#define NS_PER_US UINT64_C(1000)

struct tying {
	struct dlk_ctx *ctx;
	const struct dlk_log_tie *tie;
	const struct dlk_model *model;
	struct dlk_map by_cpu; /* CPU -> the topmost wanted context that runs there */
	struct dlk_map by_pid; /* pid -> a wanted task that sleeps */
	struct dlk_vec said;   /* of struct dlk_said */
};

/* --- the dump's side */

static const struct dlk_context *task_of(const struct dlk_model *m, uint32_t context)
{
	return &m->contexts[dlk_context_task(m->contexts, context)];
}

uint64_t dlk_log_lasts_ns(const struct dlk_model *m, uint32_t context)
{
	const struct dlk_context *task = task_of(m, context);

	if (task->is_idle)
		return DLK_NS_UNKNOWN;
	return task->is_on_cpu ? task->running_ns : task->blocked_ns;
}

/* What is on top of another comes behind it. */
static enum dlk_status index_contexts(struct tying *t)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < t->model->context_count && !status; i++) {
		const struct dlk_context *c = &t->model->contexts[i];
		const struct dlk_context *task = task_of(t->model, i);

		if (!t->tie->wanted[i] || dlk_log_lasts_ns(t->model, i) == DLK_NS_UNKNOWN)
			continue;
		if (task->is_on_cpu && task->cpu >= 0)
			status = dlk_map_put(t->ctx, &t->by_cpu, (uint32_t)task->cpu, i);
		else if (c->is_blocked && c->pid > 0)
			status = dlk_map_put(t->ctx, &t->by_pid, (uint32_t)c->pid, i);
	}
	return status;
}

static uint32_t find(const struct dlk_map *map, int32_t number)
{
	return number >= 0 ? dlk_map_get(map, (uint32_t)number) : DLK_NONE;
}

/* A line that names the CPU alone names whoever was there. */
static bool is_named(const struct tying *t, uint32_t context, const struct dlk_log_who *who)
{
	const struct dlk_context *task = task_of(t->model, context);

	return who->pid == DLK_LOG_NO_NUMBER ||
	       (who->pid == task->pid && (!who->comm || !strcmp(who->comm, task->comm)));
}

/* --- one report */

/* The one of the same thing, said before; NULL. */
static struct dlk_said *find_said(const struct tying *t, const struct dlk_said *one)
{
	for (uint32_t i = 0; i < t->said.len; i++) {
		struct dlk_said *said = DLK_VEC_AT(&t->said, struct dlk_said, i);

		if (said->context == one->context && said->what == one->what)
			return said;
	}
	return NULL;
}

static enum dlk_status add(struct tying *t, const struct dlk_log_block *block, struct dlk_said one)
{
	uint64_t ns = block->time_us * NS_PER_US;
	struct dlk_said *said;

	if (one.context == DLK_NONE || block->time_us >= UINT64_MAX / NS_PER_US)
		return DLK_OK;
	one.ago_ns = one.first_ago_ns = t->tie->now_ns > ns ? t->tie->now_ns - ns : 0;
	one.times = 1;
	if (one.ago_ns > dlk_log_lasts_ns(t->model, one.context))
		return DLK_OK;
	said = find_said(t, &one);
	if (said) {
		/* The log's order is the order of time. */
		one.first_ago_ns = said->first_ago_ns;
		one.times = said->times + 1;
	} else {
		if (t->said.len >= MAX_SAID)
			return DLK_OK;
		said = dlk_vec_push(t->ctx, &t->said);
	}
	if (!said)
		return dlk_nomem(t->ctx);
	*said = one;
	return DLK_OK;
}

static enum dlk_status add_cpu(struct tying *t, const struct dlk_log_block *block)
{
	const struct dlk_log_cpu *cpu = &block->cpu;
	uint32_t context = find(&t->by_cpu, cpu->cpu);

	if ((!cpu->is_hard_lockup && !cpu->stuck_s) || context == DLK_NONE ||
	    !is_named(t, context, &cpu->who))
		return DLK_OK;
	return add(t, block,
		   (struct dlk_said){ .context = context,
				      .what = cpu->is_hard_lockup ? DLK_SAID_HARD_LOCKUP
								  : DLK_SAID_SOFT_LOCKUP,
				      .cpu = cpu->cpu,
				      .seconds = cpu->stuck_s });
}

static enum dlk_status add_stall(struct tying *t, const struct dlk_log_block *block)
{
	const struct dlk_log_stall *stall = &block->stall;
	struct dlk_said one = { .what = DLK_SAID_RCU_STALL, .flavour = stall->flavour };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < stall->cpu_count && !status; i++) {
		one.cpu = stall->cpus[i];
		one.context = find(&t->by_cpu, one.cpu);
		status = add(t, block, one);
	}
	one.cpu = DLK_LOG_NO_NUMBER;
	for (uint32_t i = 0; i < stall->pid_count && !status; i++) {
		one.context = find(&t->by_pid, stall->pids[i]);
		status = add(t, block, one);
	}
	return status;
}

static enum dlk_status add_pool(struct tying *t, const struct dlk_log_block *block)
{
	if (!block->pool.stuck_s)
		return DLK_OK;
	return add(t, block,
		   (struct dlk_said){ .context = find(&t->by_cpu, block->pool.cpu),
				      .what = DLK_SAID_WORKQUEUE_LOCKUP,
				      .cpu = block->pool.cpu,
				      .seconds = block->pool.stuck_s });
}

static enum dlk_status add_task(struct tying *t, const struct dlk_log_block *block)
{
	uint32_t context = find(&t->by_pid, block->task.who.pid);

	if (!block->task.hung_s || context == DLK_NONE || !is_named(t, context, &block->task.who))
		return DLK_OK;
	return add(t, block,
		   (struct dlk_said){ .context = context,
				      .what = DLK_SAID_HUNG_TASK,
				      .cpu = DLK_LOG_NO_NUMBER,
				      .seconds = block->task.hung_s });
}

static enum dlk_status add_block(struct tying *t, const struct dlk_log_block *block)
{
	switch (block->kind) {
	case DLK_LOG_CPU:
		return add_cpu(t, block);
	case DLK_LOG_STALL:
		return add_stall(t, block);
	case DLK_LOG_POOL:
		return add_pool(t, block);
	case DLK_LOG_TASK:
		return add_task(t, block);
	case DLK_LOG_BOOT:
	case DLK_LOG_HELD:
	case DLK_LOG_OWNER:
	case DLK_LOG_VALIDATOR:
	case DLK_LOG_LOCKDEP_OFF:
	case DLK_LOG_PANIC:
		break;
	}
	return DLK_OK;
}

/* --- all of them */

static int by_context(const void *a, const void *b)
{
	const struct dlk_said *x = a, *y = b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

enum dlk_status dlk_log_tie(struct dlk_ctx *ctx, const struct dlk_log_tie *tie,
			    struct dlk_model *model)
{
	struct tying t = {
		.ctx = ctx, .tie = tie, .model = model, .said = DLK_VEC_INIT(struct dlk_said)
	};
	enum dlk_status status = index_contexts(&t);

	for (uint32_t i = 0; i < tie->log->block_count && !status; i++) {
		status = i % CANCEL_EVERY ? DLK_OK : dlk_check_cancel(ctx);
		if (!status)
			status = add_block(&t, &tie->log->blocks[i]);
	}
	if (status || !t.said.len)
		return status;
	qsort(t.said.data, t.said.len, sizeof(struct dlk_said), by_context);
	model->said = t.said.data;
	model->said_count = t.said.len;
	return DLK_OK;
}
