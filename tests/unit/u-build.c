/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/build.c: nodes, edges and the refusal of unsound models. */
#include <config.h>

#include "u-graph.h"

static const struct dlk_edge *find_edge(const struct dlk_graph *g, uint32_t from, uint32_t to)
{
	uint32_t edge = dlk_digraph_find(&g->digraph, from, to);

	return edge != DLK_NONE ? &g->edges[edge] : NULL;
}

static void test_build__empty(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_graph(&s, &g);
	assert_int_equal(g.digraph.node_count, 0);
	assert_int_equal(g.digraph.edge_count, 0);
	scene_deinit(&s);
}

static void test_build__nodes_are_ranked(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	scene_task(&s, 9);
	scene_task(&s, 3);
	scene_task(&s, 3);
	scene_task(&s, -1);
	s.contexts[1].task = 20; /* the greater of the two of pid 3 */
	s.contexts[2].task = 10;
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_graph(&s, &g);
	assert_int_equal(g.context_at[0], 3);
	assert_int_equal(g.context_at[1], 2);
	assert_int_equal(g.context_at[2], 1);
	assert_int_equal(g.context_at[3], 0);
	assert_int_equal(g.node_of[0], 3);
	assert_int_equal(g.node_of[3], 0);
	assert_int_equal(g.digraph.node_count, 8);
	assert_int_equal(dlk_graph_resource(&g, 4), 1);
	assert_int_equal(dlk_graph_resource(&g, 5), 1);
	assert_int_equal(dlk_graph_resource(&g, 6), 0);
	scene_deinit(&s);
}

/* Nodes: reader 0, writer 1, holders 2 (read) and 3 (write), resource 4 (read) and 5 (write). */
static void test_build__modes(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 4; pid++)
		scene_task(&s, pid);
	lock = scene_lock(&s, DLK_KIND_RWSEM);
	scene_wait(&s, 0, lock, DLK_MODE_READ);
	scene_wait(&s, 1, lock, DLK_MODE_WRITE);
	scene_hold(&s, 2, lock, DLK_MODE_READ);
	scene_hold(&s, 3, lock, DLK_MODE_WRITE);
	scene_graph(&s, &g);
	assert_int_equal(g.digraph.edge_count, 5);
	assert_non_null(find_edge(&g, 0, 4));
	assert_non_null(find_edge(&g, 1, 5));
	assert_non_null(find_edge(&g, 4, 3));
	assert_non_null(find_edge(&g, 5, 2));
	assert_non_null(find_edge(&g, 5, 3));
	assert_int_equal(find_edge(&g, 0, 4)->wait, 0);
	assert_int_equal(find_edge(&g, 4, 3)->via, 1);
	scene_deinit(&s);
}

static void test_build__who_is_not_blocked_does_not_wait(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	scene_running(&s, 1);
	scene_task(&s, 2);
	lock = scene_lock(&s, DLK_KIND_MUTEX);
	scene_wait(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 1, lock, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(g.digraph.edge_count, 0);
	scene_deinit(&s);
}

/* Between the same nodes, the strongest edge is the first. */
static void test_build__strongest_edge_first(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	lock = scene_lock(&s, DLK_KIND_MUTEX);
	scene_wait(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	s.holds[scene_hold(&s, 1, lock, DLK_MODE_EXCLUSIVE)].confidence = DLK_POSSIBLE;
	s.holds[scene_hold(&s, 1, lock, DLK_MODE_EXCLUSIVE)].confidence = DLK_LIKELY;
	scene_graph(&s, &g);
	assert_int_equal(find_edge(&g, 3, 1)->via, 1);
	assert_int_equal(find_edge(&g, 3, 1)->confidence, DLK_LIKELY);
	scene_deinit(&s);
}

static void expect_invalid(struct scene *s)
{
	struct dlk_graph g = { .digraph.edge_count = 77 };

	assert_int_equal(dlk_graph_build(&s->ctx, &s->model, &g), DLK_ERR_INVALID);
	assert_int_equal(g.digraph.edge_count, 77);
}

static void test_build__bad_values_are_refused(void **state)
{
	struct scene s;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	lock = scene_lock(&s, DLK_KIND_MUTEX);
	scene_wait(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	s.waits[0].context = 1;
	expect_invalid(&s);
	s.waits[0].context = DLK_NONE;
	expect_invalid(&s);
	s.waits[0].context = 0;
	s.waits[0].resource = 1;
	expect_invalid(&s);
	s.waits[0].resource = 0;
	s.waits[0].mode = (enum dlk_mode)3;
	expect_invalid(&s);
	s.waits[0].mode = DLK_MODE_READ;
	s.waits[0].confidence = (enum dlk_confidence)3;
	expect_invalid(&s);
	s.waits[0].confidence = DLK_CERTAIN;
	s.holds[0].context = 1;
	expect_invalid(&s);
	s.holds[0].context = 0;
	s.holds[0].resource = DLK_NONE;
	expect_invalid(&s);
	s.holds[0].resource = 0;
	s.holds[0].mode = (enum dlk_mode) - 1;
	expect_invalid(&s);
	s.holds[0].mode = DLK_MODE_READ;
	s.holds[0].confidence = (enum dlk_confidence) - 1;
	expect_invalid(&s);
	scene_deinit(&s);
}

/* The counts are checked before an array is touched or sized. */
static void test_build__too_many(void **state)
{
	struct scene s;
	struct dlk_graph g;

	(void)state;
	scene_init(&s);
	s.model.resource_count = 0x80000000u;
	assert_int_equal(dlk_graph_build(&s.ctx, &s.model, &g), DLK_ERR_LIMIT);
	s.model.resource_count = 0;
	s.model.wait_count = 0x40000000u;
	assert_int_equal(dlk_graph_build(&s.ctx, &s.model, &g), DLK_ERR_LIMIT);
	s.model.wait_count = 0;
	s.model.hold_count = 0x80000000u;
	assert_int_equal(dlk_graph_build(&s.ctx, &s.model, &g), DLK_ERR_LIMIT);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build__empty),
		cmocka_unit_test(test_build__nodes_are_ranked),
		cmocka_unit_test(test_build__modes),
		cmocka_unit_test(test_build__who_is_not_blocked_does_not_wait),
		cmocka_unit_test(test_build__strongest_edge_first),
		cmocka_unit_test(test_build__bad_values_are_refused),
		cmocka_unit_test(test_build__too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
