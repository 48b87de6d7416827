/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of a text report on what is not understood, and on locks that were leaked. */
#include <config.h>

#include "unknown-models.h"

/* The report begins with the line @p want. */
static void assert_headline(struct report_case *c, const char *want)
{
	char *text = part_of(c, DLK_PART_SUMMARY, 0);
	size_t len = strlen(want);

	if (strncmp(text, want, len) || text[len] != '\n')
		fail_msg("it does not begin with \"%s\":\n%s", want, text);
	free(text);
	/* The cycles' part has the same. */
	text = part_of(c, DLK_PART_CYCLES, 0);
	if (strncmp(text, want, len) || text[len] != '\n')
		fail_msg("it does not begin with \"%s\":\n%s", want, text);
	free(text);
}

static void test_headline_not_found(void **state)
{
	(void)state;
	start();
	add_not_found(77, "zoo-tri1", "rwsem_down_write_slowpath");
	assert_headline(&the, "CANNOT TELL: zoo-tri1 pid 77 sleeps in rwsem_down_write_slowpath, "
			      "but its waiter was not found.");
	/* The first by pid is named. */
	add_not_found(70, "zoo-tri2", "down_read");
	add_not_found(78, "zoo-tri3", "down_read");
	assert_headline(&the, "CANNOT TELL: zoo-tri2 pid 70 sleeps in down_read, but its waiter "
			      "was not found, and 2 more likewise.");
	add_finding(&the, DLK_FINDING_UNSUPPORTED, 0, "no struct rw_semaphore", false);
	assert_headline(&the, "CANNOT TELL: zoo-tri2 pid 70 sleeps in down_read, but its waiter "
			      "was not found, and 2 more likewise; this kernel (6.12.117) is not "
			      "understood.");
	the.model.source.release = NULL;
	assert_headline(&the, "CANNOT TELL: zoo-tri2 pid 70 sleeps in down_read, but its waiter "
			      "was not found, and 2 more likewise; this kernel is not "
			      "understood.");
}

#define SPINS(cpus, spin, whom)                                                                    \
	"CANNOT TELL: " cpus " " spin " in native_queued_spin_lock_slowpath; who keeps " whom      \
	" waiting is not known."

/* By their number, four at most. */
static void test_headline_spins(void **state)
{
	(void)state;
	start();
	spin(2);
	assert_headline(&the, SPINS("CPU 2", "spins", "it"));
	spin(0);
	assert_headline(&the, SPINS("CPUs 0 and 2", "spin", "them"));
	spin(11);
	assert_headline(&the, SPINS("CPUs 0, 2 and 11", "spin", "them"));
	spin(3);
	assert_headline(&the, SPINS("CPUs 0, 2, 3 and 11", "spin", "them"));
	spin(4);
	spin(5);
	assert_headline(&the, SPINS("CPUs 0, 2, 3, 4 and 2 more", "spin", "them"));
}

