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

/* For the first word of the other side, and for more of it. */
enum { FIRST_MS = 600 * 1000, LAST_MS = 1000 };

/* The child's side; nothing here but system calls: it was forked from who knows what. */
static void read_what_comes(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	int limit = FIRST_MS;

	for (;;) {
		ssize_t got;

		if (poll(&p, 1, limit) <= 0)
			return;
		limit = LAST_MS;
		got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
			return;
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

static void keep_guard(int parent, int fd, const char *words)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t got;
	char byte;

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
	_exit(0);
}

enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const char *words,
				struct dlk_guard *ret)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no pair of sockets: %s", strerror(errno));
	child = fork();
	if (!child) {
		close(ends[1]);
		keep_guard(ends[0], fd, words);
	}
	close(ends[0]);
	if (child < 0) {
		close(ends[1]);
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "no process: %s", strerror(errno));
	}
	*ret = (struct dlk_guard){ .parent = ends[1], .child = child };
	return DLK_OK;
}

void dlk_guard_release(struct dlk_guard *g)
{
	if (g->child)
		close(g->parent);
	g->child = 0;
}

void dlk_guard_dismiss(struct dlk_guard *g)
{
	ssize_t sent;

	if (!g->child)
		return;
	do
		sent = send(g->parent, "", 1, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	close(g->parent);
	while (waitpid(g->child, NULL, 0) < 0 && errno == EINTR)
		continue;
	g->child = 0;
}
