/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/stack.c: registers. Those that an interrupt or a fault left on a stack, those that a CPU has,
 * and which of them are known on the way up.
 */
#include <config.h>

#include "stacks.h"

/* An interrupt, or a fault, in the kernel: on goes what was interrupted, at that very address. */
static void push_regs(struct fixture *x, uint64_t ip, uint64_t cs, uint64_t sp, uint64_t bp)
{
	dlk_addr_t regs = x->sp;

	fake_put(x->f, regs, "pt_regs", "ip", ip);
	fake_put(x->f, regs, "pt_regs", "cs", cs);
	fake_put(x->f, regs, "pt_regs", "sp", sp);
	fake_put(x->f, regs, "pt_regs", "bp", bp);
	x->sp += 168;
}

static void test_stack__regs(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t interrupted;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	set_call(x, 2, 16);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push(x, CODE(1) + 1);
	interrupted = x->sp + 168 + 32;
	push_regs(x, CODE(2), KERNEL_CS, interrupted, 55); /* before f2's first instruction */
	x->sp = interrupted;
	push_zeros(x, 2);
	push(x, CODE(3) + 3);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 1, "f1+0x1", true);
	assert_frame(x, 2, "f2+0x0", true);
	assert_frame(x, 3, "f3+0x3", true);
	assert_int_equal(x->stack.frames[1].sp, interrupted);
	assert_int_equal(x->stack.frames[2].sp, interrupted + 24);
}

/* What a task saved when it was switched out is known; ORC has a rule for bp alone. */
static void test_stack__saved_registers(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;
	uint64_t value = 5;

	switch_out(x, 0x400, 77);
	for (unsigned i = 0; i < 5; i++) /* r15 r14 r13 r12 bx */
		fake_u64(x->f, x->task.sp + 8 * i, 15 - i);
	set_how(x, 0, (struct how){ .sp_reg = DLK_ORC_SP, .sp_offset = 8, .type = DLK_ORC_CALL });
	set_how(x, 1,
		(struct how){ .sp_reg = DLK_ORC_SP,
			      .sp_offset = 24,
			      .bp_reg = DLK_ORC_PREV_SP,
			      .bp_offset = -16,
			      .type = DLK_ORC_CALL });
	push(x, CODE(1) + 1);
	push(x, 99);
	push(x, 0x1234);
	push(x, CODE(2) + 2);
	fake_u64(x->f, x->sp - 16, 88);
	unwind(x);
	begin(x, &c);
	assert_int_equal(c.regs.known, SAVED_REGS);
	assert_reg(&c, DLK_X86_R15, 15);
	assert_reg(&c, DLK_X86_R12, 12);
	assert_reg(&c, DLK_X86_RBX, 11);
	assert_reg(&c, DLK_X86_RBP, 77);
	assert_false(dlk_frame_regs_get(&c.regs, DLK_X86_RAX, &value));
	assert_false(dlk_frame_regs_get(&c.regs, DLK_X86_RIP, &value));
	assert_false(dlk_frame_regs_get(&c.regs, UINT32_MAX, &value));
	assert_int_equal(value, 5);
	step_to(&c, CODE(1) + 1);
	assert_int_equal(c.regs.known, REG(RBP));
	assert_reg(&c, DLK_X86_RBP, 77);
	step_to(&c, CODE(2) + 2);
	assert_int_equal(c.regs.known, REG(RBP));
	assert_reg(&c, DLK_X86_RBP, 88);
}

