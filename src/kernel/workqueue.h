/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_WORKQUEUE_H
#define DLK_KERNEL_WORKQUEUE_H

/**
 * @file
 * The pools of kernel/workqueue.c: their workers, what these run, and what is queued.
 *
 *	workqueue_struct --pwqs--> pool_workqueue --pool--> worker_pool --workers--> worker --task--> kworker
 *	                               inactive_works           worklist               current_work, scheduled
 *
 * A work is queued to a workqueue, and run by a worker of a pool, which many workqueues share; a pool_workqueue (pwq)
 * is what ties one to the other, and stands in the work's own data while it is queued.  A pool's workers are
 * listed since v3.17; a rescuer is among them while it helps.
 *
 * Every list is read once, and all steps of all of them together are bounded: a target's lists may lead anywhere.
 */

#include "kernel/kernel.h"

/** As struct worker has it. */
struct dlk_worker {
	dlk_addr_t address;
	dlk_addr_t task; /**< 0: there is none, works are run by a softirq (v6.9, 4cb1ef64609f). */
	dlk_addr_t current_work; /**< 0: it is idle, or makes another worker. */
	dlk_addr_t current_func, current_pwq;
	uint32_t color;  /**< Of the work that it runs: which flushes wait for it. */
	bool has_color;  /**< since v5.15 */
	uint64_t run_ns; /**< How long it has run that work; UINT64_MAX if unknown (before v7.0). */
};

/** A work_struct that is queued. */
struct dlk_queued_work {
	dlk_addr_t address, func;
	dlk_addr_t pwq;
	bool is_linked; /**< The next in the list belongs to it, and is run behind it. */
};

struct dlk_worker_pool {
	dlk_addr_t address;
	uint32_t node; /**< As its pool says it; no NUMA node is one of its own. */
	uint32_t nr_idle;
	struct dlk_vec workers;  /**< of struct dlk_worker */
	struct dlk_vec worklist; /**< of struct dlk_queued_work: not begun, and allowed to */
	enum dlk_status status;  /**< Of reading it. */
	const char *lost;        /**< Why it could not be read; NULL. */
};

/** What is known of workqueues; zeroed is empty. */
struct dlk_workqueues {
	struct dlk_kernel *k;
	struct dlk_map pool_at;  /**< address -> index */
	struct dlk_vec pools;    /**< of struct dlk_worker_pool *, which stay where they are */
	struct dlk_map flushers; /**< struct wq_flusher -> index of its workqueue */
	struct dlk_vec flushed;  /**< of dlk_addr_t: workqueues that are flushed */
	bool are_flushers_read;
	struct dlk_map visited; /**< For who goes through pools and pwqs once: their addresses. */
	uint32_t steps;         /**< Of all lists so far. */
	uint64_t
		pwq_bits; /**< The part of a work's data that is no address of a pwq; 0: not asked. */
};

void dlk_workqueues_init(struct dlk_kernel *k, struct dlk_workqueues *ret);

/** Whether so many steps more may be done; they count as done then. */
bool dlk_workqueues_spend(struct dlk_workqueues *w, uint32_t steps);

/**
 * Read a pool, once.
 *
 * @param[out] ret  Unchanged on error.
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_CORRUPT (a list that is none, a worker of another pool), DLK_ERR_LIMIT;
 *         the same whenever it is asked for.
 *
 * Ownership: *ret lives in the context.
 * Target:    reads memory; may not return inside crash.
 */
enum dlk_status dlk_worker_pool_read(struct dlk_workqueues *w, dlk_addr_t pool,
				     const struct dlk_worker_pool **ret) DLK_MUST_CHECK;

/** The worker of a pool that runs a work now, told by its address and its function as the kernel does; NULL. */
const struct dlk_worker *dlk_worker_pool_running(const struct dlk_worker_pool *pool,
						 dlk_addr_t work, dlk_addr_t func);

/**
 * Read a work_struct that is queued.
 *
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_CORRUPT (its data says that it is not queued).
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_queued_work_read(struct dlk_workqueues *w, dlk_addr_t work,
				     struct dlk_queued_work *ret) DLK_MUST_CHECK;

/**
 * Read a list of works.
 *
 * @param[in]     head   The list_head.
 * @param[in,out] works  of struct dlk_queued_work: appended in their order.
 * @return as dlk_worker_pool_read().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_works_read(struct dlk_workqueues *w, dlk_addr_t head, struct dlk_vec *works)
	DLK_MUST_CHECK;

/**
 * Read the addresses of the pwqs of a workqueue.
 *
 * @param[in,out] pwqs  of dlk_addr_t
 * @return as dlk_worker_pool_read().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_pwqs_read(struct dlk_workqueues *w, dlk_addr_t wq, struct dlk_vec *pwqs)
	DLK_MUST_CHECK;

/**
 * Find the workqueue that a struct wq_flusher waits for.  Those of all workqueues are read when one is asked for
 * first.
 *
 * @param[out] wq  0 if no workqueue knows it.
 * @return as dlk_worker_pool_read().
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: workqueues are listed at the symbol workqueues.
 */
enum dlk_status dlk_flusher_find(struct dlk_workqueues *w, dlk_addr_t flusher, dlk_addr_t *wq)
	DLK_MUST_CHECK;

/** The name of a workqueue; NULL if it cannot be read. */
const char *dlk_workqueue_name(struct dlk_kernel *k, dlk_addr_t wq);

/** The name of a work's function; NULL if no symbol is there. */
const char *dlk_work_func_name(struct dlk_kernel *k, dlk_addr_t func);

#endif
