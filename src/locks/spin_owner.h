/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_SPIN_OWNER_H
#define DLK_LOCKS_SPIN_OWNER_H

/**
 * @file
 * Whom spinlocks and rwlocks record as their owner (spin_owner.c).
 */

#include "locks/facts.h"

/**
 * Add the holder that a lock records, if that can be but one context.
 *
 * @param[in] resource  A spinlock that is locked, or a rwlock that is held for writing; its holders_unknown is set.
 * @return DLK_OK, DLK_ERR_NOMEM; what cannot be read is not known.
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: CONFIG_DEBUG_SPINLOCK.
 */
enum dlk_status dlk_spin_owner_claim(struct dlk_facts *f, uint32_t resource) DLK_MUST_CHECK;

/**
 * After code and lockdep were asked: hold what they say against what the locks record, where that can be several contexts of one CPU.
 *
 * @return as dlk_spin_owner_claim().
 *
 * Target: as dlk_spin_owner_claim().
 */
enum dlk_status dlk_spin_owner_settle(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
