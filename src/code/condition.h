/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_CONDITION_H
#define DLK_CODE_CONDITION_H

/**
 * @file
 * Whether a branch is taken: what the flags were set from, and what the branch asks of them.
 */

#include "code/value.h"

/** What the flags tell: enum dlk_flags_how of two values. */
struct dlk_flags {
	uint8_t how; /**< 0: nothing is known. */
	uint8_t width;
	struct dlk_value of[2];
};

static inline bool dlk_flags_is_same(const struct dlk_flags *a, const struct dlk_flags *b)
{
	return a->how == b->how && a->width == b->width &&
	       dlk_value_is_same(&a->of[0], &b->of[0]) && dlk_value_is_same(&a->of[1], &b->of[1]);
}

/**
 * Tell whether a condition is met.
 *
 * @param[in]  numbers    What the flags' values are; more of them than the width is left out.
 * @param[in]  condition  enum dlk_condition
 * @param[out] ret        Whether it is.
 * @return false if that is not known.
 */
bool dlk_condition_is_met(const struct dlk_flags *flags, const uint64_t numbers[2],
			  unsigned condition, bool *ret);

#endif
