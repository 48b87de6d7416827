/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_X86_64_H
#define DLK_KERNEL_X86_64_H

/**
 * @file
 * What x86-64's unwinders share: its struct pt_regs.
 */

#include "kernel/unwind.h"
#include "target/arch_x86_64.h"

enum { DLK_USER_MODE = 3 /**< The ring, in a code segment's selector. */ };

/** Go through a struct pt_regs to what was interrupted; step_regs() of x86-64's row (arch.h). */
enum dlk_stepped dlk_x86_step_regs(struct dlk_cursor *c, dlk_addr_t regs);

/**
 * Whether a kernel was built with frame pointers.
 *
 * Target: reads the first bytes of some functions; may not return inside crash.
 */
bool dlk_has_frame_pointers(struct dlk_kernel *k);

extern const struct dlk_unwinder dlk_unwinder_orc, dlk_unwinder_untold, dlk_unwinder_prologue,
	dlk_unwinder_frame_pointer;

#endif
