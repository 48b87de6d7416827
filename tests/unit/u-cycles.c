/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/cycles.c: each deadlock once, by a shortest cycle, with its evidence. */
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

static void test_cycles__abba(void **state)
{
	struct scene s;
	const struct dlk_verdict *v;
	const struct dlk_step *steps;

	(void)state;
	start(&s, 2);
	waits_for(&s, 1, 0);
	waits_for(&s, 0, 1);
	v = scene_judge(&s);
	assert_int_equal(v->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2));
	steps = v->cycles[0].steps;
	assert_int_equal(steps[0].wait, 1);
	assert_int_equal(steps[0].hold, 1);
	assert_int_equal(steps[0].ahead, DLK_NONE);
	assert_int_equal(steps[1].wait, 0);
	assert_int_equal(steps[1].hold, 0);
	assert_int_equal(v->cycles[0].confidence, DLK_CERTAIN);
	scene_deinit(&s);
}

static void test_cycles__three(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 3);
	waits_for(&s, 0, 2);
	waits_for(&s, 2, 1);
	waits_for(&s, 1, 0);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 3, 2));
	scene_deinit(&s);
}

static void test_cycles__self(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 1);
	waits_for(&s, 0, 0);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1));
	assert_int_equal(s.verdict.cycles[0].steps[0].blocker, 0);
	scene_deinit(&s);
}

/* Readers 1 and 2; writer 3 waits for both; only 2 waits for what 3 holds. */
static void test_cycles__one_of_two_readers(void **state)
{
	struct scene s;
	uint32_t rwsem, mutex;

	(void)state;
	scene_init(&s);
	scene_running(&s, 1);
	scene_task(&s, 2);
	scene_task(&s, 3);
	rwsem = scene_lock(&s, DLK_KIND_RWSEM);
	mutex = scene_lock(&s, DLK_KIND_MUTEX);
	scene_hold(&s, 0, rwsem, DLK_MODE_READ);
	scene_hold(&s, 1, rwsem, DLK_MODE_READ);
	scene_hold(&s, 2, mutex, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, 1, mutex, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, 2, rwsem, DLK_MODE_WRITE);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(2, 3));
	assert_int_equal(s.verdict.cycles[0].steps[1].hold, 1);
	scene_deinit(&s);
}

/* Reader 1 reads again behind writer 2, which waits for 1 to let go: one lock, two tasks. */
static void test_cycles__recursive_read(void **state)
{
	struct scene s;
	const struct dlk_step *steps;
	uint32_t rwsem;

	(void)state;
	scene_init(&s);
	scene_task(&s, 1);
	scene_task(&s, 2);
	rwsem = scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, 0, rwsem, DLK_MODE_READ);
	scene_queued(&s, 1, rwsem, DLK_MODE_WRITE, 0);
	scene_queued(&s, 0, rwsem, DLK_MODE_READ, 1);
	s.waits[0].confidence = DLK_LIKELY;
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2));
	steps = s.verdict.cycles[0].steps;
	assert_int_equal(steps[0].hold, DLK_NONE);
	assert_int_equal(steps[0].ahead, 0);
	assert_int_equal(steps[0].confidence, DLK_LIKELY);
	assert_int_equal(steps[1].hold, 0);
	assert_int_equal(steps[1].ahead, DLK_NONE);
	/* The reader before the writer is not kept by it. */
	s.waits[1].position = 0;
	s.waits[0].position = 1;
	assert_int_equal(scene_judge(&s)->cycle_count, 0);
	scene_deinit(&s);
}

