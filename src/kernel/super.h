/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_SUPER_H
#define DLK_KERNEL_SUPER_H

/**
 * @file
 * The locks by which a file system is frozen: three percpu_rw_semaphores in its super_block, one for each
 * level of what may still write.  Who freezes it takes them one after the other, and leaves them locked
 * (fs/super.c, freeze_super()).
 */

#include "kernel/kernel.h"

enum { DLK_FREEZE_LEVELS = 3, DLK_FREEZE_COMPLETE = DLK_FREEZE_LEVELS + 1 };

/** One of these locks. */
struct dlk_freeze_lock {
	dlk_addr_t super; /**< struct super_block; 0: it is none of these locks. */
	unsigned level;   /**< From 1: SB_FREEZE_WRITE, _PAGEFAULT, _FS. */
	uint64_t
		frozen; /**< What the super_block says: 0, the level that is being taken, or DLK_FREEZE_COMPLETE. */
};

/**
 * Find out whether a percpu_rw_semaphore is one by which a file system is frozen.
 *
 * It is if it stands where one stands in a super_block, and what would be the super_block has a root that names it.
 *
 * @param[out] ret  Always set; its @c super is 0 if it is not.
 * @return DLK_OK, DLK_ERR_FAULT (what is linked as a super_block is cannot be read on).
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_freeze_lock_find(struct dlk_kernel *k, dlk_addr_t address,
				     struct dlk_freeze_lock *ret) DLK_MUST_CHECK;

/** Address of the lock of another level, from 1 to DLK_FREEZE_LEVELS, of the same file system. */
dlk_addr_t dlk_freeze_lock_of_level(const struct dlk_kernel *k, const struct dlk_freeze_lock *lock,
				    unsigned level);

/**
 * Name it: "sb_writers (SB_FREEZE_WRITE) of vda (ext4)"; what cannot be read is left out.
 *
 * @return NULL for want of memory.  Lives in the context.
 *
 * Target: reads memory; may not return inside crash.
 */
const char *dlk_freeze_lock_name(struct dlk_kernel *k, const struct dlk_freeze_lock *lock);

/** Who froze a file system that is frozen, " by user space"; "" where the kernel does not say.  A static string. */
const char *dlk_freeze_lock_by(struct dlk_kernel *k, const struct dlk_freeze_lock *lock);

#endif
