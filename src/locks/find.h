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
 * Gather who waits for what, and the holders that the locks name.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_locks_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Make contexts of what runs on top of tasks (on_top.c).
 *
 * @return as dlk_locks_gather().
 *
 * Target: reads registers and stacks; may not return inside crash.
 */
enum dlk_status dlk_on_top_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * After all else was found, also what is not understood, and settled (session/live.h): say who waits for a CPU since it is
 * interrupted by what does not end (on_top.c).
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_on_top_settle(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Gather the waits of what spins on a CPU (spin.c).
 *
 * @return as dlk_locks_gather().
 *
 * Target: reads text, stacks and locks; may not return inside crash.
 */
enum dlk_status dlk_spin_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Gather the waits that sleeping tasks record, and all who wait in the same queues (recorded.c).
 *
 * @return as dlk_locks_gather().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_recorded_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the waits of execve() and of core dumps for the other threads of their process (thread.c); as dlk_locks_gather(). */
enum dlk_status dlk_thread_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the waits of a PID namespace's first process for the others to end (pid_namespace.c); as dlk_locks_gather(). */
enum dlk_status dlk_pid_namespace_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the waits of which a waiter struct stands on the task's own stack (scan.c); returns as dlk_locks_gather(). */
enum dlk_status dlk_scan_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Scan once more those that a signal can wake, and that hold what others wait for, as it is known by now (scan.c): what is idleness
 * in others is none in them; returns as dlk_locks_gather().
 */
enum dlk_status dlk_scan_gather_keepers(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather who waits until another one has loaded a module of the same name (module_load.c); as dlk_locks_gather(). */
enum dlk_status dlk_module_load_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather who waits for another one to have canceled a work (work_cancel.c); as dlk_locks_gather(). */
enum dlk_status dlk_work_cancel_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather those who hold up what somebody was found to wait for of RCU (rcu.c); returns as dlk_locks_gather(). */
enum dlk_status dlk_rcu_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather those who hold up what somebody was found to wait for of tasks' grace periods (rcu_tasks.c); as dlk_locks_gather(). */
enum dlk_status dlk_rcu_tasks_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the readers of trace RCU where that is a domain of SRCU (rcu_trace.c); as dlk_locks_gather(). */
enum dlk_status dlk_rcu_trace_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather who has others wait for a grace period that it waits for itself (rcu_sync.c); returns as dlk_locks_gather(). */
enum dlk_status dlk_rcu_sync_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the writers that wait, in no queue, for the readers of a percpu_rwsem (percpu_rwsem.c); as dlk_locks_gather(). */
enum dlk_status dlk_percpu_rwsem_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the writers that own the rt_mutex of a rwsem or rwlock and wait for its readers (rwbase.c); as dlk_locks_gather(). */
enum dlk_status dlk_rwbase_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Gather the writers that wait, in no queue, for the readers of a VMA (vma_lock.c); as dlk_locks_gather(). */
enum dlk_status dlk_vma_lock_gather(struct dlk_facts *f) DLK_MUST_CHECK;

/** Say so where a task's pi_blocked_on leads to no waiter that was found (rt_mutex.c); as dlk_locks_gather(). */
enum dlk_status dlk_rt_mutex_check(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Say of which tasks the record and the waits that were found do not fit; neither is certain then (recorded.c).
 *
 * @return as dlk_locks_gather().
 *
 * Target: none.
 */
enum dlk_status dlk_recorded_check(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
