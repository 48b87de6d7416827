/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RT_MUTEX_H
#define DLK_LOCKS_RT_MUTEX_H

/**
 * @file
 * Who spins for a lock of PREEMPT_RT that it will sleep for (rt_mutex.c).
 */

#include "locks/facts.h"

/**
 * Take what a task on a CPU waits for, if it spins for an rt_mutex, or what is built of one.  If nobody owns that, it is just
 * being passed on, and no wait is made of it.
 *
 * @param[in]  context   One that runs, with its frames.
 * @param[out] is_taken  It does.
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads the task, its stack and the lock; may not return inside crash.
 * Kernel: PREEMPT_RT; kernel/locking/rtmutex.c, rtmutex_spin_on_owner(), v5.15 and later.
 */
enum dlk_status dlk_rt_mutex_spin(struct dlk_facts *f, uint32_t context, bool *is_taken)
	DLK_MUST_CHECK;

#endif
