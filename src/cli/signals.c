/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals: see signals.h. */
#include <config.h>

#include "cli/signals.h"

#include <unistd.h>

#include "cli/answer.h"
#include "deadlock/context.h"

enum { ANSWER_SECONDS = 2 };

static volatile int is_canceled;
static volatile sig_atomic_t first; /* the signal that came first */

static void ask(int sig)
{
	is_canceled = sig == SIGXCPU ? DLK_CANCEL_CPU : DLK_CANCEL_ASKED;
	if (first)
		return;
	first = sig;
	alarm(ANSWER_SECONDS);
}

/* As the signal would have, but that CPU time used up is no fault to make a core of. */
static void end_at_once(int sig)
{
	static const char text[] = "deadlock: was to stop, and did not within 2 s: ended\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)sig;
	(void)written;
	if (first != SIGXCPU) {
		signal(first, SIG_DFL);
		raise(first);
	}
	_exit(DLK_EXIT_FAILED);
}

static void unblock(int sig)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

void dlk_signals_take(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	/* A second one finds the default action. */
	struct sigaction on_stop = { .sa_handler = ask, .sa_flags = (int)SA_RESETHAND };
	/* Of these one comes every second. */
	struct sigaction on_limit = { .sa_handler = ask };
	struct sigaction on_alarm = { .sa_handler = end_at_once };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction former;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (!sigaction(stops[i], NULL, &former) && former.sa_handler != SIG_IGN)
			sigaction(stops[i], &on_stop, NULL);
	sigaction(SIGXCPU, &on_limit, NULL);
	sigaction(SIGALRM, &on_alarm, NULL);
	unblock(SIGXCPU);
	unblock(SIGALRM);
	/* A reader that has seen enough (head, less) must not cost us the exit status. */
	sigaction(SIGPIPE, &ignore, NULL);
	/* Beyond "ulimit -f" write(2) then fails, and there is a message. */
	sigaction(SIGXFSZ, &ignore, NULL);
}

const volatile int *dlk_signals_cancel(void)
{
	return &is_canceled;
}

void dlk_signals_hold_stops(sigset_t *former)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stops, former);
}

void dlk_signals_let_stops_come(const sigset_t *former)
{
	sigprocmask(SIG_SETMASK, former, NULL);
}
