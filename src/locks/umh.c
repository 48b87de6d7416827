/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the kernel starts, and waits for: call_usermodehelper_exec(), and with it request_module().
 *
 * Who waits has the request at hand, a struct subprocess_info, which points to the completion on his stack.  The request is a work;
 * the worker that runs it starts the program.  If it is the program's end that is waited for, as mostly, the worker waits for
 * that, and then completes it; else the process does so itself, when it has become the program (kernel/umh.c).
 *
 * Claims: certain, that the worker that runs the request must come to the completion first, or must start who does.
 *
 * How it can be wrong: not known is who is asked by a request that no worker runs: its process has been started, and is on its way
 * to become the program; or no worker has begun it.
 */
#include <config.h>

#include "locks/event.h"

enum {
	SEARCHED_WORDS = 256,
	WQ_WORKER = 0x20 /* PF_WQ_WORKER */
};

static const char *const functions[] = { "call_usermodehelper_exec", "call_usermodehelper",
					 "__request_module", "call_modprobe", NULL };

static const enum dlk_member_id needs[] = { DLK_M_umh_work,     DLK_M_umh_complete,
					    DLK_M_kthread_data, DLK_M_task_kthread,
					    DLK_M_worker_task,  DLK_M_worker_current_work,
					    DLK_M_NONE };

/* Among the words of who waits; 0. */
static enum dlk_status find_request(struct dlk_facts *f, const struct dlk_candidate *c,
				    dlk_addr_t completion, dlk_addr_t *ret)
{
	const struct dlk_stack *stack = c->stack;
	enum dlk_status failed = DLK_OK;

	*ret = 0;
	for (uint32_t i = 0; i < stack->word_count && i < SEARCHED_WORDS; i++) {
		dlk_addr_t word = stack->words[i];
		uint64_t complete;
		enum dlk_status status;

		if (!dlk_kernel_can_be_struct(f->k, word) ||
		    (word >= stack->task->stack && word < stack->top))
			continue;
		status = dlk_kernel_read_member(f->k, word, DLK_M_umh_complete, &complete);
		if (status)
			failed = status;
		if (!status && complete == completion) {
			*ret = word;
			return DLK_OK;
		}
	}
	return failed;
}

/* Whether a kworker runs a work. */
static enum dlk_status check_worker(struct dlk_facts *f, uint32_t context, dlk_addr_t work,
				    bool *ret)
{
	uint64_t flags, kthread, worker, current = 0, task = dlk_facts_context(f, context)->task;
	enum dlk_status status = dlk_kernel_read_member(f->k, task, DLK_M_task_flags, &flags);

	*ret = false;
	if (status || !(flags & WQ_WORKER))
		return status;
	status = dlk_kernel_read_member(f->k, task, DLK_M_task_kthread, &kthread);
	if (!status)
		status = dlk_kernel_read_member(f->k, kthread, DLK_M_kthread_data, &worker);
	if (!status)
		status = dlk_kernel_read_member(f->k, worker, DLK_M_worker_current_work, &current);
	*ret = !status && current == work;
	if (*ret)
		status = dlk_kernel_read_member(f->k, worker, DLK_M_worker_task, &worker);
	*ret &= !status && worker == task;
	return status;
}

/* The worker that runs a work; DLK_NONE.  Another one's that cannot be read may be it. */
static enum dlk_status find_worker(struct dlk_facts *f, dlk_addr_t work, uint32_t *ret)
{
	enum dlk_status failed = DLK_OK;

	for (*ret = 0; *ret < f->tasks.tasks.len; (*ret)++) {
		bool is_it;
		enum dlk_status status;

		if (!dlk_facts_context(f, *ret)->is_kthread)
			continue;
		if (!dlk_workqueues_spend(&f->workqueues, 1))
			break;
		status = check_worker(f, *ret, work, &is_it);
		if (is_it)
			return DLK_OK;
		if (status)
			failed = status;
	}
	*ret = DLK_NONE;
	return failed;
}

enum dlk_status dlk_umh_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				   dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	const struct dlk_layout *l = &f->k->layout;
	const char *path;
	dlk_addr_t request;
	enum dlk_status status;

	*is_found = false;
	if (!dlk_layout_has_all(l, needs) || !dlk_event_is_in(c, functions))
		return DLK_OK;
	status = find_request(f, c, completion, &request);
	if (status || !request)
		return status;
	path = dlk_kernel_read_string(f->k, dlk_kernel_peek_member(f->k, request, DLK_M_umh_path));
	*ret = (struct dlk_event){
		.kind = DLK_KIND_THREAD,
		.name = dlk_format(f->ctx, "what the kernel has started %s for",
				   path ? path : "a program"),
		.hold = { .evidence = DLK_EVIDENCE_OWNER,
			  .confidence = DLK_CERTAIN,
			  .note = "it runs the request to start the program" },
	};
	status = find_worker(f, request + dlk_layout_offset(l, DLK_M_umh_work), &ret->hold.context);
	if (ret->hold.context == DLK_NONE)
		ret->holders_unknown = "no worker is found that runs the request: the program is "
				       "being started, or no worker has begun it";
	*is_found = true;
	return ret->name ? status : dlk_nomem(f->ctx);
}
