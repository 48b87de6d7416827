/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/pid.c: tasks by their pids. */
#include <config.h>

#include "support.h"

#include "kernel/pid.h"

#define NS (FAKE_IMAGE + 0x2000000)
#define NODE(i) (FAKE_DIRECT + 0x100000 + (dlk_addr_t)(i)*0x400)
#define PID(i) (FAKE_DIRECT + 0x200000 + (dlk_addr_t)(i)*0x80)
#define TASK(i) (FAKE_DIRECT + 0x300000 + (dlk_addr_t)(i)*0x4000)

enum { SLOTS = 4, SLOTS_AT = 0x28, HEAD_AT = 0x30, TASKS_AT = 0x10, LINKS_AT = 0x1230 };

struct seen {
	dlk_addr_t tasks[64];
	unsigned count, stop_after;
};

static enum dlk_status take(void *arg, dlk_addr_t task)
{
	struct seen *seen = arg;

	assert_true(seen->count < 64);
	seen->tasks[seen->count++] = task;
	return seen->count == seen->stop_after ? DLK_ERR_CANCELED : DLK_OK;
}

static void set_slot(struct fake *f, int node, int slot, uint64_t entry)
{
	fake_u64(f, NODE(node) + SLOTS_AT + (dlk_addr_t)slot * 8, entry);
}

static void add_pid(struct fake *f, int i)
{
	fake_u64(f, PID(i) + TASKS_AT, TASK(i) + LINKS_AT);
}

static int setup(void **state)
{
	static const struct dlk_member slots = { .offset = SLOTS_AT,
						 .size = SLOTS * 8,
						 .count = SLOTS };
	struct fake *f;

	if (fake_setup(state))
		return -1;
	f = *state;
	fake_types_of_a_kernel(f);
	fake_member(f, "pid_namespace", "idr.idr_rt.xa_head", HEAD_AT, 8);
	fake_bits(f, "xa_node", "slots", slots);
	fake_member(f, "pid", "tasks", TASKS_AT, 8);
	fake_member(f, "task_struct", "pid_links", LINKS_AT, 0x40);
	fake_symbol(f, "init_pid_ns", NS, 0x100);
	fake_u64(f, NS + HEAD_AT, 0);
	return 0;
}

/* One pid alone stands in the head itself. */
static void test_pid__one(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .count = 0 };

	add_pid(f, 1);
	fake_u64(f, NS + HEAD_AT, PID(1));
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_OK);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.tasks[0], TASK(1));
}

/* Two levels; empty slots, internal words and a pid without a task are passed over. */
static void make_tree(struct fake *f)
{
	fake_zeros(f, NODE(0), 0x1000);
	fake_u64(f, NS + HEAD_AT, NODE(0) | 2);
	set_slot(f, 0, 0, NODE(1) | 2);
	set_slot(f, 0, 3, NODE(2) | 2);
	set_slot(f, 1, 1, PID(1));
	set_slot(f, 1, 2, PID(2));
	set_slot(f, 1, 3, 0x402 | 1); /* a value, no pointer */
	set_slot(f, 2, 0, PID(3));
	add_pid(f, 1);
	add_pid(f, 3);
	fake_u64(f, PID(2) + TASKS_AT, 0);
}

static void test_pid__tree(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .count = 0 };

	make_tree(f);
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_OK);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.tasks[0], TASK(1));
	assert_int_equal(seen.tasks[1], TASK(3));
}

static void test_pid__callback_stops(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .stop_after = 1 };

	make_tree(f);
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_ERR_CANCELED);
	assert_int_equal(seen.count, 1);
}

/* A node that is not there hides its own pids only. */
static void test_pid__missing_node(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .count = 0 };

	make_tree(f);
	set_slot(f, 0, 0, (FAKE_DIRECT + 0x7000000) | 2);
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_OK);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.tasks[0], TASK(3));
}

/* A node that contains itself: the depth is bounded, and so is the number of nodes. */
static void test_pid__cycle_ends(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .count = 0 };

	make_tree(f);
	set_slot(f, 2, 0, 0);
	set_slot(f, 1, 1, 0);
	set_slot(f, 2, 1, NODE(0) | 2);
	set_slot(f, 2, 2, NODE(2) | 2);
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_OK);
	assert_int_equal(seen.count, 0);
}

static void test_pid__no_such_tables(void **state)
{
	struct fake *f = *state;
	struct seen seen = { .count = 0 };

	fake_no_member(f, "xa_node", "slots");
	fake_kernel(f);
	assert_int_equal(dlk_pids_walk(&f->k, take, &seen), DLK_ERR_NOTFOUND);
}

#define PID_TEST(test) cmocka_unit_test_setup_teardown(test, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PID_TEST(test_pid__one),
		PID_TEST(test_pid__tree),
		PID_TEST(test_pid__callback_stops),
		PID_TEST(test_pid__missing_node),
		PID_TEST(test_pid__cycle_ends),
		PID_TEST(test_pid__no_such_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
