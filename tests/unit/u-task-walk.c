/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/task.c: the walk over all tasks, and what is lost of it. */
#include <config.h>

#include "tasks.h"

static void test_task__nothing_but_init(void **state)
{
	struct fixture *x = *state;

	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 0);
	assert_int_equal(x->problems.count, 0);
	assert_int_equal(x->tasks.lost, 0);
	assert_null(dlk_tasks_find(&x->tasks, INIT));
}

static void test_task__threads(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	add_process(x, 1, 5);
	add_process(x, 6, 2);
	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(task_of(x, i)->pid, 100 + i);
	assert_int_equal(task_of(x, 4)->tgid, 101);
	assert_int_equal(x->problems.count, 0);
}

static void test_task__idle_tasks(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	add_cpus(x, 3);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 4);
	assert_true(dlk_tasks_find(&x->tasks, INIT)->is_idle);
	assert_true(task_of(x, 1001)->is_idle);
	assert_true(task_of(x, 1002)->is_idle);
	assert_false(task_of(x, 0)->is_idle);
	assert_int_equal(x->tasks.now_ns, 5002); /* the latest */
}

/* What a CPU runs, and how long the others have slept, is not known: said once. */
static void test_task__run_queue_missing(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	add_cpus(x, 2);
	fake_drop(x->f, RQ + CPU_STEP);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 2);
	assert_int_equal(x->tasks.now_ns, 5000);
	assert_int_equal(x->problems.count, 1);
	assert_int_equal(x->problems.status, DLK_ERR_FAULT);
	assert_int_equal(x->problems.address, RQ + CPU_STEP);
	assert_non_null(strstr(x->problems.text, "run queue of CPU 1: cannot read rq.idle at 0x"));
	assert_non_null(strstr(x->problems.text, ": not in the dump"));
	assert_int_equal(x->tasks.lost, 1);
}

/* A CPU that there cannot be has no run queue: nothing is lost. */
static void test_task__run_queue_of_no_cpu(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	add_cpus(x, 3);
	fake_symbol(x->f, "__cpu_possible_mask", PERCPU - 16, 0);
	fake_u64(x->f, PERCPU - 16, 0x5);
	fake_drop(x->f, RQ + CPU_STEP);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 3);
	assert_int_equal(x->problems.count, 0);
	assert_int_equal(x->tasks.now_ns, 5002);
}

static void test_task__percpu_missing(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	add_cpus(x, 2);
	fake_drop(x->f, PERCPU);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 1);
	assert_int_equal(x->problems.count, 1);
	assert_int_equal(x->problems.status, DLK_ERR_FAULT);
	assert_non_null(strstr(x->problems.text, "__per_cpu_offset: "));
	assert_non_null(strstr(x->problems.text, "page not in the dump"));
}

static void test_task__sorted(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t former = 0;

	for (unsigned i = 0; i < 10; i++)
		add_process(x, i, 1);
	for (unsigned i = 0; i < 10; i++)
		fake_put(x->f, TASK(i), "task_struct", "pid", 50 - 3 * i);
	link_groups(x);
	add_cpus(x, 4); /* four of pid 0 */
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 14);
	for (uint32_t i = 0; i < 14; i++) {
		const struct dlk_task *t = DLK_VEC_AT(&x->tasks.tasks, struct dlk_task, i);

		assert_int_equal(t->pid, i < 4 ? 0 : 50 - 3 * (13 - (int)i));
		if (i < 4)
			assert_true(t->address > former);
		former = t->address;
		assert_ptr_equal(dlk_tasks_find(&x->tasks, t->address), t);
	}
}

/* Linked twice, or idle and linked, and also a leader that is in its own list: once. */
static void test_task__duplicates(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 2);
	add_process(x, 2, 1);
	x->groups[x->group_count++] = fake_at(x->f, TASK(1), "task_struct", "tasks");
	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 3);
}

/* A task in the middle cannot be read: it is named, the rest is there. */
static void test_task__unreadable(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	add_process(x, 40, 1); /* on a page of its own, as are the others */
	add_process(x, 80, 1);
	link_groups(x);
	/* The list's node is readable, what the walk needs of the task is not. */
	fake_no_member(x->f, "task_struct", "thread.sp");
	fake_member(x->f, "task_struct", "thread.sp", 0x40000, 8);
	fake_zeros(x->f, TASK(0) + 0x40000, 8);
	fake_zeros(x->f, TASK(80) + 0x40000, 8);
	fake_drop(x->f, TASK(40) + 0x40000);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 2);
	assert_int_equal(task_of(x, 80)->pid, 180);
	assert_int_equal(x->problems.status, DLK_ERR_FAULT);
	assert_int_equal(x->problems.address, TASK(40));
	assert_non_null(strstr(x->problems.text,
			       "task_struct 0xffff88800020a000: cannot read "
			       "task_struct.thread.sp at 0xffff88800024a000: not in the dump"));
	assert_true(x->tasks.lost >= 1);
	assert_int_equal(x->tasks.lost, x->problems.count);
}

