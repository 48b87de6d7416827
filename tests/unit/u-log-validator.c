/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/validator.c: the lock validator's reports. */
#include <config.h>

#include "log.h"

static const struct dlk_log_validator *report_of(struct log_test *t, const char *text)
{
	return &log_block(log_read(t, text), DLK_LOG_VALIDATOR, 0)->validator;
}

static void assert_class(const struct dlk_log_class *class, const char *name, const char *at,
			 const char *stack)
{
	assert_string_equal(class->name, name);
	if (at)
		assert_string_equal(class->at, at);
	else
		assert_null(class->at);
	log_assert_stack(&class->stack, stack);
}

#define LOOM "ffff888000012000 (&loom->lock){+.+.}-{3:3}"
#define YARN "ffff888000013000 (&yarn->lock#2){.+.+}-{3:3}"

static const char circular[] =
	"======================================================\nWARNING: possible circular locking dependency detected\n"
	"6.9.0 #12 Not tainted\n------------------------------------------------------\n"
	"weaver of cloth/55 is trying to acquire lock:\n" LOOM
	", at: loom_get mm/loom.c:3 [inline]\n" LOOM
	", at: loom_take+0x4f/0x110\n\nbut task is already holding lock:\n" YARN
	", at: yarn_get+0xf2/0x320\n\n"
	"which lock already depends on the new lock.\n\nthe existing dependency chain (in reverse order) is:\n\n"
	"-> #2 (&yarn->lock#2){.+.+}-{3:3}:\n       lock_acquire+0x1/0x2\n       spin+0x2/0x3\n\n"
	"-> #1 (&(&dye->lock)->rlock){+.+.}-{2:2}:\n       stir+0x2/0x3\n\n"
	"-> #0 (&loom->lock){+.+.}-{3:3}:\n       weave+0x2/0x3\n\nother info that might help us debug this:\n\n"
	"Chain exists of:\n  &loom->lock --> &(&dye->lock)->rlock --> &yarn->lock#2\n\n Possible unsafe locking scenario:\n\n"
	"       CPU0                    CPU1\n       ----                    ----\n  lock(&yarn->lock#2);\n\n *** DEADLOCK ***\n\n"
	"1 lock held by weaver of cloth/55:\n #0: " YARN
	", at: yarn_get+0xf2/0x320\n\nstack backtrace:\n"
	"CPU: 1 PID: 55 Comm: weaver of cloth Not tainted 6.9.0 #12\nCall Trace:\n <TASK>\n dump_stack_lvl+0x60/0x7e\n"
	" loom_take+0x4f/0x110\n </TASK>\n";

static void test_circular(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log_validator *v = report_of(t, circular);

	assert_int_equal(v->kind, DLK_LOG_CIRCULAR);
	assert_string_equal(v->title, "possible circular locking dependency detected");
	log_assert_who(&v->who, "weaver of cloth", 55);
	assert_int_equal(v->cpu, 1);
	assert_class(&v->wanted, "&loom->lock", "loom_take+0x4f", "");
	assert_int_equal(v->wanted.lock, 0xffff888000012000);
	assert_class(&v->held, "&yarn->lock#2", "yarn_get+0xf2", "");
	assert_string_equal(v->held.usage, ".+.+");
	assert_int_equal(v->chain_count, 3);
	assert_class(&v->chain[0], "&yarn->lock#2", NULL, "lock_acquire+0x1 spin+0x2");
	assert_class(&v->chain[1], "&(&dye->lock)->rlock", NULL, "stir+0x2");
	assert_class(&v->chain[2], "&loom->lock", NULL, "weave+0x2");
	log_assert_stack(&v->backtrace, "dump_stack_lvl+0x60 loom_take+0x4f");
	assert_true(v->has_end);
	assert_null(v->first.name);
	assert_null(v->from);
	assert_string_equal(t->log.release, "6.9.0");
}

/* The list in its midst is a block of its own, and ends nothing. */
static void test_held(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log_block *block = log_block(log_read(t, circular), DLK_LOG_HELD, 0);

	assert_int_equal(t->log.block_count, 2);
	assert_int_equal(block->held.count, 1);
	log_assert_who(&block->held.who, "weaver of cloth", 55);
	assert_in_range(block->first_line, t->log.blocks[0].first_line, t->log.blocks[0].last_line);
}

/* Cut anywhere, it says what there was, and that this is not all. */
static void test_cut(void **state)
{
	struct log_test *t = *state;
	char text[sizeof(circular)];

	for (size_t length = 110; length < sizeof(circular); length++) {
		const struct dlk_log_validator *v;

		memcpy(text, circular, length);
		text[length] = 0;
		v = report_of(t, text);
		assert_int_equal(v->has_end, v->backtrace.count > 0);
		assert_int_equal(v->has_end, strstr(text, "dump_stack_lvl+0x6") != NULL);
		assert_int_equal(v->wanted.name != NULL, strstr(text, "(&loom->lock)") != NULL);
		assert_int_equal(v->chain_count > 0, strstr(text, "-> #2 (&yarn->lock#2)") != NULL);
	}
}

