/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over all tasks.
 *
 * Claims: a task in the result is linked in init_task's list, in the thread list of a linked group,
 * or is named by a run queue as its idle task; where a list is broken, also what has a pid.  It reads
 * the members that it needs, not the whole task_struct: two or three pages a task, all but one shared
 * with neighbours on the slab.
 *
 * Lists may be made to lead through the same bytes again and again, a task every few of them.  So each
 * task must have memory of its own, and what leads to none that is new is counted: what a walk
 * costs is bounded by the memory that there is.
 *
 * How it can be wrong: a list that breaks hides what is behind the break (said as a problem; the
 * other lists go on).  A run queue that is lost hides its idle task and its clock (said as well).
 * A task that exits is unlinked before it is gone.
 */
#include <config.h>

#include "kernel/task.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/list.h"
#include "kernel/pid.h"

/* include/linux/sched.h; the values are the same since v4.14 */
enum {
	STATE_INTERRUPTIBLE = 0x1,
	STATE_UNINTERRUPTIBLE = 0x2,
	STATE_STOPPED = 0x4,
	STATE_TRACED = 0x8,
	STATE_EXIT_DEAD = 0x10,
	STATE_EXIT_ZOMBIE = 0x20,
	STATE_PARKED = 0x40,
	STATE_DEAD = 0x80,
	STATE_WAKING = 0x200,
	STATE_NOLOAD = 0x400,
	STATE_NEW = 0x800,
	STATE_RTLOCK_WAIT = 0x1000, /* v5.16 */
	STATE_FROZEN = 0x8000,      /* v6.1; what it slept in before is in saved_state */
	FLAG_KTHREAD = 0x00200000,
	MAX_TASKS = 4 * 1024 * 1024,
	PLACE_SHIFT = 10,   /* no task_struct is smaller than a KiB */
	AGAIN_PER_TASK = 4, /* times that a task may be found again, on the average, */
	MIN_AGAIN = 10000,  /* and of few tasks in all */
	CANCEL_EVERY = 256
};

struct walk {
	struct dlk_kernel *k;
	struct dlk_tasks *out;
	dlk_task_problem_fn *problem;
	void *arg;
	struct dlk_map places; /* where tasks are in physical memory -> index */
	uint64_t again;        /* times that a task was found again, or none was */
};

static char state_letter(uint64_t state, uint64_t exit_state)
{
	state |= exit_state;
	if (state & STATE_EXIT_ZOMBIE)
		return 'Z';
	if (state & (STATE_EXIT_DEAD | STATE_DEAD))
		return 'X';
	if (state & STATE_UNINTERRUPTIBLE)
		return state & STATE_NOLOAD ? 'I' : 'D';
	if (state & (STATE_RTLOCK_WAIT | STATE_FROZEN))
		return 'D';
	if (state & STATE_INTERRUPTIBLE)
		return 'S';
	if (state & STATE_STOPPED)
		return 'T';
	if (state & STATE_TRACED)
		return 't';
	if (state & STATE_PARKED)
		return 'P';
	/* About to be queued: the kernel reports these as running, too. */
	return state & ~(uint64_t)(STATE_WAKING | STATE_NEW) ? '?' : 'R';
}

static enum dlk_status read_state(struct dlk_kernel *k, dlk_addr_t task, uint64_t *ret)
{
	if (dlk_layout_has(&k->layout, DLK_M_task_state))
		return dlk_kernel_read_member(k, task, DLK_M_task_state, ret);
	if (dlk_layout_has(&k->layout, DLK_M_task_state_old))
		return dlk_kernel_read_member(k, task, DLK_M_task_state_old, ret);
	return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "no task_struct.__state in the kernel's types");
}

static int32_t read_cpu(struct dlk_kernel *k, dlk_addr_t task)
{
	uint64_t cpu;

	if (dlk_kernel_read_member(k, task, DLK_M_task_thread_info_cpu, &cpu) &&
	    dlk_kernel_read_member(k, task, DLK_M_task_cpu, &cpu))
		return -1;
	return (int32_t)cpu;
}

