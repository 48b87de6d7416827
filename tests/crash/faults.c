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
 *        faults --record CAPTURE [TYPES]   what gdb is asked besides, on standard error
 */
#include <config.h>

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/crash.h"
#include "cli/answer.h"

/* A sound run after so many others; each must be right, but all would take minutes. */
enum { SOUND_EVERY = 100, CAPTURE_STEP = 83, MAX_CALLS = 20000 };

enum { COPIED = 1 << 16 /* holds a capture's headers and notes */ };

static const char *capture, *types;
static char capture_path[] = "faults-XXXXXX", dump_path[] = "faults-XXXXXX";
static char *expected; /* JSON of the program, from its verdict on */

static char *from_verdict(const char *json)
{
	const char *at = json ? strstr(json, "\"verdict\"") : NULL;

	return at ? strdup(at) : NULL;
}

/* What a child has to tell. */
static struct fake_crash_plan *shared;

/* --- running */

static struct fake_crash_result run_json(struct fake_crash_plan *plan)
{
	return fake_crash_run(plan, "deadlock --json");
}

static bool is_right(const struct fake_crash_result *r)
{
	const char *at = strstr(r->output, "\"verdict\"");

	return r->end == FAKE_CRASH_RETURNED && at && !strcmp(at, expected) && !*r->errors;
}

static void check_sound(void)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_SOUND };
	struct fake_crash_result r = run_json(&plan);

	assert_true(is_right(&r));
	assert_true(fake_crash_is_unharmed());
	fake_crash_forget(&r);
}

/* In a sound run of the plan. */
static uint64_t count_calls(struct fake_crash_plan plan, const char *line)
{
	struct fake_crash_result r;

	plan.event = FAKE_CRASH_SOUND;
	r = fake_crash_run(&plan, line);

	assert_int_equal(r.end, FAKE_CRASH_RETURNED);
	assert_in_range(plan.calls, 1, MAX_CALLS);
	fake_crash_forget(&r);
	return plan.calls;
}

/* Bytes in use; a sanitizer has an allocator of its own, and looks for leaks at the end. */
static size_t memory(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

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
		free(expected);
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- while gdb is asked; only the first time that it is */

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

/* --- every other call */

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

	unlink(capture_path); /* of that run */
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

/* --- what crash may have opened besides */

static void write_dump(const void *data, size_t len)
{
	FILE *f = fopen(dump_path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* As QEMU writes most dumps: the page tables are looked for, from the CPUs' CR3. */
static void test_jump_searching(void **state)
{
	struct fake_crash_plan plan = { .event = FAKE_CRASH_JUMP,
					.counted = FAKE_CRASH_ALL,
					.dump = dump_path };
	static char head[COPIED];
	FILE *f = fopen(capture, "re");
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
					.dump = dump_path };
	char *flattened, *plain, *nowhere;

	(void)state;
	write_dump(signature, sizeof(signature));
	flattened = all_stacks((struct fake_crash_plan){ .dump = dump_path });
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
	struct fake_crash_plan plan = { .dump = dump_path };
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
	assert_int_not_equal(access(capture_path, F_OK), 0);
}

static void test_jump_capture(void **state)
{
	char line[100];

	(void)state;
	snprintf(line, sizeof(line), "deadlock -c --capture %s", capture_path);
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
	assert_true(!*r->output || (at && !strcmp(at, expected)));
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

/* --- sound runs of other kinds */

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
	snprintf(line, sizeof(line), "deadlock -c --capture %s", capture);
	r = fake_crash_run(&plan, line);
	assert_string_equal(r.output, "");
	assert_non_null(strstr(r.errors, "--capture must not overwrite the input"));
	fake_crash_forget(&r);
	/* crash has it open, but names another file: of a split dump it names the last. */
	write_dump("", 0);
	plan.dump = dump_path;
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

/* --- a system that runs */

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

/* --- */

static enum dlk_status write_expected(struct dlk_ctx *ctx, struct dlk_session **session, FILE *out)
{
	struct dlk_options o = { .format = DLK_FORMAT_JSON };
	struct dlk_open how = { .vmcore = capture };
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
		fprintf(stderr, "%s: %s\n", capture, ctx.err.text);
	dlk_session_close(session);
	dlk_ctx_deinit(&ctx);
	expected = from_verdict(text);
	free(text);
	return !status && expected;
}

/* Names of files to come. */
static bool make_names(void)
{
	int fd[] = { mkstemp(capture_path), mkstemp(dump_path) };

	close(fd[0]);
	close(fd[1]);
	unlink(capture_path);
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

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_jump_without_hook),
		cmocka_unit_test(test_jump_nowhere),
		cmocka_unit_test(test_jump_searching),
		cmocka_unit_test(test_flattened),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_jump_lines),
		cmocka_unit_test(test_jump_capture),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_interrupt_lines),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_other_crash),
		cmocka_unit_test(test_current_task),
		cmocka_unit_test(test_not_over_the_dump),
		cmocka_unit_test(test_more_files),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}

static int run_questions(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_questions) };

	return cmocka_run_group_tests_name("faults --questions", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	bool is_option = argc > 2 && !strncmp(argv[1], "--", 2);
	int failed = 1;

	if (argc < 3) {
		fprintf(stderr, "usage: faults [--questions] CAPTURE TYPES | "
				"faults --record CAPTURE [TYPES]\n");
		return 2;
	}
	capture = argv[1 + is_option];
	types = argv[2 + is_option];
	if (!strcmp(argv[1], "--record"))
		return record(capture);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared != MAP_FAILED && make_names() && expect() && fake_crash_open(capture, types)) {
		failed = is_option ? run_questions() : run_all();
		fake_crash_close();
	}
	unlink(capture_path);
	unlink(dump_path);
	free(expected);
	return failed != 0;
}
