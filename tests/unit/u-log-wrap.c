/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/wrap.c: what messages lack. */
#include <config.h>

#include "log.h"

#include "log/wrap.h"

static void test_want(void **state)
{
	static const struct {
		const char *text;
		enum dlk_log_want want;
	} table[] = {
		{ "usb 1-1: new device", DLK_LOG_WANT_NOTHING },
		{ "INFO: task a:1 blocked for more than 120 seconds.", DLK_LOG_WANT_NOTHING },
		{ "INFO: task a:1 blocked for more than 120", DLK_LOG_WANT_MORE },
		{ "INFO: task a:1 <reader> blocked on an rw-semaphore", DLK_LOG_WANT_MORE },
		{ "INFO: task a:1 blocked on an rw-semaphore likely owned by task b:2",
		  DLK_LOG_WANT_MORE },
		{ "INFO: task a:1 blocked on an rw-semaphore likely owned by task b:2 <writer>",
		  DLK_LOG_WANT_NOTHING },
		{ "INFO: task a:1 is blocked on a mutex likely owned by task b:2.",
		  DLK_LOG_WANT_NOTHING },
		{ "INFO: task a:1 is blocked on a mutex likely owned by task", DLK_LOG_WANT_MORE },
		{ "INFO: task a:1 is blocked on a mutex, but the owner is not found.",
		  DLK_LOG_WANT_NOTHING },
		{ "task:a state:D stack:0 pid:1 tgid:1", DLK_LOG_WANT_MORE },
		{ "task:a state:D stack:0 pid:1 tgid:1 ppid:2", DLK_LOG_WANT_NOTHING },
		{ "miller          D ffff888022223000     0  2408      2", DLK_LOG_WANT_FLAGS },
		{ "miller is at D 3", DLK_LOG_WANT_NOTHING },
		{ "f+0x1/0x2 [dm_mod 7e9e", DLK_LOG_WANT_MORE },
		{ "f+0x1/", DLK_LOG_WANT_MORE },
		{ "f+0x1/0x", DLK_LOG_WANT_MORE },
		{ "#0: ffff888012345678 (&p->lock){+.+", DLK_LOG_WANT_BRACE },
		{ "#0: ffff888012345678 (&p->lock){+.+.}-{3:3}, at: f mm/f.c:1 [inline]",
		  DLK_LOG_WANT_NOTHING },
		{ "INFO: rcu_sched detected stalls on CPUs/tasks: { 1-...D", DLK_LOG_WANT_MORE },
		{ "INFO: rcu_sched detected stalls on CPUs/tasks: { 1-...D } 21 jiffies",
		  DLK_LOG_WANT_NOTHING },
		{ "BUG: soft lockup - CPU#3 stuck for", DLK_LOG_WANT_MORE },
		{ "2 locks held by a", DLK_LOG_WANT_MORE },
		{ "2 locks held by a/1:", DLK_LOG_WANT_NOTHING },
		{ "f+0x1/0x2 [dm_mod]", DLK_LOG_WANT_NOTHING },
		{ "[<80111110>] (f) from", DLK_LOG_WANT_MORE },
		{ "#3 [ffffc90000123400] f at", DLK_LOG_WANT_MORE },
		{ "pending: a, b,", DLK_LOG_WANT_MORE },
		{ "#0: ffff888012345678 (&p->lock){+.+.}-{3:3}, at: f+0x1/0x2",
		  DLK_LOG_WANT_NOTHING },
		{ "#0: ffff888012345678 (&p->lock){+.+.}-{3:3}, at:", DLK_LOG_WANT_SYMBOL },
		{ "#0: ffff888012345678 (&p->lock", DLK_LOG_WANT_BRACE },
		{ "c0d1e2f3 (&p->lock", DLK_LOG_WANT_BRACE },
		{ "[ffffffc00aaa1000] (lock){+.+...}", DLK_LOG_WANT_AT },
		{ "(a){-.....} -> (b){+.+...}", DLK_LOG_WANT_NOTHING },
		{ "-> #1 (&p->lock){+.+.}-{3:3}:", DLK_LOG_WANT_NOTHING },
		{ "(prose) in parentheses, and more (of it", DLK_LOG_WANT_BRACE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (dlk_log_want_of(table[i].text) != table[i].want)
			fail_msg("%s: %d", table[i].text, dlk_log_want_of(table[i].text));
}

/* A stamp, or how a message begins, says that it is another one. */
static void test_met(void **state)
{
	(void)state;
	assert_true(dlk_log_want_is_met(DLK_LOG_WANT_MORE, "likely owned by task b:2", false));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_MORE, "likely owned by task b:2", true));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_MORE, "Call Trace:", false));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_MORE, "", false));
	assert_true(dlk_log_want_is_met(DLK_LOG_WANT_BRACE, "){-.-.}, at: f+0x1/0x2", true));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_BRACE, "f+0x1/0x2", true));
	assert_true(dlk_log_want_is_met(DLK_LOG_WANT_AT, ", at: f+0x1/0x2", true));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_AT, "... which became safe at:", true));
	assert_true(
		dlk_log_want_is_met(DLK_LOG_WANT_SYMBOL, "[<ffffffc00aaa2000>] f+0x1/0x2", true));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_SYMBOL, "no symbol", true));
	assert_true(dlk_log_want_is_met(DLK_LOG_WANT_FLAGS, "0x00000004", false));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_FLAGS, "Call Trace:", false));
	assert_false(dlk_log_want_is_met(DLK_LOG_WANT_NOTHING, "x", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_want),
		cmocka_unit_test(test_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
