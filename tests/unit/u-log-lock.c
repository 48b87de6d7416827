/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/lock.c: locks as the validator prints them. */
#include <config.h>

#include "log.h"

#include "log/lock.h"

static void assert_same(const char *is, const char *expected)
{
	if (expected)
		assert_string_equal(is, expected);
	else
		assert_null(is);
}

static void test_forms(void **state)
{
	static const struct {
		const char *text, *class, *usage, *at, *place;
		dlk_addr_t lock;
	} table[] = {
		{ "ffff888012345678 (&p->lock){+.+.}-{3:3}, at: f+0x50/0x430", "&p->lock", "+.+.",
		  "f+0x50", NULL, 0xffff888012345678 },
		{ "ffff888012345678 (&p->lock#8/1){+.+.}-{3:3}, at: f+0x50/0x430 fs/f.c:12",
		  "&p->lock#8/1", "+.+.", "f+0x50", "fs/f.c:12", 0xffff888012345678 },
		{ "ffff888012345678 (&p->lock){+.+.}-{3:3}, at: f fs/f.c:12 [inline]", "&p->lock",
		  "+.+.", "f", "fs/f.c:12", 0xffff888012345678 },
		{ "(&p->lock){+.+.+.}, at: [<ffffffff81234567>] f+0x50/0x430 [mod]", "&p->lock",
		  "+.+.+.", "f+0x50", NULL, 0 },
		{ "00000000abcd0123 (rtnl_mutex){+.+.}, at: f+0x50/0x430", "rtnl_mutex", "+.+.",
		  "f+0x50", NULL, 0xabcd0123 },
		{ "[ffffffc00aaa1000] (a_lock){+.+...}", "a_lock", "+.+...", NULL, NULL,
		  0xffffffc00aaa1000 },
		{ "ffff888012345678 ((wq_completion)\"events\"){+.+.}, at: f+0x50/0x430",
		  "(wq_completion)\"events\"", "+.+.", "f+0x50", NULL, 0xffff888012345678 },
		{ "(&(&p->lock)->rlock){-.-.}", "&(&p->lock)->rlock", "-.-.", NULL, NULL, 0 },
		{ "(per_cpu_ptr(&l, cpu)){-.-.} ops: 12 {", "per_cpu_ptr(&l, cpu)", "-.-.", NULL,
		  NULL, 0 },
		{ "ffff888012345678 (&p->lock){+.+.}-{3:3}, at:", "&p->lock", "+.+.", NULL, NULL,
		  0xffff888012345678 },
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dlk_log_held held = { 0 };

		if (!dlk_log_lock_read(&t->keep, table[i].text, &held))
			fail_msg("%s: not read", table[i].text);
		assert_same(held.class, table[i].class);
		assert_same(held.usage, table[i].usage);
		assert_same(held.at, table[i].at);
		assert_same(held.at_place, table[i].place);
		assert_int_equal(held.lock, table[i].lock);
		assert_int_equal(held.at_offset, table[i].at && strchr(table[i].at, '+')
							 ? 0x50
							 : DLK_LOG_NO_OFFSET);
	}
}

static void test_others(void **state)
{
	static const char *const texts[] = { "", "ffff888012345678", "prose (", "(a",
					     "12345678901234567 (a)" };
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dlk_log_held held = { 0 };

		assert_false(dlk_log_lock_read(&t->keep, texts[i], &held));
	}
}

/* For reading or for writing, where the function that took it says so. */
static void test_mode(void **state)
{
	static const struct {
		const char *at;
		bool is_known, is_read;
	} table[] = {
		{ "down_read+0x1/0x2", true, true },
		{ "down_write_killable+0x1/0x2", true, false },
		{ "inode_lock_shared+0x1/0x2", true, true },
		{ "inode_lock+0x1/0x2", true, false },
		{ "some_function+0x1/0x2", false, false },
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dlk_log_held held = { 0 };
		char text[128] = "(l){++++}-{3:3}, at: ";

		strcat(text, table[i].at);
		assert_true(dlk_log_lock_read(&t->keep, text, &held));
		assert_int_equal(held.is_read_known, table[i].is_known);
		assert_int_equal(held.is_read, table[i].is_read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_forms),
		LOG_TEST(test_others),
		LOG_TEST(test_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
