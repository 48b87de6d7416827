/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/trace.c: stacks out of frames and markers. */
#include <config.h>

#include "log.h"

#include <stdio.h>

#include "log/trace.h"

static void init(struct log_test *t, struct dlk_log_trace *trace)
{
	*trace = (struct dlk_log_trace){ .ctx = &t->ctx,
					 .keep = &t->keep,
					 .frames = DLK_VEC_INIT(struct dlk_log_frame) };
	dlk_log_trace_reset(trace);
}

static bool take(struct dlk_log_trace *trace, const char *text)
{
	struct dlk_log_record record = { .text = text,
					 .length = (uint32_t)strlen(text),
					 .line = 7 };

	return dlk_log_trace_take(trace, &record);
}

/* Lines, up to NULL, as a stack. */
static void assert_trace(struct log_test *t, const char *const *lines, const char *expected)
{
	struct dlk_log_trace trace;
	struct dlk_log_stack stack;

	init(t, &trace);
	for (; *lines; lines++)
		if (!take(&trace, *lines))
			fail_msg("%s: not taken", *lines);
	stack = dlk_log_trace_keep(&trace);
	log_assert_stack(&stack, expected);
}

#define TRACE(expected, ...)                                                                       \
	assert_trace(*state, (const char *const[]){ __VA_ARGS__, NULL }, expected)

static void test_markers(void **state)
{
	TRACE("irq:a+0x1 irq:b+0x1 c+0x1", "<IRQ>", "a+0x1/0x2", "b+0x1/0x2", "</IRQ>", "<TASK>",
	      "c+0x1/0x2", "</TASK>");
	TRACE("irq:a+0x1 b+0x1", "<IRQ>  [<ffffffff81234567>] a+0x1/0x2",
	      "<EOI>  [<ffffffff81234567>] b+0x1/0x2");
	TRACE("nmi:a+0x1 irq:b+0x1 c+0x1", "<NMI>", "a+0x1/0x2", "</NMI>", "<IRQ>", "b+0x1/0x2",
	      "</IRQ>", "c+0x1/0x2");
	TRACE("soft:a+0x1 b+0x1", "<SOFTIRQ>", "a+0x1/0x2", "</SOFTIRQ>", "b+0x1/0x2");
	TRACE("irq:a b", "#0 [ffffc90000123400] a at ffffffff81aaa010", "--- <IRQ stack> ---",
	      "#1 [ffffc90000123400] b at ffffffff81aaa010");
	TRACE("nmi:a b", "#0 [ffffc90000123400] a at ffffffff81aaa010",
	      "--- <NMI exception stack> ---", "#1 [ffffc90000123400] b at ffffffff81aaa010");
	TRACE("irq:a+0x1 b+0x1 c+0x1", "[c000000001aa1000] [c000000001aa2000] a+0x1/0x2",
	      "--- interrupt: 900 at b+0x1/0x2", "b+0x1/0x2", "--- interrupt: c00 at 0x7fff",
	      "c+0x1/0x2");
}

/* A timer's softirq is run when its interrupt ends; another interrupt may come meanwhile. */
static void test_softirqs(void **state)
{
	static const char *const entries[] = { "asm_sysvec_apic_timer_interrupt",
					       "smp_apic_timer_interrupt",
					       "apic_timer_interrupt",
					       "common_interrupt",
					       "do_IRQ",
					       "ret_from_intr",
					       "gic_handle_irq",
					       "el1h_64_irq" };

	TRACE("soft:work+0x1 soft:__do_softirq+0x1 irq:irq_exit_rcu+0x1 irq:sysvec_x+0x1 task+0x1",
	      "<IRQ>", "work+0x1/0x2", "__do_softirq+0x1/0x2", "irq_exit_rcu+0x1/0x2",
	      "sysvec_x+0x1/0x2", "</IRQ>", "task+0x1/0x2");
	TRACE("irq:inner+0x1 irq:sysvec_y+0x1 soft:?guess+0x1 soft:work+0x1 soft:handle_softirqs+0x1 irq:exit+0x1",
	      "<IRQ>", "inner+0x1/0x2", "sysvec_y+0x1/0x2", "? guess+0x1/0x2", "work+0x1/0x2",
	      "handle_softirqs+0x1/0x2", "exit+0x1/0x2");
	for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		char entry[64], expected[256];

		snprintf(entry, sizeof(entry), "%s+0x1/0x2", entries[i]);
		snprintf(expected, sizeof(expected),
			 "irq:inner+0x1 irq:%s+0x1 soft:work+0x1 soft:__do_softirq+0x1",
			 entries[i]);
		TRACE(expected, "<IRQ>", "inner+0x1/0x2", entry, "work+0x1/0x2",
		      "__do_softirq+0x1/0x2");
	}
}

