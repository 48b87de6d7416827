/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/map.c: the map from addresses to indices. */
#include <config.h>

#include "support.h"

#include <time.h>

#include "base/map.h"

enum { MANY = 100000 };

static void put(struct fake *f, struct dlk_map *map, uint64_t key, uint32_t value)
{
	assert_int_equal(dlk_map_put(&f->ctx, map, key, value), DLK_OK);
}

static void test_map__empty(void **state)
{
	struct dlk_map map = { 0 };

	(void)state;
	assert_int_equal(dlk_map_get(&map, 0), UINT32_MAX);
	assert_int_equal(dlk_map_get(&map, 1), UINT32_MAX);
}

static void test_map__extreme_keys_and_values(void **state)
{
	struct fake *f = *state;
	struct dlk_map map = { 0 };

	put(f, &map, 0, 0);
	assert_int_equal(dlk_map_get(&map, UINT64_MAX), UINT32_MAX);
	put(f, &map, UINT64_MAX, UINT32_MAX - 1);
	assert_int_equal(dlk_map_get(&map, 0), 0);
	assert_int_equal(dlk_map_get(&map, UINT64_MAX), UINT32_MAX - 1);
	assert_int_equal(dlk_map_get(&map, 1), UINT32_MAX);
	assert_int_equal(map.len, 2);
}

static void test_map__replace(void **state)
{
	struct fake *f = *state;
	struct dlk_map map = { 0 };

	for (uint32_t i = 0; i < 1000; i++)
		put(f, &map, 0xffff888000001000, i);
	assert_int_equal(dlk_map_get(&map, 0xffff888000001000), 999);
	assert_int_equal(map.len, 1);
}

/* Keys that differ by @p step, all there, and none that are not. */
static void check_pattern(struct fake *f, uint64_t base, uint64_t step)
{
	struct dlk_map map = { 0 };
	clock_t start = clock();

	for (uint32_t i = 0; i < MANY; i++)
		put(f, &map, base + i * step, i);
	assert_int_equal(map.len, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(dlk_map_get(&map, base + i * step), i);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(dlk_map_get(&map, base + (uint64_t)i * step + 1), UINT32_MAX);
	/* Piled up keys take minutes, not seconds, of the CPU. */
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
}

static void test_map__patterns(void **state)
{
	check_pattern(*state, 0, 4096);
	check_pattern(*state, 0xffff888000000000, 2 << 20);
	check_pattern(*state, 5, UINT64_C(1) << 40);
	check_pattern(*state, 0, UINT64_C(1) << 47);
	check_pattern(*state, 3, 2);
}

/* The chains stay short: all keys probe few slots.  Counted from the outside, by the memory. */
static void test_map__at_most_half_full(void **state)
{
	struct fake *f = *state;
	struct dlk_map map = { 0 };

	for (uint32_t i = 0; i < 5000; i++) {
		put(f, &map, i * UINT64_C(4096), i);
		assert_true(map.len <= map.cap / 2);
		assert_int_equal(map.cap & (map.cap - 1), 0);
	}
}

static void test_map__no_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_map map = { 0 };
	uint32_t count = 0;

	f->ctx.budget = f->ctx.used + (300 << 10);
	while (!dlk_map_put(&f->ctx, &map, count * UINT64_C(4096), count))
		assert_true(++count < MANY);
	assert_true(count > 500);
	assert_int_equal(dlk_map_put(&f->ctx, &map, 1, 1), DLK_ERR_NOMEM);
	assert_int_equal(map.len, count);
	assert_int_equal(dlk_map_get(&map, 1), UINT32_MAX);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(dlk_map_get(&map, i * UINT64_C(4096)), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_map__empty),
		FAKE_TEST(test_map__extreme_keys_and_values),
		FAKE_TEST(test_map__replace),
		FAKE_TEST(test_map__patterns),
		FAKE_TEST(test_map__at_most_half_full),
		FAKE_TEST(test_map__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
