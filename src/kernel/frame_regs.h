/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_FRAME_REGS_H
#define DLK_KERNEL_FRAME_REGS_H

/**
 * @file
 * Registers of a frame, besides its code's and its stack's address: each is known, or it is not.
 *
 * They are numbered as the architecture's row numbers them (target/arch.h).  A register that no rule has
 * restored is not known; none is ever guessed.
 */

#include "deadlock/target.h"

enum { DLK_FRAME_REGS = 32 /**< Integers', of any architecture. */ };

struct dlk_frame_regs {
	uint32_t known; /**< A bit for each. */
	uint64_t value[DLK_FRAME_REGS];
};

static inline void dlk_frame_regs_set(struct dlk_frame_regs *r, unsigned reg, uint64_t value)
{
	r->known |= UINT32_C(1) << reg;
	r->value[reg] = value;
}

/** @return false if it is not known; *ret is unchanged then. */
static inline bool dlk_frame_regs_get(const struct dlk_frame_regs *r, unsigned reg, uint64_t *ret)
{
	if (reg >= DLK_FRAME_REGS || !(r->known >> reg & 1))
		return false;
	*ret = r->value[reg];
	return true;
}

/** Forget all but one, of which it is known no better than before. */
static inline void dlk_frame_regs_keep(struct dlk_frame_regs *r, unsigned reg)
{
	r->known &= UINT32_C(1) << reg;
}

#endif
