/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_RUN_H
#define DLK_TESTS_FAKE_RUN_H

/**
 * @file
 * For programs that do the same with every image.
 */

#include "expect.h"

/** Checks one image; what it allocates lives in @p ctx.  False after it has printed why. */
typedef bool dlk_fake_check_fn(struct dlk_fake_image *image, const char *path, struct dlk_ctx *ctx);

/**
 * Run a check as one cmocka test for each image: those named as arguments, else all *.image in
 * tests/image/, below $top_srcdir or here.
 *
 * @return the exit status of the program.
 */
int dlk_fake_run_images(const char *group, int argc, char **argv, dlk_fake_check_fn *check);

/** Print the context's error; returns false. */
bool dlk_fake_complain(const struct dlk_ctx *ctx, const char *path, const char *what);

#endif