/* All registers of what was interrupted are known, and of its caller again bp alone. */
static void test_stack__interrupted_registers(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;
	dlk_addr_t interrupted, regs;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	set_call(x, 2, 16);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push(x, CODE(1) + 1);
	regs = x->sp;
	interrupted = x->sp + 168 + 32;
	push_regs(x, CODE(2), KERNEL_CS, interrupted, 55);
	for (unsigned i = 5; i < 15; i++) /* bx r11 r10 r9 r8 ax cx dx si di */
		fake_u64(x->f, regs + 8 * i, 100 + i);
	fake_put(x->f, regs, "pt_regs", "flags", 0x246);
	x->sp = interrupted;
	push_zeros(x, 2);
	push(x, CODE(3) + 3);
	unwind(x);
	begin(x, &c);
	step_to(&c, CODE(1) + 1);
	step_to(&c, CODE(2));
	assert_true(c.is_exact);
	assert_int_equal(c.regs.known, ALL_REGS | REG(RFLAGS));
	assert_reg(&c, DLK_X86_RFLAGS, 0x246);
	assert_reg(&c, DLK_X86_RBX, 105);
	assert_reg(&c, DLK_X86_R8, 109);
	assert_reg(&c, DLK_X86_RAX, 110);
	assert_reg(&c, DLK_X86_RDI, 114);
	assert_reg(&c, DLK_X86_RBP, 55);
	step_to(&c, CODE(3) + 3);
	assert_int_equal(c.regs.known, REG(RBP));
}

/* A CPU tells all of its registers. */
static void test_stack__running_registers(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;

	x->task.is_on_cpu = true;
	x->f->target.cpu_count = 1;
	x->f->regs[0] = fake_registers(CODE(1), x->top - 0x200, 33, KERNEL_CS);
	x->f->regs[0].raw[DLK_X86_R8] = 8;
	fake_kernel(x->f);
	begin(x, &c);
	assert_int_equal(c.pc, CODE(1));
	assert_int_equal(c.regs.known, ALL_REGS);
	assert_reg(&c, DLK_X86_R8, 8);
	assert_reg(&c, DLK_X86_RBP, 33);
}

static void test_stack__regs_of_user_mode(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	push(x, CODE(1) + 1);
	push_regs(x, 0x401000, USER_CS, 0x7ffc0000, CODE(5));
	push(x, CODE(9) + 9); /* not to be scanned: the stack ended well */
	unwind(x);
	assert_int_equal(x->stack.frame_count, 2);
	assert_frame(x, 1, "f1+0x1", true);
}

static void test_stack__regs_partial(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t interrupted;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_how(x, 1,
		(struct how){ .sp_reg = DLK_ORC_SP, .sp_offset = 8, .type = DLK_ORC_REGS_PARTIAL });
	set_call(x, 2, 0);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push(x, CODE(1) + 1);
	push_zeros(x, 1); /* an error code */
	interrupted = x->sp + 40;
	push(x, CODE(2) + 2);
	push(x, KERNEL_CS);
	push(x, 0x246);
	push(x, interrupted);
	push(x, 0x18);
	push(x, CODE(3) + 3);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 2, "f2+0x2", true);
	assert_frame(x, 3, "f3+0x3", true);
}

static void test_stack__regs_partial_of_user_mode(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_how(x, 0, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS_PARTIAL });
	push(x, 0x401000);
	push(x, USER_CS);
	push(x, 0x246);
	push(x, 0x7ffc0000);
	push(x, 0x2b);
	push(x, CODE(9) + 9);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 1);
	assert_frame(x, 0, "f0+0x20", true);
}

/* Registers that name themselves as the interrupted: unwinding must end. */
static void test_stack__endless_regs(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start;

	switch_out(x, 0x400, 0);
	start = x->sp;
	set_how(x, 0, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	push_regs(x, CODE(0) + 0x20, KERNEL_CS, start, 0);
	unwind(x);
	assert_in_range(x->stack.frame_count, 1, 128);
}

static void run_at(struct fixture *x, uint64_t rip, uint64_t rsp, uint64_t cs)
{
	x->task.is_on_cpu = true;
	x->task.sp = 0x1234; /* stale */
	x->f->target.cpu_count = 1;
	x->f->regs[0] = fake_registers(rip, rsp, rsp + 0x40, cs);
}

static void test_stack__running(void **state)
{
	struct fixture *x = *state;

	x->sp = x->top - 0x200;
	run_at(x, CODE(1), x->sp, KERNEL_CS); /* at its first instruction */
	set_call(x, 1, 8);
	set_how(x, 2, (struct how){ .sp_reg = DLK_ORC_BP, .sp_offset = 8, .type = DLK_ORC_CALL });
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push_zeros(x, 1);
	push(x, CODE(2) + 2);
	x->sp = x->top - 0x200 + 0x40; /* bp */
	push(x, CODE(3) + 3);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 0, "f1+0x0", true);
	assert_frame(x, 1, "f2+0x2", true);
	assert_frame(x, 2, "f3+0x3", true);
	assert_int_equal(x->stack.word_count, 0x200 / 8);
}

