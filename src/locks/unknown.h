/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_UNKNOWN_H
#define DLK_LOCKS_UNKNOWN_H

/**
 * @file
 * Waits that are not understood.
 */

#include "locks/facts.h"

/**
 * Name the waits that no kind has taken, and the CPUs that spin, after all else was found.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads registers and the stacks of running tasks; may not return inside crash.
 */
enum dlk_status dlk_unknowns_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Tell whether a sleeping task of state S must be looked at, by its frames: it waits for a lock. */
bool dlk_unknowns_wants(const struct dlk_frame *frames, uint32_t count);

#endif
