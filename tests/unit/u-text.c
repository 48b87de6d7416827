/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report: its words are checked by meaning, not by column. */
#include <config.h>

#include <errno.h>

#include "u-text.h"

#include "report/index.h"
#include "report/out.h"
#include "report/words.h"

static struct report_case the;

static void test_hugetlb_summary(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_ptr_equal(text, strstr(text, "DEADLOCK: 2 tasks wait for each other "
					    "(likely: 1 of 2 holders is inferred)\n"));
	assert_order(text, "mover    pid 51", "D for 34 s");
	assert_order(text, "waits for  rwsem 0xffff8f8ad08b4428 (read)", "in rmap_walk_file+0x1aa");
	/* Each holds what the other waits for. */
	assert_order(text, "in rmap_walk_file+0x1aa\n      holds      folio 0xffffea0000c38000\n",
		     "likely: unmap_and_move_huge_page+0x1f0 works on it, no other task does");
	assert_order(text, "puncher  pid 50", "in hugetlbfs_fallocate+0x3d8");
	assert_order(text, "+0x3d8\n      holds      rwsem 0xffff8f8ad08b4428 (write)",
		     "certain: the owner word names it");
	assert_says(text, "\n  mover -> rwsem -> puncher -> folio -> mover\n");
	assert_says(text, "i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs)");
	assert_says(text, "2 MiB, page 0 of the same file, locked");
	assert_says(text, "\n3 tasks: 2 blocked, 2 in the cycle, 0 behind it. All that was needed "
			  "could be read.\n");
	assert_silent(text, "ROOT");
	assert_silent(text, "init");
	assert_silent(text, "__schedule");
	free(text);
}

static void test_cycles_only(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(text, "DEADLOCK: ");
	assert_says(text, "mover -> rwsem");
	assert_silent(text, "3 tasks");
	free(text);

	unknown_case(&the);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(
		text,
		"NO DEADLOCK AMONG THE WAITS UNDERSTOOD. 1 of 3 blocked tasks waits for something that "
		"this version does not analyse; a deadlock through it would not be seen.\n");
	assert_says(text, "waits in   wait_for_device, called from odd+0x1 [odd]");
	assert_says(text, "1 thing could not be read");
	free(text);

	convoy_case(&the);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_string_equal(text, "No deadlock.\n");
	free(text);
}

static void test_evidence(void **state)
{
	struct dlk_report report;
	char *text;

	(void)state;
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	report.with_evidence = true;
	text = text_of(&report);
	assert_says(text, "certain by waiter-list: its waiter is linked in the queue and names it");
	assert_order(text, "likely by live-frame: a live frame of it works on the resource;",
		     "unmap_and_move_huge_page+0x1f0 works on it");
	assert_says(text, "task 0xffff8881000cc000");
	free(text);
	report.part = DLK_PART_WAITS;
	text = text_of(&report);
	assert_order(text, "certain by waiter-list", "likely by live-frame");
	free(text);
}

static void test_stacks(void **state)
{
	struct dlk_report report;
	char *text;

	(void)state;
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_CYCLES);
	report.with_stacks = true;
	text = text_of(&report);
	assert_says(text, "#0 [ffffc90000123a10] __schedule+0x100\n");
	assert_says(text, "#2 [ffffc90000123b00] ? helper+0x71 [guest]\n");
	assert_says(text, "#3 [ffffc90000123b40] 0xffffffffc0000300\n");
	assert_says(text, "its stack is not known");
	free(text);
}

static void test_colour(void **state)
{
	struct dlk_report report;
	char *text;

	(void)state;
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	text = text_of(&report);
	assert_silent(text, "\033");
	free(text);
	report.with_colour = true;
	text = text_of(&report);
	assert_says(text, "\033[1;31mDEADLOCK\033[0m");
	free(text);
}

