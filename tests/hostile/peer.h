/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_PEER_H
#define DLK_TESTS_PEER_H

/**
 * @file
 * A gdbstub or a monitor that answers as a test says, in a process of its own on a unix socket.
 *
 * What has no answer of the test's is answered as a good one does: a gdbstub whose memory is zeros, a monitor
 * of a guest that runs.  Whether the guest was let go is seen in memory that is shared.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer;

/**
 * Answer a question.
 *
 * @param[in] question  Without what is around it; "" for a monitor's greeting.
 * @return false: the good answer is to be given.
 */
typedef bool peer_answer_fn(struct peer *p, const char *question);

enum peer_kind {
	PEER_STUB,
	PEER_STUB_8_1, /**< As QEMU's from 8.1 on: it does not say unasked that the guest has stopped. */
	PEER_MONITOR
};

struct peer_log {
	bool runs; /**< The guest; it stops when somebody connects to the stub. */
	unsigned connections, questions;
};

struct peer {
	enum peer_kind kind;
	peer_answer_fn *answer;
	const void *arg; /**< For the answer. */
	char address[128], directory[64];
	struct peer_log *log;
	pid_t pid;
	int fd; /**< Of the connection, in the peer's process. */
};

void peer_start(struct peer *p, enum peer_kind kind, peer_answer_fn *answer, const void *arg);
/** End it; the log stays until peer_free(). */
void peer_stop(struct peer *p);
void peer_free(struct peer *p);

/** Wait for the guest to run, for some seconds. */
bool peer_runs_soon(const struct peer *p);

/** For answers: as they are; false if nobody is there any more. */
bool peer_send(struct peer *p, const char *bytes, size_t len);
bool peer_say(struct peer *p, const char *text);
/** A gdbstub's packet, with its sum. */
bool peer_packet(struct peer *p, const char *text);
/** The same bytes without end, until nobody is there any more. */
void peer_chatter(struct peer *p, const char *bytes, size_t len);
/** One character every so many milliseconds, until nobody is there any more. */
void peer_trickle(struct peer *p, const char *text, unsigned ms);

#endif
