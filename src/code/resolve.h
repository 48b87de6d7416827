/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_RESOLVE_H
#define DLK_CODE_RESOLVE_H

/**
 * @file
 * The number that a value is, by what memory has now.
 *
 * Claims: a value of numbers and of what is loaded from them is this number, if the words that lead to it are what
 * they will be, or were, when the code reads them.
 */

#include "code/value.h"
#include "kernel/kernel.h"

/** A value of which the number is known. */
struct dlk_named {
	struct dlk_value value;
	uint64_t number;
};

struct dlk_resolver {
	struct dlk_kernel *k;
	const struct dlk_terms *terms;
	dlk_addr_t task;       /**< Whose code it is: what "current" is there. */
	dlk_addr_t current_at; /**< Where each CPU has its task, in its area; 0: not known. */
	const struct dlk_named *named;
	unsigned named_count;
};

/**
 * Find the number of a value.
 *
 * @return false if it is not known.
 *
 * Target: may read words of memory; may not return inside crash.
 */
bool dlk_resolve(const struct dlk_resolver *r, struct dlk_value v, uint64_t *ret);

#endif
