/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_MUTEX_H
#define DLK_LOCKS_MUTEX_H

/**
 * @file
 * Mutexes, for what begins with one.
 */

#include "locks/lock.h"

/** Name a resource that begins with a struct mutex, add its waits and its holder: a dlk_lock_describe_fn. */
enum dlk_status dlk_mutex_describe(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_queue *queue, enum dlk_confidence sure)
	DLK_MUST_CHECK;

/** Tell whether the owner word of what begins with a struct mutex names somebody: the is_held operation of struct dlk_lock_kind. */
enum dlk_status dlk_mutex_is_held(struct dlk_facts *f, dlk_addr_t lock, bool *ret) DLK_MUST_CHECK;

#endif