static void test_convoy(void **state)
{
	char *text;

	(void)state;
	convoy_case(&the);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_ptr_equal(strstr(text, "No deadlock.\n"), text);
	assert_says(text, "ROOT: 10,000 tasks wait behind kworker/0:1 pid 7, which sleeps in "
			  "msleep+0x2f\n");
	assert_says(text, "holds      mutex 0xffff888005a3c100");
	assert_order(text, "fsync pid 100, fsync pid 101", "and 9,995 more");
	assert_says(text, "10,001 blocked, none in a cycle.");
	assert_true(count_lines(text) < 30);
	free(text);

	text = part_of(&the, DLK_PART_LOCK, MUTEX);
	assert_order(text, "held by    kworker/0:1 pid 7", "10,000 waiters");
	assert_order(text, " 1  fsync pid 100 ", " 2  fsync pid 101 ");
	assert_says(text, "and 9,980 more");
	assert_true(count_lines(text) < 40);
	free(text);

	/* Whose place in the queue is not known has no number. */
	the.waits[CROWD - 1].position = DLK_NONE;
	for (uint32_t i = 0; i < CROWD - 2; i++)
		the.waits[i].position = DLK_NONE;
	text = part_of(&the, DLK_PART_LOCK, MUTEX);
	assert_says(text, "\n              1  fsync pid 101");
	assert_says(text, "\n              -  fsync pid 100");
	assert_silent(text, "\n              2 ");
	free(text);

	text = part_of(&the, DLK_PART_WAITS, 0);
	assert_order(text, "\n      7  kworker/0:1", "\n    100  fsync");
	assert_order(text, "\n  10098  fsync", "\n  10099  fsync");
	assert_int_equal(count_lines(text), 1 + CROWD + 1 + 2);
	free(text);
}

/* A convoy behind a cycle: the crowd is counted, its head named. */
static void test_behind_cycle(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	for (uint32_t i = 0; i < 1000; i++) {
		add_task(&the, (int32_t)(100 + i), "late");
		add_wait(&the, 3 + i, 1, 1 + i, DLK_MODE_WRITE);
		the.roles[3 + i] = DLK_ROLE_BEHIND;
	}
	the.cycles[0].behind = the.verdict.behind_cycles = 1000;
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(text, "1,000 more tasks wait behind this cycle: late pid 100, late pid 101,");
	assert_says(text, "and 995 more\n");
	assert_says(text, "(hugetlbfs), 1,001 waiters");
	assert_true(count_lines(text) < 25);
	free(text);
	text = part_of(&the, DLK_PART_TASK, 500);
	assert_order(text, "late     pid 500", "held by    puncher pid 50 (write)");
	assert_order(text, "puncher  pid 50", "late pid 500 waits behind a cycle.");
	free(text);
}

static void test_unknown_holder(void **state)
{
	char *text;

	(void)state;
	unknown_case(&the);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text,
		    "ROOT: 2 tasks wait for mutex 0xffff888005a3c100; its holder is not known\n");
	assert_says(text, "held by    not known: owner word 0 with waiters\n");
	assert_order(text, "unreadable   0xffff888003a4c000  rwsem: page not in dump",
		     "leaked-lock  -                   pid 77 has exited");
	assert_says(text, "disk  pid 32      D for 34 s\n"
			  "      waits in   wait_for_device, called from odd+0x1 [odd]\n"
			  "                 what it waits for there is not known\n");
	assert_says(
		text,
		"1 thing could not be read: waits or holders may be missing; 1 wait is not understood.");
	assert_silent(text, "All that was needed");
	free(text);

	text = part_of(&the, DLK_PART_WAITS, 0);
	assert_order(text, "30  reader  D  34 s", "not known: owner word 0 with waiters");
	assert_order(text, "31  writer  D  -   ", "in a cycle");
	assert_null(strstr(strstr(text, "owner word 0 with") + 1, "owner word 0 with"));
	assert_order(text, "32  disk", "not understood");
	assert_says(text, "wait_for_device < odd+0x1 [odd]");
	free(text);

	text = part_of(&the, DLK_PART_TASK, 30);
	assert_says(text, "held by    not known: owner word 0 with waiters");
	assert_says(text, "no holder is known at the end of its chain.");
	free(text);
}

/* A chain that is a cycle ends; every task in it is shown once. */
static void test_chain_ends(void **state)
{
	char *text;

	(void)state;
	turn_case(&the);
	text = part_of(&the, DLK_PART_TASK, TASKS + 12 * 0x4000);
	assert_order(text, "worker  pid 12      ", "held by    worker pid 10 (read)");
	assert_order(text, "behind     worker pid 11 (write) in the queue", "worker  pid 10      ");
	assert_order(text, "worker  pid 10      ", "worker  pid 11      ");
	assert_says(text, "worker pid 12 is in a cycle");
	assert_null(strstr(strstr(text, "worker  pid 12      ") + 1, "worker  pid 12      "));
	assert_true(count_lines(text) < 20);
	free(text);
}

