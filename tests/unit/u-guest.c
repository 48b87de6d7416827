/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/guest.c and gdbstub.c: a guest behind a gdbstub that behaves, and behind ones that do
 * not.  Whatever happens, nothing is written and the guest is left as it was found.
 */
#include <config.h>

#include "look.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"
#include "target/gdbstub.h"

enum { MANY = 64, CPU_AT = 11 };

static void test_running_guest(void **state)
{
	struct stub_plan plan = { .capture = capture() };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_true(log.runs);
	assert_int_equal(log.goodbyes, 1);
	assert_int_equal(log.connections, 1);
	assert_false(log.phys_mode);
	assert_int_equal(l.messages.notices, 1);
	assert_int_equal(l.messages.warnings, 0);
	assert_non_null(strstr(l.messages.last, "runs again"));
}

static void test_stopped_guest_stays_stopped(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_stopped = true };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_int_equal(log.goodbyes, 0);
	assert_false(log.runs);
	assert_false(log.phys_mode);
	assert_non_null(strstr(l.messages.last, "still does"));
}

static void test_keep_stopped(void **state)
{
	struct stub_plan plan = { .capture = capture() };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, true, &log);

	(void)state;
	assert_abba(&l);
	assert_int_equal(log.goodbyes, 0);
	assert_false(log.runs);
	assert_false(log.phys_mode);
}

/* Notifications, stop replies unasked, run-lengths, escapes: all of it is allowed. */
static void test_noise(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_noisy = true };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_true(log.runs);
}

static void test_no_ack_mode(void **state)
{
	struct stub_plan plan = { .capture = capture(), .has_no_ack = true };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_true(log.runs);
}

/* GDB's wish for processes outlives its session: without one in "D;1" nothing runs. */
static void test_after_a_debugger(void **state)
{
	struct stub_plan plan = { .capture = capture(), .was_debugged = true };
	struct stub_plan busy = { .capture = capture(), .was_debugged = true, .is_busy = true };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_true(log.runs);
	look_at(&busy, SHORT_MS, false, &log);
	assert_true(log.runs);
}

/* From QEMU 8.1 on nothing tells one that ran from one that stood. */
static void test_silent_about_the_guest(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_8_1 = true };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_abba(&l);
	assert_true(log.runs);
	assert_non_null(strstr(l.messages.last, "runs again"));
}

static void test_no_map(void **state)
{
	struct stub_plan plan = { .capture = capture(), .has_no_map = true };
	struct stub stub;
	struct look l;

	(void)state;
	stub_start(&stub, &plan);
	l = look(&stub, LONG_MS, false);
	stub_stop(&stub);
	assert_abba(&l);
	assert_true(stub.log->runs);
	assert_int_equal(l.messages.warnings, 1);
	stub_free(&stub);
}

/* --- what is refused, and in which words */

static void assert_refused(const struct stub_plan *plan, unsigned timeout, const char *words)
{
	struct stub_log log;
	struct look l = look_at(plan, timeout, false, &log);

	assert_int_not_equal(l.status, DLK_OK);
	if (!strstr(l.text, words))
		fail_msg("'%s' is not in '%s'", words, l.text);
	assert_true(log.runs);
	assert_false(log.phys_mode);
}

static void test_refusals(void **state)
{
	const struct stub_plan arm = { .capture = capture(), .architecture = "aarch64" };
	const struct stub_plan other = { .is_no_qemu = true };
	const struct stub_plan old = { .capture = capture(), .is_old = true };
	const struct stub_plan empty = { .capture = NULL };

	(void)state;
	assert_refused(&arm, LONG_MS, "architecture aarch64");
	assert_refused(&other, LONG_MS, "not QEMU's gdbstub");
	assert_refused(&old, LONG_MS, "QEMU 4.1");
	assert_refused(&empty, LONG_MS, "map no Linux kernel");
}

/* It is not known whether anybody will ever answer: the word that lets the guest go is left there. */
static void test_somebody_else_is_attached(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_busy = true };
	struct stub stub;
	struct look l;

	(void)state;
	stub_start(&stub, &plan);
	l = look(&stub, SHORT_MS, true);
	assert_int_equal(l.status, DLK_ERR_LIMIT);
	assert_non_null(strstr(l.text, "a debugger is attached already"));
	assert_int_equal(stub.log->goodbyes, 0);
	look(&stub, SHORT_MS, false);
	assert_true(runs_soon(&stub));
	stub_stop(&stub);
	stub_free(&stub);
}

