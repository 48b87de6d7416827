/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a console says of CPUs: who spins, and who keeps it from them.
 */
#include <config.h>

#include <string.h>

#include "console.h"

#define CPU_HEAD(cpu, comm, pid, rip)                                                              \
	"NMI backtrace for cpu " #cpu "\n"                                                         \
	"CPU: " #cpu " PID: " #pid " Comm: " comm " Not tainted 6.12.0-zoo #1\n"                   \
	"Hardware name: a zoo\n"                                                                   \
	"RIP: 0010:" rip "\n"                                                                      \
	"Call Trace:\n"

/* A callback spins for a lock; another CPU waits for callbacks, in functions of the same name. */
static void test_timer_callback(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		CPU_HEAD(
			0, "zoo", 70,
			"native_queued_spin_lock_slowpath+0x5d/0x290") " <IRQ>\n"
								       " _raw_spin_lock_irqsave+0x3d/0x50\n"
								       " pond_tick+0x15/0x90 [zoo]\n"
								       " __hrtimer_run_queues+0x117/0x2a0\n"
								       " hrtimer_interrupt+0xfa/0x230\n"
								       " </IRQ>\n"
								       " <TASK>\n"
								       " do_syscall_64+0x82/0x190\n"
								       " </TASK>\n" CPU_HEAD(
									       1, "ape", 71,
									       "hrtimer_try_to_cancel+0x20/0x100") " <TASK>\n"
														   " hrtimer_cancel+0x15/0x30\n"
														   " pond_drain+0x44/0x90 [zoo]\n"
														   " kthread+0xd2/0x100\n"
														   " </TASK>\n");
	assert_int_equal(x->verdict.code, DLK_POSSIBLE_DEADLOCK);
	assert_int_equal(x->verdict.cycle_count, 1);
	assert_int_equal(console_edge(x, 71, 70), DLK_POSSIBLE);
	assert_int_equal(console_edge(x, 70, 71), DLK_POSSIBLE);
}

/* The callback runs, and spins for nothing: the other one only has to wait a moment. */
static void test_timer_callback_that_ends(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		CPU_HEAD(
			0, "zoo", 70,
			"pond_tick+0x15/0x90 [zoo]") " <IRQ>\n"
						     " __hrtimer_run_queues+0x117/0x2a0\n"
						     " hrtimer_interrupt+0xfa/0x230\n"
						     " </IRQ>\n"
						     " <TASK>\n"
						     " do_syscall_64+0x82/0x190\n"
						     " </TASK>\n" CPU_HEAD(
							     1, "ape", 71,
							     "hrtimer_try_to_cancel+0x20/0x100") " <TASK>\n"
												 " hrtimer_cancel+0x15/0x30\n"
												 " pond_drain+0x44/0x90 [zoo]\n"
												 " </TASK>\n");
	assert_int_equal(x->verdict.cycle_count, 0);
}

/* The same two, but ten minutes apart: they need not have met. */
static void test_timer_callback_of_another_moment(void **state)
{
	struct console *x = *state;

	console_analyse(x, "[  100.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [zoo:70]\n"
			   "[  100.0] CPU: 0 PID: 70 Comm: zoo Not tainted 6.12.0-zoo #1\n"
			   "[  100.0] RIP: 0010:native_queued_spin_lock_slowpath+0x5d/0x290\n"
			   "[  100.0] Call Trace:\n"
			   "[  100.0]  <IRQ>\n"
			   "[  100.0]  _raw_spin_lock_irqsave+0x3d/0x50\n"
			   "[  100.0]  pond_tick+0x15/0x90 [zoo]\n"
			   "[  100.0]  __hrtimer_run_queues+0x117/0x2a0\n"
			   "[  100.0]  hrtimer_interrupt+0xfa/0x230\n"
			   "[  100.0]  </IRQ>\n"
			   "[  100.0]  <TASK>\n"
			   "[  100.0]  do_syscall_64+0x82/0x190\n"
			   "[  100.0]  </TASK>\n"
			   "[  700.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [ape:71]\n"
			   "[  700.0] CPU: 1 PID: 71 Comm: ape Not tainted 6.12.0-zoo #1\n"
			   "[  700.0] RIP: 0010:hrtimer_try_to_cancel+0x20/0x100\n"
			   "[  700.0] Call Trace:\n"
			   "[  700.0]  <TASK>\n"
			   "[  700.0]  hrtimer_cancel+0x15/0x30\n"
			   "[  700.0]  pond_drain+0x44/0x90 [zoo]\n"
			   "[  700.0]  kthread+0xd2/0x100\n"
			   "[  700.0]  </TASK>\n");
	assert_int_equal(x->incident_count, 1);
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 71, 70), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, console_set_up, console_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(timer_callback),
		TEST(timer_callback_that_ends),
		TEST(timer_callback_of_another_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
