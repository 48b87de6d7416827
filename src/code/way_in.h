/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_WAY_IN_H
#define DLK_CODE_WAY_IN_H

/**
 * @file
 * The way from a function's entry to where a frame stands.
 *
 * Claims: the values at the end of it are what the frame's registers and its words on the stack have now: so of a value that was
 * the same on all paths the number is known.  How it can be wrong: as walk.h and registers.h can.
 */

#include "code/registers.h"
#include "code/resolve.h"

enum { DLK_MAX_WAY_IN_NAMES = 32 };

/** A frame, and what is known where it stands. */
struct dlk_way_in {
	const struct dlk_stack *stack;
	uint32_t frame;
	const struct dlk_frame_regs *regs;
	struct dlk_named named[DLK_MAX_WAY_IN_NAMES];
	unsigned named_count;
};

/**
 * Walk from the frame's function's entry to where it stands, and name the values there.
 *
 * @param[in]     w       What it had is gone.
 * @param[in,out] in      Its frame is set; then its names.
 * @param[in]     number  The walk's, with @p arg; NULL.
 * @return DLK_OK, also if the walk did not come there (has_stopped); DLK_ERR_NOTFOUND, DLK_ERR_CANCELED.
 *
 * Target: reads text; may not return inside crash.
 */
enum dlk_status dlk_way_in_walk(struct dlk_walk *w, struct dlk_way_in *in,
				dlk_walk_number_fn *number, void *arg) DLK_MUST_CHECK;

#endif
