/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/queue.c: which writers a queued reader waits for. */
#include <config.h>

#include "u-graph.h"

enum { TASKS = 6 };

/* A lock of @kind and TASKS tasks of pids 1, 2, ...: nodes and indices are the same. */
static uint32_t start(struct scene *s, enum dlk_kind kind)
{
	scene_init(s);
	for (int32_t pid = 1; pid <= TASKS; pid++)
		scene_task(s, pid);
	return scene_lock(s, kind);
}

/* Whom @task waits for by queue order, as bits; and an edge to a resource as bit 31. */
static uint32_t ahead_of(const struct dlk_graph *g, uint32_t task)
{
	struct dlk_span out = dlk_digraph_out(&g->digraph, task);
	uint32_t bits = 0;

	for (uint32_t i = 0; i < out.count; i++) {
		uint32_t to = g->digraph.to[out.items[i]];

		bits |= dlk_graph_is_context(g, to) ? 1u << to : 1u << 31;
	}
	return bits;
}

/* Told out of order: writer 0, reader 1, writer 2, reader 3, reader 4. */
static void test_queue__nearest_writer(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_RWSEM);

	(void)state;
	scene_queued(&s, 4, lock, DLK_MODE_READ, 40);
	scene_queued(&s, 2, lock, DLK_MODE_WRITE, 20);
	scene_queued(&s, 3, lock, DLK_MODE_READ, 30);
	scene_queued(&s, 0, lock, DLK_MODE_WRITE, 0);
	scene_queued(&s, 1, lock, DLK_MODE_READ, 10);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 1), 1u << 0);
	assert_int_equal(ahead_of(&g, 3), 1u << 2);
	assert_int_equal(ahead_of(&g, 4), 1u << 2);
	assert_int_equal(ahead_of(&g, 0), 1u << 31);
	assert_int_equal(ahead_of(&g, 2), 1u << 31);
	scene_deinit(&s);
}

/* The edge to the resource stays if a writer holds it. */
static void test_queue__beside_holder(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_PERCPU_RWSEM);

	(void)state;
	scene_queued(&s, 0, lock, DLK_MODE_WRITE, 0);
	scene_queued(&s, 1, lock, DLK_MODE_READ, 1);
	scene_hold(&s, 2, lock, DLK_MODE_WRITE);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 1), 1u << 0 | 1u << 31);
	scene_deinit(&s);
}

/* Possible writer 3, likely 2, certain 1, possible 0: the reader waits for 3, 2 and 1. */
static void test_queue__one_for_each_confidence(void **state)
{
	struct scene s;
	struct dlk_graph g;
	struct dlk_span out;
	uint32_t lock = start(&s, DLK_KIND_RWSEM);

	(void)state;
	s.waits[scene_queued(&s, 0, lock, DLK_MODE_WRITE, 0)].confidence = DLK_POSSIBLE;
	s.waits[scene_queued(&s, 1, lock, DLK_MODE_WRITE, 1)].confidence = DLK_CERTAIN;
	s.waits[scene_queued(&s, 2, lock, DLK_MODE_WRITE, 2)].confidence = DLK_LIKELY;
	s.waits[scene_queued(&s, 3, lock, DLK_MODE_WRITE, 3)].confidence = DLK_POSSIBLE;
	s.waits[scene_queued(&s, 4, lock, DLK_MODE_READ, 4)].confidence = DLK_LIKELY;
	scene_graph(&s, &g);
	out = dlk_digraph_out(&g.digraph, 4);
	assert_int_equal(ahead_of(&g, 4), 1u << 1 | 1u << 2 | 1u << 3);
	assert_int_equal(g.edges[out.items[0]].confidence, DLK_LIKELY);
	assert_int_equal(g.edges[out.items[1]].confidence, DLK_LIKELY);
	assert_int_equal(g.edges[out.items[2]].confidence, DLK_POSSIBLE);
	scene_deinit(&s);
}

static void test_queue__certain_writer_hides_those_ahead(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_RWSEM);

	(void)state;
	s.waits[scene_queued(&s, 0, lock, DLK_MODE_WRITE, 0)].confidence = DLK_LIKELY;
	scene_queued(&s, 1, lock, DLK_MODE_WRITE, 1);
	scene_queued(&s, 2, lock, DLK_MODE_READ, 2);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 2), 1u << 1);
	scene_deinit(&s);
}

