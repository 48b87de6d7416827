/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: what a command line means, and that help and man page say what the table says. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

enum { MAX_ARGS = 8 };

static struct dlk_ctx ctx;
static enum dlk_front_end front_end = DLK_PROGRAM;
static struct dlk_options parsed;
static char words[256];
static char *args[MAX_ARGS + 1];

/* Parse a command line, its words separated by blanks; getopt_long() may reorder args. */
static enum dlk_status parse(const char *line)
{
	char *rest = words, *word;
	int count = 0;

	snprintf(words, sizeof(words), "deadlock %s", line);
	while (count < MAX_ARGS && (word = strsep(&rest, " ")))
		if (*word)
			args[count++] = word;
	args[count] = NULL;
	memset(&parsed, 0xff, sizeof(parsed));
	return dlk_options_parse(&ctx, front_end, count, args, &parsed);
}

static void assert_refused(const char *line, const char *why)
{
	assert_int_equal(parse(line), DLK_ERR_INVALID);
	if (!strstr(ctx.err.text, why))
		fail_msg("%s: \"%s\" is missing in \"%s\"", line, why, ctx.err.text);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(parse(""), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_SUMMARY);
	assert_int_equal(parsed.format, DLK_FORMAT_TEXT);
	assert_int_equal(parsed.operand_count, 0);
	assert_false(parsed.with_stacks || parsed.with_evidence || parsed.wants_help);
	assert_null(parsed.capture);
}

static void test_parts(void **state)
{
	(void)state;
	assert_int_equal(parse("-csv core"), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_CYCLES);
	assert_true(parsed.with_stacks && parsed.with_evidence);
	assert_int_equal(parsed.operand_count, 1);
	assert_string_equal(parsed.operands[0], "core");
	assert_int_equal(parse("core --waits vmlinux --stacks"), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_WAITS);
	assert_true(parsed.with_stacks);
	assert_int_equal(parsed.operand_count, 2);
	assert_string_equal(parsed.operands[1], "vmlinux");
	assert_int_equal(parse("-w -w -- -core"), DLK_OK);
	assert_string_equal(parsed.operands[0], "-core");
	assert_int_equal(parse("--capture small core -v"), DLK_OK);
	assert_string_equal(parsed.capture, "small");
}

static void test_subjects(void **state)
{
	(void)state;
	assert_int_equal(parse("-t 51 core"), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_TASK);
	assert_int_equal(parsed.subject, 51);
	assert_int_equal(parse("--task=0xffff888100004000 core"), DLK_OK);
	assert_true(parsed.subject == 0xffff888100004000);
	assert_int_equal(parse("-t ffff888100004000 core"), DLK_OK);
	assert_true(parsed.subject == 0xffff888100004000);
	assert_int_equal(parse("-l ffffea0000c38000 core"), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_LOCK);
	assert_true(parsed.subject == 0xffffea0000c38000);
	/* Too large for a pid: an address without its 0x. */
	assert_int_equal(parse("-t 1111222233334444 core"), DLK_OK);
	assert_true(parsed.subject == 0x1111222233334444);
	assert_refused("-t mover core", "'mover' is no task");
	assert_refused("-t -5 core", "'-5' is no task");
	assert_refused("-t 0x33 core", "is no task");
	assert_refused("-l 0xffffea0000c38000z core", "not the address of a lock");
	assert_refused("-l 11112222333344445 core", "not the address of a lock");
}

static void test_times(void **state)
{
	(void)state;
	assert_int_equal(parse("--qemu x"), DLK_OK);
	assert_int_equal(parsed.timeout, 10000);
	assert_int_equal(parsed.stop_limit, 30000);
	assert_int_equal(parse("--qemu x --timeout 1 --stop-limit=3600"), DLK_OK);
	assert_int_equal(parsed.timeout, 1000);
	assert_int_equal(parsed.stop_limit, 3600000);
	assert_refused("--stop-limit 0 --qemu x", "'0' is no time: give 1 to 3600 seconds");
	assert_refused("--stop-limit 3601 --qemu x", "is no time");
	assert_refused("--timeout 1s --qemu x", "'1s' is no time");
}

