/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_ASKED_H
#define DLK_CODE_ASKED_H

/**
 * @file
 * The words of memory that a function has asked on its way to where it stands: if it asks one of them again, it gets the same
 * answer.
 *
 *	if (S_ISREG(inode->i_mode))             if (S_ISREG(inode->i_mode))
 *		take();                 ...             release();
 *
 * Whoever writes that relies on it that the word does not change.  Such branches go one way, by what memory has now.
 *
 * Claims: a branch after the place at which the frame stands, on a word on which one before it depends as well, is
 * taken or not by what the word has now.  Not if the same instruction is come to again: a loop asks anew
 * since it waits for the answer to change.  Not of words of the object itself, which change as it is taken and released.
 *
 * How it can be wrong: a word that changes in between, and is asked twice for that (who looks before it takes a lock, and again
 * under the lock).  So this may only tell that a release is on all paths that are left, where it is on some.
 */

#include "code/way_in.h"

enum { DLK_MAX_ASKED = 16, DLK_MAX_ASKED_BY = 128 };

/** Bytes of memory. */
struct dlk_asked_word {
	dlk_addr_t at;
	unsigned size;
};

struct dlk_asked {
	struct dlk_asked_word words[DLK_MAX_ASKED];
	unsigned count;
};

/** Branches that depend on memory. */
struct dlk_asked_by {
	dlk_addr_t at[DLK_MAX_ASKED_BY];
	unsigned count;
	bool is_cut; /**< There were more. */
};

void dlk_asked_by_add(struct dlk_asked_by *by, dlk_addr_t at);

/**
 * Find the words that a frame's function has asked.
 *
 * @param[in]     w      To walk with; what it had is gone.
 * @param[in,out] in     The frame.
 * @param[in]     r      Whose code it is.
 * @param[in]     again  Branches that are come to after it: words that one of these asked before are left out.
 * @param[out]    ret    None if it cannot be told.
 * @return DLK_OK, DLK_ERR_CANCELED.
 *
 * Target: reads text and words of memory; may not return inside crash.
 */
enum dlk_status dlk_asked_find(struct dlk_walk *w, struct dlk_way_in *in,
			       const struct dlk_resolver *r, const struct dlk_asked_by *again,
			       struct dlk_asked *ret) DLK_MUST_CHECK;

/**
 * Find the number of a value that depends on such words alone.
 *
 * @param[in] r       Of the walk.
 * @param[in] object  Its words are not trusted.
 * @return false if it depends on any other.
 *
 * Target: reads words of memory; may not return inside crash.
 */
bool dlk_asked_number(const struct dlk_asked *a, const struct dlk_resolver *r, dlk_addr_t object,
		      const struct dlk_value *v, uint64_t *ret);

#endif
