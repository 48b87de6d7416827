/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_WORDS_H
#define DLK_REPORT_WORDS_H

/**
 * @file
 * Numbers and states in words, the same for every report.
 *
 * The words are values, cut to their size, so that they can be used in place:
 * `dlk_out_print(out, "%s", dlk_words_duration(ns).text)`.
 */

#include "deadlock/model.h"

struct dlk_words {
	char text[192];
};

/** "350 ms", "34 s", "2 min 5 s", "3 h 4 min", "12 d 7 h"; "an unknown time". */
struct dlk_words dlk_words_duration(uint64_t ns);

/** "9,987". */
struct dlk_words dlk_words_count(uint64_t count);

/** "s" unless @p count is 1. */
const char *dlk_words_plural(uint64_t count);

/** ", line 12" of a console log; "" of all other targets, which have 0. */
struct dlk_words dlk_words_line(uint32_t log_line);

/** What a resource is known by: "0xffff8f8ad08b4428", of a bit "0xffff8f8ad08b4428:3"; its name if it has no address. */
struct dlk_words dlk_words_known_by(const struct dlk_resource *resource);

/** The name of a resource, if it is not what the resource is known by; else NULL. */
const char *dlk_words_other_name(const struct dlk_resource *resource);

/** Which of its name a context is: "pid 51"; of what is no task, "over pid 51". */
struct dlk_words dlk_words_which(const struct dlk_context *context);

/** The state of a task: "D for 34 s", "R on CPU 3 for up to 34 s", "R, waiting for a CPU". */
struct dlk_words dlk_words_state(const struct dlk_context *context);

/**
 * Find where a task sleeps or runs: its innermost frame that is not the scheduler's.
 *
 * @return "msleep+0x2f", or NULL if no frame has a symbol.
 *
 * Ownership: the model's.
 * Target:    none.
 */
const char *dlk_words_place(const struct dlk_context *context);

/** What a task does: "sleeps in msleep+0x2f", "runs on CPU 3 in foo+0x1", "has exited". */
struct dlk_words dlk_words_doing(const struct dlk_context *context);

/** As dlk_words_doing(), functions without offsets. */
struct dlk_words dlk_words_doing_briefly(const struct dlk_context *context);

#endif
