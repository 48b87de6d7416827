/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the extension says, and does not do, when no call goes wrong. */
#include <config.h>

#include "faults.h"

/* "       #4 [ffffd41ec03dbf20] lab_abba_1+0x2f [dlk_scenario]": each has its line below. */
static void test_lines(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	struct fake_crash_result r = fake_crash_run(&plan, "deadlock -c -s -v");
	unsigned frames = 0;

	(void)state;
	assert_non_null(strstr(r.output, "[dlk_scenario]\n"));
	for (const char *at = strstr(r.output, " #"); at; at = strstr(at + 1, " #")) {
		const char *line = strchr(at, '\n');

		assert_non_null(line);
		line += 1 + strspn(line + 1, " ");
		assert_memory_equal(line, "kernel/fake.c:", strlen("kernel/fake.c:"));
		frames++;
	}
	assert_in_range(frames, 8, 100);
	fake_crash_forget(&r);
}

static void test_usage(void **state)
{
	static const char *const lines[][2] = {
		{ "deadlock --nonsense", "'--nonsense' is not an option\n" },
		{ "deadlock -c -w", "only one of -c, -w, -k, -t and -l can be given\n" },
		{ "deadlock %s%n", "'%s%n' is not understood\n" },
		{ "deadlock \x1b[2J\x9b\x7f\xe2\x80\xae",
		  "'\\x1b[2J\\x9b\\x7f\\xe2\\x80\\xae' is not understood\n" },
		{ "deadlock -t", "-t: crash is set to no task; give a pid or an address\n" },
		{ "deadlock -t -s -v", "-t: crash is set to no task; give a pid or an address\n" },
	};
	struct fake_crash_plan plan = { .counted = FAKE_CRASH_ERRORS };

	(void)state;
	fake_crash_set_task(0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct fake_crash_result r = fake_crash_run(&plan, lines[i][0]);

		assert_int_equal(r.end, FAKE_CRASH_USAGE);
		assert_string_equal(r.errors, lines[i][1]);
		assert_true(fake_crash_is_unharmed());
		fake_crash_forget(&r);
	}
	check_sound();
}

/* Nothing may be written to what is not where it is thought to be. */
static void test_other_crash(void **state)
{
	struct fake_crash_plan plan = { .counted = FAKE_CRASH_READS, .is_other_crash = true };
	struct fake_crash_result r = run_json(&plan);

	(void)state;
	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_string_equal(r.output, "");
	assert_non_null(strstr(r.errors, "crash 9.9.9 is not laid out as the defs.h"));
	assert_int_equal(plan.calls, 0);
	assert_true(fake_crash_is_unharmed());
	fake_crash_forget(&r);
	check_sound();
}

static void test_current_task(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	struct fake_crash_result r;

	(void)state;
	fake_crash_set_task(fake_crash_symbol("init_task"));
	r = fake_crash_run(&plan, "deadlock -t -s");
	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_non_null(strstr(r.output, "pid 0 "));
	fake_crash_forget(&r);
	fake_crash_set_task(0);
}

static void test_not_over_the_dump(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	char line[200];
	struct fake_crash_result r;

	(void)state;
	snprintf(line, sizeof(line), "deadlock -c --capture %s", faults_input);
	r = fake_crash_run(&plan, line);
	assert_string_equal(r.output, "");
	assert_non_null(strstr(r.errors, "--capture must not overwrite the input"));
	fake_crash_forget(&r);
	/* crash has it open, but names another file: of a split dump it names the last. */
	write_dump("", 0);
	plan.dump = faults_dump;
	r = fake_crash_run(&plan, line);
	assert_string_equal(r.output, "");
	assert_non_null(strstr(r.errors, "--capture must not overwrite the input"));
	fake_crash_forget(&r);
	check_sound();
}

/* With more files gdb may know what it did not, and then again nothing new. */
static void test_more_files(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	struct fake_crash_result r;

	(void)state;
	check_sound();
	for (int run = 0; run < 2; run++) {
		if (!run)
			fake_crash_add_file();
		r = run_json(&plan);
		assert_true(is_right(&r));
		assert_true(run ? !plan.questions : plan.questions > 10);
		fake_crash_forget(&r);
	}
}

static uint64_t first_mutex(const char *json)
{
	static const char id[] = "\"id\": \"mutex@";
	const char *at = strstr(json, id);

	assert_non_null(at);
	return strtoull(at + strlen(id), NULL, 16);
}

/*
 * A mutex is passed on between the two readings: its owner word is another one in one.  The cycle that was
 * made of it is not claimed; who holds it is not known then, so neither is that there is none; and nothing
 * is called corrupt.
 */
static void test_live(void **state)
{
	struct fake_crash_plan plan = { .counted = FAKE_CRASH_READS, .is_live = true };
	uint64_t once, mutex, stranger = fake_crash_symbol("init_task");
	struct fake_crash_result r;

	(void)state;
	plan.is_live = false;
	once = count_calls(plan, "deadlock --json");
	plan.is_live = true;
	r = run_json(&plan);
	mutex = first_mutex(r.output);
	assert_true(is_right(&r));
	assert_in_range(plan.calls, once + 1, 2 * once);
	fake_crash_forget(&r);
	for (int reading = 0; reading < 2; reading++) {
		fake_crash_poke(mutex, stranger, reading ? once + 1 : 1,
				reading ? UINT64_MAX : once + 1);
		r = run_json(&plan);
		assert_int_equal(r.end, FAKE_CRASH_RETURNED);
		assert_non_null(strstr(r.output, "\"verdict\": \"unknown\""));
		assert_null(strstr(r.output, "\"corrupt\""));
		fake_crash_forget(&r);
	}
	fake_crash_poke(0, 0, 0, 0);
	check_sound();
}

int faults_run_sound(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_other_crash),
		cmocka_unit_test(test_current_task),
		cmocka_unit_test(test_not_over_the_dump),
		cmocka_unit_test(test_more_files),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("faults: sound", tests, NULL, NULL);
}
