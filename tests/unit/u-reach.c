/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/reach.c: what leads to a node, directly or not, within a budget. */
#include <config.h>

#include "graph/reach.h"
#include "u-digraph.h"

static uint32_t run_from(struct dlk_reach *r, uint32_t node, const struct dlk_edge_filter *filter)
{
	dlk_reach_begin(r);
	dlk_reach_add(r, node);
	return dlk_reach_run(r, filter);
}

/* 0 -> 1 -> 2 -> 3 -> 4; the edge 1 -> 2 is of level 0, the others of 1. */
static void test_reach__chain(void **state)
{
	struct plain p;
	struct dlk_reach r;

	(void)state;
	plain_init(&p, 5);
	for (uint32_t i = 0; i < 4; i++)
		p.level[plain_edge(&p, i, i + 1)] = i != 1;
	plain_index(&p);
	assert_int_equal(dlk_reach_init(&p.ctx, &p.d, &r), DLK_OK);
	assert_int_equal(run_from(&r, 4, &p.filter), 4);
	assert_true(dlk_reach_has(&r, 0));
	assert_int_equal(run_from(&r, 2, &p.filter), 2);
	assert_false(dlk_reach_has(&r, 3));
	assert_int_equal(run_from(&r, 0, &p.filter), 0);
	p.least = 1;
	assert_int_equal(run_from(&r, 4, &p.filter), 2);
	assert_false(dlk_reach_has(&r, 1));
	plain_deinit(&p);
}

/* From a ring, the nodes started from do not count; a second start of one changes nothing. */
static void test_reach__ring(void **state)
{
	struct plain p;
	struct dlk_reach r;

	(void)state;
	plain_init(&p, 4);
	plain_edge(&p, 0, 1);
	plain_edge(&p, 1, 2);
	plain_edge(&p, 2, 3);
	plain_edge(&p, 3, 2);
	plain_index(&p);
	assert_int_equal(dlk_reach_init(&p.ctx, &p.d, &r), DLK_OK);
	dlk_reach_begin(&r);
	dlk_reach_add(&r, 2);
	dlk_reach_add(&r, 3);
	dlk_reach_add(&r, 2);
	assert_int_equal(dlk_reach_run(&r, &p.filter), 2);
	assert_int_equal(run_from(&r, 3, &p.filter), 3);
	plain_deinit(&p);
}

/* What stands between is walked through, and not counted. */
static void test_reach__between(void **state)
{
	struct plain p;
	struct dlk_reach r;

	(void)state;
	plain_init(&p, 4);
	p.d.counted = 3;
	plain_edge(&p, 0, 3);
	plain_edge(&p, 1, 3);
	plain_edge(&p, 3, 2);
	plain_index(&p);
	assert_int_equal(dlk_reach_init(&p.ctx, &p.d, &r), DLK_OK);
	assert_int_equal(run_from(&r, 2, &p.filter), 2);
	assert_true(dlk_reach_has(&r, 3));
	plain_deinit(&p);
}

/* Out of budget, every walk still looks at the nearest. */
static void test_reach__budget(void **state)
{
	enum { LEN = 2000 };
	static const struct dlk_edge_filter all;
	static uint32_t from[LEN], to[LEN];
	struct dlk_digraph d = {
		.node_count = LEN, .counted = LEN, .edge_count = LEN - 1, .from = from, .to = to
	};
	struct dlk_ctx ctx;
	struct dlk_reach r;
	uint32_t far;

	(void)state;
	dlk_ctx_init(&ctx);
	for (uint32_t i = 0; i + 1 < LEN; i++) {
		from[i] = i;
		to[i] = i + 1;
	}
	assert_int_equal(dlk_digraph_index(&ctx, &d), DLK_OK);
	assert_int_equal(dlk_reach_init(&ctx, &d, &r), DLK_OK);
	assert_int_equal(run_from(&r, LEN - 1, &all), LEN - 1);
	r.budget = r.work;
	far = run_from(&r, LEN - 1, &all);
	assert_in_range(far, 1, LEN - 2);
	assert_int_equal(run_from(&r, LEN - 1, &all), far);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach__chain),
		cmocka_unit_test(test_reach__ring),
		cmocka_unit_test(test_reach__between),
		cmocka_unit_test(test_reach__budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
