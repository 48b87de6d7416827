/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_TASKS_H
#define DLK_TESTS_TASKS_H

/**
 * @file
 * A kernel's tasks for the tests of src/kernel/task.c: processes of threads, linked in a list of all, and
 * CPUs with run queues.
 */

#include <stdio.h>

#include "kernel/task.h"
#include "support.h"

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

static inline int setup(void **state)
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

static inline dlk_addr_t node_of(struct fixture *x, dlk_addr_t task)
{
	return fake_at(x->f, task, "task_struct", "thread_node");
}

/* A process of @p threads threads: tasks first, first + 1, ... with pids 100 + i. */
static inline void add_process(struct fixture *x, unsigned first, unsigned threads)
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

static inline void link_groups(struct fixture *x)
{
	fake_list(x->f, fake_at(x->f, INIT, "task_struct", "tasks"), x->groups, x->group_count);
}

/* CPUs whose run queues name their idle tasks: CPU 0 init_task, the others TASK(1000 + cpu). */
static inline void add_cpus(struct fixture *x, unsigned count)
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

static inline void take_problem(void *arg, enum dlk_status status, dlk_addr_t address,
				const char *text)
{
	struct problems *p = arg;

	p->count++;
	p->status = status;
	p->address = address;
	snprintf(p->text, sizeof(p->text), "%s", text);
}

static inline enum dlk_status read_all(struct fixture *x)
{
	x->problems = (struct problems){ 0 };
	if (!x->f->k.ctx)
		fake_kernel(x->f);
	return dlk_tasks_read(&x->f->k, take_problem, &x->problems, &x->tasks);
}

static inline const struct dlk_task *task_of(struct fixture *x, unsigned i)
{
	const struct dlk_task *t = dlk_tasks_find(&x->tasks, TASK(i));

	assert_non_null(t);
	return t;
}

/* One task with this in it, read alone. */
static inline const struct dlk_task *read_one(struct fixture *x)
{
	link_groups(x);
	assert_int_equal(read_all(x), DLK_OK);
	assert_int_equal(x->problems.count, 0);
	return task_of(x, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

#endif
