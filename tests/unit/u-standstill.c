/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a guest may stand still: not longer than its limit, whatever the gdbstub does, and whatever
 * is done to the program meanwhile.
 */
#include <config.h>

#include "look.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "target/gdbstub.h"

/* What a machine that is busy needs for an answer. */
enum { PATIENT_MS = 3000, LIMIT_MS = 2000, MIDDLE = 9 };

/* --- whether it ran */

/* No stop reply says that it ran, and no version that one would have come: it counts as one that ran. */
static void test_unknown_has_run(void **state)
{
	(void)state;
	for (unsigned place = 2; place <= 3; place++) {
		struct stub_plan plan = { .capture = capture(),
					  .is_8_1 = true,
					  .has_no_ack = true,
					  .fault = STUB_SILENT,
					  .fault_at = place };
		struct stub_log log;
		struct look l = look_at(&plan, PATIENT_MS, false, &log);

		assert_int_equal(l.status, DLK_ERR_LIMIT);
		if (!log.goodbyes)
			fail_msg("silent at %u: the guest was not let go", place);
		assert_true(log.runs);
	}
}

/* The same of one that dies then. */
static void test_unknown_has_run_when_killed(void **state)
{
	(void)state;
	for (unsigned place = 2; place <= 4; place++) {
		struct stub_plan plan = { .capture = capture(),
					  .is_8_1 = true,
					  .has_no_ack = true,
					  .fault = STUB_KILLS,
					  .fault_at = place };
		struct stub stub;

		stub_start(&stub, &plan);
		assert_killed(look_and_die(&stub, false));
		assert_true(runs_soon(&stub));
		stub_stop(&stub);
		stub_free(&stub);
	}
}

/* --- the limit */

/* No answer is late, and there is none too many: all together take too long. */
static void test_limit(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_SLOW, .fault_at = 3 };
	struct stub stub;
	struct look l;

	(void)state;
	stub_start(&stub, &plan);
	l = look_within(&stub, LONG_MS, LIMIT_MS, false);
	assert_int_not_equal(l.status, DLK_OK);
	if (!strstr(l.text, "is not to stand still longer"))
		fail_msg("%s", l.text);
	assert_non_null(strstr(l.messages.last, "runs again"));
	assert_true(stub.log->runs);
	assert_false(stub.log->is_dead);
	stub_stop(&stub);
	stub_free(&stub);
}

/* Nobody waits for one that stood, or is to stand. */
static void test_no_limit(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_stopped = true };
	struct stub stub;
	struct look l;

	(void)state;
	stub_start(&stub, &plan);
	l = look_within(&stub, LONG_MS, 1, true);
	assert_abba(&l);
	assert_false(stub.log->runs);
	stub_stop(&stub);
	stub_free(&stub);
}

/* It is known from the version that this one would have said that it ran: from then on. */
static void test_no_limit_once_it_is_known(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_stopped = true };
	struct dlk_gdbstub gdbstub;
	struct stub stub;
	struct dlk_ctx ctx;

	(void)state;
	stub_start(&stub, &plan);
	dlk_ctx_init(&ctx);
	struct dlk_wire_plan how = { .address = stub.address,
				     .timeout = LONG_MS,
				     .limit = LONG_MS,
				     .server = DLK_WIRE_ANYBODY };
	assert_int_equal(dlk_gdbstub_attach(&ctx, &how, DLK_RAN_UNKNOWN, &gdbstub), DLK_OK);
	assert_false(gdbstub.was_running);
	assert_int_equal(gdbstub.rsp.wire.limit, 0);
	assert_false(gdbstub.rsp.wire.guard.is_there);
	assert_int_equal(dlk_gdbstub_leave(&gdbstub, false), DLK_OK);
	dlk_ctx_deinit(&ctx);
	stub_stop(&stub);
	assert_false(stub.log->runs);
	stub_free(&stub);
}

/* The program is stopped, by what cannot be ignored: its guard lets the guest go in its stead. */
static void test_frozen(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_FREEZES, .fault_at = MIDDLE };
	struct stub stub;
	pid_t client;
	int status;

	(void)state;
	stub_start(&stub, &plan);
	client = fork();
	if (!client) {
		struct look l;

		stub.log->client = getpid();
		l = look_within(&stub, LONG_MS, LIMIT_MS, false);
		_exit(l.status && strstr(l.text, "is not to stand still longer") ? 0 : 1);
	}
	assert_int_equal(waitpid(client, &status, WUNTRACED), client);
	assert_true(WIFSTOPPED(status));
	assert_true(runs_soon(&stub));
	assert_int_equal(stub.log->goodbyes, 1);
	/* And when it goes on it says nothing on that connection: that would stop the guest again. */
	kill(client, SIGCONT);
	assert_int_equal(waitpid(client, &status, 0), client);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_true(runs_soon(&stub));
	assert_false(stub.log->is_dead);
	stub_stop(&stub);
	stub_free(&stub);
}

/* --- the terminal */

