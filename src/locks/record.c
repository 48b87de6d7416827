/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a task records that it waits for.
 *
 * task_struct.blocker is the address of a lock, its kind in the two low bits; task_struct.blocked_on
 * that of a mutex.  A task sets them when it queues for the lock, and clears them when it has it.  What
 * follows from a record is for who asks (recorded.c).
 */
#include <config.h>

#include "locks/record.h"

enum { KIND_BITS = 0x3 /* of task_struct.blocker */ };

/* BLOCKER_TYPE_* of include/linux/hung_task.h. */
static const struct {
	enum dlk_kind kind;
	enum dlk_mode mode;
} types[KIND_BITS + 1] = {
	{ DLK_KIND_MUTEX, DLK_MODE_EXCLUSIVE },
	{ DLK_KIND_SEMAPHORE, DLK_MODE_EXCLUSIVE },
	{ DLK_KIND_RWSEM, DLK_MODE_READ },
	{ DLK_KIND_RWSEM, DLK_MODE_WRITE },
};

/* Not -1, as v7.1 has it for a mutex that is passed on; and not a waiter on the own stack. */
static bool can_be_lock(const struct dlk_kernel *k, const struct dlk_task *task, dlk_addr_t address)
{
	return dlk_kernel_can_be_struct(k, address) &&
	       (address < task->stack || address - task->stack >= k->stack_size);
}

bool dlk_record_get(const struct dlk_facts *f, uint32_t context, struct dlk_record *ret)
{
	const struct dlk_task *task = dlk_facts_task(f, context);
	unsigned type = task->blocker & KIND_BITS;
	dlk_addr_t lock = task->blocker & ~(uint64_t)KIND_BITS;

	if (can_be_lock(f->k, task, lock)) {
		*ret = (struct dlk_record){ .context = context,
					    .member = DLK_M_task_blocker,
					    .kind = types[type].kind,
					    .mode = types[type].mode,
					    .lock = lock };
		return true;
	}
	*ret = (struct dlk_record){ .context = context,
				    .member = DLK_M_task_blocked_on,
				    .kind = DLK_KIND_MUTEX,
				    .mode = DLK_MODE_EXCLUSIVE,
				    .lock = task->blocked_on };
	return can_be_lock(f->k, task, task->blocked_on);
}