/* An interrupt that spins on top of a task that does: one CPU.  One that spins for a moment: none. */
static void test_headline_spins_once(void **state)
{
	(void)state;
	start();
	add_spin(&the, spin(1), DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", NULL);
	spin(2);
	the.unknowns[2].ns = BRIEF;
	assert_headline(&the, SPINS("CPU 1", "spins", "it"));
}

/* What one CPU does is not said of another one. */
static void test_headline_spins_elsewhere(void **state)
{
	char *text;

	(void)state;
	start();
	spin(1);
	spin_in(2, "csd_lock_wait");
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_order(text, "CANNOT TELL: CPU", "is not known.\n");
	assert_silent(text, "CPUs 1 and 2 spin in native_queued_spin_lock_slowpath;");
	assert_says(text,
		    "CPUs 1 and 2 spin in csd_lock_wait and elsewhere; who keeps them waiting");
	free(text);
	/* A reason for another headline is none for this one. */
	the.unknowns[0].ns = BRIEF;
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(text, "CANNOT TELL: CPU 2 spins in csd_lock_wait; who keeps it waiting");
	free(text);
}

/* Which CPU it is need not be known. */
static void test_headline_unknown_cpu(void **state)
{
	char *text;

	(void)state;
	start();
	spin(-1);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_says(text, "CANNOT TELL: a CPU spins in native_queued_spin_lock_slowpath; who keeps "
			  "it waiting is not known.\n");
	free(text);
	spin(3);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_silent(text, "CPU -1");
	assert_says(text, "CANNOT TELL: CPU");
	free(text);
	start();
	add_running(&the, 77, "stress", -1);
	add_unknown(&the, 0, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, NULL, NULL)->ns =
		12 * UINT64_C(1000000000);
	text = part_of(&the, DLK_PART_CYCLES, 0);
	assert_silent(text, "CPU -1");
	assert_says(text, "CANNOT TELL: a CPU runs stress pid 77 for 12 s, and its registers are "
			  "not known");
	free(text);
}

static void test_headline_not_seen(void **state)
{
	(void)state;
	start();
	add_not_seen(77, 1);
	assert_headline(&the, "CANNOT TELL: CPU 1 runs stress pid 77 for 12 s, and its registers "
			      "are not known: whether it spins cannot be told.");
	add_not_seen(78, 0);
	assert_headline(&the,
			"CANNOT TELL: CPU 1 runs stress pid 77 for 12 s, and its registers are "
			"not known: whether it spins cannot be told; and so of 1 more CPU.");
	add_not_seen(79, 2);
	assert_headline(&the,
			"CANNOT TELL: CPU 1 runs stress pid 77 for 12 s, and its registers are "
			"not known: whether it spins cannot be told; and so of 2 more CPUs.");
}

/* What was expected and not found weighs most, then what spins, then what may. */
static void test_headline_order(void **state)
{
	(void)state;
	start();
	the.verdict.doubts.holders = the.verdict.doubts.losses = 1;
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_task(&the, 1, "fsync");
	add_leak(&the, 0, DLK_NONE, 0, 1, DLK_POSSIBLE);
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", NULL);
	assert_headline(&the, "CANNOT TELL: mutex 0xffff888005a3c100: its owner word names no live "
			      "task; fsync pid 1 will not run again (possible)");
	add_not_seen(77, 1);
	assert_headline(&the, "CANNOT TELL: CPU 1 runs stress pid 77 for 12 s, and its registers "
			      "are not known: whether it spins cannot be told.");
	spin(2);
	assert_headline(&the, SPINS("CPU 2", "spins", "it"));
	add_not_found(300, "zoo-tri1", "down_read");
	assert_headline(&the, "CANNOT TELL: zoo-tri1 pid 300 sleeps in down_read, but its waiter "
			      "was not found.");
	the.unknowns[3].ns = BRIEF;
	assert_headline(&the, SPINS("CPU 2", "spins", "it"));
}

/* Not even tasks: the dump's name and the reason are the report. */
static void test_headline_foreign(void **state)
{
	char *text;

	(void)state;
	start();
	the.verdict.doubts.losses = 1;
	add_finding(&the, DLK_FINDING_UNSUPPORTED, 0,
		    "this kernel (7.3.4) is not understood: no BTF; give its vmlinux", true);
	assert_headline(&the,
			"CANNOT TELL: this kernel (7.3.4) is not understood: no BTF; give its "
			"vmlinux.");
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_silent(text, "o deadlock");
	assert_silent(text, "NO DEADLOCK");
	assert_silent(text, "0 tasks");
	free(text);
}

/* fsync pid 100 and others wait for a mutex that nobody will let go. */
static void make_leak(void)
{
	start();
	the.verdict.code = DLK_LEAKED_LOCK;
	add_task(&the, 100, "fsync");
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_wait(&the, 0, 0, 0, DLK_MODE_EXCLUSIVE);
	add_leak(&the, 0, DLK_NONE, 0, 1, DLK_CERTAIN);
	the.roles[0] = DLK_ROLE_BLOCKED;
}

static void test_headline_leak(void **state)
{
	(void)state;
	make_leak();
	assert_headline(&the, "HUNG FOR GOOD: mutex 0xffff888005a3c100: its owner word names no "
			      "live task; fsync pid 100 will not run again (certain)");
	the.leaks[0].behind = 12;
	assert_headline(&the, "HUNG FOR GOOD: mutex 0xffff888005a3c100: its owner word names no "
			      "live task; fsync pid 100 and all behind it will not run again "
			      "(certain)");
	the.resources[0].name = "jbd2 checkpoint";
	the.leaks[0].confidence = DLK_LIKELY;
	assert_headline(&the,
			"HUNG FOR GOOD: mutex 0xffff888005a3c100 (jbd2 checkpoint): its owner "
			"word names no live task; fsync pid 100 and all behind it will not "
			"run again (likely)");
}

static void test_headline_leak_of_zombie(void **state)
{
	(void)state;
	make_leak();
	add_task(&the, 77, "gone")->state = 'Z';
	add_hold(&the, 1, 0, DLK_MODE_EXCLUSIVE);
	the.leaks[0].owner = 1;
	assert_headline(&the,
			"HUNG FOR GOOD: mutex 0xffff888005a3c100: its owner, gone pid 77, has "
			"exited; fsync pid 100 will not run again (certain)");
	the.verdict.code = DLK_UNKNOWN;
	the.leaks[0].confidence = DLK_POSSIBLE;
	assert_headline(&the, "CANNOT TELL: mutex 0xffff888005a3c100: its owner, gone pid 77, has "
			      "exited; fsync pid 100 will not run again (possible)");
}

static void test_headline_leaks(void **state)
{
	(void)state;
	make_leak();
	add_leak(&the, 0, DLK_NONE, 0, 1, DLK_LIKELY);
	assert_headline(&the, "HUNG FOR GOOD: mutex 0xffff888005a3c100: its owner word names no "
			      "live task; fsync pid 100 will not run again (certain); and so of 1 "
			      "more lock");
	add_leak(&the, 0, DLK_NONE, 0, 1, DLK_LIKELY);
	assert_headline(&the, "HUNG FOR GOOD: mutex 0xffff888005a3c100: its owner word names no "
			      "live task; fsync pid 100 will not run again (certain); and so of 2 "
			      "more locks");
}

/* Waits that are not analysed: how many of how many. */
static void test_headline_not_analysed(void **state)
{
	(void)state;
	start();
	add_task(&the, 10, "worker");
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", NULL);
	assert_headline(&the,
			"NO DEADLOCK AMONG THE WAITS UNDERSTOOD. 1 of 1 blocked task waits "
			"for something that this version does not analyse; a deadlock through "
			"it would not be seen.");
	add_task(&the, 11, "other");
	add_task(&the, 12, "worker");
	add_unknown(&the, 2, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, NULL, NULL);
	/* A task that does not wait is none of them. */
	add_task(&the, 1, "init")->is_uninterruptible = false;
	the.verdict.doubts.holders = the.verdict.doubts.losses = 3;
	assert_headline(&the,
			"NO DEADLOCK AMONG THE WAITS UNDERSTOOD. 2 of 3 blocked tasks wait "
			"for something that this version does not analyse; a deadlock through "
			"it would not be seen.");
}

/* How many waits are for what has holders that are not known; the first is named. */
static void test_headline_holders(void **state)
{
	(void)state;
	start();
	add_task(&the, 100, "fsync");
	add_resource(&the, DLK_KIND_RWSEM, RWSEM)->holders_unknown = "its readers are counted";
	add_wait(&the, 0, 0, 0, DLK_MODE_WRITE);
	the.roles[0] = DLK_ROLE_BLOCKED;
	the.verdict.doubts.holders = 1;
	the.verdict.doubts.losses = 1;
	assert_headline(&the, "NO DEADLOCK AMONG THE HOLDERS KNOWN. fsync pid 100 waits for rwsem "
			      "0xffff8f8ad08b4428, and not all who hold it are known; a deadlock "
			      "through it would not be seen.");
	the.verdict.doubts.holders = 3;
	assert_headline(&the, "NO DEADLOCK AMONG THE HOLDERS KNOWN. fsync pid 100 waits for rwsem "
			      "0xffff8f8ad08b4428, and not all who hold it are known, and 2 more "
			      "wait likewise; a deadlock through it would not be seen.");
}

/* Named is one that counts: neither who waits for a moment, nor who is being woken up. */
static void test_headline_holders_of_whom(void **state)
{
	(void)state;
	start();
	add_resource(&the, DLK_KIND_MUTEX, MUTEX)->holders_unknown = "owner word 0";
	add_resource(&the, DLK_KIND_RWSEM, RWSEM);
	add_task(&the, 60, "clear");
	add_wait(&the, 0, 1, 0, DLK_MODE_READ);
	add_task(&the, 70, "short")->blocked_ns = BRIEF;
	add_wait(&the, 1, 0, 0, DLK_MODE_EXCLUSIVE);
	*add_task(&the, 80, "woken") = (struct dlk_context){
		.pid = 80, .comm = "woken", .state = 'R', .blocked_ns = DLK_NS_UNKNOWN
	};
	add_wait(&the, 2, 0, 1, DLK_MODE_EXCLUSIVE);
	add_task(&the, 90, "fsync");
	add_wait(&the, 3, 0, 2, DLK_MODE_EXCLUSIVE);
	the.verdict.doubts.holders = 1;
	assert_headline(&the, "NO DEADLOCK AMONG THE HOLDERS KNOWN. fsync pid 90 waits for mutex "
			      "0xffff888005a3c100, and not all who hold it are known; a deadlock "
			      "through it would not be seen.");
}

static void test_headline_losses(void **state)
{
	(void)state;
	start();
	add_task(&the, 100, "fsync");
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x1000, "page not in dump", true);
	the.verdict.doubts.losses = 1;
	assert_headline(&the, "NO DEADLOCK AMONG WHAT COULD BE READ. 1 thing could not: waits or "
			      "holders may be missing.");
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x2000, "page not in dump", true);
	the.verdict.doubts.losses = 2;
	assert_headline(&the, "NO DEADLOCK AMONG WHAT COULD BE READ. 2 things could not: waits or "
			      "holders may be missing.");
}

