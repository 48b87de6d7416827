/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_FRAMES_H
#define DLK_KERNEL_FRAMES_H

/**
 * @file
 * The frames of a stack that was read.
 */

#include "kernel/stack.h"

/**
 * Find the frames, by what the kernel can be unwound by (unwind.h); where that ends early, by scanning the
 * words for code addresses.
 *
 * Sets is_broken if it ends at what no call can have left there.  Code that is made at run time (for
 * ftrace and BPF) has no ORC entries, but a place: with the modules.  Sets is_unseen if the task runs,
 * the kernel has no ORC tables, and the end was not reached.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.  A stack that cannot be unwound has frames that
 *         are not reliable, or none.
 *
 * Ownership: the frames live in the context.
 * Target:    reads memory; may not return inside crash.
 */
enum dlk_status dlk_stack_unwind(struct dlk_kernel *k, struct dlk_stack *stack) DLK_MUST_CHECK;

/**
 * Find the frame whose words cover an address of the stack.
 *
 * @return Its index, or DLK_NONE.
 *
 * Target: none.
 */
uint32_t dlk_stack_frame_at(const struct dlk_stack *stack, dlk_addr_t address);

/**
 * Tell which function a frame has called: also one that has no frame of its own, since it ended by a jump.
 *
 * @return Its name, without what the compiler adds; NULL if that is not known.
 *
 * Target: reads text; may not return inside crash.
 */
const char *dlk_frame_called(struct dlk_kernel *k, const struct dlk_frame *frame);

#endif
