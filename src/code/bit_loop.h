/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_BIT_LOOP_H
#define DLK_CODE_BIT_LOOP_H

/**
 * @file
 * Loops that end only when they have set a bit that was clear: bit_spin_lock(), which has no function of its own.
 *
 *	1:	lock bts $9,(%rbx)
 *		jae	2f			the only way out: the bit was clear
 *	3:	pause
 *		mov	(%rbx),%rax
 *		test	$0x200,%eax
 *		jne	3b			where the CPU stands
 *		jmp	1b
 *	2:
 *
 * Claims: from where a CPU stands all paths lead in a circle, and nothing is done on them but to look at memory, to pause, and to
 * set, atomically, one bit of one word: so it goes on when it finds that clear, and that is for what it spins.  What has another way out (a
 * timeout, a flag that another CPU sets, a register of a device), writes anything else, or calls a function, is no such loop.  The one counter
 * of each CPU's that is let pass is that of preempt_disable().  The word's address is of registers that the loop leaves alone, so they
 * have it now; so has the number of the bit, if that is in one.
 *
 * How it can be wrong: text that was patched since.  What is not seen: loops that lock by comparing and exchanging.
 */

#include "code/code.h"
#include "kernel/frame_regs.h"

struct dlk_bit_loop {
	dlk_addr_t word; /**< Or the first of several. */
	uint32_t bit;    /**< Its number, from there. */
};

/** Where it goes on behind an instruction that has set a bit, and says what it was: from the branch that follows at once. */
struct dlk_bit_lock_ways {
	dlk_addr_t was_clear, was_set;
};

/**
 * @param[in]  at   The branch.
 * @param[out] ret  Unchanged if it is none, or one that looks at more than the bit.
 *
 * Target: reads text; may not return inside crash.
 */
bool dlk_bit_lock_ways(struct dlk_code *code, dlk_addr_t at, struct dlk_bit_lock_ways *ret);

/**
 * Find the bit for which a CPU spins.
 *
 * @param[in]  at    Where it stands.
 * @param[in]  regs  Its registers there.
 * @param[out] ret   Unchanged if it does not.
 * @return Whether it does.
 *
 * Target: reads text; may not return inside crash.
 */
bool dlk_bit_loop_find(struct dlk_code *code, dlk_addr_t at, const struct dlk_frame_regs *regs,
		       struct dlk_bit_loop *ret);

#endif
