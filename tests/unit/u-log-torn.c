/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs that are cut behind each byte, and two whose lines come in any order among each other: whatever comes of it, it is
 * answered, and a deadlock is never told of that is none by the whole.
 *
 * The logs are the three below, whose lines have their callers' ids.  Others can be given as arguments, two at least; of these, which
 * may have no ids, mixed stacks are stacks of their own, and it is only asked that they are answered.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

#include "deadlock/report.h"
#include "log/build.h"

enum { MAX_LOGS = 8, MAX_LOG = 1 << 20, MIXES = 200, MAX_CUTS = 4000 };

/* Two mutexes, by lists: a deadlock. */
static const char lists[] =
	"[  1.0][  T9] INFO: task zoo:70 blocked for more than 122 seconds.\n"
	"[  1.1][  T9] task:zoo             state:D stack:0     pid:70    tgid:70    ppid:2      flags:0x00004000\n"
	"[  1.1][  T9] Call Trace:\n"
	"[  1.1][  T9]  <TASK>\n"
	"[  1.1][  T9]  __schedule+0x3b4/0xa80\n"
	"[  1.1][  T9]  schedule+0x27/0xf0\n"
	"[  1.1][  T9]  __mutex_lock+0x2d0/0x6d0\n"
	"[  1.1][  T9]  zoo_second+0x20/0x40 [zoo]\n"
	"[  1.1][  T9]  </TASK>\n"
	"[  1.2][  T9] INFO: task ape:71 blocked for more than 122 seconds.\n"
	"[  1.2][  T9] task:ape             state:D stack:0     pid:71    tgid:71    ppid:2      flags:0x00004000\n"
	"[  1.2][  T9] Call Trace:\n"
	"[  1.2][  T9]  <TASK>\n"
	"[  1.2][  T9]  __schedule+0x3b4/0xa80\n"
	"[  1.2][  T9]  schedule+0x27/0xf0\n"
	"[  1.2][  T9]  __mutex_lock+0x2d0/0x6d0\n"
	"[  1.2][  T9]  ape_first+0x24/0x44 [zoo]\n"
	"[  1.2][  T9]  </TASK>\n"
	"[  1.3][  T9] \n"
	"[  1.3][  T9] Showing all locks held in the system:\n"
	"[  1.3][  T9] 2 locks held by zoo/70:\n"
	"[  1.3][  T9]  #0: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: zoo_first+0x10/0x40 [zoo]\n"
	"[  1.3][  T9]  #1: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: zoo_second+0x20/0x40 [zoo]\n"
	"[  1.3][  T9] 2 locks held by ape/71:\n"
	"[  1.3][  T9]  #0: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: ape_second+0x10/0x40 [zoo]\n"
	"[  1.3][  T9]  #1: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: ape_first+0x24/0x44 [zoo]\n";

/* CPUs, a stall and a pool of workers: none. */
static const char cpus[] =
	"[  1.0][  C1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
	"[  1.0][  C1] rcu: \t0-...!: (1 GPs behind) idle=1a4/1/0x4000000000000000 softirq=11/12 fqs=0\n"
	"[  1.0][  C1] rcu: \t(detected by 1, t=5252 jiffies, g=4321, q=12 ncpus=2)\n"
	"[  1.0][  C1] NMI backtrace for cpu 0\n"
	"[  1.0][  C0] CPU: 0 UID: 0 PID: 72 Comm: elk Not tainted 6.12.0-zoo #1\n"
	"[  1.0][  C0] RIP: 0010:native_queued_spin_lock_slowpath+0x5d/0x290\n"
	"[  1.0][  C0] Call Trace:\n"
	"[  1.0][  C0]  <IRQ>\n"
	"[  1.0][  C0]  _raw_spin_lock+0x3d/0x50\n"
	"[  1.0][  C0]  pond_tick+0x15/0x90 [zoo]\n"
	"[  1.0][  C0]  __hrtimer_run_queues+0x117/0x2a0\n"
	"[  1.0][  C0]  </IRQ>\n"
	"[  1.0][  C0]  <TASK>\n"
	"[  1.0][  C0]  do_syscall_64+0x82/0x190\n"
	"[  1.0][  C0]  </TASK>\n"
	"[  1.4][  C1] BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 72s!\n"
	"[  1.4][  C1] Showing busy workqueues and worker pools:\n"
	"[  1.4][  C1] workqueue events: flags=0x0\n"
	"[  1.4][  C1]   pwq 10: cpus=2 node=0 flags=0x0 nice=0 active=2 refcnt=4\n"
	"[  1.4][  C1]     in-flight: 73:pond_work\n"
	"[  1.4][  C1]     pending: reed_work BAR(74)\n";

/* What lockdep foretells, and one that waits for an owner. */
static const char order[] =
	"[  1.0][ T75] ======================================================\n"
	"[  1.0][ T75] WARNING: possible circular locking dependency detected\n"
	"[  1.0][ T75] 6.12.0-zoo #1 Not tainted\n"
	"[  1.0][ T75] ------------------------------------------------------\n"
	"[  1.0][ T75] owl/75 is trying to acquire lock:\n"
	"[  1.0][ T75] ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: owl_one+0x10/0x40\n"
	"[  1.0][ T75] \n"
	"[  1.0][ T75] but task is already holding lock:\n"
	"[  1.0][ T75] ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: owl_two+0x10/0x40\n"
	"[  1.0][ T75] \n"
	"[  1.0][ T75] which lock already depends on the new lock.\n"
	"[  1.0][ T75] \n"
	"[  1.0][ T75] the existing dependency chain (in reverse order) is:\n"
	"[  1.0][ T75] \n"
	"[  1.0][ T75] -> #1 (&zoo_b){+.+.}-{4:4}:\n"
	"[  1.0][ T75]        __mutex_lock+0x2d0/0x6d0\n"
	"[  1.0][ T75]        owl_two+0x10/0x40\n"
	"[  1.0][ T75] \n"
	"[  1.0][ T75] -> #0 (&zoo_a){+.+.}-{4:4}:\n"
	"[  1.0][ T75]        lock_acquire+0xc8/0x2f0\n"
	"[  1.0][ T75]        owl_one+0x10/0x40\n"
	"[  1.9][  T9] INFO: task elk:76 is blocked on a mutex likely owned by task owl:77.\n";

