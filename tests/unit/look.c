/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at a guest behind a fake gdbstub: see look.h. */
#include <config.h>

#include "look.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deadlock/session.h"
#include "support.h"

const char *capture(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/vmcores/captures/6.1-cloud-abba.elf.zst",
		 getenv("top_srcdir") ? getenv("top_srcdir") : ".");
	return path;
}

static void take_message(void *arg, enum dlk_level level, const char *text)
{
	struct messages *m = arg;

	m->notices += level == DLK_MSG_NOTICE;
	m->warnings += level == DLK_MSG_WARNING;
	if (level >= DLK_MSG_NOTICE)
		snprintf(m->last, sizeof(m->last), "%s", text);
}

struct look look_within(const struct stub *stub, unsigned timeout, unsigned stop_limit,
			bool keep_stopped)
{
	struct look l = { .status = DLK_OK };
	struct dlk_guest guest = { .stub = stub->address,
				   .timeout = timeout,
				   .stop_limit = stop_limit,
				   .keep_stopped = keep_stopped };
	struct dlk_open how = { .guest = &guest };
	struct dlk_analyze_options options = { 0 };
	struct dlk_session *session = NULL;
	struct dlk_verdict verdict = { 0 };
	struct dlk_model model;
	struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	ctx.message = take_message;
	ctx.message_arg = &l.messages;
	ctx.cancel = &stub->log->cancel;
	l.status = dlk_session_open_guest(&ctx, &how, &session);
	if (!l.status)
		l.status = dlk_session_analyze(session, &options, &model);
	dlk_session_close(session);
	if (!l.status)
		l.status = dlk_judge(&ctx, &model, &verdict);
	if (!l.status) {
		l.verdict = verdict.code;
		l.cycles = verdict.cycle_count;
		l.steps = verdict.cycle_count ? verdict.cycles[0].step_count : 0;
	}
	snprintf(l.text, sizeof(l.text), "%s", l.status ? ctx.err.text : "");
	dlk_ctx_deinit(&ctx);
	return l;
}

struct look look(const struct stub *stub, unsigned timeout, bool keep_stopped)
{
	return look_within(stub, timeout, 0, keep_stopped);
}

bool runs_soon(const struct stub *stub)
{
	for (int i = 0; i < 500 && !stub->log->runs; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	return stub->log->runs;
}

struct look look_at(const struct stub_plan *plan, unsigned timeout, bool keep_stopped,
		    struct stub_log *log)
{
	struct stub stub;
	struct look l;

	stub_start(&stub, plan);
	l = look(&stub, timeout, keep_stopped);
	/* Who got no answer at all leaves a word that is heard later. */
	if (l.status == DLK_ERR_LIMIT || l.status == DLK_ERR_CANCELED)
		runs_soon(&stub);
	stub_stop(&stub);
	*log = *stub.log;
	stub_free(&stub);
	assert_false(log->was_written);
	assert_false(log->read_device);
	assert_false(log->is_dead);
	return l;
}

void assert_abba(const struct look *l)
{
	if (l->status)
		fail_msg("%s", l->text);
	assert_int_equal(l->verdict, DLK_DEADLOCK);
	assert_int_equal(l->cycles, 1);
	assert_int_equal(l->steps, 2);
}

pid_t look_and_die(struct stub *stub, bool has_no_files)
{
	pid_t client = fork();

	if (client)
		return client;
	stub->log->client = getpid();
	for (int i = 0; i <= STDERR_FILENO && has_no_files; i++)
		close(i);
	look(stub, LONG_MS, false);
	_exit(0);
}

void assert_killed(pid_t client)
{
	int status;

	assert_int_equal(waitpid(client, &status, 0), client);
	assert_true(WIFSIGNALED(status));
}

bool is_left_soon(const struct stub *stub)
{
	for (int i = 0; i < 1000 && !stub->log->departures; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	return stub->log->departures;
}
