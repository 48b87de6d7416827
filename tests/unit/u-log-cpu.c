/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/cpu.c: what ran on CPUs. */
#include <config.h>

#include "log.h"

static const struct dlk_log_cpu *cpu_of(struct log_test *t, const char *text, unsigned n)
{
	return &log_block(log_read(t, text), DLK_LOG_CPU, n)->cpu;
}

static void test_nmi(void **state)
{
	static const char text[] =
		"NMI backtrace for cpu 1\nCPU: 1 UID: 0 PID: 22 Comm: a b Not tainted 6.1.0 #1\n"
		"Hardware name: X\nRIP: 0010:f mm/f.c:1 [inline]\nRIP: 0010:g+0x1/0x2\nRSP: 0018:ffff8880\n"
		"Call Trace:\n <IRQ>\n h+0x1/0x2\n </IRQ>\n <TASK>\n i+0x1/0x2\nRIP: 0010:j+0x1/0x2\n k+0x1/0x2\n </TASK>\n";
	const struct dlk_log_cpu *cpu = cpu_of(*state, text, 0);

	assert_int_equal(cpu->cpu, 1);
	log_assert_who(&cpu->who, "a b", 22);
	assert_false(cpu->is_idle);
	assert_string_equal(cpu->ip.symbol, "g+0x1");
	assert_int_equal(cpu->ip.line, 5);
	log_assert_stack(&cpu->stack, "irq:h+0x1 i+0x1 j+0x1 k+0x1");
}

static void test_idle(void **state)
{
	static const char text[] =
		"NMI backtrace for cpu 3 skipped: idling at sleep+0x1/0x2\n f+0x1/0x2\n"
		"NMI backtrace for cpu 4\nCPU: 4 PID: 0 Comm: swapper/4 Not tainted 6.1.0 #1\n"
		"NMI backtrace for cpu 5 skipped: idling\n";

	assert_true(cpu_of(*state, text, 0)->is_idle);
	assert_string_equal(cpu_of(*state, text, 0)->ip.symbol, "sleep+0x1");
	assert_int_equal(cpu_of(*state, text, 0)->stack.count, 0);
	assert_true(cpu_of(*state, text, 1)->is_idle);
	assert_true(cpu_of(*state, text, 2)->is_idle);
	assert_null(cpu_of(*state, text, 2)->ip.function);
	assert_true(cpu_of(*state, "NMI backtrace for cpu 1\nCall Trace:\n", 0)->stack.is_cut);
	assert_false(cpu_of(*state, "NMI backtrace for cpu 1\n", 0)->stack.is_cut);
}

static void test_lockups(void **state)
{
	static const char text[] =
		"watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [a:b:643]\nCPU: 3 PID: 643 Comm: a:b Not tainted 6.1 #1\n"
		"BUG: soft lockup - CPU#4 stuck for 11s! [c d:7]\n"
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 5\n"
		"watchdog: CPU2: Watchdog detected hard LOCKUP on cpu 6\n"
		"watchdog: CPU 7 self-detected hard LOCKUP @ f+0x1/0x2\n"
		"watchdog: CPU 7 detected hard LOCKUP on other CPUs 8\n"
		"BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 41s!\n";
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(t, text);

	assert_int_equal(log_count(log, DLK_LOG_CPU), 6);
	assert_int_equal(log->blocks[0].cpu.stuck_s, 23);
	log_assert_who(&log->blocks[0].cpu.who, "a:b", 643);
	assert_int_equal(log->blocks[1].cpu.cpu, 4);
	log_assert_who(&log->blocks[1].cpu.who, "c d", 7);
	for (unsigned i = 2; i < 6; i++) {
		assert_true(log->blocks[i].cpu.is_hard_lockup);
		assert_int_equal(log->blocks[i].cpu.cpu, i + 3);
		assert_int_equal(log->blocks[i].cpu.stuck_s, 0);
	}
}

