/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_ADDRESS_H
#define DLK_TARGET_ADDRESS_H

/**
 * @file
 * Addresses of servers, as they are written and as the system takes them.
 *
 * A host is given in numbers, or is "localhost".  No name is looked up: a resolver takes as long as it
 * likes, and no ^C ends it.
 */

#include <sys/socket.h>

#include "deadlock/context.h"

enum { DLK_MAX_ADDRESSES = 2 };

struct dlk_address {
	struct sockaddr_storage at[DLK_MAX_ADDRESSES]; /**< To be tried one by one. */
	socklen_t len[DLK_MAX_ADDRESSES];
	unsigned count; /**< At least 1. */
};

/**
 * Parse an address.
 *
 * @param[in]  text  tcp:HOST:PORT, HOST:PORT, [HOST]:PORT (IPv6), or unix:PATH; without a host it is
 *                   localhost, which is ::1 and 127.0.0.1.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_INVALID; the text says what to give instead.
 *
 * Target: none.
 */
enum dlk_status dlk_address_parse(struct dlk_ctx *ctx, const char *text, struct dlk_address *ret)
	DLK_MUST_CHECK;

/** Whether it is this machine, by its nature: a unix socket, or a loopback address. */
bool dlk_address_is_local(const struct sockaddr *at);

#endif
