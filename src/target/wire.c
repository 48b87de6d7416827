/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection, each wait with a limit. */
#include <config.h>

#include "target/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "target/address.h"

enum { POLL_MS = 200, QUEUE_MS = 20 };

uint64_t dlk_wire_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void dlk_wire_start(struct dlk_wire *w)
{
	w->end = dlk_wire_now() + w->timeout;
}

static enum dlk_status fail_errno(struct dlk_wire *w)
{
	return dlk_fail(w->ctx, DLK_ERR_SYSTEM, "%s: %s", w->name, strerror(errno));
}

enum dlk_status dlk_wire_check_limit(const struct dlk_wire *w)
{
	if (!w->limit || dlk_wire_now() < w->last)
		return DLK_OK;
	return dlk_fail(w->ctx, DLK_ERR_LIMIT,
			"%s: not done within %u.%u s, and the guest is not to stand still longer",
			w->name, w->limit / 1000, w->limit % 1000 / 100);
}

static enum dlk_status check_time(struct dlk_wire *w)
{
	enum dlk_status status = dlk_wire_check_limit(w);

	if (status)
		return status;
	if (dlk_wire_now() < w->end)
		return DLK_OK;
	return dlk_fail(w->ctx, DLK_ERR_LIMIT, "%s: no answer within %u.%u s", w->name,
			w->timeout / 1000, w->timeout % 1000 / 100);
}

/* In short turns: a ^C that came between the look at it and the wait must not be waited out. */
static enum dlk_status wait_for(struct dlk_wire *w, short events)
{
	struct pollfd p = { .fd = w->fd, .events = events };

	for (;;) {
		enum dlk_status status = dlk_check_cancel(w->ctx);
		int count;

		if (!status)
			status = check_time(w);
		if (status)
			return status;
		count = poll(&p, 1, POLL_MS);
		if (count > 0)
			return DLK_OK;
		if (count < 0 && errno != EINTR)
			return fail_errno(w);
	}
}

enum dlk_status dlk_wire_pause(const struct dlk_wire *w, unsigned ms)
{
	uint64_t end = dlk_wire_now() + ms;
	enum dlk_status status = dlk_check_cancel(w->ctx);

	while (!status && dlk_wire_now() < end) {
		uint64_t left = end - dlk_wire_now();

		poll(NULL, 0, left < POLL_MS ? (int)left : POLL_MS);
		status = dlk_check_cancel(w->ctx);
	}
	return status;
}

static bool must_wait(void)
{
	return errno == EAGAIN || errno == EINTR || errno == EINPROGRESS;
}

enum dlk_status dlk_wire_send(struct dlk_wire *w, const void *buf, size_t len)
{
	const unsigned char *from = buf;

	while (len) {
		ssize_t sent = send(w->fd, from, len, MSG_NOSIGNAL);
		enum dlk_status status = DLK_OK;

		if (sent < 0 && !must_wait())
			return fail_errno(w);
		if (sent < 0)
			status = wait_for(w, POLLOUT);
		if (status)
			return status;
		from += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
	}
	return DLK_OK;
}

/* A peer that never stops talking gets no more time than one that says nothing, nor is a ^C lost. */
enum dlk_status dlk_wire_fill(struct dlk_wire *w)
{
	while (w->in_at == w->in_len) {
		enum dlk_status status = dlk_check_cancel(w->ctx);
		ssize_t got;

		if (!status)
			status = check_time(w);
		got = status ? 0 : recv(w->fd, w->in, DLK_WIRE_BUFFER, 0);

		if (status)
			return status;
		if (!got)
			return dlk_fail(w->ctx, DLK_ERR_SYSTEM, "%s: closed by the other side",
					w->name);
		if (got < 0 && !must_wait())
			return fail_errno(w);
		if (got < 0)
			status = wait_for(w, POLLIN);
		if (status)
			return status;
		w->in_at = 0;
		w->in_len = got > 0 ? (size_t)got : 0;
	}
	return DLK_OK;
}

