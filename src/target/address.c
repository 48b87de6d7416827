/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: see address.h. */
#include <config.h>

#include "target/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { MAX_HOST = 256, MAX_PORT = 65535, LOOPBACK_NET = 127 };

static enum dlk_status parse_unix(struct dlk_ctx *ctx, const char *text, const char *path,
				  struct dlk_address *ret)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		return dlk_fail(ctx, DLK_ERR_INVALID, "%s: a path of 1 to %zu bytes is needed",
				text, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	*ret = (struct dlk_address){ .len = { sizeof(addr) }, .count = 1 };
	memcpy(&ret->at[0], &addr, sizeof(addr));
	return DLK_OK;
}

static bool is_port(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && port >= 1 && port <= MAX_PORT;
}

/* Both flags together: whatever it is, it is not looked up. */
static bool add_host(const char *host, const char *port, struct dlk_address *to)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *list;

	if (getaddrinfo(host, port, &hints, &list))
		return false;
	memcpy(&to->at[to->count], list->ai_addr, list->ai_addrlen);
	to->len[to->count++] = list->ai_addrlen;
	freeaddrinfo(list);
	return true;
}

/* What is refused by both has been refused by IPv4: the last one's error is told. */
static bool add_localhost(const char *port, struct dlk_address *to)
{
	bool is_there = add_host("::1", port, to);

	return add_host("127.0.0.1", port, to) || is_there;
}

static enum dlk_status parse_tcp(struct dlk_ctx *ctx, const char *text, const char *rest,
				 struct dlk_address *ret)
{
	const char *colon = strrchr(rest, ':');
	size_t len = colon ? (size_t)(colon - rest) : 0;
	struct dlk_address found = { .count = 0 };
	char host[MAX_HOST];

	if (!colon || !is_port(colon + 1) || len >= sizeof(host))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"'%s' is no address: give tcp:HOST:PORT or unix:PATH", text);
	if (len >= 2 && rest[0] == '[' && colon[-1] == ']') {
		rest++;
		len -= 2;
	}
	memcpy(host, rest, len);
	host[len] = 0;
	if (len && strcmp(host, "localhost") ? !add_host(host, colon + 1, &found)
					     : !add_localhost(colon + 1, &found))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"%s: names are not looked up: give the host's address in numbers, "
				"as 'getent ahosts %s' prints it, or localhost",
				text, host);
	*ret = found;
	return DLK_OK;
}

enum dlk_status dlk_address_parse(struct dlk_ctx *ctx, const char *text, struct dlk_address *ret)
{
	if (!strncmp(text, "unix:", 5))
		return parse_unix(ctx, text, text + 5, ret);
	return parse_tcp(ctx, text, strncmp(text, "tcp:", 4) ? text : text + 4, ret);
}

bool dlk_address_is_local(const struct sockaddr *at)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (at->sa_family == AF_INET) {
		memcpy(&v4, at, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == LOOPBACK_NET;
	}
	if (at->sa_family != AF_INET6)
		return at->sa_family == AF_UNIX;
	memcpy(&v6, at, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == LOOPBACK_NET);
}
