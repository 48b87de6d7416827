/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_RECORD_H
#define DLK_LOG_RECORD_H

/**
 * @file
 * Messages: a line without what stands before it, with its number, its time and who printed it.
 *
 * One record is one message as the kernel printed it, as far as that can be told: what was wrapped on its way is joined again, what
 * was written down twice comes once, and a line with two messages in it gives two.
 *
 * What is wrapped is told by the message's own form: those that blocks are made of say what they must still have
 * ("N locks held by" a name).  Such a record waits, until the next one of its caller, or one that has no stamp, completes it.
 */

#include "log/prefix.h"
#include "log/text.h"
#include "log/wrap.h"

struct dlk_log_record {
	const char *
		text; /**< NUL-terminated, without blanks at either end; good until the next one is read. */
	uint32_t length;
	uint32_t line, last_line; /**< Of the log. */
	uint64_t time_us;
	dlk_log_caller_t caller;
	bool has_stamp; /**< It has a time, a caller or a level: it is no continuation. */
};

/** Records that are held back: their messages are not whole. */
enum { DLK_LOG_HELD_BACK = 4 };

struct dlk_log_pending {
	struct dlk_log_record record; /**< text NULL: none */
	char *text;
	enum dlk_log_want want;
	unsigned lines; /**< So many were joined. */
};

struct dlk_log_records {
	struct dlk_log_text source;
	char *rest;                   /**< Of a line with several messages. */
	struct dlk_log_prefix prefix; /**< Of the last line. */
	uint64_t delta_us;
	char *texts; /**< Of those that are pending, and the last one. */
	char *last;  /**< The last message, to tell what comes twice. */
	size_t last_length;
	uint64_t last_time_us;
	dlk_log_caller_t last_caller;
	bool is_doubled; /**< What came before it came twice. */
	bool is_repeat;  /**< The last one was the second of its kind. */
	struct dlk_log_pending pending[DLK_LOG_HELD_BACK];
	struct dlk_log_record
		queued; /**< Read, and to be given after what is pending; text NULL: none. */
};

/**
 * Begin to read.
 *
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: as dlk_log_text_open().
 */
enum dlk_status dlk_log_records_open(struct dlk_ctx *ctx, int fd, struct dlk_log_records *ret)
	DLK_MUST_CHECK;

/** Give back the buffers. */
void dlk_log_records_close(struct dlk_log_records *records);

/**
 * Read the next record that says anything.
 *
 * @param[out] ret  text NULL at the end.
 * @return As dlk_log_text_read().
 */
enum dlk_status dlk_log_records_read(struct dlk_log_records *records, struct dlk_log_record *ret)
	DLK_MUST_CHECK;

#endif
