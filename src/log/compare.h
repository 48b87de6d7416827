/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_COMPARE_H
#define DLK_LOG_COMPARE_H

/**
 * @file
 * A log beside a dump of the same boot: what both say, and where they do not agree.
 *
 * The dump is the better witness of its moment, the log of the time before: since when a task hangs, and whom the kernel named as an
 * owner then.  So nothing of the log enters the dump's graph; it becomes findings.
 *
 * Claims: tasks are the same if pid and name are.  They agree if whoever waits by the log waits by the dump, for what the same one holds
 * as far as both know a holder.  They do not if the dump has another holder, or if the task does not wait, or is not there.  That is no fault of
 * either: a hang may have passed, or moved on.
 *
 * How it can be wrong: a log of another boot of the same kernel; times are not compared, since a dump has none that a log prints.
 */

#include "log/incident.h"

/**
 * Compare the last hang of a log with a dump's model, and add the findings to that.
 *
 * @param[in]     name   Of the log.
 * @param[in,out] model  Gets a longer array of findings.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Ownership: the context's.
 * Target:    none.
 */
enum dlk_status dlk_log_compare(struct dlk_ctx *ctx, const struct dlk_log *log,
				const struct dlk_log_incident *incident, const char *name,
				struct dlk_model *model) DLK_MUST_CHECK;

#endif
