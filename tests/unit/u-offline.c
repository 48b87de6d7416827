/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs that are off line: src/kernel/percpu.c, which they are; src/report/text.c and json.c, that they are. */
#include <config.h>

#include "support.h"
#include "u-text.h"

#include "kernel/percpu.h"

enum { CPUS = 70 };

#define MASKS (FAKE_DIRECT + 0x1000)
#define STEP 0x1000 /* one page for each mask */

static const char *const masks[] = { "__cpu_possible_mask", "__cpu_present_mask",
				     "__cpu_online_mask", "__cpu_active_mask" };

enum { POSSIBLE, PRESENT, ONLINE, ACTIVE, MASK_COUNT };

/* Of all there is each CPU in all masks but for what a test takes out. */
static void start(struct fake *f, uint32_t cpus)
{
	static dlk_addr_t offsets[CPUS];

	fake_types_of_a_kernel(f);
	for (unsigned i = 0; i < MASK_COUNT; i++) {
		fake_symbol(f, masks[i], MASKS + (dlk_addr_t)i * STEP, 16);
		for (unsigned word = 0; word < 2; word++)
			fake_u64(f, MASKS + (dlk_addr_t)i * STEP + word * 8ULL, UINT64_MAX);
	}
	fake_kernel(f);
	f->k.percpu_offset = offsets;
	f->k.cpu_count = cpus;
}

static void take_out(struct fake *f, unsigned mask, uint32_t cpu)
{
	dlk_addr_t at = MASKS + (dlk_addr_t)mask * STEP + cpu / 64 * 8ULL;
	uint64_t word;

	assert_int_equal(dlk_memory_read_u64(&f->k.memory, at, &word), DLK_OK);
	fake_u64(f, at, word & ~(UINT64_C(1) << cpu % 64));
	fake_forget(f);
}

/* The only one that is off line; DLK_NONE: none. */
static uint32_t find_one(struct fake *f)
{
	uint32_t ret = DLK_NONE;
	bool *cpus;

	assert_int_equal(dlk_percpu_find_offline(&f->k, &cpus), DLK_OK);
	for (uint32_t cpu = 0; cpu < f->k.cpu_count; cpu++) {
		assert_true(!cpus[cpu] || ret == DLK_NONE);
		if (cpus[cpu])
			ret = cpu;
	}
	return ret;
}

/* It is in neither mask: panic() takes those that it stops out of the one, who goes down is out of the other first. */
static void test_offline__found(void **state)
{
	struct fake *f = *state;

	start(f, CPUS);
	assert_int_equal(find_one(f), DLK_NONE);
	take_out(f, ONLINE, 3);
	take_out(f, ACTIVE, 5);
	assert_int_equal(find_one(f), DLK_NONE);
	take_out(f, ONLINE, 66);
	take_out(f, ACTIVE, 66);
	assert_int_equal(find_one(f), 66);
}

/* It is not there, or there cannot be one. */
static void test_offline__absent(void **state)
{
	struct fake *f = *state;

	start(f, 4);
	for (uint32_t cpu = 1; cpu < 3; cpu++) {
		take_out(f, ONLINE, cpu);
		take_out(f, ACTIVE, cpu);
	}
	take_out(f, PRESENT, 1);
	assert_int_equal(find_one(f), 2);
	take_out(f, POSSIBLE, 2);
	assert_int_equal(find_one(f), DLK_NONE);
}

/* What cannot be read says nothing, whichever mask it is. */
static void test_offline__unreadable(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MASK_COUNT; i++) {
		void *fake;
		struct fake *f;

		assert_int_equal(fake_setup(&fake), 0);
		f = fake;
		start(f, 2);
		take_out(f, ONLINE, 1);
		take_out(f, ACTIVE, 1);
		assert_int_equal(find_one(f), 1);
		fake_drop(f, MASKS + (dlk_addr_t)i * STEP);
		fake_forget(f);
		assert_int_equal(find_one(f), DLK_NONE);
		assert_int_equal(fake_teardown(&fake), 0);
	}
}

/* A kernel that has none of these masks. */
static void test_offline__no_masks(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	f->k.cpu_count = 2;
	assert_int_equal(find_one(f), DLK_NONE);
}

/* --- reports */

static void assert_said(const uint32_t *cpus, uint32_t count, const char *says)
{
	static struct report_case c;
	char *text;

	case_init(&c);
	add_task(&c, 7, "zoo");
	c.model.offline = cpus;
	c.model.offline_count = count;
	text = part_of(&c, DLK_PART_SUMMARY, 0);
	if (says)
		assert_says(text, says);
	else
		assert_silent(text, "off line");
	free(text);
}

static void test_offline__text(void **state)
{
	static const uint32_t many[] = { 1, 3, 4, 5, 8, 10, 12, 14, 16, 18, 20, 22, 23, 40 };

	(void)state;
	assert_said(NULL, 0, NULL);
	assert_said(many, 1, "none in a cycle. CPU 1 is off line. All that was needed could be ");
	assert_said(many, 5, "CPUs 1, 3-5, 8 are off line. ");
	assert_said(many, 14, "CPUs 1, 3-5, 8, 10, 12, 14, 16, 18 and 4 more are off line. ");
}

static void test_offline__json(void **state)
{
	static const uint32_t cpus[] = { 1, 3 };
	static struct report_case c;
	struct dlk_report report;
	char *text;

	(void)state;
	case_init(&c);
	report = make_report(&c, DLK_PART_SUMMARY);
	text = run_report(dlk_report_json, &report, DLK_OK);
	assert_silent(text, "offline");
	free(text);
	c.model.offline = cpus;
	c.model.offline_count = 2;
	text = run_report(dlk_report_json, &report, DLK_OK);
	assert_says(text, "  \"cpus_offline\": [\n    1,\n    3\n  ],\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_offline__found),
		FAKE_TEST(test_offline__absent),
		cmocka_unit_test(test_offline__unreadable),
		FAKE_TEST(test_offline__no_masks),
		cmocka_unit_test(test_offline__text),
		cmocka_unit_test(test_offline__json),
	};

	return cmocka_run_group_tests_name("offline", tests, NULL, NULL);
}