/*
 * Members that not every kernel has; 0 for those.  One that is there and cannot be read is a failure:
 * a task that may run must not pass for one that sleeps.
 */
static enum dlk_status read_optional(struct dlk_kernel *k, dlk_addr_t task,
				     const enum dlk_member_id *ids, uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum dlk_status status = DLK_OK;

		values[i] = 0;
		if (dlk_layout_has(&k->layout, ids[i]))
			status = dlk_kernel_read_member(k, task, ids[i], &values[i]);
		if (status)
			return status;
	}
	return DLK_OK;
}

static enum dlk_status read_scheduling(struct dlk_kernel *k, struct dlk_task *t)
{
	enum { EXIT_STATE, ON_RQ, SCHED_DELAYED, IS_BLOCKED, ON_CPU, BLOCKER, BLOCKED_ON, COUNT };
	static const enum dlk_member_id ids[COUNT] = {
		DLK_M_task_exit_state, DLK_M_task_on_rq,  DLK_M_task_sched_delayed,
		DLK_M_task_is_blocked, DLK_M_task_on_cpu, DLK_M_task_blocker,
		DLK_M_task_blocked_on
	};
	uint64_t state, values[COUNT];
	bool is_queued;
	enum dlk_status status = read_state(k, t->address, &state);

	if (!status)
		status = read_optional(k, t->address, ids, values, COUNT);
	if (status)
		return status;
	is_queued = values[ON_RQ] && !values[SCHED_DELAYED] && !values[IS_BLOCKED];
	t->state = state_letter(state, values[EXIT_STATE]);
	t->is_on_cpu = values[ON_CPU];
	t->is_blocked = t->state != 'R' && !t->is_on_cpu && !is_queued;
	t->is_uninterruptible = t->state == 'D';
	t->blocker = values[BLOCKER];
	t->blocked_on = values[BLOCKED_ON];
	t->cpu = read_cpu(k, t->address);
	t->exec_start = dlk_kernel_peek_member(k, t->address, DLK_M_task_exec_start);
	return DLK_OK;
}

/* prev_sum_exec_runtime is set when the fair class picks a task; of others it is older. */
static void read_slice(struct dlk_kernel *k, struct dlk_task *t)
{
	uint64_t sum, before;

	t->slice_ns = UINT64_MAX;
	t->utime = dlk_kernel_peek_member(k, t->address, DLK_M_task_utime);
	if (!dlk_kernel_read_member(k, t->address, DLK_M_task_sum_exec, &sum) &&
	    !dlk_kernel_read_member(k, t->address, DLK_M_task_prev_sum_exec, &before) &&
	    sum >= before)
		t->slice_ns = sum - before;
}

static enum dlk_status read_task(struct dlk_kernel *k, struct dlk_task *t)
{
	static const enum dlk_member_id ids[] = { DLK_M_task_pid, DLK_M_task_tgid, DLK_M_task_flags,
						  DLK_M_task_stack, DLK_M_task_thread_sp };
	uint64_t values[5];
	enum dlk_status status = read_scheduling(k, t);

	for (size_t i = 0; i < 5 && !status; i++)
		status = dlk_kernel_read_member(k, t->address, ids[i], &values[i]);
	if (!status)
		status = dlk_kernel_read_array(k, t->address, DLK_M_task_comm, t->comm,
					       sizeof(t->comm));
	if (status)
		return status;
	if (t->is_on_cpu)
		read_slice(k, t);
	t->pid = (int32_t)values[0];
	t->tgid = (int32_t)values[1];
	t->is_kthread = values[2] & FLAG_KTHREAD;
	t->stack = values[3];
	t->sp = values[4];
	t->comm[sizeof(t->comm) - 1] = 0;
	for (char *p = t->comm; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return DLK_OK;
}

static void report(struct walk *w, enum dlk_status status, dlk_addr_t address)
{
	w->out->lost++;
	if (w->problem)
		w->problem(w->arg, status, address, w->k->ctx->err.text);
}

/* Two tasks in one place: no list that leads to both is one of tasks. */
static enum dlk_status take_place(struct walk *w, dlk_addr_t address)
{
	struct dlk_kernel *k = w->k;
	dlk_addr_t phys;
	uint32_t other;
	enum dlk_status status = dlk_memory_translate(&k->memory, address, &phys);

