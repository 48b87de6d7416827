/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/list.c: bounded walks over struct list_head. */
#include <config.h>

#include "support.h"

#include <stdlib.h>

#include "kernel/list.h"

#define HEAD (FAKE_DIRECT + 0x100)
#define NODE(i) (FAKE_DIRECT + 0x2000 + (dlk_addr_t)(i)*0x40)

static struct dlk_list_walk walk_of(struct fake *f, uint32_t limit)
{
	return (struct dlk_list_walk){ .memory = &f->memory, .head = HEAD, .limit = limit };
}

static void test_list__empty(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 10);

	fake_list(f, HEAD, NULL, 0);
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_OK);
	assert_int_equal(walk.count, 0);
}

static void test_list__one(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 10);
	const dlk_addr_t node = NODE(0);

	fake_list(f, HEAD, &node, 1);
	assert_true(dlk_list_next(&walk));
	assert_int_equal(walk.node, NODE(0));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_OK);
	assert_int_equal(walk.count, 1);
}

static dlk_addr_t *make_many(struct fake *f, uint32_t count)
{
	dlk_addr_t *nodes = calloc(count, sizeof(*nodes));

	assert_non_null(nodes);
	for (uint32_t i = 0; i < count; i++)
		nodes[i] = NODE((uint64_t)i * 7919 % count); /* not in the order of addresses */
	fake_list(f, HEAD, nodes, count);
	return nodes;
}

static void test_list__many(void **state)
{
	enum { COUNT = 50000 };
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, COUNT);
	dlk_addr_t *nodes = make_many(f, COUNT);

	for (uint32_t i = 0; i < COUNT; i++) {
		assert_true(dlk_list_next(&walk));
		assert_int_equal(walk.node, nodes[i]);
	}
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_OK);
	assert_int_equal(walk.count, COUNT);
	free(nodes);
}

static void test_list__backwards(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 5), empty = walk_of(f, 5);
	const dlk_addr_t nodes[] = { NODE(4), NODE(2), NODE(7) };

	walk.is_backwards = empty.is_backwards = true;
	fake_list(f, HEAD, NULL, 0);
	assert_false(dlk_list_next(&empty));
	assert_int_equal(empty.status, DLK_OK);
	fake_forget(f);
	fake_list(f, HEAD, nodes, 3);
	for (int i = 3; i-- > 0;) {
		assert_true(dlk_list_next(&walk));
		assert_int_equal(walk.node, nodes[i]);
	}
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_OK);
	assert_int_equal(walk.count, 3);
}

static void test_list__backwards_broken(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 5);
	const dlk_addr_t nodes[] = { NODE(4), NODE(2), NODE(7) };

	walk.is_backwards = true;
	fake_list(f, HEAD, nodes, 3);
	fake_u64(f, NODE(2), NODE(2)); /* next */
	assert_true(dlk_list_next(&walk));
	assert_int_equal(walk.node, NODE(7));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_CORRUPT);
}

/* An element comes to the end of the list while it is walked: the head, read before that, is old. */
static uint32_t walk_growing(struct fake *f, bool is_live, enum dlk_status *ret)
{
	struct dlk_list_walk walk = walk_of(f, 5);
	const dlk_addr_t nodes[] = { NODE(0), NODE(64), NODE(128) }; /* each on its own page */

	f->target.is_live = is_live;
	fake_list(f, HEAD, nodes, 2);
	assert_true(dlk_list_next(&walk));
	fake_list(f, HEAD, nodes, 3);
	while (dlk_list_next(&walk))
		;
	*ret = walk.status;
	return walk.count;
}

static void test_list__grows(void **state)
{
	enum dlk_status status;

	assert_int_equal(walk_growing(*state, true, &status), 3);
	assert_int_equal(status, DLK_OK);
}

static void test_list__grows_in_a_dump(void **state)
{
	enum dlk_status status;

	assert_int_equal(walk_growing(*state, false, &status), 3);
	assert_int_equal(status, DLK_ERR_CORRUPT);
}

/* What stays torn is so, however often it is read. */
static void test_list__torn_and_live(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 5);
	const dlk_addr_t nodes[] = { NODE(0), NODE(64) };

	f->target.is_live = true;
	fake_list(f, HEAD, nodes, 2);
	fake_u64(f, NODE(64) + 8, NODE(1)); /* prev */
	assert_true(dlk_list_next(&walk));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_CORRUPT);
	assert_in_range(f->reads, 3, 20);
}

