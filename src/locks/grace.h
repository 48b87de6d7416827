/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_GRACE_H
#define DLK_LOCKS_GRACE_H

/**
 * @file
 * Waits for a grace period: until all have left who are inside a read side, of RCU or of a domain of SRCU.
 */

#include "locks/kind.h"

/** Who waits for a grace period, and what stands on the stack for that. */
struct dlk_grace {
	uint32_t context;
	struct dlk_stack *stack;
	dlk_addr_t completion; /**< That it sleeps on. */
	dlk_addr_t sync;       /**< The struct rcu_synchronize around it, on its own stack; 0. */
	dlk_addr_t callback;   /**< In that, its struct rcu_head; 0. */
	uint32_t frame;        /**< Where that stands, else where the waiter does; DLK_NONE. */
	bool is_sure;          /**< The unwinder found these frames. */
};

/** A struct swait_queue in the queue of a completion that grace periods are waited for by, of RCU and of SRCU. */
extern const struct dlk_waiter dlk_grace_waiter;

/** Tell whether a function of a list has the rcu_synchronize in its frame, or, without one, is on the stack. */
bool dlk_grace_is_in(const struct dlk_grace *g, const char *const *functions);

/**
 * Take a wait for a domain of SRCU.
 *
 * @param[out] is_taken  As dlk_waiter.take.
 * @return as dlk_waiter.take.
 *
 * Target: reads the domain, and the counters of each CPU; may not return inside crash.
 */
enum dlk_status dlk_srcu_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
	DLK_MUST_CHECK;

/**
 * Take a wait for a grace period of tasks, or leave it; as dlk_srcu_take().
 *
 * Target: reads the lists of callbacks of each CPU; may not return inside crash.
 */
enum dlk_status dlk_rcu_tasks_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
	DLK_MUST_CHECK;

/** Take a wait for RCU, or leave it; as dlk_srcu_take(). */
enum dlk_status dlk_rcu_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
	DLK_MUST_CHECK;

/** How many callbacks are looked at, of all CPUs, for the one of who waits. */
enum { DLK_MAX_CALLBACKS = 4096 };

/**
 * Look for a callback in a list.
 *
 * @param[in]     callback  Its struct rcu_head.
 * @param[in]     first  The first struct rcu_head; 0 if there is none.
 * @param[in]     end    The list ends behind the one whose next stands there, too; 0: at its end.
 * @param[in,out] room   How many more may be looked at.
 * @param[out]    ret    Whether it is there.
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_LIMIT (it was not found among those that may be looked at).
 *
 * Target: reads the callbacks; may not return inside crash.
 */
enum dlk_status dlk_grace_find(struct dlk_facts *f, dlk_addr_t callback, dlk_addr_t first,
			       dlk_addr_t end, uint32_t *room, bool *ret) DLK_MUST_CHECK;

/**
 * Read where a CPU's list of callbacks begins, and where those end that are ready to be invoked.
 *
 * @param[in]  data             The struct that has the list.
 * @param[in]  callbacks, tails Its head, and the ends of its segments: members of that struct.
 * @param[out] first            As dlk_grace_find() takes it.
 * @param[out] tail             0 if none is ready.
 * @return as dlk_kernel_read_member().
 *
 * Kernel: struct rcu_segcblist (kernel/rcu/rcu_segcblist.h).
 */
enum dlk_status dlk_grace_read_list(struct dlk_facts *f, dlk_addr_t data,
				    enum dlk_member_id callbacks, enum dlk_member_id tails,
				    uint64_t *first, dlk_addr_t *tail) DLK_MUST_CHECK;

#endif
