/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call of crash but those of gdb fails, does not return, or is met by ^C. */
#include <config.h>

#include "faults.h"

#include <malloc.h>

/* A sound run after so many others; each must be right, but all would take minutes. */
enum { SOUND_EVERY = 100, CAPTURE_STEP = 83 };

enum { COPIED = 1 << 16 /* holds the headers and notes of a capture */ };

/* Bytes in use; a sanitizer has an allocator of its own, and looks for leaks at the end. */
static size_t memory(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

typedef void check_fn(const struct fake_crash_plan *, const struct fake_crash_result *);

static void run_and_check(struct fake_crash_plan *plan, const char *line, check_fn *check)
{
	struct fake_crash_result r = fake_crash_run(plan, line);

	check(plan, &r);
	fake_crash_forget(&r);
}

/*
 * The n-th of the calls goes wrong, for all n; or for every plan.at-th.  A run that goes wrong may ask
 * gdb what a sound one does not, and the answer is kept: then the memory of a second one counts.
 */
static void each_call(struct fake_crash_plan plan, const char *line, check_fn *check)
{
	uint64_t calls = count_calls(plan, line);
	uint64_t step = plan.at ? plan.at : 1;
	size_t before;

	unlink(faults_capture); /* of that run */
	check_sound();
	before = memory();
	for (plan.at = 1; plan.at <= calls; plan.at += step) {
		run_and_check(&plan, line, check);
		if (plan.questions) {
			check_sound();
			before = memory();
			run_and_check(&plan, line, check);
			assert_int_equal(plan.questions, 0);
		}
		if (!plan.without_hook) {
			assert_true(fake_crash_is_unharmed());
			assert_int_equal(memory(), before);
		}
		if (plan.at % SOUND_EVERY == 0)
			check_sound();
	}
	check_sound();
	assert_int_equal(memory(), before);
}

static void check_jumped(const struct fake_crash_plan *plan, const struct fake_crash_result *r)
{
	(void)plan;
	assert_int_equal(r->end, FAKE_CRASH_JUMPED);
	assert_string_equal(r->output, "");
}

static void test_jump(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_JUMP, .counted = FAKE_CRASH_ALL },
		  "deadlock --json", check_jumped);
}

/* What one command left is given back by the next. */
static void test_jump_without_hook(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_JUMP,
					    .counted = FAKE_CRASH_ALL,
					    .without_hook = true },
		  "deadlock --json", check_jumped);
}

/* No registers and no VMCOREINFO: crash's word for the page tables. */
static void test_jump_nowhere(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_JUMP,
					    .counted = FAKE_CRASH_ALL,
					    .is_nowhere = true },
		  "deadlock --json", check_jumped);
}

/* As QEMU writes most dumps: the page tables are looked for, from the CPUs' CR3. */
static void test_jump_searching(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_JUMP,
					.counted = FAKE_CRASH_ALL,
					.dump = faults_dump };
	static char head[COPIED];
	FILE *f = fopen(faults_input, "re");
	char *note;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
	fclose(f);
	note = memmem(head, sizeof(head), "VMCOREINFO", strlen("VMCOREINFO"));
	assert_non_null(note);
	*note = 'X';
	write_dump(head, sizeof(head));
	each_call(plan, "deadlock --json", check_jumped);
}

static char *all_stacks(struct fake_crash_plan plan)
{
	struct fake_crash_result r = fake_crash_run(&plan, "deadlock --json -s");
	char *text = from_verdict(r.output);

	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_non_null(text);
	fake_crash_forget(&r);
	return text;
}

/* Its notes are where only crash knows; without them the stacks of running tasks are not seen. */
static void test_flattened(void **state)
{
	static const char signature[16] = "makedumpfile";
	struct fake_crash_plan plan = { .event = FAKE_CRASH_JUMP,
					.counted = FAKE_CRASH_ALL,
					.dump = faults_dump };
	char *flattened, *plain, *nowhere;

	(void)state;
	write_dump(signature, sizeof(signature));
	flattened = all_stacks((struct fake_crash_plan){ .dump = faults_dump });
	plain = all_stacks((struct fake_crash_plan){ .dump = NULL });
	nowhere = all_stacks((struct fake_crash_plan){ .is_nowhere = true });
	assert_string_equal(flattened, plain);
	assert_string_not_equal(flattened, nowhere);
	free(flattened);
	free(plain);
	free(nowhere);
	each_call(plan, "deadlock --json", check_jumped);
}

