/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_OPTIONS_H
#define DLK_CLI_OPTIONS_H

/**
 * @file
 * The options: one table that getopt_long(3), --help and the test of the man page read.
 *
 * To add an option: a line in the table of options.c, a case in its take(), a paragraph in the
 * man page.
 */

#include <stdio.h>

#include "deadlock/context.h"
#include "deadlock/report.h"

/** Who takes the options. */
enum dlk_front_end { DLK_PROGRAM = 1, DLK_CRASH = 2 };

enum dlk_format { DLK_FORMAT_TEXT, DLK_FORMAT_JSON, DLK_FORMAT_DOT };

struct dlk_options {
	enum dlk_report_part part;
	enum dlk_format format;
	uint64_t subject; /**< Of -t and -l. */
	bool is_current;  /**< -t without an argument: the subject is for the front end to say. */
	bool with_stacks, with_evidence;
	bool wants_help, wants_version;
	const char *capture;    /**< File to write; NULL if none. */
	const char *stub, *qmp; /**< Addresses of a guest's gdbstub and monitor; NULL if none. */
	unsigned timeout;       /**< In milliseconds. */
	unsigned stop_limit;    /**< In milliseconds. */
	bool keep_stopped;
	struct dlk_limits limits;
	bool no_sandbox;
	char **operands; /**< What is left of argv; NULL-terminated. */
	int operand_count;
};

/** One option. */
struct dlk_option {
	int key;              /**< Its letter; beyond 255 if it has none. */
	const char *name;     /**< The long option. */
	const char *argument; /**< What the help calls its argument; NULL if it takes none. */
	const char *text;     /**< Help, one line. */
	unsigned front_ends;  /**< Who has it: of enum dlk_front_end. */
};

/** All options, in the order of the help; ends with a key of 0. */
const struct dlk_option *dlk_option_table(void);

/**
 * Parse the command line.
 *
 * Inside crash -t may stand without an argument: the task that crash is set to.
 *
 * @param[in]     ctx   Context for the error text.
 * @param[in]     who   Only its options are taken.
 * @param[in,out] argv  As main()'s; operands are moved to its end.
 * @param[out]    ret   What was asked for; unchanged on error.
 * @return DLK_OK, DLK_ERR_INVALID.
 *
 * Ownership: strings in *ret point into @p argv.
 * Target:    none.  Not reentrant: getopt_long(3) is not.
 */
enum dlk_status dlk_options_parse(struct dlk_ctx *ctx, enum dlk_front_end who, int argc,
				  char **argv, struct dlk_options *ret) DLK_MUST_CHECK;

/** Length of the longest line of dlk_option_help(), with its NUL. */
enum { DLK_OPTION_HELP = 128 };

/** Put an option's line of the help into words, without a newline. */
void dlk_option_help(const struct dlk_option *o, char line[DLK_OPTION_HELP]);

/** Print the program's options, one a line. */
void dlk_options_help(FILE *out);

#endif