static void test_formats(void **state)
{
	(void)state;
	assert_int_equal(parse("-j core"), DLK_OK);
	assert_int_equal(parsed.format, DLK_FORMAT_JSON);
	assert_int_equal(parse("--dot core"), DLK_OK);
	assert_int_equal(parsed.format, DLK_FORMAT_DOT);
	assert_refused("--dot -j core", "only one of --json and --dot");
	assert_refused("-j -w core", "print everything");
	assert_refused("-c -w core", "only one of -c");
	assert_refused("-t 1 -t 2 core", "only one of -c");
}

static void test_errors(void **state)
{
	(void)state;
	assert_refused("-x core", "'-x' is not an option");
	assert_refused("--json -qc core", "'-q' is not an option");
	assert_refused("--nonsense core", "'--nonsense' is not an option");
	assert_refused("core -t", "--task needs an argument");
	assert_refused("core --capture", "--capture needs an argument");
	assert_refused("--dot=3 core", "--dot takes no argument");
	assert_refused("--cycles=3 core", "--cycles takes no argument");
	/* What is refused leaves no trace in the next parse. */
	assert_int_equal(parse("core"), DLK_OK);
	assert_int_equal(parsed.part, DLK_PART_SUMMARY);
}

static void test_max_unpack(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {
		{ "1", 1 },
		{ "4096", 4096 },
		{ "5K", 5 << 10 },
		{ "5k", 5 << 10 },
		{ "6M", 6 << 20 },
		{ "300G", UINT64_C(300) << 30 },
		{ "2T", UINT64_C(2) << 40 },
		{ "16777215T", UINT64_C(16777215) << 40 },
		{ "18446744073709551615", UINT64_MAX },
	};
	static const char *const others[] = {
		"0",   "0K",   "T",    "-1", "+1",  "x",         "1Q",
		"1KK", "0x10", "1.5G", "K1", "1K,", "16777216T", "18446744073709551616"
	};
	char line[128];

	(void)state;
	assert_int_equal(parse("core"), DLK_OK);
	assert_int_equal(parsed.limits.unpack, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(line, sizeof(line), "--max-unpack %s core", sizes[i].text);
		assert_int_equal(parse(line), DLK_OK);
		assert_true(parsed.limits.unpack == sizes[i].size);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(line, sizeof(line), "--max-unpack=%s core", others[i]);
		assert_int_equal(parse(line), DLK_ERR_INVALID);
	}
}

/* In crash -t alone is the current task, wherever it stands; what belongs to it is no option. */
static void test_crash(void **state)
{
	static const char *const current[] = { "-t",    "-t -s",    "-st",
					       "-s -t", "-t -s -v", "-t --stacks" };

	(void)state;
	front_end = DLK_CRASH;
	for (size_t i = 0; i < sizeof(current) / sizeof(current[0]); i++) {
		assert_int_equal(parse(current[i]), DLK_OK);
		assert_true(parsed.is_current);
		assert_int_equal(parsed.part, DLK_PART_TASK);
		assert_int_equal(parsed.with_stacks, strcmp(current[i], "-t") != 0);
	}
	assert_int_equal(parse("-t 51"), DLK_OK);
	assert_false(parsed.is_current);
	assert_int_equal(parsed.subject, 51);
	assert_refused("-t-5", "'-5' is no task: give a pid, or the address of a task_struct");
	assert_refused("--task=-5", "'-5' is no task: give a pid, or the address of a task_struct");
	assert_refused("-t -w", "only one of -c, -w, -k, -t and -l can be given");
	assert_refused("--qemu x", "'--qemu' is not an option");
	front_end = DLK_PROGRAM;
	assert_refused("-t -s core",
		       "'-s' is no task: give a pid, or the address of a task_struct");
}

