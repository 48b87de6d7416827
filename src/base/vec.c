/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays. */
#include <config.h>

#include "base/vec.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

void *dlk_vec_push(struct dlk_ctx *ctx, struct dlk_vec *vec)
{
	if (vec->len == vec->cap) {
		uint32_t cap = vec->cap ? vec->cap * 2 : FIRST_CAPACITY;
		void *data = cap > vec->cap ? dlk_calloc(ctx, cap, vec->element) : NULL;

		if (!data)
			return NULL;
		if (vec->len)
			memcpy(data, vec->data, (size_t)vec->len * vec->element);
		vec->data = data;
		vec->cap = cap;
	}
	return (char *)vec->data + (size_t)vec->len++ * vec->element;
}
