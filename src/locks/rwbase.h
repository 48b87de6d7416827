/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RWBASE_H
#define DLK_LOCKS_RWBASE_H

/**
 * @file
 * struct rwbase_rt, of which rw_semaphore and rwlock_t are made on PREEMPT_RT: its readers, and the writer that waits for
 * them.  Who waits for its rt_mutex is rt_mutex.c's.
 */

#include "locks/facts.h"

/** Whether a kind of lock is made of a struct rwbase_rt where one sleeps for it by an rt_mutex. */
static inline bool dlk_rwbase_is(enum dlk_kind kind)
{
	return kind == DLK_KIND_RWSEM || kind == DLK_KIND_RWLOCK;
}

/** The address of the lock with a struct rwbase_rt, by that of its rt_mutex. */
static inline dlk_addr_t dlk_rwbase_of(const struct dlk_facts *f, dlk_addr_t rt_mutex)
{
	return rt_mutex - dlk_layout_offset(&f->k->layout, DLK_M_rwbase_rt_mutex);
}

/**
 * Name a lock that was found now, and say who reads it, if that is what its count says: how many readers there are, and
 * that the owner of the rt_mutex waits for them.
 *
 * @param[out] owner         The owner word of its rt_mutex.
 * @param[out] is_exclusive  The owner of the rt_mutex has the lock, or nobody has: the caller is to say so.
 * @return DLK_OK, DLK_ERR_FAULT (the lock is named, no more), or a fatal failure.
 *
 * Target: reads the lock, and the stack of its writer; may not return inside crash.
 * Kernel: v5.15 and later, CONFIG_PREEMPT_RT (kernel/locking/rwbase_rt.c).
 */
enum dlk_status dlk_rwbase_describe(struct dlk_facts *f, uint32_t resource, uint64_t *owner,
				    bool *is_exclusive) DLK_MUST_CHECK;

#endif
