/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_VMA_H
#define DLK_KERNEL_VMA_H

/**
 * @file
 * What a vm_area_struct maps.
 */

#include "kernel/kernel.h"

/**
 * Name a vm_area_struct: "0x7f00-0x8f00 of bash pid 412, inode 12, libc.so (ext4)", or "..., anonymous"; what cannot be read is
 * left out.
 *
 * @return NULL if its addresses cannot be read.  Lives in the context.
 *
 * Target: reads memory; may not return inside crash.
 */
const char *dlk_vma_name(struct dlk_kernel *k, dlk_addr_t vma);

#endif