static void test_queue_step(void **state)
{
	char *text;

	(void)state;
	turn_case(&the);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "DEADLOCK: 3 tasks wait for each other (certain)\n");
	assert_order(text, "queued on  rwsem 0xffff8f8ad08b4428 (write)",
		     "ahead of worker pid 12, which must wait for its turn");
	/* Equal names and equal kinds: the arrows tell them apart. */
	assert_says(text, "worker pid 10 -> mutex 0xffff888005a3c100 -> worker pid 12 -> rwsem "
			  "0xffff8f8ad08b4428 ->\n    worker pid 11 -> rwsem 0xffff8f8ad08b4428 -> "
			  "worker pid 10\n");
	free(text);
	text = part_of(&the, DLK_PART_WAITS, 0);
	assert_order(text, "12  worker",
		     "worker pid 10 (read); queued behind writer worker pid 11");
	free(text);
	text = part_of(&the, DLK_PART_LOCK, RWSEM);
	assert_order(text, "1  worker pid 11 (write)", "2  worker pid 12 (read)");
	free(text);
}

static void test_many_cycles(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	for (uint32_t i = 1; i < 12; i++)
		the.cycles[i] = the.cycles[0];
	the.cycles[0].confidence = DLK_CERTAIN;
	the.verdict.cycle_count = 12;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "DEADLOCK: 2 tasks in 12 cycles (1 certain, 11 likely)\n");
	assert_order(text, "Cycle 1 of 12: 2 tasks wait for each other (certain)\n",
		     "Cycle 2 of 12");
	assert_silent(text, "Cycle 11 of 12");
	assert_says(text, "2 more cycles: -c shows all.");
	assert_says(text, "2 in the cycles, 0 behind them.");
	free(text);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(text, "Cycle 12 of 12");
	free(text);
}

/* A writer behind a hundred readers: the one that matters is followed, the others are counted. */
static void test_many_holders(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	add_task(&the, 1, "writer");
	add_resource(&the, DLK_KIND_RWSEM, RWSEM)->holders_unknown = "readers are only counted";
	add_wait(&the, 0, 0, 0, DLK_MODE_WRITE);
	the.roles[0] = DLK_ROLE_BEHIND;
	for (uint32_t i = 1; i <= 100; i++) {
		add_task(&the, (int32_t)(100 + i), "reader");
		add_hold(&the, i, 0, DLK_MODE_READ)->confidence = DLK_LIKELY;
		the.roles[i] = DLK_ROLE_HOLDER;
	}
	the.roles[90] = DLK_ROLE_CYCLE;
	text = part_of(&the, DLK_PART_TASK, 1);
	assert_says(text, "92 more: -l 0xffff8f8ad08b4428 shows them");
	assert_says(text, "others, not known: readers are only counted");
	assert_order(text, "reader  pid 190", "reader  pid 101");
	assert_says(text, "and 51 more tasks in this chain");
	free(text);
	text = part_of(&the, DLK_PART_WAITS, 0);
	assert_says(text,
		    "reader pid 103 (read) (likely), and 97 more; others not known: readers are "
		    "only counted");
	free(text);
	text = part_of(&the, DLK_PART_LOCK, RWSEM);
	assert_order(text, "held by    reader pid 120 (read)", "held by    80 more");
	free(text);
}

static void test_self_deadlock(void **state)
{
	char *text;

	(void)state;
	case_init(&the);
	add_task(&the, 5, "twice");
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_wait(&the, 0, 0, 0, DLK_MODE_EXCLUSIVE);
	add_hold(&the, 0, 0, DLK_MODE_EXCLUSIVE)->confidence = DLK_POSSIBLE;
	the.steps[0] = (struct dlk_step){ 0, 0, DLK_NONE, 0, DLK_POSSIBLE };
	the.cycles[0] = (struct dlk_cycle){ the.steps, 1, DLK_POSSIBLE, 0 };
	the.roles[0] = DLK_ROLE_CYCLE;
	the.verdict.code = DLK_POSSIBLE_DEADLOCK;
	the.verdict.cycle_count = the.verdict.in_cycles = 1;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "POSSIBLE DEADLOCK: 1 task waits for itself "
			  "(possible: 1 of 1 holder is a guess)\n");
	assert_says(text, "twice -> mutex -> twice\n");
	free(text);
}

