/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/tie.c: what the kernel has reported of those that hang, and what is over. */
#include <config.h>

#include "log.h"

#include "log/tie.h"

#define SECOND UINT64_C(1000000000)

/* The moment of the dump, 100 s after its boot. */
enum { NOW = 100, MAX_CONTEXTS = 8 };

struct scene {
	struct dlk_context contexts[MAX_CONTEXTS];
	bool wanted[MAX_CONTEXTS];
	struct dlk_model model;
};

static struct dlk_context *add(struct scene *s, int32_t pid, const char *comm)
{
	struct dlk_context *c = &s->contexts[s->model.context_count];

	s->wanted[s->model.context_count++] = true;
	*c = (struct dlk_context){
		.pid = pid, .cpu = -1, .blocked_ns = DLK_NS_UNKNOWN, .running_ns = DLK_NS_UNKNOWN
	};
	strncpy(c->comm, comm, sizeof(c->comm) - 1);
	s->model.contexts = s->contexts;
	return c;
}

static struct dlk_context *add_running(struct scene *s, int32_t pid, const char *comm, int32_t cpu,
				       uint64_t seconds)
{
	struct dlk_context *c = add(s, pid, comm);

	c->is_on_cpu = true;
	c->cpu = cpu;
	c->running_ns = seconds * SECOND;
	return c;
}

static struct dlk_context *add_sleeper(struct scene *s, int32_t pid, const char *comm,
				       uint64_t seconds)
{
	struct dlk_context *c = add(s, pid, comm);

	c->is_blocked = c->is_uninterruptible = true;
	c->blocked_ns = seconds * SECOND;
	return c;
}

static void tie(struct log_test *t, struct scene *s, const char *text)
{
	struct dlk_log_tie tie = { .log = &t->log, .now_ns = NOW * SECOND, .wanted = s->wanted };

	assert_int_equal(dlk_log_read_text(&t->ctx, text, strlen(text), &t->log), DLK_OK);
	s->model.said = NULL;
	s->model.said_count = 0;
	assert_int_equal(dlk_log_tie(&t->ctx, &tie, &s->model), DLK_OK);
}

static void assert_said(const struct scene *s, uint32_t i, uint32_t context,
			enum dlk_said_what what, int32_t cpu)
{
	assert_true(i < s->model.said_count);
	assert_int_equal(s->model.said[i].context, context);
	assert_int_equal(s->model.said[i].what, what);
	assert_int_equal(s->model.said[i].cpu, cpu);
}

static const char lockup[] =
	"[   69.000000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [zebra:93]\n";

static void test_lockup(void **state)
{
	struct scene s = { 0 };

	add_running(&s, 12, "yak", 0, 60);
	add_running(&s, 93, "zebra", 1, 54);
	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 1);
	assert_said(&s, 0, 1, DLK_SAID_SOFT_LOCKUP, 1);
	assert_int_equal(s.model.said[0].seconds, 22);
	assert_int_equal(s.model.said[0].ago_ns, 31 * SECOND);
	assert_int_equal(s.model.said[0].times, 1);
}

/* The CPU has gone on since: who was there came on it again. */
static void test_lockup_is_over(void **state)
{
	struct scene s = { 0 };
	struct dlk_context *c = add_running(&s, 93, "zebra", 1, 30);

	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 0);
	c->running_ns = 31 * SECOND;
	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 1);
	/* It sleeps, and did not then. */
	c->is_on_cpu = false;
	c->is_blocked = true;
	c->blocked_ns = 90 * SECOND;
	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 0);
}

/* Another task, the same of another name, on another CPU, of no interest, running since nobody knows when. */
static void test_lockup_of_others(void **state)
{
	static const struct {
		int32_t pid, cpu;
		const char *comm;
		uint64_t ns;
		bool wanted;
	} others[] = {
		{ 94, 1, "zebra", 54 * SECOND, true },    { 93, 1, "zebu", 54 * SECOND, true },
		{ 93, 2, "zebra", 54 * SECOND, true },    { 93, 1, "zebra", 54 * SECOND, false },
		{ 93, 1, "zebra", DLK_NS_UNKNOWN, true },
	};

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct scene s = { 0 };

		add_running(&s, others[i].pid, others[i].comm, others[i].cpu, 0)->running_ns =
			others[i].ns;
		s.wanted[0] = others[i].wanted;
		tie(*state, &s, lockup);
		assert_int_equal(s.model.said_count, 0);
	}
}

/* Said again: the last time counts, and the first is not forgotten. */
static void test_said_again(void **state)
{
	static const char text[] =
		"[   50.000000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [zebra:93]\n"
		"[   78.000000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 48s! [zebra:93]\n";
	struct scene s = { 0 };

	add_running(&s, 93, "zebra", 1, 75);
	tie(*state, &s, text);
	assert_int_equal(s.model.said_count, 1);
	assert_int_equal(s.model.said[0].seconds, 48);
	assert_int_equal(s.model.said[0].ago_ns, 22 * SECOND);
	assert_int_equal(s.model.said[0].first_ago_ns, 50 * SECOND);
	assert_int_equal(s.model.said[0].times, 2);
}