/* What a function, a caller and a name of a hostile dump are made of breaks no line. */
static void test_hostile_headline(void **state)
{
	char *text;

	(void)state;
	start();
	add_not_found(77, "e\nNo deadlock.", "f\nNo deadlock.");
	the.unknowns[0].caller = "c\033[2J\nNo deadlock.";
	the.model.source.release = "\nNo deadlock.";
	add_finding(&the, DLK_FINDING_UNSUPPORTED, 0, "\nNo deadlock.", false);
	for (int part = DLK_PART_SUMMARY; part <= DLK_PART_WAITS; part++) {
		text = part_of(&the, (enum dlk_report_part)part, 0);
		assert_silent(text, "\nNo deadlock");
		assert_silent(text, "\033");
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headline_not_found),
		cmocka_unit_test(test_headline_spins),
		cmocka_unit_test(test_headline_spins_once),
		cmocka_unit_test(test_headline_spins_elsewhere),
		cmocka_unit_test(test_headline_unknown_cpu),
		cmocka_unit_test(test_headline_not_seen),
		cmocka_unit_test(test_headline_order),
		cmocka_unit_test(test_headline_foreign),
		cmocka_unit_test(test_headline_leak),
		cmocka_unit_test(test_headline_leak_of_zombie),
		cmocka_unit_test(test_headline_leaks),
		cmocka_unit_test(test_headline_not_analysed),
		cmocka_unit_test(test_headline_holders),
		cmocka_unit_test(test_headline_holders_of_whom),
		cmocka_unit_test(test_headline_losses),
		cmocka_unit_test(test_hostile_headline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