	/* That it cannot be read is said when it is. */
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	other = dlk_map_get(&w->places, phys >> PLACE_SHIFT);
	if (other != UINT32_MAX)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "task_struct %#llx is where %#llx is",
				(unsigned long long)address,
				(unsigned long long)DLK_VEC_AT(&w->out->tasks, struct dlk_task,
							       other)
					->address);
	return dlk_map_put(k->ctx, &w->places, phys >> PLACE_SHIFT, w->out->tasks.len);
}

static enum dlk_status announce(const struct walk *w)
{
	if (w->out->tasks.len % CANCEL_EVERY)
		return DLK_OK;
	dlk_message(w->k->ctx, DLK_MSG_PROGRESS, "reading tasks: %u", w->out->tasks.len);
	return dlk_check_cancel(w->k->ctx);
}

/*
 * Add a task once; a task that cannot be read is reported and left out.  DLK_ERR_CORRUPT ends the list that
 * leads to it.
 */
static enum dlk_status add_task(struct walk *w, dlk_addr_t address, bool is_idle)
{
	struct dlk_tasks *out = w->out;
	struct dlk_task task = { .address = address, .is_idle = is_idle };
	struct dlk_task *slot;
	enum dlk_status status = announce(w);

	if (status || dlk_map_get(&out->by_addr, address) != UINT32_MAX)
		return status;
	status = read_task(w->k, &task);
	if (dlk_status_is_fatal(status))
		return status;
	if (status) {
		dlk_prepend(w->k->ctx, status, "task_struct %#llx", (unsigned long long)address);
		report(w, status, address);
		return DLK_OK;
	}
	status = take_place(w, address);
	if (status)
		return status;
	slot = dlk_vec_push(w->k->ctx, &out->tasks);
	if (!slot)
		return dlk_nomem(w->k->ctx);
	*slot = task;
	return dlk_map_put(w->k->ctx, &out->by_addr, address, out->tasks.len - 1);
}

/*
 * Add a thread, or what has a pid.  Nobody is found more than a few times: in the list of threads, again
 * where a list is read from its other end, by the pid.
 */
static enum dlk_status add_again(struct walk *w, dlk_addr_t address)
{
	uint32_t before = w->out->tasks.len;
	enum dlk_status status = add_task(w, address, false);

	if (status || w->out->tasks.len > before ||
	    w->again++ < (uint64_t)AGAIN_PER_TASK * before + MIN_AGAIN)
		return status;
	return dlk_fail(w->k->ctx, DLK_ERR_CORRUPT, "tasks are found again and again");
}

/* Whether both its neighbours in the list of threads are the list's head: it has no other threads. */
static bool is_alone(struct dlk_kernel *k, dlk_addr_t node, dlk_addr_t head)
{
	uint64_t next, prev;

	return !dlk_memory_read_u64(&k->memory, node, &next) && next == head &&
	       !dlk_memory_read_u64(&k->memory, node + 8, &prev) && prev == head;
}

static enum dlk_status add_threads(struct walk *w, dlk_addr_t leader)
{
	struct dlk_kernel *k = w->k;
	dlk_addr_t node = dlk_layout_offset(&k->layout, DLK_M_task_thread_node);
	struct dlk_list_walk list = { .memory = &k->memory, .limit = MAX_TASKS };
	uint64_t signal;
	enum dlk_status status = dlk_kernel_read_member(k, leader, DLK_M_task_signal, &signal);

