/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report of what is not understood: the list, and what is said elsewhere. */
#include <config.h>

#include "unknown-models.h"

/* Whether it spins cannot be told: it is not counted among those that do. */
static void test_not_seen_is_not_counted(void **state)
{
	char *text;

	(void)state;
	start();
	add_not_seen(77, 1);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_silent(text, "1 spinning");
	assert_says(text, "  stress  pid 77      R on CPU 1 for up to 12 s\n"
			  "      runs in    an unknown place\n");
	assert_order(text, "an unknown place\n",
		     "its CPU's registers are not known, or its stack cannot be followed");
	assert_says(text,
		    "\n1 task: 0 blocked, none in a cycle. Everything was readable; 1 wait is "
		    "not understood.\n");
	free(text);
}

/* Each block says where it waits, who called that, and what is not known of such waits. */
static void test_list(void **state)
{
	char *text;

	(void)state;
	start();
	add_task(&the, 77, "lab-work");
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work",
		    "lab_flush+0x6b [zoo]");
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_hold(&the, 0, 0, DLK_MODE_EXCLUSIVE);
	add_running(&the, 78, "lab-spin", 1);
	add_spin(&the, 1, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath",
		 "lab_spin+0x1f [zoo]");
	add_task(&the, 79, "lab-lost");
	add_unknown(&the, 2, DLK_WHY_NOT_FOUND, DLK_KIND_MUTEX, "__mutex_lock", NULL);
	add_task(&the, 80, "lab-dark");
	add_unknown(&the, 3, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, NULL, NULL);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text,
		    "\nNot understood:\n"
		    "  lab-work  pid 77      D for 34 s\n"
		    "      waits in   flush_work, called from lab_flush+0x6b [zoo]\n"
		    "                 work: which idle worker will begin one that is queued is not "
		    "known\n"
		    "      holds      mutex 0xffff888005a3c100");
	assert_order(text, "holds      mutex 0xffff888005a3c100",
		     "certain: the owner word names it\n");
	assert_says(
		text,
		"names it\n"
		"  lab-spin  pid 78      R on CPU 1 for up to 12 s\n"
		"      spins in   native_queued_spin_lock_slowpath, called from "
		"lab_spin+0x1f [zoo]\n"
		"                 spinlock: a spinlock does not record its owner: code alone tells it\n"
		"  lab-lost  pid 79      D for 34 s\n"
		"      waits in   __mutex_lock\n"
		"                 mutex: its waiter was not found\n"
		"  lab-dark  pid 80      D for 34 s\n");
	assert_order(text, "lab-dark  pid 80", "what it waits for there is not known\n");
	assert_says(text, "\n4 tasks: 3 blocked, 1 spinning, none in a cycle. Everything was "
			  "readable; 4 waits are not understood.\n");
	free(text);
}

static void make_many(void)
{
	/* Of each another place, so that none is like another. */
	static const char *const callers[] = { "wq0+0x6b", "wq1+0x6b", "wq2+0x6b", "wq3+0x6b",
					       "wq4+0x6b", "wq5+0x6b", "wq6+0x6b", "wq7+0x6b",
					       "wq8+0x6b", "wq9+0x6b", "wqa+0x6b", "wqb+0x6b",
					       "wqc+0x6b" };

	start();
	for (uint32_t i = 0; i < 13; i++) {
		add_task(&the, (int32_t)(112 - i), "worker");
		add_unknown(&the, i, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", callers[i]);
		the.roles[i] = DLK_ROLE_BLOCKED;
	}
	/* Twice the same task: one block. */
	add_unknown(&the, 12, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "elsewhere", NULL);
	/* One that has not lasted is in no list, though it has the lowest pid. */
	add_task(&the, 50, "short");
	add_unknown(&the, 13, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "brief_wait", NULL)->ns = BRIEF;
}

/* Ten by pid, and the number of the rest. */
static void test_list_is_short(void **state)
{
	char *text;

	(void)state;
	make_many();
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "Not understood:\n  worker  pid 100 ", "  worker  pid 109 ");
	assert_order(text, "  worker  pid 100 ", "elsewhere\n");
	assert_null(strstr(strstr(text, "  worker  pid 100 ") + 1, "  worker  pid 100 "));
	assert_silent(text, "pid 110");
	assert_order(text, "pid 109 ", "\n  and 3 more: -w shows all\n");
	assert_silent(text, "brief_wait");
	assert_says(text, "\n14 tasks: 14 blocked, none in a cycle. Everything was readable; 15 "
			  "waits are not understood.\n");
	free(text);
	/* So it does. */
	text = part_of(&the, DLK_PART_WAITS, 0);
	for (uint32_t i = 0; i < 13; i++) {
		char row[32];

		snprintf(row, sizeof(row), "\n    %3d  worker", (int)(100 + i));
		assert_says(text, row);
	}
	assert_order(text, "\n     50  short", "brief_wait");
	assert_order(text, "\n    100  worker", "work, not understood");
	assert_says(text, "flush_work < wq1+0x6b\n");
	assert_silent(text, "shows all");
	free(text);
}

