/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_REGISTERS_H
#define DLK_CODE_REGISTERS_H

/**
 * @file
 * The registers of each frame of a stack: those that functions give back as they were.
 *
 * Claims: what a function has pushed of its caller's registers on a path from its entry to where the frame stands, or
 * what it has left alone there, is what the caller will find in them again.  One path tells it for all: the function's end
 * restores them from the same places, whatever the path was.  How it can be wrong: code that
 * changes the stack pointer in a way that is not followed leaves all unknown; text that was patched since.
 */

#include "code/walk.h"
#include "kernel/stack.h"

/**
 * Where a function that stands at a return address has its caller's registers; found once for each address.
 *
 * A frame's caller has the register at @c saved_at from the stack pointer at the function's entry, or in the
 * register itself; else it is not known.
 */
struct dlk_saved_registers {
	uint32_t saved, same; /**< A bit for each register. */
	int32_t saved_at[DLK_STATE_REGS];
};

struct dlk_registers;

/**
 * @param[in] walk  To walk with, whenever registers are asked for; what it had is gone then.
 * @return NULL if there is no memory.
 *
 * Ownership: lives in the context.
 */
struct dlk_registers *dlk_registers_open(struct dlk_code *code, struct dlk_walk *walk);

/**
 * Go from a frame's registers to its caller's.
 *
 * @param[in]     stack  Unwound.
 * @param[in]     frame  Its number.
 * @param[in,out] regs   Those of the frame; at last those of frame + 1.
 * @return DLK_OK, DLK_ERR_CANCELED.
 *
 * Target: reads text; may not return inside crash.
 */
enum dlk_status dlk_registers_go_out(struct dlk_registers *r, const struct dlk_stack *stack,
				     uint32_t frame, struct dlk_frame_regs *regs) DLK_MUST_CHECK;

#endif
