/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/task.c: what is known of a task. */
#include <config.h>

#include "tasks.h"

static void test_task__members(void **state)
{
	struct fixture *x = *state;
	const struct dlk_task *t;

	add_process(x, 0, 1);
	fake_put(x->f, TASK(0), "task_struct", "__state", 2);
	fake_put(x->f, TASK(0), "task_struct", "thread_info.cpu", 3);
	fake_put(x->f, TASK(0), "task_struct", "flags", 0x00200040);
	fake_put(x->f, TASK(0), "task_struct", "se.exec_start", 4000);
	t = read_one(x);
	assert_int_equal(t->address, TASK(0));
	assert_int_equal(t->stack, fake_stack_of(TASK(0)));
	assert_int_equal(t->sp, fake_stack_of(TASK(0)) + FAKE_STACK_SIZE - 0x200);
	assert_int_equal(t->pid, 100);
	assert_int_equal(t->tgid, 100);
	assert_string_equal(t->comm, "task-0");
	assert_int_equal(t->state, 'D');
	assert_int_equal(t->cpu, 3);
	assert_true(t->is_kthread);
	assert_true(t->is_blocked);
	assert_true(t->is_uninterruptible);
	assert_false(t->is_on_cpu);
	assert_false(t->is_idle);
	assert_int_equal(t->exec_start, 4000);
}

static void check_state(struct fixture *x, uint64_t state, uint64_t exit_state, char letter,
			bool is_blocked)
{
	fake_put(x->f, TASK(0), "task_struct", "__state", state);
	fake_put(x->f, TASK(0), "task_struct", "exit_state", exit_state);
	fake_forget(x->f);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(task_of(x, 0)->state, letter);
	assert_int_equal(task_of(x, 0)->is_blocked, is_blocked);
	assert_int_equal(task_of(x, 0)->is_uninterruptible, letter == 'D');
}

/* The values of include/linux/sched.h and the letters of fs/proc/array.c. */
static void test_task__states(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	fake_kernel(x->f);
	check_state(x, 0x0000, 0, 'R', false);
	check_state(x, 0x0001, 0, 'S', true);
	check_state(x, 0x0002, 0, 'D', true);
	check_state(x, 0x0102, 0, 'D', true); /* TASK_KILLABLE */
	check_state(x, 0x0402, 0, 'I', true); /* TASK_IDLE */
	check_state(x, 0x2001, 0, 'S', true); /* TASK_FREEZABLE */
	check_state(x, 0x2402, 0, 'I', true);
	check_state(x, 0x0104, 0, 'T', true); /* TASK_STOPPED */
	check_state(x, 0x0008, 0, 't', true);
	check_state(x, 0x0040, 0, 'P', true);
	check_state(x, 0x0080, 0x20, 'Z', true);
	check_state(x, 0x0080, 0x10, 'X', true);
	check_state(x, 0x0080, 0, 'X', true);
	check_state(x, 0x1000, 0, 'D', true); /* TASK_RTLOCK_WAIT */
	check_state(x, 0x8000, 0, 'D', true); /* TASK_FROZEN */
}

/* Not running yet, but about to: the kernel prints R. */
static void test_task__states_on_the_way(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	fake_kernel(x->f);
	check_state(x, 0x0200, 0, 'R', false); /* TASK_WAKING */
	check_state(x, 0x0800, 0, 'R', false); /* TASK_NEW */
	check_state(x, 0xdead0000, 0, '?', true);
}

static void test_task__old_state_member(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_no_member(x->f, "task_struct", "__state");
	fake_member(x->f, "task_struct", "state", 0x10, 8); /* a long */
	fake_put(x->f, TASK(0), "task_struct", "state", 0x402);
	assert_int_equal(read_one(x)->state, 'I');
}

static void test_task__no_state_member(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_no_member(x->f, "task_struct", "__state");
	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 0);
	assert_true(x->problems.count > 0);
	assert_non_null(strstr(x->problems.text, "__state"));
}

static void test_task__on_cpu(void **state)
{
	struct fixture *x = *state;
	const struct dlk_task *t;

	add_process(x, 0, 1);
	fake_put(x->f, TASK(0), "task_struct", "__state", 2);
	fake_put(x->f, TASK(0), "task_struct", "on_cpu", 1);
	t = read_one(x);
	assert_true(t->is_on_cpu);
	assert_false(t->is_blocked); /* it has not gone to sleep yet */
}

static void test_task__on_rq(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_put(x->f, TASK(0), "task_struct", "__state", 2);
	fake_put(x->f, TASK(0), "task_struct", "on_rq", 1);
	assert_false(read_one(x)->is_blocked);
}

/* v6.12: asleep, though still on the run queue. */
static void test_task__sched_delayed(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_put(x->f, TASK(0), "task_struct", "__state", 2);
	fake_put(x->f, TASK(0), "task_struct", "on_rq", 1);
	fake_put(x->f, TASK(0), "task_struct", "se.sched_delayed", 1);
	assert_true(read_one(x)->is_blocked);
}

