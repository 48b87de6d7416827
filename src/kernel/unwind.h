/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_UNWIND_H
#define DLK_KERNEL_UNWIND_H

/**
 * @file
 * Unwinding: from a frame to its caller's, by whatever this kernel can be unwound by.
 *
 * A cursor is a frame: where its code stands, and which registers are known there.  An unwinder makes
 * one step outwards, or says that it cannot; what it claims, and how that can be wrong, is in its file.
 * A kernel has a list of unwinders, and each step is made by the first that can.
 *
 * To add an unwinder: a file with a const struct dlk_unwinder, a line in open_unwinders() of the
 * architectures that it is for.
 */

#include "kernel/arch.h"
#include "kernel/stack.h"

struct dlk_cursor {
	struct dlk_kernel *k;
	const struct dlk_stack *stack; /**< Of the task; a frame may be on another one. */
	dlk_addr_t pc, sp;
	bool is_exact; /**< The CPU stood at pc; else pc is a return address. */
	struct dlk_frame_regs regs;
};

struct dlk_unwinder {
	const char *name;
	const char *tables; /**< It works by tables that cover all of the kernel, so that where it
				    cannot go on, none can: what they are called.  Else NULL. */

	/**
	 * Go to the caller; the cursor may be left in any state if that cannot be done.
	 *
	 * Registers that it has no rule for are not known in the caller: a function may have used any.
	 */
	enum dlk_stepped (*step)(struct dlk_cursor *c);
};

/** By VMLINUX's call frames, whatever the architecture (unwind_cfi.c). */
extern const struct dlk_unwinder dlk_unwinder_cfi;

/** The tables by which a kernel is unwound; NULL if there are none (struct dlk_unwinder). */
const char *dlk_unwind_tables(const struct dlk_kernel *k);

/** Add an unwinder behind those that a kernel has. */
void dlk_unwinders_add(struct dlk_kernel *k, const struct dlk_unwinder *unwinder);

/** Where unwinding starts: the innermost frame of a stack that was read.  Its pc is 0 if there is none. */
void dlk_cursor_begin(struct dlk_kernel *k, const struct dlk_stack *stack, struct dlk_cursor *ret);

/**
 * Make a step by the first unwinder that can.
 *
 * Restored are pc and sp, and of the registers what the unwinder has rules for (its file says which).
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_stepped dlk_unwind_step(struct dlk_cursor *c);

/** Whether steps lead from a frame to the end of its task's stack. */
bool dlk_unwind_ends(const struct dlk_cursor *c);

/** Read a word of the stack; of another one (interrupt stacks) through the target. */
bool dlk_cursor_read(const struct dlk_cursor *c, dlk_addr_t address, uint64_t *ret);

/**
 * Whether a frame's stack pointer is where the entry into the kernel leaves it.
 *
 * That is the end: what called this frame was no function of the kernel.
 *
 * Target: none.
 */
bool dlk_cursor_is_at_entry(const struct dlk_cursor *c);

#endif
