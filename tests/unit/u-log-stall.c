/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/stall.c: RCU stalls. */
#include <config.h>

#include "log.h"

static const struct dlk_log_stall *stall_of(struct log_test *t, const char *text)
{
	return &log_block(log_read(t, text), DLK_LOG_STALL, 0)->stall;
}

static void assert_numbers(const int32_t *numbers, uint32_t count, const int32_t *expected,
			   uint32_t wanted)
{
	assert_int_equal(count, wanted);
	if (wanted)
		assert_memory_equal(numbers, expected, wanted * sizeof(*expected));
}

#define CPUS(stall, ...)                                                                           \
	assert_numbers((stall)->cpus, (stall)->cpu_count, (const int32_t[]){ __VA_ARGS__ },        \
		       sizeof((const int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t))
#define PIDS(stall, ...)                                                                           \
	assert_numbers((stall)->pids, (stall)->pid_count, (const int32_t[]){ __VA_ARGS__ },        \
		       sizeof((const int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t))

static void test_detected(void **state)
{
	static const char text[] =
		"[ 1.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n[ 1.1] rcu: \t1-...!: (0 ticks this GP) idle=1234\n"
		"[ 1.1] rcu: \t3-....: (3 GPs behind) idle=1234\n"
		"[ 1.1] rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P664/1:b..l P643 P664\n"
		"[ 1.1] rcu: \t(detected by 7, t=5003 jiffies, g=1717, q=9 ncpus=2)\n[ 1.1] Sending NMI from CPU 7 to CPUs 1:\n"
		"[ 1.2] NMI backtrace for cpu 1 skipped: idling at f+0x1/0x2\n"
		"[ 1.3] rcu: rcu_preempt kthread starved for 5003 jiffies! g1717 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1\n";
	struct log_test *t = *state;
	const struct dlk_log_stall *stall = stall_of(t, text);

	assert_string_equal(stall->flavour, "rcu_preempt");
	assert_false(stall->is_self || stall->is_expedited);
	CPUS(stall, 1, 3);
	PIDS(stall, 664, 643);
	assert_int_equal(stall->detector, 7);
	assert_true(stall->is_starved);
	assert_int_equal(log_block(&t->log, DLK_LOG_STALL, 0)->last_line, 8);
	assert_int_equal(log_count(&t->log, DLK_LOG_CPU), 1);
}

static void test_braces(void **state)
{
	const struct dlk_log_stall *stall = stall_of(
		*state,
		"INFO: rcu_sched detected stalls on CPUs/tasks: { 0 12} (detected by 2, t=5002 jiffies)");

	CPUS(stall, 0, 12);
	assert_int_equal(stall->detector, 2);
	assert_false(stall->is_starved);
	stall = stall_of(
		*state,
		"rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D P123 } 21 jiffies "
		"s: 5 root: 0x2/.");
	assert_true(stall->is_expedited);
	CPUS(stall, 1);
	PIDS(stall, 123);
}

/* Which CPU has found itself is said by one line or another, or by who prints it. */
static void test_self(void **state)
{
	static const char *const texts[] = {
		"INFO: rcu_sched self-detected stall on CPU { 3}  (t=5002 jiffies)",
		"rcu: INFO: rcu_sched self-detected stall on CPU\nrcu: \t3-....: (2099 ticks this GP) idle=0fa",
		"INFO: rcu_sched self-detected stall on CPU\nTask dump for CPU 3:\n",
		"INFO: rcu_sched self-detected stall on CPU\nCPU: 3 PID: 1 Comm: a Not tainted 6.1 #1\n",
		"[ 1.5][ C3] rcu: INFO: rcu_sched self-detected stall on CPU\n",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct dlk_log_stall *stall = stall_of(*state, texts[i]);

		assert_true(stall->is_self);
		CPUS(stall, 3);
		assert_int_equal(stall->detector, 3);
	}
}

/* Holdouts of RCU tasks are named by the headers that follow them. */
static void test_tasks(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log_stall *stall =
		stall_of(t,
			 "INFO: rcu_tasks detected stalls on tasks:\n"
			 "ffff888012345678: .N nvcsw: 1/1 holdout: 1 idle_cpu: -1/2\n"
			 "task:a state:R stack:0 pid:12 ppid:2 flags:0x0\nCall Trace:\n f+0x1/0x2\n"
			 "task:b state:R stack:0 pid:13 ppid:2 flags:0x0\n");

	assert_string_equal(stall->flavour, "rcu_tasks");
	PIDS(stall, 12);
	assert_int_equal(log_count(&t->log, DLK_LOG_TASK), 2);
}

/* Two stalls are two blocks; what is no stall is none. */
static void test_others(void **state)
{
	struct log_test *t = *state;

	assert_int_equal(log_count(log_read(t, "INFO: rcu_a self-detected stall on CPU { 1}\n"
					       "INFO: rcu_b self-detected stall on CPU { 2}\n"),
				   DLK_LOG_STALL),
			 2);
	assert_int_equal(
		log_read(t, "rcu: INFO: usb self-detected stall on CPU\nrcu: \t1-...!: (0 ticks)\n"
			    "INFO: rcu_preempt is slow\n")
			->block_count,
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_detected), LOG_TEST(test_braces), LOG_TEST(test_self),
		LOG_TEST(test_tasks),    LOG_TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
