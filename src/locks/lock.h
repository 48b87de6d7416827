/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_LOCK_H
#define DLK_LOCKS_LOCK_H

/**
 * @file
 * What the locks whose waiters are a list of structs on stacks have in common (mutex, rwsem, semaphore).
 */

#include "locks/kind.h"
#include "locks/queue.h"
#include "locks/record.h"

struct dlk_lock_members {
	enum dlk_kind kind;
	enum dlk_member_id wait_list, first_waiter;  /**< In the lock; it has one of them. */
	enum dlk_member_id waiter_list, waiter_task; /**< In the waiter. */
};

/**
 * Names a lock that was found now, adds its waits and its holds.
 *
 * @param[in] sure  How sure it is that this is a lock of the kind.
 */
typedef enum dlk_status dlk_lock_describe_fn(struct dlk_facts *f, uint32_t resource,
					     const struct dlk_queue *queue,
					     enum dlk_confidence sure);

/**
 * Take a candidate if it is linked in a queue: make the lock at the queue's head a resource, and
 * have it described if it is new.
 *
 * Since v7.1 the waiters are a ring without a head, and the lock names the first of them.  So the lock
 * is looked for among the words of the stack from the waiter's frame on, where the function that means to
 * take it still has its address.  It is the lock
 * if its first_waiter is one of the ring: the two records agree, wherever the address came from.
 *
 * The waiter structs of these locks look alike: which one it is, is known by the function in
 * whose frame it stands.  If that frame was found by the unwinder, it is certain; if it was found by
 * scanning the stack, all that follows is likely at best.
 *
 * @return as the take operation of struct dlk_waiter.
 */
enum dlk_status dlk_lock_take(struct dlk_facts *f, const struct dlk_candidate *c,
			      const struct dlk_lock_members *members,
			      dlk_lock_describe_fn *describe, bool *is_taken) DLK_MUST_CHECK;

/**
 * Take a wait that a task records, with all that wait in the lock's queue, if that has the task in it or
 * cannot be read (recorded.c); or the wait of one that spins for it, and is in no queue (optimistic.c).
 *
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads the lock and the stacks of its waiters; may not return inside crash.
 */
enum dlk_status dlk_lock_take_recorded(struct dlk_facts *f, const struct dlk_record *record,
				       const struct dlk_lock_members *members,
				       dlk_lock_describe_fn *describe) DLK_MUST_CHECK;

/**
 * Learn more of a wait from its waiter: its mode; or leave it out, with DLK_NONE as its context.
 *
 * @param[in,out] wait  Whole but for what is learnt.
 */
typedef enum dlk_status dlk_lock_look_fn(struct dlk_facts *f, dlk_addr_t waiter, const void *arg,
					 struct dlk_wait *wait);

/**
 * Add the waits of a queue, in its order.
 *
 * @param[in] like  What they have in common: resource, mode, confidence.
 * @param[in] look  Called for each, with @p arg; NULL if there is nothing to learn.
 *
 * Target: what @p look reads.
 */
enum dlk_status dlk_lock_add_waits(struct dlk_facts *f, const struct dlk_queue *queue,
				   const struct dlk_wait *like, dlk_lock_look_fn *look,
				   const void *arg) DLK_MUST_CHECK;

/**
 * Name a lock by what contains it, else by its lockdep class; NULL.
 *
 * @param[in] dep_name  The member dep_map.name, there if the kernel has lockdep.
 */
const char *dlk_lock_name(struct dlk_facts *f, dlk_addr_t address, const char *type,
			  enum dlk_member_id dep_name);

/** Say that a lock has waiters but no owner, with the reason (a static string). */
enum dlk_status dlk_lock_no_owner(struct dlk_facts *f, uint32_t resource, const char *why)
	DLK_MUST_CHECK;

/**
 * Say that a lock's owner is no live task: the lock is leaked, if all tasks are known.
 *
 * @param[in] sure  How sure it is that this is a lock of the kind.
 */
enum dlk_status dlk_lock_dead_owner(struct dlk_facts *f, uint32_t resource, dlk_addr_t owner,
				    enum dlk_confidence sure) DLK_MUST_CHECK;

/** Say that a lock's own words cannot be read, with the context's text; fatal failures are returned. */
enum dlk_status dlk_lock_unreadable(struct dlk_facts *f, uint32_t resource, enum dlk_status why)
	DLK_MUST_CHECK;

#endif
