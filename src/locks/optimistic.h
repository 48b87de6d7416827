/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_OPTIMISTIC_H
#define DLK_LOCKS_OPTIMISTIC_H

/**
 * @file
 * Who spins for a lock that it could sleep for, as long as that one's owner runs.
 */

#include "locks/facts.h"
#include "locks/wait_function.h"

/** Tell whether it is such a lock that a context spins for. */
bool dlk_optimistic_is(const struct dlk_spinning *s);

/**
 * Take what a context spins for: its wait, with all that the lock's own words say.  If nobody holds it, it is just
 * being passed on, and no wait is made of that.
 *
 * @param[in] like   Its context, mode and place in the code.
 * @param[in] given  What the function that spins was given.
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads the lock and the stacks of its waiters; may not return inside crash.
 */
enum dlk_status dlk_optimistic_take(struct dlk_facts *f, const struct dlk_wait *like,
				    const struct dlk_spinning *s, uint64_t given) DLK_MUST_CHECK;

#endif
