/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_BASE_STRBUF_H
#define DLK_BASE_STRBUF_H

/**
 * @file
 * A growing string in a context's arena, always NUL-terminated.
 */

#include "deadlock/context.h"

struct dlk_strbuf {
	struct dlk_ctx *ctx;
	char *text; /**< NULL before the first append. */
	size_t len, cap;
	bool is_cut; /**< Memory ran out: the text is incomplete. */
};

/** Append formatted text; on lack of memory mark the buffer as cut. */
void dlk_strbuf_printf(struct dlk_strbuf *sb, const char *fmt, ...) DLK_PRINTF(2, 3);

/** The text so far; "" if nothing was appended.  Good until the next append. */
const char *dlk_strbuf_text(const struct dlk_strbuf *sb);

#endif
