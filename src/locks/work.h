/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_WORK_H
#define DLK_LOCKS_WORK_H

/**
 * @file
 * Works that are waited for, and who ends them.
 */

#include "locks/facts.h"

/** Where a work stands that is waited for. */
enum dlk_work_place {
	DLK_WORK_WITH_WORKER, /**< In a worker's own list, or run by it. */
	DLK_WORK_IN_POOL,     /**< In the pool's list: it may be begun. */
	DLK_WORK_INACTIVE     /**< In the pwq's: as many run as may. */
};

/** A work that is waited for. */
struct dlk_awaited_work {
	dlk_addr_t address, func, pwq;
	enum dlk_work_place place;
	const struct dlk_worker_pool *pool;
	const struct dlk_worker *worker; /**< The one whose list it is in; NULL. */
};

/**
 * Say what a work is called, how it stands, and who ends it (work_holder.c).
 *
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads the works of its workqueue; may not return inside crash.
 */
enum dlk_status dlk_work_describe(struct dlk_facts *f, uint32_t resource,
				  const struct dlk_awaited_work *work) DLK_MUST_CHECK;

/**
 * Say that a worker keeps a resource: what it runs must end first.
 *
 * @param[in] worker  One without a task leaves the holders unknown.
 * @param[in] sure    How sure that is.
 * @param[in] is_it   It runs that which is waited for; else it must end to make room.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_work_add_worker(struct dlk_facts *f, uint32_t resource,
				    const struct dlk_worker *worker, enum dlk_confidence sure,
				    bool is_it) DLK_MUST_CHECK;

#endif
