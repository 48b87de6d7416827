/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_TASK_H
#define DLK_KERNEL_TASK_H

/**
 * @file
 * All tasks: every thread of every process, and the idle task of every CPU.
 */

#include "kernel/kernel.h"

struct dlk_task {
	dlk_addr_t address;
	dlk_addr_t stack; /**< Lowest address of the kernel stack. */
	dlk_addr_t sp;    /**< Saved stack pointer; stale while the task is on a CPU. */
	int32_t pid, tgid;
	char comm[16]; /**< NUL-terminated, unprintable bytes replaced. */
	char state;    /**< R S D T t Z X I P; '?' */
	int32_t cpu;
	bool is_on_cpu, is_idle, is_kthread;
	bool is_blocked; /**< Sleeps: neither on a CPU nor on a run queue. */
	bool is_uninterruptible;
	uint64_t exec_start; /**< Clock of its CPU when it last left it, ns; 0 if unknown. */
	uint64_t slice_ns;   /**< How long it had run since it was picked, at exec_start. */
	uint64_t utime;      /**< Time in user mode, by ticks, ns. */
	uint64_t blocker; /**< What it records that it waits for; 0 if nothing (locks/record.h). */
	uint64_t blocked_on; /**< The same, of mutexes. */
};

struct dlk_tasks {
	struct dlk_vec tasks;   /**< of struct dlk_task, sorted by pid, then address */
	struct dlk_map by_addr; /**< task_struct -> index */
	uint64_t now_ns;        /**< The latest clock of all run queues; 0 if unknown. */
	uint64_t clock_lag;     /**< How far exec_start may be behind the log's clock, at most. */
	uint64_t *cpu_lag;      /**< The same of each CPU; NULL if no run queue was read. */
	uint32_t cpu_count;     /**< Elements of cpu_lag. */
	uint32_t lost;          /**< Tasks or parts of lists that could not be read. */
};

/** Takes the text of what could not be read; @p address is the task or list. */
typedef void dlk_task_problem_fn(void *arg, enum dlk_status status, dlk_addr_t address,
				 const char *text);

/**
 * Read all tasks.
 *
 * @param[in]  problem  Called for each task or list that cannot be read; the walk goes on.
 * @param[out] ret      Filled as far as possible.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no init_task), DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: init_task.tasks links the thread groups, signal->thread_head the threads of one (since
 *         v3.14, 0c740d0afc3b); kernel threads are groups of one.  A run queue (per-CPU symbol
 *         "runqueues") names its idle task.
 */
enum dlk_status dlk_tasks_read(struct dlk_kernel *k, dlk_task_problem_fn *problem, void *arg,
			       struct dlk_tasks *ret) DLK_MUST_CHECK;

/** Find a task by the address of its task_struct; NULL. */
const struct dlk_task *dlk_tasks_find(const struct dlk_tasks *tasks, dlk_addr_t address);

/** Since when a task is off the CPU, in ns; UINT64_MAX if unknown. */
uint64_t dlk_task_blocked_ns(const struct dlk_tasks *tasks, const struct dlk_task *task);

/**
 * How long a task is on its CPU, at most, in ns; UINT64_MAX if unknown.
 *
 * From se.sum_exec_runtime, which only grows when the task is charged for its time, at ticks, and
 * from exec_start, which is then.  A CPU without interrupts has no ticks.
 */
uint64_t dlk_task_running_ns(const struct dlk_tasks *tasks, const struct dlk_task *task);

#endif
