/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/reach.c: who waits for a node, directly or not, within a budget. */
#include <config.h>

#include "u-graph.h"

/* Task i holds mutex i and waits for mutex i + 1; the last one, of pid @tasks, runs. */
static void make_chain(struct scene *s, uint32_t tasks)
{
	scene_init(s);
	for (uint32_t i = 0; i < tasks; i++) {
		scene_task(s, (int32_t)i + 1);
		scene_hold(s, i, scene_lock(s, DLK_KIND_MUTEX), DLK_MODE_EXCLUSIVE);
	}
	for (uint32_t i = 0; i + 1 < tasks; i++)
		scene_wait(s, i, i + 1, DLK_MODE_EXCLUSIVE);
	s->contexts[tasks - 1].is_blocked = false;
}

static uint32_t run_from(struct dlk_reach *r, uint32_t node, enum dlk_reach_along along)
{
	dlk_reach_begin(r);
	dlk_reach_add(r, node);
	return dlk_reach_run(r, along);
}

static void test_reach__chain(void **state)
{
	struct scene s;
	struct dlk_graph g;
	struct dlk_reach r;

	(void)state;
	make_chain(&s, 5);
	scene_graph(&s, &g);
	assert_int_equal(dlk_reach_init(&s.ctx, &g, &r), DLK_OK);
	assert_int_equal(run_from(&r, 4, DLK_ALONG_LIVE), 4);
	assert_true(dlk_reach_has(&r, 0));
	assert_int_equal(run_from(&r, 2, DLK_ALONG_LIVE), 2);
	assert_false(dlk_reach_has(&r, 3));
	assert_int_equal(run_from(&r, 0, DLK_ALONG_LIVE), 0);
	assert_int_equal(run_from(&r, 4, DLK_ALONG_STUCK), 0);
	scene_deinit(&s);
}

/* From a ring, the contexts started from do not count; a second start of one changes nothing. */
static void test_reach__ring(void **state)
{
	struct scene s;
	struct dlk_graph g;
	struct dlk_reach r;

	(void)state;
	make_chain(&s, 4);
	s.contexts[3].is_blocked = true;
	scene_wait(&s, 3, 2, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(dlk_reach_init(&s.ctx, &g, &r), DLK_OK);
	dlk_reach_begin(&r);
	dlk_reach_add(&r, 2);
	dlk_reach_add(&r, 3);
	dlk_reach_add(&r, 2);
	assert_int_equal(dlk_reach_run(&r, DLK_ALONG_STUCK), 2);
	assert_int_equal(run_from(&r, 3, DLK_ALONG_STUCK), 3);
	/* All are stuck on certain facts: none of them is on a chain that may end elsewhere. */
	assert_int_equal(run_from(&r, 3, DLK_ALONG_LIVE), 0);
	scene_deinit(&s);
}

/* Out of budget, every walk still looks at its nearest waiters. */
static void test_reach__budget(void **state)
{
	enum { LEN = 1000 };
	static struct dlk_context contexts[LEN];
	static struct dlk_resource resources[LEN];
	static struct dlk_wait waits[LEN];
	static struct dlk_hold holds[LEN];
	struct dlk_model model = { .contexts = contexts,
				   .resources = resources,
				   .waits = waits,
				   .holds = holds,
				   .context_count = LEN,
				   .resource_count = LEN,
				   .wait_count = LEN - 1,
				   .hold_count = LEN };
	struct dlk_ctx ctx;
	struct dlk_graph g;
	struct dlk_reach r;
	uint32_t far;

	(void)state;
	dlk_ctx_init(&ctx);
	for (uint32_t i = 0; i < LEN; i++) {
		contexts[i] = (struct dlk_context){ .task = i, .is_blocked = i + 1 < LEN };
		resources[i] = (struct dlk_resource){ .address = i };
		waits[i] = (struct dlk_wait){ .context = i,
					      .resource = i + 1,
					      .mode = DLK_MODE_EXCLUSIVE };
		holds[i] = (struct dlk_hold){ .context = i, .resource = i };
	}
	assert_int_equal(dlk_graph_build(&ctx, &model, &g), DLK_OK);
	assert_int_equal(dlk_stuck_find(&ctx, &g), DLK_OK);
	assert_int_equal(dlk_reach_init(&ctx, &g, &r), DLK_OK);
	assert_int_equal(run_from(&r, LEN - 1, DLK_ALONG_LIVE), LEN - 1);
	r.budget = r.work;
	far = run_from(&r, LEN - 1, DLK_ALONG_LIVE);
	assert_in_range(far, 1, LEN - 2);
	assert_int_equal(run_from(&r, LEN - 1, DLK_ALONG_LIVE), far);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach__chain),
		cmocka_unit_test(test_reach__ring),
		cmocka_unit_test(test_reach__budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
