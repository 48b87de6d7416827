/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread of the kernel that waits for a certain child: for a program that it has started (kernel_wait()).
 *
 * Wait: a struct wait_opts on the task's stack says for which, and a wait-queue entry in it, whose function is child_wait_callback(), is
 * linked both ways in the queue of the process (kernel/exit.c, do_wait()).  Certain.
 *
 * Hold: the child, if it is a process of one thread, which must end; or stop, if that is what is asked for.  Certain.  Of one with
 * more threads it is not known which is to end it.
 *
 * User space in waitpid(2) is left alone: it sleeps there for what is none of the kernel's business, with no lock of the
 * kernel in hand, and each shell whose child sleeps would keep it from being said that there is no deadlock.  So is a thread that
 * waits for any of its children.
 *
 * How it can be wrong: a signal may end the wait, as most in state S.
 */
#include <config.h>

#include "locks/child.h"

#include "locks/queue.h"

static const enum dlk_member_id needs[] = { DLK_M_wait_opts_type,
					    DLK_M_wait_opts_pid,
					    DLK_M_wait_opts_entry,
					    DLK_M_wait_opts_func,
					    DLK_M_pid_tasks,
					    DLK_M_task_pid_links,
					    DLK_M_NONE };

/* Whether a candidate is such a waiter, queued, and for one pid. */
static enum dlk_status check(struct dlk_facts *f, dlk_addr_t waiter, bool *ret)
{
	static const char *const functions[] = { "child_wait_callback", NULL };
	dlk_addr_t entry = waiter + dlk_layout_offset(&f->k->layout, DLK_M_wait_opts_entry);
	uint64_t func, type;
	enum dlk_status status = dlk_kernel_read_member(f->k, waiter, DLK_M_wait_opts_func, &func);

	*ret = false;
	if (status || !dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, functions))
		return status;
	status = dlk_kernel_read_member(f->k, waiter, DLK_M_wait_opts_type, &type);
	if (status || type != (uint64_t)dlk_kernel_enumerator(f->k, DLK_E_PIDTYPE_PID, 0))
		return status;
	return dlk_list_check(f->k, entry, ret);
}

/* The task of a struct pid: the first of its threads' list, in which there is but one. */
static enum dlk_status find_child(struct dlk_facts *f, dlk_addr_t pid, uint32_t *ret)
{
	const struct dlk_layout *l = &f->k->layout;
	uint64_t first;
	enum dlk_status status = dlk_kernel_read_member(f->k, pid, DLK_M_pid_tasks, &first);

	*ret = DLK_NONE;
	if (!status && first)
		*ret = dlk_facts_find_context(f,
					      first - dlk_layout_offset(l, DLK_M_task_pid_links));
	return status;
}

static enum dlk_status count_threads(struct dlk_facts *f, dlk_addr_t task, uint64_t *ret)
{
	uint64_t signal;
	enum dlk_status status = dlk_kernel_read_member(f->k, task, DLK_M_task_signal, &signal);

	*ret = 0;
	if (status || !dlk_layout_has(&f->k->layout, DLK_M_signal_nr_threads))
		return status;
	return dlk_kernel_read_member(f->k, signal, DLK_M_signal_nr_threads, ret);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, uint32_t child)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	const struct dlk_context *c = child == DLK_NONE ? NULL : dlk_facts_context(f, child);
	struct dlk_hold hold = { .resource = resource,
				 .context = child,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_ENDS,
				 .confidence = DLK_CERTAIN };

	uint64_t threads;
	enum dlk_status status;

	r->holders_unknown = "the child is none of the tasks that were read";
	if (!c)
		return DLK_OK;
	r->name = dlk_format(f->ctx, "the end of %s (pid %d)", c->comm, c->pid);
	if (!r->name)
		return dlk_nomem(f->ctx);
	r->holders_unknown = "it has ended, and who waits has not taken notice yet";
	if (c->state == 'Z' || c->state == 'X')
		return DLK_OK;
	r->holders_unknown = "which of its threads is to end it is not known";
	status = count_threads(f, c->task, &threads);
	if (status || threads != 1)
		return status;
	r->holders_unknown = NULL;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN };
	bool is_one, is_new;
	uint64_t pid;
	uint32_t child;
	enum dlk_status status;

	if (!dlk_layout_has_all(&f->k->layout, needs) || !dlk_facts_task(f, c->context)->is_kthread)
		return DLK_OK;
	status = check(f, c->waiter, &is_one);
	if (status || !is_one)
		return status;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_wait_opts_pid, &pid);
	if (!status)
		status = find_child(f, pid, &child);
	if (!status)
		status = dlk_facts_make_resource(f, DLK_KIND_THREAD, pid, &wait.resource, &is_new);
	if (!status && is_new)
		status = dlk_facts_absorb(f, describe(f, wait.resource, child), pid, true);
	if (status)
		return status;
	*is_taken = true;
	return dlk_facts_add_wait(f, &wait);
}

static enum dlk_status name_reaper(struct dlk_facts *f, const struct dlk_task *task,
				   dlk_addr_t parent, struct dlk_reaper *ret)
{
	uint64_t threads;
	enum dlk_status status = count_threads(f, parent, &threads);

	ret->hold.confidence = threads == 1 ? DLK_CERTAIN : DLK_LIKELY;
	ret->hold.note = dlk_format(f->ctx,
				    "%s %s (pid %d), which has exited, and must take notice",
				    ret->is_tracer ? "it traces" : "it is the parent of",
				    task->comm, task->pid);
	return ret->hold.note ? status : dlk_nomem(f->ctx);
}

enum dlk_status dlk_child_find_reaper(struct dlk_facts *f, const struct dlk_task *task,
				      struct dlk_reaper *ret)
{
	const struct dlk_layout *l = &f->k->layout;
	uint64_t ptrace, parent, threads = 0;
	enum dlk_status status;

	*ret = (struct dlk_reaper){ .hold = { .context = DLK_NONE } };
	if (!dlk_layout_has(l, DLK_M_task_ptrace) || !dlk_layout_has(l, DLK_M_task_parent))
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, task->address, DLK_M_task_ptrace, &ptrace);
	if (!status)
		status = dlk_kernel_read_member(f->k, task->address, DLK_M_task_parent, &parent);
	if (!status)
		status = count_threads(f, task->address, &threads);
	if (status)
		return status;
	ret->is_tracer = ptrace;
	ret->has_threads = task->pid == task->tgid && threads > 1;
	ret->hold.context = dlk_facts_find_context(f, parent);
	return ret->hold.context == DLK_NONE ? DLK_OK : name_reaper(f, task, parent, ret);
}

const struct dlk_waiter dlk_child_waiter = { .task = DLK_M_wait_opts_task, .take = take };