static void test_running_root(void **state)
{
	char *text;

	(void)state;
	convoy_case(&the);
	the.contexts[0].is_on_cpu = true;
	the.contexts[0].is_blocked = the.contexts[0].is_uninterruptible = false;
	the.contexts[0].state = 'R';
	the.contexts[0].cpu = 3;
	the.contexts[1].is_on_cpu = true;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "kworker/0:1 pid 7, which runs on CPU 3 in msleep+0x2f");
	assert_says(text, "R on CPU 3");
	assert_silent(text, "interrupted");
	assert_says(text, "9,999 blocked, 1 spinning,");
	free(text);
}

/* What it holds besides, and others wait for, is said as well; how long it has its CPU, too. */
static void test_root_of_two(void **state)
{
	char *text;

	(void)state;
	convoy_case(&the);
	the.contexts[0].is_on_cpu = true;
	the.contexts[0].is_blocked = the.contexts[0].is_uninterruptible = false;
	the.contexts[0].state = 'R';
	the.contexts[0].running_ns = 12 * UINT64_C(1000000000);
	the.contexts[0].interrupted_by = "a hardirq in zoo+0x1";
	add_resource(&the, DLK_KIND_RWSEM, RWSEM);
	add_hold(&the, 0, 1, DLK_MODE_WRITE);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "R on CPU 1 for up to 12 s");
	assert_says(text,
		    "which runs on CPU 1 in msleep+0x2f, interrupted by a hardirq in zoo+0x1");
	assert_silent(text, "rwsem");
	free(text);
	the.waits[CROWD - 1].resource = 1;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_order(text, "holds      mutex 0xffff888005a3c100", "and 9,994 more");
	assert_order(text, "and 9,994 more", "holds      rwsem 0xffff8f8ad08b4428 (write)");
	assert_order(text, "rwsem 0xffff8f8ad08b4428 (write)", "waiters    fsync pid 100\n");
	free(text);
}

static const char *error_of(enum dlk_report_part part, uint64_t subject)
{
	struct dlk_report report = make_report(&the, part);
	char *text;

	report.subject = subject;
	text = run_report(dlk_report_text, &report, DLK_ERR_NOTFOUND);
	assert_non_null(text);
	assert_string_equal(text, "");
	free(text);
	return last_error;
}

static void test_not_found(void **state)
{
	(void)state;
	hugetlb_case(&the);
	add_finding(&the, DLK_FINDING_LEAKED_LOCK, 0x2000, "its owner is gone", false);
	assert_string_equal(error_of(DLK_PART_TASK, 4711), "task 4711: no such pid");
	assert_string_equal(error_of(DLK_PART_TASK, 0xffff888000001234),
			    "task 0xffff888000001234: no such task_struct");
	assert_string_equal(error_of(DLK_PART_LOCK, 0x1234),
			    "lock 0x1234: no task is known to wait for it or to hold it");
}

/* It may be what was not read: that it is not there is not known. */
static void test_not_among_what_was_read(void **state)
{
	(void)state;
	hugetlb_case(&the);
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x1000, "gone", true);
	assert_string_equal(error_of(DLK_PART_TASK, 4711),
			    "task 4711: not among the tasks that could be read; 1 thing could not "
			    "be");
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x2000, "gone", true);
	assert_string_equal(error_of(DLK_PART_TASK, 0xffff888000001234),
			    "task 0xffff888000001234: not among the tasks that could be read; 2 "
			    "things could not be");
	assert_string_equal(error_of(DLK_PART_LOCK, 0x1234),
			    "lock 0x1234: no task that could be read is known to wait for it or to "
			    "hold it; 2 things could not be");
}

