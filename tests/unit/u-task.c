/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/task.c: the walk over all tasks. */
#include <config.h>

#include "support.h"

#include <stdio.h>

#include "kernel/task.h"

#define INIT (FAKE_DIRECT + 0x100000)
#define TASK(i) (FAKE_DIRECT + 0x200000 + (dlk_addr_t)(i)*FAKE_TASK_SIZE)
#define SIGNAL(i) (FAKE_DIRECT + 0x800000 + (dlk_addr_t)(i)*0x40)
#define RQ (FAKE_IMAGE + 0x3000000)
#define PERCPU (FAKE_IMAGE + 0x4000000)
#define CPU_STEP 0x10000u

struct problems {
	unsigned count;
	enum dlk_status status;
	dlk_addr_t address;
	char text[512];
};

struct fixture {
	struct fake *f;
	struct dlk_tasks tasks;
	struct problems problems;
	dlk_addr_t groups[32];
	unsigned group_count;
};

static int setup(void **state)
{
	static struct fixture x;
	void *fake;

	x = (struct fixture){ 0 };
	if (fake_setup(&fake))
		return -1;
	x.f = fake;
	fake_types_of_a_kernel(x.f);
	fake_symbol(x.f, "init_task", INIT, FAKE_TASK_SIZE);
	fake_task(x.f, INIT, 0, "swapper/0");
	fake_put(x.f, INIT, "task_struct", "__state", 0);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	void *fake = x->f;

	return fake_teardown(&fake);
}

static dlk_addr_t node_of(struct fixture *x, dlk_addr_t task)
{
	return fake_at(x->f, task, "task_struct", "thread_node");
}

/* A process of @p threads threads: tasks first, first + 1, ... with pids 100 + i. */
static void add_process(struct fixture *x, unsigned first, unsigned threads)
{
	dlk_addr_t head = fake_at(x->f, SIGNAL(first), "signal_struct", "thread_head");
	dlk_addr_t nodes[16];

	assert_true(threads <= 16);
	for (unsigned i = 0; i < threads; i++) {
		dlk_addr_t task = TASK(first + i);
		char comm[16];

		snprintf(comm, sizeof(comm), "task-%u", first + i);
		fake_task(x->f, task, 100 + (int)(first + i), comm);
		fake_put(x->f, task, "task_struct", "tgid", 100 + first);
		fake_put(x->f, task, "task_struct", "signal", SIGNAL(first));
		nodes[i] = node_of(x, task);
	}
	fake_list(x->f, head, nodes, threads);
	x->groups[x->group_count++] = fake_at(x->f, TASK(first), "task_struct", "tasks");
}

static void link_groups(struct fixture *x)
{
	fake_list(x->f, fake_at(x->f, INIT, "task_struct", "tasks"), x->groups, x->group_count);
}

/* CPUs whose run queues name their idle tasks: CPU 0 init_task, the others TASK(1000 + cpu). */
static void add_cpus(struct fixture *x, unsigned count)
{
	fake_symbol(x->f, "runqueues", RQ, 0);
	fake_symbol(x->f, "__per_cpu_offset", PERCPU, 0);
	fake_symbol(x->f, "nr_cpu_ids", PERCPU - 8, 0);
	fake_u32(x->f, PERCPU - 8, count);
	for (unsigned cpu = 0; cpu < count; cpu++) {
		dlk_addr_t rq = RQ + (dlk_addr_t)cpu * CPU_STEP;
		dlk_addr_t idle = cpu ? TASK(1000 + cpu) : INIT;

		fake_u64(x->f, PERCPU + (dlk_addr_t)cpu * 8, (uint64_t)cpu * CPU_STEP);
		if (cpu)
			fake_task(x->f, idle, 0, "swapper/n");
		fake_put(x->f, rq, "rq", "idle", idle);
		fake_put(x->f, rq, "rq", "clock", 5000 + cpu);
	}
}

static void take_problem(void *arg, enum dlk_status status, dlk_addr_t address, const char *text)
{
	struct problems *p = arg;

	p->count++;
	p->status = status;
	p->address = address;
	snprintf(p->text, sizeof(p->text), "%s", text);
}

static enum dlk_status read_all(struct fixture *x)
{
	x->problems = (struct problems){ 0 };
	if (!x->f->k.ctx)
		fake_kernel(x->f);
	return dlk_tasks_read(&x->f->k, take_problem, &x->problems, &x->tasks);
}

static const struct dlk_task *task_of(struct fixture *x, unsigned i)
{
	const struct dlk_task *t = dlk_tasks_find(&x->tasks, TASK(i));

	assert_non_null(t);
	return t;
}

/* One task with this in it, read alone. */
static const struct dlk_task *read_one(struct fixture *x)
{
	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->problems.count, 0);
	return task_of(x, 0);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_task__nothing_but_init),
		TEST(test_task__members),
		TEST(test_task__threads),
		TEST(test_task__idle_tasks),
		TEST(test_task__run_queue_missing),
		TEST(test_task__run_queue_of_no_cpu),
		TEST(test_task__percpu_missing),
		TEST(test_task__sorted),
		TEST(test_task__duplicates),
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
		TEST(test_task__unreadable),
		TEST(test_task__broken_list_of_all),
		TEST(test_task__list_of_all_broken_twice),
		TEST(test_task__broken_list_of_threads),
		TEST(test_task__no_signal_struct),
		TEST(test_task__nobody_takes_problems),
		TEST(test_task__no_init_task),
		TEST(test_task__canceled),
		TEST(test_task__fatal_at_any_read),
		TEST(test_task__blocked_ns),
		TEST(test_task__blocked_ns_by_cpu),
		TEST(test_task__running_ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
