/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large models of all shapes: judged and reported in time that grows as they do.
 *
 * What is linear takes a second at most, what is quadratic takes minutes; the bound on CPU time lies
 * between, so that slow machines and sanitizers do not matter.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "deadlock/report.h"

enum { COUNT = 100000, SECONDS_MAX = 20 };

static struct dlk_context contexts[COUNT];
static struct dlk_resource resources[COUNT];
static struct dlk_wait waits[COUNT];
static struct dlk_hold holds[COUNT];
static struct dlk_unknown unknowns[COUNT];

/* COUNT blocked tasks and mutexes; nobody waits for or holds anything yet. */
static struct dlk_model make_model(void)
{
	for (uint32_t i = 0; i < COUNT; i++) {
		contexts[i] = (struct dlk_context){ .task = 0xffff888000000000 + i * 64,
						    .pid = (int32_t)i + 1,
						    .comm = "task",
						    .state = 'D',
						    .is_blocked = true,
						    .is_uninterruptible = true,
						    .cpu = (int32_t)i,
						    .blocked_ns = DLK_NS_UNKNOWN };
		resources[i] = (struct dlk_resource){ .kind = DLK_KIND_MUTEX,
						      .address = 0xffff900000000000 + i * 64 };
		waits[i] = (struct dlk_wait){ .context = i,
					      .resource = i,
					      .position = DLK_NONE,
					      .mode = DLK_MODE_EXCLUSIVE,
					      .confidence = DLK_CERTAIN };
		holds[i] = (struct dlk_hold){ .context = i,
					      .resource = i,
					      .mode = DLK_MODE_EXCLUSIVE,
					      .confidence = DLK_CERTAIN };
	}
	return (struct dlk_model){ .contexts = contexts,
				   .resources = resources,
				   .waits = waits,
				   .holds = holds,
				   .unknowns = unknowns,
				   .context_count = COUNT,
				   .resource_count = COUNT };
}

static void report_all(struct dlk_ctx *ctx, struct dlk_report *r, FILE *out)
{
	static const enum dlk_report_part parts[] = { DLK_PART_SUMMARY, DLK_PART_CYCLES,
						      DLK_PART_WAITS };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		r->part = parts[i];
		assert_int_equal(dlk_report_text(ctx, r, out), DLK_OK);
	}
	r->part = DLK_PART_TASK;
	r->subject = 1;
	assert_int_equal(dlk_report_text(ctx, r, out), DLK_OK);
	r->part = DLK_PART_LOCK;
	r->subject = resources[0].address;
	assert_int_equal(dlk_report_text(ctx, r, out), DLK_OK);
	assert_int_equal(dlk_report_json(ctx, r, out), DLK_OK);
	assert_int_equal(dlk_report_dot(ctx, r, out), DLK_OK);
}

/* Judge and report within the time; the verdict's code is @code. */
static void run(const struct dlk_model *model, enum dlk_verdict_code code)
{
	struct dlk_verdict verdict;
	struct dlk_report r = { .model = model, .verdict = &verdict };
	struct dlk_ctx ctx;
	FILE *out = fopen("/dev/null", "w");
	clock_t start = clock();

	assert_non_null(out);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_judge(&ctx, model, &verdict), DLK_OK);
	assert_int_equal(verdict.code, code);
	report_all(&ctx, &r, out);
	print_message("%.2f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
	assert_in_range((clock() - start) / CLOCKS_PER_SEC, 0, SECONDS_MAX);
	fclose(out);
	dlk_ctx_deinit(&ctx);
}

/* Each waits for the next; the last one is awake. */
static void test_scale__chain(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	for (uint32_t i = 0; i + 1 < COUNT; i++)
		waits[i].resource = i + 1;
	m.wait_count = COUNT - 1;
	m.hold_count = COUNT;
	contexts[COUNT - 1].is_blocked = false;
	run(&m, DLK_NO_DEADLOCK);
}

static void test_scale__ring(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		waits[i].resource = (i + 1) % COUNT;
	m.wait_count = m.hold_count = COUNT;
	run(&m, DLK_DEADLOCK);
}

/* Two by two. */
static void test_scale__pairs(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		waits[i].resource = i ^ 1;
	m.wait_count = m.hold_count = COUNT;
	run(&m, DLK_DEADLOCK);
}

/* One rwsem; half of all hold it for reading, the others queue: writers and readers in turn. */
static void test_scale__one_lock(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	resources[0].kind = DLK_KIND_RWSEM;
	for (uint32_t i = 0; i < COUNT / 2; i++) {
		holds[i].resource = 0;
		holds[i].mode = DLK_MODE_READ;
		waits[i] = (struct dlk_wait){ .context = COUNT / 2 + i,
					      .position = COUNT - i,
					      .mode = i % 2 ? DLK_MODE_READ : DLK_MODE_WRITE,
					      .confidence = (enum dlk_confidence)(i % 3) };
		contexts[i].is_blocked = false;
	}
	m.wait_count = m.hold_count = COUNT / 2;
	run(&m, DLK_NO_DEADLOCK);
}

/* The same, and the readers that hold it wait for what those that queue hold. */
static void test_scale__dense(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	resources[0].kind = resources[1].kind = DLK_KIND_RWSEM;
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t side = i < COUNT / 2;

		holds[i].resource = side;
		holds[i].mode = DLK_MODE_READ;
		waits[i].resource = !side;
		waits[i].position = i;
		waits[i].mode = i % 2 ? DLK_MODE_READ : DLK_MODE_WRITE;
	}
	m.wait_count = m.hold_count = COUNT;
	run(&m, DLK_DEADLOCK);
}

/* Each on a CPU of its own spins for something unknown. */
static void test_scale__spins(void **state)
{
	struct dlk_model m = make_model();

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		contexts[i].is_blocked = contexts[i].is_uninterruptible = false;
		contexts[i].is_on_cpu = true;
		contexts[i].state = 'R';
		unknowns[i] = (struct dlk_unknown){ .context = i,
						    .why = DLK_WHY_SPINS,
						    .kind = DLK_KIND_SPINLOCK,
						    .function = "native_queued_spin_lock_slowpath",
						    .ns = DLK_NS_UNKNOWN };
	}
	m.unknown_count = COUNT;
	run(&m, DLK_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale__chain), cmocka_unit_test(test_scale__ring),
		cmocka_unit_test(test_scale__pairs), cmocka_unit_test(test_scale__one_lock),
		cmocka_unit_test(test_scale__dense), cmocka_unit_test(test_scale__spins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
