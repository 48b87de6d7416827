/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/registers.c: what functions have pushed, and what an exception has stopped. */
#include <config.h>

#include "stacks.h"

#include "code/registers.h"

enum { PT_REGS = 168, RBX = 105, RDI = 114 /* in those that push_regs() makes */ };

/* f0 sleeps, called by f1, which is the entry of an exception of f2; that was called by f3. */
struct interrupted {
	dlk_addr_t at, sp; /* where f2 was stopped */
};

static void write_code(struct fixture *x, dlk_addr_t at, const char *code, size_t len)
{
	fake_write(x->f, at, code, len);
}

#define WRITE_CODE(x, at, code) write_code(x, at, code, sizeof(code) - 1)

/* bp bx r11 r10 r9 r8 ax cx dx si di are 104 to 114. */
static void push_regs(struct fixture *x, const struct interrupted *in)
{
	dlk_addr_t regs = x->sp;

	for (unsigned i = 0; i < 15; i++)
		fake_u64(x->f, regs + 8 * i, 100 + i);
	fake_put(x->f, regs, "pt_regs", "ip", in->at);
	fake_put(x->f, regs, "pt_regs", "cs", KERNEL_CS);
	fake_put(x->f, regs, "pt_regs", "sp", in->sp);
	x->sp += PT_REGS;
}

/* @param words  Of f2's own, from its stack pointer on; the last is what it returns to. */
static struct dlk_registers *interrupt(struct fixture *x, dlk_addr_t at, const uint64_t *words,
				       unsigned count)
{
	struct interrupted in = { .at = at };
	struct dlk_code *code = NULL;
	struct dlk_walk *walk;

	fake_zeros(x->f, TEXT, 0x1000);
	WRITE_CODE(x, CODE(0), "\x53\x90\xc3");                     /* push %rbx; nop; ret */
	WRITE_CODE(x, CODE(1), "\x31\xdb\xe8\x00\x00\x00\x00\x90"); /* xor %ebx,%ebx; call; nop */
	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_SP, .type = DLK_ORC_REGS });
	set_call(x, 2, (int16_t)(8 * count - 8));
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push(x, CODE(1) + 7);
	in.sp = x->sp + PT_REGS;
	push_regs(x, &in);
	for (unsigned i = 0; i < count; i++)
		push(x, words[i]);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_int_equal(x->stack.frames[2].ip, at);
	assert_int_equal(dlk_code_open(&x->f->k, &code), DLK_OK);
	walk = dlk_walk_open(code);
	assert_non_null(walk);
	return dlk_registers_open(code, walk);
}

static void go_out(struct fixture *x, struct dlk_registers *r, uint32_t frame,
		   struct dlk_frame_state *state)
{
	assert_int_equal(dlk_registers_go_out(r, &x->stack, frame, state), DLK_OK);
}

static void assert_known(const struct dlk_frame_state *state, unsigned reg, uint64_t value)
{
	uint64_t its = ~value;

	assert_true(dlk_frame_regs_get(&state->regs, reg, &its));
	assert_int_equal(its, value);
}

static void assert_unknown(const struct dlk_frame_state *state, unsigned reg)
{
	uint64_t its;

	assert_false(dlk_frame_regs_get(&state->regs, reg, &its));
}

/* What was stopped has all that was saved, and not what the entry has put into the registers since. */
static void test_registers__interrupted(void **state)
{
	struct fixture *x = *state;
	const uint64_t words[] = { CODE(3) + 3 };
	struct dlk_registers *r;
	struct dlk_frame_state s;

	WRITE_CODE(x, CODE(2), "\x90\x90\xc3");
	r = interrupt(x, CODE(2) + 1, words, 1);
	s = dlk_registers_begin(&x->stack);
	assert_false(dlk_registers_is_entry(r, &x->stack, 0, &s));
	go_out(x, r, 0, &s);
	assert_true(dlk_registers_is_entry(r, &x->stack, 1, &s));
	assert_false(s.is_exact);
	go_out(x, r, 1, &s);
	assert_true(s.is_exact);
	assert_known(&s, DLK_X86_RBX, RBX);
	assert_known(&s, DLK_X86_RDI, RDI);
	assert_false(dlk_registers_is_entry(r, &x->stack, 2, &s));
	go_out(x, r, 2, &s); /* a leaf, which has changed nothing */
	assert_false(s.is_exact);
	assert_known(&s, DLK_X86_RBX, RBX);
	assert_unknown(&s, DLK_X86_RDI);
	assert_true(dlk_registers_is_entry(r, &x->stack, 3, &s)); /* where the stack ends */
}

/* It was stopped behind a push: what its caller has is on the stack. */
static void test_registers__interrupted_behind_push(void **state)
{
	struct fixture *x = *state;
	const uint64_t words[] = { 77, CODE(3) + 3 };
	struct dlk_registers *r;
	struct dlk_frame_state s;

	WRITE_CODE(x, CODE(2), "\x53\x31\xdb\x5b\xc3"); /* push %rbx; xor %ebx,%ebx; pop; ret */
	r = interrupt(x, CODE(2) + 3, words, 2);
	s = dlk_registers_begin(&x->stack);
	for (uint32_t frame = 0; frame < 3; frame++)
		go_out(x, r, frame, &s);
	assert_known(&s, DLK_X86_RBX, 77);
}

/* It was stopped at its first instruction: that belongs to it, not to what lies before. */
static void test_registers__interrupted_at_start(void **state)
{
	struct fixture *x = *state;
	const uint64_t words[] = { CODE(3) + 3 };
	struct dlk_registers *r;
	struct dlk_frame_state s;

	WRITE_CODE(x, CODE(2), "\x31\xdb\xc3"); /* xor %ebx,%ebx: not yet */
	r = interrupt(x, CODE(2), words, 1);
	s = dlk_registers_begin(&x->stack);
	for (uint32_t frame = 0; frame < 3; frame++)
		go_out(x, r, frame, &s);
	assert_known(&s, DLK_X86_RBX, RBX);
}

/* Of a function that has put an argument on the stack its caller does not have that back. */
static void test_registers__argument_is_not_given_back(void **state)
{
	struct fixture *x = *state;
	const uint64_t words[] = { 88, 77, CODE(3) + 3 };
	struct dlk_registers *r;
	struct dlk_frame_state s;

	WRITE_CODE(x, CODE(2), "\x53\x57\x90"); /* push %rbx; push %rdi; nop */
	r = interrupt(x, CODE(2) + 2, words, 3);
	s = dlk_registers_begin(&x->stack);
	for (uint32_t frame = 0; frame < 3; frame++)
		go_out(x, r, frame, &s);
	assert_known(&s, DLK_X86_RBX, 77);
	assert_unknown(&s, DLK_X86_RDI);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers__interrupted),
		TEST(test_registers__interrupted_behind_push),
		TEST(test_registers__interrupted_at_start),
		TEST(test_registers__argument_is_not_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
