/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_QUEUE_H
#define DLK_LOCKS_QUEUE_H

/**
 * @file
 * The queue of a lock whose waiters are linked by a struct list_head (mutex, rwsem, semaphore).
 */

#include "kernel/list.h"
#include "locks/facts.h"

/** Where the members of a waiter struct stand. */
struct dlk_queue_layout {
	uint32_t list, task;
};

struct dlk_queue_entry {
	dlk_addr_t waiter;
	uint32_t context;
};

struct dlk_queue {
	dlk_addr_t head;        /**< The list_head inside the lock. */
	struct dlk_vec entries; /**< of struct dlk_queue_entry, first in the queue first */
	bool has_gap;           /**< A page of it is missing: some are not among the entries. */
};

/**
 * Read the queue that a waiter is linked in.
 *
 * Every element must point back to the one before it.  An element is a waiter if it stands on the
 * live stack of the very task that it names; the one that is not, is the head.  A ring without a head,
 * or with two, is corrupt.  Where a page of it is missing, what is left is read from both ends, and
 * the gap is a finding.
 *
 * @param[in]  waiter     Address of a waiter struct.
 * @param[out] is_linked  Whether it is linked at all; if not, @p ret is unchanged.
 * @return DLK_OK, DLK_ERR_CORRUPT, DLK_ERR_FAULT, DLK_ERR_LIMIT.
 *
 * Target: reads the stacks of the waiters; may not return inside crash.
 */
enum dlk_status dlk_queue_read(struct dlk_facts *f, dlk_addr_t waiter,
			       const struct dlk_queue_layout *layout, struct dlk_queue *ret,
			       bool *is_linked) DLK_MUST_CHECK;

/**
 * Read a queue from its head on; as dlk_queue_read(), but for an empty one, which is no failure.
 *
 * @param[in] head  The list_head inside the lock.
 */
enum dlk_status dlk_queue_read_head(struct dlk_facts *f, dlk_addr_t head,
				    const struct dlk_queue_layout *layout, struct dlk_queue *ret)
	DLK_MUST_CHECK;

/**
 * Read the ring of waiters that a waiter is one of, where there is no head.
 *
 * Every element must be a waiter, as above.  A ring of one is no proof that it is in any queue.
 *
 * @param[out] ret  The entries from @p waiter on; its head is 0.  Unchanged if it is not linked.
 * @return as dlk_queue_read(); DLK_ERR_FAULT also if a page of the ring is missing.
 *
 * Target: reads the stacks of the waiters; may not return inside crash.
 * Kernel: v7.1 (25500ba7e77c, 1ea4b473504b).
 */
enum dlk_status dlk_ring_read(struct dlk_facts *f, dlk_addr_t waiter,
			      const struct dlk_queue_layout *layout, struct dlk_queue *ret,
			      bool *is_linked) DLK_MUST_CHECK;

/**
 * Let a ring begin with its first waiter.
 *
 * @return Whether @p first is one of its entries; if not, it is left as it is.
 */
bool dlk_ring_begin(struct dlk_ctx *ctx, struct dlk_queue *ring, dlk_addr_t first);

/**
 * Begin a walk over a list that tasks wait in, bounded by what is left of the steps of all such walks together.
 *
 * Target: none.
 */
struct dlk_list_walk dlk_queue_walk(struct dlk_facts *f, dlk_addr_t head, bool is_backwards);

/** As dlk_list_next(), of such a walk: the step is counted. */
bool dlk_queue_step(struct dlk_facts *f, struct dlk_list_walk *walk);

/** Tell whether a context waits in a queue. */
bool dlk_queue_has(const struct dlk_queue *queue, uint32_t context);

/**
 * Tell whether a list_head is linked with both its neighbours, and not with itself.
 *
 * One that no neighbour knows has been unlinked, or never was a list_head: that is no failure.  One
 * that a single neighbour knows is part of a queue that cannot be trusted, or not be read.
 *
 * @return DLK_OK, DLK_ERR_CORRUPT (the other neighbour points elsewhere), DLK_ERR_FAULT (it cannot
 *         be read; or neither can, and both are the same: the head, which the lock contains).
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_list_check(struct dlk_kernel *k, dlk_addr_t list, bool *is_linked)
	DLK_MUST_CHECK;

#endif
