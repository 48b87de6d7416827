/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of plain values goes through graph and report: no kernel, no task_struct, no address but of
 * locks; a console log has no more.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "deadlock/report.h"
#include "u-graph.h"

/* A task of which a log says its name, its pid, its state and how long it has been blocked. */
static uint32_t add_logged(struct scene *s, int32_t pid, const char *comm)
{
	uint32_t task = scene_sleeper(s, pid, 122 * UINT64_C(1000000000));
	struct dlk_context *c = &s->contexts[task];

	c->task = 0;
	c->tgid = pid;
	c->cpu = -1;
	c->is_uninterruptible = true;
	snprintf(c->comm, sizeof(c->comm), "%s", comm);
	return task;
}

/* Two locks and two tasks that wait crosswise, and a third behind them. */
static void make_abba(struct scene *s)
{
	uint32_t a, b;

	scene_init(s);
	s->model.source = (struct dlk_source){ .target = "log" };
	a = scene_lock(s, DLK_KIND_MUTEX);
	b = scene_lock(s, DLK_KIND_MUTEX);
	scene_holds_waits(s, add_logged(s, 51, "mover"), a, b);
	scene_holds_waits(s, add_logged(s, 50, "puncher"), b, a);
	scene_wait(s, add_logged(s, 52, "late"), a, DLK_MODE_EXCLUSIVE);
	scene_judge(s);
	assert_int_equal(s->verdict.code, DLK_DEADLOCK);
	assert_int_equal(s->verdict.cycle_count, 1);
	assert_cycle(s, 0, PIDS(50, 51));
	assert_int_equal(s->verdict.cycles[0].behind, 1);
}

typedef enum dlk_status report_fn(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out);

static char *report(struct scene *s, report_fn *fn, enum dlk_report_part part)
{
	struct dlk_report r = { .model = &s->model, .verdict = &s->verdict, .part = part };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	r.with_evidence = r.with_stacks = true;
	assert_int_equal(fn(&s->ctx, &r, out), DLK_OK);
	fclose(out);
	return text;
}

/* All of @words, which end with NULL, are said. */
static void assert_says(struct scene *s, report_fn *fn, enum dlk_report_part part,
			const char *const *words)
{
	char *text = report(s, fn, part);

	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("\"%s\" is not in:\n%s", *words, text);
	free(text);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_plain__by_address(void **state)
{
	struct scene s;

	(void)state;
	make_abba(&s);
	assert_says(&s, dlk_report_text, DLK_PART_SUMMARY,
		    WORDS("DEADLOCK: 2 tasks wait for each other (certain)",
			  "puncher -> mutex 0x1000 -> mover -> mutex 0x1001 -> puncher",
			  "1 more task waits behind this cycle: late pid 52"));
	assert_says(&s, dlk_report_text, DLK_PART_WAITS,
		    WORDS("52  late     D  2 min 2 s  behind  mutex 0x1000"));
	assert_says(&s, dlk_report_json, DLK_PART_SUMMARY,
		    WORDS("\"verdict\": \"deadlock\"", "\"id\": \"mutex@0x1000\"", "\"pid\": 52"));
	assert_says(&s, dlk_report_dot, DLK_PART_SUMMARY,
		    WORDS("\"mutex@0x1000\" [shape=ellipse", "puncher\\npid 50"));
	scene_deinit(&s);
}

/* Of a log, all tasks have the address 0: they are told apart by their pids. */
static void test_plain__tasks_without_address(void **state)
{
	struct scene s;

	(void)state;
	make_abba(&s);
	assert_says(&s, dlk_report_dot, DLK_PART_SUMMARY,
		    WORDS("\"pid@50\" -> \"mutex@0x1000\"", "\"pid@51\" -> \"mutex@0x1001\"",
			  "\"mutex@0x1000\" -> \"pid@51\"", "\"pid@52\" [shape=box"));
	assert_says(&s, dlk_report_json, DLK_PART_SUMMARY, WORDS("\"task\": null"));
	scene_deinit(&s);
}

/* Locks that are known by name only are told apart by that. */
static void test_plain__by_name(void **state)
{
	struct scene s;

	(void)state;
	make_abba(&s);
	s.resources[0] = (struct dlk_resource){ .kind = DLK_KIND_MUTEX, .name = "lock \"a\"" };
	s.resources[1] = (struct dlk_resource){ .kind = DLK_KIND_MUTEX, .name = "lock \"b\"" };
	assert_says(&s, dlk_report_text, DLK_PART_SUMMARY,
		    WORDS("puncher -> mutex lock \"a\" -> mover -> mutex lock \"b\" -> puncher"));
	assert_says(&s, dlk_report_text, DLK_PART_WAITS,
		    WORDS("52  late     D  2 min 2 s  behind  mutex lock \"a\""));
	assert_says(&s, dlk_report_json, DLK_PART_SUMMARY,
		    WORDS("\"id\": \"mutex@lock \\\"a\\\"\"",
			  "\"waits_for\": \"mutex@lock \\\"b\\\"\"", "\"address\": null"));
	assert_says(&s, dlk_report_dot, DLK_PART_SUMMARY,
		    WORDS("\"mutex@lock \\\"a\\\"\" [shape=ellipse",
			  "\"pid@50\" -> \"mutex@lock \\\"a\\\"\""));
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain__by_address),
		cmocka_unit_test(test_plain__tasks_without_address),
		cmocka_unit_test(test_plain__by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
