/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Last words: see guard.h. */
#include <config.h>

#include "target/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * For the first word of the other side, for more of it, and for all of it; and how much of it: answers to
 * all that we may have asked are less.  Who never stops talking is not listened to for ever.
 */
enum { FIRST_MS = 600 * 1000, LAST_MS = 1000, ALL_MS = 5000, LAST_BYTES = 4 << 20 };

/* For a new connection, which a unix socket's server may have no room for at first. */
enum { RECONNECT_MS = 5000, QUEUE_MS = 20 };

/* What we are told; NONE if there is nobody to tell us, or it takes too long. */
enum order { NONE, SPEAK = 's', RECONNECT = 'r', DISMISS = 'd' };

/* What the guard has. */
struct watch {
	int parent;
	int fd; /* The connection; -1: none. */
	const struct dlk_guard_plan *plan;
	int64_t end; /* By then the words are said, whatever the parent does. */
	bool has_spoken;
};

/* --- the child's side; nothing here but system calls: it was forked from who knows what */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait until there is something to read, or until @p end; a signal does not change that. */
static bool wait_until(int fd, int64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int count;

	do {
		int64_t left = end - now();

		count = poll(&p, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
	} while (count < 0 && errno == EINTR);
	return count > 0;
}

static void read_what_comes(int fd)
{
	int64_t limit = now() + FIRST_MS, all = 0;
	char buf[4096];
	size_t count = 0;

	while (count < LAST_BYTES && wait_until(fd, limit)) {
		ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
			return;
		all = all ? all : now() + ALL_MS;
		limit = now() + LAST_MS < all ? now() + LAST_MS : all;
		if (now() >= all)
			return;
		count += got > 0 ? (size_t)got : 0;
	}
}

/* Our parent's other files are not to be held open by us: its monitor serves one client, too. */
static void close_others(int low, int high)
{
	if (low > high) {
		close_others(high, low);
		return;
	}
	close_range(STDERR_FILENO + 1, (unsigned)low - 1, 0);
	close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, UINT_MAX, 0);
}

/* Where standard output and the like were closed, what we hold may have got their numbers. */
static int move_up(int fd)
{
	int copy = fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return copy < 0 ? fd : copy;
}

static enum order read_order(int parent)
{
	ssize_t got;
	unsigned char byte;

	do
		got = read(parent, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? (enum order)byte : NONE;
}

static void speak(struct watch *w)
{
	ssize_t sent;

	do
		sent = send(w->fd, w->plan->words, strlen(w->plan->words), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	w->has_spoken = true;
}

/* It is not blocking: what does not go at once is waited for, no longer than it is worth. */
static bool connect_again(struct watch *w)
{
	int64_t limit = now() + RECONNECT_MS;
	struct pollfd p = { .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);

	if (w->fd >= 0)
		close(w->fd);
	w->fd = socket(w->plan->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->fd < 0)
		return false;
	while (connect(w->fd, (const struct sockaddr *)&w->plan->at, w->plan->at_len)) {
		if (errno == EINPROGRESS)
			break;
		/* A unix socket with a full queue says EAGAIN and forgets us. */
		if ((errno != EAGAIN && errno != EINTR) || now() >= limit)
			return false;
		poll(NULL, 0, QUEUE_MS);
	}
	p.fd = w->fd;
	return poll(&p, 1, RECONNECT_MS) > 0 &&
	       !getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error;
}

/* The byte says whether there is a connection; if so it comes along. */
static void hand_over(const struct watch *w, bool is_there)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	char byte = is_there ? 1 : 0;
	struct iovec data = { &byte, 1 };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1 };

	if (is_there) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						  .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), &w->fd, sizeof(w->fd));
	}
	while (sendmsg(w->parent, &m, MSG_NOSIGNAL) < 0 && errno == EINTR)
		continue;
}

static void reconnect(struct watch *w)
{
	bool is_there = connect_again(w);

	hand_over(w, is_there);
	if (!is_there && w->fd >= 0)
		close(w->fd);
	w->fd = is_there ? w->fd : -1;
	w->has_spoken = false;
	w->end = now() + w->plan->again;
}

/* Once the words have been said nothing may follow them on this connection: a parent that is there is cut off. */
static void take_leave(struct watch *w, bool is_late)
{
	if (w->fd < 0)
		return;
	if (!w->has_spoken)
		speak(w);
	if (is_late)
		shutdown(w->fd, SHUT_WR);
	read_what_comes(w->fd);
}

