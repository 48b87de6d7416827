/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/shortest.c: a shortest cycle of a component, within a budget. */
#include <config.h>

#include "graph/shortest.h"
#include "u-graph.h"

struct search {
	struct dlk_graph g;
	struct dlk_scc scc;
	struct dlk_shortest shortest;
};

static const bool all_open[] = { true, true, true, true, true, true, true, true };

/* Task i holds mutex i. */
static void start(struct scene *s, uint32_t tasks)
{
	assert_true(tasks <= sizeof(all_open) / sizeof(all_open[0]));
	scene_init(s);
	for (uint32_t i = 0; i < tasks; i++) {
		scene_task(s, (int32_t)i + 1);
		scene_hold(s, i, scene_lock(s, DLK_KIND_MUTEX), DLK_MODE_EXCLUSIVE);
	}
}

static uint32_t waits_for(struct scene *s, uint32_t task, uint32_t holder)
{
	return scene_wait(s, task, holder, DLK_MODE_EXCLUSIVE);
}

static uint32_t find(struct scene *s, struct search *search, uint64_t budget)
{
	uint32_t len = 0;

	scene_graph(s, &search->g);
	assert_int_equal(dlk_scc_init(&s->ctx, &search->g, &search->scc), DLK_OK);
	dlk_scc_find(&search->scc, &search->g, all_open, DLK_LIKELY);
	assert_int_equal(search->scc.count, 1);
	assert_int_equal(dlk_shortest_init(&s->ctx, &search->g, &search->shortest), DLK_OK);
	search->shortest.budget = budget;
	assert_int_equal(dlk_shortest_find(&s->ctx, &search->shortest, &search->scc, 0, DLK_LIKELY,
					   &len),
			 DLK_OK);
	return len;
}

/* 0 -> 1 -> 2 -> 3 -> 4 -> 0, and 4 -> 2: the shortest is not through the lowest. */
static void make_lasso(struct scene *s)
{
	start(s, 5);
	for (uint32_t i = 0; i < 5; i++)
		waits_for(s, i, (i + 1) % 5);
	waits_for(s, 4, 2);
}

static void test_shortest__not_through_the_lowest(void **state)
{
	struct scene s;
	struct search search;

	(void)state;
	make_lasso(&s);
	assert_int_equal(find(&s, &search, UINT64_MAX), 3);
	assert_int_equal(search.shortest.path[0], 2);
	assert_int_equal(search.shortest.path[1], 3);
	assert_int_equal(search.shortest.path[2], 4);
	scene_deinit(&s);
}

/* Without any budget there is still a cycle: the one through the lowest. */
static void test_shortest__budget(void **state)
{
	struct scene s;
	struct search search;

	(void)state;
	make_lasso(&s);
	assert_int_equal(find(&s, &search, 0), 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(search.shortest.path[i], i);
	assert_false(dlk_shortest_may_go_on(&search.shortest));
	scene_deinit(&s);
}

/* 0 <-> 1 on likely facts, 1 <-> 2 on certain ones. */
static void test_shortest__more_certain_of_two(void **state)
{
	struct scene s;
	struct search search;

	(void)state;
	start(&s, 3);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 1);
	assert_int_equal(find(&s, &search, UINT64_MAX), 2);
	assert_int_equal(search.shortest.path[0], 1);
	assert_int_equal(search.shortest.path[1], 2);
	scene_deinit(&s);
}

/* 0 <-> 1 on likely facts is shorter than 1 -> 2 -> 3 -> 1 on certain ones. */
static void test_shortest__length_before_certainty(void **state)
{
	struct scene s;
	struct search search;

	(void)state;
	start(&s, 4);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 3);
	waits_for(&s, 3, 1);
	assert_int_equal(find(&s, &search, UINT64_MAX), 2);
	assert_int_equal(search.shortest.path[0], 0);
	scene_deinit(&s);
}

static void test_shortest__self(void **state)
{
	struct scene s;
	struct search search;

	(void)state;
	start(&s, 2);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 1, 1);
	assert_int_equal(find(&s, &search, UINT64_MAX), 1);
	assert_int_equal(search.shortest.path[0], 1);
	scene_deinit(&s);
}

/*
 * Task 0 waits for all of B, each of B for all of C, each of C for 0, over two locks and a mutex:
 * a walk looks at each lock's holders once, not once for each waiter.
 */
static void test_shortest__a_lock_is_passed_once(void **state)
{
	enum { SIDE = 30 };
	static bool is_open[2 * SIDE + 1];
	struct scene s;
	struct search search;
	uint32_t len = 0;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 0, 0, DLK_MODE_EXCLUSIVE);
	waits_for(&s, 0, 1);
	for (uint32_t i = 1; i <= 2 * SIDE; i++) {
		scene_task(&s, (int32_t)i + 1);
		scene_hold(&s, i, i <= SIDE ? 1 : 2, DLK_MODE_READ);
		waits_for(&s, i, i <= SIDE ? 2 : 0);
	}
	for (uint32_t i = 0; i <= 2 * SIDE; i++)
		is_open[i] = true;
	scene_graph(&s, &search.g);
	assert_int_equal(dlk_scc_init(&s.ctx, &search.g, &search.scc), DLK_OK);
	dlk_scc_find(&search.scc, &search.g, is_open, DLK_LIKELY);
	assert_int_equal(dlk_shortest_init(&s.ctx, &search.g, &search.shortest), DLK_OK);
	search.shortest.budget = 0;
	assert_int_equal(dlk_shortest_find(&s.ctx, &search.shortest, &search.scc, 0, DLK_LIKELY,
					   &len),
			 DLK_OK);
	assert_int_equal(len, 3);
	assert_in_range(search.shortest.work, 1, 2 * 5 * SIDE);
	scene_deinit(&s);
}

static void test_shortest__find_edge(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	start(&s, 3);
	for (uint32_t i = 0; i < 3; i++)
		scene_hold(&s, 2 - i, 0, DLK_MODE_READ);
	waits_for(&s, 0, 0);
	scene_graph(&s, &g);
	for (uint32_t i = 0; i < 3; i++) /* node 4: mutex 0 as a writer meets it */
		assert_int_equal(dlk_shortest_find_edge(&g, 4, i)->to, i);
	assert_null(dlk_shortest_find_edge(&g, 4, 3));
	assert_null(dlk_shortest_find_edge(&g, 0, 1));
	assert_null(dlk_shortest_find_edge(&g, 1, 0));
	scene_deinit(&s);
}

static void test_shortest__canceled(void **state)
{
	struct scene s;
	struct search search;
	int cancel = 1;
	uint32_t len = 77;

	(void)state;
	make_lasso(&s);
	find(&s, &search, UINT64_MAX);
	s.ctx.cancel = &cancel;
	assert_int_equal(dlk_shortest_find(&s.ctx, &search.shortest, &search.scc, 0, DLK_LIKELY,
					   &len),
			 DLK_ERR_CANCELED);
	assert_int_equal(len, 77);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest__not_through_the_lowest),
		cmocka_unit_test(test_shortest__budget),
		cmocka_unit_test(test_shortest__more_certain_of_two),
		cmocka_unit_test(test_shortest__length_before_certainty),
		cmocka_unit_test(test_shortest__self),
		cmocka_unit_test(test_shortest__a_lock_is_passed_once),
		cmocka_unit_test(test_shortest__find_edge),
		cmocka_unit_test(test_shortest__canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
