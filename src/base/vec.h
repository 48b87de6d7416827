/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_BASE_VEC_H
#define DLK_BASE_VEC_H

/**
 * @file
 * A growing array in a context's arena.
 *
 * Growth doubles and copies; big former copies are given back.  An element's address is good until the next push; its index is good for ever.
 */

#include "deadlock/context.h"

struct dlk_vec {
	void *data;
	uint32_t len, cap;
	uint32_t element; /**< Size of an element in bytes; set by DLK_VEC_INIT. */
};

/** An empty vector of elements of @p type. */
#define DLK_VEC_INIT(type)                                                                         \
	{                                                                                          \
		.element = sizeof(type)                                                            \
	}

/** The elements as an array of @p type. */
#define DLK_VEC_AT(vec, type, index) (&((type *)(vec)->data)[index])

/**
 * Append a zeroed element.
 *
 * @return Its address, or NULL if there is no memory.
 *
 * Target: none.
 */
void *dlk_vec_push(struct dlk_ctx *ctx, struct dlk_vec *vec);

/**
 * Make room for @p count elements in all, where it is known beforehand: then nothing is copied.
 *
 * @return false if there is no memory.
 *
 * Target: none.
 */
bool dlk_vec_reserve(struct dlk_ctx *ctx, struct dlk_vec *vec, uint32_t count) DLK_MUST_CHECK;

#endif
