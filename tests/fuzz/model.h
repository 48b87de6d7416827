/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FUZZ_MODEL_H
#define DLK_TESTS_FUZZ_MODEL_H

/**
 * @file
 * A model of an analysis, made of bytes: whatever a kernel may have, with names that a hostile one has.
 *
 * Each value takes as many bytes as it needs, and is 0 when none are left; counts are small.  (Within an
 * initializer compilers take them in turn, though C does not say so.)  Now and then an
 * index is outside of its array: dlk_judge() is to refuse that.
 */

#include "deadlock/model.h"

/**
 * Make it.
 *
 * @return NULL if there is no memory.
 *
 * Ownership: all of it lives in @p ctx.
 */
const struct dlk_model *fuzz_model(struct dlk_ctx *ctx, const uint8_t *data, size_t size);

#endif
