/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/graph/leaks.c: locks that nobody will let go, and who waits for them. */
#include <config.h>

#include "u-graph.h"

/* A mutex whose owner word names no live task; its index. */
static uint32_t leaked_lock(struct scene *s, enum dlk_confidence confidence)
{
	uint32_t lock = scene_lock(s, DLK_KIND_MUTEX);

	s->resources[lock].is_leaked = true;
	s->resources[lock].leak = confidence;
	return lock;
}

/* A task that has waited for the lock for a second; the wait's index. */
static uint32_t waiter(struct scene *s, int32_t pid, uint32_t lock)
{
	return scene_wait(s, scene_sleeper(s, pid, LASTING), lock, DLK_MODE_EXCLUSIVE);
}

static void assert_leak(const struct dlk_verdict *v, uint32_t index, const struct dlk_leak *want)
{
	assert_true(index < v->leak_count);
	assert_int_equal(v->leaks[index].resource, want->resource);
	assert_int_equal(v->leaks[index].owner, want->owner);
	assert_int_equal(v->leaks[index].waiter, want->waiter);
	assert_int_equal(v->leaks[index].behind, want->behind);
	assert_int_equal(v->leaks[index].confidence, want->confidence);
}

static void test_leaks__no_task(void **state)
{
	const struct dlk_verdict *v;
	struct scene s;

	(void)state;
	scene_init(&s);
	waiter(&s, 1, leaked_lock(&s, DLK_CERTAIN));
	v = scene_judge(&s);
	assert_int_equal(v->code, DLK_LEAKED_LOCK);
	assert_int_equal(v->leak_count, 1);
	assert_leak(v, 0, &(struct dlk_leak){ 0, DLK_NONE, 0, 1, DLK_CERTAIN });
	assert_int_equal(v->cycle_count, 0);
	scene_deinit(&s);
}

/* Nobody waits for it: it does no harm. */
static void test_leaks__not_waited_for(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	leaked_lock(&s, DLK_CERTAIN);
	scene_hold(&s, scene_zombie(&s, 1), scene_lock(&s, DLK_KIND_MUTEX), DLK_MODE_EXCLUSIVE);
	scene_sleeper(&s, 2, LASTING);
	assert_int_equal(scene_judge(&s)->leak_count, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	scene_deinit(&s);
}

/* pid 1 holds what pid 2 waits for. */
static void make_owned(struct scene *s)
{
	scene_init(s);
	scene_zombie(s, 1);
	scene_lock(s, DLK_KIND_MUTEX);
	scene_hold(s, 0, 0, DLK_MODE_EXCLUSIVE);
	waiter(s, 2, 0);
}

/* Z and X have exited, but not while they are on a CPU: they are about to. */
static void test_leaks__exited_owner(void **state)
{
	static const char others[] = "RSDTtIP?";
	struct scene s;

	(void)state;
	make_owned(&s);
	assert_int_equal(scene_judge(&s)->code, DLK_LEAKED_LOCK);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ 0, 0, 1, 1, DLK_CERTAIN });
	s.contexts[0].state = 'X';
	assert_int_equal(scene_judge(&s)->code, DLK_LEAKED_LOCK);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ 0, 0, 1, 1, DLK_CERTAIN });
	for (const char *z = "ZX"; *z; z++) {
		s.contexts[0].state = *z;
		s.contexts[0].is_on_cpu = true;
		assert_int_equal(scene_judge(&s)->leak_count, 0);
		assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	}
	s.contexts[0].is_on_cpu = false;
	for (const char *other = others; *other; other++) {
		s.contexts[0].state = *other;
		assert_int_equal(scene_judge(&s)->leak_count, 0);
		assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	}
	scene_deinit(&s);
}

/* As sure as the weaker of the owner and the wait. */
static void test_leaks__confidence(void **state)
{
	struct scene s;

	(void)state;
	for (int owner = DLK_POSSIBLE; owner <= DLK_CERTAIN; owner++) {
		for (int wait = DLK_POSSIBLE; wait <= DLK_CERTAIN; wait++) {
			int want = owner < wait ? owner : wait;

			make_owned(&s);
			s.holds[0].confidence = (enum dlk_confidence)owner;
			s.waits[0].confidence = (enum dlk_confidence)wait;
			scene_judge(&s);
			assert_leak(&s.verdict, 0, &(struct dlk_leak){ 0, 0, 1, 1, want });
			assert_int_equal(s.verdict.code,
					 want == DLK_POSSIBLE ? DLK_UNKNOWN : DLK_LEAKED_LOCK);
			scene_deinit(&s);

			scene_init(&s);
			waiter(&s, 1, leaked_lock(&s, (enum dlk_confidence)owner));
			s.waits[0].confidence = (enum dlk_confidence)wait;
			scene_judge(&s);
			assert_leak(&s.verdict, 0, &(struct dlk_leak){ 0, DLK_NONE, 0, 1, want });
			scene_deinit(&s);
		}
	}
}

