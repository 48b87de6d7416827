/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/roots.c: where chains end that are no deadlock. */
#include <config.h>

#include <stdlib.h>

#include "u-graph.h"

static void waits_for(struct scene *s, uint32_t task, uint32_t lock)
{
	scene_wait(s, task, lock, DLK_MODE_EXCLUSIVE);
}

static void assert_root(const struct dlk_verdict *v, uint32_t index, uint32_t context,
			uint32_t resource, uint32_t behind)
{
	assert_true(index < v->root_count);
	assert_int_equal(v->roots[index].context, context);
	assert_int_equal(v->roots[index].resource, resource);
	assert_int_equal(v->roots[index].behind, behind);
}

/* 1 -> 2 -> 3 (asleep elsewhere); 4, 5, 6 -> 7 (runs); the longer queue first. */
static void test_roots__most_waited_for_first(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 6; pid++)
		scene_task(&s, pid);
	scene_running(&s, 7);
	for (uint32_t i = 0; i < 3; i++)
		scene_lock(&s, DLK_KIND_MUTEX);
	waits_for(&s, 0, 0);
	scene_holds_waits(&s, 1, 0, 1);
	scene_hold(&s, 2, 1, DLK_MODE_EXCLUSIVE);
	for (uint32_t i = 3; i < 6; i++)
		waits_for(&s, i, 2);
	scene_hold(&s, 6, 2, DLK_MODE_EXCLUSIVE);
	v = scene_judge(&s);
	assert_int_equal(v->code, DLK_NO_DEADLOCK);
	assert_int_equal(v->root_count, 2);
	assert_root(v, 0, 6, 2, 3);
	assert_root(v, 1, 2, 1, 2);
	scene_deinit(&s);
}

/* One behind each: by pid, and those without a context last, by kind. */
static void test_roots__ties(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 4; pid++)
		scene_task(&s, pid);
	scene_running(&s, 9);
	scene_running(&s, 8);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_COMPLETION);
	scene_lock(&s, DLK_KIND_FOLIO);
	for (uint32_t i = 0; i < 4; i++)
		waits_for(&s, i, i);
	scene_hold(&s, 4, 0, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 5, 1, DLK_MODE_EXCLUSIVE);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 4);
	assert_root(v, 0, 5, 1, 1);
	assert_root(v, 1, 4, 0, 1);
	assert_root(v, 2, DLK_NONE, 3, 1);
	assert_root(v, 3, DLK_NONE, 2, 1);
	scene_deinit(&s);
}

/* Readers and writers that wait for the same unknown holder are behind one root. */
static void test_roots__both_sides_of_a_resource(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	scene_task(&s, 3);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_wait(&s, 0, 0, DLK_MODE_READ);
	scene_wait(&s, 1, 0, DLK_MODE_WRITE);
	scene_queued(&s, 2, 0, DLK_MODE_READ, 4);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 1);
	assert_root(v, 0, DLK_NONE, 0, 3);
	scene_deinit(&s);
}

/* Reader 1 waits for writer 2 only, and that for reader 3, which runs: the lock is no root. */
static void test_roots__reader_behind_writer(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	scene_running(&s, 3);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_queued(&s, 0, 0, DLK_MODE_READ, 1);
	scene_queued(&s, 1, 0, DLK_MODE_WRITE, 0);
	scene_hold(&s, 2, 0, DLK_MODE_READ);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 1);
	assert_root(v, 0, 2, 0, 2);
	scene_deinit(&s);
}

/* What is behind a deadlock is no root, also if the deadlock's tasks wait for others besides. */
static void test_roots__not_behind_a_cycle(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	for (int32_t pid = 1; pid <= 3; pid++)
		scene_task(&s, pid);
	scene_running(&s, 4);
	for (uint32_t i = 0; i < 3; i++)
		scene_lock(&s, DLK_KIND_MUTEX);
	scene_holds_waits(&s, 0, 0, 1);
	scene_holds_waits(&s, 1, 1, 0);
	waits_for(&s, 2, 0);
	waits_for(&s, 2, 2);
	scene_hold(&s, 3, 2, DLK_MODE_EXCLUSIVE);
	v = scene_judge(&s);
	assert_int_equal(v->code, DLK_DEADLOCK);
	assert_int_equal(v->root_count, 0);
	assert_int_equal(v->roles[3], DLK_ROLE_HOLDER);
	scene_deinit(&s);
}