/* Nothing that a dump says reaches the terminal as a control, or forges a line. */
static void test_hostile_strings(void **state)
{
	static const enum dlk_report_part parts[] = { DLK_PART_SUMMARY, DLK_PART_CYCLES,
						      DLK_PART_WAITS, DLK_PART_TASK,
						      DLK_PART_LOCK };

	(void)state;
	hostile_case(&the);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct dlk_report report = make_report(&the, parts[i]);
		char *text;

		report.subject = parts[i] == DLK_PART_TASK ? 51 : RWSEM;
		report.with_evidence = report.with_stacks = true;
		text = text_of(&report);
		for (const char *p = text; *p; p++)
			assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
		assert_silent(text, "\nDEADLOCK: forged");
		assert_silent(text, " \n");
		assert_says(text, "e\\x1b[2Jvil\\x0a");
		free(text);
	}
}

static void test_long_name(void **state)
{
	static char name[5000];
	char *text;

	(void)state;
	hugetlb_case(&the);
	memset(name, 'n', sizeof(name) - 1);
	the.resources[1].name = name;
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, name);
	free(text);
}

static void test_write_error(void **state)
{
	struct dlk_report report;
	struct dlk_ctx ctx;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (!out)
		skip();
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_report_text(&ctx, &report, out), DLK_ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	fclose(out);
	dlk_ctx_deinit(&ctx);
}

static void test_no_memory(void **state)
{
	struct dlk_report report;
	struct dlk_ctx ctx;

	(void)state;
	convoy_case(&the);
	report = make_report(&the, DLK_PART_WAITS);
	for (size_t budget = 0; budget < 1 << 21; budget += 50000) {
		FILE *out = fopen("/dev/null", "w");
		enum dlk_status status;

		dlk_ctx_init(&ctx);
		ctx.budget = budget;
		status = dlk_report_text(&ctx, &report, out);
		assert_true(status == DLK_ERR_NOMEM || (budget && status == DLK_OK));
		dlk_ctx_deinit(&ctx);
		fclose(out);
	}
}

