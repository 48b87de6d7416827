/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_KIND_H
#define DLK_LOCKS_KIND_H

/**
 * @file
 * A lock kind: how its waiters are known and who holds it.
 *
 * Every sleeping lock of the kernel puts a waiter struct on the waiting task's stack, and every one
 * of these structs names the task.  So one scan finds them all: the words of a sleeping task's live
 * stack that equal the task's own address (scan.c).  Each such word is shown to the kinds in turn;
 * a kind knows where in its waiter struct the task's address stands, and in the frames of which
 * functions such a struct lives.  It accepts the word only if the struct is linked in a queue, both
 * ways; then it finds the lock at the queue's head, and the holders in the lock's own words.
 *
 * To add a kind: a line in DLK_KIND_TABLE (kinds.h), a file here with a theory statement and a
 * const struct dlk_lock_kind, a line in registry.c, its members in kernel/layout.h, its functions in
 * wait_function.c, a scenario.
 */

#include "locks/recorded.h"

/** A word that may be part of a waiter struct. */
struct dlk_candidate {
	uint32_t context;
	struct dlk_stack *stack; /**< Of the waiting task, unwound. */
	dlk_addr_t waiter;       /**< Where the waiter struct would start. */
	uint32_t frame;          /**< The frame that it stands in; DLK_NONE. */
};

struct dlk_lock_kind {
	const char *name;
	enum dlk_kind kind;             /**< Of its resources. */
	enum dlk_member_id task_member; /**< The waiter's pointer to its task. */
	enum dlk_member_id dep_map;     /**< The lock's map for lockdep; DLK_MEMBER_COUNT: none. */

	/** Members without which no wait is found; ended by DLK_MEMBER_COUNT. */
	const enum dlk_member_id *needs;
	/** Members of which it needs one; ended by DLK_MEMBER_COUNT.  NULL: none. */
	const enum dlk_member_id *needs_either;
	/** A kernel that has this one makes such locks of another kind; DLK_MEMBER_COUNT: none does. */
	enum dlk_member_id replaced_with;
	/** A kernel without this one has no such locks; DLK_MEMBER_COUNT: every kernel has. */
	enum dlk_member_id exists_with;

	/** Functions in whose frames such a waiter lives, as dlk_function_matches() takes them;
	 *  NULL if the waiter itself says what it is. */
	const char *const *functions;

	/**
	 * Take a candidate, or leave it.
	 *
	 * @param[out] is_taken  The candidate was a waiter of this kind: facts were added.
	 * @return DLK_OK, or a failure: a finding if it is not fatal.
	 */
	enum dlk_status (*take)(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken);

	/**
	 * Take a wait that a task records, or leave it; NULL if none is recorded, or it is taken otherwise.
	 *
	 * @return as take.
	 */
	enum dlk_status (*take_recorded)(struct dlk_facts *f, const struct dlk_record *record);

	/** After all tasks were scanned: infer what needs all waits.  May be NULL. */
	enum dlk_status (*finish)(struct dlk_facts *f);
};

/** The table of all kinds. */
extern const struct dlk_lock_kind *const dlk_lock_kinds[];
extern const unsigned dlk_lock_kind_count;

extern const struct dlk_lock_kind dlk_kind_mutex, dlk_kind_rwsem, dlk_kind_rt_mutex, dlk_kind_folio;

/**
 * Find who waits for what, and the holders that the locks name: scan the sleeping tasks.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_locks_scan(struct dlk_facts *f) DLK_MUST_CHECK;

/**
 * Infer the holders that no record names, after all records were read; unwind who waits or holds.
 *
 * @param[in] all_stacks  Keep the frames of every task, not only of those that wait or hold.
 * @return as dlk_locks_scan().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_locks_infer(struct dlk_facts *f, bool all_stacks) DLK_MUST_CHECK;

/**
 * Name the waits that no kind has taken, and the CPUs that spin, after all else was found (unknown.c).
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads registers and the stacks of running tasks; may not return inside crash.
 */
enum dlk_status dlk_unknowns_find(struct dlk_facts *f) DLK_MUST_CHECK;

/** Tell whether a sleeping task of state S must be looked at, by its frames: it waits for a lock. */
bool dlk_unknowns_wants(const struct dlk_frame *frames, uint32_t count);

/**
 * Say which kinds of locks this kernel has in a form that is not understood (coverage.c).
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_coverage_kinds(struct dlk_facts *f) DLK_MUST_CHECK;

/** Say so if stacks could not be unwound, after they were; returns as dlk_coverage_kinds(). */
enum dlk_status dlk_coverage_stacks(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
