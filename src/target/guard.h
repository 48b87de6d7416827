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
 * A connection that is lost is made again by the guard, too, which knows to where, and hands it over: we may
 * be in no position to, since who reads a guest's memory in a sandbox connects to nothing.
 *
 * It is in a session of its own: what stops or kills our process group, or hangs up our terminal, leaves
 * it alone.  When its time is over and we are still there - stopped, or busy - it says the words all the
 * same, and nothing can be said by us any more.
 *
 * How it can fail: who kills all processes of a user or of a control group, or the machine, kills the
 * guard too.
 */

#include <sys/socket.h>

#include "deadlock/context.h"

struct dlk_guard {
	int ours; /**< Our end of what joins us. */
	bool is_there;
};

/** What is to be said, and where. */
struct dlk_guard_plan {
	const char *words; /**< NULL: nothing, and there is no guard. */
	unsigned limit; /**< Time until it is said though we are there, in milliseconds; 0: none. */
	unsigned again; /**< The same, from a second connection on. */
	struct sockaddr_storage at; /**< Where the connection leads. */
	socklen_t at_len;
};

/**
 * Start it.  It is no child of ours: nobody need wait for it, nor can it become a zombie.
 *
 * @param[in] fd    The connection.
 * @param[in] plan  What is to be said over it.
 * @return DLK_OK, DLK_ERR_SYSTEM.
 */
enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const struct dlk_guard_plan *plan,
				struct dlk_guard *ret) DLK_MUST_CHECK;

/**
 * Have it say its words now; the answers are for us to read.
 *
 * @return DLK_OK, DLK_ERR_SYSTEM (it is not there, or has ended).
 */
enum dlk_status dlk_guard_speak(struct dlk_ctx *ctx, struct dlk_guard *g) DLK_MUST_CHECK;

/**
 * Have it connect to the same server anew; the old connection is closed on both sides, and nothing has been
 * said over the new one.
 *
 * @param[in,out] fd  Ours, of the new connection; -1 on error.
 * @return DLK_OK, DLK_ERR_SYSTEM (no connection, or the guard is not there).
 */
enum dlk_status dlk_guard_reconnect(struct dlk_ctx *ctx, struct dlk_guard *g, int *fd)
	DLK_MUST_CHECK;

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
