/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/registers.c: what a frame's caller will find in its registers again. */
#include <config.h>

#include "frames.h"

#include "code/registers.h"

enum { RBX = 0xb0, RBP = 0xb1, R12 = 0xb2, R13 = 0xb3, R14 = 0xb4, R15 = 0xb5 };

struct fixture {
	struct fake *f;
	struct dlk_registers *r;
	struct sleeper s;
	struct dlk_frame_regs regs;
};

static int setup(void **state)
{
	static struct fixture x;
	struct dlk_code *code;

	x = (struct fixture){ .f = code_fake() };
	code = code_open(x.f);
	x.r = dlk_registers_open(code, dlk_walk_open(code));
	sleeper_begin(&x.s);
	SET_REG(&x.s, RBX, RBX);
	SET_REG(&x.s, RBP, RBP);
	SET_REG(&x.s, R12, R12);
	SET_REG(&x.s, R13, R13);
	SET_REG(&x.s, R14, R14);
	SET_REG(&x.s, R15, R15);
	*state = &x;
	return x.r ? 0 : -1;
}

/* The registers of the frame @p out frames further out than the innermost. */
static void go_out(struct fixture *x, uint32_t out)
{
	struct dlk_frame_state state = dlk_registers_begin(&x->s.stack);

	for (uint32_t i = 0; i < out; i++)
		assert_int_equal(dlk_registers_go_out(x->r, &x->s.stack, i, &state), DLK_OK);
	x->regs = state.regs;
}

#define assert_reg(x, name, wanted)                                                                \
	do {                                                                                       \
		uint64_t its = 0;                                                                  \
		assert_true(dlk_frame_regs_get(&(x)->regs, DLK_X86_##name, &its));                 \
		assert_int_equal(its, wanted);                                                     \
	} while (0)
#define assert_no_reg(x, name) assert_false((x)->regs.known >> DLK_X86_##name & 1)

CODE("function schedule; nop; call schedule; at in_schedule; ret");
CODE("function main_one; nop; call schedule; at in_main; ret");

CODE("function pushes; push %r12; push %rbp; push %rbx; sub $8,%rsp; mov %rdi,%rbx; call schedule;"
     "at in_pushes; add $8,%rsp; pop %rbx; pop %rbp; pop %r12; ret");

static void test_registers__pushed(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 1, 2, 3);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_reg(x, RBX, 1);
	assert_reg(x, RBP, 2);
	assert_reg(x, R12, 3);
	assert_reg(x, R13, R13); /* which it leaves alone */
	assert_reg(x, R15, R15);
	assert_no_reg(x, RAX);
	assert_no_reg(x, RDI);
}

CODE("function moves; sub $0x18,%rsp; mov %rbx,8(%rsp); mov %r12,0x10(%rsp); mov %rdi,%rbx; xor %r12d,%r12d;"
     "call schedule; at in_moves; mov 8(%rsp),%rbx; mov 0x10(%rsp),%r12; add $0x18,%rsp; ret");
CODE("function by_rbp; push %rbp; mov %rsp,%rbp; push %rbx; sub $0x18,%rsp; and $-16,%rsp; xor %ebx,%ebx;"
     "call schedule; at in_by_rbp; mov -8(%rbp),%rbx; leave; ret");

/* Stored rather than pushed; and found by rbp, where sp itself is not known any more. */
static void test_registers__stored(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, moves, in_moves, 0, 1, 2);
	SLEEPS_IN(&x->s, by_rbp, in_by_rbp, 0, 0, 0, 0, 3, 4);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_reg(x, RBX, 1);
	assert_reg(x, R12, 2);
	go_out(x, 2);
	assert_reg(x, RBX, 3);
	assert_reg(x, RBP, 4);
	assert_reg(x, R12, 2);
}

CODE("function wrapped; test %edi,%edi; je 1f; push %rbx; mov %rdi,%rbx; call schedule; at in_wrapped; pop %rbx;"
     "1: ret");
CODE("function looped; push %rbx; mov $9,%ebx; 1: call schedule; at in_looped; dec %ebx; jne 1b; pop %rbx; ret");

