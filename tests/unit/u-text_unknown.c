/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report of what is not understood, and of locks that were leaked. */
#include <config.h>

#include "u-text.h"

static struct report_case the;

static const uint64_t BRIEF = 999999999;

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

static void start(void)
{
	case_init(&the);
	the.verdict.code = DLK_UNKNOWN;
}

static void add_not_found(int32_t pid, const char *comm, const char *function)
{
	uint32_t context = the.model.context_count;

	add_task(&the, pid, comm);
	add_unknown(&the, context, DLK_WHY_NOT_FOUND, DLK_KIND_RWSEM, function, "foo+0x1");
	the.roles[context] = DLK_ROLE_BLOCKED;
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

/* A CPU whose task spins in @p function. */
static uint32_t spin_in(int32_t cpu, const char *function)
{
	uint32_t context = the.model.context_count;

	add_running(&the, 200 - cpu, "spinner", cpu);
	add_spin(&the, context, DLK_KIND_SPINLOCK, function, "lab_spin+0x1f [zoo]");
	the.roles[context] = DLK_ROLE_BLOCKED;
	return context;
}

static uint32_t spin(int32_t cpu)
{
	return spin_in(cpu, "native_queued_spin_lock_slowpath");
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

static void add_not_seen(int32_t pid, int32_t cpu)
{
	uint32_t context = the.model.context_count;

	add_running(&the, pid, "stress", cpu)->is_unseen = true;
	add_unknown(&the, context, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, NULL, NULL)->ns =
		12 * UINT64_C(1000000000);
	the.roles[context] = DLK_ROLE_BLOCKED;
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

/* Whether it spins cannot be told: it is not counted among those that do. */
static void test_not_seen_is_not_counted(void **state)
{
	char *text;

	(void)state;
	start();
	add_not_seen(77, 1);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_silent(text, "1 spinning");
	assert_says(text, "  stress  pid 77      R on CPU 1\n      runs       for 12 s\n");
	assert_order(text, "for 12 s\n",
		     "its CPU's registers are not known, or its stack cannot be followed");
	assert_says(text,
		    "\n1 task: 0 blocked, none in a cycle. Everything was readable; 1 wait is "
		    "not understood.\n");
	free(text);
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
		    "                 work: who runs the work, and what that waits for, is not "
		    "followed\n"
		    "      holds      mutex 0xffff888005a3c100");
	assert_order(text, "holds      mutex 0xffff888005a3c100",
		     "certain: the owner word names it\n");
	assert_says(text, "names it\n"
			  "  lab-spin  pid 78      R on CPU 1\n"
			  "      spins in   native_queued_spin_lock_slowpath, called from "
			  "lab_spin+0x1f [zoo], for 12 s at most\n"
			  "                 spinlock: a spinlock does not record its owner\n"
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
	start();
	for (uint32_t i = 0; i < 13; i++) {
		add_task(&the, (int32_t)(112 - i), "worker");
		add_unknown(&the, i, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq1+0x6b");
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
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_SEMAPHORE, "down", "se2+0x2b [zoo]");
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
		    "other pid 51 waits, in the end, for worker pid 50, which sleeps in down, "
		    "called from se2+0x2b [zoo];");
	assert_order(text, "called from se2+0x2b [zoo];", "who will call up() is not recorded.\n");
	assert_silent(text, "Not understood:");
	assert_order(text, "waits in   down, called from se2+0x2b [zoo]\n",
		     "semaphore: who will call up() is not recorded\n");
	free(text);
	text = part_of(&the, DLK_PART_TASK, 50);
	assert_says(text,
		    "\nworker pid 50 is a root: others wait for it, and it waits for something "
		    "that is not understood.\n");
	free(text);
	text = part_of(&the, DLK_PART_SUMMARY, 0);
	assert_says(text, "ROOT: 1 task waits behind worker pid 50, which sleeps in down, called "
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
		cmocka_unit_test(test_headline_not_found),
		cmocka_unit_test(test_headline_spins),
		cmocka_unit_test(test_headline_spins_once),
		cmocka_unit_test(test_headline_spins_elsewhere),
		cmocka_unit_test(test_headline_unknown_cpu),
		cmocka_unit_test(test_headline_not_seen),
		cmocka_unit_test(test_not_seen_is_not_counted),
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
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_is_short),
		cmocka_unit_test(test_list_in_every_part),
		cmocka_unit_test(test_chain_to_an_unknown),
		cmocka_unit_test(test_chain_of_an_unknown),
		cmocka_unit_test(test_chain_of_a_not_seen),
		cmocka_unit_test(test_chain_of_a_harmless),
		cmocka_unit_test(test_last_line),
		cmocka_unit_test(test_last_line_of_losses),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
