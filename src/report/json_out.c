/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON that is written as it comes (RFC 8259).  Knows nothing of deadlocks.
 *
 * The file gets whole buffers, and ^C is looked for when one is full: that is often, however the
 * caller walks.
 */
#include <config.h>

#include "report/json_out.h"
#include "report/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd };

static bool is_canceled(struct dlk_json_out *j)
{
	j->is_canceled = dlk_check_cancel(j->ctx) != DLK_OK;
	return j->is_canceled;
}

/* By ^C a write that waits for a reader fails: then it is ^C that is told. */
static void flush_buffer(struct dlk_json_out *j)
{
	if (!dlk_json_is_over(j) && !is_canceled(j)) {
		errno = 0;
		if (fwrite(j->buffer, 1, j->used, j->file) != j->used) {
			int error = errno ? errno : EIO;

			if (!is_canceled(j))
				j->error = error;
		}
	}
	j->used = 0;
}

static void put(struct dlk_json_out *j, const char *s, size_t len)
{
	while (len) {
		size_t room = sizeof(j->buffer) - j->used;
		size_t part = len < room ? len : room;

		memcpy(j->buffer + j->used, s, part);
		j->used += part;
		s += part;
		len -= part;
		if (j->used == sizeof(j->buffer))
			flush_buffer(j);
	}
}

static void put_text(struct dlk_json_out *j, const char *s)
{
	put(j, s, strlen(s));
}

static void begin_line(struct dlk_json_out *j)
{
	put(j, "\n", 1);
	for (uint32_t i = 0; i < j->depth; i++)
		put(j, "  ", 2);
}

/* Length of the UTF-8 sequence that @p first begins; 0 if it begins none. */
static size_t lead_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The code point at @p s, and how many bytes it takes: U+FFFD and one where there is no UTF-8. */
static uint32_t decode(const unsigned char *s, size_t *ret_len)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = lead_length(s[0]);
	uint32_t point = len > 1 ? s[0] & (0x7fu >> len) : s[0];

	*ret_len = 1;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (!len || point < lowest[len] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return REPLACEMENT;
	*ret_len = len;
	return point;
}

/* "\n", "\u001B", "\uD83D\uDE00": beyond U+FFFF there are two. */
static void put_escape(struct dlk_json_out *j, uint32_t point)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *known = point < 0x80 ? strchr(plain, (int)point) : NULL;
	char text[16];

	if (known)
		snprintf(text, sizeof(text), "\\%c", letters[known - plain]);
	else if (point <= 0xffff)
		snprintf(text, sizeof(text), "\\u%04" PRIX32, point);
	else
		snprintf(text, sizeof(text), "\\u%04" PRIX32 "\\u%04" PRIX32,
			 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
	put_text(j, text);
}

static bool is_verbatim(unsigned char c)
{
	return dlk_stream_is_plain(c) && c != '"' && c != '\\';
}

static void put_string(struct dlk_json_out *j, const char *s)
{
	put(j, "\"", 1);
	while (*s) {
		size_t len = 0;

		while (is_verbatim((unsigned char)s[len]))
			len++;
		put(j, s, len);
		s += len;
		if (*s) {
			put_escape(j, decode((const unsigned char *)s, &len));
			s += len;
		}
	}
	put(j, "\"", 1);
}

/* All that stands before a value. */
static void begin_value(struct dlk_json_out *j, const char *key)
{
	if (j->has_value)
		put(j, ",", 1);
	if (j->depth)
		begin_line(j);
	if (key) {
		put_string(j, key);
		put(j, ": ", 2);
	}
	j->has_value = true;
}

static void begin(struct dlk_json_out *j, const char *key, const char *bracket)
{
	begin_value(j, key);
	put(j, bracket, 1);
	j->depth++;
	j->has_value = false;
}

static void end(struct dlk_json_out *j, const char *bracket)
{
	j->depth--;
	if (j->has_value)
		begin_line(j);
	put(j, bracket, 1);
	j->has_value = true;
}

void dlk_json_object(struct dlk_json_out *j, const char *key)
{
	begin(j, key, "{");
}

void dlk_json_object_end(struct dlk_json_out *j)
{
	end(j, "}");
}

void dlk_json_array(struct dlk_json_out *j, const char *key)
{
	begin(j, key, "[");
}

void dlk_json_array_end(struct dlk_json_out *j)
{
	end(j, "]");
}

void dlk_json_string(struct dlk_json_out *j, const char *key, const char *s)
{
	if (!s) {
		dlk_json_null(j, key);
		return;
	}
	begin_value(j, key);
	put_string(j, s);
}

void dlk_json_number(struct dlk_json_out *j, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	begin_value(j, key);
	put_text(j, text);
}

void dlk_json_boolean(struct dlk_json_out *j, const char *key, bool value)
{
	begin_value(j, key);
	put_text(j, value ? "true" : "false");
}

void dlk_json_null(struct dlk_json_out *j, const char *key)
{
	begin_value(j, key);
	put(j, "null", 4);
}

enum dlk_status dlk_json_finish(struct dlk_json_out *j)
{
	put(j, "\n", 1);
	flush_buffer(j);
	if (j->is_canceled)
		return DLK_ERR_CANCELED;
	return dlk_stream_finish(j->ctx, j->file, j->error);
}
