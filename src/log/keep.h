/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_KEEP_H
#define DLK_LOG_KEEP_H

/**
 * @file
 * What is kept of a log: its blocks, bounded, the newest where there are more.
 *
 * An arena cannot free what is small, so there are two of them, each a context of its own, and they take turns: what is read goes to the
 * newer half; when that is full, the older one is dropped as a whole, and a fresh one begins.  So between one and two halves'
 * worth of blocks are there at any time, whatever the log's size, and they are the last ones of it.  At the end both arenas
 * become the caller's (dlk_ctx_adopt()): only the blocks themselves are copied, into one array.
 *
 *	            older half     newer half
 *	reading     [b1 b2 b3]     [b4 b5        ]
 *	full        [b1 b2 b3]     [b4 b5 b6 b7 b8]
 *	turned      [b4 ... b8]    [b9           ]       b1 b2 b3 are counted as dropped
 *
 * A block lives in one half wholly: its strings, its arrays and itself.  What is not yet a block, a draft (draft.h), has strings in the
 * newer half; so drafts are closed before the halves turn: a trace that is being printed at that moment is cut, once in
 * DLK_LOG_HALF_BYTES of blocks.
 *
 * Strings are interned, within a half: a function's name stands in the log as often as it was called.  The table of strings is
 * bounded, and so is the search in it; what finds no place there is stored, and not found again.
 *
 * Memory may run out at any of these calls: then that is noted in @c status, and all that follows does nothing and gives NULL, or "".
 */

#include "base/vec.h"
#include "log/block.h"

/** What a half may have of memory before the halves turn. */
enum { DLK_LOG_HALF_BYTES = 12 << 20 };

struct dlk_log_half {
	struct dlk_ctx ctx;
	struct dlk_vec chunks; /**< Of blocks: each big enough to be given back. */
	uint32_t block_count;
	const char **strings; /**< Open addressing. */
	uint32_t string_count;
};

struct dlk_log_keep {
	struct dlk_ctx *ctx; /**< Whose all is in the end. */
	struct dlk_log_half halves[2];
	unsigned newer;
	uint32_t dropped;
	size_t half_bytes; /**< The limit of a half. */
	enum dlk_status status;
};

/**
 * Begin to keep.
 *
 * @param[in] half_bytes  DLK_LOG_HALF_BYTES; tests have less.
 *
 * Ownership: the caller gives the storage, and calls dlk_log_keep_finish() or _deinit().
 */
void dlk_log_keep_init(struct dlk_log_keep *keep, struct dlk_ctx *ctx, size_t half_bytes);

/** Give up all that was kept.  May be called again, and after dlk_log_keep_finish(). */
void dlk_log_keep_deinit(struct dlk_log_keep *keep);

/**
 * Keep a string.
 *
 * @return Equal bytes, NUL-terminated, in the newer half; never NULL.
 */
const char *dlk_log_keep_string(struct dlk_log_keep *keep, const char *text, size_t length);

/** Keep a copy of an array; NULL if @p count is 0. */
void *dlk_log_keep_array(struct dlk_log_keep *keep, const void *items, uint32_t count, size_t size);

/** Keep a block, whose strings and arrays are kept already. */
void dlk_log_keep_block(struct dlk_log_keep *keep, const struct dlk_log_block *block);

/** Whether the halves are to turn, when no draft is open or @p is_pressing: it cannot wait until then. */
bool dlk_log_keep_is_full(const struct dlk_log_keep *keep, bool is_pressing);

/** Drop the older half; the newer becomes the older one. */
void dlk_log_keep_turn(struct dlk_log_keep *keep);

/**
 * Hand over what was kept, sorted by first lines.
 *
 * @param[out] ret  Its blocks, their number and that of the dropped ones; the rest is untouched.
 * @return DLK_OK, or what went wrong at any call before.
 *
 * Ownership: all goes to the context that dlk_log_keep_init() was given.
 */
enum dlk_status dlk_log_keep_finish(struct dlk_log_keep *keep, struct dlk_log *ret) DLK_MUST_CHECK;

#endif