	if (status) {
		report(w, status, leader);
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	}
	list.head = signal + dlk_layout_offset(&k->layout, DLK_M_signal_thread_head);
	if (is_alone(k, leader + node, list.head))
		return DLK_OK;
	while (!list.status && dlk_list_next(&list))
		list.status = add_again(w, list.node - node);
	if (!list.status)
		return DLK_OK;
	if (dlk_status_is_fatal(list.status))
		return list.status;
	dlk_prepend(k->ctx, list.status, "threads of task_struct %#llx",
		    (unsigned long long)leader);
	report(w, list.status, leader);
	return DLK_OK;
}

/* The leader is added by itself too: its thread list may be broken. */
static enum dlk_status add_group(struct walk *w, dlk_addr_t leader)
{
	enum dlk_status status = add_task(w, leader, false);

	return status ? status : add_threads(w, leader);
}

static enum dlk_status add_groups_in(struct walk *w, struct dlk_list_walk *list)
{
	dlk_addr_t node = dlk_layout_offset(&w->k->layout, DLK_M_task_tasks);

	while (!list->status && dlk_list_next(list))
		list->status = add_group(w, list->node - node);
	if (!list->status || dlk_status_is_fatal(list->status))
		return list->status;
	dlk_prepend(w->k->ctx, list->status, "the list of all tasks");
	report(w, list->status, list->head);
	return DLK_OK;
}

/* What lies behind a break is reached from the other end: only the break itself is lost. */
static enum dlk_status add_groups(struct walk *w, dlk_addr_t init_task)
{
	struct dlk_list_walk list = { .memory = &w->k->memory,
				      .head = init_task +
					      dlk_layout_offset(&w->k->layout, DLK_M_task_tasks),
				      .limit = MAX_TASKS };
	struct dlk_list_walk back = list;
	enum dlk_status status = add_groups_in(w, &list);

	if (status || !list.status)
		return status;
	back.is_backwards = true;
	return add_groups_in(w, &back);
}

static enum dlk_status add_by_pid(void *arg, dlk_addr_t task)
{
	return add_again(arg, task);
}

/* What the broken lists do not lead to, the pids may. */
static enum dlk_status add_pids(struct walk *w)
{
	enum dlk_status status = w->out->lost ? dlk_pids_walk(w->k, add_by_pid, w) : DLK_OK;

	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

/*
 * What stands in a run queue, as far as it can be read.  exec_start is of clock_task: the clock less
 * the time spent in interrupts, which only grows.
 */
static enum dlk_status add_cpu(struct walk *w, uint32_t cpu, dlk_addr_t rq)
{
	enum { IDLE, CLOCK, CLOCK_TASK, COUNT };
	static const enum dlk_member_id ids[COUNT] = { DLK_M_rq_idle, DLK_M_rq_clock,
						       DLK_M_rq_clock_task };
	struct dlk_ctx *ctx = w->k->ctx;
	struct dlk_tasks *out = w->out;
	uint64_t values[COUNT] = { 0 };
	enum dlk_status status = read_optional(w->k, rq, ids, values, COUNT);

	if (dlk_status_is_fatal(status))
		return status;
	if (status) {
		dlk_prepend(ctx, status, "run queue of CPU %u", cpu);
		report(w, status, rq);
	}
	if (values[CLOCK] > out->now_ns)
		out->now_ns = values[CLOCK];
	if (values[CLOCK_TASK] && values[CLOCK] > values[CLOCK_TASK])
		out->cpu_lag[cpu] = values[CLOCK] - values[CLOCK_TASK];
	if (out->cpu_lag[cpu] > out->clock_lag)
		out->clock_lag = out->cpu_lag[cpu];
	status = values[IDLE] ? add_task(w, values[IDLE], true) : DLK_OK;
	if (status == DLK_ERR_CORRUPT) {
		dlk_prepend(ctx, status, "run queue of CPU %u", cpu);
		report(w, status, rq);
		return DLK_OK;
	}
	return status;
}

/* CPU numbers may have gaps, without a per-CPU area; if the mask is lost, all are looked at. */
static enum dlk_status find_cpu(struct dlk_kernel *k, uint32_t cpu, bool *is_possible)
{
	dlk_addr_t mask = dlk_kernel_symbol(k, "__cpu_possible_mask");
	uint64_t word = 0;
	enum dlk_status status = DLK_ERR_NOTFOUND;

