/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/level.c: what runs on a CPU, one on top of the other. */
#include <config.h>

#include "stacks.h"

#include "kernel/level.h"

enum { MAX_NAMES = 12 };

/* A CPU that stands in f0, which f1 has called; f1 was entered by an interrupt of f2, which f3 has called. */
static dlk_addr_t interrupt(struct fixture *x, uint64_t cs)
{
	dlk_addr_t regs, interrupted;

	set_call(x, 0, 0);
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	set_call(x, 2, 16);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	x->task.is_on_cpu = true;
	x->f->target.cpu_count = 1;
	x->sp = x->top - 0x400;
	x->f->regs[0] = fake_registers(CODE(0), x->sp, 33, KERNEL_CS);
	push(x, CODE(1) + 1);
	regs = x->sp;
	interrupted = x->sp + 168 + 32;
	fake_put(x->f, regs, "pt_regs", "ip", CODE(2));
	fake_put(x->f, regs, "pt_regs", "cs", cs);
	fake_put(x->f, regs, "pt_regs", "sp", interrupted);
	fake_u64(x->f, regs + 8 * 5, 105); /* bx */
	x->sp = interrupted;
	push_zeros(x, 2);
	push(x, CODE(3) + 3);
	unwind(x);
	return interrupted;
}

struct levels {
	struct dlk_cpu_level at[DLK_MAX_LEVELS];
};

/* With other names for its functions. */
static uint32_t find(struct fixture *x, const char *const *names, struct levels *ret)
{
	static struct dlk_frame frames[MAX_NAMES];

	assert_true(x->stack.frame_count <= MAX_NAMES);
	for (uint32_t i = 0; i < x->stack.frame_count; i++) {
		frames[i] = x->stack.frames[i];
		frames[i].function = names[i];
	}
	x->stack.frames = frames;
	return dlk_levels_find(&x->f->k, &x->stack, ret->at);
}

#define FIND(x, ret, ...) find(x, (const char *const[]){ __VA_ARGS__ }, ret)

static void test_level__interrupt(void **state)
{
	struct fixture *x = *state;
	struct levels row;
	dlk_addr_t interrupted = interrupt(x, KERNEL_CS);
	uint64_t rbx;

	assert_int_equal(FIND(x, &row, "handler", "asm_sysvec_apic_timer_interrupt", "work",
			      "kthread"),
			 2);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_HARDIRQ);
	assert_int_equal(row.at[0].first, 0);
	assert_int_equal(row.at[0].count, 2);
	assert_int_equal(row.at[0].start.pc, CODE(0));
	assert_int_equal(row.at[1].kind, DLK_CONTEXT_TASK);
	assert_int_equal(row.at[1].first, 2);
	assert_int_equal(row.at[1].count, 2);
	assert_int_equal(row.at[1].start.pc, CODE(2));
	assert_int_equal(row.at[1].start.sp, interrupted);
	assert_int_equal(row.at[1].start.top, x->top);
	assert_true(row.at[1].start.is_exact);
	assert_true(dlk_frame_regs_get(&row.at[1].start.regs, DLK_X86_RBX, &rbx));
	assert_int_equal(rbx, 105);
}

static void test_level__softirq(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, KERNEL_CS);
	assert_int_equal(FIND(x, &row, "handle_softirqs", "asm_sysvec_apic_timer_interrupt", "work",
			      "kthread"),
			 2);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_SOFTIRQ);
	assert_int_equal(row.at[0].count, 2);
	assert_int_equal(row.at[1].kind, DLK_CONTEXT_TASK);
}

/* A task that runs softirqs itself, in a fault that it had. */
static void test_level__own_softirq(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, KERNEL_CS);
	assert_int_equal(FIND(x, &row, "handle_softirqs", "asm_exc_page_fault", "work", "kthread"),
			 2);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_SOFTIRQ);
	assert_int_equal(row.at[0].count, 1);
	assert_int_equal(row.at[1].kind, DLK_CONTEXT_TASK);
	assert_int_equal(row.at[1].first, 1);
	assert_int_equal(row.at[1].count, 3);
	assert_int_equal(row.at[1].start.pc, CODE(1) + 1);
	assert_false(row.at[1].start.is_exact);
}

/* What an exception does, and an interrupt that has ended, is the task's own. */
static void test_level__own(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, KERNEL_CS);
	assert_int_equal(FIND(x, &row, "fault", "asm_exc_page_fault", "work", "kthread"), 1);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_TASK);
	assert_int_equal(row.at[0].count, 4);
	assert_int_equal(FIND(x, &row, "preempt_schedule_irq", "asm_sysvec_reschedule_ipi", "work",
			      "kthread"),
			 1);
	assert_int_equal(row.at[0].count, 4);
}

/* What has stopped the CPU when the kernel panicked is peeled off; not what a task does itself. */
static void test_level__panic(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, KERNEL_CS);
	assert_int_equal(FIND(x, &row, "crash_nmi_callback", "asm_exc_nmi", "work", "kthread"), 1);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_TASK);
	assert_int_equal(row.at[0].first, 2);
	assert_int_equal(FIND(x, &row, "perf_handler", "asm_exc_nmi", "work", "kthread"), 2);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_NMI);
	assert_int_equal(FIND(x, &row, "panic", "asm_exc_page_fault", "work", "kthread"), 1);
	assert_int_equal(row.at[0].first, 0);
}

/* Below is a user's code. */
static void test_level__user(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, 0x33);
	assert_int_equal(FIND(x, &row, "handler", "asm_common_interrupt"), 2);
	assert_int_equal(row.at[0].kind, DLK_CONTEXT_HARDIRQ);
	assert_int_equal(row.at[1].count, 0);
	assert_int_equal(row.at[1].start.pc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_level__interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level__softirq, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level__own_softirq, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level__own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level__panic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level__user, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
