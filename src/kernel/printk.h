/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_PRINTK_H
#define DLK_KERNEL_PRINTK_H

/**
 * @file
 * The kernel's log: what dmesg(1) prints.
 *
 * Two rings (kernel/printk/printk_ringbuffer.h): one of descriptors, each with the record's place in
 * the other, the ring of texts.  A record is taken if its descriptor says that it is committed.
 */

#include "kernel/kernel.h"

struct dlk_printk_record {
	uint64_t seq;     /**< From 0 at boot. */
	uint64_t ns;      /**< Since boot, by the clock of the CPU that printed it. */
	const char *text; /**< Its first bytes, unprintable ones replaced; good for this call. */
};

/** @return false to end the walk. */
typedef bool dlk_printk_fn(void *arg, const struct dlk_printk_record *record);

/**
 * Walk the log, the oldest record first.
 *
 * @return DLK_OK, DLK_ERR_NOTFOUND (this kernel has another log, or no symbol leads to it),
 *         DLK_ERR_FAULT (a record could not be read, and the walk was not ended by @p fn),
 *         DLK_ERR_CORRUPT.
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: v5.10 and later (896fbe20b4e2).
 */
enum dlk_status dlk_printk_walk(struct dlk_kernel *k, dlk_printk_fn *fn, void *arg) DLK_MUST_CHECK;

#endif
