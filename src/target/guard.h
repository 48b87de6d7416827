/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_GUARD_H
#define DLK_TARGET_GUARD_H

/**
 * @file
 * Last words: what is said over a connection when this process has done, and also if it ends, or is
 * held up, without having taken its leave.
 *
 * A guest that we stopped must run again however we end: by an abort, a second ^C, kill -9.  A
 * process that is dying cannot see to that, so another one does, which shares the connection and
 * waits for our end.  It then says the last words and reads what comes until the other side is
 * silent.  For the first answer it waits ten minutes: QEMU's gdbstub serves one client at a time, and
 * stops the guest for the next one as soon as it can, also for one that has left.
 *
 * Nobody but the guard says the words, and it says them once: QEMU 7.2 dies, and the guest with it, if
 * it is told on one connection to let go a guest that it has let go already.
 *
 * It is in a session of its own: what stops or kills our process group, or hangs up our terminal, leaves
 * it alone.  When its time is over and we are still there - stopped, or busy - it says the words all the
 * same, and nothing can be said by us any more.
 *
 * How it can fail: who kills all processes of a user or of a control group, or the machine, kills the
 * guard too.
 */

#include "deadlock/context.h"

struct dlk_guard {
	int ours; /**< Our end of what joins us. */
	bool is_there;
};

/** What is to be said. */
struct dlk_guard_words {
	const char *text; /**< NULL: nothing, and there is no guard. */
	unsigned limit; /**< Time until it is said though we are there, in milliseconds; 0: none. */
};

/**
 * Start it.  It is no child of ours: nobody need wait for it, nor can it become a zombie.
 *
 * @param[in] fd     The connection.
 * @param[in] words  What is to be said over it.
 * @return DLK_OK, DLK_ERR_SYSTEM.
 */
enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const struct dlk_guard_words *words,
				struct dlk_guard *ret) DLK_MUST_CHECK;

/**
 * Have it say its words now; the answers are for us to read.
 *
 * @return DLK_OK, DLK_ERR_SYSTEM (it is not there, or has ended).
 */
enum dlk_status dlk_guard_speak(struct dlk_ctx *ctx, struct dlk_guard *g) DLK_MUST_CHECK;

/**
 * Leave it alone: it says its words, if it has not yet, and we go our way.  Not after
 * dlk_guard_dismiss().
 */
void dlk_guard_release(struct dlk_guard *g);

/**
 * All is well: it ends without a further word, and has closed its end of the connection.  Again is
 * allowed.
 */
void dlk_guard_dismiss(struct dlk_guard *g);

#endif
