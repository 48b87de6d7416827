/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/task.c: tasks that hang, or whose state is shown. */
#include <config.h>

#include "log.h"

#define HUNG "INFO: task pump/0:4711 blocked for more than 120 seconds.\n"
#define HEADER "task:pump/0 state:D stack:0 pid:4711 tgid:4711 ppid:2 flags:0x00004000\n"

static const struct dlk_log_task *task_of(struct log_test *t, const char *text)
{
	return &log_block(log_read(t, text), DLK_LOG_TASK, 0)->task;
}

/* The watchdog's line, what stands around it, the header and the stack are one block. */
static void test_hung(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t,
		"[ 12.5] " HUNG "[ 12.5]       Not tainted 6.1.0-x #1\n"
		"[ 12.5] \"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
		"[ 12.6] " HEADER
		"[ 12.6] Workqueue: pumps pump_work [mod]\n[ 12.6] Call Trace:\n[ 12.6]  <TASK>\n"
		"[ 12.7]  f+0x1/0x2\n[ 12.7]  ? g+0x1/0x2\n[ 12.7]  </TASK>\n[ 12.8] stray+0x1/0x2\n");
	const struct dlk_log_block *block = log_block(log, DLK_LOG_TASK, 0);

	assert_int_equal(log->block_count, 1);
	assert_int_equal(block->first_line, 1);
	assert_int_equal(block->last_line, 10);
	assert_int_equal(block->time_us, 12500000);
	log_assert_who(&block->task.who, "pump/0", 4711);
	assert_int_equal(block->task.hung_s, 120);
	assert_int_equal(block->task.state, 'D');
	assert_int_equal(block->task.parent, 2);
	assert_true(block->task.is_kthread);
	assert_string_equal(block->task.workqueue, "pumps");
	assert_string_equal(block->task.work, "pump_work");
	log_assert_stack(&block->task.stack, "f+0x1 ?g+0x1");
	assert_false(block->task.stack.is_cut);
	assert_string_equal(log->release, "6.1.0-x");
}

static void test_wordings(void **state)
{
	static const char *const texts[] = {
		"INFO: task a b:7 blocked for more than 143 seconds.",
		"INFO: task a b:7 blocked in I/O wait for more than 143 seconds.",
		"INFO: task a b:7 in D state for more than 143 seconds.",
		"INFO: task a b:7     blocked for more than 143 seconds",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct dlk_log_task *task = task_of(*state, texts[i]);

		log_assert_who(&task->who, "a b", 7);
		assert_int_equal(task->hung_s, 143);
		assert_int_equal(task->state, '?');
	}
}

/* Either may be missing; another task's header is another block. */
static void test_pieces(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log;

	log_assert_stack(&task_of(t, HUNG "Call Trace:\n f+0x1/0x2\n")->stack, "f+0x1");
	assert_int_equal(task_of(t, HEADER "Call Trace:\n f+0x1/0x2\n")->hung_s, 0);
	log = log_read(
		t, HUNG
		"task:other state:S stack:0 pid:12 ppid:1 flags:0x0\nCall Trace:\n f+0x1/0x2\n");
	assert_int_equal(log->block_count, 2);
	assert_int_equal(log->blocks[0].task.stack.count, 0);
	log_assert_who(&log->blocks[1].task.who, "other", 12);
	log_assert_stack(&log->blocks[1].task.stack, "f+0x1");
}

/* A trace that nobody has announced is of something else. */
static void test_other_traces(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(t, HEADER
					     "Call Trace:\n f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n");

	assert_int_equal(log->block_count, 1);
	log_assert_stack(&log->blocks[0].task.stack, "f+0x1");
	log = log_read(
		t, HEADER
		"Call Trace:\n f+0x1/0x2\nCPU: 1 PID: 3 Comm: x Not tainted 6.1 #1\n g+0x1/0x2\n");
	log_assert_stack(&log->blocks[0].task.stack, "f+0x1");
}

/* Two CPUs at once, and nothing that tells them apart: no frames are better than another's. */
static void test_mixed(void **state)
{
	const struct dlk_log_task *task =
		task_of(*state, HUNG "Hardware name: X\nCall Trace:\n not_mine+0x1/0x2\n");

	assert_int_equal(task->stack.count, 0);
	assert_true(task->stack.is_cut);
}

/* Noise in the midst of a stack disturbs nothing; a fault's registers have a function in them. */
static void test_noise(void **state)
{
	const struct dlk_log_task *task =
		task_of(*state,
			HEADER "Call Trace:\n f+0x1/0x2\naudit: type=1400\nRIP: 0010:g+0x1/0x2\n"
			       "RAX: 0000000000000000\n h+0x1/0x2\nRIP: 0033:0x7f00\n");

	log_assert_stack(&task->stack, "f+0x1 g+0x1 h+0x1");
}

static void test_end_of_text(void **state)
{
	assert_true(task_of(*state, HEADER "Call Trace:\n f+0x1/0x2\n")->stack.is_cut);
	assert_true(task_of(*state, HEADER "Call Trace:\n")->stack.is_cut);
	assert_false(task_of(*state, HEADER "Call Trace:\n f+0x1/0x2\n ret_from_fork+0x1/0x2\n")
			     ->stack.is_cut);
	assert_false(task_of(*state, HEADER "Call Trace:\n f+0x1/0x2\nnoise\n")->stack.is_cut);
	assert_true(task_of(*state, HEADER "Call Trace:\n f+0x1/0x2\n ...\nnoise\n")->stack.is_cut);
	assert_false(task_of(*state, HUNG)->stack.is_cut);
}