/* Nobody waits for the timeout, let alone for the goodbye's, who has pressed ^C. */
static void test_cancel_while_somebody_else_is_attached(void **state)
{
	struct stub_plan plan = { .capture = capture(), .is_busy = true };
	struct stub stub;
	struct look l;
	time_t start = time(NULL);

	(void)state;
	stub_start(&stub, &plan);
	stub.log->cancel = 1;
	l = look(&stub, LONG_MS, false);
	assert_int_equal(l.status, DLK_ERR_CANCELED);
	assert_true(time(NULL) - start < LONG_MS / 1000 / 2);
	assert_true(runs_soon(&stub));
	stub_stop(&stub);
	stub_free(&stub);
}

static struct look look_at_address(const char *address, unsigned timeout)
{
	struct stub stub = { .pid = 0 };
	struct stub_log log = { .questions = 0 };

	stub.log = &log;
	snprintf(stub.address, sizeof(stub.address), "%s", address);
	return look(&stub, timeout, false);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *address, *words;
		enum dlk_status status;
	} cases[] = {
		{ "unix:/nonexistent/gdb", "No such file", DLK_ERR_SYSTEM },
		{ "unix:", "a path of 1 to", DLK_ERR_INVALID },
		{ "nowhere", "is no address", DLK_ERR_INVALID },
		{ "tcp:127.0.0.1:", "is no address", DLK_ERR_INVALID },
		{ "127.0.0.1:1", "refused", DLK_ERR_SYSTEM },
		{ "localhost:1", "refused", DLK_ERR_SYSTEM },
		{ ":1", "refused", DLK_ERR_SYSTEM },
		{ "tcp:[::1]:no-such-port", "is no address", DLK_ERR_INVALID },
		{ "tcp:127.0.0.1:65536", "is no address", DLK_ERR_INVALID },
		{ "tcp:127.0.0.1:0", "is no address", DLK_ERR_INVALID },
		/* No name is looked up, whoever may know it. */
		{ "tcp:a.host:1", "names are not looked up", DLK_ERR_INVALID },
		{ "ip6-localhost:1", "getent ahosts ip6-localhost", DLK_ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct look l = look_at_address(cases[i].address, LONG_MS);

		assert_int_equal(l.status, cases[i].status);
		if (!strstr(l.text, cases[i].words))
			fail_msg("%s: '%s' is not in '%s'", cases[i].address, cases[i].words,
				 l.text);
	}
}

static int try_to_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

/* Others wait already for who serves one at a time: more than the socket lets wait. */
static void test_queue_is_full(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), waiting[8], count = 0;
	char address[128];
	struct temp temp;
	struct look l;

	(void)state;
	temp_make(&temp);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", temp_file(&temp, "gdb"));
	snprintf(address, sizeof(address), "unix:%.100s", addr.sun_path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	while (count < 8 && (waiting[count] = try_to_connect(addr.sun_path)) >= 0)
		count++;
	assert_true(count < 8);
	l = look_at_address(address, SHORT_MS);
	assert_int_equal(l.status, DLK_ERR_LIMIT);
	assert_non_null(strstr(l.text, "a debugger is attached already"));
	while (count)
		close(waiting[--count]);
	close(listener);
	temp_remove(&temp);
}

/* --- faults, at every question there is */

static unsigned count_questions(void)
{
	struct stub_plan plan = { .capture = capture() };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	assert_abba(&l);
	return log.questions;
}