/* Those that wait in the same place, and of which no more is to be said, are one block. */
static void test_list_of_groups(void **state)
{
	struct dlk_report report;
	char *text;

	(void)state;
	start();
	for (int32_t i = 0; i < 9; i++) {
		add_task(&the, 100 + i, "fsync");
		add_unknown(&the, (uint32_t)i, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work",
			    "wq1+0x6b");
	}
	/* One that holds something, one that was called by another, one of which it is said otherwise why. */
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_hold(&the, 4, 0, DLK_MODE_EXCLUSIVE);
	add_task(&the, 110, "called");
	add_unknown(&the, 9, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq2+0x6b");
	add_task(&the, 111, "lost");
	add_unknown(&the, 10, DLK_WHY_NOT_FOUND, DLK_KIND_WORK, "flush_work", "wq1+0x6b");
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "      likewise   7 more: fsync pid 101, fsync pid 102, fsync pid 103, "
			  "fsync pid 105,\n"
			  "                 fsync pid 106, and 2 more\n"
			  "  fsync   pid 104     D for 34 s\n");
	assert_order(text, "fsync   pid 104", "holds      mutex");
	assert_order(text, "called  pid 110", "called from wq2+0x6b");
	assert_order(text, "lost    pid 111", "its waiter was not found");
	assert_null(strstr(strstr(text, "likewise") + 1, "likewise"));
	assert_silent(text, "shows all");
	free(text);
	/* Each has its own stack, and its own line. */
	report = make_report(&the, DLK_PART_SUMMARY);
	report.with_stacks = true;
	text = text_of(&report);
	assert_silent(text, "likewise");
	assert_says(text, "and 1 more: -w shows all");
	free(text);
}

/* Every part shows what the report may lack; a part about one task does not say twice what it shows. */
static void test_list_in_every_part(void **state)
{
	static const struct {
		enum dlk_report_part part;
		uint64_t subject;
	} parts[] = {
		{ DLK_PART_SUMMARY, 0 },
		{ DLK_PART_CYCLES, 0 },
		{ DLK_PART_LOCKDEP, 0 },
		{ DLK_PART_TASK, 51 },
		{ DLK_PART_LOCK, 0xffff888005a3c100 },
		{ DLK_PART_WAITS, 0 },
	};

	(void)state;
	start();
	add_task(&the, 50, "worker");
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq1+0x6b");
	add_task(&the, 51, "other");
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_wait(&the, 1, 0, 0, DLK_MODE_EXCLUSIVE);
	the.roles[0] = the.roles[1] = DLK_ROLE_BLOCKED;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *text = part_of(&the, parts[i].part, parts[i].subject);

		assert_says(text, "worker");
		assert_says(text, "flush_work");
		assert_says(text, "Everything was readable; 1 wait is not understood.\n");
		assert_silent(text, "All that was needed");
		assert_silent(text, "\n\n\n");
		free(text);
	}
}

