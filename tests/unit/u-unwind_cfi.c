/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/unwind_cfi.c, and how frames.c goes on where it ends: stacks laid out word by word, rows made
 * by hand, in a kernel without ORC tables and without frame pointers.
 *
 * Function i has 256 bytes at CODE(i), and one row.
 */
#include <config.h>

#include "stacks.h"

#include "kernel/unwind.h"

enum { REGS_SIZE = 168, LIVE = 0x400 };

/* The rows of f0 to f15. */
static struct rows {
	struct dlk_cfi cfi;
	struct dlk_cfi_row row[FUNCTIONS];
	bool has[FUNCTIONS];
	unsigned asked;
	dlk_addr_t ip; /* for which it was asked the last time */
} rows;

static enum dlk_status find_row(struct dlk_cfi *cfi, dlk_addr_t ip, struct dlk_cfi_row *ret)
{
	uint64_t i = (ip - TEXT) / 0x100;

	(void)cfi;
	rows.asked++;
	rows.ip = ip;
	if (ip < TEXT || i >= FUNCTIONS || !rows.has[i])
		return DLK_ERR_NOTFOUND;
	*ret = rows.row[i];
	return DLK_OK;
}

static const struct dlk_cfi_ops ops = { .row = find_row };

static int setup_cfi(void **state)
{
	struct fixture *x;

	if (setup(state))
		return -1;
	x = *state;
	for (unsigned i = 0; i < x->f->symbol_count; i++)
		if (strstr(x->f->symbol[i].name, "_orc_"))
			x->f->symbol[i].name = "";
	rows = (struct rows){ .cfi = { &ops, &x->f->ctx } };
	return 0;
}

static struct dlk_cfi_value value(int base, int32_t offset)
{
	return (struct dlk_cfi_value){ DLK_CFI_VALUE, (int8_t)base, offset };
}

static struct dlk_cfi_value word(int base, int32_t offset)
{
	return (struct dlk_cfi_value){ DLK_CFI_WORD, (int8_t)base, offset };
}

/* As the compiler writes it: the return address below the caller's stack pointer. */
static void set_row(unsigned function, struct dlk_cfi_value cfa, struct dlk_cfi_value bp)
{
	rows.has[function] = true;
	rows.row[function] = (struct dlk_cfi_row){ .cfa = cfa,
						   .pc = word(DLK_CFI_CFA, -8),
						   .reg = { [DLK_X86_RBP] = bp } };
}

/* A frame of @p size bytes below the return address, which leaves the frame pointer alone. */
static void set_size(unsigned function, int32_t size)
{
	set_row(function, value(DLK_X86_RSP, size + 8), value(DLK_X86_RBP, 0));
}

static void unwind_by_cfi(struct fixture *x)
{
	fake_forget(x->f);
	fake_kernel(x->f);
	x->f->k.cfi = &rows.cfi;
	assert_int_equal(dlk_kernel_open_unwinders(&x->f->k), DLK_OK);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
}

/* The last word before the entry's pt_regs. */
static void push_last(struct fixture *x, uint64_t ip)
{
	fake_u64(x->f, x->top - REGS_SIZE - 8, ip);
}

static int32_t left(const struct fixture *x)
{
	return (int32_t)(x->top - REGS_SIZE - 8 - x->sp);
}

static void assert_whole(struct fixture *x, bool is_whole)
{
	assert_int_equal(x->f->k.stacks_unwound, 1);
	assert_int_equal(x->f->k.stacks_lost, !is_whole);
}

static void test_cfi__by_stack_pointer(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp;

	switch_out(x, LIVE, 0);
	sp = x->sp;
	set_size(0, 24);
	set_size(1, 0);
	push_zeros(x, 3);
	push(x, CODE(1) + 0x11);
	push(x, CODE(2) + 0x22);
	set_size(2, left(x));
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x22", true);
	assert_frame(x, 3, "f3+0x33", true);
	assert_int_equal(x->stack.frames[0].sp, sp + 32);
	assert_int_equal(x->stack.frames[1].sp, sp + 40);
	assert_int_equal(x->stack.frames[2].sp, x->top - REGS_SIZE);
	assert_whole(x, true);
}

/* f0 has saved the frame pointer of f1, which finds its caller by it; f2's is a word of its frame. */
static void test_cfi__by_frame_pointer(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp;

	switch_out(x, LIVE, 77);
	sp = x->sp;
	set_row(0, value(DLK_X86_RSP, 24), word(DLK_CFI_CFA, -16));
	set_row(1, value(DLK_X86_RBP, 16), word(DLK_CFI_CFA, -16));
	set_row(2, word(DLK_X86_RBP, -8), word(DLK_X86_RBP, 0));
	push_zeros(x, 1);
	push(x, sp + 0x60);
	push(x, CODE(1) + 0x11);
	fake_u64(x->f, sp + 0x60, sp + 0xa0);
	fake_u64(x->f, sp + 0x68, CODE(2) + 0x22);
	fake_u64(x->f, sp + 0x98, x->top - REGS_SIZE);
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 3, "f3+0x33", true);
	assert_whole(x, true);
}

