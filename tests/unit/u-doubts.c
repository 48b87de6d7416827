/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/doubts.c: what keeps us from saying that there is no deadlock, and the verdict it makes. */
#include <config.h>

#include "u-graph.h"

static void assert_doubts(struct scene *s, uint32_t waits, uint32_t holders, uint32_t losses)
{
	const struct dlk_verdict *v = scene_judge(s);

	assert_int_equal(v->doubts.waits, waits);
	assert_int_equal(v->doubts.holders, holders);
	assert_int_equal(v->doubts.losses, losses);
}

/* A wait that is not understood counts from a second on; one of unknown duration counts. */
static void test_doubts__unknown_waits(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_sleeper(&s, 1, LASTING);
	scene_unknown(&s, 0, BRIEF);
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	s.unknowns[0].ns = 0;
	assert_doubts(&s, 0, 0, 0);
	s.unknowns[0].ns = LASTING;
	assert_doubts(&s, 1, 0, 0);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	s.unknowns[0].ns = DLK_NS_UNKNOWN;
	assert_doubts(&s, 1, 0, 0);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* A CPU that spins is not blocked, and counts like any other; each wait of a context counts. */
static void test_doubts__spinning_cpu(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_running(&s, 1);
	s.contexts[0].is_on_cpu = true;
	scene_unknown(&s, 0, LASTING);
	scene_unknown(&s, 0, LASTING);
	scene_unknown(&s, 0, BRIEF);
	s.unknowns[0].why = s.unknowns[1].why = DLK_WHY_SPINS;
	assert_doubts(&s, 2, 0, 0);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* A waits for a mutex whose holder is not known. */
static void make_doubtful(struct scene *s)
{
	scene_init(s);
	scene_sleeper(s, 1, LASTING);
	scene_lock(s, DLK_KIND_MUTEX);
	s->resources[0].holders_unknown = "its owner word is 0";
	scene_wait(s, 0, 0, DLK_MODE_EXCLUSIVE);
}

static void test_doubts__unknown_holders(void **state)
{
	struct scene s;

	(void)state;
	make_doubtful(&s);
	assert_doubts(&s, 0, 1, 0);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	s.contexts[0].blocked_ns = BRIEF;
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	s.contexts[0].blocked_ns = DLK_NS_UNKNOWN;
	assert_doubts(&s, 0, 1, 0);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* Somebody who holds it is known, but not everybody: still a doubt.  If all are known it is none. */
static void test_doubts__some_holders(void **state)
{
	struct scene s;

	(void)state;
	make_doubtful(&s);
	scene_hold(&s, scene_running(&s, 2), 0, DLK_MODE_READ);
	assert_doubts(&s, 0, 1, 0);
	s.resources[0].holders_unknown = NULL;
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	scene_deinit(&s);
}

/* A context that is not blocked does not wait; its time off the CPU is not known. */
static void test_doubts__not_blocked(void **state)
{
	struct scene s;

	(void)state;
	make_doubtful(&s);
	s.contexts[0].is_blocked = false;
	s.contexts[0].blocked_ns = DLK_NS_UNKNOWN;
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	scene_deinit(&s);
}

/* Waits are counted, not locks; and nobody who does not wait. */
static void test_doubts__each_wait(void **state)
{
	struct scene s;

	(void)state;
	make_doubtful(&s);
	scene_wait(&s, scene_sleeper(&s, 2, LASTING), 0, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, scene_sleeper(&s, 3, BRIEF), 0, DLK_MODE_EXCLUSIVE);
	scene_sleeper(&s, 4, LASTING);
	assert_doubts(&s, 0, 2, 0);
	scene_deinit(&s);
}

static void test_doubts__losses(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_finding(&s, false);
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	scene_finding(&s, true);
	scene_finding(&s, true);
	assert_doubts(&s, 0, 0, 2);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* 1 <-> 2, and 2's mutex has perhaps more holders; 3 waits for it as well. */
static void make_abba(struct scene *s)
{
	scene_init(s);
	for (int32_t pid = 1; pid <= 3; pid++)
		scene_sleeper(s, pid, LASTING);
	scene_lock(s, DLK_KIND_MUTEX);
	scene_lock(s, DLK_KIND_MUTEX);
	scene_holds_waits(s, 0, 0, 1);
	scene_holds_waits(s, 1, 1, 0);
	scene_wait(s, 2, 1, DLK_MODE_EXCLUSIVE);
	s->resources[1].holders_unknown = "read while it changed";
}

/* Of who is in a deadlock, or behind one, enough is known; unless it is a mere possibility. */
static void test_doubts__of_the_stuck(void **state)
{
	struct scene s;

	(void)state;
	make_abba(&s);
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_DEADLOCK);
	s.holds[0].confidence = DLK_LIKELY;
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.code, DLK_DEADLOCK);
	s.holds[0].confidence = DLK_POSSIBLE;
	assert_doubts(&s, 0, 2, 0);
	assert_int_equal(s.verdict.code, DLK_POSSIBLE_DEADLOCK);
	scene_deinit(&s);
}

/* Who is in no deadlock is in doubt beside one, too. */
static void test_doubts__beside_a_deadlock(void **state)
{
	struct scene s;
	uint32_t other;

	(void)state;
	make_abba(&s);
	other = scene_lock(&s, DLK_KIND_MUTEX);
	s.resources[other].holders_unknown = "its owner word is 0";
	scene_wait(&s, scene_sleeper(&s, 4, LASTING), other, DLK_MODE_EXCLUSIVE);
	scene_unknown(&s, scene_sleeper(&s, 5, LASTING), LASTING);
	scene_finding(&s, true);
	assert_doubts(&s, 1, 1, 1);
	assert_int_equal(s.verdict.code, DLK_DEADLOCK);
	scene_deinit(&s);
}

/* The header's order: deadlock, leaked lock, possible deadlock, unknown, none. */
static void test_doubts__order_of_the_verdicts(void **state)
{
	struct scene s;
	uint32_t leaked;

	(void)state;
	assert_true(DLK_NO_DEADLOCK < DLK_UNKNOWN && DLK_UNKNOWN < DLK_POSSIBLE_DEADLOCK);
	assert_true(DLK_POSSIBLE_DEADLOCK < DLK_LEAKED_LOCK && DLK_LEAKED_LOCK < DLK_DEADLOCK);
	make_abba(&s);
	leaked = scene_lock(&s, DLK_KIND_MUTEX);
	s.resources[leaked].is_leaked = true;
	s.resources[leaked].leak = DLK_CERTAIN;
	scene_wait(&s, scene_sleeper(&s, 4, LASTING), leaked, DLK_MODE_EXCLUSIVE);
	scene_unknown(&s, 3, LASTING);
	scene_finding(&s, true);
	assert_int_equal(scene_judge(&s)->code, DLK_DEADLOCK);
	s.holds[0].confidence = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->code, DLK_LEAKED_LOCK);
	s.resources[leaked].leak = DLK_LIKELY;
	assert_int_equal(scene_judge(&s)->code, DLK_LEAKED_LOCK);
	s.resources[leaked].leak = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->code, DLK_POSSIBLE_DEADLOCK);
	s.contexts[0].is_blocked = false;
	assert_int_equal(scene_judge(&s)->code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* A leak that is only possible is a doubt as well, be there no other one. */
static void test_doubts__possible_leak(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_lock(&s, DLK_KIND_MUTEX);
	s.resources[0].is_leaked = true;
	s.resources[0].leak = DLK_POSSIBLE;
	scene_wait(&s, scene_sleeper(&s, 1, LASTING), 0, DLK_MODE_EXCLUSIVE);
	assert_doubts(&s, 0, 0, 0);
	assert_int_equal(s.verdict.leak_count, 1);
	assert_int_equal(s.verdict.code, DLK_UNKNOWN);
	scene_deinit(&s);
}

/* An index that names no context is an error wherever it stands, and the verdict stays as it was. */
static void test_doubts__index_out_of_range(void **state)
{
	struct dlk_verdict v = { .in_cycles = 77 };
	struct scene s;

	(void)state;
	make_abba(&s);
	scene_unknown(&s, 2, LASTING);
	scene_unknown(&s, 3, LASTING);
	assert_int_equal(dlk_judge(&s.ctx, &s.model, &v), DLK_ERR_INVALID);
	s.unknowns[1].context = DLK_NONE;
	assert_int_equal(dlk_judge(&s.ctx, &s.model, &v), DLK_ERR_INVALID);
	assert_int_equal(v.in_cycles, 77);
	s.unknowns[1].context = 2;
	assert_doubts(&s, 2, 0, 0);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubts__unknown_waits),
		cmocka_unit_test(test_doubts__spinning_cpu),
		cmocka_unit_test(test_doubts__unknown_holders),
		cmocka_unit_test(test_doubts__some_holders),
		cmocka_unit_test(test_doubts__not_blocked),
		cmocka_unit_test(test_doubts__each_wait),
		cmocka_unit_test(test_doubts__losses),
		cmocka_unit_test(test_doubts__of_the_stuck),
		cmocka_unit_test(test_doubts__beside_a_deadlock),
		cmocka_unit_test(test_doubts__order_of_the_verdicts),
		cmocka_unit_test(test_doubts__possible_leak),
		cmocka_unit_test(test_doubts__index_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
