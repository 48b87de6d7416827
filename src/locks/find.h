/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_FIND_H
#define DLK_LOCKS_FIND_H

/**
 * @file
 * How waits are found: the ways, each a function that adds what it finds to the facts.  What is waited for
 * is another thing: kind.h.  The order of the ways is find.c's.
 */

#include "locks/facts.h"

/**
 * Find who waits for what, and the holders that the locks name.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_locks_find(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Find the waits that sleeping tasks record, and all who wait in the same queues (recorded.c).
 *
 * @return as dlk_locks_find().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_recorded_find(struct dlk_facts *f) DLK_MUST_CHECK;

/** Find the waits of which a waiter struct stands on the task's own stack (scan.c); returns as dlk_locks_find(). */
enum dlk_status dlk_scan_find(struct dlk_facts *f) DLK_MUST_CHECK;

/** Find who holds up what somebody was found to wait for of RCU (rcu.c); returns as dlk_locks_find(). */
enum dlk_status dlk_rcu_find(struct dlk_facts *f) DLK_MUST_CHECK;

/** Find the writers that own a rwsem's rt_mutex and wait for its readers (rt_mutex.c); as dlk_locks_find(). */
enum dlk_status dlk_rt_rwsem_find(struct dlk_facts *f) DLK_MUST_CHECK;

/** Say so where a task's pi_blocked_on leads to no waiter that was found (rt_mutex.c); as dlk_locks_find(). */
enum dlk_status dlk_rt_mutex_check(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Say of which tasks the record and the waits that were found do not fit; neither is certain then (recorded.c).
 *
 * @return as dlk_locks_find().
 *
 * Target: none.
 */
enum dlk_status dlk_recorded_check(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
