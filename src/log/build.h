/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_BUILD_H
#define DLK_LOG_BUILD_H

/**
 * @file
 * From the blocks of an incident to the model: who waits for whom, as far as text can prove it.
 *
 * Each wait and each hold is one of three: printed by the kernel (a list of held locks, a line that names the owner), inferred from
 * a stack, or unknown, and then it is said why.  Steps, in this order: people.h (who is named), lists.h (held locks), sleeps.h
 * (owner lines and stacks), graces.h (stalls and busy workers), spins.h (CPUs), contract.h (what a function must hold), and what is
 * left is not known.
 */

#include "log/incident.h"

/**
 * Make the model of an incident.
 *
 * @param[in]  name  Of the log, for the source.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Ownership: the context's.
 * Target:    none.
 */
enum dlk_status dlk_log_build(struct dlk_ctx *ctx, const struct dlk_log *log,
			      const struct dlk_log_incident *incident, const char *name,
			      struct dlk_model *ret) DLK_MUST_CHECK;

#endif
