/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_FRAME_H
#define DLK_CODE_FRAME_H

/**
 * @file
 * Where a walk from a frame of a stack begins.
 */

#include "code/walk.h"
#include "kernel/stack.h"

/**
 * Set what is known where a frame stands.
 *
 * @param[in,out] w      Its machine's stack becomes this one, from the frame's own words on.
 * @param[in]     stack  Unwound; must stay as it is for as long as is walked.
 * @param[in]     regs   The frame's (registers.h).
 * @param[out]    ret    For dlk_walk_run(), from the frame's instruction on.
 *
 * Target: none.
 */
void dlk_frame_begin(struct dlk_walk *w, const struct dlk_stack *stack, uint32_t frame,
		     const struct dlk_frame_regs *regs, struct dlk_state *ret);

/** Where each CPU has its task, in its own area: what struct dlk_act_asked wants to know.  0: not known. */
dlk_addr_t dlk_frame_current_at(struct dlk_kernel *k);

#endif
