/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_KIND_H
#define DLK_LOCKS_KIND_H

/**
 * @file
 * A kind of lock: what its own words say of it, and how its waiters stand on stacks.  How waits are found is
 * another thing: find.h.
 *
 * Every sleeping lock of the kernel puts a waiter struct on the waiting task's stack, and every one
 * of these structs names the task.  So one scan finds them all: the words of a sleeping task's live
 * stack that equal the task's own address (scan.c).  Each such word is shown to the waiters of the kinds in turn;
 * one knows where in its struct the task's address stands, and in the frames of which
 * functions such a struct lives.  It accepts the word only if the struct is linked in a queue, both
 * ways; then it finds the lock at the queue's head, and the holders in the lock's own words.  What such a struct leads
 * to may be of several kinds: a folio's lock or its writeback.
 *
 * To add a kind: src/README.md.
 */

#include "locks/record.h"
#include "locks/stack_search.h"

/** A word that may be part of a waiter struct. */
struct dlk_candidate {
	uint32_t context;
	struct dlk_stack *stack; /**< Of the waiting task, unwound. */
	dlk_addr_t waiter;       /**< Where the waiter struct would start. */
	uint32_t frame;          /**< The frame that it stands in; DLK_NONE. */
	bool is_keeper; /**< The task holds what others wait for: what it waits for matters, even if a signal ends it. */
};

/** How a waiter stands on the stack of the task that waits. */
struct dlk_waiter {
	enum dlk_member_id task; /**< Its pointer to its task. */

	/** Functions in whose frames such a waiter lives, as dlk_function_matches() takes them;
	 *  NULL if the waiter itself says what it is. */
	const char *const *functions;

	/**
	 * Take a candidate, or leave it.
	 *
	 * @param[out] is_taken  The candidate was such a waiter: facts were added.
	 * @return DLK_OK, or a failure: a finding if it is not fatal.
	 */
	enum dlk_status (*take)(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken);
};

/** By what holders are looked for. */
enum dlk_sought_by {
	DLK_SOUGHT_BY_NOTHING,
	DLK_SOUGHT_BY_CODE, /**< What an address says by itself does not count. */
	DLK_SOUGHT_BY_ALL
};

struct dlk_lock_kind {
	enum dlk_member_id
		dep_map; /**< Its map for lockdep; DLK_M_NONE, as for all that is left out: none. */
	const struct dlk_waiter *waiter;       /**< NULL: that of another kind leads to it. */
	const struct dlk_waiter *other_waiter; /**< Another one that leads to it; NULL. */

	/** Members without which no wait is found; ended by DLK_M_NONE.  NULL: none. */
	const enum dlk_member_id *needs;
	/** Members of which it needs one; ended by DLK_M_NONE.  NULL: none. */
	const enum dlk_member_id *needs_either;
	/** A kernel that has this one makes such locks of another kind. */
	enum dlk_member_id replaced_with;
	/** A kernel without this one has no such locks. */
	enum dlk_member_id exists_with;

	/**
	 * Take a wait that a task records, or leave it; NULL if none is recorded.
	 *
	 * @return as dlk_waiter.take.
	 */
	enum dlk_status (*take_recorded)(struct dlk_facts *f, const struct dlk_record *record);

	/**
	 * Tell whether somebody holds one, by its own words; NULL if they do not say, or nobody spins for it.
	 *
	 * @return DLK_OK, or of the read that failed.
	 */
	enum dlk_status (*is_held)(struct dlk_facts *f, dlk_addr_t lock, bool *ret);

	/**
	 * Look for addresses on live stacks, after all records were read, for what the code of tasks does not tell; NULL:
	 * for nothing.
	 *
	 * @param[out] state  For infer().
	 * @return DLK_OK, or a failure: a finding if it is not fatal.
	 */
	enum dlk_status (*seek)(struct dlk_facts *f, struct dlk_stack_search *search, void **state);

	/** After the search: add what it showed.  NULL if seek() is. */
	enum dlk_status (*infer)(struct dlk_facts *f, void *state);

	/**
	 * Say whether holders of one are to be looked for in the code of tasks (code_holder.h), after all records
	 * were read; NULL: if they are not known, and the kind's acts are (acts.h).
	 *
	 * @param[out] by  Is DLK_SOUGHT_BY_ALL before.
	 * @return DLK_OK, or a failure: a finding if it is not fatal.
	 */
	enum dlk_status (*check)(struct dlk_facts *f, uint32_t resource, enum dlk_sought_by *by);
	enum dlk_size_id size; /**< Of one; 0: what says something is its address alone. */
	/** Where no code can be followed: whose stack bears its address, or one in the object that it is part of, may hold it. */
	enum dlk_near { DLK_NEAR_NOTHING, DLK_NEAR_ADDRESS, DLK_NEAR_OBJECT } near;
	bool seeks_all; /**< Holders may be tasks that wait for nothing that is understood. */
};

/** By kind; NULL for those of which waits are only named. */
extern const struct dlk_lock_kind *const dlk_lock_kinds[DLK_KIND_COUNT];

/* clang-format off */
#define X(name, text, extent, sharing, unknown) extern const struct dlk_lock_kind dlk_kind_##text;
DLK_KIND_TABLE(X)
#undef X
/* clang-format on */

#endif
