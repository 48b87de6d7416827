/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_METER_H
#define DLK_TESTS_METER_H

/**
 * @file
 * Runs the real program on a hostile input, and measures from outside what it costs.
 *
 * Each run must end by itself, within METER_SECONDS of CPU and of time (that in which it waited for a CPU
 * that others had does not count), and within METER_MIB of memory: ru_maxrss, as the kernel
 * counts it.  A build with sanitizers has ten times the time, and its memory is not looked at.
 * Each prints what it took.
 */

#include "../unit/support.h"

enum { METER_SECONDS = 2, METER_MIB = 256, METER_TEXT = 1 << 16 };

/** A folder of its own for each test, and what came of the last run in it. */
struct meter {
	struct temp temp;
	char path[64]; /**< The input: meter_setup() names it. */
	int status;    /**< Exit status; negative: the signal that ended it. */
	char out[METER_TEXT], err[METER_TEXT]; /**< What it printed; the rest is cut. */
	double cpu, elapsed;                   /**< Seconds. */
	unsigned patience; /**< Seconds more than METER_SECONDS, for whoever is waited for. */
	long mib;
};

/** cmocka's setup and teardown: *state is a struct meter. */
int meter_setup(void **state);
int meter_teardown(void **state);

#define METER_TEST(test) cmocka_unit_test_setup_teardown(test, meter_setup, meter_teardown)

/**
 * Run the program ($DEADLOCK, else ./deadlock); fails the test if that costs too much.
 *
 * @param[in] what  The kind of input, for the line that is printed.
 * @param[in] args  Arguments, ended by NULL.
 */
void meter_run_with(struct meter *m, const char *what, const char *const *args);

/** As meter_run_with(), of the arguments that follow. */
#define meter_run(m, what, ...) meter_run_with(m, what, (const char *const[]){ __VA_ARGS__, NULL })

/** Check that the input was refused: exit status 2, no report, and one message that has the words. */
void assert_refused(const struct meter *m, const char *words);

/** Check that the last run did not deny a deadlock, and ended by itself. */
void assert_not_denied(const struct meter *m);

/** Check that it found the deadlock of the capture, in spite of all. */
void assert_found(const struct meter *m);

/** Check that it said the words, in the report or in a message. */
void assert_says(const struct meter *m, const char *words);

#endif