static void test_cycles__weakest_of_all_strongest_of_several(void **state)
{
	struct scene s;
	uint32_t strong;

	(void)state;
	start(&s, 2);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	s.holds[0].confidence = DLK_POSSIBLE;
	strong = scene_hold(&s, 0, 0, DLK_MODE_EXCLUSIVE);
	scene_judge(&s);
	assert_cycle(&s, 0, PIDS(1, 2));
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_LIKELY);
	assert_int_equal(s.verdict.cycles[0].steps[0].confidence, DLK_LIKELY);
	assert_int_equal(s.verdict.cycles[0].steps[1].confidence, DLK_CERTAIN);
	assert_int_equal(s.verdict.cycles[0].steps[1].hold, strong);
	scene_deinit(&s);
}

/* 1 -> 2 -> 3 -> 4 -> 1 with the chord 3 -> 1: one deadlock. */
static void test_cycles__chord(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 4);
	for (uint32_t i = 0; i < 4; i++)
		waits_for(&s, i, (i + 1) % 4);
	waits_for(&s, 2, 0);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2, 3));
	assert_int_equal(s.verdict.cycles[0].behind, 1);
	scene_deinit(&s);
}

/* 1 <-> 2 and 3 <-> 4, linked both ways: one component, two deadlocks. */
static void test_cycles__two_in_one_component(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 4);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 3);
	waits_for(&s, 3, 2);
	waits_for(&s, 1, 2);
	waits_for(&s, 3, 0);
	assert_int_equal(scene_judge(&s)->cycle_count, 2);
	assert_cycle(&s, 0, PIDS(1, 2));
	assert_cycle(&s, 1, PIDS(3, 4));
	assert_int_equal(s.verdict.cycles[0].behind, 2);
	assert_int_equal(s.verdict.cycles[1].behind, 2);
	scene_deinit(&s);
}

/* 0 <-> 1 on likely facts, 1 <-> 2 on certain ones. */
static void test_cycles__more_certain_of_two(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 3);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 1);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(2, 3));
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_CERTAIN);
	scene_deinit(&s);
}

/* 0 <-> 1 on likely facts is shorter than 1 -> 2 -> 3 -> 1 on certain ones. */
static void test_cycles__length_before_certainty(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 4);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	waits_for(&s, 1, 2);
	waits_for(&s, 2, 3);
	waits_for(&s, 3, 1);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2));
	scene_deinit(&s);
}

static void test_cycles__most_certain_first(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 6);
	s.waits[waits_for(&s, 0, 1)].confidence = DLK_LIKELY;
	waits_for(&s, 1, 0);
	s.waits[waits_for(&s, 2, 3)].confidence = DLK_POSSIBLE;
	waits_for(&s, 3, 2);
	waits_for(&s, 4, 5);
	waits_for(&s, 5, 4);
	assert_int_equal(scene_judge(&s)->cycle_count, 3);
	assert_cycle(&s, 0, PIDS(5, 6));
	assert_cycle(&s, 1, PIDS(1, 2));
	assert_cycle(&s, 2, PIDS(3, 4));
	assert_int_equal(s.verdict.cycles[2].confidence, DLK_POSSIBLE);
	scene_deinit(&s);
}

static void test_cycles__possible_only(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 2);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	s.holds[0].confidence = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2));
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_POSSIBLE);
	assert_int_equal(s.verdict.code, DLK_POSSIBLE_DEADLOCK);
	scene_deinit(&s);
}

/* 1 -> 2 -> 3 -> 1 is certain; 2 possibly waits for 1, which would be shorter. */
static void test_cycles__possible_does_not_hide(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 3);
	for (uint32_t i = 0; i < 3; i++)
		waits_for(&s, i, (i + 1) % 3);
	s.waits[waits_for(&s, 1, 0)].confidence = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2, 3));
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_CERTAIN);
	scene_deinit(&s);
}

/*
 * 1 <-> 2 is certain, 3 certainly waits for it, and possibly 3 <-> 4: 3 is explained, so that is no
 * deadlock of its own.  5 <-> 6 is possible, and so is that 5 waits for 1: both are shown.
 */
