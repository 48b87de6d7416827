/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_PARSE_H
#define DLK_TESTS_FAKE_PARSE_H

/**
 * @file
 * The reader of image files, in two passes; private to tests/fake/.
 *
 * The first pass (parser.h) declares: types, objects, tasks, stacks get their places.  The second
 * (late.c) evaluates what may name things declared further down: values, lists, missing pages.
 */

#include "image.h"

/* What is done when everything is declared. */
enum dlk_fake_late_kind { DLK_FAKE_SET, DLK_FAKE_MEMBER, DLK_FAKE_LIST, DLK_FAKE_MISSING };

struct dlk_fake_late {
	enum dlk_fake_late_kind kind;
	const char *path;
	unsigned line;
	dlk_addr_t base;          /* of a member */
	struct dlk_member member; /* its place */
	const char *left, *right; /* of a set: both sides; of a list: head and elements */
};

/**
 * Evaluate an expression: numbers, enumerators, objects, OBJECT.member and functions, with + - |
 * and, binding tighter, <<.
 *
 * @return DLK_OK, DLK_ERR_INVALID with a text.
 */
enum dlk_status dlk_fake_eval(struct dlk_fake_image *image, const char *text, uint64_t *ret)
	DLK_MUST_CHECK;

/** Do one late statement; the missing pages come last. */
enum dlk_status dlk_fake_do_late(struct dlk_fake_image *image, const struct dlk_fake_late *late)
	DLK_MUST_CHECK;

#endif
