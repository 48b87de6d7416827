/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_MCS_H
#define DLK_LOCKS_MCS_H

/**
 * @file
 * The queues of CPUs that spin for queued spinlocks (kernel/locking/qspinlock.c, mcs_spinlock.h).
 */

#include "locks/facts.h"

/** A context that stands in the slow path of a queued spinlock. */
struct dlk_mcs_spinner {
	uint32_t context;
	bool is_inner;     /**< The lock is another one's, a rwlock's wait_lock. */
	bool is_pv;        /**< In the slow path of a kernel that is a guest and knows it. */
	dlk_addr_t lock;   /**< Its struct qspinlock; 0: not known; then what the queue says. */
	bool is_told;      /**< Said by the queue: lock was not known. */
	uint32_t position; /**< Its place in the queue, from 0; DLK_NONE: not known, or none. */
	bool is_pending;   /**< It is the first, by the lock's pending bit, and has no node. */
};

/**
 * Find out in which order contexts spin.
 *
 * @param[in,out] spinners  All that there are, in the order of their contexts; all from lock on is set, lock only if it was 0.
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_NOMEM; what cannot be read is not known, and that is no failure.
 *
 * Target: reads the locks, and the nodes of all CPUs; may not return inside crash.
 * Kernel: where the nodes are called qnodes; elsewhere nobody has a place.
 */
enum dlk_status dlk_mcs_order(struct dlk_facts *f, struct dlk_mcs_spinner *spinners, uint32_t count)
	DLK_MUST_CHECK;

#endif
