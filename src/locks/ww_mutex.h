/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_WW_MUTEX_H
#define DLK_LOCKS_WW_MUTEX_H

/**
 * @file
 * ww_mutexes: what is asked of them where they are rt_mutexes, by rt_mutex.c.
 */

#include "locks/facts.h"

/**
 * Say of a wait for a ww_mutex in which acquire context it is, and what follows from that: who is to back off
 * with -EDEADLK waits possibly, no more.
 *
 * @param[in]     acquire    Address of its struct ww_acquire_ctx; 0: it waits without one.
 * @param[in]     is_behind  Another waiter with an acquire context stands before it.
 * @param[in,out] wait       Gets a note, and is made less sure.
 * @return DLK_OK, or a failure that is fatal.
 *
 * Target: reads the acquire contexts of the waiter and of the holder; may not return inside crash.
 * Kernel: the rules of kernel/locking/ww_mutex.h, __ww_mutex_check_kill() and __ww_mutex_kill().
 */
enum dlk_status dlk_ww_mutex_weigh(struct dlk_facts *f, dlk_addr_t acquire, bool is_behind,
				   struct dlk_wait *wait) DLK_MUST_CHECK;

#endif
