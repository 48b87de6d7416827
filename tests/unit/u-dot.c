/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph for Graphviz: its edges, its limits, its quoting. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report-models.h"

static struct report_case the;

static char *dot_of(struct report_case *c)
{
	struct dlk_report report = make_report(c, DLK_PART_SUMMARY);
	char *text = run_report(dlk_report_dot, &report, DLK_OK);

	assert_non_null(text);
	return text;
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" is missing in:\n%s", what, text);
}

static uint32_t count(const char *text, const char *what)
{
	uint32_t found = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		found++;
	}
	return found;
}

/* Quotes are balanced on every line, and braces outside of them over the whole. */
static void assert_sound(const char *text)
{
	int braces = 0;
	bool is_quoted = false;

	for (; *text; text++) {
		if (is_quoted && *text == '\\')
			text++;
		else if (*text == '"')
			is_quoted = !is_quoted;
		else if (*text == '\n')
			assert_false(is_quoted);
		else if (!is_quoted)
			braces += (*text == '{') - (*text == '}');
		assert_true(*text == '\n' || *text == '\t' || (*text >= ' ' && *text <= '~'));
	}
	assert_int_equal(braces, 0);
}

static void test_hugetlb(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	text = dot_of(&the);
	assert_sound(text);
	assert_ptr_equal(strstr(text, "digraph deadlock {"), text);
	assert_says(text, "\"task@0xffff8881000cc000\" -> \"rwsem@0xffff8f8ad08b4428\" "
			  "[label=\"waits (read)\", style=solid, color=red");
	assert_says(text, "\"folio@0xffffea0000c38000\" -> \"task@0xffff8881000cc000\" "
			  "[label=\"held by (exclusive)\", style=dashed, color=red");
	assert_says(text, "label=\"mover\\npid 51\\nD for 34 s\"");
	assert_int_equal(count(text, " -> "), 4);
	assert_null(strstr(text, "init"));
	free(text);
}

static void test_convoy(void **state)
{
	char *text;

	(void)state;
	convoy_case(&the);
	text = dot_of(&the);
	assert_sound(text);
	assert_int_equal(count(text, "waits (exclusive)"), 20);
	assert_says(text, "label=\"9,980 more waiters\"");
	assert_null(strstr(text, "color=red"));
	free(text);
}

/* One that waits far back, but holds what others wait for, is drawn. */
static void test_far_link(void **state)
{
	char *text;

	(void)state;
	convoy_case(&the);
	add_resource(&the, DLK_KIND_RWSEM, RWSEM);
	add_hold(&the, 1, 1, DLK_MODE_READ);
	add_task(&the, 50000, "second");
	add_wait(&the, CROWD + 1, 1, 0, DLK_MODE_WRITE);
	text = dot_of(&the);
	assert_int_equal(count(text, "waits (exclusive)"), 21);
	assert_says(text, "label=\"9,979 more waiters\"");
	assert_says(text, "label=\"second\\npid 50000");
	free(text);
}

static void test_turn(void **state)
{
	char *text;

	(void)state;
	turn_case(&the);
	text = dot_of(&the);
	assert_sound(text);
	assert_says(text, "\"task@0xffff888100030000\" -> \"task@0xffff88810002c000\" "
			  "[label=\"queued behind\", style=solid, color=red");
	free(text);
}

static void test_unknown_holder(void **state)
{
	char *text;

	(void)state;
	unknown_case(&the);
	text = dot_of(&the);
	assert_sound(text);
	assert_says(text, "holder not known: owner word 0 with waiters");
	free(text);
}

/* A wait that is not understood has a node of its own, dashed, and its task is drawn; a short one not. */
static void test_unknown_waits(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	add_task(&the, 30, "worker");
	add_task(&the, 31, "reader");
	add_task(&the, 32, "short")->blocked_ns = 999999999;
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq1+0x6b [zoo]");
	add_unknown(&the, 1, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, NULL, NULL);
	add_unknown(&the, 2, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "brief_wait", NULL);
	the.verdict.code = DLK_UNKNOWN;
	text = dot_of(&the);
	assert_sound(text);
	assert_says(text, "label=\"unknown\"");
	assert_says(text,
		    "[shape=ellipse, style=dashed, label=\"not understood\\nwork\\nflush_work "
		    "< wq1+0x6b [zoo]\"]");
	assert_says(text, "[shape=ellipse, style=dashed, label=\"not understood\"]");
	assert_says(text, "\"task@0xffff888100078000\" -> \"unknown 0\" [label=\"waits\", "
			  "style=dashed]");
	assert_says(text, "\"task@0xffff88810007c000\" -> \"unknown 1\"");
	assert_says(text, "label=\"worker\\npid 30\\nD for 34 s\"");
	assert_int_equal(count(text, " -> "), 2);
	assert_null(strstr(text, "brief_wait"));
	assert_null(strstr(text, "short"));
	free(text);
}

/* Too many: their number. */
static void test_many_unknown_waits(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	for (uint32_t i = 0; i < 57; i++) {
		add_task(&the, (int32_t)(100 + i), "worker");
		add_unknown(&the, i, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "evil\"\n\\", "\"");
	}
	the.verdict.code = DLK_UNKNOWN;
	text = dot_of(&the);
	assert_sound(text);
	assert_int_equal(count(text, " -> "), 50);
	assert_says(text, "label=\"7 more not understood\"");
	free(text);
}

static void test_hostile_strings(void **state)
{
	char *text;

	(void)state;
	hostile_case(&the);
	text = dot_of(&the);
	assert_sound(text);
	assert_says(text, "e\\\\x1b[2Jvil\\\\x0a\\\"\\\\\\\\xff");
	free(text);
}

static void test_write_error(void **state)
{
	struct dlk_report report;
	struct dlk_ctx ctx;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (!out)
		skip();
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_report_dot(&ctx, &report, out), DLK_ERR_SYSTEM);
	fclose(out);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hugetlb),        cmocka_unit_test(test_convoy),
		cmocka_unit_test(test_far_link),       cmocka_unit_test(test_turn),
		cmocka_unit_test(test_unknown_waits),  cmocka_unit_test(test_many_unknown_waits),
		cmocka_unit_test(test_unknown_holder), cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
