/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_BIT_H
#define DLK_LOCKS_BIT_H

/**
 * @file
 * Bits: what those have in common that stand in a word and those in the flags of a folio.
 */

#include "locks/facts.h"

enum { DLK_MAX_BIT = 4095 /* Of a word, or an array of them; more is nonsense. */ };

/** Which of the bits at an address it is, for a resource; nonsense is one bit more than there can be. */
static inline uint32_t dlk_bit_part(uint64_t bit)
{
	return bit <= DLK_MAX_BIT ? (uint32_t)bit + 1 : DLK_MAX_BIT + 2;
}

/**
 * Add the wait of one that spins for a bit of a word, and what is known of that; if it is clear, it is just being passed on, and no wait
 * is made of that.
 *
 * @param[in,out] wait  Whole but for the resource.
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_bit_spin(struct dlk_facts *f, struct dlk_wait *wait, dlk_addr_t word,
			     uint32_t bit) DLK_MUST_CHECK;

#endif
