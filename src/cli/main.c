/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: opens a vmcore, has it analysed and judged, writes the report.
 *
 * Knows terminals, signals and exit statuses; everything else is asked of the layers below.
 * The exit statuses are in DLK_EXIT_TABLE (answer.h).
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/operands.h"
#include "report/out.h"

static const char usage[] = "Usage: deadlock [OPTION]... VMCORE... [VMLINUX]\n"
			    "       deadlock [OPTION]... --qemu ADDRESS [VMLINUX]\n"
			    "       deadlock [OPTION]... --qmp ADDRESS [VMLINUX]\n";

/* Set by SIGINT, SIGTERM and SIGHUP; the analysis looks at it and stops. */
static volatile int is_canceled;

static void cancel(int sig)
{
	(void)sig;
	is_canceled = 1;
}

/* A second SIGINT finds the default action; what nohup(1) ignores stays ignored. */
static void set_signals(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction on_stop = { .sa_handler = cancel, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction former;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (!sigaction(stops[i], NULL, &former) && former.sa_handler != SIG_IGN)
			sigaction(stops[i], &on_stop, NULL);
	/* A reader that has seen enough (head, less) must not cost us the exit status. */
	sigaction(SIGPIPE, &ignore, NULL);
	/* Beyond "ulimit -f" write(2) then fails, and there is a message. */
	sigaction(SIGXFSZ, &ignore, NULL);
}

/*
 * While a guest stands still we must not be stopped: a ^Z waits until it runs again.  A message from the
 * background does not stop us, where a terminal would have that (stty tostop).
 */
static void hold_stops(sigset_t *former)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stops, former);
}

static void let_stops_come(const sigset_t *former)
{
	sigprocmask(SIG_SETMASK, former, NULL);
}

/* What the messages go to. */
struct console {
	struct dlk_out err;
	bool is_terminal;
	bool has_progress; /* The terminal's last line is a progress message. */
};

static void clear_progress(struct console *c)
{
	if (c->has_progress)
		fputs("\r\033[K", stderr);
	c->has_progress = false;
}

/* deadlock: TEXT; the text may name things of the target, so it goes through dlk_out. */
static void complain(struct console *c, const char *text)
{
	clear_progress(c);
	dlk_out_print(&c->err, "deadlock: ");
	dlk_out_line(&c->err, "%s", text);
}

static void take_message(void *arg, enum dlk_level level, const char *text)
{
	struct console *c = arg;

	if (level == DLK_MSG_WARNING || level == DLK_MSG_NOTICE) {
		clear_progress(c);
		dlk_out_print(&c->err, "deadlock: %s", level == DLK_MSG_WARNING ? "warning: " : "");
		dlk_out_line(&c->err, "%s", text);
	} else if (level == DLK_MSG_PROGRESS && c->is_terminal) {
		clear_progress(c);
		dlk_out_print(&c->err, "%s ...", text);
		c->err.column = 0;
		c->has_progress = true;
		fflush(stderr);
	}
}

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb");
}

/* Close stdout; a closed pipe is no error, a full disk is. */
static int finish_output(struct console *c, int exit_status)
{
	if (!fclose(stdout) || errno == EPIPE)
		return exit_status;
	clear_progress(c);
	dlk_out_line(&c->err, "deadlock: standard output: %s", strerror(errno));
	return DLK_EXIT_FAILED;
}

static int print_help(struct console *c)
{
	fputs(usage, stdout);
	fputs("Print who waits for whom in a hung Linux kernel, by its vmcore or live in a QEMU\n"
	      "guest, and the deadlock.\n\n"
	      "Without an option: a summary, the cycles, the tasks at the end of long chains,\n"
	      "and what could not be read.\n\n",
	      stdout);
	dlk_options_help(stdout);
	fputs("\nExit status: " DLK_EXIT_TEXT ".\n"
	      "VMLINUX is needed only for a kernel without BTF, or without ORC tables and\n"
	      "frame pointers. See deadlock(8).\n",
	      stdout);
	return finish_output(c, EXIT_SUCCESS);
}

static int print_version(struct console *c)
{
	fputs("deadlock " PACKAGE_VERSION "\n", stdout);
	return finish_output(c, EXIT_SUCCESS);
}

static bool stat_operand(const char *path, struct stat *ret)
{
	return !(strcmp(path, "-") ? stat(path, ret) : fstat(STDIN_FILENO, ret));
}

static bool is_capture_to_output(const struct dlk_options *o)
{
	return o->capture && !strcmp(o->capture, "-");
}

