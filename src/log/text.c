/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as lines; see text.h. */
#include <config.h>

#include "log/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log/scan.h"

/* Quoted-printable lines have at most 76 characters; quoting comes on top of that when a mail is answered. */
enum { BUFFER = 64 * 1024, MIN_SOFT = 64, MAX_SOFT = 84, MAX_SOFT_LINES = 16 };

enum dlk_status dlk_log_text_open(struct dlk_ctx *ctx, int fd, struct dlk_log_text *ret)
{
	*ret = (struct dlk_log_text){ .ctx = ctx, .fd = fd };
	ret->bytes = dlk_alloc(ctx, BUFFER);
	ret->text = dlk_alloc(ctx, BUFFER / 2);
	return ret->bytes && ret->text ? DLK_OK : dlk_nomem(ctx);
}

void dlk_log_text_close(struct dlk_log_text *text)
{
	dlk_discard(text->ctx, text->bytes, BUFFER);
	dlk_discard(text->ctx, text->text, BUFFER / 2);
	text->bytes = text->text = NULL;
}

void dlk_log_text_from_memory(struct dlk_log_text *text, const char *bytes, size_t length)
{
	text->rest = bytes;
	text->rest_length = length;
}

static void fill_from_memory(struct dlk_log_text *text)
{
	size_t n = text->rest_length < BUFFER ? text->rest_length : BUFFER;

	memcpy(text->bytes, text->rest, n);
	text->rest += n;
	text->rest_length -= n;
	text->at = 0;
	text->end = n;
	text->is_at_end = n == 0;
}

static enum dlk_status fill(struct dlk_log_text *text)
{
	enum dlk_status status = dlk_check_cancel(text->ctx);
	ssize_t n;

	if (status)
		return status;
	if (text->rest) {
		fill_from_memory(text);
		return DLK_OK;
	}
	do
		n = read(text->fd, text->bytes, BUFFER);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return dlk_fail(text->ctx, DLK_ERR_SYSTEM, "read: %s", strerror(errno));
	text->at = 0;
	text->end = (size_t)n;
	text->is_at_end = n == 0;
	return DLK_OK;
}

/* What is beyond the limit is passed over. */
static void append(struct dlk_log_text *text, const char *bytes, size_t count)
{
	size_t room = DLK_LOG_LINE - 1 - text->length;

	if (count > room)
		count = room;
	memcpy(text->text + text->length, bytes, count);
	text->length += count;
}

/* The bytes up to the next newline are appended; has_any: there was one, or the end after something. */
static enum dlk_status read_bytes(struct dlk_log_text *text, bool *has_any)
{
	bool is_whole = false;

	*has_any = false;
	while (!is_whole) {
		const char *from, *newline;
		size_t count;

		if (text->at == text->end) {
			enum dlk_status status = text->is_at_end ? DLK_OK : fill(text);

			if (status)
				return status;
			if (text->is_at_end)
				break;
		}
		from = text->bytes + text->at;
		newline = memchr(from, '\n', text->end - text->at);
		is_whole = newline;
		count = newline ? (size_t)(newline - from) : text->end - text->at;
		append(text, from, count);
		text->at += count + is_whole;
		*has_any = true;
	}
	text->lines += *has_any;
	return DLK_OK;
}

/* Past an escape sequence that begins at @p at: ESC [ ... letter, ESC ] ... BEL, or ESC and one or two more. */
static size_t escape_length(const char *at, size_t left)
{
	size_t n = 2;

	if (left < 2)
		return left;
	if (at[1] == '[') {
		while (n < left && !dlk_is_letter(at[n]) && at[n] != '@' && at[n] != '\x1b')
			n++;
		return n < left && at[n] != '\x1b' ? n + 1 : n;
	}
	if (at[1] == ']') {
		while (n < left && at[n] != '\a' && at[n] != '\x1b')
			n++;
		return n < left && at[n] == '\a' ? n + 1 : n;
	}
	return at[1] == '(' && left > 2 ? 3 : n;
}

/* Whether a "^" of the text begins a control character that was written out: "^M", "^[[0m". */
static size_t caret_length(const char *at, size_t left)
{
	if (left >= 2 && at[1] == 'M' && (left == 2 || at[2] == '^'))
		return 2;
	if (left >= 3 && at[1] == '[' && at[2] == '[')
		return 1 + escape_length(at + 1, left - 1);
	return 0;
}

/* "=3D" and its like, as far as a kernel's line may have them; 0: none. */
static char unquoted(const char *at, size_t left)
{
	static const char quoted[][3] = { "3D", "20", "09" };
	static const char plain[] = "= \t";

	for (unsigned i = 0; left >= 3 && i < sizeof(quoted) / sizeof(quoted[0]); i++)
		if (at[1] == quoted[i][0] && at[2] == quoted[i][1])
			return plain[i];
	return 0;
}

/* How many bytes are left out before the next one is looked at; 0: none. */
static size_t skip_length(const char *at, size_t left)
{
	return *at == '\x1b' ? escape_length(at, left) : *at == '^' ? caret_length(at, left) : 0;
}

static void clean(char *line, size_t *length, bool is_quoted)
{
	size_t to = 0;

	for (size_t i = 0; i < *length;) {
		size_t skip = skip_length(line + i, *length - i);
		char c = line[i], plain = 0;

		if (is_quoted && c == '=')
			plain = unquoted(line + i, *length - i);
		if (plain)
			skip = 3;
		else if (!skip)
			plain = c;
		i += skip ? skip : 1;
		if (plain == '\r' || (!plain && !skip))
			plain = ' ';
		if (plain)
			line[to++] = plain;
	}
	*length = to;
}

static bool is_odd(const char *line, size_t length)
{
	return memchr(line, '\x1b', length) || memchr(line, '\r', length) ||
	       memchr(line, '^', length) || memchr(line, 0, length);
}

/* A ruler ends with "=", too, and is no broken line. */
static bool is_soft_break(const char *line, size_t length)
{
	return length >= MIN_SOFT && length <= MAX_SOFT && line[length - 1] == '=' &&
	       line[length - 2] != '=';
}

/* What a mail program put before the line is put before its continuation, too. */
static void drop_quote(struct dlk_log_text *text, size_t from)
{
	char *line = text->text;
	size_t to = from;

	if (line[0] != '>')
		return;
	while (to < text->length && (line[to] == '>' || (to > from && line[to] == ' ')))
		to++;
	memmove(line + from, line + to, text->length - to);
	text->length -= to - from;
}

static void finish(struct dlk_log_text *text, size_t from)
{
	size_t length = text->length - from;

	text->text[text->length] = 0;
	if (text->is_quoted || is_odd(text->text + from, length))
		clean(text->text + from, &length, text->is_quoted);
	length += from;
	while (length > from && (text->text[length - 1] == ' ' || text->text[length - 1] == '\t'))
		length--;
	text->text[length] = 0;
	text->length = length;
}

enum dlk_status dlk_log_text_read(struct dlk_log_text *text, bool *has_line)
{
	enum dlk_status status;
	bool has_more = true;
	size_t begin = 0;

	text->length = 0;
	status = read_bytes(text, has_line);
	text->line = (uint32_t)text->lines;
	if (status || !*has_line)
		return status;
	finish(text, 0);
	for (unsigned i = 0; i < MAX_SOFT_LINES && has_more; i++) {
		if (!is_soft_break(text->text + begin, text->length - begin))
			break;
		text->is_quoted = true;
		begin = --text->length;
		status = read_bytes(text, &has_more);
		if (status)
			return status;
		drop_quote(text, begin);
		finish(text, begin);
	}
	return DLK_OK;
}