	if (mask)
		status = dlk_memory_read_u64(&k->memory, mask + cpu / 64 * sizeof(word), &word);
	*is_possible = status || word >> cpu % 64 & 1;
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

static enum dlk_status add_cpus(struct walk *w)
{
	struct dlk_kernel *k = w->k;
	dlk_addr_t runqueues = dlk_kernel_symbol(k, "runqueues");
	enum dlk_status status = DLK_OK;

	w->out->cpu_count = k->cpu_count;
	w->out->cpu_lag = dlk_calloc(k->ctx, k->cpu_count, sizeof(*w->out->cpu_lag));
	if (!w->out->cpu_lag)
		return dlk_nomem(k->ctx);
	if (runqueues && k->percpu_lost)
		report(w, dlk_fail(k->ctx, DLK_ERR_FAULT, "%s", k->percpu_lost), 0);
	for (uint32_t cpu = 0; runqueues && cpu < k->cpu_count && !status; cpu++) {
		bool is_possible;

		status = find_cpu(k, cpu, &is_possible);
		if (!status && is_possible)
			status = add_cpu(w, cpu, runqueues + k->percpu_offset[cpu]);
	}
	return status;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct dlk_task *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

static enum dlk_status sort_tasks(struct dlk_ctx *ctx, struct dlk_tasks *tasks)
{
	enum dlk_status status = DLK_OK;

	if (tasks->tasks.len)
		qsort(tasks->tasks.data, tasks->tasks.len, sizeof(struct dlk_task), compare_tasks);
	for (uint32_t i = 0; i < tasks->tasks.len && !status; i++)
		status = dlk_map_put(ctx, &tasks->by_addr,
				     DLK_VEC_AT(&tasks->tasks, struct dlk_task, i)->address, i);
	return status;
}

enum dlk_status dlk_tasks_read(struct dlk_kernel *k, dlk_task_problem_fn *problem, void *arg,
			       struct dlk_tasks *ret)
{
	struct walk w = { .k = k, .out = ret, .problem = problem, .arg = arg };
	dlk_addr_t init_task = dlk_kernel_symbol(k, "init_task");
	enum dlk_status status;

	*ret = (struct dlk_tasks){ .tasks = DLK_VEC_INIT(struct dlk_task) };
	if (!init_task)
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "no symbol init_task");
	status = add_cpus(&w);
	if (!status)
		status = add_groups(&w, init_task);
	if (!status)
		status = add_pids(&w);
	return status ? status : sort_tasks(k->ctx, ret);
}

const struct dlk_task *dlk_tasks_find(const struct dlk_tasks *tasks, dlk_addr_t address)
{
	uint32_t index = dlk_map_get(&tasks->by_addr, address);

	return index == UINT32_MAX ? NULL : DLK_VEC_AT(&tasks->tasks, struct dlk_task, index);
}

/* Since exec_start, by the clock that it is of. */
static uint64_t since(const struct dlk_tasks *tasks, const struct dlk_task *task)
{
	uint64_t now = tasks->now_ns, lag = 0;

	if (!task->exec_start || task->exec_start > now)
		return UINT64_MAX;
	if (task->cpu >= 0 && (uint32_t)task->cpu < tasks->cpu_count)
		lag = tasks->cpu_lag[task->cpu];
	return now - task->exec_start > lag ? now - task->exec_start - lag : 0;
}

uint64_t dlk_task_blocked_ns(const struct dlk_tasks *tasks, const struct dlk_task *task)
{
	return task->is_blocked ? since(tasks, task) : UINT64_MAX;
}

uint64_t dlk_task_running_ns(const struct dlk_tasks *tasks, const struct dlk_task *task)
{
	uint64_t ns = since(tasks, task);

	if (!task->is_on_cpu || ns == UINT64_MAX || task->slice_ns >= UINT64_MAX - ns)
		return UINT64_MAX;
	return ns + task->slice_ns;
}
