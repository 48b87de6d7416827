/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_GUARD_H
#define DLK_TARGET_GUARD_H

/**
 * @file
 * Last words: what is said over a connection if this process ends without having taken its leave.
 *
 * A guest that we stopped must run again however we end: by an abort, a second ^C, kill -9.  A
 * process that is dying cannot see to that, so another one does, which shares the connection and
 * waits for our end.  It then says the last words and reads what comes until the other side is
 * silent.  For the first answer it waits ten minutes: QEMU's gdbstub serves one client at a time, and
 * stops the guest for the next one as soon as it can, also for one that has left.
 *
 * How it can fail: who kills the whole process group, or the machine, kills the guard too.
 */

#include "deadlock/context.h"

struct dlk_guard {
	int ours; /**< Our end of what joins us. */
	bool is_there;
};

/**
 * Start it.  It is no child of ours: nobody need wait for it, nor can it become a zombie.
 *
 * @param[in] fd     The connection.
 * @param[in] words  What is to be said over it.
 * @return DLK_OK, DLK_ERR_SYSTEM.
 */
enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const char *words,
				struct dlk_guard *ret) DLK_MUST_CHECK;

/** Leave it alone: it says its words now, and we go our way.  Not after dlk_guard_dismiss(). */
void dlk_guard_release(struct dlk_guard *g);

/** All is well: it ends without a word, and has closed its end of the connection.  Again is allowed. */
void dlk_guard_dismiss(struct dlk_guard *g);

#endif