static void test_task__sched_delayed_as_a_bit(void **state)
{
	struct fixture *x = *state;
	const struct dlk_member second_bit = {
		.offset = 0x38, .size = 1, .bit_offset = 1, .bit_size = 1, .count = 1
	};

	add_process(x, 0, 1);
	fake_no_member(x->f, "task_struct", "se.sched_delayed");
	fake_bits(x->f, "task_struct", "se.sched_delayed", second_bit);
	fake_put(x->f, TASK(0), "task_struct", "on_rq", 1);
	fake_u32(x->f, TASK(0) + 0x38, 0x01); /* another bit */
	assert_false(read_one(x)->is_blocked);
}

static void test_task__cpu_members(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_no_member(x->f, "task_struct", "thread_info.cpu");
	fake_member(x->f, "task_struct", "cpu", 0x2c, 4);
	fake_put(x->f, TASK(0), "task_struct", "cpu", 7);
	assert_int_equal(read_one(x)->cpu, 7);
}

static void test_task__no_cpu_member(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	fake_no_member(x->f, "task_struct", "thread_info.cpu");
	assert_int_equal(read_one(x)->cpu, -1);
}

static void test_task__comm(void **state)
{
	static const char raw[16] = { 'a', '\n', 1,   (char)0xc3, (char)0xa9, ' ', '~', 127,
				      'x', 'x',  'x', 'x',        'x',        'x', 'x', 'x' };
	struct fixture *x = *state;
	const struct dlk_task *t;

	add_process(x, 0, 1);
	fake_write(x->f, fake_at(x->f, TASK(0), "task_struct", "comm"), raw, 16);
	t = read_one(x);
	assert_string_equal(t->comm, "a???? ~?xxxxxxx"); /* terminated, though raw was not */
}

static void test_task__blocked_ns(void **state)
{
	const struct dlk_tasks tasks = { .now_ns = 10000 };
	struct dlk_task t = { .is_blocked = true, .exec_start = 4000 };

	(void)state;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 6000);
	t.exec_start = 10000;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 0);
	t.exec_start = 10500; /* clocks differ */
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), UINT64_MAX);
	t.exec_start = 0;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), UINT64_MAX);
	t.exec_start = 4000;
	t.is_blocked = false;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), UINT64_MAX);
}

/*
 * exec_start is of a clock that stands still in interrupts: each CPU's is behind by so much.  Of a CPU
 * that is not known there is no lag.
 */
static void test_task__blocked_ns_by_cpu(void **state)
{
	uint64_t lag[] = { 0, 1500, 9000 };
	const struct dlk_tasks tasks = { .now_ns = 10000, .cpu_lag = lag, .cpu_count = 3 };
	struct dlk_task t = { .is_blocked = true, .exec_start = 4000, .cpu = 0 };

	(void)state;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 6000);
	t.cpu = 1;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 4500);
	t.cpu = 2; /* more lag than time: it has only just gone to sleep */
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 0);
	t.cpu = 3;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 6000);
	t.cpu = -1;
	assert_int_equal(dlk_task_blocked_ns(&tasks, &t), 6000);
}

/* How long it had run at the last tick, and since; not of one that does not run. */
static void test_task__running_ns(void **state)
{
	uint64_t lag[] = { 0, 1500 };
	struct dlk_tasks tasks = { .now_ns = 10000, .cpu_lag = lag, .cpu_count = 2 };
	struct dlk_task t = { .is_on_cpu = true, .exec_start = 8000, .slice_ns = 300, .cpu = 0 };

	(void)state;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), 2300);
	t.cpu = 1;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), 800);
	t.slice_ns = 0;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), 500);
	t.slice_ns = UINT64_MAX - 100; /* nonsense: it must not wrap around to a moment */
	assert_int_equal(dlk_task_running_ns(&tasks, &t), UINT64_MAX);
	t.slice_ns = 300;
	t.exec_start = 0;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), UINT64_MAX);
	t.exec_start = 10500;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), UINT64_MAX);
	t.exec_start = 8000;
	t.is_on_cpu = false;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), UINT64_MAX);
	tasks.now_ns = 0;
	t.is_on_cpu = true;
	assert_int_equal(dlk_task_running_ns(&tasks, &t), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_task__members),
		TEST(test_task__states),
		TEST(test_task__states_on_the_way),
		TEST(test_task__old_state_member),
		TEST(test_task__no_state_member),
		TEST(test_task__on_cpu),
		TEST(test_task__on_rq),
		TEST(test_task__sched_delayed),
		TEST(test_task__sched_delayed_as_a_bit),
		TEST(test_task__cpu_members),
		TEST(test_task__no_cpu_member),
		TEST(test_task__comm),
		TEST(test_task__blocked_ns),
		TEST(test_task__blocked_ns_by_cpu),
		TEST(test_task__running_ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
