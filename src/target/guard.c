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

/* What we are told; NONE if there is nobody to tell us, or it takes too long. */
enum order { NONE, SPEAK = 's', DISMISS = 'd' };

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

static void speak(int fd, const char *words)
{
	ssize_t sent;

	do
		sent = send(fd, words, strlen(words), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
}

/*
 * Once the words have been said, nothing may follow them on this connection: a parent that is still there
 * is cut off from it.
 */
static void watch(int parent, int fd, const struct dlk_guard_words *words)
{
	int64_t end = words->limit ? now() + words->limit : INT64_MAX;
	bool has_spoken = false;
	enum order order;

	for (;;) {
		bool is_late = !wait_until(parent, end);

		order = is_late ? NONE : read_order(parent);
		if (order == DISMISS)
			return;
		if (!has_spoken)
			speak(fd, words->text);
		if (is_late)
			shutdown(fd, SHUT_WR);
		if (order != SPEAK)
			break;
		has_spoken = true;
		end = INT64_MAX;
	}
	read_what_comes(fd);
}

static void keep_guard(int parent, int fd, const struct dlk_guard_words *words)
{
	static const int stops[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
				     SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	parent = move_up(parent);
	fd = move_up(fd);
	/* Who waits for the end of our output must not wait for us. */
	for (int i = 0; i <= STDERR_FILENO && nowhere >= 0; i++)
		dup2(nowhere, i);
	close_others(parent, fd);
	/* What ends the parent from the terminal must not end its guard. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		signal(stops[i], SIG_IGN);
	watch(parent, fd, words);
	close(fd);
	_exit(0);
}

/* --- the parent's side */

/*
 * A child of a child that has ended is init's.  The session is there before we go on, and its leader no
 * more: it never gets a terminal.
 */
static bool fork_twice(int parent, int ours, int fd, const struct dlk_guard_words *words)
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
		keep_guard(parent, fd, words);
	}
	/* Who ignores SIGCHLD learns nothing here; then it is there, most likely. */
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && !status;
}

enum dlk_status dlk_guard_start(struct dlk_ctx *ctx, int fd, const struct dlk_guard_words *words,
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