static void watch(struct watch *w)
{
	w->end = w->plan->limit ? now() + w->plan->limit : INT64_MAX;
	for (;;) {
		bool is_late = !wait_until(w->parent, w->end);
		enum order order = is_late ? NONE : read_order(w->parent);

		if (order == DISMISS)
			return;
		if (order == RECONNECT) {
			reconnect(w);
		} else if (order == SPEAK && w->fd >= 0) {
			if (!w->has_spoken)
				speak(w);
			w->end = INT64_MAX;
		} else {
			take_leave(w, is_late);
			return;
		}
	}
}

static void keep_guard(int parent, int fd, const struct dlk_guard_plan *plan)
{
	static const int stops[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
				     SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct watch w = { .parent = move_up(parent), .fd = move_up(fd), .plan = plan };

	/* Who waits for the end of our output must not wait for us. */
	for (int i = 0; i <= STDERR_FILENO && nowhere >= 0; i++)
		dup2(nowhere, i);
	close_others(w.parent, w.fd);
	/* What ends the parent from the terminal must not end its guard. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		signal(stops[i], SIG_IGN);
	watch(&w);
	_exit(0);
}

/* --- the parent's side */

/*
 * A child of a child that has ended is init's.  The session is there before we go on, and its leader no
 * more: it never gets a terminal.
 */
static bool fork_twice(int parent, int ours, int fd, const struct dlk_guard_plan *plan)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		pid_t guard;

		setsid();
		guard = fork();
		if (guard)
			_exit(guard < 0);
		close(ours);
		keep_guard(parent, fd, plan);
	}
	/* Who ignores SIGCHLD learns nothing here; then it is there, most likely. */
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && !status;
}

enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const struct dlk_guard_plan *plan,
				struct dlk_guard *ret)
{
	int ends[2];
	bool is_there;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no pair of sockets: %s", strerror(errno));
	is_there = fork_twice(ends[0], ends[1], fd, plan);
	close(ends[0]);
	if (!is_there) {
		close(ends[1]);
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no process for the guard");
	}
	*ret = (struct dlk_guard){ .ours = ends[1], .is_there = true };
	return DLK_OK;
}

static bool tell(const struct dlk_guard *g, enum order order)
{
	const unsigned char byte = (unsigned char)order;
	ssize_t sent;

	do
		sent = send(g->ours, &byte, 1, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1;
}

enum dlk_status dlk_guard_speak(struct dlk_ctx *ctx, struct dlk_guard *g)
{
	if (g->is_there && tell(g, SPEAK))
		return DLK_OK;
	return dlk_fail(ctx, DLK_ERR_SYSTEM, "the process that lets the guest go is gone");
}

/* The connection that comes with the byte; -1 if there is none. */
static int take_over(const struct dlk_guard *g)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr m = { .msg_iov = &data,
			    .msg_iovlen = 1,
			    .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	const struct cmsghdr *c;
	ssize_t got;
	int fd = -1;

	do
		got = recvmsg(g->ours, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	c = got == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

enum dlk_status dlk_guard_reconnect(struct dlk_ctx *ctx, struct dlk_guard *g, int *fd)
{
	struct pollfd p = { .fd = g->ours, .events = POLLIN };
	int count;

	if (!g->is_there || !tell(g, RECONNECT))
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "the process that lets the guest go is gone");
	do
		count = poll(&p, 1, 2 * RECONNECT_MS + LAST_MS);
	while (count < 0 && errno == EINTR);
	*fd = count > 0 ? take_over(g) : -1;
	return *fd < 0 ? dlk_fail(ctx, DLK_ERR_SYSTEM, "no connection a second time") : DLK_OK;
}

void dlk_guard_release(struct dlk_guard *g)
{
	if (g->is_there)
		close(g->ours);
	g->is_there = false;
}

/* Its end of what joins us is closed last. */
void dlk_guard_dismiss(struct dlk_guard *g)
{
	struct pollfd p = { .fd = g->ours, .events = POLLIN };
	int count;

	if (!g->is_there)
		return;
	tell(g, DISMISS);
	do
		count = poll(&p, 1, LAST_MS);
	while (count < 0 && errno == EINTR);
	dlk_guard_release(g);
}
