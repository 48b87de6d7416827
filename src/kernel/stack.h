/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_STACK_H
#define DLK_KERNEL_STACK_H

/**
 * @file
 * The kernel stack of a task: its live words.  Its frames are found by frames.h.
 *
 * Live is what lies between the saved stack pointer and the stack's end; what lies below is left
 * over from calls that have returned, and says nothing.
 */

#include "deadlock/model.h"
#include "kernel/frame_regs.h"
#include "kernel/task.h"

/** Where the stack of one that runs, or was interrupted, begins (level.h). */
struct dlk_stack_start {
	dlk_addr_t pc; /**< 0: in user mode. */
	dlk_addr_t sp;
	dlk_addr_t top; /**< End of the stack that sp is on. */
	struct dlk_frame_regs regs;
	bool is_exact;
};

struct dlk_stack {
	const struct dlk_task *task;
	dlk_addr_t sp;         /**< Lowest live address. */
	dlk_addr_t top;        /**< End of the stack. */
	const uint64_t *words; /**< From @c sp; good until the next dlk_stack_read(). */
	uint32_t word_count;
	dlk_addr_t pc; /**< Where unwinding starts; 0 if there is nothing to unwind. */
	dlk_addr_t start_sp;
	struct dlk_frame_regs regs;     /**< There. */
	bool is_pc_saved;               /**< By the task, when it was switched out. */
	bool is_exact;                  /**< pc is where the CPU stood, not a return address. */
	const struct dlk_frame *frames; /**< Set by dlk_stack_unwind(); NULL before. */
	uint32_t frame_count;
	bool is_broken;       /**< A sleeping task would return to where no code can be, ... */
	dlk_addr_t broken_ip; /**< ... this. */
	bool is_user;         /**< The task runs in user mode. */
	bool is_unseen;       /**< The task runs; its CPU's registers are not known, or do not lead
			       *   to the stack's end. */
};

/**
 * Read the live part of a task's stack.
 *
 * One that was overwritten is read all the same, and is_broken is set: a wait that is found on it, and
 * checked, is as good as any, but others may be lost.
 *
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_CORRUPT (the saved stack pointer is not on the stack).
 *         A task in user mode has no words and no frames.
 *
 * Ownership: @c words are overwritten by the next call; frames stay.
 * Target:    reads only the pages of the live part; may not return inside crash.
 * Kernel:    where a task was switched out is for its architecture to say (arch.h).
 */
enum dlk_status dlk_stack_read(struct dlk_kernel *k, const struct dlk_task *task,
			       struct dlk_stack *ret) DLK_MUST_CHECK;

/**
 * As dlk_stack_read(), of what runs on a task's CPU, or was interrupted there.
 *
 * @param[in] start  Where that stands.
 */
enum dlk_status dlk_stack_read_from(struct dlk_kernel *k, const struct dlk_task *task,
				    const struct dlk_stack_start *start, struct dlk_stack *ret)
	DLK_MUST_CHECK;

#endif
