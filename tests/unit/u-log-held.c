/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/held.c: lists of held locks. */
#include <config.h>

#include "log.h"

#include <stdio.h>

#define LOCK "ffff888012345678 (&p->lock){+.+.}-{3:3}, at: "

static const struct dlk_log_held_list *list_of(struct log_test *t, const char *text)
{
	return &log_block(log_read(t, text), DLK_LOG_HELD, 0)->held;
}

static void test_list(void **state)
{
	const struct dlk_log_held_list *list =
		list_of(*state,
			"[ 1.5] 2 locks held by kworker/0:1/77:\n[ 1.5]  #0: " LOCK "f+0x1/0x2\n"
			"[ 1.5]  #1:  (&q->lock){.+.+.+}, at: [<ffffffff81234567>] g+0x3/0x4\n");

	log_assert_who(&list->who, "kworker/0:1", 77);
	assert_int_equal(list->said, 2);
	assert_int_equal(list->count, 2);
	assert_false(list->is_running);
	assert_int_equal(list->entries[0].line, 2);
	assert_int_equal(list->entries[0].lock, 0xffff888012345678);
	assert_string_equal(list->entries[0].class, "&p->lock");
	assert_string_equal(list->entries[0].at, "f+0x1");
	assert_int_equal(list->entries[1].lock, 0);
	assert_string_equal(list->entries[1].at_function, "g");
	assert_int_equal(list->entries[1].at_offset, 3);
}

/* Who runs has a number, and no list; at the end of the text that is not known. */
static void test_running(void **state)
{
	assert_true(list_of(*state, "4 locks held by a/1:\n1 lock held by b/2:\n")->is_running);
	assert_true(list_of(*state, "4 locks held by a/1:\nnoise\n")->is_running);
	assert_false(list_of(*state, "4 locks held by a/1:\n")->is_running);
	assert_false(list_of(*state, "no locks held by a/1.\nnoise\n")->is_running);
	assert_int_equal(list_of(*state, "no locks held by a/1.\n")->said, 0);
}

/* Since 7.3 the number comes last. */
static void test_new_form(void **state)
{
	const struct dlk_log_held_list *list =
		list_of(*state, "locks held by a b/12: 1, last CPU#3:\n #0: " LOCK "f+0x1/0x2\n");

	log_assert_who(&list->who, "a b", 12);
	assert_int_equal(list->said, 1);
	assert_int_equal(list->count, 1);
	assert_int_equal(list_of(*state, "locks held by a/12: 3, on CPU#3:\nnoise\n")->said, 3);
}

/* Functions that were inlined are no entries; but they may say how it was taken. */
static void test_inlined(void **state)
{
	const struct dlk_log_held_list *list =
		list_of(*state,
			"2 locks held by a/1:\n #0: " LOCK "down_read mm/f.c:1 [inline]\n #0: " LOCK
			"f mm/f.c:2 [inline]\n #0: " LOCK "g+0x1/0x2 mm/f.c:3\n #1: " LOCK
			"h+0x1/0x2\n");

	assert_int_equal(list->count, 2);
	assert_string_equal(list->entries[0].at, "g+0x1");
	assert_string_equal(list->entries[0].at_place, "mm/f.c:3");
	assert_true(list->entries[0].is_read_known && list->entries[0].is_read);
	assert_false(list->entries[1].is_read_known);
}

/* Entries that were left out by who has shown the list. */
static void test_cut(void **state)
{
	const struct dlk_log_held_list *list =
		list_of(*state, "3 locks held by a/1:\n ...\n #2: " LOCK "f+0x1/0x2\nnoise\n");

	assert_int_equal(list->said, 3);
	assert_int_equal(list->count, 1);
	assert_false(list->is_running);
}

static void test_split(void **state)
{
	const struct dlk_log_held_list *list = list_of(
		*state,
		"[ 1.1][ T5] 1 lock held by a/1:\n[ 1.1][ T5]  #0: ffff888012345678 (&p->lock\n"
		"[ 1.2][ C1] noise\n[ 1.3][ T5] ){-.-.}, at: f+0x1/0x2\n");

	assert_int_equal(list->count, 1);
	assert_string_equal(list->entries[0].class, "&p->lock");
	assert_string_equal(list->entries[0].at, "f+0x1");
}

static void test_others(void **state)
{
	const struct dlk_log *log = log_read(*state,
					     "some locks held by a/1:\n2 locks held by nobody\n"
					     "#0: " LOCK "f+0x1/0x2\n2 locks held by a/b:\n");

	assert_int_equal(log->block_count, 0);
}

/* Any number may be said, and any listed. */
static void test_many(void **state)
{
	char text[8192] = "99999999999 locks held by a/1:\n";
	const struct dlk_log_held_list *list;

	for (unsigned i = 0; i < 100; i++) {
		char line[80];

		snprintf(line, sizeof(line), "#%u: " LOCK "f+0x1/0x2\n", i);
		strcat(text, line);
	}
	list = list_of(*state, text);
	assert_int_equal(list->said, UINT32_MAX);
	assert_int_equal(list->count, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_list),    LOG_TEST(test_running), LOG_TEST(test_new_form),
		LOG_TEST(test_inlined), LOG_TEST(test_cut),     LOG_TEST(test_split),
		LOG_TEST(test_others),  LOG_TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