/* A wait that has not lasted does not make one, and neither does who is not blocked. */
static void test_leaks__short_wait(void **state)
{
	struct scene s;

	(void)state;
	make_owned(&s);
	s.contexts[1].blocked_ns = BRIEF;
	assert_int_equal(scene_judge(&s)->leak_count, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	s.contexts[1].blocked_ns = DLK_NS_UNKNOWN;
	assert_int_equal(scene_judge(&s)->leak_count, 1);
	s.waits[0].gives_up = true;
	assert_int_equal(scene_judge(&s)->leak_count, 0);
	s.contexts[1].is_blocked = false;
	assert_int_equal(scene_judge(&s)->leak_count, 0);
	assert_int_equal(s.verdict.code, DLK_NO_DEADLOCK);
	scene_deinit(&s);
}

/* The surest wait, of these the lowest pid's; one that has not lasted is behind, but not chosen. */
static void test_leaks__waiter(void **state)
{
	struct scene s;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	lock = leaked_lock(&s, DLK_CERTAIN);
	waiter(&s, 9, lock);
	waiter(&s, 4, lock);
	waiter(&s, 6, lock);
	scene_wait(&s, scene_sleeper(&s, 2, BRIEF), lock, DLK_MODE_EXCLUSIVE);
	s.waits[waiter(&s, 3, lock)].confidence = DLK_LIKELY;
	scene_judge(&s);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ lock, DLK_NONE, 1, 5, DLK_CERTAIN });
	scene_deinit(&s);
}

/* The surest owner, of these the lowest pid's: a rwsem that two readers took with them. */
static void test_leaks__owner(void **state)
{
	struct scene s;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	lock = scene_lock(&s, DLK_KIND_RWSEM);
	for (int32_t pid = 5; pid; pid--)
		scene_hold(&s, scene_zombie(&s, pid), lock, DLK_MODE_READ);
	s.holds[4].confidence = DLK_POSSIBLE; /* pid 1's */
	s.holds[0].confidence = DLK_LIKELY;   /* pid 5's */
	scene_wait(&s, scene_sleeper(&s, 6, LASTING), lock, DLK_MODE_WRITE);
	scene_judge(&s);
	assert_int_equal(s.verdict.leak_count, 1);
	assert_int_equal(s.contexts[s.verdict.leaks[0].owner].pid, 2);
	assert_int_equal(s.verdict.leaks[0].confidence, DLK_CERTAIN);
	scene_deinit(&s);
}

/*
 * A rwsem must have all its readers gone: one that has exited is enough, though another one lives.
 * Both sides of the lock are behind it.
 */
static void test_leaks__one_of_two_readers(void **state)
{
	struct scene s;
	uint32_t lock;

	(void)state;
	scene_init(&s);
	lock = scene_lock(&s, DLK_KIND_RWSEM);
	scene_hold(&s, scene_running(&s, 1), lock, DLK_MODE_READ);
	scene_hold(&s, scene_zombie(&s, 2), lock, DLK_MODE_READ);
	scene_queued(&s, scene_sleeper(&s, 3, LASTING), lock, DLK_MODE_WRITE, 0);
	scene_queued(&s, scene_sleeper(&s, 4, LASTING), lock, DLK_MODE_READ, 1);
	scene_judge(&s);
	assert_int_equal(s.verdict.code, DLK_LEAKED_LOCK);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ lock, 1, 2, 2, DLK_CERTAIN });
	scene_deinit(&s);
}

/* Behind: who waits for it, who waits for these, and so on, each once, however short. */
static void test_leaks__behind(void **state)
{
	struct scene s;
	uint32_t lock, other;

	(void)state;
	scene_init(&s);
	lock = leaked_lock(&s, DLK_CERTAIN);
	other = scene_lock(&s, DLK_KIND_MUTEX);
	waiter(&s, 1, lock);
	waiter(&s, 2, lock);
	scene_hold(&s, 0, other, DLK_MODE_EXCLUSIVE);
	waiter(&s, 3, other);
	scene_wait(&s, 2, lock, DLK_MODE_EXCLUSIVE);
	scene_wait(&s, scene_sleeper(&s, 4, BRIEF), other, DLK_MODE_EXCLUSIVE);
	scene_sleeper(&s, 5, LASTING);
	scene_judge(&s);
	assert_int_equal(s.verdict.leak_count, 1);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ lock, DLK_NONE, 0, 4, DLK_CERTAIN });
	scene_deinit(&s);
}

/*
 * Three leaks: certain with one behind, certain with two, likely with three; all of equals by the
 * lock's place.
 */
