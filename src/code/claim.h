/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_CLAIM_H
#define DLK_CODE_CLAIM_H

/**
 * @file
 * The question whether a task's frames will release an object, and its answer (release.h, taken.h).
 */

#include "code/act.h"

enum dlk_release_verdict {
	DLK_RELEASE_NONE,
	DLK_RELEASE_TAKES,  /**< It will take it first: it does not hold it. */
	DLK_RELEASE_HANDED, /**< It has taken it, and may have handed it on: see taken.h. */
	DLK_RELEASE_MAY,
	DLK_RELEASE_TAKEN, /**< It has taken it, and what it calls now is to release it: see taken.h. */
	DLK_RELEASE_MUST
};

/** Asked: will it be released?  Answered: by which frame, and where. */
struct dlk_release_claim {
	dlk_addr_t object;
	const struct dlk_act_rules *rules;
	uint32_t bit;  /**< For DLK_ACT_BIT_OF_CLAIM. */
	uint32_t from; /**< The innermost frame that may know of it. */
	bool is_waited_for; /**< The frame @c from calls a function that waits for it: only what was taken before counts. */

	enum dlk_release_verdict verdict;
	uint32_t frame; /**< DLK_NONE. */
	dlk_addr_t at;  /**< The instruction that releases it, of one path. */
	bool is_lost;   /**< A frame's paths could not all be followed. */
};

#endif
