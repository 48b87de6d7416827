/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays. */
#include <config.h>

#include "base/vec.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

bool dlk_vec_reserve(struct dlk_ctx *ctx, struct dlk_vec *vec, uint32_t count)
{
	void *data;

	if (count <= vec->cap)
		return true;
	data = dlk_calloc(ctx, count, vec->element);
	if (!data)
		return false;
	if (vec->len)
		memcpy(data, vec->data, (size_t)vec->len * vec->element);
	dlk_discard(ctx, vec->data, (size_t)vec->cap * vec->element);
	vec->data = data;
	vec->cap = count;
	return true;
}

void *dlk_vec_push(struct dlk_ctx *ctx, struct dlk_vec *vec)
{
	if (vec->len == vec->cap) {
		uint32_t cap = vec->cap ? vec->cap * 2 : FIRST_CAPACITY;

		if (cap <= vec->cap || !dlk_vec_reserve(ctx, vec, cap))
			return NULL;
	}
	return (char *)vec->data + (size_t)vec->len++ * vec->element;
}