/* What interrupted it is what the CPU does; of one over an idle task nothing is known. */
static void test_on_top(void **state)
{
	struct scene s = { 0 };
	struct dlk_context *irq;

	add_running(&s, 93, "zebra", 1, 54);
	irq = add(&s, 93, "hardirq");
	irq->kind = DLK_CONTEXT_HARDIRQ;
	irq->is_on_cpu = true;
	irq->cpu = 1;
	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 1);
	assert_said(&s, 0, 1, DLK_SAID_SOFT_LOCKUP, 1);
	s.wanted[1] = false;
	tie(*state, &s, lockup);
	assert_said(&s, 0, 0, DLK_SAID_SOFT_LOCKUP, 1);
	s.contexts[0].is_idle = s.wanted[1] = true;
	tie(*state, &s, lockup);
	assert_int_equal(s.model.said_count, 0);
}

/* Either form of the line, with who it was behind it. */
static void test_hard(void **state)
{
	static const char *const texts[] = {
		"[   69.000000][    C1] watchdog: Watchdog detected hard LOCKUP on cpu 1\n",
		"[   69.000000][    C1] NMI watchdog: Watchdog detected hard LOCKUP on cpu 1\n"
		"[   69.000000][    C1] CPU: 1 PID: 93 Comm: zebra Not tainted 6.1.0 #1\n",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scene s = { 0 };

		add_running(&s, 93, "zebra", 1, 54);
		tie(*state, &s, texts[i]);
		assert_int_equal(s.model.said_count, 1);
		assert_said(&s, 0, 0, DLK_SAID_HARD_LOCKUP, 1);
		s.contexts[0].pid = 94;
		tie(*state, &s, texts[i]);
		/* The first names no task. */
		assert_int_equal(s.model.said_count, !i);
	}
}

static const char stall[] =
	"[   80.000000][    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
	"[   80.000000][    C0] rcu:  1-....: (1 GPs behind) idle=1234/1/0x4000000000000000\n"
	"[   80.000000][    C0] rcu:  Tasks blocked on level-0 rcu_node (CPUs 0-3): P64/1:b..l\n"
	"[   80.000000][    C0] rcu:  (detected by 0, t=5003 jiffies, g=1717, q=9 ncpus=4)\n";

/* It is a victim of the CPU that it names, and of the task. */
static void test_stall(void **state)
{
	struct scene s = { 0 };

	add_sleeper(&s, 64, "reader", 44);
	add_running(&s, 93, "zebra", 1, 54);
	add_running(&s, 95, "yak", 2, 54);
	tie(*state, &s, stall);
	assert_int_equal(s.model.said_count, 2);
	assert_said(&s, 0, 0, DLK_SAID_RCU_STALL, -1);
	assert_said(&s, 1, 1, DLK_SAID_RCU_STALL, 1);
	assert_string_equal(s.model.said[1].flavour, "rcu_preempt");
	assert_int_equal(s.model.said[1].seconds, 0);
	assert_int_equal(s.model.said[1].ago_ns, 20 * SECOND);
	/* They have gone on. */
	s.contexts[0].blocked_ns = s.contexts[1].running_ns = 19 * SECOND;
	tie(*state, &s, stall);
	assert_int_equal(s.model.said_count, 0);
}

static void test_pool(void **state)
{
	static const char text[] =
		"[   90.000000][    C0] BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 40s!\n"
		"[   90.000000][    C0] Showing busy workqueues and worker pools:\n";
	struct scene s = { 0 };

	add_running(&s, 93, "zebra", 1, 54);
	tie(*state, &s, text);
	assert_int_equal(s.model.said_count, 1);
	assert_said(&s, 0, 0, DLK_SAID_WORKQUEUE_LOCKUP, 1);
	assert_int_equal(s.model.said[0].seconds, 40);
}

static void test_hung(void **state)
{
	static const char text[] =
		"[   95.000000][   T28] INFO: task yeti:93 blocked for more than 61 seconds.\n"
		"[   95.000000][   T28]       Not tainted 6.1.0 #1\n"
		"[   95.000000][   T28] task:yeti state:D stack:0 pid:93 ppid:2 flags:0x00004000\n";
	struct scene s = { 0 };

	add_sleeper(&s, 93, "yeti", 66);
	tie(*state, &s, text);
	assert_int_equal(s.model.said_count, 1);
	assert_said(&s, 0, 0, DLK_SAID_HUNG_TASK, -1);
	assert_int_equal(s.model.said[0].seconds, 61);
	/* It has had what it wanted, and sleeps anew. */
	s.contexts[0].blocked_ns = 4 * SECOND;
	tie(*state, &s, text);
	assert_int_equal(s.model.said_count, 0);
}

/* Without a time nothing is known to be of now. */
static void test_no_time(void **state)
{
	struct scene s = { 0 };

	add_running(&s, 93, "zebra", 1, 54);
	tie(*state, &s, strchr(lockup, 'w'));
	assert_int_equal(s.model.said_count, 0);
	tie(*state, &s, "");
	assert_int_equal(s.model.said_count, 0);
}

/* CPUs' clocks differ by a little. */
static void test_later_than_now(void **state)
{
	static const char text[] =
		"[  100.200000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [zebra:93]\n";
	struct scene s = { 0 };

	add_running(&s, 93, "zebra", 1, 24);
	tie(*state, &s, text);
	assert_int_equal(s.model.said_count, 1);
	assert_int_equal(s.model.said[0].ago_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_lockup),
		LOG_TEST(test_lockup_is_over),
		LOG_TEST(test_lockup_of_others),
		LOG_TEST(test_said_again),
		LOG_TEST(test_on_top),
		LOG_TEST(test_hard),
		LOG_TEST(test_stall),
		LOG_TEST(test_pool),
		LOG_TEST(test_hung),
		LOG_TEST(test_no_time),
		LOG_TEST(test_later_than_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
