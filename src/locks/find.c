/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways on which waits are found: the cheapest and best first, since whose wait is known is not looked at again.
 * By which way a wait was found is said by its evidence.
 *
 * To add a way: a function, and a line in the table.
 */
#include <config.h>

#include "locks/find.h"

#include "locks/coverage.h"

static enum dlk_status (*const finders[])(struct dlk_facts *f) = {
	/* the kinds of locks that this kernel has */
	dlk_coverage_check_kinds,
	/* what runs on top of tasks, and keeps their CPUs from them */
	dlk_on_top_gather,
	/* what spins on a CPU, by its registers */
	dlk_spin_gather,
	/* what tasks record that they wait for */
	dlk_recorded_gather,
	/* a waiter struct on the task's own stack */
	dlk_scan_gather,
	/* threads that others of their process wait for */
	dlk_thread_gather,
	/* the first process of a PID namespace, which waits for the others */
	dlk_pid_namespace_gather,
	/* the queue of those who load a module that another one loads */
	dlk_module_load_gather,
	/* who cancels a work that another one of these cancels */
	dlk_work_cancel_gather,
	/* who holds up the grace periods of RCU that are waited for */
	dlk_rcu_gather,
	dlk_rcu_tasks_gather,
	dlk_rcu_trace_gather,
	/* who waits for one of these, and then wakes others */
	dlk_rcu_sync_gather,
	/* the percpu_rwsem whose readers a writer waits for */
	dlk_percpu_rwsem_gather,
	/* the rwsem or rwlock whose rt_mutex a task owns, and readers hold */
	dlk_rwbase_gather,
	/* the VMA whose readers a writer waits for, by the address on its stack */
	dlk_vma_lock_gather,
	/* the queue that a task waits in, and others for it, though a signal can wake it */
	dlk_scan_gather_keepers,
	/* records that nothing was found by */
	dlk_rt_mutex_check,
	dlk_recorded_check,
};

enum dlk_status dlk_locks_gather(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]) && !status; i++)
		status = finders[i](f);
	return status;
}