/* What is no frame, and belongs to a stack; what is not of it. */
static void test_around(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_trace trace;

	init(t, &trace);
	assert_true(take(&trace, "ffff888011112000 0000000000000000 ffff888066668000"));
	assert_true(take(&trace, "0000000000770011"));
	assert_false(take(&trace, "12 34"));
	assert_false(take(&trace, "deadbeef is no word"));
	assert_false(take(&trace, "audit: type=1400"));
	assert_true(take(&trace, "<Same stack as pid 30>"));
	assert_int_equal(trace.same_as, 30);
	assert_false(trace.is_cut);
	assert_true(take(&trace, "..."));
	assert_true(trace.is_cut);
	assert_int_equal(dlk_log_trace_count(&trace), 0);
}

/* After its end, or what s390 prints behind it, nothing belongs to it. */
static void test_end(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_trace trace;

	init(t, &trace);
	assert_true(take(&trace, "a+0x1/0x2"));
	assert_true(take(&trace, "</TASK>"));
	assert_false(take(&trace, "b+0x1/0x2"));
	dlk_log_trace_begin(&trace);
	assert_true(take(&trace, "b+0x1/0x2"));
	assert_true(take(&trace, "Last Breaking-Event-Address:"));
	assert_false(take(&trace, "[<0000000001234567>] c+0x1/0x2"));
	assert_int_equal(dlk_log_trace_count(&trace), 1);
}

/* Each line of arm says again what the line before has said. */
static void test_arm(void **state)
{
	TRACE("f g+0x60 h+0x10 i j+0x4", "[<80111110>] (f) from [<80111120>] (g+0x60/0xdc)",
	      "[<80111120>] (g) from [<80111130>] (h+0x10/0x6c)", "i from j+0x4/0x8");
}

/* Two stacks of a draft share the vector, and no frames. */
static void test_two(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_trace trace;
	struct dlk_log_stack first, second;

	init(t, &trace);
	take(&trace, "<IRQ>");
	take(&trace, "a+0x1/0x2");
	first = dlk_log_trace_keep(&trace);
	dlk_log_trace_begin(&trace);
	take(&trace, "b+0x1/0x2");
	second = dlk_log_trace_keep(&trace);
	log_assert_stack(&first, "irq:a+0x1");
	log_assert_stack(&second, "b+0x1");
	assert_int_equal(second.frames[0].line, 7);
}

static void test_limits(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_trace trace;
	struct dlk_log_stack stack;

	init(t, &trace);
	for (unsigned i = 0; i < DLK_LOG_MAX_FRAMES; i++)
		take(&trace, "a+0x1/0x2");
	assert_false(trace.is_cut);
	take(&trace, "a+0x1/0x2");
	stack = dlk_log_trace_keep(&trace);
	assert_true(stack.is_cut);
	assert_int_equal(stack.count, DLK_LOG_MAX_FRAMES);
	while (trace.frames.len < DLK_LOG_MAX_DRAFT_FRAMES) {
		dlk_log_trace_begin(&trace);
		for (unsigned i = 0; i < DLK_LOG_MAX_FRAMES; i++)
			take(&trace, "a+0x1/0x2");
	}
	dlk_log_trace_begin(&trace);
	assert_true(take(&trace, "a+0x1/0x2"));
	assert_int_equal(dlk_log_trace_count(&trace), 0);
	assert_true(trace.is_cut);
}

static void test_headings(void **state)
{
	(void)state;
	assert_true(dlk_log_is_trace_heading("Call Trace:"));
	assert_true(dlk_log_is_trace_heading("Call trace:"));
	assert_true(dlk_log_is_trace_heading("Backtrace: "));
	assert_true(dlk_log_is_trace_heading("Stack : 0000000000000078 9000000001010100"));
	assert_false(dlk_log_is_trace_heading("Stacks are deep"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_markers), LOG_TEST(test_softirqs), LOG_TEST(test_around),
		LOG_TEST(test_end),     LOG_TEST(test_arm),      LOG_TEST(test_two),
		LOG_TEST(test_limits),  LOG_TEST(test_headings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
