/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_QUEUE_H
#define DLK_GRAPH_QUEUE_H

/**
 * @file
 * For whose turn a queued waiter waits.
 *
 * Theory
 *
 * Claimed is: *this reader does not get the lock before that writer had it*, though only readers may
 * hold it now.  It is so where the kind is fair (dlk_kind_is_fair()): its queue is served in order,
 * and a reader that comes when somebody queues goes to the queue's end.  (Linux, waking a reader
 * at the head of a rwsem's queue, lets in those behind a writer too.  That makes the claim no worse:
 * while a writer holds the rwsem, the reader waits for that one anyway; and while only readers do,
 * no reader stays at the head.)
 *
 * - Of the writers ahead only the nearest matters: it waits, with its own edges, for all before it.
 *   But if its wait is less than certain, the reader waits as well for the nearest one that is more
 *   certain: a doubtful writer must not hide a certain one.
 * - A context that is not blocked waits for nothing, and nobody waits for its turn: it is about to
 *   have it, or to leave the queue.
 * - Ahead is who has a lower position.  Of two at one position, which a sound queue does not have, it
 *   is not known who came first: neither waits for the other.
 * - A context that is queued twice is a contradiction in the facts.  It does not wait for itself.
 *
 * Writers need no such rule: what keeps a writer ahead waiting keeps those behind it waiting, too.  But for one that
 * spins (DLK_EVIDENCE_SPINS) and was interrupted, by what does not end: it waits for more than the lock.  It gets that in its turn and
 * cannot take it, nor leave the queue (a queued spinlock is handed from one to the next), so everybody behind it, to read
 * or to write, waits for it, whatever becomes of the lock's holder.
 *
 * It is wrong if a position is: the lock layer gives one only to what it met in the queue's order.
 *
 * The graph makes its edges of this, and the reports name the same writers.
 */

#include "deadlock/model.h"

/** How many confidences there are. */
enum { DLK_LEVELS = DLK_CERTAIN + 1 };

/** Those for whose turn a wait waits: the nearest first, each more certain than those before it. */
struct dlk_ahead {
	uint32_t count;
	uint32_t waits[DLK_LEVELS]; /**< Indices of their waits. */
};

/**
 * Find who is ahead of whom.
 *
 * @param[in]  model  Its indices are within its arrays.
 * @param[out] ret    One for each wait; none ahead of any but blocked readers of fair kinds, and what spins behind an interrupted one.
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: the array lives as long as @p ctx.
 * Target:    none.  Time n log n in the number of waits; their order does not matter.
 */
enum dlk_status dlk_queue_find_ahead(struct dlk_ctx *ctx, const struct dlk_model *model,
				     const struct dlk_ahead **ret) DLK_MUST_CHECK;

#endif