/* A spinlock says who has it: that is another block. */
static void test_spinlock(void **state)
{
	static const char text[] =
		"BUG: spinlock lockup suspected on CPU#3, a/12\n"
		" lock: 0xffff888000001000, .magic: dead4ead, .owner: b c/900, .owner_cpu: 2\n"
		"CPU: 3 PID: 12 Comm: a Not tainted 6.1 #1\nCall Trace:\n f+0x1/0x2\n"
		"BUG: spinlock lockup suspected on CPU#4, d/13\n"
		" lock: a_lock+0x0/0x40, .magic: dead4ead, .owner: <none>/-1, .owner_cpu: -1\n";
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(t, text);
	const struct dlk_log_owner *owner = &log_block(log, DLK_LOG_OWNER, 0)->owner;

	log_assert_who(&owner->waiter, "a", 12);
	log_assert_who(&owner->owner, "b c", 900);
	assert_int_equal(owner->kind, DLK_KIND_SPINLOCK);
	assert_int_equal(owner->how, DLK_LOG_OWNED);
	assert_int_equal(owner->lock, 0xffff888000001000);
	log_assert_stack(&log_block(log, DLK_LOG_CPU, 0)->cpu.stack, "f+0x1");
	assert_int_equal(log_block(log, DLK_LOG_OWNER, 1)->owner.how, DLK_LOG_NO_OWNER);
	assert_int_equal(log_block(log, DLK_LOG_OWNER, 1)->owner.lock, 0);
}

/* A CPU that finds itself to stall prints its own trace, with or without its name; any other dump is none of that. */
static void test_stalled(void **state)
{
	static const char named[] =
		"rcu: INFO: rcu_sched self-detected stall on CPU\nrcu: \t2-....: (20 ticks this GP)\n"
		"CPU: 2 PID: 22 Comm: a Not tainted 6.1 #1\nCall Trace:\n f+0x1/0x2\n"
		"CPU: 2 PID: 23 Comm: b Not tainted 6.1 #1\nCall Trace:\n g+0x1/0x2\n";
	static const char unnamed[] =
		"rcu: INFO: rcu_sched self-detected stall on CPU\nrcu: \t2-....: (20 ticks this GP)\n"
		"Call Trace:\n f+0x1/0x2\n";
	static const char other[] =
		"CPU: 2 PID: 22 Comm: a Not tainted 6.1 #1\nCall Trace:\n f+0x1/0x2\n";
	struct log_test *t = *state;

	log_assert_who(&cpu_of(t, named, 0)->who, "a", 22);
	assert_int_equal(log_count(log_read(t, named), DLK_LOG_CPU), 1);
	log_assert_stack(&cpu_of(t, named, 0)->stack, "f+0x1");
	assert_int_equal(cpu_of(t, unnamed, 0)->cpu, 2);
	log_assert_stack(&cpu_of(t, unnamed, 0)->stack, "f+0x1");
	assert_int_equal(log_read(t, other)->block_count, 0);
}

/* Where no NMI can be sent there is just the CPU's number. */
static void test_plain(void **state)
{
	const struct dlk_log *log =
		log_read(*state, "CPU1:\nCall Trace:\n f+0x1/0x2\nCPU2: up\nCPU: 3\nCPU4\n");

	assert_int_equal(log->block_count, 1);
	assert_int_equal(log->blocks[0].cpu.cpu, 1);
	log_assert_stack(&log->blocks[0].cpu.stack, "f+0x1");
}

/* The CPU that prints is not the one whose trace it is. */
static void test_printer(void **state)
{
	static const char text[] =
		"[ 1.1][ C2] NMI backtrace for cpu 0\n[ 1.1][ C1] NMI backtrace for cpu 1\n"
		"[ 1.2][ C2] CPU: 0 PID: 5 Comm: a Not tainted 6.1 #1\n"
		"[ 1.2][ C1] CPU: 1 PID: 6 Comm: b Not tainted 6.1 #1\n"
		"[ 1.3][ C2] Call Trace:\n[ 1.3][ C1] Call Trace:\n[ 1.4][ C1]  f+0x1/0x2\n[ 1.4][ C2]  g+0x1/0x2\n";
	const struct dlk_log_cpu *first = cpu_of(*state, text, 0),
				 *second = cpu_of(*state, text, 1);

	assert_int_equal(first->cpu, 0);
	log_assert_who(&first->who, "a", 5);
	log_assert_stack(&first->stack, "g+0x1");
	assert_int_equal(second->cpu, 1);
	log_assert_stack(&second->stack, "f+0x1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_nmi),      LOG_TEST(test_idle),    LOG_TEST(test_lockups),
		LOG_TEST(test_spinlock), LOG_TEST(test_stalled), LOG_TEST(test_printer),
		LOG_TEST(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