static void test_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ms" },
		{ UINT64_C(350000000), "350 ms" },
		{ UINT64_C(34000000000), "34 s" },
		{ UINT64_C(59999999999), "59 s" },
		{ UINT64_C(60000000000), "1 min" },
		{ UINT64_C(125000000000), "2 min 5 s" },
		{ UINT64_C(11045000000000), "3 h 4 min" },
		{ UINT64_C(86400000000000), "1 d" },
		{ UINT64_C(1062000000000000), "12 d 7 h" },
		{ DLK_NS_UNKNOWN, "an unknown time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(dlk_words_duration(cases[i].ns).text, cases[i].text);
	assert_string_equal(dlk_words_count(0).text, "0");
	assert_string_equal(dlk_words_count(999).text, "999");
	assert_string_equal(dlk_words_count(9987).text, "9,987");
	assert_string_equal(dlk_words_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void test_places(void **state)
{
	static const struct dlk_frame guess[] = { { FRAME("schedule", 1) }, { FRAME("stale", 2) } };
	struct dlk_context sleeper = { .state = 'S', .cpu = -1 };

	(void)state;
	assert_null(dlk_words_place(&sleeper));
	assert_string_equal(dlk_words_doing(&sleeper).text, "sleeps");
	/* The scheduler's frames say nothing, and a sound frame says more than a guess. */
	sleeper.frames = mover_frames;
	sleeper.frame_count = 4;
	assert_string_equal(dlk_words_place(&sleeper), mover_frames[1].symbol);
	assert_string_equal(dlk_words_doing_briefly(&sleeper).text,
			    "sleeps in rwsem_down_read_slowpath");
	sleeper.frames = guess;
	sleeper.frame_count = 2;
	assert_string_equal(dlk_words_place(&sleeper), guess[1].symbol);
	sleeper.state = 'Z';
	assert_non_null(strstr(dlk_words_doing(&sleeper).text, "has exited"));
}

static void test_index_order(void **state)
{
	struct dlk_index index;
	struct dlk_span queue;
	struct dlk_ctx ctx;

	(void)state;
	turn_case(&the);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_index_build(&ctx, &the.model, &index), DLK_OK);
	queue = dlk_groups_get(&index.queue_of, 0);
	assert_int_equal(queue.count, 2);
	assert_int_equal(queue.items[0], 2); /* the writer, entered last, stands first */
	assert_int_equal(index.ahead[1].count, 1);
	assert_int_equal(index.ahead[1].waits[0], 2);
	assert_int_equal(index.ahead[2].count, 0);
	assert_int_equal(index.ahead[0].count, 0);
	assert_int_equal(dlk_groups_get(&index.holds_of, 1).count, 0);
	assert_int_equal(dlk_groups_get(&index.holds_of, 2).items[0], 1);
	/* The queue's order is its own, not that of the pids. */
	the.waits[1].position = 0;
	the.waits[2].position = 1;
	assert_int_equal(dlk_index_build(&ctx, &the.model, &index), DLK_OK);
	assert_int_equal(dlk_groups_get(&index.queue_of, 0).items[0], 1);
	/* Of two at one place it is not known who came first. */
	the.waits[2].position = 0;
	assert_int_equal(dlk_index_build(&ctx, &the.model, &index), DLK_OK);
	assert_int_equal(index.ahead[1].count, 0);
	dlk_ctx_deinit(&ctx);
}

static void test_lockdep(void **state)
{
	char *text;

	(void)state;
	lockdep_case(&the);
	the.model.lockdep.text = "lockdep is off since 12.345 s after boot";
	text = part_of(&the, DLK_PART_LOCKDEP, 0);
	assert_order(text, "puncher",
		     "holds      0xffff9825501b1420 sb_writers#6 (recursive read)");
	assert_order(text, "{.+.+}-{0:0}, at __x64_sys_fallocate+0x3a",
		     "write access to a file system; softirq; by trylock");
	assert_order(text, "write access", "holds      0xffff8f8ad08b44a0");
	assert_says(text, "{++++}-{3:3}, at ? (0x1234)");
	assert_order(text, "stands for 3 locks; nests in lock 0xffff9825501b1420;",
		     "listed before");
	assert_order(text, "mover", "waits for  0xffff8f8ad08b44a0 &hugetlbfs_i_mmap_rwsem_key");
	assert_silent(text, "init");
	assert_silent(text, "down_write+0x28");
	assert_order(text, "2 locks held, 1 waited for.",
		     "Lockdep is off since 12.345 s after boot.");
	free(text);
}

static void test_lockdep_usage(void **state)
{
	struct dlk_report report;
	char *text;

	(void)state;
	lockdep_case(&the);
	report = make_report(&the, DLK_PART_LOCKDEP);
	report.with_evidence = true;
	text = text_of(&report);
	assert_order(text, "class &hugetlbfs_i_mmap_rwsem_key {++++}-{3:3}",
		     "outer wait type: sleeps; inner wait type: sleeps");
	assert_order(text, "wait type", "taken with hard interrupts enabled");
	assert_order(text, "taken with hard interrupts enabled", "down_write+0x28");
	assert_order(text, "down_write+0x28", "hugetlbfs_setattr+0xb2");
	free(text);
}

/* One sentence, and no count of what is not there. */
static void test_no_lockdep(void **state)
{
	char *text;

	(void)state;
	hugetlb_case(&the);
	the.model.lockdep.text = "this kernel was built without lockdep";
	text = part_of(&the, DLK_PART_LOCKDEP, 0);
	assert_string_equal(text, "This kernel was built without lockdep.\n");
	free(text);
}

static void test_confirmed(void **state)
{
	char *text;

	(void)state;
	lockdep_case(&the);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "certain: the owner word names it, and lockdep lists it");
	assert_silent(text, "no other task does, and lockdep");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hugetlb_summary),
		cmocka_unit_test(test_cycles_only),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_convoy),
		cmocka_unit_test(test_behind_cycle),
		cmocka_unit_test(test_unknown_holder),
		cmocka_unit_test(test_chain_ends),
		cmocka_unit_test(test_queue_step),
		cmocka_unit_test(test_many_cycles),
		cmocka_unit_test(test_self_deadlock),
		cmocka_unit_test(test_many_holders),
		cmocka_unit_test(test_running_root),
		cmocka_unit_test(test_root_of_two),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_not_among_what_was_read),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_index_order),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_lockdep),
		cmocka_unit_test(test_lockdep_usage),
		cmocka_unit_test(test_no_lockdep),
		cmocka_unit_test(test_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
