/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/stack.c, frames.c: stacks laid out word by word, unwound by ORC entries made by hand.
 *
 * Function i has 256 bytes at CODE(i) and one ORC entry; the words are what its calls would leave.
 */
#include <config.h>

#include "stacks.h"

static void test_stack__calls(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 24);
	set_call(x, 1, 0);
	set_call(x, 2, 64);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	sp = x->sp;
	push_zeros(x, 3);
	push(x, CODE(1) + 0x31);
	push(x, CODE(2) + 0x42);
	push_zeros(x, 8);
	push(x, CODE(3) + 0x53);
	push(x, CODE(9) + 0x10); /* behind the end: nobody looks at it */
	unwind(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 0, "f0+0x20", true);
	assert_frame(x, 1, "f1+0x31", true);
	assert_frame(x, 2, "f2+0x42", true);
	assert_frame(x, 3, "f3+0x53", true);
	assert_int_equal(x->stack.frames[1].ip, CODE(1) + 0x31);
	assert_int_equal(x->stack.frames[1].start, CODE(1));
	assert_string_equal(x->stack.frames[1].function, "f1");
	assert_null(x->stack.frames[1].module);
	assert_int_equal(x->stack.frames[0].sp, sp + 32);
	assert_int_equal(x->stack.frames[1].sp, sp + 40);
	assert_int_equal(x->stack.frames[2].sp, sp + 112);
}

static void test_stack__live_words(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 77);
	fake_u64(x->f, x->top - 8, 0x1234);
	fake_kernel(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(x->stack.sp, x->top - 0x400);
	assert_int_equal(x->stack.top, x->top);
	assert_int_equal(x->stack.word_count, 0x400 / 8);
	assert_int_equal(x->stack.words[5], 77);
	assert_int_equal(x->stack.words[6], CODE(0) + 0x20);
	assert_int_equal(x->stack.words[0x400 / 8 - 1], 0x1234);
	assert_int_equal(x->stack.pc, CODE(0) + 0x20);
	assert_int_equal(x->stack.regs.value[DLK_X86_RBP], 77);
	assert_ptr_equal(x->stack.task, &x->task);
	assert_null(x->stack.frames);
}

static void test_stack__reads_the_live_part_only(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	fake_drop(x->f, x->low);
	fake_drop(x->f, x->low + 0x2000);
	unwind(x);
	assert_int_equal(fake_page(x->f, x->low)->reads, 0);
	assert_int_equal(fake_page(x->f, x->low + 0x2000)->reads, 0);
}

static void test_stack__frame_at(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 24);
	set_call(x, 1, 56);
	set_how(x, 2, (struct how){ .type = DLK_ORC_END });
	start = x->sp;
	push_zeros(x, 3);
	push(x, CODE(1) + 0x31);
	push_zeros(x, 7);
	push(x, CODE(2) + 0x42);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_int_equal(dlk_stack_frame_at(&x->stack, x->task.sp - 1), DLK_NONE);
	assert_int_equal(dlk_stack_frame_at(&x->stack, x->task.sp), 0);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 31), 0);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 32), 1);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 95), 1);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 96), DLK_NONE);
	assert_int_equal(dlk_stack_frame_at(&x->stack, x->top), DLK_NONE);
	assert_int_equal(dlk_stack_frame_at(&x->stack, 0), DLK_NONE);
}

/* push %rbp; mov %rsp,%rbp: the caller's stack pointer is bp + 16, its bp below the return. */
static void test_stack__frame_pointer(void **state)
{
	static const struct how by_bp = { .sp_reg = DLK_ORC_BP,
					  .bp_reg = DLK_ORC_PREV_SP,
					  .type = DLK_ORC_CALL,
					  .sp_offset = 16,
					  .bp_offset = -16 };
	struct fixture *x = *state;
	dlk_addr_t start = x->top - 0x400 + 56;

	switch_out(x, 0x400, start + 0x50);
	set_how(x, 0, by_bp);
	set_how(x, 1, by_bp);
	set_call(x, 2, 0);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	x->sp = start + 0x50;
	push(x, start + 0xa0); /* saved bp */
	push(x, CODE(1) + 0x11);
	x->sp = start + 0xa0;
	push(x, 0);
	push(x, CODE(2) + 0x12);
	push(x, CODE(3) + 0x13);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x12", true);
	assert_frame(x, 3, "f3+0x13", true);
	assert_int_equal(x->stack.frames[0].sp, start + 0x60);
	assert_int_equal(x->stack.frames[1].sp, start + 0xb0);
}

