/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of a log that belong to one task. */
#include <config.h>

#include "log/people.h"

#include <stdio.h>
#include <string.h>

#define SECOND_US UINT64_C(1000000)
/* What is printed of one moment takes so long, on a slow console; and the kernel looks every 120 s. */
#define MOMENT_US (60 * SECOND_US)

enum { CANCEL_EVERY = 256, COMM_CHARS = 15, HUNG_TASK_WARNINGS = 10 };

static bool is_same_name(const char *a, const char *b)
{
	return !a || !b || !strncmp(a, b, COMM_CHARS);
}

static uint32_t find_by_name(const struct dlk_log_facts *f, const char *comm)
{
	uint32_t found = DLK_NONE;

	for (uint32_t i = 0; i < f->people.len; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, i);

		if (p->who.comm && is_same_name(p->who.comm, comm))
			found = found == DLK_NONE ? i : UINT32_MAX;
	}
	return found;
}

uint32_t dlk_log_people_find(const struct dlk_log_facts *f, const struct dlk_log_who *who)
{
	uint32_t i;

	if (who->pid == DLK_LOG_NO_NUMBER)
		return who->comm ? find_by_name(f, who->comm) : DLK_NONE;
	i = dlk_map_get(&f->by_pid, (uint32_t)who->pid);
	if (i == UINT32_MAX || !is_same_name(dlk_log_person(f, i)->who.comm, who->comm))
		return DLK_NONE;
	return i;
}

/* The idle tasks have one pid, and one of each CPU. */
static bool is_idle(const struct dlk_log_who *who)
{
	return !who->pid && who->comm && !strncmp(who->comm, "swapper", strlen("swapper"));
}

static enum dlk_status add_person(struct dlk_log_facts *f, const struct dlk_log_who *who,
				  uint32_t *ret)
{
	struct dlk_log_person *p;

	*ret = f->people.len;
	p = dlk_vec_push(f->ctx, &f->people);
	if (!p)
		return dlk_nomem(f->ctx);
	p->who = *who;
	p->awaited = DLK_NONE;
	if (who->pid == DLK_LOG_NO_NUMBER || is_idle(who))
		return DLK_OK;
	return dlk_map_put(f->ctx, &f->by_pid, (uint32_t)who->pid, *ret);
}

static enum dlk_status make_person(struct dlk_log_facts *f, const struct dlk_log_who *who,
				   struct dlk_log_person **ret)
{
	uint32_t i = is_idle(who) ? DLK_NONE : dlk_log_people_find(f, who);
	enum dlk_status status = DLK_OK;

	if (i == DLK_NONE)
		status = add_person(f, who, &i);
	if (status)
		return status;
	*ret = dlk_log_person(f, i);
	if (!(*ret)->who.comm)
		(*ret)->who.comm = who->comm;
	return DLK_OK;
}

/* A header without a stack says less than one before it that has one. */
static void take_task(struct dlk_log_person *p, const struct dlk_log_block *block)
{
	p->is_hung |= block->task.hung_s != 0;
	if (!p->task || block->task.stack.count || !p->task->task.stack.count)
		p->task = block;
}

static void take_cpu(struct dlk_log_person *p, const struct dlk_log_block *block)
{
	if (!p->cpu || block->cpu.stack.count || !p->cpu->cpu.stack.count)
		p->cpu = block;
}

/* Whom a block is about; NULL: nobody. */
static const struct dlk_log_who *subject(const struct dlk_log_block *block)
{
	switch (block->kind) {
	case DLK_LOG_TASK:
		return &block->task.who;
	case DLK_LOG_HELD:
		return &block->held.who;
	case DLK_LOG_OWNER:
		return &block->owner.waiter;
	case DLK_LOG_CPU:
		return block->cpu.who.comm || block->cpu.who.pid != DLK_LOG_NO_NUMBER
			       ? &block->cpu.who
			       : NULL;
	case DLK_LOG_VALIDATOR:
	case DLK_LOG_BOOT:
	case DLK_LOG_STALL:
	case DLK_LOG_POOL:
	case DLK_LOG_LOCKDEP_OFF:
	case DLK_LOG_PANIC:
		break;
	}
	return NULL;
}