/* All of the first ones, which differ, and a spread over those that read memory. */
static unsigned next_place(unsigned place, unsigned count)
{
	return place < 20 ? place + 1 : place + count / 6;
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* What is said may be too little, never wrong. */
static void assert_honest(const struct look *l, enum stub_fault fault, unsigned place)
{
	if (!l->status && l->verdict == DLK_DEADLOCK && (l->cycles != 1 || l->steps != 2))
		fail_msg("fault %d at %u: a cycle that is none", (int)fault, place);
	if (l->status && !l->text[0])
		fail_msg("fault %d at %u: no word why", (int)fault, place);
}

static void assert_all_places(enum stub_fault fault, unsigned timeout)
{
	unsigned count = count_questions();

	assert_true(count > MANY);
	for (unsigned place = 1; place <= count; place = next_place(place, count)) {
		struct stub_plan plan = { .capture = capture(), .fault = fault, .fault_at = place };
		struct stub_log log;
		struct look l = look_at(&plan, timeout, false, &log);

		assert_honest(&l, fault, place);
		if (!log.runs)
			fail_msg("fault %d at %u of %u: the guest does not run (%s)", (int)fault,
				 place, count, l.text);
	}
}

static void test_connection_lost(void **state)
{
	(void)state;
	assert_all_places(STUB_CLOSES, LONG_MS);
	assert_all_places(STUB_CUT, LONG_MS);
}

static void test_no_answer(void **state)
{
	(void)state;
	assert_all_places(STUB_SILENT, SHORT_MS);
}

static void test_strange_answers(void **state)
{
	(void)state;
	assert_all_places(STUB_ERROR, LONG_MS);
	assert_all_places(STUB_EMPTY, LONG_MS);
	assert_all_places(STUB_GARBAGE, LONG_MS);
}

static void test_endless_answers(void **state)
{
	(void)state;
	assert_all_places(STUB_HUGE, SHORT_MS);
	assert_all_places(STUB_CHATTER, SHORT_MS);
}

static void test_cancel(void **state)
{
	unsigned count = count_questions();

	(void)state;
	for (unsigned place = 1; place < count; place = next_place(place, count)) {
		struct stub_plan plan = { .capture = capture(),
					  .fault = STUB_CANCELS,
					  .fault_at = place };
		struct stub_log log;
		struct look l = look_at(&plan, LONG_MS, false, &log);

		/* Too late is allowed: what remained was no question of ours. */
		if (l.status)
			assert_int_equal(l.status, DLK_ERR_CANCELED);
		assert_true(log.runs);
		assert_false(log.phys_mode);
	}
}

/* A damaged answer is asked for again where that can be: the answer is as if nothing had been. */
static void test_damage_is_repaired(void **state)
{
	static const enum stub_fault faults[] = { STUB_BAD_SUM_ONCE, STUB_NAK_ONCE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (unsigned place = 1; place <= 4; place++) {
			struct stub_plan plan = { .capture = capture(),
						  .fault = faults[i],
						  .fault_at = place };
			struct stub_log log;
			struct look l = look_at(&plan, LONG_MS, false, &log);

			assert_abba(&l);
			assert_true(log.runs);
		}
	}
}

/*
 * Of questions that were put together none can be asked again: the answers would be shifted.  All
 * places of a batch of 32.
 */
static void test_damage_among_others(void **state)
{
	unsigned count = count_questions(), refused = 0;

	(void)state;
	for (unsigned place = count / 2; place <= count / 2 + 32; place++) {
		struct stub_plan plan = { .capture = capture(),
					  .fault = place % 4 ? STUB_NAK_ONCE : STUB_BAD_SUM_ONCE,
					  .fault_at = place };
		struct stub_log log;
		struct look l = look_at(&plan, LONG_MS, false, &log);

		refused += l.status != DLK_OK;
		if (!l.status)
			assert_abba(&l);
		assert_true(log.runs);
		assert_int_equal(log.connections, 1);
	}
	assert_true(refused > 0);
}

static void test_cancel_of_endless_talk(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_TALKS, .fault_at = 9 };
	struct stub_log log;
	struct look l = look_at(&plan, 10 * SHORT_MS, false, &log);

	(void)state;
	assert_int_equal(l.status, DLK_ERR_CANCELED);
	assert_true(log.runs);
}

/* A list of CPUs of which one is not there. */
static void test_cpu_that_is_not_shown(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_ERROR, .fault_at = CPU_AT };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_int_equal(l.status, DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(l.text, "a CPU that it does not show"));
}

static void test_damage_without_end(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_BAD_SUM, .fault_at = 5 };
	struct stub_log log;
	struct look l = look_at(&plan, LONG_MS, false, &log);

	(void)state;
	assert_int_not_equal(l.status, DLK_OK);
	assert_non_null(strstr(l.text, "garbled"));
	/* It answers nothing any more that can be understood, but hears. */
	assert_true(log.goodbyes > 0);
}

/* --- death */

static void test_killed(void **state)
{
	unsigned count = count_questions();

	(void)state;
	/* Before the first answer there is nobody who knows.  The last is the goodbye itself. */
	for (unsigned place = 2; place <= count;
	     place = place < count ? min(next_place(place, count), count) : count + 1) {
		struct stub_plan plan = { .capture = capture(),
					  .fault = STUB_KILLS,
					  .fault_at = place };
		struct stub stub;
		int status;
		pid_t client;

		stub_start(&stub, &plan);
		client = fork();
		if (!client) {
			stub.log->client = getpid();
			look(&stub, LONG_MS, false);
			_exit(0);
		}
		assert_int_equal(waitpid(client, &status, 0), client);
		assert_true(WIFSIGNALED(status));
		if (!runs_soon(&stub))
			fail_msg("killed at %u of %u: the guest does not run", place, count);
		/* Until then its guard may speak. */
		if (place == count)
			assert_true(is_left_soon(&stub));
		assert_false(stub.log->is_dead);
		assert_false(stub.log->was_written);
		stub_stop(&stub);
		stub_free(&stub);
	}
}