static const char inconsistent[] =
	"WARNING: inconsistent lock state\n6.1 #4 Tainted: G O\n--------------------------------\n"
	"inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\nswapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:\n"
	"ffff888000012000 (&rag->lock){+.?.}-{2:2}, at: rag_wring+0x4f/0x110\n{SOFTIRQ-ON-W} state was registered at:\n"
	"  lock_acquire+0xc2/0x290\n  rag_soak+0x2/0x3\nirq event stamp: 1234567\n"
	"hardirqs last enabled at (1234567): [<ffffffff81bbb010>] f+0x84/0xa0\n\nother info that might help us debug this:\n"
	"no locks held by swapper/1/0.\nstack backtrace:\nCPU: 1 PID: 0 Comm: swapper/1 Not tainted 6.1 #4\nCall Trace:\n <IRQ>\n"
	" dump_stack_lvl+0x60/0x7e\n </IRQ>\n";

static void test_inconsistent(void **state)
{
	const struct dlk_log_validator *v = report_of(*state, inconsistent);

	assert_int_equal(v->kind, DLK_LOG_INCONSISTENT);
	log_assert_who(&v->who, "swapper/1", 0);
	assert_string_equal(v->from, "SOFTIRQ-ON-W");
	assert_string_equal(v->to, "IN-SOFTIRQ-W");
	assert_class(&v->wanted, "&rag->lock", "rag_wring+0x4f", "");
	assert_class(&v->first, "&rag->lock", NULL, "lock_acquire+0xc2 rag_soak+0x2");
	assert_null(v->second.name);
	log_assert_stack(&v->backtrace, "irq:dump_stack_lvl+0x60");
}

static const char inversion[] =
	"[ INFO: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected ]\n3.18.22 #2 Tainted: G W\n"
	"dyer/66 [HC0[0]:SC0[0]:HE0:SE1] is trying to acquire:\n (vat_lock){+.+...}, at: [<ffffffc00aaa4000>] vat_fill+0x40/0x17c\n"
	"and this task is already holding:\n (__pot_lock){-.....}, at: [<ffffffc00aaa5000>] pot_stir+0x200/0x948\n"
	"which would create a new lock dependency:\n (__pot_lock){-.....} -> (vat_lock){+.+...}\n"
	"but this new dependency connects a HARDIRQ-irq-safe lock:\n (__pot_lock){-.....}\n"
	"... which became HARDIRQ-irq-safe at:\n  [<ffffffc00aaa6000>] pot_irq+0x2c/0x12c\nto a HARDIRQ-irq-unsafe lock:\n"
	" (vat_lock){+.+...}\n... which became HARDIRQ-irq-unsafe at:\n...  [<ffffffc00aaa3000>] vat_empty+0x180/0x770\n"
	"  [<ffffffc00aaa3000>] vat_all+0x1/0x2\nother info that might help us debug this:\n"
	"the dependencies between HARDIRQ-irq-safe lock and the holding lock:\n-> (__pot_lock){-.....} ops: 5 {\n"
	"   IN-HARDIRQ-W at:\n  [<ffffffc00aaa6000>] usage+0x2c/0x12c\n }\nstack backtrace:\n"
	"CPU: 0 PID: 66 Comm: dyer Not tainted 3.18 #1\nCall trace:\n[<ffffffc00aaa6000>] dump+0x2c/0x12c\n";

static void test_inversion(void **state)
{
	const struct dlk_log_validator *v = report_of(*state, inversion);

	assert_int_equal(v->kind, DLK_LOG_IRQ_INVERSION);
	assert_string_equal(v->title, "HARDIRQ-safe -> HARDIRQ-unsafe lock order detected");
	assert_string_equal(v->from, "HARDIRQ-safe");
	assert_string_equal(v->to, "HARDIRQ-unsafe");
	log_assert_who(&v->who, "dyer", 66);
	assert_class(&v->wanted, "vat_lock", "vat_fill+0x40", "");
	assert_class(&v->held, "__pot_lock", "pot_stir+0x200", "");
	assert_class(&v->first, "__pot_lock", NULL, "pot_irq+0x2c");
	assert_class(&v->second, "vat_lock", NULL, "vat_empty+0x180 vat_all+0x1");
	log_assert_stack(&v->backtrace, "dump+0x2c");
	assert_int_equal(v->chain_count, 0);
}

/* printk's pieces: a lock, where it was taken, and its address are three records. */
static void test_pieces(void **state)
{
	const struct dlk_log_validator *v = report_of(
		*state,
		"(0)[66:dyer][ INFO: possible irq lock inversion dependency detected ]\n"
		"(0)[66:dyer]dyer/66 just changed the state of lock:\n(0)[66:dyer]lockdep: [ffffffc00bbb1000] (vat_lock){+.+...}\n"
		"(0)[66:dyer]lockdep: , at:\n(0)[66:dyer][<ffffffc00aaa4000>] vat_fill+0x40/0x17c\n"
		"but this lock took another, HARDIRQ-unsafe lock in the past:\n(0)[66:dyer] (pot_lock){+.+...}\n");

	assert_int_equal(v->kind, DLK_LOG_IRQ_INVERSION);
	assert_class(&v->wanted, "vat_lock", "vat_fill+0x40", "");
	assert_int_equal(v->wanted.lock, 0xffffffc00bbb1000);
	assert_class(&v->second, "pot_lock", NULL, "");
	assert_string_equal(v->to, "HARDIRQ-unsafe");
	assert_null(v->from);
	assert_false(v->has_end);
}

