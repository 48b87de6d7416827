/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FUZZ_MEMORY_H
#define DLK_TESTS_FUZZ_MEMORY_H

/**
 * @file
 * A target whose memory is the input: from physical address 0 on, and from FUZZ_BASE on as a kernel's.
 */

#include "target/memory.h"

#define FUZZ_BASE 0xffffffff81000000u

struct fuzz_memory {
	struct dlk_target target;
	const uint8_t *data;
	size_t size;
	size_t all;           /**< Bytes of memory; the data again and again, if more than size. */
	struct dlk_regs regs; /**< Of the only CPU. */
};

/**
 * Make it: data, size (not 0) and all are set.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Ownership: @p ret reads @p m, and lives in @p ctx.
 */
enum dlk_status fuzz_memory_init(struct fuzz_memory *m, struct dlk_ctx *ctx, struct dlk_memory *ret)
	DLK_MUST_CHECK;

#endif