/* bp is restored relative to itself by functions that keep it pointing into their frame. */
static void test_stack__bp_by_bp(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start = x->top - 0x400 + 56;

	switch_out(x, 0x400, start + 8);
	set_how(x, 0,
		(struct how){ .sp_reg = DLK_ORC_SP,
			      .bp_reg = DLK_ORC_BP,
			      .sp_offset = 40,
			      .bp_offset = 8,
			      .type = DLK_ORC_CALL });
	set_how(x, 1, (struct how){ .sp_reg = DLK_ORC_BP, .sp_offset = 0, .type = DLK_ORC_CALL });
	set_how(x, 2, (struct how){ .type = DLK_ORC_END });
	push_zeros(x, 2);
	push(x, start + 0x80); /* at bp + 8 */
	push_zeros(x, 1);
	push(x, CODE(1) + 1);
	fake_u64(x->f, start + 0x78, CODE(2) + 2);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 2, "f2+0x2", true);
}

static void test_stack__indirect(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start = x->top - 0x400 + 56;

	switch_out(x, 0x400, start + 0x30);
	/* the caller's sp stands at sp, less 8; then at bp - 0x10 */
	set_how(x, 0,
		(struct how){
			.sp_reg = DLK_ORC_SP_INDIRECT, .sp_offset = 8, .type = DLK_ORC_CALL });
	set_how(x, 1,
		(struct how){
			.sp_reg = DLK_ORC_BP_INDIRECT, .sp_offset = -0x10, .type = DLK_ORC_CALL });
	set_how(x, 2, (struct how){ .type = DLK_ORC_END });
	push(x, start + 0x98);
	fake_u64(x->f, start + 0x98, CODE(1) + 1);
	fake_u64(x->f, start + 0x20, start + 0x200);
	fake_u64(x->f, start + 0x1f8, CODE(2) + 2);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 1, "f1+0x1", true);
	assert_frame(x, 2, "f2+0x2", true);
	assert_int_equal(x->stack.frames[0].sp, start + 0xa0);
	assert_int_equal(x->stack.frames[1].sp, start + 0x200);
}

/* The stack of an interrupt may lie above that of the task, or below. */
static void test_stack__from_another_stack(void **state)
{
	struct fixture *x = *state;
	const dlk_addr_t others[] = { x->top + 0x100000, x->low - 0x100000 };

	x->task.is_on_cpu = true;
	x->task.is_blocked = false;
	x->f->target.cpu_count = 1;
	set_how(x, 4, (struct how){ .sp_reg = DLK_ORC_SP_INDIRECT, .type = DLK_ORC_CALL });
	set_call(x, 5, 0);
	set_how(x, 6, (struct how){ .type = DLK_ORC_END });
	fake_u64(x->f, x->top - 0x108, CODE(5) + 5);
	fake_u64(x->f, x->top - 0x100, CODE(6) + 6);
	for (int i = 0; i < 2; i++) {
		fake_u64(x->f, others[i], x->top - 0x100);
		x->f->regs[0] = fake_registers(CODE(4) + 4, others[i], 0, KERNEL_CS);
		unwind(x);
		assert_int_equal(x->stack.frame_count, 3);
		assert_frame(x, 1, "f5+0x5", true);
		assert_frame(x, 2, "f6+0x6", true);
	}
}

/* A return address behind the end of a function that does not return: the call is named. */
static void test_stack__call_at_the_end(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	set_call(x, 1, 0);
	set_how(x, 3, (struct how){ .type = DLK_ORC_END });
	push(x, CODE(2)); /* the call is the last instruction of f1; f2 has no way on */
	push(x, CODE(3) + 3);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 1, "f1+0x100", true);
	assert_int_equal(x->stack.frames[1].start, CODE(1));
	assert_string_equal(x->stack.frames[1].function, "f1");
	assert_frame(x, 2, "f3+0x3", true);
}

/* A frame pointer that leads down: no step towards the end, so no step. */
static void test_stack__no_way_back(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start = x->top - 0x400 + 56;

	switch_out(x, 0x400, start + 0x10);
	set_call(x, 0, 0x20);
	set_how(x, 1,
		(struct how){ .sp_reg = DLK_ORC_BP, .sp_offset = 0x10, .type = DLK_ORC_CALL });
	push_zeros(x, 3);
	push(x, CODE(7) + 7); /* where the bad step would arrive */
	push(x, CODE(1) + 1);
	push_zeros(x, 2);
	push(x, CODE(4) + 4);
	unwind(x);
	/* what lies behind f1's frame is scanned, what lies before is not scanned again */
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 0, "f0+0x20", true);
	assert_frame(x, 1, "f1+0x1", true);
	assert_frame(x, 2, "f4+0x4", false);
	assert_true(x->stack.frames[1].sp >= x->stack.frames[0].sp);
	assert_true(x->stack.frames[2].sp >= x->stack.frames[1].sp);
}

