/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For whose turn a reader waits: graph and reports name the same writers.
 *
 * Each model has a cycle that a queued reader closes; -w and -t must lead along it.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "deadlock/report.h"
#include "u-graph.h"

enum { READER, HOLDER, WRITER, OTHER, TASKS };

/*
 * "reader" has a mutex that "holder" waits for; that one holds a rwsem for reading, for which "writer"
 * is queued at 10, and "reader" behind it at 30.
 */
static uint32_t start(struct scene *s)
{
	static const char names[TASKS][7] = { "reader", "holder", "writer", "other" };
	uint32_t rwsem, mutex;

	scene_init(s);
	for (int i = 0; i < TASKS; i++)
		memcpy(s->contexts[scene_sleeper(s, i + 1, LASTING)].comm, names[i],
		       sizeof(names[i]));
	rwsem = scene_lock(s, DLK_KIND_RWSEM);
	mutex = scene_lock(s, DLK_KIND_MUTEX);
	scene_hold(s, HOLDER, rwsem, DLK_MODE_READ);
	scene_holds_waits(s, READER, mutex, mutex);
	s->waits[0].context = HOLDER;
	scene_queued(s, WRITER, rwsem, DLK_MODE_WRITE, 10);
	scene_queued(s, READER, rwsem, DLK_MODE_READ, 30);
	return rwsem;
}

static char *report(struct scene *s, enum dlk_report_part part, uint64_t subject)
{
	struct dlk_report r = {
		.model = &s->model, .verdict = &s->verdict, .part = part, .subject = subject
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(dlk_report_text(&s->ctx, &r, out), DLK_OK);
	fclose(out);
	return text;
}

static void assert_says(struct scene *s, enum dlk_report_part part, const char *words)
{
	char *text = report(s, part, 1);

	if (!strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text);
	free(text);
}

static void assert_denies(struct scene *s, enum dlk_report_part part, const char *words)
{
	char *text = report(s, part, 1);

	if (strstr(text, words))
		fail_msg("\"%s\" is in:\n%s", words, text);
	free(text);
}

static void check_cycle(struct scene *s)
{
	scene_judge(s);
	assert_int_equal(s->verdict.cycle_count, 1);
	assert_cycle(s, 0, PIDS(1, 3, 2));
}

static void test_turns__one_writer(void **state)
{
	struct scene s;

	(void)state;
	start(&s);
	check_cycle(&s);
	assert_says(&s, DLK_PART_WAITS, "; queued behind writer writer pid 3\n");
	assert_says(&s, DLK_PART_TASK, "behind     writer pid 3 (write) in the queue\n");
	scene_deinit(&s);
}

/* A writer that is awake is about to have its turn, or to leave the queue. */
static void test_turns__awake_writer(void **state)
{
	struct scene s;
	uint32_t rwsem = start(&s);

	(void)state;
	s.contexts[OTHER].is_blocked = false;
	s.contexts[OTHER].state = 'R';
	scene_queued(&s, OTHER, rwsem, DLK_MODE_WRITE, 20);
	check_cycle(&s);
	assert_says(&s, DLK_PART_WAITS, "; queued behind writer writer pid 3\n");
	assert_denies(&s, DLK_PART_WAITS, "behind writer other");
	assert_says(&s, DLK_PART_TASK, "behind     writer pid 3 (write) in the queue\n");
	scene_deinit(&s);
}

static void test_turns__awake_reader(void **state)
{
	struct scene s;

	(void)state;
	start(&s);
	s.contexts[READER].is_blocked = false;
	s.contexts[READER].state = 'R';
	scene_judge(&s);
	assert_int_equal(s.verdict.cycle_count, 0);
	assert_denies(&s, DLK_PART_WAITS, "queued behind");
	scene_deinit(&s);
}

/* What is queued twice does not wait for itself. */
static void test_turns__queued_twice(void **state)
{
	struct scene s;
	uint32_t rwsem = start(&s);

	(void)state;
	scene_queued(&s, OTHER, rwsem, DLK_MODE_WRITE, 40);
	scene_queued(&s, OTHER, rwsem, DLK_MODE_READ, 50);
	check_cycle(&s);
	assert_denies(&s, DLK_PART_WAITS, "behind writer other");
	scene_deinit(&s);
}

/* A doubtful writer does not hide a certain one. */
static void test_turns__doubtful_writer(void **state)
{
	struct scene s;
	uint32_t rwsem = start(&s);

	(void)state;
	s.waits[scene_queued(&s, OTHER, rwsem, DLK_MODE_WRITE, 20)].confidence = DLK_POSSIBLE;
	check_cycle(&s);
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_CERTAIN);
	assert_says(&s, DLK_PART_WAITS,
		    "; queued behind writer other pid 4, writer writer pid 3\n");
	assert_says(&s, DLK_PART_TASK, "behind     other pid 4 (write) in the queue\n");
	assert_says(&s, DLK_PART_TASK, "behind     writer pid 3 (write) in the queue\n");
	assert_says(&s, DLK_PART_TASK, "\n  writer  pid 3 ");
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns__one_writer),
		cmocka_unit_test(test_turns__awake_writer),
		cmocka_unit_test(test_turns__awake_reader),
		cmocka_unit_test(test_turns__queued_twice),
		cmocka_unit_test(test_turns__doubtful_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