/* Lines that are missing are not made up by what follows them. */
static void test_missing(void **state)
{
	const struct dlk_log_validator *v = report_of(
		*state,
		"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\ndyer/66 [HC0[0]] is trying to acquire:\n"
		" (vat_lock){+.+...}, at: vat_fill+0x40/0x17c\n  pot_irq+0x2c/0x12c\nto a HARDIRQ-irq-unsafe lock:\n"
		" (vat_lock){+.+...}\n... which became HARDIRQ-irq-unsafe at:\n  vat_empty+0x180/0x770\n");

	assert_class(&v->wanted, "vat_lock", "vat_fill+0x40", "");
	assert_null(v->held.name);
	assert_null(v->first.name);
	assert_class(&v->second, "vat_lock", NULL, "vat_empty+0x180");
}

/* Whose report it is: who takes the lock; else who has printed it. */
static void test_who(void **state)
{
	static const char cpu[] = "stack backtrace:\nCPU: 1 PID: 7 Comm: a Not tainted 6.1 #1\n";
	char text[256] = "WARNING: possible recursive locking detected\n";

	strcat(text, cpu);
	log_assert_who(&report_of(*state, text)->who, "a", 7);
	strcpy(text, "WARNING: possible recursive locking detected\nb/8 is trying to lock:\n");
	strcat(text, cpu);
	log_assert_who(&report_of(*state, text)->who, "b", 8);
}

static void test_titles(void **state)
{
	static const struct {
		const char *text, *title;
		enum dlk_log_validator_kind kind;
	} table[] = {
		{ "WARNING: possible recursive locking detected",
		  "possible recursive locking detected", DLK_LOG_RECURSIVE },
		{ "[ BUG: Invalid wait context ]", "Invalid wait context", DLK_LOG_WAIT_CONTEXT },
		{ "WARNING: bad unlock balance detected!", "bad unlock balance detected!",
		  DLK_LOG_OTHER_MISUSE },
		{ "WARNING: held lock freed!", "held lock freed!", DLK_LOG_OTHER_MISUSE },
		{ "WARNING: suspicious RCU usage", "suspicious RCU usage", DLK_LOG_OTHER_MISUSE },
		{ "WARNING: lock held when returning to user space!",
		  "lock held when returning to user space!", DLK_LOG_OTHER_MISUSE },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct dlk_log_validator *v = report_of(*state, table[i].text);

		assert_string_equal(v->title, table[i].title);
		assert_int_equal(v->kind, table[i].kind);
		log_assert_who(&v->who, NULL, DLK_LOG_NO_NUMBER);
	}
	assert_int_equal(
		log_read(*state,
			 "possible circular locking dependency detected\nWARNING: at mm/f.c:12\n")
			->block_count,
		0);
}

/* Another report, or a hang, ends it; a trace of something else does, too. */
static void test_ends(void **state)
{
	static const char *const others[] = {
		"WARNING: inconsistent lock state\n",
		"INFO: task a:1 blocked for more than 120 seconds.\n",
		"Call Trace:\n",
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char text[sizeof(circular) + 256];

		strcpy(text, circular);
		strcat(text, others[i]);
		strcat(text, " stray+0x1/0x2\n");
		log_assert_stack(&report_of(t, text)->backtrace,
				 "dump_stack_lvl+0x60 loom_take+0x4f");
	}
}

static void test_leak(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log_validator *v = report_of(
		t,
		"BUG: workqueue leaked lock or atomic: kworker/5:3/0x00000000/88\n     last function: wash\n"
		"1 lock held by kworker/5:3/88:\n #0: " LOOM ", at: wash+0x1/0x2\n"
		"CPU: 5 PID: 88 Comm: kworker/5:3 Not tainted 4.19 #1\nWorkqueue: w wash\nCall trace:\n f+0x1/0x2\n");

	assert_int_equal(v->kind, DLK_LOG_OTHER_MISUSE);
	log_assert_who(&v->who, "kworker/5:3", 88);
	assert_int_equal(v->cpu, 5);
	log_assert_stack(&v->backtrace, "f+0x1");
	assert_int_equal(log_block(&t->log, DLK_LOG_HELD, 0)->held.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_circular),     LOG_TEST(test_held),      LOG_TEST(test_cut),
		LOG_TEST(test_inconsistent), LOG_TEST(test_inversion), LOG_TEST(test_pieces),
		LOG_TEST(test_missing),      LOG_TEST(test_who),       LOG_TEST(test_titles),
		LOG_TEST(test_ends),         LOG_TEST(test_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
