/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two arenas that take turns; see keep.h. */
#include <config.h>

#include "log/keep.h"

#include <stdlib.h>
#include <string.h>

enum {
	STRING_SLOTS = 1 << 15,
	MAX_STRINGS = STRING_SLOTS / 2,
	MAX_PROBES = 32,
	MAX_STRING = 4096,
	CHUNK = 64 /* blocks */
};

static void init_half(struct dlk_log_half *half)
{
	*half = (struct dlk_log_half){ .chunks = DLK_VEC_INIT(struct dlk_log_block *) };
	dlk_ctx_init(&half->ctx);
}

void dlk_log_keep_init(struct dlk_log_keep *keep, struct dlk_ctx *ctx, size_t half_bytes)
{
	*keep = (struct dlk_log_keep){ .ctx = ctx, .half_bytes = half_bytes };
	for (unsigned i = 0; i < 2; i++)
		init_half(&keep->halves[i]);
}

void dlk_log_keep_deinit(struct dlk_log_keep *keep)
{
	for (unsigned i = 0; i < 2; i++)
		dlk_ctx_deinit(&keep->halves[i].ctx);
}

static struct dlk_log_half *newer_of(struct dlk_log_keep *keep)
{
	return &keep->halves[keep->newer];
}

static void *keep_bytes(struct dlk_log_keep *keep, size_t size)
{
	void *p = keep->status ? NULL : dlk_alloc(&newer_of(keep)->ctx, size);

	if (!p && !keep->status)
		keep->status = dlk_nomem(keep->ctx);
	return p;
}

static uint32_t hash_of(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash;
}

/* The slot of a string, or a free one for it; NULL if there is none near, as where a log's names were chosen to be so. */
static const char **slot_of(struct dlk_log_half *half, const char *text, size_t length)
{
	uint32_t first = hash_of(text, length);

	for (uint32_t i = 0; i < MAX_PROBES; i++) {
		const char **slot = &half->strings[(first + i) % STRING_SLOTS];

		if (!*slot || (!strncmp(*slot, text, length) && !(*slot)[length]))
			return slot;
	}
	return NULL;
}

const char *dlk_log_keep_string(struct dlk_log_keep *keep, const char *text, size_t length)
{
	struct dlk_log_half *half = newer_of(keep);
	const char **slot, *known;
	char *copy;

	if (length > MAX_STRING)
		length = MAX_STRING;
	if (!half->strings)
		half->strings = keep_bytes(keep, STRING_SLOTS * sizeof(*half->strings));
	if (!half->strings || keep->status)
		return "";
	slot = slot_of(half, text, length);
	known = slot ? *slot : NULL;
	if (known)
		return known;
	copy = keep_bytes(keep, length + 1);
	if (!copy)
		return "";
	memcpy(copy, text, length);
	if (slot && half->string_count < MAX_STRINGS) {
		*slot = copy;
		half->string_count++;
	}
	return copy;
}

void *dlk_log_keep_array(struct dlk_log_keep *keep, const void *items, uint32_t count, size_t size)
{
	void *copy = count ? keep_bytes(keep, count * size) : NULL;

	return copy ? memcpy(copy, items, count * size) : NULL;
}

static struct dlk_log_block *chunk_of(const struct dlk_log_half *half, uint32_t i)
{
	return *DLK_VEC_AT(&half->chunks, struct dlk_log_block *, i / CHUNK);
}

static struct dlk_log_block *new_block(struct dlk_log_half *half)
{
	struct dlk_log_block **chunk;
	uint32_t i = half->block_count;

	if (i % CHUNK == 0) {
		chunk = dlk_vec_push(&half->ctx, &half->chunks);
		if (!chunk)
			return NULL;
		*chunk = dlk_calloc(&half->ctx, CHUNK, sizeof(**chunk));
		if (!*chunk)
			return NULL;
	}
	half->block_count++;
	return &chunk_of(half, i)[i % CHUNK];
}

void dlk_log_keep_block(struct dlk_log_keep *keep, const struct dlk_log_block *block)
{
	struct dlk_log_block *copy = keep->status ? NULL : new_block(newer_of(keep));

	if (copy)
		*copy = *block;
	else if (!keep->status)
		keep->status = dlk_nomem(keep->ctx);
}

bool dlk_log_keep_is_full(const struct dlk_log_keep *keep, bool is_pressing)
{
	size_t limit = is_pressing ? keep->half_bytes + keep->half_bytes / 8 : keep->half_bytes;

	return keep->halves[keep->newer].ctx.used > limit;
}

void dlk_log_keep_turn(struct dlk_log_keep *keep)
{
	struct dlk_log_half *half;

	keep->newer = !keep->newer;
	half = newer_of(keep);
	keep->dropped += half->block_count;
	dlk_ctx_deinit(&half->ctx);
	init_half(half);
}

static int by_first_line(const void *a, const void *b)
{
	const struct dlk_log_block *x = *(struct dlk_log_block *const *)a;
	const struct dlk_log_block *y = *(struct dlk_log_block *const *)b;

	if (x->first_line != y->first_line)
		return x->first_line < y->first_line ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Pointers are sorted, not blocks: qsort() takes as much memory again as what it sorts. */
static struct dlk_log_block *sorted_blocks(struct dlk_log_keep *keep, uint32_t count)
{
	struct dlk_log_block **order = dlk_calloc(keep->ctx, count, sizeof(void *));
	struct dlk_log_block *blocks = dlk_calloc(keep->ctx, count, sizeof(*blocks));
	uint32_t n = 0;

	if (!order || !blocks)
		return NULL;
	for (unsigned h = 0; h < 2; h++) {
		const struct dlk_log_half *half = &keep->halves[h ? keep->newer : !keep->newer];

		for (uint32_t i = 0; i < half->block_count; i++)
			order[n++] = &chunk_of(half, i)[i % CHUNK];
	}
	qsort(order, count, sizeof(void *), by_first_line);
	for (uint32_t i = 0; i < count; i++)
		blocks[i] = *order[i];
	dlk_discard(keep->ctx, order, count * sizeof(void *));
	return blocks;
}

static void hand_over(struct dlk_ctx *ctx, struct dlk_log_half *half)
{
	for (uint32_t i = 0; i < half->chunks.len; i++)
		dlk_discard(&half->ctx, *DLK_VEC_AT(&half->chunks, struct dlk_log_block *, i),
			    CHUNK * sizeof(struct dlk_log_block));
	dlk_discard(&half->ctx, half->strings, STRING_SLOTS * sizeof(*half->strings));
	dlk_ctx_adopt(ctx, &half->ctx);
	init_half(half);
}

enum dlk_status dlk_log_keep_finish(struct dlk_log_keep *keep, struct dlk_log *ret)
{
	uint32_t count = keep->halves[0].block_count + keep->halves[1].block_count;
	struct dlk_log_block *blocks = NULL;

	if (!keep->status && count) {
		blocks = sorted_blocks(keep, count);
		if (!blocks)
			keep->status = dlk_nomem(keep->ctx);
	}
	if (keep->status) {
		dlk_log_keep_deinit(keep);
		return keep->status;
	}
	for (unsigned i = 0; i < 2; i++)
		hand_over(keep->ctx, &keep->halves[i]);
	ret->blocks = blocks;
	ret->block_count = count;
	ret->dropped = keep->dropped;
	return DLK_OK;
}
