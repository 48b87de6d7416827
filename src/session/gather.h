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
 * Gather all facts: the tasks, what the locks record, what lockdep records, what can be inferred.
 *
 * @param[out] f  Made by this.
 * @return DLK_OK, or what keeps the analysis from starting or from going on.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_gather(struct dlk_facts *f, struct dlk_kernel *k,
			   const struct dlk_analyze_options *options) DLK_MUST_CHECK;

#endif
