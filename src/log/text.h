/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_TEXT_H
#define DLK_LOG_TEXT_H

/**
 * @file
 * Bytes as lines: streamed, each line bounded.
 *
 * What terminals and mail programs leave in a text is gone: escape sequences, carriage returns (also written as "^M"), NUL
 * bytes, and the line breaks of quoted-printable ("=" at the end of a line that is as long as those are made).
 */

#include "deadlock/context.h"

/** Bytes of a line that are looked at; the rest is left out. */
enum { DLK_LOG_LINE = 4096 };

struct dlk_log_text {
	struct dlk_ctx *ctx;
	int fd;
	uint32_t
		line; /**< Of the line that was given last, from 1; where several were joined, the first. */
	uint64_t lines; /**< So many were read. */
	char *bytes;    /**< What was read and is not given yet: from @c at to @c end. */
	size_t at, end;
	bool is_at_end;
	const char
		*rest; /**< Of a text in memory, what is still to be read; NULL: it is a file's. */
	size_t rest_length;
	bool is_quoted; /**< Quoted-printable: a broken line was seen. */
	char *text;     /**< The line. */
	size_t length;
};

/**
 * Begin to read.
 *
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: its buffers live in @p ctx until dlk_log_text_close(); @p fd is borrowed.
 */
enum dlk_status dlk_log_text_open(struct dlk_ctx *ctx, int fd, struct dlk_log_text *ret)
	DLK_MUST_CHECK;

/**
 * Begin to read a text that is in memory, in the place of a file.
 *
 * @param[in,out] text   Opened, and nothing was read of it; its fd is not used any more.
 * @param[in]     bytes  Borrowed until it is closed.
 */
void dlk_log_text_from_memory(struct dlk_log_text *text, const char *bytes, size_t length);

/** Give back the buffers. */
void dlk_log_text_close(struct dlk_log_text *text);

/**
 * Read the next line: to @c text, NUL-terminated, without its end; it may be written to.
 *
 * @param[out] has_line  false at the end.
 * @return DLK_OK, DLK_ERR_SYSTEM or DLK_ERR_CANCELED.
 */
enum dlk_status dlk_log_text_read(struct dlk_log_text *text, bool *has_line) DLK_MUST_CHECK;

#endif
