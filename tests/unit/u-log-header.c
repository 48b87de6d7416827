/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/header.c: lines that say whose stack follows. */
#include <config.h>

#include "log.h"

#include "log/header.h"

struct expected {
	const char *text, *comm;
	int32_t pid, parent;
	char state;
	bool is_kthread;
};

static void check(struct log_test *t, const struct expected *e)
{
	struct dlk_log_task task = dlk_log_header_none();

	if (!dlk_log_header_read(&t->keep, e->text, &task))
		fail_msg("%s: not read", e->text);
	log_assert_who(&task.who, e->comm, e->pid);
	assert_int_equal(task.parent, e->parent);
	assert_int_equal(task.state, e->state);
	assert_int_equal(task.is_kthread, e->is_kthread);
	assert_int_equal(task.is_exit, e->state == 'X' || e->state == 'Z');
}

static void test_new(void **state)
{
	static const struct expected table[] = {
		{ "task:cat             state:D stack:0     pid:12    tgid:12    ppid:7      task_flags:0x400000 flags:0x00004000",
		  "cat", 12, 7, 'D', false },
		{ "task:kworker/0:1     state:I stack:    0 pid:   12 ppid:     2 flags:0x00004000",
		  "kworker/0:1", 12, 2, 'I', true },
		{ "task:pump/u9:7state:D stack:0 pid:37ppid:2  flags:0x00004000", "pump/u9:7", 37,
		  2, 'D', true },
		{ "task:a b (c)         state:R  running task     stack:0     pid:5     tgid:5     ppid:1      flags:0x8",
		  "a b (c)", 5, 1, 'R', false },
		{ "task:gone state:X stack:0 pid:5 ppid:1 flags:0x8", "gone", 5, 1, 'X', false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(*state, &table[i]);
}

static void test_old(void **state)
{
	static const struct expected table[] = {
		{ "cat             D ffff888011112000 27144    12      7 0x00000004", "cat", 12, 7,
		  'D', false },
		{ "cat             D13520    12      7 0x00000004", "cat", 12, 7, 'D', false },
		{ "cat             D    0    12      7 0x00000004", "cat", 12, 7, 'D', false },
		{ "kworker/0:2     S ffff888044445000     0   433      2 0x0000000000000000",
		  "kworker/0:2", 433, 2, 'S', true },
		{ "a b c           R  running task    12016    12      1 0x00000008", "a b c", 12,
		  1, 'R', false },
		{ "kthreadd D 0 2 0 0x00000000", "kthreadd", 2, 0, 'D', true },
		{ "cat             D13520    12      7 0x30020000 123456789012", "cat", 12, 7, 'D',
		  false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(*state, &table[i]);
}

static void test_others(void **state)
{
	static const char *const texts[] = {
		"",
		"task:cat",
		"task: state:D pid:1",
		"task:cat state:Q stack:0 pid:1 ppid:2",
		"task:cat state:D stack:0",
		"  task                        PC stack   pid father",
		"DR0: 0000000000000000 0x00000000",
		"12 34 0x00000004",
		"cat D 12 0x00000004",
		"mapped 0x00000000 to 12 34 0x00000004",
		"D 0 2 0 0x00000000",
		"cat             D    0    12      7 00000004",
		"cat             D    0    12      7 0x0000000g",
		"cat             D    0    x12      7 0x00000004",
		"cat             D    0    12x      7 0x00000004",
		"cat             D    0    12      7 0x00000004z",
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dlk_log_task task = dlk_log_header_none();

		if (dlk_log_header_read(&t->keep, texts[i], &task))
			fail_msg("%s: read", texts[i]);
	}
}

static void test_crash(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_task task = dlk_log_header_none();

	assert_true(dlk_log_header_read_crash(
		&t->keep, "PID: 712    TASK: ffff888033334000  CPU: 10  COMMAND: \"a \"b\"\"",
		&task));
	log_assert_who(&task.who, "a \"b\"", 712);
	assert_int_equal(task.cpu, 10);
	assert_int_equal(task.state, '?');
	assert_true(dlk_log_header_read_crash(
		&t->keep, "290 PID: 475  TASK: ffff888033334000  CPU: 1   COMMAND: \"b\"", &task));
	log_assert_who(&task.who, "b", 475);
	assert_false(task.is_kthread);
	assert_true(dlk_log_header_read_crash(
		&t->keep, "PID: 2  TASK: ffff888033334000  CPU: 1   COMMAND: \"[kthreadd]\"",
		&task));
	log_assert_who(&task.who, "kthreadd", 2);
	assert_true(task.is_kthread);
	assert_false(dlk_log_header_read_crash(&t->keep, "PID: 475 is busy", &task));
	assert_false(dlk_log_header_read_crash(&t->keep, "PID: 475 TASK: none", &task));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_new),
		LOG_TEST(test_old),
		LOG_TEST(test_others),
		LOG_TEST(test_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
