/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/stuck.c: who can never go on, and how sure that is. */
#include <config.h>

#include "u-graph.h"

/* The level of each task, by index. */
static int level_of(const struct dlk_graph *g, uint32_t task)
{
	return g->stuck[g->node_of[task]];
}

static void test_stuck__abba_and_behind(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 4; pid++)
		scene_task(&s, pid);
	for (uint32_t i = 0; i < 3; i++)
		scene_lock(&s, DLK_KIND_MUTEX);
	scene_holds_waits(&s, 0, 0, 1);
	scene_holds_waits(&s, 1, 1, 0);
	scene_holds_waits(&s, 2, 2, 0);           /* behind */
	scene_wait(&s, 3, 2, DLK_MODE_EXCLUSIVE); /* behind that one */
	scene_graph(&s, &g);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(level_of(&g, i), DLK_CERTAIN);
	scene_deinit(&s);
}

static void test_stuck__chain_to_running_holder(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	scene_running(&s, 3);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_wait(&s, 0, 0, DLK_MODE_EXCLUSIVE);
	scene_holds_waits(&s, 1, 0, 1);
	scene_hold(&s, 2, 1, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(level_of(&g, i), DLK_UNSTUCK);
	scene_deinit(&s);
}

/* ABBA, but one of the two is awake: what was found about its wait is out of date. */
static void test_stuck__not_blocked(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_running(&s, 2);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_holds_waits(&s, 0, 0, 1);
	scene_holds_waits(&s, 1, 1, 0);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_UNSTUCK);
	assert_int_equal(level_of(&g, 1), DLK_UNSTUCK);
	scene_deinit(&s);
}

/* ABBA, but one of the two gives up: nothing of that lasts, nor does what is behind it; who keeps others waiting is seen. */
static void test_stuck__gives_up(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 3; pid++)
		scene_task(&s, pid);
	for (uint32_t i = 0; i < 2; i++)
		scene_lock(&s, DLK_KIND_SPINLOCK);
	scene_holds_waits(&s, 0, 0, 1);
	scene_holds_waits(&s, 1, 1, 0);
	scene_wait(&s, 2, 0, DLK_MODE_EXCLUSIVE);
	s.waits[1].gives_up = true;
	scene_graph(&s, &g);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(level_of(&g, i), DLK_UNSTUCK);
	assert_int_equal(scene_judge(&s)->cycle_count, 0);
	/* Without the cycle: one that works, one that gives up behind it, and one behind that. */
	s.waits[0] = s.waits[2];
	s.model.wait_count = 2;
	assert_int_equal(scene_judge(&s)->root_count, 1);
	assert_int_equal(s.verdict.roots[0].context, 0);
	assert_int_equal(s.verdict.roots[0].behind, 2);
	s.waits[1].gives_up = false;
	scene_holds_waits(&s, 0, 0, 1);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	scene_deinit(&s);
}

/* Tasks 0 and 1 hold a semaphore; 0 waits for it again, 1 for a mutex of 0 if it is stuck. */
static void make_knot(struct scene *s, bool is_stuck)
{
	scene_init(s);
	scene_task(s, 1);
	scene_task(s, 2);
	scene_semaphore(s);
	scene_lock(s, DLK_KIND_MUTEX);
	scene_hold(s, 0, 0, DLK_MODE_EXCLUSIVE);
	scene_hold(s, 1, 0, DLK_MODE_EXCLUSIVE);
	scene_hold(s, 0, 1, DLK_MODE_EXCLUSIVE);
	scene_wait(s, 0, 0, DLK_MODE_EXCLUSIVE);
	if (is_stuck)
		scene_wait(s, 1, 1, DLK_MODE_EXCLUSIVE);
}

static void test_stuck__any_with_free_holder(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, false);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_UNSTUCK);
	/* For an ordinary lock the same is a self-deadlock. */
	s.resources[0].needs_any = false;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	assert_int_equal(level_of(&g, 1), DLK_UNSTUCK);
	scene_deinit(&s);
}

static void test_stuck__any_knot(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, true);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	assert_int_equal(level_of(&g, 1), DLK_CERTAIN);
	scene_deinit(&s);
}

static void test_stuck__any_with_unknown_holder(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, true);
	s.resources[0].holders_unknown = "no owner field";
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_UNSTUCK);
	assert_int_equal(level_of(&g, 1), DLK_UNSTUCK);
	/* Where all must go, one stuck holder is enough. */
	s.resources[0].needs_any = false;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	scene_deinit(&s);
}

/* All holders are certain, and that there are no others is assumed: likely, no more. */
static void test_stuck__any_with_assumed_holders(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, true);
	s.resources[0].holders_assumed = true;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_LIKELY);
	assert_int_equal(level_of(&g, 1), DLK_LIKELY);
	/* Where all must go it does not matter who else holds it. */
	s.resources[0].needs_any = false;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	scene_deinit(&s);
}

static void test_stuck__any_without_holder(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_semaphore(&s);
	scene_wait(&s, 0, 0, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_UNSTUCK);
	scene_deinit(&s);
}

