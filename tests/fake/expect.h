/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_EXPECT_H
#define DLK_TESTS_FAKE_EXPECT_H

/**
 * @file
 * What an image expects, and what an analysis found, as lines of words.
 *
 * Both are lines such as "wait a mutex:m exclusive certain 0", so that a comparison is one of two
 * lists.  Of verdict, complete, cycle, wait, hold, unknown and finding every line must be expected;
 * role and root as soon as one of them is; of the others (name, state, at, tasks) only what is
 * expected is looked at.
 */

#include "fake.h"

struct dlk_fake_lines {
	const char **lines;
	uint32_t count;
};

/** All that was found, in words. */
enum dlk_status dlk_fake_describe(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
				  const struct dlk_model *model, const struct dlk_verdict *verdict,
				  struct dlk_fake_lines *ret) DLK_MUST_CHECK;

/** What the image expects; without ORC tables what is certain by the frames is only likely. */
enum dlk_status dlk_fake_expected(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
				  bool is_unwound, struct dlk_fake_lines *ret) DLK_MUST_CHECK;

bool dlk_fake_has_line(const struct dlk_fake_lines *lines, const char *line);
bool dlk_fake_has_prefix(const struct dlk_fake_lines *lines, const char *prefix);

/**
 * Compare what was found with what is expected, and print each difference as "FILE:LINE: ...".
 *
 * @return the number of differences.
 */
unsigned dlk_fake_check(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
			const struct dlk_fake_lines *found, bool is_unwound);

#endif
