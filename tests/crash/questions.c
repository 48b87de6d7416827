/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While gdb is asked; only the first time that it is. */
#include <config.h>

#include "faults.h"

#include <sys/mman.h>
#include <sys/wait.h>

/* What a child has to tell. */
static struct fake_crash_plan *shared;

/* A child has what its parent knows, and keeps what it learns to itself: here, types. */
static void in_child(void (*test)(void))
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		test();
		fake_crash_close();
		free(faults_expected);
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/*
 * Each run comes one question further: the answer that a ^C met is kept, the one that did not come
 * is asked for again.
 */
static void each_question(enum fake_crash_event event, enum fake_crash_end end)
{
	for (unsigned questions = 0;; questions++) {
		struct fake_crash_plan plan = {
			.event = event,
			.counted = FAKE_CRASH_GDB,
			.at = event == FAKE_CRASH_JUMP && questions ? 2 : 1,
		};
		struct fake_crash_result r = run_json(&plan);
		bool is_over = plan.calls < plan.at;

		assert_true(fake_crash_is_unharmed());
		assert_true(is_over ? is_right(&r) : r.end == end && !*r.output && !*r.errors);
		fake_crash_forget(&r);
		if (is_over)
			break;
		assert_in_range(questions, 0, FAKE_CRASH_QUESTIONS);
	}
	check_sound();
}

static void jump_at_questions(void)
{
	each_question(FAKE_CRASH_JUMP, FAKE_CRASH_JUMPED);
}

static void interrupt_at_questions(void)
{
	each_question(FAKE_CRASH_INTERRUPT, FAKE_CRASH_INTERRUPTED);
}

/* What gdb fails to tell is like a kernel that does not have it. */
static uint64_t failing_question;

static void fail_at_question(void)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_FAIL,
					.counted = FAKE_CRASH_GDB,
					.at = failing_question };
	struct fake_crash_result r = run_json(&plan);

	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_true(*r.output || *r.errors);
	assert_true(fake_crash_is_unharmed());
	fake_crash_forget(&r);
}

/* crash forgets a ^C that is pending when gdb is asked. */
static uint64_t call_before_question;

static void interrupt_before_question(void)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_INTERRUPT,
					.counted = FAKE_CRASH_READS | FAKE_CRASH_SYMBOLS,
					.at = call_before_question };
	struct fake_crash_result r = run_json(&plan);

	assert_int_equal(r.end, FAKE_CRASH_INTERRUPTED);
	assert_string_equal(r.output, "");
	fake_crash_forget(&r);
	check_sound();
}

static void list_questions(void)
{
	struct fake_crash_result r = run_json(shared);

	assert_true(is_right(&r));
	fake_crash_forget(&r);
}

/* Must be the first: the parent has asked nothing yet. */
static void test_questions(void **state)
{
	(void)state;
	*shared = (struct fake_crash_plan){ .counted = FAKE_CRASH_GDB };
	in_child(list_questions);
	assert_in_range(shared->calls, 10, FAKE_CRASH_QUESTIONS);
	for (failing_question = 1; failing_question <= shared->calls; failing_question++)
		in_child(fail_at_question);
	in_child(jump_at_questions);
	in_child(interrupt_at_questions);
	*shared = (struct fake_crash_plan){ .counted = FAKE_CRASH_READS | FAKE_CRASH_SYMBOLS };
	in_child(list_questions);
	assert_in_range(shared->before_gdb_count, 1, FAKE_CRASH_QUESTIONS);
	for (unsigned i = 0; i < shared->before_gdb_count; i++) {
		call_before_question = shared->before_gdb[i];
		in_child(interrupt_before_question);
	}
	check_sound();
}

int faults_run_questions(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("faults: questions", tests, NULL, NULL);
}