/* A chain that ends at a task whose wait is not understood: said once. */
static void test_chain_to_an_unknown(void **state)
{
	char *text;

	(void)state;
	start();
	add_task(&the, 50, "worker");
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_FUTEX, "wait", "se2+0x2b [zoo]");
	add_task(&the, 51, "other");
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_wait(&the, 1, 0, 0, DLK_MODE_EXCLUSIVE);
	add_hold(&the, 0, 0, DLK_MODE_EXCLUSIVE);
	the.roles[0] = DLK_ROLE_ROOT;
	the.roles[1] = DLK_ROLE_BLOCKED;
	the.roots[0] = (struct dlk_root){ 0, 0, 1 };
	the.verdict.root_count = 1;
	text = part_of(&the, DLK_PART_TASK, 51);
	assert_says(text,
		    "other pid 51 waits, in the end, for worker pid 50, which sleeps in wait, "
		    "called from se2+0x2b [zoo];");
	assert_order(text, "called from se2+0x2b [zoo];",
		     "its owner is known to user space only.\n");
	assert_silent(text, "Not understood:");
	assert_order(text, "waits in   wait, called from se2+0x2b [zoo]\n",
		     "futex: its owner is known to user space only\n");
	free(text);
	text = part_of(&the, DLK_PART_TASK, 50);
	assert_says(text,
		    "\nworker pid 50 is a root: others wait for it, and it waits for something "
		    "that is not understood.\n");
	free(text);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "ROOT: 1 task waits behind worker pid 50, which sleeps in wait, called "
			  "from se2+0x2b [zoo];");
	free(text);
}

/* Of a task whose wait is not understood it is never said that it does not wait. */
static void test_chain_of_an_unknown(void **state)
{
	static const uint64_t durations[] = { 34000000000, 999999999, DLK_NS_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		char *text;

		start();
		add_task(&the, 50, "worker");
		add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq1+0x6b");
		the.unknowns[0].ns = durations[i];
		the.roles[0] = dlk_is_lasting(durations[i]) ? DLK_ROLE_BLOCKED : DLK_ROLE_NONE;
		text = part_of(&the, DLK_PART_TASK, 50);
		assert_order(text, "waits in   flush_work, called from wq1+0x6b\n",
			     "worker pid 50 waits for something that is not understood.\n");
		assert_silent(text, "neither waits");
		assert_silent(text, "nothing known");
		free(text);
	}
}

/* Of one that was not seen it is not said that it waits, either. */
static void test_chain_of_a_not_seen(void **state)
{
	char *text;

	(void)state;
	start();
	add_not_seen(77, 1);
	text = part_of(&the, DLK_PART_TASK, 77);
	assert_silent(text, "neither waits");
	assert_silent(text, "waits for something");
	assert_says(text, "stress pid 77 runs where it is not seen: whether it waits cannot be "
			  "told.\n");
	free(text);
}

/* What is known of a task that waits for a timer is said, and nothing else. */
static void test_chain_of_a_harmless(void **state)
{
	static const struct dlk_frame frames[] = {
		{ FRAME("msleep", 0x2f), .sp = 0x3, .is_reliable = true },
	};
	char *text;

	(void)state;
	start();
	the.verdict.code = DLK_NO_DEADLOCK;
	add_task(&the, 50, "poller")->harmless = "a timer";
	the.contexts[0].frames = frames;
	the.contexts[0].frame_count = 1;
	text = part_of(&the, DLK_PART_TASK, 50);
	assert_says(text, "waits for  a timer; it sleeps in msleep+0x2f\n");
	assert_silent(text, "nothing known");
	assert_silent(text, "neither waits for anything known");
	assert_says(text, "\npoller pid 50 waits for a timer only, and keeps nobody waiting.\n");
	free(text);
	text = part_of(&the, DLK_PART_WAITS, 0);
	assert_order(text, "50  poller", "a timer");
	assert_silent(text, "not understood");
	free(text);
}

