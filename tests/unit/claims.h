/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_CLAIMS_H
#define DLK_TESTS_CLAIMS_H

/**
 * @file
 * A task with frames of assembled functions, of which it is asked whether it will release something, or has taken it.
 */

#include "frames.h"

#include "code/mention.h"
#include "code/release.h"

struct fixture {
	struct fake *f;
	struct dlk_mentions *mentions; /* NULL: none are known */
	struct dlk_release *release;
	struct sleeper s;
	struct dlk_release_claim c;
};

/** Ask of the claim; a verdict has a frame, and no verdict has none. */
static inline enum dlk_release_verdict ask_claim(struct fixture *x)
{
	assert_int_equal(dlk_release_ask(x->release, &x->s.stack, &x->c, 1), DLK_OK);
	assert_int_equal(x->c.verdict == DLK_RELEASE_NONE, x->c.frame == DLK_NONE);
	return x->c.verdict;
}

/** The end of a setup: over all that was put into the fake kernel.  @return As cmocka wants it. */
static inline int open_release(struct fixture *x, void **state)
{
	*state = x;
	return dlk_release_open(&x->f->k, x->mentions, &x->release) ? -1 : 0;
}

#endif
