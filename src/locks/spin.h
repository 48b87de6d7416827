/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_SPIN_H
#define DLK_LOCKS_SPIN_H

/**
 * @file
 * What spins on a CPU.
 */

#include "locks/facts.h"

/** Whether it is known what a context spins for: a wait was found, or the lock is just being passed on. */
bool dlk_spin_is_explained(const struct dlk_facts *f, uint32_t context);

/**
 * Say who sleeps and holds what others spin for, which nobody may.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_spin_check_holders(struct dlk_facts *f) DLK_MUST_CHECK;

/** The frame from which on a context may have taken a lock that it spins for; DLK_NONE: it spins for another, or for none. */
uint32_t dlk_spin_caller(const struct dlk_facts *f, uint32_t context, uint32_t resource);

#endif