static void test_list__limit(void **state)
{
	struct fake *f = *state;
	dlk_addr_t *nodes = make_many(f, 100);
	struct dlk_list_walk exact = walk_of(f, 100), one_less = walk_of(f, 99);

	while (dlk_list_next(&exact))
		;
	assert_int_equal(exact.status, DLK_OK);
	assert_int_equal(exact.count, 100);
	while (dlk_list_next(&one_less))
		;
	assert_int_equal(one_less.status, DLK_ERR_LIMIT);
	assert_int_equal(one_less.count, 99);
	assert_non_null(strstr(f->ctx.err.text, "0xffff888000000100"));
	free(nodes);
}

static void test_list__prev_broken(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 100);
	dlk_addr_t *nodes = make_many(f, 10);

	fake_u64(f, nodes[4] + 8, NODE(77));
	for (int i = 0; i < 4; i++)
		assert_true(dlk_list_next(&walk));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_CORRUPT);
	assert_int_equal(walk.count, 4);
	assert_non_null(strstr(f->ctx.err.text, "0xffff888000000100"));
	free(nodes);
}

static void test_list__head_does_not_point_back(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 100);

	fake_list(f, HEAD, NULL, 0);
	fake_u64(f, HEAD + 8, NODE(3));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_CORRUPT);
}

/* Cyclic elsewhere than at its head: 0 1 2 3 1 2 3 ...  The second arrival does not point back. */
static void test_list__inner_cycle(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 1000);
	const dlk_addr_t nodes[] = { NODE(0), NODE(1), NODE(2), NODE(3) };

	fake_list(f, HEAD, nodes, 4);
	fake_u64(f, NODE(3), NODE(1));
	while (dlk_list_next(&walk))
		;
	assert_int_equal(walk.status, DLK_ERR_CORRUPT);
	assert_int_equal(walk.count, 4);
}

/* A proper ring that the head points into but does not belong to: only the limit ends it. */
static void test_list__foreign_ring(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 5);

	fake_u64(f, HEAD, NODE(0));
	fake_u64(f, NODE(0), NODE(0)); /* removed by list_del_init() */
	fake_u64(f, NODE(0) + 8, HEAD);
	assert_true(dlk_list_next(&walk));
	while (dlk_list_next(&walk))
		;
	assert_true(walk.status == DLK_ERR_CORRUPT || walk.status == DLK_ERR_LIMIT);
	assert_true(walk.count <= 5);
}

static void test_list__missing_page(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 100);
	const dlk_addr_t nodes[] = { NODE(0), FAKE_DIRECT + 0x9000, NODE(1) };

	fake_list(f, HEAD, nodes, 3);
	fake_drop(f, FAKE_DIRECT + 0x9000);
	assert_true(dlk_list_next(&walk));
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, FAKE_DIRECT + 0x9008);
	assert_string_equal(f->ctx.err.text, "0xffff888000009008: page not in the dump");
}

static void test_list__missing_head(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 100);

	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_FAULT);
	assert_int_equal(walk.count, 0);
}

static void test_list__fatal_comes_through(void **state)
{
	struct fake *f = *state;
	struct dlk_list_walk walk = walk_of(f, 100);

	fake_list(f, HEAD, NULL, 0);
	f->fail_in = 1;
	f->fail_status = DLK_ERR_CANCELED;
	assert_false(dlk_list_next(&walk));
	assert_int_equal(walk.status, DLK_ERR_CANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_list__empty),
		FAKE_TEST(test_list__one),
		FAKE_TEST(test_list__many),
		FAKE_TEST(test_list__backwards),
		FAKE_TEST(test_list__backwards_broken),
		FAKE_TEST(test_list__grows),
		FAKE_TEST(test_list__grows_in_a_dump),
		FAKE_TEST(test_list__torn_and_live),
		FAKE_TEST(test_list__limit),
		FAKE_TEST(test_list__prev_broken),
		FAKE_TEST(test_list__head_does_not_point_back),
		FAKE_TEST(test_list__inner_cycle),
		FAKE_TEST(test_list__foreign_ring),
		FAKE_TEST(test_list__missing_page),
		FAKE_TEST(test_list__missing_head),
		FAKE_TEST(test_list__fatal_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