/* A knot is as certain as the least certain of all the holders. */
static void test_stuck__any_is_as_certain_as_all(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, true);
	s.holds[1].confidence = DLK_LIKELY;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_LIKELY);
	assert_int_equal(level_of(&g, 1), DLK_LIKELY);
	scene_deinit(&s);
}

/* Two waits: one ends, the other does not; that is enough. */
static void test_stuck__one_of_two_waits(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_running(&s, 2);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_holds_waits(&s, 0, 0, 0);
	scene_wait(&s, 0, 1, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 1, 1, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	scene_deinit(&s);
}

static void test_stuck__level_of_weakest_fact(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_FOLIO);
	scene_holds_waits(&s, 0, 0, 1);
	scene_holds_waits(&s, 1, 1, 0);
	s.holds[1].confidence = DLK_LIKELY;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_LIKELY);
	s.waits[0].confidence = DLK_POSSIBLE;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 1), DLK_POSSIBLE);
	for (uint32_t e = 0; e < g.digraph.edge_count; e++)
		assert_int_equal(g.edges[e].strength, DLK_POSSIBLE);
	scene_deinit(&s);
}

/* Task 0 is stuck and waits also for a semaphore of task 1, which runs, and of its own. */
static void test_stuck__strength_needs_both_ends(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	make_knot(&s, false);
	scene_wait(&s, 0, 1, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	for (uint32_t e = 0; e < g.digraph.edge_count; e++) {
		const struct dlk_edge *edge = &g.edges[e];
		bool is_of_mutex = g.digraph.from[e] == 3 ||
				   g.digraph.to[e] == 3; /* as a writer meets it */

		assert_int_equal(edge->confidence, DLK_CERTAIN);
		assert_int_equal(edge->strength, is_of_mutex ? (int)DLK_CERTAIN : DLK_UNSTUCK);
	}
	scene_deinit(&s);
}

/* Readers keep no reader. */
static void test_stuck__reader_behind_reader(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 0, 0, DLK_MODE_READ);
	scene_wait(&s, 0, 0, DLK_MODE_READ);
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_UNSTUCK);
	s.waits[0].mode = DLK_MODE_WRITE;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	scene_deinit(&s);
}

/* Task 2 is stuck only if 1, a mere possibility, holds what it waits for: it counts as live. */
static void test_stuck__live_waits(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t mutex_1;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 3; pid++)
		scene_task(&s, pid);
	scene_lock(&s, DLK_KIND_MUTEX);
	mutex_1 = scene_lock(&s, DLK_KIND_MUTEX);
	scene_holds_waits(&s, 0, 0, mutex_1);
	scene_holds_waits(&s, 1, mutex_1, 0);
	s.waits[scene_wait(&s, 2, mutex_1, DLK_MODE_EXCLUSIVE)].confidence = DLK_POSSIBLE;
	scene_graph(&s, &g);
	assert_int_equal(level_of(&g, 0), DLK_CERTAIN);
	assert_int_equal(level_of(&g, 2), DLK_POSSIBLE);
	assert_int_equal(g.live_waits[3 + 2 * mutex_1 + 1], 1);
	assert_int_equal(g.live_waits[3 + 1], 0);
	scene_deinit(&s);
}

/* 0 -> 1 <-> 2 on certain facts, 3 -> 4, which runs. */
static void test_stuck__filters(void **state)
{
	struct scene s;
	struct dlk_graph g;
	struct dlk_edge_filter stuck, live;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 5; pid++)
		scene_hold(&s, scene_task(&s, pid), scene_lock(&s, DLK_KIND_MUTEX),
			   DLK_MODE_EXCLUSIVE);
	s.contexts[4].is_blocked = false;
	scene_wait(&s, 0, 1, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, 1, 2, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, 2, 1, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, 3, 4, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	stuck = dlk_stuck_edges(&g);
	live = dlk_live_edges(&g);
	for (uint32_t e = 0; e < g.digraph.edge_count; e++) {
		uint32_t from = g.digraph.from[e], to = g.digraph.to[e];

		assert_int_equal(dlk_edge_passes(&stuck, e),
				 dlk_graph_is_context(&g, from) ? from != 3 : to != 4);
		assert_int_equal(dlk_edge_passes(&live, e),
				 !dlk_graph_is_context(&g, from) || from == 3);
	}
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stuck__abba_and_behind),
		cmocka_unit_test(test_stuck__chain_to_running_holder),
		cmocka_unit_test(test_stuck__not_blocked),
		cmocka_unit_test(test_stuck__gives_up),
		cmocka_unit_test(test_stuck__any_with_free_holder),
		cmocka_unit_test(test_stuck__any_knot),
		cmocka_unit_test(test_stuck__any_with_unknown_holder),
		cmocka_unit_test(test_stuck__any_with_assumed_holders),
		cmocka_unit_test(test_stuck__any_without_holder),
		cmocka_unit_test(test_stuck__any_is_as_certain_as_all),
		cmocka_unit_test(test_stuck__one_of_two_waits),
		cmocka_unit_test(test_stuck__level_of_weakest_fact),
		cmocka_unit_test(test_stuck__strength_needs_both_ends),
		cmocka_unit_test(test_stuck__reader_behind_reader),
		cmocka_unit_test(test_stuck__live_waits),
		cmocka_unit_test(test_stuck__filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
