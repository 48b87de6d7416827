/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/roles.c: the part of each context, and how many are behind a cycle. */
#include <config.h>

#include "u-graph.h"

/* Tasks of pids 1, 2, ...; task i holds mutex i. */
static void start(struct scene *s, uint32_t tasks)
{
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

/* 1 <-> 2; 3 and 4 wait for 1, 5 for 3; 6 waits for 7, which runs; 8 is alone. */
static void test_roles__each_once(void **state)
{
	static const enum dlk_role expected[] = {
		DLK_ROLE_CYCLE,  DLK_ROLE_CYCLE,   DLK_ROLE_BEHIND, DLK_ROLE_BEHIND,
		DLK_ROLE_BEHIND, DLK_ROLE_BLOCKED, DLK_ROLE_ROOT,   DLK_ROLE_NONE,
	};
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	start(&s, 8);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 0);
	waits_for(&s, 3, 0);
	waits_for(&s, 4, 2);
	waits_for(&s, 5, 6);
	s.contexts[6].is_blocked = false;
	v = scene_judge(&s);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(v->roles[i], expected[i]);
	assert_int_equal(v->in_cycles, 2);
	assert_int_equal(v->behind_cycles, 3);
	assert_int_equal(v->cycles[0].behind, 3);
	scene_deinit(&s);
}

/* 3 reads what 4 reads too; writer 1 of the cycle 1 <-> 2 waits for both: 3 is no root. */
static void test_roles__holder_beside_a_cycle(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;
	uint32_t rwsem;

	(void)state;
	start(&s, 2);
	scene_running(&s, 3);
	rwsem = scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 1, rwsem, DLK_MODE_READ);
	scene_hold(&s, 2, rwsem, DLK_MODE_READ);
	scene_wait(&s, 0, rwsem, DLK_MODE_WRITE);
	waits_for(&s, 1, 0);
	v = scene_judge(&s);
	assert_int_equal(v->cycle_count, 1);
	assert_int_equal(v->roles[2], DLK_ROLE_HOLDER);
	assert_int_equal(v->root_count, 0);
	scene_deinit(&s);
}

/* If 1 <-> 2 is a mere possibility, 3 is what 1 may be waiting for: a root. */
static void test_roles__root_beside_a_possible_cycle(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;
	uint32_t rwsem;

	(void)state;
	start(&s, 2);
	scene_running(&s, 3);
	rwsem = scene_lock(&s, DLK_KIND_RWSEM);
	s.holds[scene_hold(&s, 1, rwsem, DLK_MODE_READ)].confidence = DLK_POSSIBLE;
	scene_hold(&s, 2, rwsem, DLK_MODE_READ);
	scene_wait(&s, 0, rwsem, DLK_MODE_WRITE);
	waits_for(&s, 1, 0);
	v = scene_judge(&s);
	assert_int_equal(v->code, DLK_POSSIBLE_DEADLOCK);
	assert_int_equal(v->roles[0], DLK_ROLE_CYCLE);
	assert_int_equal(v->roles[2], DLK_ROLE_ROOT);
	assert_int_equal(v->root_count, 1);
	assert_int_equal(v->roots[0].behind, 2);
	scene_deinit(&s);
}

/* A task that waits for nobody known is blocked, not a root: the unknown is. */
static void test_roles__unknown_holder(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	start(&s, 1);
	waits_for(&s, 0, scene_lock(&s, DLK_KIND_COMPLETION));
	v = scene_judge(&s);
	assert_int_equal(v->roles[0], DLK_ROLE_BLOCKED);
	scene_deinit(&s);
}

/* A holder that is itself behind: two cycles, one task behind both of them. */
static void test_roles__behind_two_cycles(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	start(&s, 5);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 3);
	waits_for(&s, 3, 2);
	waits_for(&s, 4, 0);
	waits_for(&s, 4, 3);
	v = scene_judge(&s);
	assert_int_equal(v->cycle_count, 2);
	assert_int_equal(v->cycles[0].behind, 1);
	assert_int_equal(v->cycles[1].behind, 1);
	assert_int_equal(v->behind_cycles, 1);
	assert_int_equal(v->in_cycles, 4);
	scene_deinit(&s);
}

/* Who waits for what is not understood, and has for a while, is blocked; for a moment, it is nothing. */
static void test_roles__unknown_wait(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;

	(void)state;
	scene_init(&s);
	scene_unknown(&s, scene_sleeper(&s, 1, LASTING), LASTING);
	scene_unknown(&s, scene_sleeper(&s, 2, BRIEF), BRIEF);
	scene_unknown(&s, scene_sleeper(&s, 3, DLK_NS_UNKNOWN), DLK_NS_UNKNOWN);
	scene_sleeper(&s, 4, LASTING);
	scene_unknown(&s, scene_running(&s, 5), BRIEF);
	scene_unknown(&s, 4, LASTING);
	v = scene_judge(&s);
	assert_int_equal(v->roles[0], DLK_ROLE_BLOCKED);
	assert_int_equal(v->roles[1], DLK_ROLE_NONE);
	assert_int_equal(v->roles[2], DLK_ROLE_BLOCKED);
	assert_int_equal(v->roles[3], DLK_ROLE_NONE);
	assert_int_equal(v->roles[4], DLK_ROLE_BLOCKED);
	scene_deinit(&s);
}

/* The part that it plays for others comes first: a root, a holder beside a cycle, in a cycle. */
static void test_roles__unknown_wait_of_a_root(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;
	uint32_t rwsem;

	(void)state;
	start(&s, 5);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 3);
	rwsem = scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 4, rwsem, DLK_MODE_READ);
	scene_wait(&s, 0, rwsem, DLK_MODE_WRITE);
	for (uint32_t i = 0; i < 5; i++)
		scene_unknown(&s, i, LASTING);
	v = scene_judge(&s);
	assert_int_equal(v->roles[0], DLK_ROLE_CYCLE);
	assert_int_equal(v->roles[1], DLK_ROLE_CYCLE);
	assert_int_equal(v->roles[2], DLK_ROLE_BLOCKED);
	assert_int_equal(v->roles[3], DLK_ROLE_ROOT);
	assert_int_equal(v->roles[4], DLK_ROLE_HOLDER);
	assert_int_equal(v->root_count, 1);
	assert_int_equal(v->roots[0].context, 3);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles__each_once),
		cmocka_unit_test(test_roles__holder_beside_a_cycle),
		cmocka_unit_test(test_roles__root_beside_a_possible_cycle),
		cmocka_unit_test(test_roles__unknown_holder),
		cmocka_unit_test(test_roles__behind_two_cycles),
		cmocka_unit_test(test_roles__unknown_wait),
		cmocka_unit_test(test_roles__unknown_wait_of_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
