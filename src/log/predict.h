/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_PREDICT_H
#define DLK_LOG_PREDICT_H

/**
 * @file
 * What lockdep foretells: its reports as predictions, apart from the waits.
 *
 * Claims: a report says that locks of some classes were taken in an order, or in a context, in which tasks of another day can wait for each
 * other for ever.  What to do about it follows from the two usages that clash: a lock that is taken in a softirq must be taken
 * with softirqs off everywhere else, one that is taken in a hardirq with interrupts off.
 *
 * How it can be wrong: the classes may be of locks that never meet; the advice names the place that took the lock the first time, which
 * need not be the only one.
 */

#include "log/people.h"

/**
 * Make the predictions of an incident; a report that stands twice in the log is one.
 *
 * @param[out] ret, count  In the log's order.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Ownership: the context's.
 * Target:    none.
 */
enum dlk_status dlk_log_predict(struct dlk_log_facts *f, const struct dlk_prediction **ret,
				uint32_t *count) DLK_MUST_CHECK;

#endif
