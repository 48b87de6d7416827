/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_JSON_OUT_H
#define DLK_REPORT_JSON_OUT_H

/**
 * @file
 * JSON that is written as it comes: objects, arrays, strings, whole numbers; two blanks a level.
 *
 *	struct dlk_json_out j = { .ctx = ctx, .file = file };
 *
 *	dlk_json_object(&j, NULL);
 *	dlk_json_string(&j, "verdict", "deadlock");
 *	dlk_json_array(&j, "pids");
 *	for (...)
 *		dlk_json_number(&j, NULL, pid);
 *	dlk_json_array_end(&j);
 *	dlk_json_object_end(&j);
 *	return dlk_json_finish(&j);
 *
 * Each value takes its key, which is NULL in an array and at the top, and comes where it is asked for.
 * That what was begun is ended, once and in turn, and that no key comes twice, is the caller's part.
 * Nothing is allocated: what a report costs does not grow with what it says.
 *
 * A stream that fails, or ^C, is remembered; what comes after is dropped, and dlk_json_finish() tells.
 * No call can fail in between, so a walk need not look; a long one stops by dlk_json_is_over().
 */

#include <stdio.h>

#include "deadlock/context.h"

enum { DLK_JSON_BUFFER = 8192 };

struct dlk_json_out {
	struct dlk_ctx *ctx;
	FILE *file;
	uint32_t depth;   /**< Objects and arrays that are open. */
	bool has_value;   /**< The innermost of them has one. */
	bool is_canceled; /**< ^C came; the context has the words. */
	int error;        /**< errno of the stream's first failure; 0 if none. */
	size_t used;      /**< Bytes of @c buffer. */
	char buffer[DLK_JSON_BUFFER];
};

/** Begin an object. */
void dlk_json_object(struct dlk_json_out *j, const char *key);

/** End the innermost one, an object. */
void dlk_json_object_end(struct dlk_json_out *j);

/** Begin an array. */
void dlk_json_array(struct dlk_json_out *j, const char *key);

/** End the innermost one, an array. */
void dlk_json_array_end(struct dlk_json_out *j);

/**
 * A string; null for NULL.
 *
 * Printable ASCII is written as it is, all other characters as "\uNNNN": the rule of stream.h.  A byte
 * that is not UTF-8 is U+FFFD.
 */
void dlk_json_string(struct dlk_json_out *j, const char *key, const char *s);

void dlk_json_number(struct dlk_json_out *j, const char *key, int64_t number);

void dlk_json_boolean(struct dlk_json_out *j, const char *key, bool value);

void dlk_json_null(struct dlk_json_out *j, const char *key);

/** Tell whether the rest is dropped, because the stream failed or ^C came. */
static inline bool dlk_json_is_over(const struct dlk_json_out *j)
{
	return j->error || j->is_canceled;
}

/**
 * End the last line, flush, and tell how it went.
 *
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_SYSTEM (the stream failed; errno says why).
 *
 * Target: none.
 */
enum dlk_status dlk_json_finish(struct dlk_json_out *j) DLK_MUST_CHECK;

#endif