/* Not ahead: at the same place, without a place, of another lock, behind, or not blocked. */
static void test_queue__not_ahead(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_RWSEM), other = scene_lock(&s, DLK_KIND_RWSEM);

	(void)state;
	s.contexts[5].is_blocked = false;
	scene_queued(&s, 0, lock, DLK_MODE_READ, 5);
	scene_queued(&s, 1, lock, DLK_MODE_WRITE, 5);
	scene_queued(&s, 2, lock, DLK_MODE_WRITE, DLK_NONE);
	scene_queued(&s, 3, other, DLK_MODE_WRITE, 0);
	scene_queued(&s, 4, lock, DLK_MODE_WRITE, 6);
	scene_queued(&s, 5, lock, DLK_MODE_WRITE, 1);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 0), 1u << 31);
	scene_deinit(&s);
}

static void test_queue__no_edge_to_itself(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_RWSEM);

	(void)state;
	scene_queued(&s, 0, lock, DLK_MODE_WRITE, 0);
	scene_queued(&s, 0, lock, DLK_MODE_READ, 1);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 0), 1u << 31);
	scene_deinit(&s);
}

/* A folio's waiters are woken together: their places say nothing. */
static void test_queue__unfair_kind(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_FOLIO);

	(void)state;
	scene_queued(&s, 0, lock, DLK_MODE_EXCLUSIVE, 0);
	scene_queued(&s, 1, lock, DLK_MODE_READ, 1);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 1), 1u << 31);
	scene_deinit(&s);
}

/* What @task spins for at @position; and that it was interrupted. */
static void spins(struct scene *s, uint32_t task, uint32_t lock, uint32_t position)
{
	s->waits[scene_queued(s, task, lock, DLK_MODE_EXCLUSIVE, position)].evidence =
		DLK_EVIDENCE_SPINS;
}

static void interrupt(struct scene *s, uint32_t task, uint32_t cpu)
{
	s->waits[scene_wait(s, task, cpu, DLK_MODE_EXCLUSIVE)].evidence = DLK_EVIDENCE_ON_TOP;
}

/*
 * 0 has the lock; 1, 2 and 3 spin for it, in that order.  2 was interrupted, and the interrupt waits for what 3 has: 3 does not
 * get the lock before 2, whatever 0 does.  Were 1 interrupted, 3 had to wait for that one; 2, that comes between them, waits for
 * nothing but the lock.
 */
static void test_queue__interrupted(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_SPINLOCK), cpu = scene_lock(&s, DLK_KIND_CPU),
		 other = scene_lock(&s, DLK_KIND_SPINLOCK);

	(void)state;
	s.contexts[0].is_blocked = false;
	scene_hold(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	spins(&s, 3, lock, 2);
	spins(&s, 2, lock, 1);
	spins(&s, 1, lock, 0);
	interrupt(&s, 2, cpu);
	scene_hold(&s, 4, cpu, DLK_MODE_EXCLUSIVE);
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 1), 1u << 31);
	assert_int_equal(ahead_of(&g, 2), 1u << 31);
	assert_int_equal(ahead_of(&g, 3), 1u << 2 | 1u << 31);
	assert_int_equal(scene_judge(&s)->cycle_count, 0);
	scene_wait(&s, 4, other, DLK_MODE_EXCLUSIVE);
	scene_hold(&s, 3, other, DLK_MODE_EXCLUSIVE);
	assert_int_equal(scene_judge(&s)->cycle_count, 1);
	s.waits[3].context = 1;
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 2), 1u << 1 | 1u << 31);
	assert_int_equal(ahead_of(&g, 3), 1u << 1 | 1u << 31);
	scene_deinit(&s);
}

/* A queue of sleepers is passed by who runs: there nobody stands in another one's way. */
static void test_queue__interrupted_sleeper(void **state)
{
	struct scene s;
	struct dlk_graph g;
	uint32_t lock = start(&s, DLK_KIND_MUTEX);

	(void)state;
	scene_hold(&s, 0, lock, DLK_MODE_EXCLUSIVE);
	scene_queued(&s, 1, lock, DLK_MODE_EXCLUSIVE, 0);
	scene_queued(&s, 2, lock, DLK_MODE_EXCLUSIVE, 1);
	interrupt(&s, 1, scene_lock(&s, DLK_KIND_CPU));
	scene_graph(&s, &g);
	assert_int_equal(ahead_of(&g, 2), 1u << 31);
	scene_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue__nearest_writer),
		cmocka_unit_test(test_queue__beside_holder),
		cmocka_unit_test(test_queue__one_for_each_confidence),
		cmocka_unit_test(test_queue__certain_writer_hides_those_ahead),
		cmocka_unit_test(test_queue__not_ahead),
		cmocka_unit_test(test_queue__no_edge_to_itself),
		cmocka_unit_test(test_queue__unfair_kind),
		cmocka_unit_test(test_queue__interrupted),
		cmocka_unit_test(test_queue__interrupted_sleeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
