/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_PURPOSE_H
#define DLK_LOCKS_PURPOSE_H

/**
 * @file
 * What a task sleeps for, by the function that it sleeps in.
 */

#include "locks/facts.h"

/** What a function sleeps for. */
struct dlk_sleep {
	enum dlk_purpose purpose;
	bool is_idle; /**< Ordinary idleness: whoever sleeps so, and can be woken by a signal, is no part of a hang. */
};

/**
 * Tell what a sleeping task sleeps for.
 *
 * Only the function that called the scheduler counts, and those that merely wait in its name (wait_function.h); only
 * frames that were unwound.
 *
 * @return Its purpose is DLK_PURPOSE_NONE if that is not known.
 *
 * Target: none.
 */
struct dlk_sleep dlk_frames_sleep(const struct dlk_frame *frames, uint32_t count);

/**
 * Say in a context what it sleeps for, if its frames tell, and no wait that is known says more; idleness counts only if a
 * signal can wake it.
 */
void dlk_purpose_note(struct dlk_facts *f, uint32_t context, const struct dlk_frame *frames,
		      uint32_t count);

#endif