/* Writing the capture over what it is read from would destroy the only copy of a crash. */
static enum dlk_status check_capture(struct dlk_ctx *ctx, const struct dlk_options *o)
{
	struct stat in, out;

	if (is_capture_to_output(o) && isatty(STDOUT_FILENO))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"--capture -: standard output is a terminal; redirect it");
	if (!o->capture || stat(o->capture, &out))
		return DLK_OK;
	for (int i = 0; i < o->operand_count; i++) {
		if (stat_operand(o->operands[i], &in) && in.st_dev == out.st_dev &&
		    in.st_ino == out.st_ino)
			return dlk_fail(ctx, DLK_ERR_INVALID,
					"%s: --capture must not overwrite the input", o->capture);
	}
	return DLK_OK;
}

/*
 * Analyse and report; the exit status is the verdict's, whatever a closed pipe swallowed.  What is
 * said of the kernel is known before it is said: a guest need not stand still any longer.  Where the capture
 * takes standard output, the report goes to standard error.
 */
static int analyze(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o,
		   struct dlk_session *session, const sigset_t *former)
{
	bool has_output = !is_capture_to_output(o);
	struct dlk_answer answer;
	enum dlk_status status = dlk_answer_find(ctx, session, o, &answer);

	dlk_session_close(session);
	let_stops_come(former);
	if (!status && answer.capture_error)
		complain(c, answer.capture_error);
	clear_progress(c);
	errno = 0;
	if (!status)
		status = dlk_answer_write(ctx, o, &answer, has_output && wants_colour(),
					  has_output ? stdout : stderr);
	if (status && !(status == DLK_ERR_SYSTEM && errno == EPIPE)) {
		complain(c, ctx->err.text);
		return DLK_EXIT_FAILED;
	}
	if (answer.capture_error)
		return DLK_EXIT_FAILED;
	return dlk_answer_exit(&answer);
}

static enum dlk_status open_session(struct dlk_ctx *ctx, const struct dlk_options *o,
				    const struct dlk_operands *files, struct dlk_session **ret)
{
	struct dlk_guest guest = { .stub = o->stub,
				   .qmp = o->qmp,
				   .timeout = o->timeout,
				   .stop_limit = o->stop_limit,
				   .keep_stopped = o->keep_stopped };
	struct dlk_open how = {
		.vmcore = files->vmcore,
		.parts = files->parts,
		.part_count = files->part_count,
		.vmlinux = files->vmlinux,
		.capture = o->capture,
		.guest = &guest,
	};

	return files->vmcore ? dlk_session_open_vmcore(ctx, &how, ret)
			     : dlk_session_open_guest(ctx, &how, ret);
}

static int run(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o,
	       const struct dlk_operands *files)
{
	struct dlk_session *session;
	sigset_t former;
	enum dlk_status status = check_capture(ctx, o);

	sigprocmask(SIG_BLOCK, NULL, &former);
	if (!status && !files->vmcore)
		hold_stops(&former);
	if (!status)
		status = open_session(ctx, o, files, &session);
	if (status) {
		let_stops_come(&former);
		complain(c, ctx->err.text);
		return DLK_EXIT_FAILED;
	}
	return finish_output(c, analyze(ctx, c, o, session, &former));
}

static int refuse(struct console *c, const char *text)
{
	complain(c, text);
	fputs(usage, stderr);
	fputs("Try 'deadlock --help'.\n", stderr);
	return DLK_EXIT_FAILED;
}

static int start(struct dlk_ctx *ctx, struct console *c, int argc, char **argv)
{
	struct dlk_options o;
	struct dlk_operands files;

	if (dlk_options_parse(ctx, DLK_PROGRAM, argc, argv, &o) != DLK_OK)
		return refuse(c, ctx->err.text);
	if (o.wants_help)
		return print_help(c);
	if (o.wants_version)
		return print_version(c);
	ctx->max_unpack = o.max_unpack;
	if (dlk_operands_sort(ctx, &o, &files) != DLK_OK)
		return refuse(c, ctx->err.text);
	return run(ctx, c, &o, &files);
}

int main(int argc, char **argv)
{
	struct dlk_ctx ctx;
	struct console console = {
		.err = { .ctx = &ctx, .file = stderr },
		.is_terminal = isatty(STDERR_FILENO),
	};
	int exit_status;

	set_signals();
	dlk_ctx_init(&ctx);
	ctx.message = take_message;
	ctx.message_arg = &console;
	ctx.cancel = &is_canceled;
	exit_status = start(&ctx, &console, argc, argv);
	dlk_ctx_deinit(&ctx);
	return exit_status;
}
