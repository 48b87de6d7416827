/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_CHILD_H
#define DLK_LOCKS_CHILD_H

/**
 * @file
 * Waits of threads of the kernel for a certain child process.
 */

#include "locks/kind.h"

/** A struct wait_opts on the stack of who waits (kernel/exit.c). */
extern const struct dlk_waiter dlk_child_waiter;

/** Who is to take notice that a process, or a thread that is traced, has exited. */
struct dlk_reaper {
	struct dlk_hold
		hold; /**< Its context DLK_NONE if that is not known; with confidence and note, and no more. */
	bool is_tracer;
	bool has_threads; /**< Nobody yet: of the process that has exited others are left. */
};

/**
 * Find who is to take notice that a task has exited: its tracer, else its parent.
 *
 * @param[in] task  In state Z.
 * @return DLK_OK, or the failure of a read.
 *
 * Target: reads the task and its parent; may not return inside crash.
 */
enum dlk_status dlk_child_find_reaper(struct dlk_facts *f, const struct dlk_task *task,
				      struct dlk_reaper *ret) DLK_MUST_CHECK;

#endif
