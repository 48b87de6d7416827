/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_WIRE_H
#define DLK_TARGET_WIRE_H

/**
 * @file
 * A connection to a server on this machine or another: bytes, each wait with a limit.
 *
 * What is said over it is for rsp.c (the GDB remote protocol) and qmp.c (QEMU's monitor).  One
 * exchange, from dlk_wire_start() on, may take as long as the connection's timeout, and all of them
 * together as long as its limit; ^C ends every wait.
 */

#include <sys/types.h>

#include "target/guard.h"

enum { DLK_WIRE_BUFFER = 64 * 1024 };

struct dlk_wire {
	struct dlk_ctx *ctx;
	const char *name;       /**< Address, for messages. */
	int fd;                 /**< -1: closed. */
	struct dlk_guard guard; /**< If there are last words: to be dismissed or released. */
	unsigned timeout;       /**< Of one exchange, in milliseconds. */
	uint64_t end;           /**< Of this exchange, by dlk_wire_now(). */
	unsigned limit;         /**< Of all exchanges, in milliseconds; 0: none. */
	uint64_t last;          /**< Their end, by dlk_wire_now(). */
	unsigned char *in;
	size_t in_at, in_len; /**< What was received and not taken yet: from in_at to in_len. */
};

/** The monotonic clock, in milliseconds. */
uint64_t dlk_wire_now(void);

enum { DLK_WIRE_ANYBODY = -1 };

/** How to connect. */
struct dlk_wire_plan {
	const char *address; /**< As dlk_address_parse() takes it. */
	unsigned timeout;    /**< Of this and of each exchange, in milliseconds. */
	unsigned limit;      /**< Of all together, in milliseconds; 0: none. */
	int64_t server; /**< The user who must be the server of a unix socket; DLK_WIRE_ANYBODY. */

	/**
	 * To be said by a guard if we die, from the first moment on: it is there before the connection
	 * is.
	 */
	struct dlk_guard_plan guard; /**< Its address is filled in. */
};

/**
 * Connect.
 *
 * @param[out] ret  Close it with dlk_wire_close(); on error fd is -1 and there is no guard.
 * @return DLK_OK, DLK_ERR_INVALID (no such form of address), DLK_ERR_SYSTEM, DLK_ERR_CANCELED,
 *         DLK_ERR_UNSUPPORTED (another user's socket: nothing was said to it), DLK_ERR_NOMEM; the text
 *         says what to do.
 */
enum dlk_status dlk_wire_connect(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				 struct dlk_wire *ret) DLK_MUST_CHECK;

/**
 * Connect to the same server anew, by way of the guard, and with nothing of the old exchanges left.
 *
 * @return DLK_OK, DLK_ERR_SYSTEM (no connection, or no guard), DLK_ERR_UNSUPPORTED (another user's socket).
 */
enum dlk_status dlk_wire_reconnect(struct dlk_wire *w, int64_t server) DLK_MUST_CHECK;

/** Whether the other side is this machine's, by the nature of the connection. */
bool dlk_wire_is_local(const struct dlk_wire *w);

/**
 * Get the user who serves a unix socket: who has called listen(2).
 *
 * @return false if that is not known: it is no unix socket.
 */
bool dlk_wire_server(const struct dlk_wire *w, uid_t *ret);

/** Whether there is time left for all exchanges.  @return DLK_OK, DLK_ERR_LIMIT. */
enum dlk_status dlk_wire_check_limit(const struct dlk_wire *w) DLK_MUST_CHECK;

/** Begin an exchange: its time is counted from now. */
void dlk_wire_start(struct dlk_wire *w);

/** Send all of @p len bytes.  @return as dlk_wire_fill(). */
enum dlk_status dlk_wire_send(struct dlk_wire *w, const void *buf, size_t len) DLK_MUST_CHECK;

/**
 * Receive something, unless there is something left: in_at < in_len afterwards.
 *
 * @return DLK_OK, DLK_ERR_LIMIT (nothing came in time), DLK_ERR_SYSTEM (closed by the peer, or
 *         worse), DLK_ERR_CANCELED.
 */
enum dlk_status dlk_wire_fill(struct dlk_wire *w) DLK_MUST_CHECK;

/**
 * Let time pass, and whatever is received meanwhile wait; no longer than until the user cancels.
 *
 * @return DLK_OK, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_wire_pause(const struct dlk_wire *w, unsigned ms) DLK_MUST_CHECK;

/** Close it; again is allowed.  A guard keeps its end of it. */
void dlk_wire_close(struct dlk_wire *w);

#endif