static pid_t run_program(struct stub *stub)
{
	const char *program = getenv("DEADLOCK");
	pid_t client = fork();

	if (client)
		return client;
	/* A process group whose parent is in another: only there ^Z means something. */
	setpgid(0, 0);
	stub->log->client = -getpid();
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(3);
	execl(program ? program : "./deadlock", "deadlock", "-c", "--qemu", stub->address,
	      (char *)NULL);
	_exit(3);
}

/* ^Z waits until the guest runs again. */
static void test_stopped_by_the_terminal(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_STOPS, .fault_at = MIDDLE };
	struct stub stub;
	pid_t client;
	int status;

	(void)state;
	stub_start(&stub, &plan);
	client = run_program(&stub);
	assert_int_equal(waitpid(client, &status, WUNTRACED), client);
	assert_true(WIFSTOPPED(status));
	assert_true(stub.log->runs);
	kill(client, SIGCONT);
	assert_int_equal(waitpid(client, &status, 0), client);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	stub_stop(&stub);
	stub_free(&stub);
}

/* All that belongs to the terminal's job is killed: the guard does not. */
static void test_group_is_killed(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_KILLS, .fault_at = MIDDLE };
	struct stub stub;

	(void)state;
	stub_start(&stub, &plan);
	assert_killed(run_program(&stub));
	assert_true(runs_soon(&stub));
	stub_stop(&stub);
	stub_free(&stub);
}

/* --- the guard does not listen for ever */

static void assert_guard_ends(enum stub_fault fault)
{
	struct stub_plan plan = { .capture = capture(), .fault = fault, .fault_at = MIDDLE };
	struct stub stub;

	stub_start(&stub, &plan);
	assert_killed(look_and_die(&stub, false));
	assert_true(is_left_soon(&stub));
	stub_stop(&stub);
	stub_free(&stub);
}

static void test_guard_ends(void **state)
{
	(void)state;
	assert_guard_ends(STUB_KILLS_AND_TALKS);
	assert_guard_ends(STUB_KILLS_AND_TRICKLES);
}

/* --- what has no end */

static void test_endless(void **state)
{
	static const char *const words[] = {
		[STUB_ENDLESS_DOCUMENT] = "does not end",
		[STUB_ENDLESS_CHARACTERS] = "does not end",
		[STUB_ENDLESS_CPUS] = "list of CPUs makes no sense",
		[STUB_ENDLESS_MONITOR] = "what its monitor prints makes no sense",
		[STUB_ENDLESS_REGISTERS] = "no answer within",
		[STUB_ENDLESS_NESTING] = "is no XML",
		[STUB_ENDLESS_INCLUDES] = "an include",
	};

	/* Questions that may be spent on it. */
	static const unsigned most[STUB_ENDLESS_COUNT] = {
		[STUB_ENDLESS_CHARACTERS] = 10000, [STUB_ENDLESS_CPUS] = 5000
	};

	(void)state;
	for (enum stub_endless what = STUB_ENDS + 1; what < STUB_ENDLESS_COUNT; what++) {
		struct stub_plan plan = { .capture = capture(), .endless = what };
		unsigned timeout = what == STUB_ENDLESS_REGISTERS ? PATIENT_MS : LONG_MS;
		struct stub_log log;
		struct look l = look_at(&plan, timeout, false, &log);

		assert_int_not_equal(l.status, DLK_OK);
		if (!strstr(l.text, words[what]))
			fail_msg("%d: '%s' is not in '%s'", (int)what, words[what], l.text);
		assert_in_range(log.questions, 1, most[what] ? most[what] : 1000);
		assert_true(log.runs);
	}
}

/* --- who serves a socket */

/* To another user's socket nothing is said, nor is it told to let anything go. */
static void test_another_users_socket(void **state)
{
	struct stub_plan plan = { .capture = capture() };
	struct dlk_gdbstub gdbstub;
	struct stub stub;
	struct dlk_ctx ctx;

	(void)state;
	stub_start(&stub, &plan);
	dlk_ctx_init(&ctx);
	struct dlk_wire_plan how = { .address = stub.address,
				     .timeout = LONG_MS,
				     .server = (int64_t)getuid() + 1 };
	assert_int_equal(dlk_gdbstub_attach(&ctx, &how, DLK_RAN, &gdbstub), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(ctx.err.text, "'s socket"));
	assert_false(gdbstub.is_attached);
	assert_true(is_left_soon(&stub));
	assert_int_equal(stub.log->questions, 0);
	how.server = getuid();
	assert_int_equal(dlk_gdbstub_attach(&ctx, &how, DLK_RAN, &gdbstub), DLK_OK);
	assert_int_equal(dlk_gdbstub_leave(&gdbstub, true), DLK_OK);
	assert_true(stub.log->runs);
	dlk_ctx_deinit(&ctx);
	stub_stop(&stub);
	stub_free(&stub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_has_run),
		cmocka_unit_test(test_unknown_has_run_when_killed),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_no_limit_once_it_is_known),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_stopped_by_the_terminal),
		cmocka_unit_test(test_group_is_killed),
		cmocka_unit_test(test_guard_ends),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_another_users_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
