/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RECORD_H
#define DLK_LOCKS_RECORD_H

/**
 * @file
 * What a task itself, or the CPU that it spins on, records that it waits for.
 */

#include "locks/facts.h"

/** A record of the lock that a task waits for. */
struct dlk_record {
	uint32_t context;
	enum dlk_member_id
		member; /**< Of task_struct: where it stands; DLK_M_NONE: in registers. */
	enum dlk_kind kind;
	enum dlk_mode mode;
	dlk_addr_t lock;
	bool is_spinning; /**< It spins for it: who does is in no queue, and recorded by its CPU's registers. */
};

/**
 * Get a task's record of what it waits for, which was read with the task.
 *
 * @return Whether there is one that can be the address of a lock.
 *
 * Target: none.
 * Kernel: task_struct.blocker since v6.16, with the kinds of rwsem since v6.17
 * (CONFIG_DETECT_HUNG_TASK_BLOCKER; include/linux/hung_task.h); task_struct.blocked_on since v6.17
 * (kernel/locking/mutex.h).
 */
bool dlk_record_get(const struct dlk_facts *f, uint32_t context, struct dlk_record *ret);

#endif