static void make_several(struct scene *s)
{
	scene_init(s);
	leaked_lock(s, DLK_LIKELY);
	leaked_lock(s, DLK_CERTAIN);
	leaked_lock(s, DLK_CERTAIN);
	for (int32_t pid = 1; pid <= 6; pid++)
		waiter(s, pid, pid <= 3 ? 0 : pid == 4 ? 1 : 2);
}

static void test_leaks__several(void **state)
{
	struct scene s;

	(void)state;
	make_several(&s);
	scene_judge(&s);
	assert_int_equal(s.verdict.leak_count, 3);
	assert_leak(&s.verdict, 0, &(struct dlk_leak){ 2, DLK_NONE, 4, 2, DLK_CERTAIN });
	assert_leak(&s.verdict, 1, &(struct dlk_leak){ 1, DLK_NONE, 3, 1, DLK_CERTAIN });
	assert_leak(&s.verdict, 2, &(struct dlk_leak){ 0, DLK_NONE, 0, 3, DLK_LIKELY });
	scene_deinit(&s);
}

/* Swap the elements of an array of @size, end for end. */
static void turn(void *array, uint32_t count, size_t size)
{
	char *a = array, kept[sizeof(struct dlk_context)];

	assert_true(size <= sizeof(kept));
	for (uint32_t i = 0; i < count / 2; i++) {
		memcpy(kept, a + i * size, size);
		memcpy(a + i * size, a + (count - 1 - i) * size, size);
		memcpy(a + (count - 1 - i) * size, kept, size);
	}
}

/* The same scene, told backwards. */
static void tell_backwards(struct scene *s)
{
	const struct dlk_model *m = &s->model;

	for (uint32_t i = 0; i < m->wait_count; i++) {
		s->waits[i].context = m->context_count - 1 - s->waits[i].context;
		s->waits[i].resource = m->resource_count - 1 - s->waits[i].resource;
	}
	for (uint32_t i = 0; i < m->hold_count; i++) {
		s->holds[i].context = m->context_count - 1 - s->holds[i].context;
		s->holds[i].resource = m->resource_count - 1 - s->holds[i].resource;
	}
	turn(s->contexts, m->context_count, sizeof(s->contexts[0]));
	turn(s->resources, m->resource_count, sizeof(s->resources[0]));
	turn(s->waits, m->wait_count, sizeof(s->waits[0]));
	turn(s->holds, m->hold_count, sizeof(s->holds[0]));
}

/* Four leaks, two of them equal but for the lock, with owners and waiters to choose from. */
static void make_choices(struct scene *s)
{
	make_several(s);
	for (int32_t pid = 13; pid > 9; pid--) {
		uint32_t lock = pid % 2 ? 1 : scene_lock(s, DLK_KIND_MUTEX);

		scene_hold(s, scene_zombie(s, pid), lock, DLK_MODE_EXCLUSIVE);
		scene_hold(s, scene_zombie(s, pid + 10), lock, DLK_MODE_EXCLUSIVE);
		waiter(s, pid + 20, lock);
		waiter(s, pid + 30, lock);
	}
}

static void test_leaks__order_of_the_model(void **state)
{
	struct scene s, t;

	(void)state;
	make_choices(&s);
	make_choices(&t);
	tell_backwards(&t);
	scene_judge(&s);
	scene_judge(&t);
	assert_int_equal(s.verdict.leak_count, 5);
	assert_int_equal(t.verdict.leak_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		const struct dlk_leak *a = &s.verdict.leaks[i], *b = &t.verdict.leaks[i];

		assert_int_equal(s.resources[a->resource].address,
				 t.resources[b->resource].address);
		assert_int_equal(a->owner == DLK_NONE, b->owner == DLK_NONE);
		if (a->owner != DLK_NONE)
			assert_int_equal(s.contexts[a->owner].pid, t.contexts[b->owner].pid);
		assert_int_equal(s.contexts[a->waiter].pid, t.contexts[b->waiter].pid);
		assert_int_equal(a->behind, b->behind);
		assert_int_equal(a->confidence, b->confidence);
	}
	scene_deinit(&s);
	scene_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaks__no_task),
		cmocka_unit_test(test_leaks__not_waited_for),
		cmocka_unit_test(test_leaks__exited_owner),
		cmocka_unit_test(test_leaks__confidence),
		cmocka_unit_test(test_leaks__short_wait),
		cmocka_unit_test(test_leaks__waiter),
		cmocka_unit_test(test_leaks__owner),
		cmocka_unit_test(test_leaks__one_of_two_readers),
		cmocka_unit_test(test_leaks__behind),
		cmocka_unit_test(test_leaks__several),
		cmocka_unit_test(test_leaks__order_of_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
