/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first process of a PID namespace, which ends, and waits for all others that are left in it: so a container does not stop.
 *
 * Wait: its last thread, which exits, is the namespace's child_reaper, and sleeps in zap_pid_ns_processes() (kernel/pid_namespace.c),
 * for its children in kernel_wait4(), and then until no more IDs are in use than its own.  Certain: the record names the task, and only
 * there does one sleep in these states.
 *
 * Hold: all who are left, each of them, for it needs them all: every task whose ID is one of the namespace, or of one inside of
 * it.  Each has been killed, and is to end.  Who has exited stays until its tracer, or its parent, has taken notice: then
 * that is who holds, certain if it is a process of one thread, else likely, for any of its threads may do that.  The
 * children of who waits are none of these, for it takes notice itself.
 *
 * How it can be wrong: a task that was just killed may be about to end; how long all of this has lasted is said.  A parent
 * that ends lets go of its children, and a tracer of what it traces.  An ID may be in use as that of a process group or a session alone;
 * but then some task is in that, and is found.
 */
#include <config.h>

#include "kernel/frames.h"
#include "locks/child.h"
#include "locks/find.h"

enum {
	CANCEL_EVERY = 64,
	SEARCHED_FRAMES = 16,
	MAX_LEVEL = 32,     /* MAX_PID_NS_LEVEL */
	EXITS = 0x4,        /* PF_EXITING */
	COUNT = 0x7fffffff, /* of pid_allocated, but for PIDNS_ADDING */
};

static const enum dlk_member_id needs[] = {
	DLK_M_task_thread_pid, DLK_M_pid_level,        DLK_M_pid_numbers, DLK_M_upid_ns,
	DLK_M_pid_ns_reaper,   DLK_M_pid_ns_allocated, DLK_M_NONE
};

/* A namespace whose first process waits for the others. */
struct ending {
	uint32_t context, resource;
	uint64_t found;
	const char *doubt; /* why not all are known that keep it waiting */
};

struct gathering {
	struct dlk_vec endings;    /* of struct ending */
	struct dlk_map by_address; /* of the namespace -> index */
};

/* The namespaces that a task is in, from the outermost to its own. */
struct inside {
	dlk_addr_t namespaces[MAX_LEVEL + 1];
	uint32_t count;
};

static enum dlk_status read_namespaces(struct dlk_facts *f, dlk_addr_t task, struct inside *ret)
{
	const struct dlk_layout *l = &f->k->layout;
	uint64_t pid, level;
	enum dlk_status status = dlk_kernel_read_member(f->k, task, DLK_M_task_thread_pid, &pid);

	ret->count = 0;
	if (status || !pid)
		return status;
	status = dlk_kernel_read_member(f->k, pid, DLK_M_pid_level, &level);
	if (!status && level > MAX_LEVEL)
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "its PID is of level %llu",
				(unsigned long long)level);
	for (; !status && ret->count <= level; ret->count++)
		status = dlk_kernel_read_member(f->k,
						pid + dlk_layout_offset(l, DLK_M_pid_numbers) +
							(dlk_addr_t)ret->count *
								l->sizes[DLK_S_upid],
						DLK_M_upid_ns, &ret->namespaces[ret->count]);
	return status;
}

static bool is_in_zap(const struct dlk_stack *stack)
{
	static const char *const functions[] = { "zap_pid_ns_processes", NULL };

	for (uint32_t i = 0; i < stack->frame_count && i < SEARCHED_FRAMES; i++)
		if (dlk_function_matches(stack->frames[i].function, functions))
			return true;
	return false;
}

/* The namespace that a task ends, and waits there; 0. */
static enum dlk_status find_namespace(struct dlk_facts *f, uint32_t context, dlk_addr_t *ret)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct inside inside;
	struct dlk_stack stack;
	uint64_t flags, reaper = 0;
	enum dlk_status status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_flags, &flags);

	*ret = 0;
	if (status || !(flags & EXITS))
		return status;
	status = read_namespaces(f, c->task, &inside);
	if (status || !inside.count)
		return status;
	status = dlk_kernel_read_member(f->k, inside.namespaces[inside.count - 1],
					DLK_M_pid_ns_reaper, &reaper);
	if (status || reaper != c->task)
		return status;
	status = dlk_facts_unwind(f, context, &stack);
	if (!status && is_in_zap(&stack))
		*ret = inside.namespaces[inside.count - 1];
	return status;
}

/* How many IDs are in use that are not its own. */
static enum dlk_status describe(struct dlk_facts *f, dlk_addr_t address, const struct ending *e)
{
	const struct dlk_task *task = dlk_facts_task(f, e->context);
	struct dlk_resource *r = dlk_facts_resource(f, e->resource);
	uint64_t count, own = task->pid == task->tgid ? 1 : 2;
	enum dlk_status status = dlk_kernel_read_member(f->k, address, DLK_M_pid_ns_allocated,
							&count);

