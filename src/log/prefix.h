/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_PREFIX_H
#define DLK_LOG_PREFIX_H

/**
 * @file
 * What stands before a message: times, levels, hosts, who printed it, quoting.
 *
 * Whatever wrote the line down has put something of its own before it, in layers: a mail program before syslog before printk.  So
 * what is recognized is taken off from the left, again and again, until nothing is.
 *
 * How to add one: a function that moves a cursor past it, and a row in the table of prefix.c.
 */

#include "log/block.h"

/** Who printed a record: a task, a CPU outside of tasks, or not known. */
typedef int64_t dlk_log_caller_t;

enum { DLK_LOG_NO_CALLER = 0 };

/** A task as a caller. */
static inline dlk_log_caller_t dlk_log_caller_task(int32_t pid)
{
	return (dlk_log_caller_t)pid + 1;
}

/** A CPU as a caller. */
static inline dlk_log_caller_t dlk_log_caller_cpu(int32_t cpu)
{
	return -(dlk_log_caller_t)cpu - 1;
}

/** The CPU of a caller; DLK_LOG_NO_NUMBER if it is none. */
static inline int32_t dlk_log_cpu_of(dlk_log_caller_t caller)
{
	return caller < 0 ? (int32_t)(-caller - 1) : DLK_LOG_NO_NUMBER;
}

struct dlk_log_prefix {
	uint64_t time_us; /**< The innermost one; DLK_LOG_NO_TIME. */
	dlk_log_caller_t caller;
	bool has_stamp; /**< There is a time, or a caller, or a level: a record begins here. */
	bool is_delta;  /**< The time is the difference to the line before. */
};

/**
 * Take off what stands before a message.
 *
 * @param[in] line  NUL-terminated; may be rewritten (JSON's escapes).
 * @return Where the message begins, blanks passed over.
 *
 * Target: none.
 */
char *dlk_log_prefix_take(char *line, struct dlk_log_prefix *ret);

/**
 * Find where another record begins in the middle of a line: two CPUs have printed at once, or what was printed had no newline.
 *
 * @return Where its time begins; NULL.
 */
char *dlk_log_prefix_find(char *message);

#endif