/* The first function has no entry that helps: all code addresses above it are given, as guesses. */
static void test_stack__scan(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t start;

	switch_out(x, 0x400, 0);
	start = x->sp;
	push(x, 0xffff888000000000);
	push(x, CODE(1) + 1);
	push(x, TEXT - 1);
	push(x, CODE(FUNCTIONS)); /* _etext */
	push(x, CODE(2) + 2);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 0, "f0+0x20", true);
	assert_frame(x, 1, "f1+0x1", false);
	assert_frame(x, 2, "f2+0x2", false);
	/* a return address is the last word of the frame that returns to it */
	assert_int_equal(x->stack.frames[0].sp, start + 16);
	assert_int_equal(x->stack.frames[1].sp, start + 40);
	assert_int_equal(x->stack.frames[2].sp, x->top);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 8), 0);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 16), 1);
	assert_int_equal(dlk_stack_frame_at(&x->stack, start + 40), 2);
}

/* Unwinding ends in the middle: reliable so far, guesses from there on. */
static void test_stack__scan_from_the_middle(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 8);
	push(x, CODE(5) + 5); /* inside f0's frame: left over */
	push(x, CODE(1) + 1);
	push_zeros(x, 3);
	push(x, CODE(2) + 2);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 1, "f1+0x1", true);
	assert_frame(x, 2, "f2+0x2", false);
}

static void test_stack__without_orc(void **state)
{
	struct fixture *x = *state;

	x->f->size[x->f->size_count - 1].type = "no_orc_entry";
	switch_out(x, 0x400, 0);
	push(x, CODE(1) + 1);
	unwind(x);
	assert_null(x->f->k.orc);
	assert_int_equal(x->stack.frame_count, 2);
	assert_frame(x, 0, "f0+0x20", true);
	assert_frame(x, 1, "f1+0x1", false);
}

/* A return address in code that is made at run time has no name and no way on. */
static void test_stack__unknown_code(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	for (unsigned i = 1; i < FUNCTIONS; i++)
		set_call(x, i, 0); /* none of these must be taken for it */
	push(x, FAKE_IMAGE + 0x40001234);
	push_zeros(x, 1);
	push(x, CODE(2) + 2);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_null(x->stack.frames[1].symbol);
	assert_int_equal(x->stack.frames[1].start, 0);
	assert_int_equal(x->stack.frames[1].ip, FAKE_IMAGE + 0x40001234);
	assert_frame(x, 2, "f2+0x2", false);
}

static void test_stack__very_deep(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x2000, 0);
	set_call(x, 0, 0);
	for (int i = 0; i < 300; i++)
		push(x, CODE(0) + 0x21);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 128);
	assert_frame(x, 127, "f0+0x21", true);
}

static void test_stack__unaligned_sp(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	x->task.sp += 3;
	fake_kernel(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(x->stack.sp % 8, 0);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
}

static void test_stack__missing_page(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x1400, 0);
	fake_drop(x->f, x->top - 0x1000);
	fake_kernel(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_ERR_FAULT);
	assert_non_null(strstr(x->f->ctx.err.text, "page not in the dump"));
	assert_null(x->stack.task);
}

static void test_stack__scratch_is_used_again(void **state)
{
	struct fixture *x = *state;
	size_t used;

	switch_out(x, 0x400, 0);
	unwind(x);
	used = x->f->ctx.used;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(x->f->ctx.used, used);
}

static void test_stack__no_memory(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	fake_kernel(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	x->f->ctx.budget = 0;
	for (int i = 0; i < 10000 && dlk_alloc(&x->f->ctx, 16); i++)
		;
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_ERR_NOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stack__calls),
		TEST(test_stack__live_words),
		TEST(test_stack__reads_the_live_part_only),
		TEST(test_stack__frame_at),
		TEST(test_stack__frame_pointer),
		TEST(test_stack__bp_by_bp),
		TEST(test_stack__indirect),
		TEST(test_stack__from_another_stack),
		TEST(test_stack__call_at_the_end),
		TEST(test_stack__no_way_back),
		TEST(test_stack__scan),
		TEST(test_stack__scan_from_the_middle),
		TEST(test_stack__without_orc),
		TEST(test_stack__unknown_code),
		TEST(test_stack__very_deep),
		TEST(test_stack__unaligned_sp),
		TEST(test_stack__missing_page),
		TEST(test_stack__scratch_is_used_again),
		TEST(test_stack__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