/* Every option of the table is accepted under both of its names. */
static void test_table_is_accepted(void **state)
{
	(void)state;
	for (const struct dlk_option *o = dlk_option_table(); o->key; o++) {
		const char *value = "ffff888100004000";
		char line[128];

		if (!o->argument)
			value = "";
		else if (!strcmp(o->argument, "SECONDS") || !strcmp(o->argument, "SIZE"))
			value = "10";
		snprintf(line, sizeof(line), "--%s %s core", o->name, value);
		assert_int_equal(parse(line), DLK_OK);
		assert_int_equal(parsed.operand_count, 1);
		if (o->key > UINT8_MAX)
			continue;
		snprintf(line, sizeof(line), "-%c %s core", o->key, value);
		assert_int_equal(parse(line), DLK_OK);
		assert_int_equal(parsed.operand_count, 1);
	}
}

static void test_help(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	dlk_options_help(out);
	fclose(out);
	for (const struct dlk_option *o = dlk_option_table(); o->key; o++) {
		char want[64];

		snprintf(want, sizeof(want), "--%s %s", o->name, o->argument ? o->argument : " ");
		if (!strstr(text, want) || !strstr(text, o->text))
			fail_msg("%s is missing in:\n%s", want, text);
	}
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		assert_true(strlen(line) <= 100);
	free(text);
}

/* The man page without its markup, its section OPTIONS only. */
static char *read_man_options(void)
{
	const char *srcdir = getenv("top_srcdir");
	char path[512], line[512];
	char *text = NULL;
	size_t size = 0;
	FILE *in, *out;
	bool is_inside = false;

	snprintf(path, sizeof(path), "%s/src/cli/deadlock.8.in", srcdir ? srcdir : ".");
	in = fopen(path, "r");
	if (!in)
		fail_msg("%s cannot be read: set top_srcdir", path);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, ".SH", 3))
			is_inside = !strcmp(line, ".SH OPTIONS\n");
		if (!is_inside)
			continue;
		for (char *c = line; *c; c++) {
			if (c[0] == '\\' && c[1] == 'f' && c[2]) {
				c += 2;
				continue;
			}
			if (*c != '\\' && *c != '"')
				fputc(*c, out);
		}
	}
	fclose(in);
	fclose(out);
	return text;
}

/* The heading of an option's paragraph: ".TP\n.BR -t , --task PID|ADDRESS\n", blanks as one. */
static bool has_heading(const char *man, const struct dlk_option *option)
{
	char want[128], found[128];

	if (option->key <= UINT8_MAX)
		snprintf(want, sizeof(want), "-%c,--%s%s", option->key, option->name,
			 option->argument ? option->argument : "");
	else
		snprintf(want, sizeof(want), "--%s%s", option->name,
			 option->argument ? option->argument : "");
	for (const char *p = man; (p = strstr(p, ".TP\n.B")); p++) {
		size_t used = 0;
		const char *c = p + strcspn(p, " ");

		for (; *c && *c != '\n' && used + 1 < sizeof(found); c++)
			if (*c != ' ')
				found[used++] = *c;
		found[used] = '\0';
		if (!strcmp(found, want))
			return true;
	}
	return false;
}

static void test_man_page(void **state)
{
	char *man = read_man_options();
	uint32_t headings = 0, options = 0;

	(void)state;
	for (const struct dlk_option *o = dlk_option_table(); o->key; o++, options++) {
		if (!has_heading(man, o))
			fail_msg("deadlock.8 has no paragraph for --%s %s", o->name,
				 o->argument ? o->argument : "");
	}
	for (const char *p = man; (p = strstr(p, ".TP\n")); p++)
		headings++;
	assert_int_equal(headings, options);
	free(man);
}

static int set_up(void **state)
{
	(void)state;
	dlk_ctx_init(&ctx);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dlk_ctx_deinit(&ctx);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_table_is_accepted),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_man_page),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_max_unpack),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
