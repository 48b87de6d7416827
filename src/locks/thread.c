/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads of a process that another one of it waits for: in execve(), that the others be gone; in a core dump, that they
 * have come to their end.
 *
 * Wait: signal_struct.group_exec_task is the thread that is in execve(), and notify_count says how many others are
 * left, or, if negative, that it waits for the first thread of the process to exit (fs/exec.c, de_thread()).  A core dump has a
 * struct core_state on the stack of who dumps, to which signal_struct.core_state points, and in its nr_threads how many have not
 * come yet (fs/coredump.c, since v5.16).  Certain: the record names the task, which sleeps in that function.
 *
 * Hold: in execve() each other thread of the process but the first, which is kept until last; in a core dump each that
 * is not marked as having come (PF_POSTCOREDUMP).  Certain, if as many were found as are counted, and all tasks could be
 * read; else possible, for some kernels do not wait for threads that work for vhost.  A thread that is traced, and has exited, stays until its tracer has taken
 * notice: then that is who holds up execve(), certain if the tracer is a process of one thread, else likely, for any of its threads
 * may do that.
 *
 * How it can be wrong: a thread that has just been told to end may be about to do so; how long all of this has lasted is said.
 * Whoever is killed in execve() goes on alone, as with a lock that is waited for killably.  A tracer that ends lets go
 * of what it traces.
 */
#include <config.h>

#include "kernel/frames.h"
#include "locks/child.h"
#include "locks/event.h"
#include "locks/find.h"
#include "locks/kind.h"
#include "locks/module_load.h"
#include "locks/wait_function.h"

enum {
	CANCEL_EVERY = 64,
	SEARCHED_FRAMES = 16,
	POST_COREDUMP = 0x8 /* PF_POSTCOREDUMP, v5.16 (92307383082d) */
};

static const enum dlk_member_id needs[] = { DLK_M_task_signal, DLK_M_signal_exec_task,
					    DLK_M_signal_notify_count, DLK_M_NONE };

enum purpose { FOR_EXEC, FOR_LEADER, FOR_DUMP };

/* A process whose threads are waited for. */
struct awaited {
	enum purpose purpose;
	uint32_t context, resource;
	uint64_t count, found; /* threads that are waited for */
	const char *doubt;     /* why not all are known that keep it waiting */
};

struct gathering {
	struct dlk_facts *f;
	struct dlk_vec awaited; /* of struct awaited */
	struct dlk_map by_tgid; /* -> index */
};

static const char *name_awaited(struct dlk_facts *f, uint32_t context, enum purpose purpose)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	static const char *const what[] = { [FOR_EXEC] = "the end of the other threads",
					    [FOR_LEADER] = "the end of the first thread",
					    [FOR_DUMP] = "the stop of the other threads" };

	return dlk_format(f->ctx, "%s of %s (pid %d)", what[purpose], c->comm, c->pid);
}

static bool has_frame(const struct dlk_frame *frames, uint32_t count, const char *const *functions)
{
	for (uint32_t i = 0; i < count && i < SEARCHED_FRAMES; i++)
		if (dlk_function_matches(frames[i].function, functions))
			return true;
	return false;
}

/* The process's record, if a thread sleeps in execve() and not for a lock that it needs on its way. */
static enum dlk_status find_exec(struct dlk_facts *f, uint32_t context, dlk_addr_t *signal,
				 bool *is_found)
{
	static const char *const functions[] = { "de_thread", "begin_new_exec", "flush_old_exec",
						 NULL };
	struct dlk_stack stack;
	struct dlk_waiting w;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);

	if (status)
		return status;
	dlk_frames_waiting(stack.frames, stack.frame_count, &w);
	if (w.how || !has_frame(stack.frames, stack.frame_count, functions))
		return DLK_OK;
	*is_found = true;
	return dlk_kernel_read_member(f->k, stack.task->address, DLK_M_task_signal, signal);
}

/* What the record says; @p ret without a count if not that this task waits. */
static enum dlk_status read_exec(struct dlk_facts *f, uint32_t context, dlk_addr_t signal,
				 struct awaited *ret)
{
	uint64_t exec_task, count = 0;
	enum dlk_status status = dlk_kernel_read_member(f->k, signal, DLK_M_signal_exec_task,
							&exec_task);

	if (!status)
		status = dlk_kernel_read_member(f->k, signal, DLK_M_signal_notify_count, &count);
	if (status || exec_task != dlk_facts_context(f, context)->task || !(int32_t)count)
		return status;
	ret->purpose = (int32_t)count < 0 ? FOR_LEADER : FOR_EXEC;
	ret->count = (int32_t)count < 0 ? 1 : count;
	return DLK_OK;
}

