/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_INCIDENT_H
#define DLK_LOG_INCIDENT_H

/**
 * @file
 * Which blocks of a log are of one hang.
 *
 * A log may tell of several: of several boots, or of hangs that passed, hours apart.  Facts of different incidents are never
 * joined: a pid of one boot is another task in the next, and whoever waited yesterday has what it wanted.
 *
 * A new one begins with a boot, where the clock goes back by more than the disorder of CPUs that print together, and where nothing
 * was reported for longer than the kernel lets pass between two reports of the same hang (it looks every 120 s by default; ten
 * times of that is taken).  A report that stands twice in a text (many collections append a cleaned copy) has the same times, so it
 * stays with the first: pieces that are said again are the same facts.
 *
 * How it can be wrong: without times a text is one incident for each boot, even if it tells of several.
 */

#include "log/block.h"

struct dlk_log_incident {
	uint32_t first, end;            /**< Blocks. */
	uint32_t first_line, last_line; /**< Of the log. */
	bool has_hang; /**< Somebody is said to hang, to be stuck, to wait or to run; else it has predictions of lockdep's at most. */
	const char *release; /**< Of the kernel that was booted last; NULL. */
};

/**
 * Split a log.
 *
 * @param[out] ret, count  In the log's order; those without any block but a boot's are left out.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Ownership: the context's.
 * Target:    none.
 */
enum dlk_status dlk_log_incidents_find(struct dlk_ctx *ctx, const struct dlk_log *log,
				       struct dlk_log_incident **ret, uint32_t *count)
	DLK_MUST_CHECK;

#endif
