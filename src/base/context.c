/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The context: arena, error text, messages, cancellation.
 *
 * The arena is a list of blocks, newest first.  A block is on the list before a byte of it is
 * handed out, so there is no window in which a longjmp can lose it.  This file is the only caller
 * of malloc() in the core.
 *
 * A build with the address sanitizer sees each allocation by itself: what lies between two of them is
 * poisoned.
 */
#include <config.h>

#include "deadlock/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
enum { RED_ZONE = 0 };
#endif

enum { BLOCK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct dlk_arena_block {
	struct dlk_arena_block *next;
	size_t size, used;
	bool is_own; /* of one allocation */
	_Alignas(ALIGNMENT) char data[];
};

void dlk_ctx_init(struct dlk_ctx *ctx)
{
	*ctx = (struct dlk_ctx){ .budget = (size_t)DLK_DEFAULT_BUDGET_MIB << 20 };
}

void dlk_ctx_deinit(struct dlk_ctx *ctx)
{
	while (ctx->blocks) {
		struct dlk_arena_block *block = ctx->blocks;

		ctx->blocks = block->next;
		free(block);
	}
	ctx->used = 0;
}

/* Behind the newest, so that the rest of that one stays in use. */
void dlk_ctx_adopt(struct dlk_ctx *ctx, struct dlk_ctx *other)
{
	struct dlk_arena_block **link = ctx->blocks ? &ctx->blocks->next : &ctx->blocks;
	struct dlk_arena_block *rest = *link;

	*link = other->blocks;
	while (*link)
		link = &(*link)->next;
	*link = rest;
	ctx->used += other->used;
	other->blocks = NULL;
	other->used = 0;
}

/* A block of its own goes behind the newest, so that the rest of that one stays in use. */
static struct dlk_arena_block *add_block(struct dlk_ctx *ctx, size_t size)
{
	bool is_own = size > BLOCK_BYTES / 4;
	size_t bytes = sizeof(struct dlk_arena_block) + (is_own ? size : BLOCK_BYTES);
	struct dlk_arena_block *block;

	if (bytes < size || ctx->used > ctx->budget || bytes > ctx->budget - ctx->used)
		return NULL;
	block = calloc(1, bytes);
	if (!block)
		return NULL;
	block->size = bytes - sizeof(*block);
	block->is_own = is_own;
	ASAN_POISON_MEMORY_REGION(block->data, block->size);
	ctx->used += bytes;
	if (is_own && ctx->blocks) {
		block->next = ctx->blocks->next;
		ctx->blocks->next = block;
	} else {
		block->next = ctx->blocks;
		ctx->blocks = block;
	}
	return block;
}

void *dlk_alloc(struct dlk_ctx *ctx, size_t size)
{
	struct dlk_arena_block *block = ctx->blocks;
	size_t wanted = size;
	void *p;

	if (size > SIZE_MAX - ALIGNMENT - RED_ZONE)
		return NULL;
	size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
	size += RED_ZONE;
	if (!block || size > block->size - block->used)
		block = add_block(ctx, size);
	if (!block)
		return NULL;
	p = block->data + block->used;
	ASAN_UNPOISON_MEMORY_REGION(p, wanted);
	block->used += size;
	return p;
}

void *dlk_calloc(struct dlk_ctx *ctx, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return dlk_alloc(ctx, bytes);
}

/* No more than a few hundred blocks, and what grows does so a few times. */
void dlk_discard(struct dlk_ctx *ctx, void *p, size_t size)
{
	struct dlk_arena_block **link = &ctx->blocks, *block;

	if (!p)
		return;
	ASAN_POISON_MEMORY_REGION(p, size);
	if (size <= BLOCK_BYTES / 4 - ALIGNMENT - RED_ZONE)
		return;
	while (*link && (*link)->data != p)
		link = &(*link)->next;
	block = *link;
	if (!block || !block->is_own)
		return;
	*link = block->next;
	ctx->used -= sizeof(*block) + block->size;
	free(block);
}

char *dlk_strdup(struct dlk_ctx *ctx, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = dlk_alloc(ctx, size);

	return copy ? memcpy(copy, s, size) : NULL;
}

char *dlk_format(struct dlk_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	s = dlk_alloc(ctx, (size_t)len + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}

enum dlk_status(dlk_fail)(struct dlk_ctx *ctx, enum dlk_status status, const char *fmt, ...)
{
	va_list ap;

	ctx->err.address = 0;
	va_start(ap, fmt);
	vsnprintf(ctx->err.text, sizeof(ctx->err.text), fmt, ap);
	va_end(ap);
	return status;
}

enum dlk_status dlk_prepend(struct dlk_ctx *ctx, enum dlk_status status, const char *fmt, ...)
{
	static const size_t size = sizeof(ctx->err.text);
	char *text = ctx->err.text;
	size_t former, prefix;
	char tail[sizeof(ctx->err.text)];
	va_list ap;

	if (!status)
		return status;
	former = strlen(text);
	memcpy(tail, text, former);
	va_start(ap, fmt);
	vsnprintf(text, size, fmt, ap);
	va_end(ap);
	prefix = strlen(text);
	if (prefix + 2 >= size)
		return status;
	memcpy(text + prefix, ": ", 2);
	prefix += 2;
	if (former > size - 1 - prefix)
		former = size - 1 - prefix;
	memcpy(text + prefix, tail, former);
	text[prefix + former] = 0;
	return status;
}

enum dlk_status(dlk_nomem)(struct dlk_ctx *ctx)
{
	return dlk_fail(ctx, DLK_ERR_NOMEM, "out of memory (%zu of at most %zu MiB used)%s",
			ctx->used >> 20, ctx->budget >> 20,
			ctx->limits.memory ? "; give --max-memory SIZE for more" : "");
}

void dlk_message(struct dlk_ctx *ctx, enum dlk_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!ctx->message)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctx->message(ctx->message_arg, level, text);
}

void dlk_reach(struct dlk_ctx *ctx, enum dlk_stage stage)
{
	if (ctx->stage)
		ctx->stage(ctx->stage_arg, stage);
}

enum dlk_status dlk_check_cancel(struct dlk_ctx *ctx)
{
	int reason = ctx->cancel ? *ctx->cancel : DLK_GO_ON;

	if (!reason)
		return DLK_OK;
	if (reason == DLK_CANCEL_CPU)
		return dlk_fail(ctx, DLK_ERR_CANCELED,
				"not done within %u s of CPU time; if that is as it should be, "
				"give --max-cpu SECONDS",
				ctx->limits.cpu);
	return dlk_fail(ctx, DLK_ERR_CANCELED, "interrupted");
}