struct log {
	const char *text;
	size_t size;
};

static struct log logs[MAX_LOGS] = { { lists, sizeof(lists) - 1 },
				     { cpus, sizeof(cpus) - 1 },
				     { order, sizeof(order) - 1 } };
static unsigned log_count = 3;
static bool are_own = true;

static void report(struct dlk_ctx *ctx, const struct dlk_model *model,
		   const struct dlk_verdict *verdict, FILE *out)
{
	const struct dlk_report r = { .model = model,
				      .verdict = verdict,
				      .with_evidence = true,
				      .with_stacks = true,
				      .incident = { 1, 1, 1, 1 } };

	assert_int_equal(dlk_report_text(ctx, &r, out), DLK_OK);
	assert_int_equal(dlk_report_json(ctx, &r, out), DLK_OK);
	assert_int_equal(dlk_report_dot(ctx, &r, out), DLK_OK);
}

/* How many deadlocks a text tells of that are likely at least. */
static unsigned count_deadlocks(const char *text, size_t size, FILE *out)
{
	struct dlk_log_incident *incidents;
	struct dlk_ctx ctx;
	struct dlk_log log;
	unsigned deadlocks = 0;
	uint32_t count;
	int fd = memfd_create("log", MFD_CLOEXEC);

	dlk_ctx_init(&ctx);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(dlk_log_read(&ctx, fd, &log), DLK_OK);
	close(fd);
	assert_int_equal(dlk_log_incidents_find(&ctx, &log, &incidents, &count), DLK_OK);
	for (uint32_t i = 0; i < count; i++) {
		struct dlk_model model;
		struct dlk_verdict verdict;

		assert_int_equal(dlk_log_build(&ctx, &log, &incidents[i], "torn", &model), DLK_OK);
		assert_int_equal(dlk_judge(&ctx, &model, &verdict), DLK_OK);
		report(&ctx, &model, &verdict, out);
		deadlocks += verdict.code == DLK_DEADLOCK;
	}
	dlk_ctx_deinit(&ctx);
	return deadlocks;
}

static FILE *open_null(void)
{
	FILE *out = fopen("/dev/null", "w");

	assert_non_null(out);
	return out;
}

/* The test can fail: the first one is a deadlock, the others none. */
static void test_whole(void **state)
{
	FILE *out = open_null();

	(void)state;
	assert_int_equal(count_deadlocks(lists, sizeof(lists) - 1, out), 1);
	assert_int_equal(count_deadlocks(cpus, sizeof(cpus) - 1, out), 0);
	assert_int_equal(count_deadlocks(order, sizeof(order) - 1, out), 0);
	fclose(out);
}

/* A longer one is cut in as many places, all over it. */
static void test_cut(void **state)
{
	FILE *out = open_null();

	(void)state;
	for (unsigned i = 0; i < log_count; i++) {
		unsigned whole = count_deadlocks(logs[i].text, logs[i].size, out);
		size_t step = logs[i].size / MAX_CUTS + 1;

		for (size_t size = 0; size < logs[i].size; size += step)
			assert_true(count_deadlocks(logs[i].text, size, out) <= whole);
	}
	fclose(out);
}

static size_t line_at(const struct log *log, size_t at)
{
	const char *end = memchr(log->text + at, '\n', log->size - at);

	return end ? (size_t)(end - log->text) - at + 1 : log->size - at;
}

/* The lines of two, each in its order, by chance. */
static size_t mix(const struct log *a, const struct log *b, unsigned *seed, char *to)
{
	size_t at[2] = { 0, 0 }, size = 0;
	const struct log *both[2] = { a, b };

	while (at[0] < a->size || at[1] < b->size) {
		unsigned which;
		size_t len;

		*seed = *seed * 1103515245u + 12345u;
		which = *seed >> 16 & 1;
		if (at[which] >= both[which]->size)
			which ^= 1;
		len = line_at(both[which], at[which]);
		memcpy(to + size, both[which]->text + at[which], len);
		at[which] += len;
		size += len;
	}
	return size;
}

static void test_mixed(void **state)
{
	static char text[2 * MAX_LOG];
	FILE *out = open_null();
	unsigned seed = 1;

	(void)state;
	for (unsigned n = 0; n < MIXES; n++) {
		const struct log *a = &logs[n % log_count];
		const struct log *b = &logs[(n / log_count + 1 + n) % log_count];
		unsigned whole = count_deadlocks(a->text, a->size, out) +
				 count_deadlocks(b->text, b->size, out);
		size_t size = mix(a, b, &seed, text);

		assert_true(!count_deadlocks(text, size, out) || whole || !are_own);
	}
	fclose(out);
}

static void read_logs(int count, char **paths)
{
	log_count = 0;
	are_own = false;
	for (int i = 0; i < count && log_count < MAX_LOGS; i++) {
		FILE *in = fopen(paths[i], "r");
		char *text = malloc(MAX_LOG);

		assert_non_null(in);
		assert_non_null(text);
		logs[log_count].text = text;
		logs[log_count++].size = fread(text, 1, MAX_LOG, in);
		fclose(in);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_mixed),
	};

	if (argc > 2)
		read_logs(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
