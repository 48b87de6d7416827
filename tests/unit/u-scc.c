/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/scc.c: strongly connected components. */
#include <config.h>

#include <stdlib.h>

#include "u-graph.h"

/* Task i holds mutex i. */
static void start(struct scene *s, uint32_t tasks)
{
	scene_init(s);
	for (uint32_t i = 0; i < tasks; i++) {
		scene_task(s, (int32_t)i + 1);
		scene_hold(s, i, scene_lock(s, DLK_KIND_MUTEX), DLK_MODE_EXCLUSIVE);
	}
}

static void waits_for(struct scene *s, uint32_t task, uint32_t holder)
{
	scene_wait(s, task, holder, DLK_MODE_EXCLUSIVE);
}

static void find(struct scene *s, const bool *is_open, int level, struct dlk_scc *ret)
{
	struct dlk_graph g;

	scene_graph(s, &g);
	assert_int_equal(dlk_scc_init(&s->ctx, &g, ret), DLK_OK);
	dlk_scc_find(ret, &g, is_open, level);
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
	static const bool is_open[] = { true, true, true, true, true, true };
	struct scene s;
	struct dlk_scc scc;

	(void)state;
	start(&s, 6);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 0);
	waits_for(&s, 2, 4);
	waits_for(&s, 3, 1);
	waits_for(&s, 4, 5);
	waits_for(&s, 5, 4);
	find(&s, is_open, DLK_CERTAIN, &scc);
	assert_int_equal(scc.count, 2);
	assert_members(&scc, 0, 2, (const uint32_t[]){ 4, 5 }); /* a sink closes first */
	assert_members(&scc, 1, 3, (const uint32_t[]){ 0, 1, 2 });
	assert_int_equal(scc.component[3], DLK_NONE);
	scene_deinit(&s);
}

static void test_scc__self(void **state)
{
	static const bool is_open[] = { true };
	struct scene s;
	struct dlk_scc scc;

	(void)state;
	start(&s, 1);
	waits_for(&s, 0, 0);
	find(&s, is_open, DLK_CERTAIN, &scc);
	assert_int_equal(scc.count, 1);
	assert_members(&scc, 0, 1, (const uint32_t[]){ 0 });
	scene_deinit(&s);
}

static void test_scc__closed_context_cuts(void **state)
{
	static const bool is_open[] = { true, false, true };
	struct scene s;
	struct dlk_scc scc;

	(void)state;
	start(&s, 3);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 0);
	find(&s, is_open, DLK_CERTAIN, &scc);
	assert_int_equal(scc.count, 0);
	scene_deinit(&s);
}

static void test_scc__level_cuts(void **state)
{
	static const bool is_open[] = { true, true };
	struct scene s;
	struct dlk_scc scc;

	(void)state;
	start(&s, 2);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	s.holds[1].confidence = DLK_LIKELY;
	find(&s, is_open, DLK_CERTAIN, &scc);
	assert_int_equal(scc.count, 0);
	find(&s, is_open, DLK_LIKELY, &scc);
	assert_int_equal(scc.count, 1);
	scene_deinit(&s);
}

/* One ring of very many contexts: no recursion, and the low link comes all the way back. */
static void test_scc__long_ring(void **state)
{
	enum { LEN = 200000 };
	struct dlk_ctx ctx;
	struct dlk_context *contexts = calloc(LEN, sizeof(*contexts));
	struct dlk_resource *resources = calloc(LEN, sizeof(*resources));
	struct dlk_wait *waits = calloc(LEN, sizeof(*waits));
	struct dlk_hold *holds = calloc(LEN, sizeof(*holds));
	bool *is_open = calloc(LEN, sizeof(*is_open));
	struct dlk_model model = { .contexts = contexts,
				   .resources = resources,
				   .waits = waits,
				   .holds = holds,
				   .context_count = LEN,
				   .resource_count = LEN,
				   .wait_count = LEN,
				   .hold_count = LEN };
	struct dlk_graph g;
	struct dlk_scc scc;

	(void)state;
	assert_true(contexts && resources && waits && holds && is_open);
	dlk_ctx_init(&ctx);
	for (uint32_t i = 0; i < LEN; i++) {
		contexts[i] = (struct dlk_context){ .task = i, .is_blocked = true };
		resources[i] = (struct dlk_resource){ .address = i };
		waits[i] = (struct dlk_wait){ .context = i,
					      .resource = (i + 1) % LEN,
					      .mode = DLK_MODE_EXCLUSIVE };
		holds[i] = (struct dlk_hold){ .context = i, .resource = i };
		is_open[i] = true;
	}
	assert_int_equal(dlk_graph_build(&ctx, &model, &g), DLK_OK);
	assert_int_equal(dlk_stuck_find(&ctx, &g), DLK_OK);
	assert_int_equal(dlk_scc_init(&ctx, &g, &scc), DLK_OK);
	dlk_scc_find(&scc, &g, is_open, DLK_POSSIBLE);
	assert_int_equal(scc.count, 1);
	assert_int_equal(scc.first[1], LEN);
	dlk_ctx_deinit(&ctx);
	free(contexts);
	free(resources);
	free(waits);
	free(holds);
	free(is_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scc__two_and_a_tail),
		cmocka_unit_test(test_scc__self),
		cmocka_unit_test(test_scc__closed_context_cuts),
		cmocka_unit_test(test_scc__level_cuts),
		cmocka_unit_test(test_scc__long_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