/* From the moment on that the stub has said so. */
static void test_killed_at_a_stopped_guest(void **state)
{
	unsigned count = count_questions();

	(void)state;
	for (unsigned place = 4; place < count - 1; place = next_place(place, count)) {
		struct stub_plan plan = { .capture = capture(),
					  .is_stopped = true,
					  .fault = STUB_KILLS,
					  .fault_at = place };
		struct stub stub;

		stub_start(&stub, &plan);
		assert_killed(look_and_die(&stub, false));
		assert_true(is_left_soon(&stub));
		if (stub.log->runs)
			fail_msg("killed at %u of %u: the guest runs", place, count);
		stub_stop(&stub);
		stub_free(&stub);
	}
}

/* Standard input and the like were closed: their numbers are the connection's. */
static void test_killed_without_files(void **state)
{
	struct stub_plan plan = { .capture = capture(), .fault = STUB_KILLS, .fault_at = 9 };
	struct stub stub;

	(void)state;
	stub_start(&stub, &plan);
	assert_killed(look_and_die(&stub, true));
	assert_true(runs_soon(&stub));
	stub_stop(&stub);
	stub_free(&stub);
}

static unsigned count_files(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Whatever happened: no file and no child is left. */
static void test_nothing_is_left(void **state)
{
	static const enum stub_fault faults[] = { STUB_NO_FAULT, STUB_CLOSES, STUB_ERROR,
						  STUB_GARBAGE,  STUB_CUT,    STUB_SILENT };
	unsigned before = count_files();

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (unsigned place = 2; place < 30; place += 14) {
			struct stub_plan plan = { .capture = capture(),
						  .fault = faults[i],
						  .fault_at = place };
			struct stub_log log;

			look_at(&plan, SHORT_MS, false, &log);
			assert_int_equal(count_files(), before);
			assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		}
	}
}

/* --- the memory map */

static void test_map(void **state)
{
	static const char text[] =
		"FlatView #0\n AS \"I/O\", root: io\n"
		"  0000000000000000-0000000000000007 (prio 0, ram): not-memory\n\n"
		"FlatView #1\n AS \"memory\", root: system\n AS \"cpu-memory-0\", root: system\n"
		" Root memory region: system\n"
		"  0000000000000000-000000000009ffff (prio 0, ram): pc.ram\n"
		"  00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem\n"
		"  00000000000c0000-00000000000fffff (prio 0, rom): pc.rom\n"
		"  0000000000100000-000000001fffffff (prio 0, ram): pc.ram @0000000000100000\n"
		"  00000000f0000000-00000000f0ffffff (prio 0, ramd): 0000:01:00.0 BAR 0\n"
		"  0000000100000000-000000017fffffff (prio 0, ram): pc.ram @0000000020000000\n"
		"  nonsense\n"
		"  0000000180000000-000000018fffffff\n"
		"  0000000200000000-0000000100000000 (prio 0, ram): backwards\n"
		"\nFlatView #2\n AS \"other\", root: other\n"
		"  0000000900000000-0000000900000fff (prio 0, ram): not-memory\n";
	static const struct dlk_ram_range expected[] = { { 0, 0xa0000 },
							 { 0xc0000, 0x100000 },
							 { 0x100000, 0x20000000 },
							 { 0x100000000, 0x180000000 } };
	struct dlk_ctx ctx;
	struct dlk_vec ranges;

	(void)state;
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_gdbstub_parse_map(&ctx, text, &ranges), DLK_OK);
	assert_int_equal(ranges.len, 4);
	assert_memory_equal(ranges.data, expected, sizeof(expected));
	assert_int_equal(dlk_gdbstub_parse_map(&ctx, "unknown command\n", &ranges), DLK_OK);
	assert_int_equal(ranges.len, 0);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_guest),
		cmocka_unit_test(test_stopped_guest_stays_stopped),
		cmocka_unit_test(test_keep_stopped),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_no_ack_mode),
		cmocka_unit_test(test_after_a_debugger),
		cmocka_unit_test(test_silent_about_the_guest),
		cmocka_unit_test(test_no_map),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_somebody_else_is_attached),
		cmocka_unit_test(test_cancel_while_somebody_else_is_attached),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_queue_is_full),
		cmocka_unit_test(test_connection_lost),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_strange_answers),
		cmocka_unit_test(test_endless_answers),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_damage_is_repaired),
		cmocka_unit_test(test_damage_among_others),
		cmocka_unit_test(test_damage_without_end),
		cmocka_unit_test(test_cancel_of_endless_talk),
		cmocka_unit_test(test_cpu_that_is_not_shown),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_at_a_stopped_guest),
		cmocka_unit_test(test_killed_without_files),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
