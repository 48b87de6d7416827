/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_TAKEN_H
#define DLK_CODE_TAKEN_H

/**
 * @file
 * What a frame has taken and none will release: it has left that to a function that it calls, as who reads a page leaves
 * the lock of its folio to the file system.
 *
 * A frame's function is walked from its entry to where it stands.  The values that are the object there are known by the
 * frame's registers; on all paths to there the last thing that is done to such a value must be a taking.  Then the
 * functions that it calls now are walked the same way, each with the object as the argument that it was given, and by its registers.
 *
 * Claims: TAKEN, if the frame has taken it on all paths, has given it to nobody but whom it calls now, and
 * those have not let it go, and given it to nobody but whom they call now: nobody else can have released it.  HANDED, if it was
 * given to some function, which may have left it to a bio, a timer or another task, if something of its kind was let go of which it
 * is not known what it is, or if one that it calls now has let it go on some paths, or cannot be followed.  NONE, if one has on all: it
 * may be taking it again; or if not all that the frame's function may have done was seen.
 *
 * Of what is part of something (a spinlock), or is spun for, numbers are the object, too, as of what lies in an image, and it is given to who is given
 * what contains it, or has its address in its code.  Where a frame was interrupted no call is under way.  What may have
 * failed (a trylock) says nothing.  What stands in an argument's register only since the function's entry is given to who uses it.
 *
 * A bit that is spun for by a loop (bit_loop.h) is taken where an atomic instruction sets it, and the branch right behind that goes as the
 * bit was clear; where it was set nothing has changed.  Who sets it without looking has not taken it, and whatever else writes its byte
 * may have cleared it.
 *
 * How it can be wrong: as walk.h and registers.h can; paths on which it is not known which value is the object, since too many came
 * together, say nothing; what a path has stored in memory others may find; what a call has
 * returned has one name in all rounds of a loop, and what was read from memory twice, though it was written in between; a callee that
 * has ended, and had the object by other words of memory, in a struct on the stack, or as its sixth argument, may have let it go; nor is
 * a store seen that libcapstone says to be a mere read (setcc, SSE).
 */

#include "code/claim.h"
#include "code/mention.h"
#include "code/registers.h"

/**
 * Answer a claim that no frame's code has answered.
 *
 * @param[in]     walk   To walk with; what it had is gone.
 * @param[in]     mentions  Which functions have the addresses of objects in their text: these are given them; NULL.
 * @param[in,out] claim  Its verdict is NONE; stays so if no frame has taken the object.
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_NOMEM.
 *
 * Target: reads text; may not return inside crash.
 */
enum dlk_status dlk_taken_ask(struct dlk_registers *registers, struct dlk_walk *walk,
			      struct dlk_mentions *mentions, const struct dlk_stack *stack,
			      struct dlk_release_claim *claim) DLK_MUST_CHECK;

#endif
