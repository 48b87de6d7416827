/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing strings. */
#include <config.h>

#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

static bool reserve(struct dlk_strbuf *sb, size_t more)
{
	size_t cap = sb->cap ? sb->cap : 64;
	char *text;

	if (sb->len + more < sb->cap)
		return true;
	while (cap <= sb->len + more)
		cap *= 2;
	text = dlk_alloc(sb->ctx, cap);
	if (!text) {
		sb->is_cut = true;
		return false;
	}
	if (sb->text)
		memcpy(text, sb->text, sb->len);
	sb->text = text;
	sb->cap = cap;
	return true;
}

void dlk_strbuf_printf(struct dlk_strbuf *sb, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !reserve(sb, (size_t)len))
		return;
	va_start(ap, fmt);
	vsnprintf(sb->text + sb->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	sb->len += (size_t)len;
}

const char *dlk_strbuf_text(const struct dlk_strbuf *sb)
{
	return sb->text ? sb->text : "";
}
