/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_OBJECT_H
#define DLK_KERNEL_OBJECT_H

/**
 * @file
 * Names for addresses: a symbol, a member of a slab object, an inode and its file.
 */

#include "kernel/kernel.h"

/**
 * Name an object of the kernel as a person would: "rtnl_mutex", "i_mmap_rwsem of inode 1057,
 * memfd:huge (hugetlbfs)", "mmap_lock of mm_struct 0xffff... of bash pid 412", "in kmalloc-256 object
 * 0xffff...+0x20".
 *
 * @param[in] type  The struct at @p address ("rw_semaphore"): ends the descent into the slab
 *                  object's struct.
 * @return NULL if nothing is known about it.  Lives in the context.
 *
 * Target: reads memory; may not return inside crash.
 */
const char *dlk_object_name(struct dlk_kernel *k, dlk_addr_t address, const char *type);

/**
 * Tell whether a struct of a type stands at an address, by the slab object there.
 *
 * Target: reads memory; may not return inside crash.
 */
bool dlk_object_is(struct dlk_kernel *k, dlk_addr_t address, const char *type);

/**
 * Name an inode: "inode 1057, memfd:huge (hugetlbfs)"; parts that cannot be read are left out.
 *
 * @return NULL if it does not look like an inode.
 *
 * Target: reads memory; may not return inside crash.
 */
const char *dlk_inode_name(struct dlk_kernel *k, dlk_addr_t inode);

#endif
