/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_STACK_SEARCH_H
#define DLK_LOCKS_STACK_SEARCH_H

/**
 * @file
 * One search of all live stacks, for whoever wants to know where an address stands.
 *
 * Who holds what no record names mostly still has its address, in a variable or in a register that a callee has
 * saved.  So the kinds say which addresses they look for, each stack is read once, and what stands on it is shown to
 * those who look for it.  What that means is for them to say.
 *
 * How it can be wrong: what is in a register of a running task, or in one that no callee has saved, is not seen; a
 * word may have been left by a call that has returned within the frame.
 */

#include "locks/facts.h"

/** A word of a live stack that is looked for. */
struct dlk_hit {
	struct dlk_facts *f;
	struct dlk_stack *stack; /**< Good until the next stack is read. */
	uint32_t context;        /**< Whose stack it is. */
	dlk_addr_t at;           /**< Where the word stands. */
	uint64_t word;
	uint32_t resource; /**< Of dlk_stack_search_add(). */
};

/** Takes a word; DLK_OK, or a failure that ends the search. */
typedef enum dlk_status dlk_hit_fn(void *arg, const struct dlk_hit *hit);

struct dlk_stack_search {
	struct dlk_facts *f;
	struct dlk_vec sought; /**< Private. */
	bool wants_all;        /**< Somebody looks at others than tasks that are known to wait. */
	uint32_t lost;         /**< Stacks that could not be read. */
};

void dlk_stack_search_init(struct dlk_facts *f, struct dlk_stack_search *ret);

/**
 * Look for words from @p start to before @p end.
 *
 * @param[in] resource   Handed on.
 * @param[in] wants_all  On all stacks; else, as far as it is concerned, only on those of tasks that wait.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_stack_search_add(struct dlk_stack_search *s, dlk_addr_t start, dlk_addr_t end,
				     uint32_t resource, bool wants_all, dlk_hit_fn *hit, void *arg)
	DLK_MUST_CHECK;

/**
 * Search, if anything is looked for.  Idle and dead tasks have no part in it.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED, what a dlk_hit_fn returned.
 *
 * Target: reads stacks; may not return inside crash.
 */
enum dlk_status dlk_stack_search_run(struct dlk_stack_search *s) DLK_MUST_CHECK;

#endif
