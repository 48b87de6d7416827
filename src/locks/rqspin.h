/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RQSPIN_H
#define DLK_LOCKS_RQSPIN_H

/**
 * @file
 * Resilient queued spinlocks: those of BPF, for which nobody spins for ever.
 */

#include "locks/facts.h"

/** Tell whether a function spins for such a lock. */
bool dlk_rqspin_is(const char *function);

/**
 * Say of a wait what all that are for such a lock have in common: it gives up.
 *
 * @param[in] is_told  The CPU's table has told the lock (dlk_rqspin_find()), and not its registers.
 */
void dlk_rqspin_mark(struct dlk_wait *wait, bool is_told);

/**
 * Find the lock for which a context spins whose registers do not tell it: the last in its CPU's table.
 *
 * @return 0 if that does not tell it, either: something runs on top of it, or the table cannot be read.
 *
 * Target: reads memory; may not return inside crash.
 */
dlk_addr_t dlk_rqspin_find(const struct dlk_facts *f, uint32_t context);

/**
 * Add who holds the locks that are waited for by waits that were marked, after all these were added.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_rqspin_settle(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
