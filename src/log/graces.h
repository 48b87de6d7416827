/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_GRACES_H
#define DLK_LOG_GRACES_H

/**
 * @file
 * Who keeps grace periods and works waiting, by what the kernel lists: stalls of RCU, busy and stuck workers.
 *
 * Claims.  A report of a stall names the CPUs and the readers that have held the grace period up for that long: whoever waits for
 * RCU waits for them, likely (there may be later grace periods, that of another flavour too).  A pool's list names the
 * works that its workers run (and so does, of each worker, its list of held locks: if one alone runs something, who flushes a
 * work waits for it, likely); "BAR(PID)" is the barrier by which PID flushes a work, so PID waits for the pool, and the works
 * that run there keep it.
 *
 * How it can be wrong: the report is of another moment; a flusher that has gone on is listed no more, but one may come.
 */

#include "log/people.h"

/**
 * Add holders of grace periods, and waits and holders of works.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_log_graces_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
