/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_PEER_H
#define DLK_TESTS_PEER_H

/**
 * @file
 * A server that says what an input holds, whatever it is asked, and then no more.
 *
 * It is a thread behind a unix socket.  All is said at once, when somebody connects, and then the
 * server closes its side: an answer that is not there costs no time.
 */

#include <stddef.h>

/**
 * Say this to the next one who connects; the server is started if it is not there.
 *
 * @return Its address, unix:PATH.
 *
 * Ownership: @p bytes are there until fuzz_peer_wait().
 */
const char *fuzz_peer_says(const void *bytes, size_t len);

/** Wait until the connection is closed: there was one. */
void fuzz_peer_wait(void);

#endif
