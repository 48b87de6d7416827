/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lockdep foretells, in words.
 */
#include <config.h>

#include <string.h>

#include "console.h"

static void test_inconsistent_state(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, "================================\n"
		   "WARNING: inconsistent lock state\n"
		   "6.12.0-zoo #1 Not tainted\n"
		   "--------------------------------\n"
		   "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\n"
		   "ape/71 [HC0[0]:SC1[1]:HE1:SE0] takes:\n"
		   "ffffffffc0a01000 (&pond->lock){+.?.}-{3:3}, at: pond_softirq+0x12/0x40 [zoo]\n"
		   "{SOFTIRQ-ON-W} state was registered at:\n"
		   "  lock_acquire+0xc8/0x2f0\n"
		   "  _raw_spin_lock+0x30/0x40\n"
		   "  pond_feed+0x15/0x60 [zoo]\n"
		   "  kthread+0xd2/0x100\n"
		   "irq event stamp: 1234\n"
		   "\n"
		   "other info that might help us debug this:\n"
		   " Possible unsafe locking scenario:\n"
		   "\n"
		   "       CPU0\n"
		   "       ----\n"
		   "  lock(&pond->lock);\n"
		   "  <Interrupt>\n"
		   "    lock(&pond->lock);\n"
		   "\n"
		   " *** DEADLOCK ***\n"
		   "\n"
		   "no locks held by ape/71.\n"
		   "\n"
		   "stack backtrace:\n"
		   "CPU: 0 UID: 0 PID: 71 Comm: ape Not tainted 6.12.0-zoo #1\n"
		   "Call Trace:\n"
		   " <IRQ>\n"
		   " dump_stack_lvl+0x5d/0x80\n"
		   " print_usage_bug.part.0+0x264/0x350\n"
		   " mark_lock+0x6f1/0x8d0\n"
		   " __lock_acquire+0xb9c/0x2350\n"
		   " lock_acquire+0xc8/0x2f0\n"
		   " _raw_spin_lock+0x30/0x40\n"
		   " pond_softirq+0x12/0x40 [zoo]\n"
		   " handle_softirqs+0xd8/0x3a0\n"
		   " </IRQ>\n"
		   " <TASK>\n"
		   " cpuidle_enter+0x2d/0x40\n"
		   " </TASK>\n");
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
	assert_int_equal(x->model.prediction_count, 1);
	assert_string_equal(x->model.predictions[0].wanted.class, "&pond->lock");
	assert_string_equal(x->model.predictions[0].advice, "spin_lock_bh() in pond_feed");
	assert_non_null(strstr(x->model.predictions[0].meaning, "pond_softirq"));
	assert_int_equal(x->model.predictions[0].link_count, 2);
	assert_string_equal(x->model.predictions[0].links[0].usage, "SOFTIRQ-ON-W");
	assert_string_equal(x->model.predictions[0].links[0].at, "pond_feed");
	assert_int_equal(x->model.predictions[0].links[0].stack_count, 4);
	assert_string_equal(x->model.predictions[0].links[1].usage, "IN-SOFTIRQ-W");
	assert_true(x->model.predictions[0].links[1].stack_count > 4);
	assert_int_equal(x->model.wait_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, console_set_up, console_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(inconsistent_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
