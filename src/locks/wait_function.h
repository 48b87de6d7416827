/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_WAIT_FUNCTION_H
#define DLK_LOCKS_WAIT_FUNCTION_H

/**
 * @file
 * The kernel's functions that wait, whether waits of their kind are analysed or not: what a stack
 * says about what its task waits for, where nothing else does.
 *
 * The innermost frames of a stack are those of such functions, one calling the other:
 *
 *	__schedule, schedule, schedule_timeout		how the task sleeps
 *	__wait_for_common				what with
 *	__flush_work					what for
 *	wq1+0x6b [zoo]					who wants it
 *
 * To add a function: a line in the table of wait_function.c.
 */

#include "deadlock/model.h"

enum dlk_wait_class {
	DLK_WAIT_WAY,      /**< Says nothing of what for: the scheduler. */
	DLK_WAIT_LOCK,     /**< For something that somebody holds. */
	DLK_WAIT_EVENT,    /**< For something that somebody else must do. */
	DLK_WAIT_HARMLESS, /**< For nobody: a timer. */
	DLK_WAIT_SPIN,     /**< The same as LOCK and EVENT on a CPU: it turns in a circle. */
	DLK_WAIT_SPIN_WAY  /**< Calls such a one, or takes the lock at once. */
};

struct dlk_wait_function {
	const char *pattern; /**< As dlk_function_matches() takes it. */
	enum dlk_wait_class class;
	enum dlk_kind kind; /**< Of what is waited for; DLK_KIND_COUNT if none is meant. */
	const char *what;   /**< Of a harmless one: for what, "a timer". */
};

/** What the frames of a stack say about a wait. */
struct dlk_waiting {
	const struct dlk_wait_function *how; /**< NULL if no function is known to wait. */
	const struct dlk_frame *function;    /**< In which it waits; NULL if unknown. */
	const struct dlk_frame *caller;      /**< Who called that; NULL if unknown, or a guess. */
};

/**
 * Find out where a sleeping task waits.
 *
 * Of functions that wait, one within the other, it is the outermost; if there is none, the innermost
 * function that is not the scheduler's.  Where the unwinder was lost, the first of the frames found by
 * scanning that waits for somebody; it may be left over, as function->is_reliable tells.
 *
 * Target: none.
 */
void dlk_frames_waiting(const struct dlk_frame *frames, uint32_t count, struct dlk_waiting *ret);

/**
 * Find the next place where a task that runs, or an interrupt on top of it, spins.
 *
 * @param[in,out] next  Number of the frame to begin with, 0 at first; behind the place afterwards.
 * @param[out]    ret   Unchanged if there is none.
 * @return Whether there is one.
 *
 * Target: none.
 */
bool dlk_frames_spinning(const struct dlk_frame *frames, uint32_t count, uint32_t *next,
			 struct dlk_waiting *ret);

/** Where a CPU spins now. */
struct dlk_spinning {
	const struct dlk_wait_function
		*how;       /**< What it spins for, by the outermost function that does. */
	enum dlk_kind kind; /**< By that, or by who would sleep for it after all. */
	bool may_sleep;     /**< Such a one has called it. */
	uint32_t function;  /**< The frame of that which spins. */
	uint32_t
		caller; /**< The frame of who wants it; the number of frames if that is not known. */
	bool is_read;   /**< For reading. */
};

/**
 * Tell whether the innermost frames of one that runs are those of a function that spins, and of nothing that this one has
 * called, or was interrupted by.
 *
 * @param[out] ret  Unchanged if it does not spin.
 *
 * Target: none.
 */
bool dlk_frames_spin_now(const struct dlk_frame *frames, uint32_t count, struct dlk_spinning *ret);

/** The first frame that is not the scheduler's; the number of frames if there is none. */
uint32_t dlk_frames_after_scheduler(const struct dlk_frame *frames, uint32_t count);

/** The innermost reliable frame that is not itself a way of waiting, "rmap_walk_file+0x1aa"; NULL. */
const struct dlk_frame *dlk_frames_waiting_at(const struct dlk_frame *frames, uint32_t count);

#endif