static void test_same_stack(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log =
		log_read(t, "one D 0 30 2 0x00000000\nCall Trace:\n f+0x1/0x2\n"
			    "two D 0 31 2 0x00000000\nCall Trace:\n<Same stack as pid 30>\n"
			    "three D 0 32 2 0x00000000\nCall Trace:\n<Same stack as pid 99>\n");

	assert_int_equal(log->blocks[1].task.stack.same_as, 30);
	log_assert_stack(&log->blocks[1].task.stack, "f+0x1");
	assert_int_equal(log->blocks[2].task.stack.same_as, 99);
	assert_int_equal(log->blocks[2].task.stack.count, 0);
	assert_int_equal(log->blocks[0].task.stack.same_as, DLK_LOG_NO_NUMBER);
}

static void test_crash(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t,
		"crash> foreach UN bt\n"
		"PID: 12  TASK: ffff88000000c000  CPU: 3  COMMAND: \"clerk\"\n"
		" #0 [ffffb00000001000] f at ffffffff81aaa010\n    ffffb0000000b940: 0000000000000000\n"
		" #1 [ffffb00000001080] g at ffffffffa0012340 [mod]\n\n"
		"PID: 13  TASK: ffff88000000d000  CPU: 4  COMMAND: \"other\"\n[ffffb00000001000] h at ffffffff81aaa010\n"
		"crash> bt 14\nPID: 14  TASK: ffff88000000d000  CPU: 4  COMMAND: \"third\"\n");

	assert_int_equal(log->block_count, 3);
	log_assert_who(&log->blocks[0].task.who, "clerk", 12);
	assert_int_equal(log->blocks[0].task.cpu, 3);
	assert_int_equal(log->blocks[0].task.state, 'D');
	log_assert_stack(&log->blocks[0].task.stack, "f g");
	assert_string_equal(log->blocks[0].task.stack.frames[1].module, "mod");
	log_assert_stack(&log->blocks[1].task.stack, "h");
	assert_int_equal(log->blocks[2].task.state, '?');
}

/* Stacks that tools show have no header; whose they are may stand before them. */
static void test_tools(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t,
		">>> prog.stack_trace(77)\n#0  f (mm/f.c:12:2)\n#1  g (mm/g.c:12:2)\n#0  h (mm/h.c:12:2)\n"
		"==> /proc/88/task/89/stack <==\n[<0>] i+0x1/0x2\n[<0>] j+0x1/0x2\n\n[<0>] k+0x1/0x2\n"
		"90 (clerk)\n[<0>] l+0x1/0x2\n"
		"/proc/91/stack:\n[<ffffffff81234567>] m+0x1/0x2\n/proc/92/stack:\n[<ffffffff81234567>] n+0x1/0x2\n");
	static const struct {
		int32_t pid;
		const char *comm, *stack;
	} expected[] = { { 77, NULL, "f g" },         { DLK_LOG_NO_NUMBER, NULL, "h" },
			 { 89, NULL, "i+0x1 j+0x1" }, { DLK_LOG_NO_NUMBER, NULL, "k+0x1" },
			 { 90, "clerk", "l+0x1" },    { 91, NULL, "m+0x1" },
			 { 92, NULL, "n+0x1" } };

	assert_int_equal(log->block_count, 7);
	for (unsigned i = 0; i < 7; i++) {
		log_assert_who(&log->blocks[i].task.who, expected[i].comm, expected[i].pid);
		log_assert_stack(&log->blocks[i].task.stack, expected[i].stack);
	}
}

static void test_dump_for_cpu(void **state)
{
	const struct dlk_log_task *task =
		task_of(*state,
			"Task dump for CPU 3:\ncarter R  running task 12016 1 0 0x00000008\n");

	assert_int_equal(task->cpu, 3);
	assert_int_equal(task->state, 'R');
}

/* What people write about such lines is none. */
static void test_prose(void **state)
{
	static const char text[] =
		"Both <writer> blocked on an rw-semaphore likely owned by task a:1\n"
		"we saw INFO: task a:1 blocked for more than 120 seconds.\n"
		"INFO: task is hung for more than a day\n"
		"a (pid 12) holds it, f+0x1/0x2 is where\n"
		"the task:a state:D line\n1 2 3 0x00000000\n";
	const struct dlk_log *log = log_read(*state, text);

	assert_int_equal(log->block_count, 0);
	assert_int_equal(log->strange_count, 1);
	assert_int_equal(log->strange[0].line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_hung),         LOG_TEST(test_wordings),     LOG_TEST(test_pieces),
		LOG_TEST(test_other_traces), LOG_TEST(test_mixed),        LOG_TEST(test_noise),
		LOG_TEST(test_end_of_text),  LOG_TEST(test_same_stack),   LOG_TEST(test_crash),
		LOG_TEST(test_tools),        LOG_TEST(test_dump_for_cpu), LOG_TEST(test_prose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
