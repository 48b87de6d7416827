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
 * So has who runs, in its CPU's registers.
 *
 * How it can be wrong: what is in a register that no callee has saved is not seen; a word may have been left by a call
 * that has returned within the frame.
 */

#include "locks/facts.h"

/** A word of a live stack that is looked for. */
struct dlk_hit {
	struct dlk_facts *f;
	struct dlk_stack *stack; /**< Good until the next stack is read. */
	uint32_t context;        /**< Whose stack it is. */
	dlk_addr_t at;           /**< Where the word stands; 0: in a register of one that runs. */
	uint64_t word;
	uint32_t resource; /**< Of struct dlk_sought. */
};

/** Takes a word; DLK_OK, or a failure that ends the search. */
typedef enum dlk_status dlk_hit_fn(void *arg, const struct dlk_hit *hit);

/** What is looked for. */
struct dlk_sought {
	dlk_addr_t start, end; /**< Words from @c start to before @c end. */
	uint32_t resource;     /**< Handed on. */
	bool wants_all;        /**< On all stacks; else on those of tasks that are known to wait. */
	dlk_hit_fn *hit;
	void *arg;
	dlk_addr_t farthest; /**< Private. */
};

/** Whose stacks are searched, of tasks that are neither idle nor dead. */
enum dlk_searched {
	DLK_SEARCH_WAITING, /**< Those that are known to wait; and others for what wants all. */
	DLK_SEARCH_OTHERS   /**< Those that are not. */
};

struct dlk_stack_search {
	struct dlk_facts *f;
	enum dlk_searched who;
	struct dlk_vec sought; /**< of struct dlk_sought */
	bool wants_all;        /**< Somebody looks at others than tasks that are known to wait. */
	dlk_hit_fn *code;      /**< Shown what may be a return address; NULL. */
	void *code_arg;
	uint32_t lost; /**< Stacks that could not be read. */
};

void dlk_stack_search_init(struct dlk_facts *f, enum dlk_searched who,
			   struct dlk_stack_search *ret);

/**
 * Look for something.
 *
 * @param[in] what  Copied.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_stack_search_add(struct dlk_stack_search *s, const struct dlk_sought *what)
	DLK_MUST_CHECK;

/**
 * Be shown each word that may be a code address as well: of tasks that wait, or of those that do not.  Its resource says
 * nothing.
 */
void dlk_stack_search_add_code(struct dlk_stack_search *s, dlk_hit_fn *code, void *arg);

/**
 * Search, if anything is looked for.  Idle and dead tasks have no part in it.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED, what a dlk_hit_fn returned.
 *
 * Target: reads stacks; may not return inside crash.
 */
enum dlk_status dlk_stack_search_run(struct dlk_stack_search *s) DLK_MUST_CHECK;

#endif
