/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_CRASH_FAULTS_H
#define DLK_TESTS_CRASH_FAULTS_H

/**
 * @file
 * The parts of the program "faults", and what they share: runs of the extension in a crash that is faked.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/crash.h"

/* Each returns how many of its tests failed. */

/** What gdb is asked.  Must be the first: then nothing has been asked yet. */
int faults_run_questions(void);

/** Each other call of crash does not return. */
int faults_run_jumps(void);

/** Each other call of crash fails, or is met by ^C; and what crash reads wrongly. */
int faults_run_calls(void);

/** Nothing goes wrong, but what is asked for, or the crash, is not the usual. */
int faults_run_sound(void);

/** The capture that crash has opened. */
extern const char *faults_input;

/** Files that tests may write: a capture of the extension's, another dump for crash. */
extern char faults_capture[], faults_dump[];

/** The program's answer in JSON, from its verdict on; NULL if there is no verdict. Of the caller. */
char *from_verdict(const char *json);

/** What the program has answered about the capture. */
extern char *faults_expected;

struct fake_crash_result run_json(struct fake_crash_plan *plan);

/** It returned, and with the program's answer. */
bool is_right(const struct fake_crash_result *r);

/** A run with nothing wrong is right, and has left nothing behind. */
void check_sound(void);

/** How many calls a sound run of the plan makes. */
uint64_t count_calls(struct fake_crash_plan plan, const char *line);

/** Make faults_dump of that. */
void write_dump(const void *data, size_t len);

#endif
