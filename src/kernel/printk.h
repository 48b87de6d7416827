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
	uint64_t seq; /**< From 0 at boot. */
	uint64_t ns;  /**< Since boot, by the clock of the CPU that printed it. */
	uint32_t
		caller; /**< As the kernel has it: a pid, or a CPU and DLK_PRINTK_CPU; 0 if unknown. */
	const char *
		text; /**< Unprintable bytes replaced, tabs and newlines by blanks; good for this call. */
};

/** Of a record's caller: it is a CPU's number, of no task. */
#define DLK_PRINTK_CPU UINT32_C(0x80000000)

/** Which records of the log's end are wanted. */
struct dlk_printk_tail {
	uint64_t since_ns; /**< Of this time, or of less than a second before, and later. */
	uint64_t
		bytes; /**< Of text, at most: the newest.  Each record counts DLK_PRINTK_RECORD more. */
};

/** What a record costs besides its text: so their number is bounded, too, whatever the log says of their lengths. */
enum { DLK_PRINTK_RECORD = 32 };

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

/**
 * Walk the end of the log, the oldest of the wanted records first.
 *
 * What is older than these is not read but for one record: it costs what it says.
 *
 * @return As dlk_printk_walk().
 */
enum dlk_status dlk_printk_walk_tail(struct dlk_kernel *k, const struct dlk_printk_tail *tail,
				     dlk_printk_fn *fn, void *arg) DLK_MUST_CHECK;

#endif
