/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_LOG_ANSWER_H
#define DLK_CLI_LOG_ANSWER_H

/**
 * @file
 * From a console log and the options to what is printed: each hang that it tells of by itself, the last one first.
 */

#include "cli/answer.h"
#include "log/incident.h"

/** So many hangs of a log are told of, the last ones. */
enum { DLK_LOG_SHOWN = 16 };

/** What a log tells of. */
struct dlk_log_answer {
	struct dlk_answer *answers; /**< In the log's order. */
	struct dlk_incident *incidents;
	uint32_t count;
	uint32_t left_out; /**< Hangs before these. */
};

/** A log beside a dump. */
struct dlk_log_beside {
	const char *name;
	struct dlk_log log;
	struct dlk_log_incident *incidents;
	uint32_t count; /**< 0: it tells of no hang. */
};

/**
 * Read a log that is given beside a dump.
 *
 * @param[out] ret  Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (it is another sort of text), what dlk_container_open() and dlk_log_read() return.
 */
enum dlk_status dlk_log_beside_read(struct dlk_ctx *ctx, const char *name,
				    struct dlk_log_beside *ret) DLK_MUST_CHECK;

/** Add what the log says of the dump's tasks to the findings of an answer; returns as dlk_log_compare(). */
enum dlk_status dlk_log_beside_compare(struct dlk_ctx *ctx, const struct dlk_log_beside *b,
				       struct dlk_answer *answer) DLK_MUST_CHECK;

/**
 * Find out whether an operand is a text, and open it if so.
 *
 * A pipe is read to its end for that; if it is no text, standard input becomes what came out of it.
 *
 * @param[in,out] operand  Becomes "-" if it was a pipe, and is no text.
 * @param[out]    fd       Of the text, unpacked, to be closed by the caller; -1: it is none.
 * @return DLK_OK (also if it cannot be opened: who reads dumps has the words), DLK_ERR_SYSTEM, what
 *         dlk_container_open() returns of a pipe.
 */
enum dlk_status dlk_log_open(struct dlk_ctx *ctx, const char **operand, int *fd) DLK_MUST_CHECK;

/**
 * Read a log, and judge each of its hangs.
 *
 * @param[in]  name  As the user gave it.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (it tells of none), DLK_ERR_INVALID (an option that is not for logs), DLK_ERR_NOMEM,
 *         DLK_ERR_CANCELED, DLK_ERR_SYSTEM.
 */
enum dlk_status dlk_log_answer_find(struct dlk_ctx *ctx, const struct dlk_options *o, int fd,
				    const char *name, struct dlk_log_answer *ret) DLK_MUST_CHECK;

/** The exit status: that of the worst hang of the log. */
enum dlk_exit dlk_log_answer_exit(const struct dlk_log_answer *a);

/** Write the answer in the form that the options ask for; returns as dlk_report_text(). */
enum dlk_status dlk_log_answer_write(struct dlk_ctx *ctx, const struct dlk_options *o,
				     const struct dlk_log_answer *a, bool with_colour, FILE *out)
	DLK_MUST_CHECK;

#endif
