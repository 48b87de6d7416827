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
#include <unistd.h>

/*
 * For the first word of the other side, and for more of it; and how much of it: answers to all that we
 * may have asked are less.  Who never stops talking is not listened to for ever.
 */
enum { FIRST_MS = 600 * 1000, LAST_MS = 1000, LAST_BYTES = 4 << 20 };

/* The child's side; nothing here but system calls: it was forked from who knows what. */
static void read_what_comes(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	int limit = FIRST_MS;
	size_t count = 0;

	while (count < LAST_BYTES) {
		ssize_t got;

		if (poll(&p, 1, limit) <= 0)
			return;
		limit = LAST_MS;
		got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
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

static void keep_guard(int parent, int fd, const char *words)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t got;
	char byte;

	parent = move_up(parent);
	fd = move_up(fd);
	/* Who waits for the end of our output must not wait for us. */
	for (int i = 0; i <= STDERR_FILENO && nowhere >= 0; i++)
		dup2(nowhere, i);
	close_others(parent, fd);
	/* What ends the parent from the terminal must not end its guard. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		signal(stops[i], SIG_IGN);
	do
		got = read(parent, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (!got && send(fd, words, strlen(words), MSG_NOSIGNAL) > 0)
		read_what_comes(fd);
	close(fd);
	_exit(0);
}

/* A child of a child that has ended is init's. */
static bool fork_twice(int parent, int ours, int fd, const char *words)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		pid_t guard = fork();

		if (guard)
			_exit(guard < 0);
		close(ours);
		keep_guard(parent, fd, words);
	}
	/* Who ignores SIGCHLD learns nothing here; then it is there, most likely. */
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && !status;
}

enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const char *words,
				struct dlk_guard *ret)
{
	int ends[2];
	bool is_there;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no pair of sockets: %s", strerror(errno));
	is_there = fork_twice(ends[0], ends[1], fd, words);
	close(ends[0]);
	if (!is_there) {
		close(ends[1]);
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no process for the guard");
	}
	*ret = (struct dlk_guard){ .ours = ends[1], .is_there = true };
	return DLK_OK;
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
	ssize_t sent;
	int count;

	if (!g->is_there)
		return;
	do
		sent = send(g->ours, "", 1, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	do
		count = poll(&p, 1, LAST_MS);
	while (count < 0 && errno == EINTR);
	dlk_guard_release(g);
}
