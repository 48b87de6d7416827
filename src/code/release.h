/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_RELEASE_H
#define DLK_CODE_RELEASE_H

/**
 * @file
 * What the frames of a task will let go.
 *
 * Who holds something goes on to release it, so a frame from which all paths lead to a release of it, and none
 * to a taking of it before that, holds it now.
 *
 * Claims: MUST, on all paths from where a frame stands to its function's end it is released by a function, or by a
 * change in memory, that a kind's rules name, with an argument that is this very object by registers and stack
 * slots that nothing has written since, or by words of memory that are what they are now.  MAY, on some.  NONE,
 * on none that could be followed.  The innermost frame that says anything is believed.  A path on which a condition cannot be
 * met is none (walk.h, asked.h).  TAKES, if it is taken first, or if the call at which the frame stands is to take it.
 *
 * How it can be wrong: as walk.h and registers.h can; a word of memory that will be another by then; a release
 * that is not of this taking, since the function takes the object in a way that no rule names before it releases
 * it; and what is never released by a frame (what is handed over to a timer, a bio, a work) is nobody's here.
 */

#include "code/claim.h"
#include "code/mention.h"
#include "kernel/stack.h"

struct dlk_release;

/**
 * @param[in] mentions  Which functions have the addresses of objects in their text; kept.  NULL: none.
 * @return as dlk_code_open().
 *
 * Ownership: lives in the context.
 */
enum dlk_status dlk_release_open(struct dlk_kernel *k, struct dlk_mentions *mentions,
				 struct dlk_release **ret) DLK_MUST_CHECK;

/** The code that it reads, for who reads it as well. */
struct dlk_code *dlk_release_code(const struct dlk_release *r);

/** Begin anew: what was spent so far does not count any more. */
void dlk_release_start(struct dlk_release *r);

/**
 * Answer claims about one stack.  After a million instructions of all stacks since the start what is asked is lost.
 *
 * @param[in]     stack   Unwound; of a task that does not run, or whose CPU's registers are known.
 * @param[in,out] claims  @p count of them.
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_NOMEM.
 *
 * Target: reads text, and words of memory; may not return inside crash.
 */
enum dlk_status dlk_release_ask(struct dlk_release *r, const struct dlk_stack *stack,
				struct dlk_release_claim *claims, uint32_t count) DLK_MUST_CHECK;

#endif