/* Workers, and who flushes their works, are known by their pids. */
static enum dlk_status take_pool(struct dlk_log_facts *f, const struct dlk_log_pool *pool)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < pool->work_count && !status; i++) {
		struct dlk_log_who worker = { .pid = pool->works[i].worker };
		struct dlk_log_who flusher = { .pid = pool->works[i].barrier };
		struct dlk_log_person *p;

		if (worker.pid != DLK_LOG_NO_NUMBER)
			status = make_person(f, &worker, &p);
		if (!status && flusher.pid != DLK_LOG_NO_NUMBER)
			status = make_person(f, &flusher, &p);
	}
	return status;
}

/* --- what is of one moment */

/* Since when a task is as a piece says that is its own, or that names it. */
static uint64_t start_of(const struct dlk_log_block *block, bool is_own)
{
	uint64_t t = block->time_us;
	uint64_t hung_s = is_own && block->kind == DLK_LOG_TASK ? block->task.hung_s : 0;
	uint64_t slept_us = hung_s < t / SECOND_US ? hung_s * SECOND_US : t;

	if (slept_us < MOMENT_US)
		slept_us = MOMENT_US;
	return t > slept_us ? t - slept_us : 0;
}

static void note_time(struct dlk_log_person *p, const struct dlk_log_block *block, bool is_own)
{
	uint64_t start;

	if (block->time_us == DLK_LOG_NO_TIME || block->time_us < p->since_us)
		return;
	start = start_of(block, is_own);
	if (start > p->seen_us || start < p->since_us || !p->seen_us)
		p->since_us = start;
	if (block->time_us > p->seen_us)
		p->seen_us = block->time_us;
}

static void drop_if_old(const struct dlk_log_person *p, const struct dlk_log_block **piece)
{
	if (*piece && (*piece)->time_us < p->since_us)
		*piece = NULL;
}

static void forget_old(const struct dlk_log_facts *f, struct dlk_log_person *p)
{
	if (f->hung_count == HUNG_TASK_WARNINGS)
		return;
	drop_if_old(p, &p->task);
	drop_if_old(p, &p->held);
	drop_if_old(p, &p->owner);
	drop_if_old(p, &p->cpu);
	p->is_hung &= p->task != NULL;
}

bool dlk_log_is_outlived(const struct dlk_log_facts *f, const struct dlk_log_person *p,
			 const struct dlk_log_person *by)
{
	return f->hung_count != HUNG_TASK_WARNINGS && p->seen_us && p->seen_us < by->since_us;
}

/* --- gathering */

static enum dlk_status take_block(struct dlk_log_facts *f, const struct dlk_log_block *block)
{
	const struct dlk_log_who *who = subject(block);
	struct dlk_log_person *p;
	enum dlk_status status;

	if (block->kind == DLK_LOG_POOL)
		return take_pool(f, &block->pool);
	if (!who)
		return DLK_OK;
	status = make_person(f, who, &p);
	if (status)
		return status;
	note_time(p, block, true);
	f->hung_count += block->kind == DLK_LOG_TASK && block->task.hung_s;
	if (block->kind == DLK_LOG_TASK)
		take_task(p, block);
	else if (block->kind == DLK_LOG_CPU)
		take_cpu(p, block);
	else if (block->kind == DLK_LOG_HELD)
		p->held = block;
	else
		p->owner = block;
	if (block->kind != DLK_LOG_OWNER || block->owner.how == DLK_LOG_NO_OWNER ||
	    (!block->owner.owner.comm && block->owner.owner.pid == DLK_LOG_NO_NUMBER))
		return DLK_OK;
	status = make_person(f, &block->owner.owner, &p);
	if (status)
		return status;
	note_time(p, block, false);
	p->named = block;
	return DLK_OK;
}

/* Who runs in the end: by which of the two was printed later. */
static bool is_running(const struct dlk_log_person *p)
{
	bool is_later = p->cpu && (!p->task || p->cpu->first_line > p->task->first_line);

	if (is_later)
		return true;
	if (p->task)
		return p->task->task.state == 'R';
	return p->held && p->held->held.is_running;
}

static const struct dlk_log_stack *stack_of(const struct dlk_log_person *p, bool is_on_cpu)
{
	if (is_on_cpu)
		return &p->cpu->cpu.stack;
	return p->task ? &p->task->task.stack : NULL;
}