/* The headers of a kdump file that ends at a page frame; one of several, if it is split. */
static void write_kdump(uint32_t is_split, uint64_t end)
{
	static const uint32_t version = 6, block_size = 4096, sub_blocks = 1;
	static unsigned char headers[2 * 4096];

	memset(headers, 0, sizeof(headers));
	memcpy(headers, "KDUMP   ", 8);
	memcpy(headers + 8, &version, 4);
	memcpy(headers + 428, &block_size, 4);
	memcpy(headers + 432, &sub_blocks, 4);
	memcpy(headers + 4096 + 12, &is_split, 4);
	memcpy(headers + 4096 + 88, &end, 8);
	write_dump(headers, sizeof(headers));
}

/* crash gives wrong pages of the second file, unless it begins at a multiple of 64. */
static void test_split(void **state)
{
	struct fake_crash_plan plan = { .dump = faults_dump };
	struct fake_crash_result r;

	(void)state;
	write_kdump(1, 43382);
	r = run_json(&plan);
	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_string_equal(r.output, "");
	assert_non_null(strstr(r.errors, "of this split dump crash gives wrong pages"));
	fake_crash_forget(&r);
	write_kdump(1, 130560);
	r = run_json(&plan);
	assert_non_null(strstr(r.output, "\"verdict\": \"deadlock\""));
	fake_crash_forget(&r);
	write_kdump(0, 43382);
	r = run_json(&plan);
	assert_non_null(strstr(r.output, "\"verdict\": \"deadlock\""));
	fake_crash_forget(&r);
}

static void test_jump_lines(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_JUMP, .counted = FAKE_CRASH_LINES },
		  "deadlock -c -s -v", check_jumped);
}

/* A capture that was not written to its end is removed. */
static void check_no_capture(const struct fake_crash_plan *plan, const struct fake_crash_result *r)
{
	check_jumped(plan, r);
	assert_int_not_equal(access(faults_capture, F_OK), 0);
}

static void test_jump_capture(void **state)
{
	char line[100];

	(void)state;
	snprintf(line, sizeof(line), "deadlock -c --capture %s", faults_capture);
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_JUMP,
					    .counted = FAKE_CRASH_READS,
					    .at = CAPTURE_STEP },
		  line, check_no_capture);
}

static void check_failed(const struct fake_crash_plan *plan, const struct fake_crash_result *r)
{
	(void)plan;
	assert_int_equal(r->end, FAKE_CRASH_RETURNED);
	assert_true(*r->output ? !*r->errors : *r->errors);
}

static void test_fail(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_FAIL, .counted = FAKE_CRASH_ALL },
		  "deadlock --json", check_failed);
}

/* What has been written when the signal comes was written before it came. */
static void check_interrupted(const struct fake_crash_plan *plan, const struct fake_crash_result *r)
{
	const char *at = strstr(r->output, "\"verdict\"");

	(void)plan;
	assert_int_equal(r->end, FAKE_CRASH_INTERRUPTED);
	assert_string_equal(r->errors, "");
	assert_true(!*r->output || (at && !strcmp(at, faults_expected)));
}

static void test_interrupt(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_INTERRUPT,
					    .counted = FAKE_CRASH_ALL },
		  "deadlock --json", check_interrupted);
}

/* gdb finds the lines: one that is pending when it is asked is forgotten. */
static void check_interrupted_text(const struct fake_crash_plan *plan,
				   const struct fake_crash_result *r)
{
	(void)plan;
	assert_int_equal(r->end, FAKE_CRASH_INTERRUPTED);
	assert_string_equal(r->errors, "");
}

static void test_interrupt_lines(void **state)
{
	(void)state;
	each_call((struct fake_crash_plan){ .event = FAKE_CRASH_INTERRUPT,
					    .counted = FAKE_CRASH_ALL },
		  "deadlock -c -s -v", check_interrupted_text);
}

int faults_run_jumps(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jump),         cmocka_unit_test(test_jump_without_hook),
		cmocka_unit_test(test_jump_nowhere), cmocka_unit_test(test_jump_searching),
		cmocka_unit_test(test_jump_lines),   cmocka_unit_test(test_jump_capture),
	};

	return cmocka_run_group_tests_name("faults: calls that do not return", tests, NULL, NULL);
}

int faults_run_calls(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flattened),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_interrupt_lines),
	};

	return cmocka_run_group_tests_name("faults: calls", tests, NULL, NULL);
}
