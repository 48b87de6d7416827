/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_LIMITS_H
#define DLK_TESTS_LIMITS_H

/**
 * @file
 * What an input may cost: time and memory.  More is a finding as a crash is one.
 *
 * Time is CPU time, of the whole process: a busy machine is no fault of an input.  Who waits without
 * working is cut by libFuzzer's -timeout, and in "make check" by the test's own limit.
 */

/** Start the clock; the program is aborted when it has run for too long. */
void fuzz_limits_begin(void);

/** Stop it. */
void fuzz_limits_end(void);

/**
 * Stop the program if it has needed too much memory so far.
 *
 * Not in a build with the address sanitizer, whose own memory is most of it.
 */
void fuzz_limits_check_memory(void);

#endif
