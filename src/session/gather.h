/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_SESSION_GATHER_H
#define DLK_SESSION_GATHER_H

/**
 * @file
 * The order in which the facts of a kernel are gathered.
 */

#include "deadlock/session.h"
#include "locks/facts.h"

/**
 * Gather all facts of one reading: the tasks, what the locks record, what lockdep records, what can be inferred.  Who waits for
 * whom on a CPU is not among them: what comes of several readings is, and dlk_live_gather() says so.
 *
 * @param[out] f  Made by this.
 * @return DLK_OK, or what keeps the analysis from starting or from going on.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_gather(struct dlk_facts *f, struct dlk_kernel *k,
			   const struct dlk_analyze_options *options) DLK_MUST_CHECK;

#endif