/* A frame pointer that is lost leads nowhere, and one that was never asked for does not matter. */
static void test_cfi__lost_frame_pointer(void **state)
{
	struct fixture *x = *state;

	switch_out(x, LIVE, x->top - REGS_SIZE - 16);
	set_row(0, value(DLK_X86_RSP, 8), (struct dlk_cfi_value){ .how = DLK_CFI_LOST });
	set_row(1, value(DLK_X86_RBP, 16), value(DLK_X86_RBP, 0));
	push(x, CODE(1) + 0x11);
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f3+0x33", false);
	assert_whole(x, false);
	set_size(0, 0);
	unwind_by_cfi(x);
	assert_frame(x, 2, "f3+0x33", true);
	assert_whole(x, true);
}

/* Call frames restore what each function gives back as it was; what one of them lost stays lost. */
static void test_cfi__saved_registers(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;

	switch_out(x, LIVE, 77);
	for (unsigned i = 0; i < 5; i++) /* r15 r14 r13 r12 bx */
		fake_u64(x->f, x->task.sp + 8 * i, 15 - i);
	for (unsigned i = 0; i < 3; i++) {
		set_size(i, 16);
		for (unsigned reg = 0; reg < DLK_CFI_REGS; reg++)
			rows.row[i].reg[reg] = value((int)reg, 0);
	}
	rows.row[0].reg[DLK_X86_RBX] = word(DLK_CFI_CFA, -16);
	rows.row[0].reg[DLK_X86_R12] = word(DLK_CFI_CFA, -24);
	rows.row[1].reg[DLK_X86_R13] = (struct dlk_cfi_value){ .how = DLK_CFI_LOST };
	rows.row[2].cfa = value(DLK_X86_RBX, 0); /* as a function does that aligns its stack */
	push(x, 120);
	push(x, x->sp + 0x100); /* bx */
	push(x, CODE(1) + 0x11);
	push_zeros(x, 2);
	push(x, CODE(2) + 0x22);
	fake_u64(x->f, x->task.sp + FAKE_FRAME_SIZE + 8 + 0x100 - 8, CODE(3) + 0x33);
	unwind_by_cfi(x);
	begin(x, &c);
	assert_int_equal(c.regs.known, SAVED_REGS);
	step_to(&c, CODE(1) + 0x11);
	assert_int_equal(c.regs.known, SAVED_REGS);
	assert_reg(&c, DLK_X86_R12, 120);
	assert_reg(&c, DLK_X86_R13, 13);
	assert_reg(&c, DLK_X86_R15, 15);
	assert_reg(&c, DLK_X86_RBP, 77);
	step_to(&c, CODE(2) + 0x22);
	assert_int_equal(c.regs.known, SAVED_REGS & ~REG(R13));
	assert_reg(&c, DLK_X86_R12, 120);
	step_to(&c, CODE(3) + 0x33);
	assert_int_equal(c.sp, x->task.sp + FAKE_FRAME_SIZE + 8 + 0x100);
	assert_int_equal(c.regs.known, SAVED_REGS & ~REG(R13));
}

/* What a call may have overwritten is known of no caller, whatever a row says. */
static void test_cfi__no_other_registers(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;

	switch_out(x, LIVE, 77);
	set_size(0, 0);
	rows.row[0].reg[DLK_X86_RAX] = word(DLK_CFI_CFA, -8);
	push(x, CODE(1) + 0x11);
	unwind_by_cfi(x);
	begin(x, &c);
	step_to(&c, CODE(1) + 0x11);
	assert_int_equal(c.regs.known, REG(RBP));
}

/* Of a return address the row is that of the call; of where a CPU stands its own. */
static void test_cfi__which_row(void **state)
{
	struct fixture *x = *state;

	switch_out(x, LIVE, 0);
	set_size(0, 0);
	push(x, CODE(1)); /* the call is the last instruction of f0 */
	set_size(1, 8);   /* so this is not asked for */
	push(x, CODE(2) + 0x22);
	set_size(2, left(x));
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
	assert_frame(x, 1, "f0+0x100", true);
	assert_frame(x, 2, "f2+0x22", true);
	assert_frame(x, 3, "f3+0x33", true);
	x->task.is_on_cpu = true;
	x->task.is_blocked = false;
	x->f->regs[0] = fake_registers(CODE(1), x->top - REGS_SIZE - 16, 0, KERNEL_CS);
	x->f->target.cpu_count = 1;
	unwind_by_cfi(x);
	assert_int_equal(x->stack.frame_count, 2);
	assert_frame(x, 1, "f3+0x33", true);
	assert_int_equal(rows.ip, CODE(1));
	assert_false(x->stack.is_unseen);
}