/* Pushed on some paths only; and where rounds of a loop have passed. */
static void test_registers__on_the_path_to_it(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, wrapped, in_wrapped, 1);
	SLEEPS_IN(&x->s, looped, in_looped, 2);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_reg(x, RBX, 1);
	go_out(x, 2);
	assert_reg(x, RBX, 2);
	assert_reg(x, RBP, RBP);
}

CODE("function changes; mov %rdi,%rbx; xchg %r13,%r14; call schedule; at in_changes; ret");
CODE("function overwrites; push %rbx; push %r12; mov %rdi,%rbx; movq $0,8(%rsp); movl $0,(%rsp); call schedule;"
     "at in_overwrites; ret");

/* What was changed and saved nowhere, or saved where it is no more. */
static void test_registers__lost(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, changes, in_changes);
	SLEEPS_IN(&x->s, overwrites, in_overwrites, 1, 2);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_no_reg(x, RBX);
	assert_no_reg(x, R13);
	assert_no_reg(x, R14);
	assert_reg(x, R12, R12);
	go_out(x, 2);
	assert_no_reg(x, RBX);
	assert_reg(x, R15, R15);
}

CODE("function spills; sub $0x18,%rsp; mov %rdi,(%rsp); mov %rsi,8(%rsp); call schedule; at in_spills;"
     "add $0x18,%rsp; ret");

/* An argument that was stored is not given back. */
static void test_registers__arguments(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, spills, in_spills, 1, 2, 3);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_no_reg(x, RDI);
	assert_no_reg(x, RSI);
	assert_reg(x, RBX, RBX);
}

/* What is not known inside is not known outside, unless it was saved. */
static void test_registers__unknown(void **state)
{
	struct fixture *x = *state;

	x->s.stack.regs.known = 0;
	SLEEPS_IN(&x->s, schedule, in_schedule);
	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 1, 2, 3);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_int_equal(x->regs.known, 0);
	go_out(x, 2);
	assert_reg(x, RBX, 1);
	assert_no_reg(x, R13);
}

CODE("function switches; mov %rdi,%rsp; push %rbx; mov %rsi,%rbx; call schedule; at in_switches; ret");

/* Code that puts sp elsewhere; a frame that was guessed; one that nothing leads to; one outside of the stack. */
static void test_registers__not_followed(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, switches, in_switches, 1, 2);
	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 1, 2, 3);
	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 1, 2, 3);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_no_reg(x, RBX);
	x->s.frames[1].is_reliable = false;
	go_out(x, 2);
	assert_int_equal(x->regs.known, 0);
	x->s.frames[1].is_reliable = true;
	x->s.frames[1].sp = x->s.stack.top + 0x1000;
	go_out(x, 2);
	assert_no_reg(x, RBX);
	x->s.frames[1].ip = TEXT + 0x100000;
	go_out(x, 2);
	assert_int_equal(x->regs.known, 0);
	go_out(x, 3);
	assert_reg(x, RBX, 1);
	assert_no_reg(x, R15);
}

/* Asked again, the code is not walked again; another frame of the same code has its own words. */
static void test_registers__again(void **state)
{
	struct fixture *x = *state;
	unsigned calls;

	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 1, 2, 3);
	SLEEPS_IN(&x->s, pushes, in_pushes, 0, 4, 5, 6);
	SLEEPS_IN(&x->s, main_one, in_main);
	go_out(x, 1);
	assert_reg(x, RBX, 1);
	calls = x->f->at_calls;
	go_out(x, 2);
	assert_reg(x, RBX, 4);
	assert_reg(x, R12, 6);
	assert_int_equal(x->f->at_calls, calls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers__pushed),
		TEST(test_registers__stored),
		TEST(test_registers__on_the_path_to_it),
		TEST(test_registers__lost),
		TEST(test_registers__arguments),
		TEST(test_registers__unknown),
		TEST(test_registers__not_followed),
		TEST(test_registers__again),
	};

	CODE_TEST_MAIN(tests);
}
