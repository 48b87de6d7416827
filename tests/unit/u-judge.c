/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/judge.c: the whole judgement, its words, its errors, its cost. */
#include <config.h>

#include <stdlib.h>

#include "u-graph.h"

static void test_judge__texts(void **state)
{
	(void)state;
	assert_string_equal(dlk_verdict_text(DLK_NO_DEADLOCK), "no-deadlock");
	assert_string_equal(dlk_verdict_text(DLK_POSSIBLE_DEADLOCK), "possible-deadlock");
	assert_string_equal(dlk_verdict_text(DLK_DEADLOCK), "deadlock");
	assert_string_equal(dlk_verdict_text(DLK_UNKNOWN), "unknown");
	assert_string_equal(dlk_verdict_text(DLK_LEAKED_LOCK), "leaked-lock");
	assert_string_equal(dlk_verdict_text((enum dlk_verdict_code)99), "unknown");
	assert_string_equal(dlk_role_text(DLK_ROLE_NONE), "none");
	assert_string_equal(dlk_role_text(DLK_ROLE_CYCLE), "cycle");
	assert_string_equal(dlk_role_text(DLK_ROLE_BEHIND), "behind");
	assert_string_equal(dlk_role_text(DLK_ROLE_ROOT), "root");
	assert_string_equal(dlk_role_text(DLK_ROLE_BLOCKED), "blocked");
	assert_string_equal(dlk_role_text(DLK_ROLE_HOLDER), "holder");
	assert_string_equal(dlk_role_text((enum dlk_role)99), "unknown");
}

static void test_judge__empty(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	s.model = (struct dlk_model){ .contexts = NULL };
	v = scene_judge(&s);
	assert_int_equal(v->code, DLK_NO_DEADLOCK);
	assert_int_equal(v->cycle_count, 0);
	assert_int_equal(v->root_count, 0);
	scene_deinit(&s);
}

/* ABBA of pids 1 and 2. */
static void make_abba(struct scene *s)
{
	scene_init(s);
	scene_task(s, 1);
	scene_task(s, 2);
	scene_lock(s, DLK_KIND_MUTEX);
	scene_lock(s, DLK_KIND_FOLIO);
	scene_holds_waits(s, 0, 0, 1);
	scene_holds_waits(s, 1, 1, 0);
}

static void test_judge__code_follows_confidence(void **state)
{
	struct scene s;

	(void)state;
	make_abba(&s);
	assert_int_equal(scene_judge(&s)->code, DLK_DEADLOCK);
	s.holds[1].confidence = DLK_LIKELY;
	assert_int_equal(scene_judge(&s)->code, DLK_DEADLOCK);
	s.holds[1].confidence = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->code, DLK_POSSIBLE_DEADLOCK);
	s.contexts[0].is_blocked = false;
	assert_int_equal(scene_judge(&s)->code, DLK_NO_DEADLOCK);
	scene_deinit(&s);
}

static void expect_unchanged(struct scene *s, enum dlk_status status)
{
	struct dlk_verdict v = { .in_cycles = 77 };

	assert_int_equal(dlk_judge(&s->ctx, &s->model, &v), status);
	assert_int_equal(v.in_cycles, 77);
	assert_null(v.roles);
}

static void test_judge__errors_leave_the_verdict(void **state)
{
	struct scene s;
	int cancel = 1;

	(void)state;
	make_abba(&s);
	s.ctx.cancel = &cancel;
	expect_unchanged(&s, DLK_ERR_CANCELED);
	s.ctx.cancel = NULL;
	s.holds[0].resource = 2;
	expect_unchanged(&s, DLK_ERR_INVALID);
	scene_deinit(&s);
}

