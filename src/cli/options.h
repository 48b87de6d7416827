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

#include "deadlock/report.h"

enum dlk_format { DLK_FORMAT_TEXT, DLK_FORMAT_JSON, DLK_FORMAT_DOT };

struct dlk_options {
	enum dlk_report_part part;
	enum dlk_format format;
	uint64_t subject; /**< Of -t and -l. */
	bool with_stacks, with_evidence;
	bool wants_help, wants_version;
	const char *capture; /**< File to write; NULL if none. */
	char **operands;     /**< What is left of argv; NULL-terminated. */
	int operand_count;
};

/** One option. */
struct dlk_option {
	int key;              /**< Its letter; beyond 255 if it has none. */
	const char *name;     /**< The long option. */
	const char *argument; /**< What the help calls its argument; NULL if it takes none. */
	const char *text;     /**< Help, one line. */
};

/** All options, in the order of the help; ends with a key of 0. */
const struct dlk_option *dlk_option_table(void);

/**
 * Parse the command line.
 *
 * @param[in]     ctx   Context for the error text.
 * @param[in,out] argv  As main()'s; operands are moved to its end.
 * @param[out]    ret   What was asked for; unchanged on error.
 * @return DLK_OK, DLK_ERR_INVALID.
 *
 * Ownership: strings in *ret point into @p argv.
 * Target:    none.  Not reentrant: getopt_long(3) is not.
 */
enum dlk_status dlk_options_parse(struct dlk_ctx *ctx, int argc, char **argv,
				  struct dlk_options *ret) DLK_MUST_CHECK;

/** Print the options, one a line. */
void dlk_options_help(FILE *out);

#endif
