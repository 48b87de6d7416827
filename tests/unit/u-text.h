/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_U_TEXT_H
#define DLK_TESTS_U_TEXT_H

/**
 * @file
 * What a text report says: its words are checked by meaning, not by column.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report-models.h"

static UNUSED char *text_of(const struct dlk_report *report)
{
	char *text = run_report(dlk_report_text, report, DLK_OK);

	assert_non_null(text);
	return text;
}

static UNUSED char *part_of(struct report_case *c, enum dlk_report_part part, uint64_t subject)
{
	struct dlk_report report = make_report(c, part);

	report.subject = subject;
	return text_of(&report);
}

static UNUSED void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" is missing in:\n%s", what, text);
}

static UNUSED void assert_silent(const char *text, const char *what)
{
	if (strstr(text, what))
		fail_msg("\"%s\" should not be in:\n%s", what, text);
}

/* @p a is said, and @p b after it. */
static UNUSED void assert_order(const char *text, const char *a, const char *b)
{
	const char *first = strstr(text, a);

	assert_says(text, a);
	if (first && !strstr(first + strlen(a), b))
		fail_msg("\"%s\" does not come after \"%s\" in:\n%s", b, a, text);
}

static UNUSED uint32_t count_lines(const char *text)
{
	uint32_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

#endif
