/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_ACT_H
#define DLK_CODE_ACT_H

/**
 * @file
 * What takes or releases an object, and whether an event of a walk does.
 */

#include "code/resolve.h"
#include "code/walk.h"

/** What takes or releases an object. */
enum dlk_act_how {
	DLK_ACT_END,
	DLK_ACT_CALL, /**< A function that is given it. */
	DLK_ACT_BIT,  /**< A bit of a word of it is set (taken) or cleared (released). */
	DLK_ACT_COUNT /**< A counter of each CPU's, to which it points, goes up (taken) or down. */
};

enum { DLK_ACT_BIT_OF_CLAIM = 0xff /**< Instead of a number: what the claim says. */ };

struct dlk_act {
	enum dlk_act_how how : 8;
	uint8_t arg; /**< Of CALL: the number of its argument, from 0. */
	uint8_t bit; /**< Of BIT. */
	uint8_t zeros; /**< Of CALL: a bit for each argument that must be 0, or it does something else. */
	uint8_t bit_arg; /**< Of CALL: the number of its argument that is the bit that the claim says, from 1; 0: it has none. */
	bool is_try;     /**< Of CALL: it may have failed, so that it was called says nothing. */
	const char *function; /**< Of CALL: as dlk_function_is() takes it. */
	enum dlk_member_id
		member; /**< What the argument points to is this member of it, or, of COUNT,
					the pointer to the counter; DLK_M_NONE: the object itself. */
};

/** How a kind's objects are taken and released; each ended by DLK_ACT_END. */
struct dlk_act_rules {
	const struct dlk_act *takes, *releases;
	bool is_handed_on; /**< Who took one may leave it to a function that it calls to release it. */
	bool is_part; /**< It is a part of something: who is given that may release it; and who runs may have it. */
	const char *const *
		through; /**< Functions that find the object by others, and take or release it: patterns;
				       NULL. */
};

/** Of what an event is asked. */
struct dlk_act_asked {
	struct dlk_resolver resolver; /**< Of the event's walk. */
	dlk_addr_t object;
	uint32_t bit; /**< For DLK_ACT_BIT_OF_CLAIM. */
	const struct dlk_value
		*as; /**< The value that is the object in this walk; NULL: whatever comes to its
			     address. */
};

/**
 * Whether an event takes (or releases) the object, by one of these acts.
 *
 * Target: may read words of memory; may not return inside crash.
 */
bool dlk_act_does(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		  const struct dlk_act *acts, bool is_taken);

/** As dlk_act_does(), of acts that may have failed (is_try). */
bool dlk_act_tries(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		   const struct dlk_act *acts);

/** Whether an event is one of these acts that are calls, of an object of which nothing is known.  Target: reads nothing. */
bool dlk_act_is_of_unknown(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
			   const struct dlk_act *acts);

/**
 * Find which object a call takes or releases, by one of those of these acts that are calls.
 *
 * @param[in] q  Its object and bit do not matter, and its @c as is NULL.
 * @return false if none of them is this call, or it is not known which object it is given.
 *
 * Target: may read words of memory; may not return inside crash.
 */
bool dlk_act_find_object(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
			 const struct dlk_act *acts, dlk_addr_t *ret);

#endif
