/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_RCU_H
#define DLK_LOCKS_RCU_H

/**
 * @file
 * Grace periods of RCU: what rcu.c and rcu_holder.c share.
 */

#include "locks/kind.h"

/** What is waited for of RCU itself; of each there is one. */
enum dlk_rcu_what {
	DLK_RCU_NORMAL,    /**< The end of a grace period. */
	DLK_RCU_EXPEDITED, /**< The same, hurried. */
	DLK_RCU_BARRIER /**< Until the callbacks that there were have been invoked: after a normal one. */
};

/** What is known of those who wait for one of these. */
struct dlk_rcu_waits {
	bool are_sure;    /**< One of these waits is certain. */
	bool have_lasted; /**< One has lasted: then it is more than likely that a CPU cannot pass. */
};

/** Tell whether anybody waits for something for sure, and has waited for long. */
struct dlk_rcu_waits dlk_rcu_judge_waits(const struct dlk_facts *f, uint32_t resource);

/**
 * Add those who hold a grace period up, and say of whom that is not known.
 *
 * @param[in] resource  Of the kind RCU.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads rcu_state, the data of each CPU, tasks; may not return inside crash.
 */
enum dlk_status dlk_rcu_add_holders(struct dlk_facts *f, uint32_t resource, enum dlk_rcu_what what,
				    const struct dlk_rcu_waits *waits) DLK_MUST_CHECK;

/** Take who waits until another one has waited for a grace period (rcu_sync.c); as dlk_waiter.take. */
enum dlk_status dlk_rcu_sync_take(struct dlk_facts *f, const struct dlk_candidate *c,
				  bool *is_taken) DLK_MUST_CHECK;

/** The address of what a CPU has for RCU; 0 if it is not known. */
dlk_addr_t dlk_rcu_data(struct dlk_facts *f, uint32_t cpu);

#endif
