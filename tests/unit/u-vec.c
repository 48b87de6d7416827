/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/vec.c: growing arrays. */
#include <config.h>

#include "support.h"

#include "base/vec.h"

struct element {
	uint64_t a;
	unsigned char b[13];
};

static void test_vec__grows(void **state)
{
	struct fake *f = *state;
	struct dlk_vec vec = DLK_VEC_INIT(struct element);

	for (uint32_t i = 0; i < 100000; i++) {
		struct element *e = dlk_vec_push(&f->ctx, &vec);

		assert_non_null(e);
		assert_int_equal(e->a, 0);
		assert_int_equal(e->b[12], 0);
		e->a = (uint64_t)i * 3;
		e->b[12] = (unsigned char)i;
	}
	assert_int_equal(vec.len, 100000);
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(DLK_VEC_AT(&vec, struct element, i)->a, (uint64_t)i * 3);
		assert_int_equal(DLK_VEC_AT(&vec, struct element, i)->b[12], i & 0xff);
	}
}

/* "The former copies cost at most the size of the final array." */
/* What is there stays, and what has room is not moved. */
static void test_vec__reserve(void **state)
{
	struct fake *f = *state;
	struct dlk_vec vec = DLK_VEC_INIT(uint64_t);
	uint64_t *first = dlk_vec_push(&f->ctx, &vec);
	const void *data;

	assert_non_null(first);
	*first = 42;
	assert_true(dlk_vec_reserve(&f->ctx, &vec, 1000));
	assert_int_equal(vec.len, 1);
	assert_int_equal(*DLK_VEC_AT(&vec, uint64_t, 0), 42);
	data = vec.data;
	while (vec.len < 1000)
		assert_non_null(dlk_vec_push(&f->ctx, &vec));
	assert_ptr_equal(vec.data, data);
	assert_true(dlk_vec_reserve(&f->ctx, &vec, 10));
	assert_ptr_equal(vec.data, data);
	assert_false(dlk_vec_reserve(&f->ctx, &vec, UINT32_MAX));
}

static void test_vec__costs(void **state)
{
	struct fake *f = *state;
	struct dlk_vec vec = DLK_VEC_INIT(uint64_t);
	size_t before = f->ctx.used;

	for (uint32_t i = 0; i < 1 << 17; i++)
		assert_non_null(dlk_vec_push(&f->ctx, &vec));
	assert_in_range(f->ctx.used - before, 8 << 17, 2 * (8 << 17) + (256 << 10));
}

static void test_vec__no_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_vec vec = DLK_VEC_INIT(uint64_t);
	uint32_t count = 0;
	uint64_t *p;

	f->ctx.budget = f->ctx.used + (300 << 10);
	while ((p = dlk_vec_push(&f->ctx, &vec))) {
		*p = count++;
		assert_true(count < 100000);
	}
	assert_true(count > 1000);
	assert_int_equal(vec.len, count); /* the failed push changed nothing */
	assert_null(dlk_vec_push(&f->ctx, &vec));
	assert_int_equal(vec.len, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(*DLK_VEC_AT(&vec, uint64_t, i), i);
	f->ctx.budget += 1 << 20;
	assert_non_null(dlk_vec_push(&f->ctx, &vec));
	assert_int_equal(*DLK_VEC_AT(&vec, uint64_t, count - 1), count - 1);
}

static void test_vec__capacity_overflow(void **state)
{
	struct fake *f = *state;
	struct dlk_vec vec = { .element = 8, .len = 1u << 31, .cap = 1u << 31 };

	assert_null(dlk_vec_push(&f->ctx, &vec));
	assert_int_equal(vec.len, 1u << 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_vec__grows),
		FAKE_TEST(test_vec__reserve),
		FAKE_TEST(test_vec__costs),
		FAKE_TEST(test_vec__no_memory),
		FAKE_TEST(test_vec__capacity_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
