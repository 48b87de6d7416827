/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/shortest.c: a shortest cycle of a component, within a budget. */
#include <config.h>

#include "graph/shortest.h"
#include "u-digraph.h"

struct search {
	struct dlk_scc scc;
	struct dlk_shortest shortest;
	struct dlk_quest quest;
};

/* One component, and nothing looked for yet. */
static void prepare(struct plain *p, struct search *s)
{
	plain_index(p);
	assert_int_equal(dlk_scc_init(&p->ctx, &p->d, &s->scc), DLK_OK);
	assert_int_equal(dlk_scc_find(&p->ctx, &s->scc, &p->filter), DLK_OK);
	assert_int_equal(s->scc.count, 1);
	assert_int_equal(dlk_shortest_init(&p->ctx, &s->scc, &s->shortest), DLK_OK);
	s->quest = (struct dlk_quest){ .component = 0, .filter = p->filter, .least = 1 };
}

static uint32_t find(struct plain *p, struct search *s, uint32_t bound)
{
	uint32_t len = bound;

	assert_int_equal(dlk_shortest_find(&p->ctx, &s->shortest, &s->quest, &len), DLK_OK);
	return len;
}

static void assert_path(const struct search *s, uint32_t len, const uint32_t *nodes)
{
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(s->shortest.path[i], nodes[i]);
}

/* 0 -> 1 -> 2 -> 3 -> 4 -> 0, and 4 -> 2: the shortest is not through the lowest. */
static void make_lasso(struct plain *p, struct search *s)
{
	plain_init(p, 5);
	for (uint32_t i = 0; i < 5; i++)
		plain_edge(p, i, (i + 1) % 5);
	plain_edge(p, 4, 2);
	prepare(p, s);
}

static void test_shortest__not_through_the_lowest(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	make_lasso(&p, &s);
	assert_int_equal(find(&p, &s, UINT32_MAX), 3);
	assert_path(&s, 3, (const uint32_t[]){ 2, 3, 4 });
	plain_deinit(&p);
}

/* Without any budget there is still a cycle: the one through the lowest. */
static void test_shortest__budget(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	make_lasso(&p, &s);
	s.shortest.budget = 0;
	assert_int_equal(find(&p, &s, UINT32_MAX), 5);
	assert_path(&s, 5, (const uint32_t[]){ 0, 1, 2, 3, 4 });
	assert_false(dlk_shortest_may_go_on(&s.shortest));
	plain_deinit(&p);
}

/* A cycle must be below the bound; without one, the path is as it was. */
static void test_shortest__bound(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	make_lasso(&p, &s);
	assert_int_equal(find(&p, &s, 4), 3);
	assert_int_equal(find(&p, &s, 3), 3);
	assert_path(&s, 3, (const uint32_t[]){ 2, 3, 4 });
	plain_deinit(&p);
}

/* Of two by the stricter filter: 0 <-> 1, and 1 <-> 2 with the better edges. */
static void test_shortest__stricter_filter(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	plain_init(&p, 3);
	plain_edge(&p, 0, 1);
	p.level[plain_edge(&p, 1, 0)] = 1;
	p.level[plain_edge(&p, 1, 2)] = 1;
	p.level[plain_edge(&p, 2, 1)] = 1;
	prepare(&p, &s);
	assert_int_equal(find(&p, &s, UINT32_MAX), 2);
	assert_path(&s, 2, (const uint32_t[]){ 0, 1 });
	p.least = 1;
	s.quest.least = 2;
	assert_int_equal(find(&p, &s, 3), 2);
	assert_path(&s, 2, (const uint32_t[]){ 1, 2 });
	plain_deinit(&p);
}

/* 0 -> 1 -> 2 -> 0, 3 <-> 4, 2 -> 3, 4 -> 0: a cycle of three is good enough. */
static void test_shortest__least(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	plain_init(&p, 5);
	for (uint32_t i = 0; i < 3; i++)
		plain_edge(&p, i, (i + 1) % 3);
	plain_edge(&p, 2, 3);
	plain_edge(&p, 3, 4);
	plain_edge(&p, 4, 3);
	plain_edge(&p, 4, 0);
	prepare(&p, &s);
	s.quest.least = 3;
	assert_int_equal(find(&p, &s, UINT32_MAX), 3);
	assert_path(&s, 3, (const uint32_t[]){ 0, 1, 2 });
	s.quest.least = 1;
	assert_int_equal(find(&p, &s, UINT32_MAX), 2);
	assert_path(&s, 2, (const uint32_t[]){ 3, 4 });
	plain_deinit(&p);
}

static void test_shortest__self(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	plain_init(&p, 2);
	plain_edge(&p, 0, 1);
	plain_edge(&p, 1, 0);
	plain_edge(&p, 1, 1);
	prepare(&p, &s);
	assert_int_equal(find(&p, &s, UINT32_MAX), 1);
	assert_path(&s, 1, (const uint32_t[]){ 1 });
	plain_deinit(&p);
}

/* 0 -> [4] -> [5] -> 1 -> 0 is two steps, 2 -> 3 -> 0 -> 2 is three: what stands between is none. */
static void test_shortest__between(void **state)
{
	struct plain p;
	struct search s;

	(void)state;
	plain_init(&p, 6);
	p.d.counted = 4;
	plain_edge(&p, 0, 2);
	plain_edge(&p, 2, 3);
	plain_edge(&p, 3, 0);
	plain_edge(&p, 0, 4);
	plain_edge(&p, 4, 5);
	plain_edge(&p, 5, 1);
	plain_edge(&p, 1, 0);
	prepare(&p, &s);
	assert_int_equal(find(&p, &s, UINT32_MAX), 2);
	assert_path(&s, 2, (const uint32_t[]){ 0, 1 });
	plain_deinit(&p);
}

/*
 * Node 0 leads to all of B, each of B to all of C, each of C to 0, over two nodes between: a walk
 * looks at the edges of each of these once, not once for each that leads there.
 */
static void test_shortest__between_is_passed_once(void **state)
{
	enum { SIDE = 15, NODES = 2 * SIDE + 1 };
	struct plain p;
	struct search s;

	(void)state;
	plain_init(&p, NODES + 2);
	p.d.counted = NODES;
	plain_edge(&p, 0, NODES);
	for (uint32_t i = 1; i <= SIDE; i++) {
		plain_edge(&p, NODES, i);
		plain_edge(&p, i, NODES + 1);
		plain_edge(&p, NODES + 1, SIDE + i);
		plain_edge(&p, SIDE + i, 0);
	}
	prepare(&p, &s);
	s.shortest.budget = 0;
	assert_int_equal(find(&p, &s, UINT32_MAX), 3);
	assert_in_range(s.shortest.work, 1, 5 * SIDE);
	plain_deinit(&p);
}

static void test_shortest__canceled(void **state)
{
	struct plain p;
	struct search s;
	int cancel = 1;
	uint32_t len = 77;

	(void)state;
	make_lasso(&p, &s);
	p.ctx.cancel = &cancel;
	assert_int_equal(dlk_shortest_find(&p.ctx, &s.shortest, &s.quest, &len), DLK_ERR_CANCELED);
	assert_int_equal(len, 77);
	plain_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest__not_through_the_lowest),
		cmocka_unit_test(test_shortest__budget),
		cmocka_unit_test(test_shortest__bound),
		cmocka_unit_test(test_shortest__stricter_filter),
		cmocka_unit_test(test_shortest__least),
		cmocka_unit_test(test_shortest__self),
		cmocka_unit_test(test_shortest__between),
		cmocka_unit_test(test_shortest__between_is_passed_once),
		cmocka_unit_test(test_shortest__canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
