/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct mutex.
 *
 * Wait: a struct mutex_waiter on the task's stack, linked both ways in the mutex's wait_list, or in the
 * ring of its first_waiter; in the queue of the mutex that a task records, or in the frame of a function
 * of the mutex slow path.  Certain.
 *
 * Hold: mutex.owner is the owner's task_struct with three flags in its low bits: somebody waits, the
 * next unlock hands over, the mutex was handed to this task and not yet taken (since v4.10,
 * 3ca0ff571b09; kernel/locking/mutex.c).  Certain if it names a task that lives.
 *
 * How it can be wrong: between unlock and the next lock the owner is 0 with waiters queued; said so.
 * An owner that is no live task has left without unlocking, or the word is damaged; said so too.  A
 * task that spins for the mutex on a CPU is in no queue: optimistic.c.
 */
#include <config.h>

#include "locks/mutex.h"

enum { FLAGS = 0x7, PICKUP = 0x4 };

static const char *const functions[] = { "__mutex_lock*", "mutex_lock*", NULL };

static const enum dlk_member_id needs_either[] = { DLK_M_mutex_wait_list, DLK_M_mutex_first_waiter,
						   DLK_M_NONE };

static const enum dlk_member_id needs[] = { DLK_M_mutex_owner, DLK_M_mutex_waiter_list,
					    DLK_M_mutex_waiter_task, DLK_M_NONE };

static enum dlk_status add_owner(struct dlk_facts *f, uint32_t resource, uint64_t owner,
				 enum dlk_confidence sure)
{
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_find_context(f, owner & ~(uint64_t)FLAGS),
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .confidence = sure };

	if (!(owner & ~(uint64_t)FLAGS))
		return dlk_lock_no_owner(f, resource,
					 "the owner word names nobody: it was unlocked, and the "
					 "next waiter has not taken it yet");
	if (hold.context == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, owner & ~(uint64_t)FLAGS, sure);
	if (owner & PICKUP)
		hold.note = "handed over to it, not yet picked up";
	dlk_facts_resource(f, resource)->state = "held";
	return dlk_facts_add_hold(f, &hold);
}

/* Whom it was handed to does not wait for it any more. */
static enum dlk_status drop_new_owner(struct dlk_facts *f, dlk_addr_t waiter, const void *arg,
				      struct dlk_wait *wait)
{
	const uint64_t *owner = arg;

	(void)waiter;
	if (*owner & PICKUP &&
	    dlk_facts_context(f, wait->context)->task == (*owner & ~(uint64_t)FLAGS))
		wait->context = DLK_NONE;
	return DLK_OK;
}

enum dlk_status dlk_mutex_describe(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_queue *queue, enum dlk_confidence sure)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	const struct dlk_wait like = { .resource = resource,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .confidence = sure };
	uint64_t owner = 0;
	enum dlk_status read, status;

	dlk_facts_resource(f, resource)->name = dlk_lock_name(f, address, "mutex",
							      DLK_M_mutex_dep_name);
	read = dlk_kernel_read_member(f->k, address, DLK_M_mutex_owner, &owner);
	status = read ? dlk_lock_unreadable(f, resource, read) : DLK_OK;
	if (!status)
		status = dlk_lock_add_waits(f, queue, &like, drop_new_owner, &owner);
	return status || read ? status : add_owner(f, resource, owner, sure);
}

static const struct dlk_lock_members members = { .kind = DLK_KIND_MUTEX,
						 .wait_list = DLK_M_mutex_wait_list,
						 .first_waiter = DLK_M_mutex_first_waiter,
						 .waiter_list = DLK_M_mutex_waiter_list,
						 .waiter_task = DLK_M_mutex_waiter_task };

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	return dlk_lock_take(f, c, &members, dlk_mutex_describe, is_taken);
}

static enum dlk_status take_recorded(struct dlk_facts *f, const struct dlk_record *record)
{
	return dlk_lock_take_recorded(f, record, &members, dlk_mutex_describe);
}

enum dlk_status dlk_mutex_is_held(struct dlk_facts *f, dlk_addr_t lock, bool *ret)
{
	uint64_t owner = 0;
	enum dlk_status status = dlk_kernel_read_member(f->k, lock, DLK_M_mutex_owner, &owner);

	*ret = owner & ~(uint64_t)FLAGS;
	return status ? dlk_memory_explain(&f->k->memory, status) : DLK_OK;
}

static const struct dlk_waiter waiter = { .task = DLK_M_mutex_waiter_task,
					  .functions = functions,
					  .take = take };

const struct dlk_lock_kind dlk_kind_mutex = {
	.dep_map = DLK_M_mutex_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.needs_either = needs_either,
	.replaced_with = DLK_M_mutex_rt_mutex,
	.take_recorded = take_recorded,
	.is_held = dlk_mutex_is_held,
};
