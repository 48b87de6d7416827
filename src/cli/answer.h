/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_ANSWER_H
#define DLK_CLI_ANSWER_H

/**
 * @file
 * From an open session and the options to what is printed: the same for every front end.
 */

#include "cli/options.h"
#include "deadlock/session.h"

/** The program's exit statuses, and the words of the help, the manual and the README for them. */
enum dlk_exit {
	DLK_EXIT_NO_DEADLOCK = 0,
	DLK_EXIT_DEADLOCK = 1,
	DLK_EXIT_FAILED = 2,
	DLK_EXIT_UNKNOWN = 3
};
#define DLK_EXIT_TEXT                                                                              \
	"0 no deadlock, 1 deadlock or leaked lock (certain or likely),\n"                          \
	"2 not analysed (usage, unreadable), 3 possible or unknown"

struct dlk_answer {
	struct dlk_model model;
	struct dlk_verdict verdict;
	const char *
		capture_error; /**< Why there is no capture; NULL if there is, or should be none. */
};

/**
 * Gather the facts, judge, look what the kernel itself has said, write the capture if there is to be one.
 *
 * @param[out] ret  Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (there are no tasks), or as dlk_session_analyze(),
 *         dlk_judge() and dlk_said_find(); the text says what.  A capture that fails is no reason not to answer.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_answer_find(struct dlk_ctx *ctx, struct dlk_session *session,
				const struct dlk_options *o, struct dlk_answer *ret) DLK_MUST_CHECK;

/** The exit status that goes with an answer. */
enum dlk_exit dlk_answer_exit(const struct dlk_answer *answer);

/** What the options ask to be reported of an answer; it points into @p answer. */
struct dlk_report dlk_answer_report(const struct dlk_options *o, const struct dlk_answer *answer,
				    bool with_colour);

/**
 * Write the answer in the form that the options ask for; returns as dlk_report_text().
 *
 * Target: none.
 */
enum dlk_status dlk_answer_write(struct dlk_ctx *ctx, const struct dlk_options *o,
				 const struct dlk_answer *answer, bool with_colour, FILE *out)
	DLK_MUST_CHECK;

#endif