/* A row is asked for once. */
static void test_cfi__rows_are_kept(void **state)
{
	struct fixture *x = *state;
	unsigned asked;

	switch_out(x, LIVE, 0);
	set_size(0, 0);
	push(x, CODE(1) + 0x11);
	unwind_by_cfi(x);
	asked = rows.asked;
	assert_in_range(asked, 1, 3);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
	assert_int_equal(rows.asked, asked);
}

/* Rows that lead back, or where no word of a stack can be. */
static void test_cfi__no_way_out(void **state)
{
	static const int32_t bad[] = { 0, -8, -0x4000, 4, INT32_MAX, INT32_MIN };
	struct fixture *x = *state;

	switch_out(x, LIVE, 0);
	push(x, CODE(1) + 0x11);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_row(0, value(DLK_X86_RSP, bad[i]), value(DLK_X86_RBP, 0));
		unwind_by_cfi(x);
		assert_frame(x, 0, "f0+0x20", true);
		assert_frame(x, 1, "f1+0x11", false);
		assert_whole(x, false);
	}
}

static void set_module(struct fixture *x, const char *function)
{
	for (unsigned i = 0; i < x->f->symbol_count; i++)
		if (!strcmp(x->f->symbol[i].name, function))
			x->f->symbol[i].module = "zoo";
}

/*
 * f1 has no row, as a module's function: what it was called by is looked for among the words of its
 * frame.  The first, left over from another call, leads nowhere; from the second on it goes to the
 * stack's end: then what lies in between is no frame.
 */
static void test_cfi__beyond_a_gap(void **state)
{
	struct fixture *x = *state;

	switch_out(x, LIVE, 0);
	set_size(0, 0);
	set_size(4, 0x1000);
	push(x, CODE(1) + 0x11);
	push_zeros(x, 2);
	push(x, CODE(4) + 0x44);
	push_zeros(x, 1);
	push(x, CODE(2) + 0x22);
	push(x, CODE(5) + 0x55); /* a word of f2's frame */
	set_size(2, left(x) + 8);
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
	assert_int_equal(x->stack.frame_count, 5);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f4+0x44", false);
	assert_frame(x, 3, "f2+0x22", false);
	assert_frame(x, 4, "f3+0x33", false);
	assert_int_equal(x->stack.frames[3].sp, x->top - REGS_SIZE);
	assert_whole(x, false);
	set_module(x, "f1");
	unwind_by_cfi(x);
	assert_int_equal(x->stack.frame_count, 5);
	assert_frame(x, 4, "f3+0x33", false);
	assert_whole(x, true); /* of a module that is nothing else than was to be expected */
	push_last(x, 0);
	unwind_by_cfi(x);
	assert_frame(x, 1, "f1+0x11", true);
	assert_whole(x, false);
}

static void put_regs(struct fixture *x, uint64_t ip, uint64_t cs, uint64_t sp)
{
	fake_put(x->f, x->sp, "pt_regs", "ip", ip);
	fake_put(x->f, x->sp, "pt_regs", "cs", cs);
	fake_put(x->f, x->sp, "pt_regs", "sp", sp);
	fake_put(x->f, x->sp, "pt_regs", "bp", 0);
}

/* f0 handles a fault of f2; f1 is the entry, which has no row. */
static void put_fault(struct fixture *x, uint64_t cs, unsigned gap)
{
	switch_out(x, LIVE, 0);
	set_size(0, 0);
	push(x, CODE(1) + 0x11);
	put_regs(x, CODE(2) + 0x22, cs, x->sp + REGS_SIZE + gap);
	x->sp += REGS_SIZE + gap;
	set_size(2, left(x));
	push_last(x, CODE(3) + 0x33);
	unwind_by_cfi(x);
}

static void test_cfi__regs(void **state)
{
	struct fixture *x = *state;

	put_fault(x, KERNEL_CS, 8);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 2, "f2+0x22", true);
	assert_frame(x, 3, "f3+0x33", true);
	assert_whole(x, true);
}

/* What does not look like a pt_regs is none. */
static void test_cfi__no_regs(void **state)
{
	struct fixture *x = *state;

	put_fault(x, KERNEL_CS, 16);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x22", false);
	assert_whole(x, false);
	put_fault(x, 0, 8);
	assert_whole(x, false);
	put_fault(x, 0x10010, 8);
	assert_whole(x, false);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_cfi, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cfi__by_stack_pointer),
		TEST(test_cfi__by_frame_pointer),
		TEST(test_cfi__lost_frame_pointer),
		TEST(test_cfi__saved_registers),
		TEST(test_cfi__no_other_registers),
		TEST(test_cfi__which_row),
		TEST(test_cfi__rows_are_kept),
		TEST(test_cfi__no_way_out),
		TEST(test_cfi__beyond_a_gap),
		TEST(test_cfi__regs),
		TEST(test_cfi__no_regs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
