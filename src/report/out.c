/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream for people: columns, colours, and no unprintable byte.  Knows nothing of deadlocks. */
#include <config.h>

#include "report/out.h"
#include "report/stream.h"

#include <errno.h>
#include <string.h>

static void note_error(struct dlk_out *out)
{
	if (!out->error)
		out->error = errno ? errno : EIO;
}

static void put_bytes(struct dlk_out *out, const char *s, size_t len)
{
	if (out->error || !len)
		return;
	errno = 0;
	if (fwrite(s, 1, len, out->file) != len)
		note_error(out);
}

static void put_pending_blanks(struct dlk_out *out)
{
	static const char blanks[] = "                                ";

	while (out->blanks) {
		uint32_t room = (uint32_t)sizeof(blanks) - 1;
		uint32_t part = out->blanks < room ? out->blanks : room;

		put_bytes(out, blanks, part);
		out->blanks -= part;
	}
}

/* Printable bytes but for the blanks at their end, which may turn out to end the line. */
static void put_run(struct dlk_out *out, const char *s, size_t len)
{
	size_t used = len;

	while (used && s[used - 1] == ' ')
		used--;
	if (used)
		put_pending_blanks(out);
	put_bytes(out, s, used);
	out->blanks += (uint32_t)(len - used);
	out->column += (uint32_t)len;
}

/* Runs of printable bytes go out in one piece. */
static void put_clean(struct dlk_out *out, const char *s)
{
	while (*s) {
		size_t run = 0;

		while (dlk_stream_is_plain((unsigned char)s[run]))
			run++;
		put_run(out, s, run);
		s += run;
		if (*s) {
			char escape[5];

			snprintf(escape, sizeof(escape), "\\x%02x", (unsigned char)*s++);
			put_run(out, escape, 4);
		}
	}
}

/* Format into @p local, or into the arena if that is too small; "" if there is no memory. */
static const char *format(struct dlk_out *out, char *local, size_t size, const char *fmt,
			  va_list ap)
{
	va_list again;
	char *s = local;
	int len;

	va_copy(again, ap);
	len = vsnprintf(local, size, fmt, ap);
	if (len >= 0 && (size_t)len >= size) {
		s = dlk_alloc(out->ctx, (size_t)len + 1);
		if (s)
			vsnprintf(s, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	if (len < 0 || !s) {
		out->is_cut = true;
		return "";
	}
	return s;
}

void dlk_out_print(struct dlk_out *out, const char *fmt, ...)
{
	char local[512];
	va_list ap;

	va_start(ap, fmt);
	put_clean(out, format(out, local, sizeof(local), fmt, ap));
	va_end(ap);
}

static void put_colour(struct dlk_out *out, enum dlk_colour colour)
{
	static const char *const codes[] = {
		[DLK_PLAIN] = "\033[0m",     [DLK_BOLD] = "\033[1m",     [DLK_RED] = "\033[1;31m",
		[DLK_YELLOW] = "\033[1;33m", [DLK_GREEN] = "\033[1;32m",
	};

	if (!out->with_colour)
		return;
	put_pending_blanks(out);
	put_bytes(out, codes[colour], strlen(codes[colour]));
}

void dlk_out_paint(struct dlk_out *out, enum dlk_colour colour, const char *fmt, ...)
{
	char local[512];
	va_list ap;

	put_colour(out, colour);
	va_start(ap, fmt);
	put_clean(out, format(out, local, sizeof(local), fmt, ap));
	va_end(ap);
	put_colour(out, DLK_PLAIN);
}

void dlk_out_column(struct dlk_out *out, uint32_t column)
{
	uint32_t count = out->column < column ? column - out->column : out->column ? 2 : 0;

	out->blanks += count;
	out->column += count;
}

void dlk_out_aside(struct dlk_out *out, uint32_t column, uint32_t wrap_column, const char *fmt, ...)
{
	uint32_t start = out->column < column ? column : out->column + 2;
	char local[512];
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	s = format(out, local, sizeof(local), fmt, ap);
	va_end(ap);
	if (out->column > wrap_column && start + strlen(s) > DLK_OUT_WIDTH) {
		dlk_out_end(out);
		column = wrap_column;
	}
	dlk_out_column(out, column);
	put_clean(out, s);
}

/* One word, and the blank before it unless it begins a line. */
static void put_word(struct dlk_out *out, uint32_t indent, const char *word, size_t len,
		     bool is_first)
{
	if (out->column > indent && out->column + !is_first + len > DLK_OUT_WIDTH) {
		dlk_out_end(out);
		dlk_out_column(out, indent);
	} else if (!is_first) {
		out->blanks++;
		out->column++;
	}
	dlk_out_print(out, "%.*s", (int)len, word);
}

void dlk_out_wrap(struct dlk_out *out, uint32_t indent, const char *fmt, ...)
{
	char local[512];
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	s = format(out, local, sizeof(local), fmt, ap);
	va_end(ap);
	for (bool is_first = true; *s; is_first = false) {
		size_t len = strcspn(s, " ");

		put_word(out, indent, s, len, is_first);
		s += len;
		while (*s == ' ')
			s++;
	}
}

void dlk_out_fit(struct dlk_out *out, uint32_t length, uint32_t indent)
{
	if (out->column > indent && out->column + length > DLK_OUT_WIDTH) {
		dlk_out_end(out);
		dlk_out_column(out, indent);
	}
}

void dlk_out_end(struct dlk_out *out)
{
	put_bytes(out, "\n", 1);
	out->column = out->blanks = 0;
}

void dlk_out_line(struct dlk_out *out, const char *fmt, ...)
{
	char local[512];
	va_list ap;

	va_start(ap, fmt);
	put_clean(out, format(out, local, sizeof(local), fmt, ap));
	va_end(ap);
	dlk_out_end(out);
}

enum dlk_status dlk_out_finish(struct dlk_out *out)
{
	enum dlk_status status = dlk_stream_finish(out->ctx, out->file, out->error);

	return status == DLK_OK && out->is_cut ? dlk_nomem(out->ctx) : status;
}
