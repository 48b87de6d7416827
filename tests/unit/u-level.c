/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/level.c, and locks/on_top.c by it: what runs on a CPU, one on top of the other. */
#include <config.h>

#include "stacks.h"

#include "kernel/level.h"
#include "locks/find.h"

enum { MAX_NAMES = 12, FLAGS = 0x46, IF = 0x200 };

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
	assert_false(row.at[0].is_user);
	assert_true(row.at[1].is_user);
}

/* The stack ends in the interrupt, and nothing tells why: what is below may be anything. */
static void test_level__cut(void **state)
{
	struct fixture *x = *state;
	struct levels row;

	interrupt(x, KERNEL_CS);
	x->stack.frame_count = 2;
	assert_int_equal(FIND(x, &row, "handler", "asm_common_interrupt"), 2);
	assert_int_equal(row.at[1].count, 0);
	assert_false(row.at[1].is_user);
}

/* Frames of such names, and flags where the CPU stands, and where f2 was interrupted: what is known of each context? */
static const struct flags {
	const char *names[4];
	uint64_t cpu, saved;
	unsigned contexts;
	bool is_off[2];
} rows[] = {
	/* What has stopped the CPU is peeled off, with its flags. */
	{ { "crash_nmi_callback", "asm_exc_nmi", "work", "kthread" },
	  FLAGS,
	  FLAGS | IF,
	  1,
	  { false } },
	{ { "crash_nmi_callback", "asm_exc_nmi", "work", "kthread" },
	  FLAGS | IF,
	  FLAGS,
	  1,
	  { true } },
	/* An NMI comes on top of what has its interrupts off, too. */
	{ { "handler", "asm_exc_nmi", "work", "kthread" }, FLAGS, FLAGS, 2, { true, true } },
	{ { "handler", "asm_exc_nmi", "work", "kthread" }, FLAGS, FLAGS | IF, 2, { false, true } },
	{ { "handler", "asm_sysvec_apic_timer_interrupt", "work", "kthread" },
	  FLAGS,
	  FLAGS | IF,
	  2,
	  { false, true } },
	{ { "handle_softirqs", "asm_sysvec_apic_timer_interrupt", "work", "kthread" },
	  FLAGS | IF,
	  FLAGS | IF,
	  2,
	  { false, false } },
};

static void look(struct fixture *x, const struct flags *row)
{
	struct dlk_facts f = { .k = &x->f->k,
			       .ctx = &x->f->ctx,
			       .starts = DLK_VEC_INIT(struct dlk_stack_start) };
	struct dlk_context c = { .task = TASK, .is_on_cpu = true, .cpu = 0, .frame_count = 4 };
	struct dlk_frame frames[4];
	uint32_t context;

	for (unsigned i = 0; i < 4; i++) {
		frames[i] = x->stack.frames[i];
		frames[i].function = row->names[i];
	}
	c.frames = frames;
	dlk_model_builder_init(f.ctx, &f.model);
	f.tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	*(struct dlk_task *)dlk_vec_push(f.ctx, &f.tasks.tasks) = x->task;
	assert_int_equal(dlk_model_add_context(&f.model, &c, &context), DLK_OK);
	assert_int_equal(dlk_on_top_gather(&f), DLK_OK);
	assert_int_equal(f.model.contexts.len, row->contexts);
	for (uint32_t i = 0; i < row->contexts; i++) {
		assert_true(dlk_facts_context(&f, i)->are_flags_known);
		assert_int_equal(dlk_facts_context(&f, i)->has_interrupts_off, row->is_off[i]);
	}
}

static void test_level__flags(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dlk_addr_t interrupted = interrupt(x, KERNEL_CS);

		fake_put(x->f, interrupted - 168 - 32, "pt_regs", "flags", rows[i].saved);
		x->f->regs[0].raw[DLK_X86_RFLAGS] = rows[i].cpu;
		dlk_arch_settle(&dlk_arch_x86_64, &x->f->regs[0]);
		fake_forget(x->f);
		look(x, &rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_level__interrupt, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__softirq, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__own_softirq, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__own, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__panic, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__user, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__flags, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_level__cut, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