/* Whatever allocation fails, the answer is NOMEM and nothing is left behind. */
static void test_judge__no_memory(void **state)
{
	enum { TASKS = 3000, STEP = 4096 };
	static struct dlk_context contexts[TASKS];
	static struct dlk_wait waits[TASKS];
	static struct dlk_hold holds[2];
	static struct dlk_resource resources[2];
	struct dlk_model model = { .contexts = contexts,
				   .resources = resources,
				   .waits = waits,
				   .holds = holds,
				   .context_count = TASKS,
				   .resource_count = 2,
				   .wait_count = TASKS,
				   .hold_count = 2 };
	enum dlk_status status = DLK_ERR_NOMEM;
	uint32_t failures = 0;

	(void)state;
	for (uint32_t i = 0; i < TASKS; i++) {
		contexts[i] = (struct dlk_context){ .task = i, .is_blocked = true };
		waits[i] = (struct dlk_wait){ .context = i,
					      .resource = i & 1,
					      .mode = DLK_MODE_EXCLUSIVE };
	}
	holds[0] = (struct dlk_hold){ .context = 0, .resource = 1 };
	holds[1] = (struct dlk_hold){ .context = 1, .resource = 0 };
	for (size_t budget = 0; status; budget += STEP) {
		struct dlk_verdict v = { .in_cycles = 77 };
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		ctx.budget = budget;
		status = dlk_judge(&ctx, &model, &v);
		assert_true(status == DLK_OK || status == DLK_ERR_NOMEM);
		assert_int_equal(v.in_cycles == 77, status != DLK_OK);
		failures += status != DLK_OK;
		dlk_ctx_deinit(&ctx);
	}
	assert_true(failures > 20);
}

/* One running holder, and @waiters on its mutex; returns the bytes that the judgement took. */
static size_t judge_convoy(uint32_t waiters)
{
	struct dlk_context *contexts = calloc((size_t)waiters + 1, sizeof(*contexts));
	struct dlk_wait *waits = calloc(waiters, sizeof(*waits));
	struct dlk_resource mutex = { .kind = DLK_KIND_MUTEX };
	struct dlk_hold hold = { .context = waiters, .mode = DLK_MODE_EXCLUSIVE };
	struct dlk_model model = { .contexts = contexts,
				   .resources = &mutex,
				   .waits = waits,
				   .holds = &hold,
				   .context_count = waiters + 1,
				   .resource_count = 1,
				   .wait_count = waiters,
				   .hold_count = 1 };
	struct dlk_verdict v;
	struct dlk_ctx ctx;
	size_t used;

	assert_true(contexts && waits);
	dlk_ctx_init(&ctx);
	for (uint32_t i = 0; i < waiters; i++) {
		contexts[i] = (struct dlk_context){ .task = i, .is_blocked = true };
		waits[i] = (struct dlk_wait){ .context = i,
					      .position = i,
					      .mode = DLK_MODE_EXCLUSIVE };
	}
	assert_int_equal(dlk_judge(&ctx, &model, &v), DLK_OK);
	assert_int_equal(v.code, DLK_NO_DEADLOCK);
	assert_int_equal(v.cycle_count, 0);
	assert_int_equal(v.root_count, 1);
	assert_int_equal(v.roots[0].context, waiters);
	assert_int_equal(v.roots[0].behind, waiters);
	used = ctx.used;
	dlk_ctx_deinit(&ctx);
	free(contexts);
	free(waits);
	return used;
}

/* A convoy is no deadlock; and twice the waiters take twice the memory, not four times. */
static void test_judge__convoy_is_linear(void **state)
{
	size_t half = judge_convoy(10000), whole = judge_convoy(20000);

	(void)state;
	assert_in_range(half, 1, 10000 * 400);
	assert_in_range(whole, half, half * 5 / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge__texts),
		cmocka_unit_test(test_judge__empty),
		cmocka_unit_test(test_judge__code_follows_confidence),
		cmocka_unit_test(test_judge__errors_leave_the_verdict),
		cmocka_unit_test(test_judge__no_memory),
		cmocka_unit_test(test_judge__convoy_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