static enum dlk_status add_awaited(struct gathering *g, const struct awaited *a)
{
	struct dlk_facts *f = g->f;
	struct dlk_resource *r = dlk_facts_resource(f, a->resource);
	struct awaited *slot = dlk_vec_push(f->ctx, &g->awaited);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = *a;
	r->state = a->count == 1 ? "1 thread is left"
				 : dlk_format(f->ctx, "%llu threads are left",
					      (unsigned long long)a->count);
	if (!r->state)
		return dlk_nomem(f->ctx);
	return dlk_map_put(f->ctx, &g->by_tgid, (uint32_t)dlk_facts_context(f, a->context)->tgid,
			   g->awaited.len - 1);
}

static enum dlk_status look_at_exec(struct dlk_facts *f, uint32_t context, void *arg)
{
	struct gathering *g = arg;
	struct awaited a = { .context = context };
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_CERTAIN,
				 .note = "its process names it as the one in execve()" };
	dlk_addr_t signal;
	bool is_found = false, is_new;
	enum dlk_status status = DLK_OK;

	if (!dlk_facts_task(f, context)->is_kthread)
		status = find_exec(f, context, &signal, &is_found);
	if (!status && is_found)
		status = read_exec(f, context, signal, &a);
	if (status || !a.count)
		return status;
	status = dlk_facts_make_resource(f, DLK_KIND_THREAD, signal, &a.resource, &is_new);
	if (status)
		return status;
	dlk_facts_resource(f, a.resource)->name = name_awaited(f, context, a.purpose);
	wait.resource = a.resource;
	status = dlk_facts_add_wait(f, &wait);
	return status ? status : add_awaited(g, &a);
}

enum dlk_status dlk_dump_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				    dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	static const char *const functions[] = { "coredump_wait", "do_coredump", "vfs_coredump",
						 NULL };
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_stack *stack = c->stack;
	uint64_t signal, state = 0;
	enum dlk_status status;

	*is_found = false;
	if (!dlk_layout_has(l, DLK_M_signal_core_state) ||
	    !dlk_layout_has(l, DLK_M_core_nr_threads) || !dlk_layout_has(l, DLK_M_core_startup) ||
	    !has_frame(stack->frames, stack->frame_count, functions))
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, stack->task->address, DLK_M_task_signal, &signal);
	if (!status)
		status = dlk_kernel_read_member(f->k, signal, DLK_M_signal_core_state, &state);
	if (status || state + dlk_layout_offset(l, DLK_M_core_startup) != completion)
		return status;
	*ret = (struct dlk_event){ .kind = DLK_KIND_THREAD,
				   .name = name_awaited(f, c->context, FOR_DUMP),
				   .hold = { .context = DLK_NONE },
				   .holders_unknown = "how many of them are left cannot be read" };
	*is_found = true;
	return DLK_OK;
}

/* Of who was found to wait for a core dump's completion. */
static enum dlk_status look_at_dump(struct gathering *g, uint32_t context, uint32_t resource)
{
	struct dlk_facts *f = g->f;
	struct awaited a = { .purpose = FOR_DUMP, .context = context, .resource = resource };
	const struct dlk_resource *r = dlk_facts_resource(f, resource);
	const struct dlk_task *task = dlk_facts_task(f, context);
	dlk_addr_t state = r->address - dlk_layout_offset(&f->k->layout, DLK_M_core_startup);
	uint64_t signal, recorded = 0;
	enum dlk_status status;

	if (task->is_kthread || !task->is_blocked || !task->is_uninterruptible || r->is_free ||
	    r->address - task->stack >= f->k->stack_size)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, task->address, DLK_M_task_signal, &signal);
	if (!status && dlk_layout_has(&f->k->layout, DLK_M_signal_core_state))
		status = dlk_kernel_read_member(f->k, signal, DLK_M_signal_core_state, &recorded);
	if (status || recorded != state)
		return status;
	status = dlk_kernel_read_member(f->k, state, DLK_M_core_nr_threads, &a.count);
	return status ? status : add_awaited(g, &a);
}

/* Those of which the completion was found. */
static enum dlk_status look_at_dumps(struct gathering *g)
{
	struct dlk_facts *f = g->f;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.waits.len && !status; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);

		if (dlk_facts_resource(f, w->resource)->kind == DLK_KIND_THREAD)
			status = dlk_facts_absorb(f, look_at_dump(g, w->context, w->resource),
						  dlk_facts_task(f, w->context)->address, true);
	}
	return status;
}