void dlk_wire_close(struct dlk_wire *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* A unix socket with a full queue says EAGAIN and forgets us: there is nothing that could be polled. */
static enum dlk_status queue_up(struct dlk_wire *w, const struct sockaddr *addr, socklen_t len)
{
	enum dlk_status status = DLK_OK;

	while (!status && connect(w->fd, addr, len)) {
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno(w);
		poll(NULL, 0, QUEUE_MS);
		status = dlk_check_cancel(w->ctx);
		if (!status)
			status = check_time(w);
	}
	return status;
}

static enum dlk_status finish_connect(struct dlk_wire *w)
{
	int error = 0;
	socklen_t size = sizeof(error);
	enum dlk_status status = wait_for(w, POLLOUT);

	if (status || (!getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error))
		return status;
	errno = error;
	return fail_errno(w);
}

/* The guard is there before the connection is, and knows where that leads. */
static enum dlk_status start_guard(struct dlk_wire *w, const struct dlk_guard_plan *plan,
				   const struct sockaddr *addr, socklen_t len)
{
	struct dlk_guard_plan its = *plan;

	if (!its.words)
		return DLK_OK;
	memcpy(&its.at, addr, len);
	its.at_len = len;
	return dlk_guard_start(w->ctx, w->fd, &its, &w->guard);
}

static enum dlk_status start_connection(struct dlk_wire *w, const struct dlk_guard_plan *plan,
					const struct sockaddr *addr, socklen_t len)
{
	int on = 1;
	enum dlk_status status;

	w->fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->fd < 0)
		return fail_errno(w);
	if (addr->sa_family != AF_UNIX)
		setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	status = start_guard(w, plan, addr, len);
	if (!status && addr->sa_family == AF_UNIX)
		status = queue_up(w, addr, len);
	else if (!status && connect(w->fd, addr, len))
		status = must_wait() ? finish_connect(w) : fail_errno(w);
	return status;
}

bool dlk_wire_server(const struct dlk_wire *w, uid_t *ret)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	struct ucred who;
	socklen_t size = sizeof(who), peer_size = sizeof(peer);

	if (getpeername(w->fd, (struct sockaddr *)&peer, &peer_size) || peer.ss_family != AF_UNIX ||
	    getsockopt(w->fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
		return false;
	*ret = who.uid;
	return true;
}

bool dlk_wire_is_local(const struct dlk_wire *w)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof(peer);

	return !getpeername(w->fd, (struct sockaddr *)&peer, &size) &&
	       dlk_address_is_local((const struct sockaddr *)&peer);
}

static enum dlk_status check_server(struct dlk_wire *w, int64_t wanted)
{
	uid_t server;

	if (wanted == DLK_WIRE_ANYBODY || !dlk_wire_server(w, &server) || server == wanted)
		return DLK_OK;
	return dlk_fail(w->ctx, DLK_ERR_UNSUPPORTED,
			"%s: is user %u's socket, not user %u's; if it is the guest's, give "
			"--qemu %s",
			w->name, (unsigned)server, (unsigned)wanted, w->name);
}

enum dlk_status dlk_wire_connect(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				 struct dlk_wire *ret)
{
	struct dlk_address a;
	enum dlk_status status;

	*ret = (struct dlk_wire){
		.ctx = ctx, .fd = -1, .timeout = plan->timeout, .limit = plan->limit
	};
	ret->name = dlk_strdup(ctx, plan->address);
	ret->in = dlk_alloc(ctx, DLK_WIRE_BUFFER);
	if (!ret->name || !ret->in)
		return dlk_nomem(ctx);
	status = dlk_address_parse(ctx, plan->address, &a);
	if (status)
		return status;
	dlk_wire_start(ret);
	ret->last = dlk_wire_now() + ret->limit;
	status = DLK_ERR_SYSTEM;
	for (unsigned i = 0; i < a.count && status == DLK_ERR_SYSTEM; i++) {
		status = start_connection(ret, &plan->guard, (const struct sockaddr *)&a.at[i],
					  a.len[i]);
		if (!status)
			status = check_server(ret, plan->server);
		if (status) {
			dlk_guard_dismiss(&ret->guard);
			dlk_wire_close(ret);
		}
	}
	return status;
}

enum dlk_status dlk_wire_reconnect(struct dlk_wire *w, int64_t server)
{
	enum dlk_status status;

	dlk_wire_close(w);
	w->in_at = w->in_len = 0;
	dlk_wire_start(w);
	status = dlk_prepend(w->ctx, dlk_guard_reconnect(w->ctx, &w->guard, &w->fd), "%s", w->name);
	if (!status)
		status = check_server(w, server);
	if (status)
		dlk_wire_close(w);
	return status;
}