/* A word for what it sleeps for is said, and that no more is known. */
static void test_list_of_a_purpose(void **state)
{
	char *text;

	(void)state;
	start();
	add_task(&the, 50, "fsync")->purpose = DLK_PURPOSE_JOURNAL;
	add_unknown(&the, 0, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "jbd2_log_wait_commit", NULL);
	/* A kind says more. */
	add_task(&the, 51, "other")->purpose = DLK_PURPOSE_MODULE;
	add_unknown(&the, 1, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", NULL);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(
		text,
		"      waits in   jbd2_log_wait_commit\n"
		"                 a journal of ext4: this version does not analyse waits of this "
		"kind\n");
	assert_says(text, "                 work: which idle worker");
	assert_silent(text, "what a module waits for");
	free(text);
}

/* The last line: short waits are counted, and do not make the verdict. */
static void test_last_line(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	add_task(&the, 50, "worker");
	add_unknown(&the, 0, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "flush_work", NULL)->ns = BRIEF;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_ptr_equal(strstr(text, "No deadlock.\n"), text);
	assert_silent(text, "Not understood");
	assert_says(text,
		    "\n1 task: 1 blocked, none in a cycle. Everything was readable; 1 wait, of "
		    "less than a second, is not understood.\n");
	free(text);
	add_running(&the, 51, "spinner", 1);
	add_spin(&the, 1, DLK_KIND_SPINLOCK, "osq_lock", NULL)->ns = 0;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "\n2 tasks: 1 blocked, 1 spinning, none in a cycle. Everything was "
			  "readable; 2 waits, of less than a second, are not understood.\n");
	free(text);
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x1000, "page not in dump", true);
	the.verdict.code = DLK_UNKNOWN;
	the.verdict.doubts.losses = 1;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "none in a cycle. 1 thing could not be read: waits or holders may be "
			  "missing; 2 waits, of less than a second, are not understood.\n");
	free(text);
}

/* Only if nothing is unknown is all that was needed known. */
static void test_last_line_of_losses(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	add_task(&the, 50, "worker")->is_uninterruptible = false;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "\n1 task: 0 blocked, none in a cycle. All that was needed could be "
			  "read.\n");
	free(text);
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x1000, "page not in dump", true);
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x2000, "page not in dump", true);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "none in a cycle. 2 things could not be read: waits or holders may be "
			  "missing.\n");
	free(text);
}

/* Whatever the lengths of the names, a line is as long as the layout aims at, at most. */
static void test_width(void **state)
{
	static const char name[] = "a_function_of_a_rather_long_name_as_they_come";

	(void)state;
	for (size_t cut = 0; cut < sizeof(name) - 1; cut++) {
		char *text, *rest, *line;

		start();
		add_running(&the, 78, "lab-spin", 1);
		add_spin(&the, 0, DLK_KIND_PERCPU_RWSEM, name + cut, name);
		add_task(&the, 79, "lab-work");
		add_unknown(&the, 1, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, name, name + cut);
		text = rest = part_of(&the, DLK_PART_SUMMARY, 0);
		rest = strstr(rest, "Not understood:");
		assert_non_null(rest);
		while ((line = strsep(&rest, "\n")))
			if (strncmp(line, "2 tasks", 7))
				assert_in_range(strlen(line), 0, 100);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_seen_is_not_counted),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_is_short),
		cmocka_unit_test(test_list_of_groups),
		cmocka_unit_test(test_list_in_every_part),
		cmocka_unit_test(test_chain_to_an_unknown),
		cmocka_unit_test(test_chain_of_an_unknown),
		cmocka_unit_test(test_chain_of_a_not_seen),
		cmocka_unit_test(test_chain_of_a_harmless),
		cmocka_unit_test(test_list_of_a_purpose),
		cmocka_unit_test(test_last_line),
		cmocka_unit_test(test_last_line_of_losses),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