	r->name = dlk_format(f->ctx, "the end of all others in the PID namespace of %s (pid %d)",
			     task->comm, task->pid);
	if (!r->name)
		return dlk_nomem(f->ctx);
	if (status)
		return status;
	count &= COUNT;
	r->is_free = count <= own;
	r->state = dlk_format(f->ctx, "%llu IDs are left",
			      (unsigned long long)(r->is_free ? 0 : count - own));
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status add_ending(struct dlk_facts *f, struct gathering *g, uint32_t context,
				  dlk_addr_t address)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_CERTAIN,
				 .note = "its PID namespace names it as the first process" };
	struct dlk_context *c = dlk_facts_context(f, context);
	struct ending *e = dlk_vec_push(f->ctx, &g->endings);
	bool is_new;
	enum dlk_status status;

	if (!e)
		return dlk_nomem(f->ctx);
	*e = (struct ending){ .context = context };
	status = dlk_facts_make_resource(f, DLK_KIND_THREAD, address, &e->resource, &is_new);
	if (!status)
		status = dlk_map_put(f->ctx, &g->by_address, address, g->endings.len - 1);
	if (status)
		return status;
	/* No idleness, as that of others who wait for children. */
	c->purpose = DLK_PURPOSE_NONE;
	c->is_waiting_idly = false;
	wait.resource = e->resource;
	status = dlk_facts_absorb(f, describe(f, address, e), address, true);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

static enum dlk_status look_for_ending(struct dlk_facts *f, struct gathering *g, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	dlk_addr_t address;
	enum dlk_status status;

	if ((c->state != 'S' && c->state != 'I') || !c->is_blocked ||
	    dlk_facts_task(f, context)->is_kthread || dlk_facts_waits(f, context))
		return DLK_OK;
	status = find_namespace(f, context, &address);
	if (status || !address)
		return dlk_facts_absorb(f, status, c->task, true);
	return add_ending(f, g, context, address);
}

/* Who is to end, or to take notice that it has ended; no context if that is who waits. */
static enum dlk_status find_holder(struct dlk_facts *f, struct ending *e, uint32_t context,
				   struct dlk_hold *hold)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	const struct dlk_task *waiter = dlk_facts_task(f, e->context);
	struct dlk_reaper reaper;
	enum dlk_status status;

	hold->context = context;
	hold->confidence = DLK_CERTAIN;
	hold->note = "it is in that namespace";
	if (task->state != 'Z' && task->state != 'X')
		return DLK_OK;
	hold->context = DLK_NONE;
	if (task->state == 'X')
		return DLK_OK;
	status = dlk_child_find_reaper(f, task, &reaper);
	if (status || reaper.has_threads)
		return status;
	if (reaper.hold.context == DLK_NONE)
		e->doubt = "one of them has exited, and who is to take notice of that is not known";
	else if (dlk_facts_task(f, reaper.hold.context)->tgid != waiter->tgid)
		*hold = reaper.hold;
	return DLK_OK;
}

/* A task that is in a namespace which ends. */
static enum dlk_status add_inside(struct dlk_facts *f, struct ending *e, uint32_t context)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	struct dlk_hold hold = { .context = DLK_NONE };
	enum dlk_status status;

	if (context == e->context ||
	    (task->pid == task->tgid && task->tgid == dlk_facts_task(f, e->context)->tgid))
		return DLK_OK;
	e->found++;
	status = find_holder(f, e, context, &hold);
	if (status || hold.context == DLK_NONE)
		return status;
	hold.resource = e->resource;
	hold.mode = DLK_MODE_EXCLUSIVE;
	hold.evidence = DLK_EVIDENCE_ENDS;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status show_task(struct dlk_facts *f, struct gathering *g, uint32_t context)
{
	struct inside inside;
	enum dlk_status status = read_namespaces(f, dlk_facts_context(f, context)->task, &inside);

	for (uint32_t i = 0; i < inside.count && !status; i++) {
		uint32_t index = dlk_map_get(&g->by_address, inside.namespaces[i]);

		if (index != UINT32_MAX)
			status = add_inside(f, DLK_VEC_AT(&g->endings, struct ending, index),
					    context);
	}
	return status;
}

static void weigh(struct dlk_facts *f, const struct ending *e)
{
	struct dlk_resource *r = dlk_facts_resource(f, e->resource);

	r->holders_unknown = e->doubt;
	if (r->is_free)
		r->holders_unknown = "all others have ended, and who waits has not gone on yet";
	else if (!e->found)
		r->holders_unknown = "none of the tasks that were read is left in it";
	else if (f->tasks.lost)
		r->holders_unknown = "not all tasks could be read";
}

enum dlk_status dlk_pid_namespace_gather(struct dlk_facts *f)
{
	struct gathering g = { .endings = DLK_VEC_INIT(struct ending) };
	enum dlk_status status = DLK_OK;

	if (!dlk_layout_has_all(&f->k->layout, needs) || !f->k->layout.sizes[DLK_S_upid])
		return DLK_OK;
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = look_for_ending(f, &g, i);
	}
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status && g.endings.len; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = dlk_facts_absorb(f, show_task(f, &g, i),
						  dlk_facts_context(f, i)->task, true);
	}
	for (uint32_t i = 0; i < g.endings.len && !status; i++)
		weigh(f, DLK_VEC_AT(&g.endings, struct ending, i));
	return status;
}
