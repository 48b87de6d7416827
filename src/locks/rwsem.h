/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RWSEM_H
#define DLK_LOCKS_RWSEM_H

/**
 * @file
 * rw_semaphores: what rwsem.c, rwsem_reader.c and rwbase.c share.  That the latter makes rwlocks too is said where it matters.
 */

#include "locks/kind.h"

/** Tell whether a resource is a rwsem, or a rwlock for which one sleeps, that readers hold of whom not all are known. */
bool dlk_rwsem_has_unknown_readers(const struct dlk_resource *resource);

/** Say that @p count readers hold a rwsem, or a rwlock, and that they are not recorded. */
enum dlk_status dlk_rwsem_set_readers(struct dlk_facts *f, uint32_t resource, uint64_t count)
	DLK_MUST_CHECK;

/**
 * Say whether readers of a rwsem or rwlock are to be looked for: the check operation of struct dlk_lock_kind.
 *
 * Target: reads slabs and a stack.
 */
enum dlk_status dlk_rwsem_check_readers(struct dlk_facts *f, uint32_t resource,
					enum dlk_sought_by *by) DLK_MUST_CHECK;

#endif