/* Whose notice a thread waits for that has exited, and stays. */
static enum dlk_status find_tracer(struct dlk_facts *f, const struct dlk_task *thread,
				   struct dlk_hold *hold)
{
	struct dlk_reaper reaper;
	enum dlk_status status = dlk_child_find_reaper(f, thread, &reaper);

	hold->context = DLK_NONE;
	if (status || !reaper.is_tracer)
		return status;
	hold->context = reaper.hold.context;
	hold->confidence = reaper.hold.confidence;
	hold->note = reaper.hold.note;
	return DLK_OK;
}

/* Whether a thread is one of those that are waited for. */
static enum dlk_status is_awaited(struct dlk_facts *f, const struct awaited *a,
				  const struct dlk_task *thread, bool *ret)
{
	uint64_t flags = 0;
	bool is_leader = thread->pid == thread->tgid;
	enum dlk_status status = DLK_OK;

	if (a->purpose == FOR_DUMP)
		status = dlk_kernel_read_member(f->k, thread->address, DLK_M_task_flags, &flags);
	*ret = a->purpose == FOR_DUMP ? !(flags & POST_COREDUMP)
				      : is_leader == (a->purpose == FOR_LEADER);
	return status;
}

/* Takes a thread that is waited for. */
typedef enum dlk_status thread_fn(struct dlk_facts *f, struct awaited *a, uint32_t context);

static enum dlk_status count_thread(struct dlk_facts *f, struct awaited *a, uint32_t context)
{
	(void)f;
	(void)context;
	a->found++;
	return DLK_OK;
}

static enum dlk_status add_thread(struct dlk_facts *f, struct awaited *a, uint32_t context)
{
	const struct dlk_task *thread = dlk_facts_task(f, context);
	struct dlk_hold hold = { .resource = a->resource,
				 .context = context,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_ENDS,
				 .confidence = DLK_CERTAIN };
	enum dlk_status status = DLK_OK;

	if (thread->state == 'Z' && a->purpose == FOR_EXEC)
		status = find_tracer(f, thread, &hold);
	else if (thread->state == 'Z' || thread->state == 'X')
		hold.context = DLK_NONE;
	if (hold.context == DLK_NONE)
		a->doubt = "one of them has exited, and who is to take notice of that is not known";
	/* More than are counted: some of them are not waited for.  So it may be if not all were found. */
	if (a->found > a->count || f->tasks.lost)
		hold.confidence = DLK_POSSIBLE;
	return status || hold.context == DLK_NONE ? status : dlk_facts_add_hold(f, &hold);
}

static enum dlk_status show_thread(struct gathering *g, uint32_t context, thread_fn *take)
{
	struct dlk_facts *f = g->f;
	const struct dlk_task *thread = dlk_facts_task(f, context);
	uint32_t index = dlk_map_get(&g->by_tgid, (uint32_t)thread->tgid);
	struct awaited *a;
	bool is_one;
	enum dlk_status status;

	if (index == UINT32_MAX)
		return DLK_OK;
	a = DLK_VEC_AT(&g->awaited, struct awaited, index);
	if (a->context == context)
		return DLK_OK;
	status = is_awaited(f, a, thread, &is_one);
	if (!status && is_one)
		status = take(f, a, context);
	return dlk_facts_absorb(f, status, thread->address, true);
}

/* The threads of all the processes that were found, in one walk. */
static enum dlk_status walk_threads(struct gathering *g, thread_fn *take)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < g->f->tasks.tasks.len && !status && g->awaited.len; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(g->f->ctx);
		if (!status)
			status = show_thread(g, i, take);
	}
	return status;
}

static void weigh(struct dlk_facts *f, const struct awaited *a)
{
	dlk_facts_resource(f, a->resource)->holders_unknown =
		a->found < a->count ? "not all of the threads that are counted were found"
				    : a->doubt;
}

enum dlk_status dlk_thread_gather(struct dlk_facts *f)
{
	struct gathering g = { .f = f, .awaited = DLK_VEC_INIT(struct awaited) };
	enum dlk_status status;

	if (!dlk_layout_has_all(&f->k->layout, needs))
		return DLK_OK;
	status = look_at_dumps(&g);
	if (!status)
		status = dlk_facts_walk_unexplained(f, look_at_exec, &g);
	if (!status)
		status = walk_threads(&g, count_thread);
	if (!status)
		status = walk_threads(&g, add_thread);
	for (uint32_t i = 0; i < g.awaited.len && !status; i++)
		weigh(f, DLK_VEC_AT(&g.awaited, struct awaited, i));
	return status;
}

const struct dlk_lock_kind dlk_kind_thread = { .waiter = &dlk_child_waiter,
					       .needs = needs,
					       .seek = dlk_module_load_seek,
					       .infer = dlk_module_load_infer };
