/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extension in a crash(8) that is not one: each call that it makes of crash fails, does not
 * return, or is met by ^C.
 *
 * - Whatever happens, the session is as it was: signal mask and handlers, hook, open files, memory;
 *   and the next run is right.
 * - A call that does not return leaves through the hook, or, where crash does not call it, through
 *   the next command.
 * - After ^C nothing is printed, or all; never a part.
 *
 * Usage: faults CAPTURE TYPES              what gdb says of types, as tests/crash/record wrote it
 *        faults --questions CAPTURE TYPES  only what has to do with that: for another gdb
 *        faults --jumps CAPTURE TYPES      only calls that do not return
 *        faults --calls CAPTURE TYPES      only the rest
 *        faults --record CAPTURE [TYPES]   what gdb is asked besides, on standard error
 */
#include <config.h>

#include "faults.h"

#include "cli/answer.h"

enum { MAX_CALLS = 20000 };

const char *faults_input;
char faults_capture[] = "faults-XXXXXX", faults_dump[] = "faults-XXXXXX";
char *faults_expected;
static const char *types;

char *from_verdict(const char *json)
{
	const char *at = json ? strstr(json, "\"verdict\"") : NULL;

	return at ? strdup(at) : NULL;
}

struct fake_crash_result run_json(struct fake_crash_plan *plan)
{
	return fake_crash_run(plan, "deadlock --json");
}

bool is_right(const struct fake_crash_result *r)
{
	const char *at = strstr(r->output, "\"verdict\"");

	return r->end == FAKE_CRASH_RETURNED && at && !strcmp(at, faults_expected) && !*r->errors;
}

void check_sound(void)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	struct fake_crash_result r = run_json(&plan);

	assert_true(is_right(&r));
	assert_true(fake_crash_is_unharmed());
	fake_crash_forget(&r);
}

/* In a sound run of the plan. */
uint64_t count_calls(struct fake_crash_plan plan, const char *line)
{
	struct fake_crash_result r;

	plan.event = FAKE_CRASH_SOUND;
	r = fake_crash_run(&plan, line);

	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_in_range(plan.calls, 1, MAX_CALLS);
	fake_crash_forget(&r);
	return plan.calls;
}

void write_dump(const void *data, size_t len)
{
	FILE *f = fopen(faults_dump, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static enum dlk_status write_expected(struct dlk_ctx *ctx, struct dlk_session **session, FILE *out)
{
	struct dlk_options o = { .format = DLK_FORMAT_JSON };
	struct dlk_open how = { .vmcore = faults_input };
	struct dlk_answer answer;
	enum dlk_status status = dlk_session_open_vmcore(ctx, &how, session);

	if (!status)
		status = dlk_answer_find(ctx, *session, &o, &answer);
	return status ? status : dlk_answer_write(ctx, &o, &answer, false, out);
}

static bool expect(void)
{
	struct dlk_session *session = NULL;
	struct dlk_ctx ctx;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	enum dlk_status status;

	dlk_ctx_init(&ctx);
	status = write_expected(&ctx, &session, out);
	fclose(out);
	if (status)
		fprintf(stderr, "%s: %s\n", faults_input, ctx.err.text);
	dlk_session_close(session);
	dlk_ctx_deinit(&ctx);
	faults_expected = from_verdict(text);
	free(text);
	return !status && faults_expected;
}

/* Names of files to come. */
static bool make_names(void)
{
	int fd[] = { mkstemp(faults_capture), mkstemp(faults_dump) };

	close(fd[0]);
	close(fd[1]);
	unlink(faults_capture);
	return fd[0] >= 0 && fd[1] >= 0;
}

static int record(const char *path)
{
	struct fake_crash_plan plan = { .says_questions = true };
	struct fake_crash_result r;

	if (!fake_crash_open(path, types))
		return 1;
	r = run_json(&plan);
	fake_crash_forget(&r);
	fake_crash_close();
	return 0;
}

/* The first answer asks gdb what all further ones know then. */
static void ask_once(void)
{
	struct fake_crash_plan plan = { 0 };
	struct fake_crash_result r = run_json(&plan);

	fake_crash_forget(&r);
}

/* All, or the part that an option names; NULL: none does.  @return How many have failed. */
static int run(const char *part)
{
	int failed = 0;

	if (!part || !strcmp(part, "--questions"))
		failed += faults_run_questions();
	else
		ask_once();
	if (!part || !strcmp(part, "--jumps"))
		failed += faults_run_jumps();
	if (!part || !strcmp(part, "--calls"))
		failed += faults_run_calls() + faults_run_sound();
	return failed;
}

int main(int argc, char **argv)
{
	bool is_option = argc > 2 && !strncmp(argv[1], "--", 2);
	int failed = 1;

	if (argc < 3) {
		fprintf(stderr, "usage: faults [--questions|--jumps|--calls] CAPTURE TYPES | "
				"faults --record CAPTURE [TYPES]\n");
		return 2;
	}
	faults_input = argv[1 + is_option];
	types = argv[2 + is_option];
	if (!strcmp(argv[1], "--record"))
		return record(faults_input);
	if (make_names() && expect() && fake_crash_open(faults_input, types)) {
		failed = run(is_option ? argv[1] : NULL);
		fake_crash_close();
	}
	unlink(faults_capture);
	unlink(faults_dump);
	free(faults_expected);
	return failed != 0;
}