static void test_stack__running_in_user_mode(void **state)
{
	struct fixture *x = *state;

	run_at(x, 0x401000, 0x7ffc0000, USER_CS);
	unwind(x);
	assert_true(x->stack.is_user);
	assert_int_equal(x->stack.word_count, 0);
	assert_int_equal(x->stack.frame_count, 0);
	assert_int_equal(x->stack.pc, 0);
	assert_int_equal(dlk_stack_frame_at(&x->stack, x->low + 8), DLK_NONE);
}

static void test_stack__running_without_registers(void **state)
{
	struct fixture *x = *state;

	run_at(x, CODE(1), x->top - 0x200, KERNEL_CS);
	x->task.cpu = 3;
	unwind(x);
	assert_false(x->stack.is_user);
	assert_int_equal(x->stack.frame_count, 0);
	x->task.cpu = -1;
	unwind(x);
	assert_int_equal(x->stack.frame_count, 0);
}

/*
 * The whole way of an interrupt: the handler on the CPU's interrupt stack, the function that switched to
 * it on the task's own, the registers that the entry code left there, and the function that was
 * interrupted, in the middle of a loop.
 */
static void test_stack__running_in_an_interrupt(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t irq = FAKE_DIRECT + 0x700000, entry = x->top - 0x300;

	run_at(x, CODE(1) + 0x10, irq, KERNEL_CS);
	set_call(x, 1, 8);
	set_call(x, 2, 0);
	set_how(x, 3,
		(struct how){
			.sp_reg = DLK_ORC_SP_INDIRECT, .sp_offset = 8, .type = DLK_ORC_CALL });
	set_how(x, 4, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	set_call(x, 5, 0x10);
	set_how(x, 6, (struct how){ .type = DLK_ORC_END });
	x->sp = irq;
	push_zeros(x, 1);
	push(x, CODE(2) + 2);
	push(x, CODE(3) + 3);
	push(x, entry); /* the former stack pointer */
	fake_u64(x->f, entry, CODE(4) + 4);
	x->sp = entry + 8;
	push_regs(x, CODE(5) + 5, KERNEL_CS, x->top - 0x100, 0);
	fake_u64(x->f, x->top - 0x100 + 0x10, CODE(6) + 6);
	unwind(x);
	assert_int_equal(x->stack.word_count, 0);
	assert_int_equal(x->stack.frame_count, 6);
	assert_frame(x, 0, "f1+0x10", true);
	assert_frame(x, 1, "f2+0x2", true);
	assert_frame(x, 2, "f3+0x3", true);
	assert_frame(x, 3, "f4+0x4", true);
	assert_frame(x, 4, "f5+0x5", true);
	assert_frame(x, 5, "f6+0x6", true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stack__regs),
		TEST(test_stack__saved_registers),
		TEST(test_stack__interrupted_registers),
		TEST(test_stack__running_registers),
		TEST(test_stack__regs_of_user_mode),
		TEST(test_stack__regs_partial),
		TEST(test_stack__regs_partial_of_user_mode),
		TEST(test_stack__endless_regs),
		TEST(test_stack__running),
		TEST(test_stack__running_in_user_mode),
		TEST(test_stack__running_without_registers),
		TEST(test_stack__running_in_an_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
