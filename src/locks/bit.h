/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_BIT_H
#define DLK_LOCKS_BIT_H

/**
 * @file
 * Bits: what those have in common that stand in a word and those in the flags of a folio.
 */

#include <stdint.h>

enum { DLK_MAX_BIT = 4095 /* Of a word, or an array of them; more is nonsense. */ };

/** Which of the bits at an address it is, for a resource; nonsense is one bit more than there can be. */
static inline uint32_t dlk_bit_part(uint64_t bit)
{
	return bit <= DLK_MAX_BIT ? (uint32_t)bit + 1 : DLK_MAX_BIT + 2;
}

#endif
