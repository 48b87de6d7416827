/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_MM_H
#define DLK_KERNEL_MM_H

/**
 * @file
 * Whose an mm_struct is.
 */

#include "kernel/kernel.h"

/**
 * Say whose an mm_struct is: "bash pid 412", by its owner, if that has this mm_struct itself.
 *
 * @return NULL if it is not known: the owner has exited, or the kernel does not record it.  Lives in the context.
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: CONFIG_MEMCG; mm_struct.owner (kernel/exit.c, mm_update_next_owner()).
 */
const char *dlk_mm_user(struct dlk_kernel *k, dlk_addr_t mm);

#endif