static void link_five_groups(struct fixture *x)
{
	for (unsigned i = 0; i < 10; i += 2)
		add_process(x, i, 2);
	link_groups(x);
	add_cpus(x, 2);
}

/* Broken in one place: what lies behind it is reached from the other end. */
static void test_task__broken_list_of_all(void **state)
{
	struct fixture *x = *state;

	link_five_groups(x);
	fake_u64(x->f, x->groups[2] + 8, 0xdead000000000122);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 5 * 2 + 2);
	assert_true(x->problems.count >= 1);
	assert_non_null(strstr(x->problems.text, "the list of all tasks: "));
	assert_int_equal(x->tasks.lost, x->problems.count);
}

static void test_task__list_of_all_broken_twice(void **state)
{
	struct fixture *x = *state;

	link_five_groups(x);
	fake_u64(x->f, x->groups[1] + 8, TASK(9)); /* prev: cannot be entered from the left */
	fake_u64(x->f, x->groups[3], TASK(9));     /* next: nor from the right */
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 2 * 2 + 2);
	assert_non_null(dlk_tasks_find(&x->tasks, TASK(1)));
	assert_non_null(dlk_tasks_find(&x->tasks, TASK(9)));
	assert_int_equal(x->problems.status, DLK_ERR_CORRUPT);
	assert_true(x->tasks.lost >= 1);
}

static void test_task__broken_list_of_threads(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	add_process(x, 1, 4);
	add_process(x, 5, 3);
	link_groups(x);
	fake_u64(x->f, node_of(x, TASK(2)), 0x10); /* next is nonsense */
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 1 + 2 + 3);
	assert_int_equal(x->problems.count, 1);
	assert_int_equal(x->problems.address, TASK(1));
	assert_non_null(strstr(x->problems.text, "threads of task_struct"));
}

/* The leader counts even if its thread list leads nowhere. */
static void test_task__no_signal_struct(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	add_process(x, 1, 1);
	link_groups(x);
	fake_put(x->f, TASK(0), "task_struct", "signal", 0);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->tasks.tasks.len, 2);
	assert_int_equal(x->problems.count, 1);
}

static void test_task__nobody_takes_problems(void **state)
{
	struct fixture *x = *state;

	add_process(x, 0, 1);
	link_groups(x);
	fake_put(x->f, TASK(0), "task_struct", "signal", 0);
	fake_kernel(x->f);
	assert_int_equal(dlk_tasks_read(&x->f->k, NULL, NULL, &x->tasks), DLK_OK);
	assert_int_equal(x->tasks.lost, 1);
}

static void test_task__no_init_task(void **state)
{
	struct fixture *x = *state;

	x->f->symbol[0].name = "other";
	assert_int_equal(read_all(x), DLK_ERR_NOTFOUND);
	assert_non_null(strstr(x->f->ctx.err.text, "init_task"));
}

static void test_task__canceled(void **state)
{
	struct fixture *x = *state;
	const volatile int cancel = 1;

	add_process(x, 0, 1);
	link_groups(x);
	fake_kernel(x->f);
	x->f->ctx.cancel = &cancel;
	assert_int_equal(read_all(x), DLK_ERR_CANCELED);
}

/* The user stops it before the n-th read: the walk ends with that, nothing is lost in silence. */
static void test_task__fatal_at_any_read(void **state)
{
	struct fixture *x = *state;
	unsigned n = 0, canceled = 0;
	enum dlk_status status;

	for (unsigned i = 0; i < 8; i += 2)
		add_process(x, i * 10, 2);
	link_groups(x);
	add_cpus(x, 2);
	fake_kernel(x->f);
	x->f->fails_on = true;
	x->f->fail_status = DLK_ERR_CANCELED;
	do {
		fake_forget(x->f);
		x->f->fail_in = ++n;
		status = read_all(x);
		canceled += status == DLK_ERR_CANCELED;
	} while (status && n < 1000);
	assert_int_equal(x->tasks.tasks.len, 10);
	assert_int_equal(canceled, n - 1);
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_task__nothing_but_init),
		TEST(test_task__threads),
		TEST(test_task__idle_tasks),
		TEST(test_task__run_queue_missing),
		TEST(test_task__run_queue_of_no_cpu),
		TEST(test_task__percpu_missing),
		TEST(test_task__sorted),
		TEST(test_task__duplicates),
		TEST(test_task__unreadable),
		TEST(test_task__broken_list_of_all),
		TEST(test_task__list_of_all_broken_twice),
		TEST(test_task__broken_list_of_threads),
		TEST(test_task__no_signal_struct),
		TEST(test_task__nobody_takes_problems),
		TEST(test_task__no_init_task),
		TEST(test_task__canceled),
		TEST(test_task__fatal_at_any_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
