/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_LOOK_H
#define DLK_TESTS_LOOK_H

/**
 * @file
 * A look at a guest behind a fake gdbstub (../fake/stub.h), as the program takes it.
 */

#include "../fake/stub.h"
#include "deadlock/verdict.h"

enum { SHORT_MS = 150, LONG_MS = 10000 };

struct messages {
	char last[512];
	unsigned notices, warnings;
};

/** What came of it. */
struct look {
	enum dlk_status status;
	char text[512];
	enum dlk_verdict_code verdict;
	uint32_t cycles, steps;
	struct messages messages;
};

/** The folder's bundled capture: two tasks, two mutexes, in opposite order. */
const char *capture(void);

/** Look at a guest; stub->log->cancel is the user's ^C. */
struct look look(const struct stub *stub, unsigned timeout, bool keep_stopped);

/** Look at a guest that may stand still for @p stop_limit milliseconds. */
struct look look_within(const struct stub *stub, unsigned timeout, unsigned stop_limit,
			bool keep_stopped);

/** Look at a guest with that plan; the log is of after it, and nothing forbidden is in it. */
struct look look_at(const struct stub_plan *plan, unsigned timeout, bool keep_stopped,
		    struct stub_log *log);

/** Check that the answer is the capture's. */
void assert_abba(const struct look *l);

/** Wait for the guest to run, for some seconds. */
bool runs_soon(const struct stub *stub);

/** Wait for somebody to leave, for some seconds. */
bool is_left_soon(const struct stub *stub);

/** Start a process that looks, and is the stub's client; standard input and the like may be closed. */
pid_t look_and_die(struct stub *stub, bool has_no_files);

/** Check that it was killed. */
void assert_killed(pid_t client);

#endif