static void test_cycles__possible_beside_certain(void **state)
{
	struct scene s;

	(void)state;
	start(&s, 6);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 0);
	s.waits[waits_for(&s, 2, 3)].confidence = DLK_POSSIBLE;
	waits_for(&s, 3, 2);
	s.waits[waits_for(&s, 4, 5)].confidence = DLK_POSSIBLE;
	waits_for(&s, 5, 4);
	s.waits[waits_for(&s, 4, 0)].confidence = DLK_POSSIBLE;
	assert_int_equal(scene_judge(&s)->cycle_count, 2);
	assert_cycle(&s, 0, PIDS(1, 2));
	assert_cycle(&s, 1, PIDS(5, 6));
	assert_int_equal(s.verdict.cycles[0].behind, 4);
	assert_int_equal(s.verdict.cycles[1].behind, 0);
	scene_deinit(&s);
}

/*
 * A semaphore held by 1 and 2; 1 waits for it, 2 for a mutex of 1: a knot.  2's hold is only
 * likely: the cycle of 1 with itself leans on it although it is not on it.
 */
static void test_cycles__knot_leans_on_all_holders(void **state)
{
	struct scene s;
	uint32_t semaphore;

	(void)state;
	start(&s, 2);
	semaphore = scene_semaphore(&s);
	scene_hold(&s, 0, semaphore, DLK_MODE_EXCLUSIVE);
	s.holds[scene_hold(&s, 1, semaphore, DLK_MODE_EXCLUSIVE)].confidence = DLK_LIKELY;
	waits_for(&s, 0, semaphore);
	waits_for(&s, 1, 0);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1));
	assert_int_equal(s.verdict.cycles[0].confidence, DLK_LIKELY);
	assert_int_equal(s.verdict.cycles[0].behind, 1);
	/* With a third holder that can go on there is no deadlock, though there is a cycle. */
	scene_hold(&s, scene_running(&s, 3), semaphore, DLK_MODE_EXCLUSIVE);
	assert_int_equal(scene_judge(&s)->cycle_count, 0);
	scene_deinit(&s);
}

/*
 * 1 <-> 2, and 3 waits for 1; 3 also waits for a semaphore of 4, which waits for 3, and of 5,
 * which runs.  3 and 4 are stuck, but not by the cycle over the semaphore: that one will open.
 */
static void test_cycles__not_over_a_wait_that_ends(void **state)
{
	struct scene s;
	uint32_t semaphore;

	(void)state;
	start(&s, 4);
	semaphore = scene_semaphore(&s);
	waits_for(&s, 0, 1);
	waits_for(&s, 1, 0);
	waits_for(&s, 2, 0);
	waits_for(&s, 2, semaphore);
	scene_hold(&s, 3, semaphore, DLK_MODE_EXCLUSIVE);
	waits_for(&s, 3, 2);
	scene_hold(&s, scene_running(&s, 5), semaphore, DLK_MODE_EXCLUSIVE);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	assert_cycle(&s, 0, PIDS(1, 2));
	assert_int_equal(s.verdict.cycles[0].behind, 2);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cycles__abba),
		cmocka_unit_test(test_cycles__three),
		cmocka_unit_test(test_cycles__self),
		cmocka_unit_test(test_cycles__one_of_two_readers),
		cmocka_unit_test(test_cycles__recursive_read),
		cmocka_unit_test(test_cycles__weakest_of_all_strongest_of_several),
		cmocka_unit_test(test_cycles__chord),
		cmocka_unit_test(test_cycles__two_in_one_component),
		cmocka_unit_test(test_cycles__more_certain_of_two),
		cmocka_unit_test(test_cycles__length_before_certainty),
		cmocka_unit_test(test_cycles__most_certain_first),
		cmocka_unit_test(test_cycles__possible_only),
		cmocka_unit_test(test_cycles__possible_does_not_hide),
		cmocka_unit_test(test_cycles__possible_beside_certain),
		cmocka_unit_test(test_cycles__knot_leans_on_all_holders),
		cmocka_unit_test(test_cycles__not_over_a_wait_that_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
