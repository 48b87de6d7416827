/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/digraph.c: the lists of edges. */
#include <config.h>

#include "u-digraph.h"

static void assert_span(struct dlk_span span, uint32_t count, const uint32_t *items)
{
	assert_int_equal(span.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(span.items[i], items[i]);
}

/* By the other end; parallel ones by number. */
static void test_digraph__lists_are_sorted(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 4);
	plain_edge(&p, 2, 3); /* 0 */
	plain_edge(&p, 2, 0); /* 1 */
	plain_edge(&p, 0, 3); /* 2 */
	plain_edge(&p, 2, 3); /* 3 */
	plain_edge(&p, 2, 2); /* 4 */
	plain_index(&p);
	assert_span(dlk_digraph_out(&p.d, 2), 4, (const uint32_t[]){ 1, 4, 0, 3 });
	assert_span(dlk_digraph_out(&p.d, 0), 1, (const uint32_t[]){ 2 });
	assert_span(dlk_digraph_out(&p.d, 1), 0, NULL);
	assert_span(dlk_digraph_out(&p.d, 3), 0, NULL);
	assert_span(dlk_digraph_in(&p.d, 3), 3, (const uint32_t[]){ 2, 0, 3 });
	assert_span(dlk_digraph_in(&p.d, 2), 1, (const uint32_t[]){ 4 });
	assert_span(dlk_digraph_in(&p.d, 1), 0, NULL);
	plain_deinit(&p);
}

static void test_digraph__find(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 5);
	plain_edge(&p, 1, 4);
	plain_edge(&p, 1, 2);
	plain_edge(&p, 1, 2);
	plain_edge(&p, 1, 0);
	plain_index(&p);
	assert_int_equal(dlk_digraph_find(&p.d, 1, 0), 3);
	assert_int_equal(dlk_digraph_find(&p.d, 1, 2), 1);
	assert_int_equal(dlk_digraph_find(&p.d, 1, 4), 0);
	assert_int_equal(dlk_digraph_find(&p.d, 1, 1), UINT32_MAX);
	assert_int_equal(dlk_digraph_find(&p.d, 1, 3), UINT32_MAX);
	assert_int_equal(dlk_digraph_find(&p.d, 2, 1), UINT32_MAX);
	plain_deinit(&p);
}

static void test_digraph__empty(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 0);
	plain_index(&p);
	plain_deinit(&p);
	plain_init(&p, 1);
	plain_index(&p);
	assert_span(dlk_digraph_out(&p.d, 0), 0, NULL);
	assert_int_equal(dlk_digraph_find(&p.d, 0, 0), UINT32_MAX);
	plain_deinit(&p);
}

static void test_digraph__bad_ends_are_refused(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 2);
	plain_edge(&p, 0, 2);
	assert_int_equal(dlk_digraph_index(&p.ctx, &p.d), DLK_ERR_INVALID);
	p.to[0] = 1;
	p.from[0] = UINT32_MAX;
	assert_int_equal(dlk_digraph_index(&p.ctx, &p.d), DLK_ERR_INVALID);
	p.from[0] = 0;
	p.d.counted = 3;
	assert_int_equal(dlk_digraph_index(&p.ctx, &p.d), DLK_ERR_INVALID);
	p.d.counted = 0;
	plain_index(&p);
	plain_deinit(&p);
}

static void test_digraph__no_memory(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 2);
	p.ctx.budget = 0;
	assert_int_equal(dlk_digraph_index(&p.ctx, &p.d), DLK_ERR_NOMEM);
	plain_deinit(&p);
}

static void test_digraph__no_filter_lets_all_pass(void **state)
{
	struct plain p;

	(void)state;
	plain_init(&p, 2);
	plain_edge(&p, 0, 1);
	p.least = 1;
	assert_false(dlk_edge_passes(&p.filter, 0));
	assert_true(dlk_edge_passes(&(struct dlk_edge_filter){ .passes = NULL }, 0));
	plain_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digraph__lists_are_sorted),
		cmocka_unit_test(test_digraph__find),
		cmocka_unit_test(test_digraph__empty),
		cmocka_unit_test(test_digraph__bad_ends_are_refused),
		cmocka_unit_test(test_digraph__no_memory),
		cmocka_unit_test(test_digraph__no_filter_lets_all_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
