/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/report/text_said.c: what the kernel itself has reported, where it is shown. */
#include <config.h>

#include "u-text.h"

static struct report_case the;

#define SECOND UINT64_C(1000000000)

/* Those of a context must stand together, and contexts in their order. */
static struct dlk_said *add_said(struct dlk_said *all, uint32_t context, enum dlk_said_what what)
{
	struct dlk_said *said = &all[the.model.said_count++];

	*said = (struct dlk_said){ .context = context,
				   .what = what,
				   .cpu = 3,
				   .seconds = 22,
				   .ago_ns = 31 * SECOND,
				   .first_ago_ns = 31 * SECOND,
				   .times = 1 };
	the.model.said = all;
	return said;
}

/* A task that spins for what it holds. */
static void spin_case(void)
{
	case_init(&the);
	add_running(&the, 93, "zebra", 3);
	add_resource(&the, DLK_KIND_SPINLOCK, MUTEX);
	add_wait(&the, 0, 0, DLK_NONE, DLK_MODE_EXCLUSIVE)->is_awake = true;
	add_hold(&the, 0, 0, DLK_MODE_EXCLUSIVE);
	the.steps[0] = (struct dlk_step){ 0, 0, DLK_NONE, 0, DLK_CERTAIN };
	the.cycles[0] = (struct dlk_cycle){ the.steps, 1, DLK_CERTAIN, 0 };
	the.roles[0] = DLK_ROLE_CYCLE;
	the.verdict.code = DLK_DEADLOCK;
	the.verdict.cycle_count = the.verdict.in_cycles = 1;
}

static void test_in_a_cycle(void **state)
{
	struct dlk_said all[4];
	struct dlk_said *stall;
	char *text;

	(void)state;
	spin_case();
	add_said(all, 0, DLK_SAID_SOFT_LOCKUP);
	add_said(all, 0, DLK_SAID_HARD_LOCKUP);
	stall = add_said(all, 0, DLK_SAID_RCU_STALL);
	stall->flavour = "rcu_preempt";
	stall->ago_ns = 12 * SECOND;
	stall->first_ago_ns = 40 * SECOND;
	stall->times = 3;
	add_said(all, 0, DLK_SAID_WORKQUEUE_LOCKUP);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "zebra  pid 93",
		     "reported   31 s ago: soft lockup, CPU 3 stuck for 22 s\n");
	assert_says(text, "reported   31 s ago: hard lockup of CPU 3\n");
	assert_says(text, "12 s ago: RCU stall, a grace period of rcu_preempt waited for CPU 3");
	assert_order(text, "waited for CPU 3; 3 times, first", "40 s ago");
	assert_says(text, "31 s ago: workqueue lockup, works of CPU 3 stuck for 22 s\n");
	/* Once, where the cycle is. */
	assert_silent(text, "Reported by the kernel");
	assert_silent(strstr(text, "soft lockup") + 1, "soft lockup");
	free(text);
	text = part_of(&the, DLK_PART_TASK, 93);
	assert_says(text, "reported   31 s ago: soft lockup");
	free(text);
}

/* How long it is blocked says the same: it is evidence. */
static void test_hung(void **state)
{
	struct dlk_report report;
	struct dlk_said all[1];
	char *text;

	(void)state;
	hugetlb_case(&the);
	add_said(all, 1, DLK_SAID_HUNG_TASK)->cpu = -1;
	report = make_report(&the, DLK_PART_SUMMARY);
	text = text_of(&report);
	assert_silent(text, "reported");
	assert_silent(text, "Reported");
	free(text);
	report.with_evidence = true;
	text = text_of(&report);
	assert_order(text, "puncher", "31 s ago: hung task, blocked for more than 22 s\n");
	free(text);
}

/* A stall that names a task. */
static void test_root(void **state)
{
	struct dlk_said all[1];
	char *text;

	(void)state;
	convoy_case(&the);
	add_said(all, 0, DLK_SAID_RCU_STALL)->cpu = -1;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "ROOT", "31 s ago: RCU stall, a grace period waited for it\n");
	assert_silent(text, "Reported by the kernel");
	free(text);
}

static void test_not_understood(void **state)
{
	struct dlk_said all[1];
	char *text;

	(void)state;
	case_init(&the);
	add_running(&the, 93, "zebra", 3);
	add_spin(&the, 0, DLK_KIND_COUNT, "zoo_feed", NULL);
	the.verdict.code = DLK_UNKNOWN;
	add_said(all, 0, DLK_SAID_SOFT_LOCKUP);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "Not understood:", "31 s ago: soft lockup, CPU 3 stuck for 22 s\n");
	assert_silent(text, "Reported by the kernel");
	free(text);
}

/* Who keeps nobody waiting, and whose CPU is stuck, would be shown nowhere else; of many the first. */
static void test_besides(void **state)
{
	struct dlk_said all[12];
	char *text;

	(void)state;
	case_init(&the);
	for (int32_t i = 0; i < 12; i++) {
		add_running(&the, 90 + i, "zebra", i);
		add_said(all, (uint32_t)i, DLK_SAID_SOFT_LOCKUP)->cpu = i;
	}
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "Reported by the kernel, and it goes on:", "zebra  pid 90");
	assert_order(text, "zebra  pid 99", "CPU 9 stuck for 22 s");
	assert_silent(text, "pid 100");
	assert_order(text, "CPU 9 stuck for 22 s", "and 2 more\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_a_cycle), cmocka_unit_test(test_hung),
		cmocka_unit_test(test_root),       cmocka_unit_test(test_not_understood),
		cmocka_unit_test(test_besides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
