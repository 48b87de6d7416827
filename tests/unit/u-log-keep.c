/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/keep.c: two halves that take turns. */
#include <config.h>

#include "log.h"

#include <stdio.h>

#include "log/keep.h"

static void keep_blocks(struct dlk_log_keep *keep, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		struct dlk_log_block block = { .kind = DLK_LOG_PANIC, .first_line = i };

		block.text = dlk_log_keep_string(keep, "text", 4);
		dlk_log_keep_block(keep, &block);
	}
}

static void test_strings(void **state)
{
	struct log_test *t = *state;
	const char *a = dlk_log_keep_string(&t->keep, "abc", 2);

	assert_string_equal(a, "ab");
	assert_ptr_equal(dlk_log_keep_string(&t->keep, "ab", 2), a);
	assert_ptr_not_equal(dlk_log_keep_string(&t->keep, "abc", 3), a);
	assert_string_equal(dlk_log_keep_string(&t->keep, "", 0), "");
}

/* Also when the table is full. */
static void test_many_strings(void **state)
{
	struct log_test *t = *state;
	char text[16];

	for (unsigned i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "f%u", i);
		assert_string_equal(dlk_log_keep_string(&t->keep, text, strlen(text)), text);
	}
	assert_string_equal(dlk_log_keep_string(&t->keep, "f19999", 6), "f19999");
	assert_int_equal(t->keep.status, DLK_OK);
}

static void test_long_string(void **state)
{
	struct log_test *t = *state;
	char text[10000];

	memset(text, 'x', sizeof(text));
	assert_int_equal(strlen(dlk_log_keep_string(&t->keep, text, sizeof(text))), 4096);
}

static void test_arrays(void **state)
{
	static const int32_t numbers[] = { 1, 2, 3 };
	struct log_test *t = *state;
	int32_t *copy = dlk_log_keep_array(&t->keep, numbers, 3, sizeof(numbers[0]));

	assert_memory_equal(copy, numbers, sizeof(numbers));
	assert_null(dlk_log_keep_array(&t->keep, numbers, 0, sizeof(numbers[0])));
}

/* They are handed over in the order of their lines, whatever the order was in which they were completed. */
static void test_order(void **state)
{
	struct log_test *t = *state;
	struct dlk_log log = { .line_count = 7 };

	keep_blocks(&t->keep, 500, 700);
	keep_blocks(&t->keep, 100, 300);
	assert_int_equal(dlk_log_keep_finish(&t->keep, &log), DLK_OK);
	assert_int_equal(log.block_count, 400);
	for (uint32_t i = 0; i < 400; i++)
		assert_int_equal(log.blocks[i].first_line, i < 200 ? 100 + i : 300 + i);
	assert_string_equal(log.blocks[399].text, "text");
	assert_int_equal(log.dropped, 0);
	assert_int_equal(log.line_count, 7);
}

/* The older half goes as a whole; what is there in the end outlives the keeping. */
static void test_turn(void **state)
{
	struct log_test *t = *state;
	struct dlk_log log = { 0 };

	keep_blocks(&t->keep, 0, 100);
	dlk_log_keep_turn(&t->keep);
	keep_blocks(&t->keep, 100, 170);
	dlk_log_keep_turn(&t->keep);
	keep_blocks(&t->keep, 170, 175);
	assert_int_equal(dlk_log_keep_finish(&t->keep, &log), DLK_OK);
	dlk_log_keep_deinit(&t->keep);
	assert_int_equal(log.block_count, 75);
	assert_int_equal(log.dropped, 100);
	for (uint32_t i = 0; i < 75; i++) {
		assert_int_equal(log.blocks[i].first_line, 100 + i);
		assert_string_equal(log.blocks[i].text, "text");
	}
}

static void test_full(void **state)
{
	struct log_test *t = *state;
	size_t limit;

	assert_false(dlk_log_keep_is_full(&t->keep, false));
	keep_blocks(&t->keep, 0, 1000);
	limit = t->keep.halves[t->keep.newer].ctx.used;
	t->keep.half_bytes = limit;
	assert_false(dlk_log_keep_is_full(&t->keep, false));
	t->keep.half_bytes = limit - 1;
	assert_true(dlk_log_keep_is_full(&t->keep, false));
	assert_false(dlk_log_keep_is_full(&t->keep, true));
	t->keep.half_bytes = limit / 2;
	assert_true(dlk_log_keep_is_full(&t->keep, true));
	dlk_log_keep_turn(&t->keep);
	assert_false(dlk_log_keep_is_full(&t->keep, false));
}

/* Memory that runs out once is noted, and nothing is half done after it. */
static void test_no_memory(void **state)
{
	struct log_test *t = *state;
	struct dlk_log log = { .block_count = 7 };

	keep_blocks(&t->keep, 0, 3);
	t->keep.halves[t->keep.newer].ctx.budget = t->keep.halves[t->keep.newer].ctx.used;
	keep_blocks(&t->keep, 3, 1000);
	assert_int_equal(t->keep.status, DLK_ERR_NOMEM);
	assert_string_equal(dlk_log_keep_string(&t->keep, "new", 3), "");
	assert_null(dlk_log_keep_array(&t->keep, &log, 1, sizeof(log)));
	assert_int_equal(dlk_log_keep_finish(&t->keep, &log), DLK_ERR_NOMEM);
	assert_int_equal(log.block_count, 7);
	assert_int_equal(t->ctx.used, 0);
}

static void test_no_memory_in_the_end(void **state)
{
	struct log_test *t = *state;
	struct dlk_log log = { .block_count = 7 };

	keep_blocks(&t->keep, 0, 3);
	t->ctx.budget = 0;
	assert_int_equal(dlk_log_keep_finish(&t->keep, &log), DLK_ERR_NOMEM);
	assert_int_equal(log.block_count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_strings),
		LOG_TEST(test_many_strings),
		LOG_TEST(test_long_string),
		LOG_TEST(test_arrays),
		LOG_TEST(test_order),
		LOG_TEST(test_turn),
		LOG_TEST(test_full),
		LOG_TEST(test_no_memory),
		LOG_TEST(test_no_memory_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
