/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_REGISTERS_H
#define DLK_CODE_REGISTERS_H

/**
 * @file
 * The registers of each frame of a stack: those that functions give back as they were, and all of what was
 * interrupted.
 *
 * Claims: what a function has pushed of its caller's registers on a path from its entry to where the frame stands, or
 * what it has left alone there, is what the caller will find in them again.  One path tells it for all: the function's end
 * restores them from the same places, whatever the path was.  Whom an interrupt or an exception has stopped finds all
 * in the registers that its entry has saved; there the unwinders lead (kernel/unwind.h).  How it can be wrong: code that
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

/** What is known of a frame besides its place. */
struct dlk_frame_state {
	struct dlk_frame_regs regs;
	bool is_exact; /**< The CPU stands, or stood, at its code's address: that is not what a call returns to. */
};

struct dlk_registers;

/**
 * @param[in] walk  To walk with, whenever registers are asked for; what it had is gone then.
 * @return NULL if there is no memory.
 *
 * Ownership: lives in the context.
 */
struct dlk_registers *dlk_registers_open(struct dlk_code *code, struct dlk_walk *walk);

/** Get the state of a stack's innermost frame. */
static inline struct dlk_frame_state dlk_registers_begin(const struct dlk_stack *stack)
{
	return (struct dlk_frame_state){ stack->regs, stack->is_exact };
}

/**
 * Whether a frame is that of the entry into the kernel, which has interrupted the next one or has none: when what it has called
 * returns, it gives back all registers, and does nothing else.
 *
 * Target: reads memory; may not return inside crash.
 */
bool dlk_registers_is_entry(const struct dlk_registers *r, const struct dlk_stack *stack,
			    uint32_t frame, const struct dlk_frame_state *state);

/** Where a frame has its stack pointer. */
static inline dlk_addr_t dlk_registers_sp(const struct dlk_stack *stack, uint32_t frame)
{
	return frame ? stack->frames[frame - 1].sp : stack->start_sp;
}

/**
 * Go from a frame's state to that of its caller, or of what it has interrupted.
 *
 * @param[in]     stack  Unwound.
 * @param[in]     frame  Its number.
 * @param[in,out] state  That of the frame; at last that of frame + 1.
 * @return DLK_OK, DLK_ERR_CANCELED.
 *
 * Target: reads text; may not return inside crash.
 */
enum dlk_status dlk_registers_go_out(struct dlk_registers *r, const struct dlk_stack *stack,
				     uint32_t frame, struct dlk_frame_state *state) DLK_MUST_CHECK;

#endif
