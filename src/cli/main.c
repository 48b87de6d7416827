/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: opens a vmcore, has it analysed and judged, writes the report.
 *
 * Knows terminals, signals and exit statuses; everything else is asked of the layers below.
 * The exit statuses are in DLK_EXIT_TEXT (answer.h).
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/governor.h"
#include "cli/log_answer.h"
#include "cli/operands.h"
#include "cli/sandbox.h"
#include "cli/signals.h"
#include "report/out.h"

static const char usage[] = "Usage: deadlock [OPTION]... VMCORE... [VMLINUX] [LOG]\n"
			    "       deadlock [OPTION]... LOG\n"
			    "       deadlock [OPTION]... --qemu ADDRESS [VMLINUX]\n"
			    "       deadlock [OPTION]... --qmp ADDRESS [VMLINUX]\n";

/* The sanitizers' and gcov's own last words need what the sandbox takes. */
#ifdef WITHOUT_SANDBOX
static const bool has_sandbox = false;
#else
static const bool has_sandbox = true;
#endif

/* What the messages go to. */
struct console {
	struct dlk_out err;
	bool is_terminal;
	bool is_verbose;
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

	if (level == DLK_MSG_WARNING || level == DLK_MSG_NOTICE ||
	    (level == DLK_MSG_DEBUG && c->is_verbose)) {
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
	fputs("Print who waits for whom in a hung Linux kernel, by its vmcore, live in a QEMU\n"
	      "guest, or by its console log (a file, or - for standard input), and the deadlock.\n\n"
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

/* What the answer says of a dump besides what is in it. */
struct besides {
	const char *name; /* as it was given; NULL for a guest */
	const struct dlk_log_beside *log;
	const sigset_t *former; /* signals, before any was held back */
};

/*
 * Analyse and report; the exit status is the verdict's, whatever a closed pipe swallowed.  What is
 * said of the kernel is known before it is said: a guest need not stand still any longer.  Where the capture
 * takes standard output, the report goes to standard error.
 */
static int analyze(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o,
		   struct dlk_session *session, const struct besides *besides)
{
	bool has_output = !is_capture_to_output(o);
	struct dlk_answer answer;
	enum dlk_status status = dlk_answer_find(ctx, session, o, &answer);

	dlk_session_close(session);
	dlk_signals_let_stops_come(besides->former);
	if (!status && besides->name)
		answer.model.source.name = besides->name;
	if (!status && besides->log)
		status = dlk_log_beside_compare(ctx, besides->log, &answer);
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

static int run_log(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o, int fd,
		   const char *name)
{
	struct dlk_log_answer answer;
	enum dlk_status status = dlk_log_answer_find(ctx, o, fd, name, &answer);

	close(fd);
	clear_progress(c);
	errno = 0;
	if (!status)
		status = dlk_log_answer_write(ctx, o, &answer, wants_colour(), stdout);
	if (status && !(status == DLK_ERR_SYSTEM && errno == EPIPE)) {
		complain(c, ctx->err.text);
		return DLK_EXIT_FAILED;
	}
	return finish_output(c, dlk_log_answer_exit(&answer));
}

/* What went through standard input, as it was looked at before, keeps its own name. */
static void complain_of(struct dlk_ctx *ctx, struct console *c, const char *name)
{
	static const char input[] = "-: ";
	const char *text = ctx->err.text;
	const char *own = name && !strncmp(text, input, strlen(input))
				  ? dlk_format(ctx, "%s%s", name, text + 1)
				  : NULL;

	complain(c, own ? own : text);
}

static int run_session(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o,
		       const struct dlk_operands *files, const char *name)
{
	struct dlk_session *session;
	struct dlk_log_beside beside;
	sigset_t former;
	const struct besides besides = { name, files->log ? &beside : NULL, &former };
	enum dlk_status status = check_capture(ctx, o);

	if (!status && files->log)
		status = dlk_log_beside_read(ctx, files->log, &beside);

	sigprocmask(SIG_BLOCK, NULL, &former);
	if (!status && !files->vmcore)
		dlk_signals_hold_stops(&former);
	if (!status)
		status = open_session(ctx, o, files, &session);
	if (status) {
		dlk_signals_let_stops_come(&former);
		complain_of(ctx, c, name);
		return DLK_EXIT_FAILED;
	}
	return finish_output(c, analyze(ctx, c, o, session, &besides));
}

/* A text by itself is a log; everything else is for a session. */
static int run(struct dlk_ctx *ctx, struct console *c, const struct dlk_options *o,
	       struct dlk_operands *files)
{
	const char *name = files->vmcore;
	int fd = -1;

	if (o->operand_count == 1 && name && dlk_log_open(ctx, &files->vmcore, &fd)) {
		complain(c, ctx->err.text);
		return DLK_EXIT_FAILED;
	}
	return fd < 0 ? run_session(ctx, c, o, files, name) : run_log(ctx, c, o, fd, name);
}

static int refuse(struct console *c, const char *text)
{
	complain(c, text);
	fputs(usage, stderr);
	fputs("Try 'deadlock --help'.\n", stderr);
	return DLK_EXIT_FAILED;
}

/* What is taken away as the session opens. */
struct confinement {
	struct dlk_ctx *ctx;
	struct dlk_sandbox sandbox;
	bool has_sandbox;
};

static void confine(void *arg, enum dlk_stage stage)
{
	const struct confinement *c = arg;

	if (stage == DLK_STAGE_OPENED)
		dlk_governor_start_cpu(c->ctx);
	if (c->has_sandbox)
		dlk_sandbox_close(c->ctx, &c->sandbox, stage);
}

/* Without a guest there is nothing to connect to. */
static enum dlk_status open_operands(struct dlk_ctx *ctx, struct dlk_options *o,
				     struct dlk_operands *files)
{
	if (!o->stub && !o->qmp)
		dlk_reach(ctx, DLK_STAGE_CONNECTED);
	return dlk_operands_sort(ctx, o, files);
}

static int start(struct dlk_ctx *ctx, struct console *c, struct confinement *confinement, int argc,
		 char **argv)
{
	struct dlk_options o;
	struct dlk_operands files;

	if (dlk_options_parse(ctx, DLK_PROGRAM, argc, argv, &o) != DLK_OK)
		return refuse(c, ctx->err.text);
	if (o.wants_help)
		return print_help(c);
	if (o.wants_version)
		return print_version(c);
	c->is_verbose = o.with_evidence;
	ctx->limits = o.limits;
	confinement->sandbox.capture = is_capture_to_output(&o) ? NULL : o.capture;
	confinement->has_sandbox = has_sandbox && !o.no_sandbox;
	if (dlk_governor_start(ctx) != DLK_OK) {
		complain(c, ctx->err.text);
		return DLK_EXIT_FAILED;
	}
	if (open_operands(ctx, &o, &files) != DLK_OK)
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
	struct confinement confinement = { .ctx = &ctx };
	int exit_status;

	dlk_signals_take();
	dlk_ctx_init(&ctx);
	ctx.message = take_message;
	ctx.message_arg = &console;
	ctx.cancel = dlk_signals_cancel();
	ctx.stage = confine;
	ctx.stage_arg = &confinement;
	exit_status = start(&ctx, &console, &confinement, argc, argv);
	dlk_ctx_deinit(&ctx);
	return exit_status;
}
