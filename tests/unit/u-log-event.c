/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/event.c: what happens once. */
#include <config.h>

#include "log.h"

static void test_boot(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t,
		"[    0.000000] Linux version 6.1.0-a (b@c) (gcc) #1 SMP\n"
		"-- Boot 0123456789abcdef0123456789abcdef --\nLinux version 6.2.0 (x) #2\nLinux version 9 is good\n");

	assert_int_equal(log->block_count, 3);
	assert_string_equal(log->blocks[0].release, "6.1.0-a");
	assert_null(log->blocks[1].release);
	assert_string_equal(log->blocks[2].release, "6.2.0");
	assert_string_equal(log->release, "6.1.0-a");
}

static void test_failures(void **state)
{
	static const char *const texts[] = {
		"Kernel panic - not syncing: hung_task: blocked tasks",
		"BUG: unable to handle page fault for address: 0",
		"Oops: 0000 [#1] PREEMPT SMP",
		"Internal error: Oops: 96000004 [#1] SMP",
		"Unable to handle kernel paging request at 0",
		"kernel BUG at mm/f.c:12!",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(log_block(log_read(*state, texts[i]), DLK_LOG_PANIC, 0)->text,
				    texts[i]);
	assert_int_equal(log_read(*state, "no Kernel panic - not syncing: x\n")->block_count, 0);
}

static void test_lockdep_off(void **state)
{
	const struct dlk_log *log = log_read(*state, "[ 1.5] INFO: lockdep is turned off.\n");

	assert_int_equal(log->block_count, 1);
	assert_int_equal(log->blocks[0].kind, DLK_LOG_LOCKDEP_OFF);
	assert_int_equal(log->blocks[0].first_line, 1);
	assert_int_equal(log->blocks[0].time_us, 1500000);
}

/* A panic's own trace belongs to nothing that came before it. */
static void test_ends(void **state)
{
	const struct dlk_log *log = log_read(
		*state,
		"task:a state:D stack:0 pid:1 ppid:2 flags:0x0\nKernel panic - not syncing: x\n f+0x1/0x2\n");

	assert_int_equal(log->blocks[0].task.stack.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_boot),
		LOG_TEST(test_failures),
		LOG_TEST(test_lockdep_off),
		LOG_TEST(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
