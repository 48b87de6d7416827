/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_LOG_H
#define DLK_TESTS_LOG_H

/**
 * @file
 * Logs that a test writes down, and what is read of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "log/draft.h"

struct log_test {
	struct dlk_ctx ctx;
	struct dlk_log_keep keep; /**< For functions that read a line. */
	struct dlk_log log;
};

/** cmocka's setup and teardown: *state is a struct log_test. */
int log_setup(void **state);
int log_teardown(void **state);

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, log_setup, log_teardown)

/** A file without a name that has these bytes, and stands at its beginning. */
int log_file(const char *text, size_t size);

/** Read a log, which must succeed. */
const struct dlk_log *log_read(struct log_test *t, const char *text);

/** So many blocks of a kind. */
unsigned log_count(const struct dlk_log *log, enum dlk_log_block_kind kind);

/** The n-th block of a kind, from 0; there must be one. */
const struct dlk_log_block *log_block(const struct dlk_log *log, enum dlk_log_block_kind kind,
				      unsigned n);

/**
 * Compare a stack with what it should be: symbols with blanks between, "?f" if not reliable, "~f" if inlined,
 * "irq:f", "soft:f", "nmi:f" where it is not the task's.
 */
void log_assert_stack(const struct dlk_log_stack *stack, const char *expected);

/** Compare a task's name. */
void log_assert_who(const struct dlk_log_who *who, const char *comm, int32_t pid);

#endif
