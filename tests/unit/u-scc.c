/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/scc.c: strongly connected components. */
#include <config.h>

#include <stdlib.h>

#include "graph/scc.h"
#include "u-digraph.h"

static void find(struct plain *p, struct dlk_scc *ret)
{
	plain_index(p);
	assert_int_equal(dlk_scc_init(&p->ctx, &p->d, ret), DLK_OK);
	assert_int_equal(dlk_scc_find(&p->ctx, ret, &p->filter), DLK_OK);
}

static void assert_members(const struct dlk_scc *scc, uint32_t index, uint32_t count,
			   const uint32_t *members)
{
	assert_true(index < scc->count);
	assert_int_equal(scc->first[index + 1] - scc->first[index], count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(scc->members[scc->first[index] + i], members[i]);
		assert_int_equal(scc->component[members[i]], index);
	}
}

/* 0 -> 1 -> 2 -> 0, 3 -> 1, 4 <-> 5, and 2 -> 4. */
static void test_scc__two_and_a_tail(void **state)
{
	struct plain p;
	struct dlk_scc scc;

	(void)state;
	plain_init(&p, 6);
	plain_edge(&p, 0, 1);
	plain_edge(&p, 1, 2);
	plain_edge(&p, 2, 0);
	plain_edge(&p, 2, 4);
	plain_edge(&p, 3, 1);
	plain_edge(&p, 4, 5);
	plain_edge(&p, 5, 4);
	find(&p, &scc);
	assert_int_equal(scc.count, 2);
	assert_members(&scc, 0, 2, (const uint32_t[]){ 4, 5 }); /* a sink closes first */
	assert_members(&scc, 1, 3, (const uint32_t[]){ 0, 1, 2 });
	assert_int_equal(scc.component[3], UINT32_MAX);
	plain_deinit(&p);
}

/* A node by itself is a component if an edge that passes leads back to it. */
static void test_scc__self(void **state)
{
	struct plain p;
	struct dlk_scc scc;

	(void)state;
	plain_init(&p, 3);
	plain_edge(&p, 0, 1);
	plain_edge(&p, 1, 1);
	p.level[plain_edge(&p, 2, 2)] = -1;
	find(&p, &scc);
	assert_int_equal(scc.count, 1);
	assert_members(&scc, 0, 1, (const uint32_t[]){ 1 });
	assert_int_equal(scc.component[0], UINT32_MAX);
	assert_int_equal(scc.component[2], UINT32_MAX);
	plain_deinit(&p);
}

/* The filter cuts, and the former components are forgotten. */
static void test_scc__again(void **state)
{
	struct plain p;
	struct dlk_scc scc;

	(void)state;
	plain_init(&p, 3);
	p.level[plain_edge(&p, 0, 1)] = 2;
	p.level[plain_edge(&p, 1, 0)] = 2;
	p.level[plain_edge(&p, 1, 2)] = 1;
	p.level[plain_edge(&p, 2, 0)] = 2;
	p.least = 1;
	find(&p, &scc);
	assert_int_equal(scc.count, 1);
	assert_members(&scc, 0, 3, (const uint32_t[]){ 0, 1, 2 });
	p.least = 2;
	assert_int_equal(dlk_scc_find(&p.ctx, &scc, &p.filter), DLK_OK);
	assert_int_equal(scc.count, 1);
	assert_members(&scc, 0, 2, (const uint32_t[]){ 0, 1 });
	p.least = 3;
	assert_int_equal(dlk_scc_find(&p.ctx, &scc, &p.filter), DLK_OK);
	assert_int_equal(scc.count, 0);
	assert_int_equal(scc.component[0], UINT32_MAX);
	plain_deinit(&p);
}

/* @len nodes in a ring. */
static void make_ring(struct dlk_ctx *ctx, struct dlk_digraph *d, uint32_t len)
{
	uint32_t *from = dlk_calloc(ctx, len, sizeof(*from));
	uint32_t *to = dlk_calloc(ctx, len, sizeof(*to));

	assert_true(from && to);
	for (uint32_t i = 0; i < len; i++) {
		from[i] = i;
		to[i] = (i + 1) % len;
	}
	*d = (struct dlk_digraph){
		.node_count = len, .counted = len, .edge_count = len, .from = from, .to = to
	};
	assert_int_equal(dlk_digraph_index(ctx, d), DLK_OK);
}

/* A ring of a million: no recursion, and the low link comes all the way back. */
static void test_scc__long_ring(void **state)
{
	enum { LEN = 1000000 };
	static const struct dlk_edge_filter all;
	struct dlk_ctx ctx;
	struct dlk_digraph d;
	struct dlk_scc scc;

	(void)state;
	dlk_ctx_init(&ctx);
	make_ring(&ctx, &d, LEN);
	assert_int_equal(dlk_scc_init(&ctx, &d, &scc), DLK_OK);
	assert_int_equal(dlk_scc_find(&ctx, &scc, &all), DLK_OK);
	assert_int_equal(scc.count, 1);
	assert_int_equal(scc.first[1], LEN);
	dlk_ctx_deinit(&ctx);
}

struct stop {
	int cancel;
	uint32_t edges; /* that were looked at */
};

/* Lets all pass, and cancels at the hundredth. */
static bool passes_and_stops(const void *arg, uint32_t edge)
{
	struct stop *stop = *(struct stop *const *)arg;

	(void)edge;
	stop->cancel = ++stop->edges >= 100;
	return true;
}

/* Also in the middle of one component. */
static void test_scc__canceled(void **state)
{
	enum { LEN = 100000 };
	struct stop stop = { 0 }, *arg = &stop;
	const struct dlk_edge_filter filter = { passes_and_stops, &arg };
	struct dlk_ctx ctx;
	struct dlk_digraph d;
	struct dlk_scc scc;

	(void)state;
	dlk_ctx_init(&ctx);
	make_ring(&ctx, &d, LEN);
	assert_int_equal(dlk_scc_init(&ctx, &d, &scc), DLK_OK);
	ctx.cancel = &stop.cancel;
	assert_int_equal(dlk_scc_find(&ctx, &scc, &filter), DLK_ERR_CANCELED);
	assert_in_range(stop.edges, 100, LEN / 2);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scc__two_and_a_tail), cmocka_unit_test(test_scc__self),
		cmocka_unit_test(test_scc__again),          cmocka_unit_test(test_scc__long_ring),
		cmocka_unit_test(test_scc__canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