/*
 * A semaphore held by 1, which waits for it again, and by somebody unknown: that one is the root.
 * If 2, which runs, holds it too, the chain ends there and the unknown is not named.
 */
static void test_roots__any_with_unknown_holder(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_running(&s, 2);
	scene_semaphore(&s);
	s.resources[0].holders_unknown = "no owner field";
	scene_holds_waits(&s, 0, 0, 0);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 1);
	assert_root(v, 0, DLK_NONE, 0, 1);
	scene_hold(&s, 1, 0, DLK_MODE_EXCLUSIVE);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 1);
	assert_root(v, 0, 1, 0, 1);
	scene_deinit(&s);
}

/* 1 holds two locks; the one that two wait for, one of them to read, names the root. */
static void test_roots__main_resource(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	scene_running(&s, 1);
	for (int32_t pid = 2; pid <= 4; pid++)
		scene_task(&s, pid);
	scene_lock(&s, DLK_KIND_MUTEX);
	scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 0, 0, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 0, 0, DLK_MODE_EXCLUSIVE); /* told twice, counted once */
	scene_hold(&s, 0, 1, DLK_MODE_WRITE);
	waits_for(&s, 1, 0);
	scene_wait(&s, 2, 1, DLK_MODE_READ);
	scene_wait(&s, 3, 1, DLK_MODE_WRITE);
	v = scene_judge(&s);
	assert_int_equal(v->root_count, 1);
	assert_root(v, 0, 0, 1, 3);
	scene_deinit(&s);
}

/* Many readers hold what many wait for: the waiters are counted once, not for each reader. */
static void test_roots__many_readers(void **state)
{
	enum { HALF = 2000 };
	struct dlk_context *contexts = calloc(2 * HALF, sizeof(*contexts));
	struct dlk_wait *waits = calloc(HALF, sizeof(*waits));
	struct dlk_hold *holds = calloc(HALF, sizeof(*holds));
	struct dlk_resource resource = { .kind = DLK_KIND_RWSEM };
	struct dlk_model model = { .contexts = contexts,
				   .resources = &resource,
				   .waits = waits,
				   .holds = holds,
				   .context_count = 2 * HALF,
				   .resource_count = 1,
				   .wait_count = HALF,
				   .hold_count = HALF };
	struct dlk_verdict v = { .root_count = 0 };
	struct dlk_ctx ctx;
	struct dlk_graph g;
	struct dlk_reach r;

	(void)state;
	assert_true(contexts && waits && holds);
	dlk_ctx_init(&ctx);
	for (uint32_t i = 0; i < HALF; i++) {
		contexts[i] = (struct dlk_context){ .task = i };
		contexts[HALF + i] = (struct dlk_context){ .task = HALF + i, .is_blocked = true };
		holds[i] = (struct dlk_hold){ .context = i, .mode = DLK_MODE_READ };
		waits[i] = (struct dlk_wait){ .context = HALF + i, .mode = DLK_MODE_WRITE };
	}
	assert_int_equal(dlk_graph_build(&ctx, &model, &g), DLK_OK);
	assert_int_equal(dlk_stuck_find(&ctx, &g), DLK_OK);
	assert_int_equal(dlk_reach_init(&ctx, &g.digraph, &r), DLK_OK);
	assert_int_equal(dlk_roots_find(&ctx, &g, &r, &v), DLK_OK);
	assert_int_equal(v.root_count, HALF);
	assert_int_equal(v.roots[0].behind, HALF);
	assert_int_equal(v.roots[HALF - 1].context, HALF - 1);
	assert_in_range(r.work, 1, 4 * 2 * HALF);
	dlk_ctx_deinit(&ctx);
	free(contexts);
	free(waits);
	free(holds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots__most_waited_for_first),
		cmocka_unit_test(test_roots__ties),
		cmocka_unit_test(test_roots__both_sides_of_a_resource),
		cmocka_unit_test(test_roots__reader_behind_writer),
		cmocka_unit_test(test_roots__not_behind_a_cycle),
		cmocka_unit_test(test_roots__any_with_unknown_holder),
		cmocka_unit_test(test_roots__main_resource),
		cmocka_unit_test(test_roots__many_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
