/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_OUT_H
#define DLK_REPORT_OUT_H

/**
 * @file
 * A stream for people: columns, colours, and no unprintable byte.
 *
 * Everything that a target can choose (task names, file names, symbols) passes dlk_out_print(),
 * which writes printable ASCII as it is and every other byte as "\xNN".  Line ends and colours are
 * calls of their own, so a hostile name can neither break a line nor reach the terminal.
 *
 * A failing stream is remembered; the output after it is dropped, and dlk_out_finish() tells.
 */

#include <stdio.h>

#include "deadlock/context.h"

enum dlk_colour { DLK_PLAIN, DLK_BOLD, DLK_RED, DLK_YELLOW, DLK_GREEN };

/** Longest line that the layout aims at. */
enum { DLK_OUT_WIDTH = 100 };

struct dlk_out {
	struct dlk_ctx *ctx;
	FILE *file;
	bool with_colour;
	bool is_cut;     /**< Memory ran out: a text is missing. */
	uint32_t column; /**< Columns used since the line began. */
	uint32_t blanks; /**< The last of them: not written yet, dropped at the end of the line. */
	int error;       /**< errno of the first failure; 0 if none. */
};

/** Print at the present column. */
void dlk_out_print(struct dlk_out *out, const char *fmt, ...) DLK_PRINTF(2, 3);

/** As dlk_out_print(), in a colour. */
void dlk_out_paint(struct dlk_out *out, enum dlk_colour colour, const char *fmt, ...)
	DLK_PRINTF(3, 4);

/** Pad with blanks to @p column; if that is past, leave two blanks. */
void dlk_out_column(struct dlk_out *out, uint32_t column);

/**
 * Print a remark at @p column of this line, or, where it would be too long for the line, at
 * @p wrap_column of the next.
 */
void dlk_out_aside(struct dlk_out *out, uint32_t column, uint32_t wrap_column, const char *fmt, ...)
	DLK_PRINTF(4, 5);

/**
 * Print from the present column on, and go on at @p indent of the next line wherever a word would not
 * fit on this one.
 */
void dlk_out_wrap(struct dlk_out *out, uint32_t indent, const char *fmt, ...) DLK_PRINTF(3, 4);

/** Go on at @p indent of the next line if @p length more columns do not fit on this one. */
void dlk_out_fit(struct dlk_out *out, uint32_t length, uint32_t indent);

/** End the line. */
void dlk_out_end(struct dlk_out *out);

/** Print a whole line. */
void dlk_out_line(struct dlk_out *out, const char *fmt, ...) DLK_PRINTF(2, 3);

/**
 * Flush, and tell how it went.
 *
 * @return DLK_OK, DLK_ERR_SYSTEM (the stream failed; errno says why), DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_out_finish(struct dlk_out *out) DLK_MUST_CHECK;

#endif