static bool has_reliable(const struct dlk_log_stack *stack)
{
	for (uint32_t i = 0; i < stack->count; i++)
		if (stack->frames[i].is_reliable)
			return true;
	return false;
}

struct dlk_frame dlk_log_frame_of(const struct dlk_log_frame *from)
{
	return (struct dlk_frame){
		.function = from->function,
		.symbol = from->symbol,
		.module = from->module,
		.line = from->place,
		.is_reliable = from->is_reliable,
	};
}

/* Interrupts on top of it are contexts of their own. */
static enum dlk_status take_frames(struct dlk_log_facts *f, struct dlk_log_person *p,
				   const struct dlk_log_stack *stack)
{
	bool with_guesses = !has_reliable(stack);

	p->frames = dlk_calloc(f->ctx, stack->count, sizeof(*p->frames));
	p->sources = dlk_calloc(f->ctx, stack->count, sizeof(const struct dlk_log_frame *));
	if (!p->frames || !p->sources)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct dlk_log_frame *from = &stack->frames[i];

		if (from->on != DLK_CONTEXT_TASK || !(from->is_reliable || with_guesses))
			continue;
		p->frames[p->frame_count] = dlk_log_frame_of(from);
		p->sources[p->frame_count++] = from;
	}
	return DLK_OK;
}

/* Where the log tells of it, by the piece that says most. */
static uint32_t line_of(const struct dlk_log_person *p)
{
	const struct dlk_log_block *const pieces[] = { p->task, p->cpu, p->owner, p->held,
						       p->named };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if (pieces[i])
			return pieces[i]->first_line;
	return 0;
}

static void fill_context(const struct dlk_log_person *p, bool is_on_cpu, struct dlk_context *c)
{
	const struct dlk_log_task *task = p->task ? &p->task->task : NULL;
	bool runs = is_running(p);
	char state = '?';

	if (runs)
		state = 'R';
	else if (task)
		state = task->state;
	*c = (struct dlk_context){
		.pid = p->who.pid,
		.tgid = p->who.pid,
		.state = state,
		.is_blocked = !runs,
		.is_on_cpu = is_on_cpu,
		.is_idle = is_idle(&p->who),
		.cpu = is_on_cpu ? p->cpu->cpu.cpu
		       : task    ? task->cpu
				 : -1,
		.blocked_ns = task && task->hung_s ? task->hung_s * UINT64_C(1000000000)
						   : DLK_NS_UNKNOWN,
		.running_ns = is_on_cpu && p->cpu->cpu.stuck_s
				      ? p->cpu->cpu.stuck_s * UINT64_C(1000000000)
				      : DLK_NS_UNKNOWN,
		.is_kthread = task && task->is_kthread,
		.frames = p->frames,
		.frame_count = p->frame_count,
		.log_line = line_of(p),
	};
	if (p->is_hung && c->state == '?')
		c->state = 'D';
	c->is_uninterruptible = c->state == 'D';
	snprintf(c->comm, sizeof(c->comm), "%.*s", COMM_CHARS, p->who.comm ? p->who.comm : "?");
}

static enum dlk_status finish_person(struct dlk_log_facts *f, struct dlk_log_person *p)
{
	const struct dlk_log_stack *stack;
	enum dlk_status status = DLK_OK;
	struct dlk_context c;
	bool is_on_cpu;

	forget_old(f, p);
	is_on_cpu = is_running(p) && p->cpu;
	stack = stack_of(p, is_on_cpu);
	if (stack && stack->count)
		status = take_frames(f, p, stack);
	if (status)
		return status;
	fill_context(p, is_on_cpu, &c);
	if (c.is_blocked)
		dlk_frames_waiting(p->frames, p->frame_count, &p->waiting);
	return dlk_model_add_context(&f->model, &c, &p->context);
}

enum dlk_status dlk_log_people_gather(struct dlk_log_facts *f)
{
	enum dlk_status status = DLK_OK;

	f->people = (struct dlk_vec)DLK_VEC_INIT(struct dlk_log_person);
	for (uint32_t i = f->first; i < f->end && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = take_block(f, &f->log->blocks[i]);
	}
	for (uint32_t i = 0; i < f->people.len && !status; i++)
		status = finish_person(f, dlk_log_person(f, i));
	return status;
}
