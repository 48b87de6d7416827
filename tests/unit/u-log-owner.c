/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/owner.c: who owns what a task waits for. */
#include <config.h>

#include "log.h"

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		enum dlk_kind kind;
		enum dlk_log_owner_how how;
		int32_t owner;
		bool is_reader, is_writer;
	} table[] = {
		{ "INFO: task a b:1 is blocked on a mutex likely owned by task c:d:2.",
		  DLK_KIND_MUTEX, DLK_LOG_OWNED, 2, false, false },
		{ "INFO: task a b:1 <reader> blocked on an rw-semaphore likely owned by task c:d:2 <writer>",
		  DLK_KIND_RWSEM, DLK_LOG_OWNED, 2, true, false },
		{ "INFO: task a b:1 <writer> blocked on an rw-semaphore likely owned by task c:d:2 <reader>",
		  DLK_KIND_RWSEM, DLK_LOG_OWNED_READ, 2, false, true },
		{ "INFO: task a b:1 blocked on a semaphore likely last held by task c:d:2",
		  DLK_KIND_SEMAPHORE, DLK_LOG_LAST_HELD, 2, false, false },
		{ "INFO: task a b:1 is blocked on an rw-semaphore, but the owner is not found.",
		  DLK_KIND_RWSEM, DLK_LOG_NO_OWNER, DLK_LOG_NO_NUMBER, false, false },
		{ "INFO: task a b:1 is blocked on a mutex likely owned by none", DLK_KIND_MUTEX,
		  DLK_LOG_NO_OWNER, DLK_LOG_NO_NUMBER, false, false },
		{ "INFO: task a b:1 is blocked on a gate likely owned by task c:d:2.",
		  DLK_KIND_COUNT, DLK_LOG_OWNED, 2, false, false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct dlk_log *log = log_read(*state, table[i].text);
		const struct dlk_log_owner *owner = &log_block(log, DLK_LOG_OWNER, 0)->owner;

		assert_int_equal(log->block_count, 1);
		log_assert_who(&owner->waiter, "a b", 1);
		log_assert_who(&owner->owner, table[i].owner == 2 ? "c:d" : NULL, table[i].owner);
		assert_int_equal(owner->kind, table[i].kind);
		assert_int_equal(owner->how, table[i].how);
		assert_int_equal(owner->is_reader, table[i].is_reader);
		assert_int_equal(owner->is_writer, table[i].is_writer);
		assert_int_equal(owner->lock, 0);
	}
}

static void test_others(void **state)
{
	static const char *const texts[] = {
		"a:1 <reader> blocked on an rw-semaphore likely owned by task b:2 <writer>",
		"INFO: task a:1 is blocked on a mutex.",
		"INFO: task a:1 is blocked by a mutex likely owned by task b:2.",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(log_read(*state, texts[i])->block_count, 0);
}

/* It ends what was printed of the one who waits. */
static void test_between(void **state)
{
	const struct dlk_log *log = log_read(
		*state,
		"task:a state:D stack:0 pid:1 ppid:2 flags:0x0\nCall Trace:\n f+0x1/0x2\n"
		"INFO: task a:1 is blocked on a mutex likely owned by task b:2.\n g+0x1/0x2\n");

	assert_int_equal(log->block_count, 2);
	log_assert_stack(&log->blocks[0].task.stack, "f+0x1");
	assert_int_equal(log->blocks[1].first_line, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_forms),
		LOG_TEST(test_others),
		LOG_TEST(test_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
