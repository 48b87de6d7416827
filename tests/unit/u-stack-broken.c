/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/stack.c, frames.c: what was saved of a task, or its stack, was overwritten. */
#include <config.h>

#include "stacks.h"

static void check_corrupt_sp(struct fixture *x, dlk_addr_t sp)
{
	x->task.sp = sp;
	x->f->ctx.err.text[0] = 0;
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_ERR_CORRUPT);
	assert_non_null(strstr(x->f->ctx.err.text, "is not on the stack"));
	assert_null(x->stack.task); /* unchanged */
}

static void test_stack__saved_sp_elsewhere(void **state)
{
	struct fixture *x = *state;

	fake_kernel(x->f);
	fake_zeros(x->f, x->low - 0x1000, 0x1000);
	fake_zeros(x->f, x->top, 0x1000);
	check_corrupt_sp(x, x->low - 8);
	check_corrupt_sp(x, x->top);
	check_corrupt_sp(x, x->top + 8);
	/* also where there is no memory */
	check_corrupt_sp(x, 0);
	check_corrupt_sp(x, 0xdeadbeef);
	check_corrupt_sp(x, UINT64_MAX);
}

/* The switch frame itself must fit. */
static void test_stack__saved_sp_at_the_end(void **state)
{
	struct fixture *x = *state;

	fake_kernel(x->f);
	fake_zeros(x->f, x->top, 0x1000);
	check_corrupt_sp(x, x->top - 8);
	switch_out(x, 56, 0);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(x->stack.word_count, 7);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
	assert_int_equal(x->stack.frame_count, 1);
}

/* The words are still read, and scanned for code: what was overwritten need not be all. */
static void check_broken_ip(struct fixture *x, dlk_addr_t ip)
{
	memset(&x->stack, 0, sizeof(x->stack));
	dlk_memory_forget(&x->f->k.memory);
	fake_u64(x->f, x->top - 0x400 + 48, ip);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_true(x->stack.is_broken);
	assert_int_equal(x->stack.broken_ip, ip);
	assert_int_equal(x->stack.word_count, 0x400 / 8);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
	assert_true(x->stack.is_broken);
	assert_int_equal(x->stack.broken_ip, ip);
	assert_int_equal(x->stack.frame_count, 1);
	assert_int_equal(x->stack.frames[0].ip, CODE(1) + 1);
	assert_false(x->stack.frames[0].is_reliable);
	assert_int_equal(x->stack.frames[0].sp, x->top);
}

/* What was overwritten: a sleeping task returns to code. */
static void test_stack__saved_ip_elsewhere(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	push(x, CODE(1) + 1);
	fake_kernel(x->f);
	check_broken_ip(x, 0);
	check_broken_ip(x, 0x401000);
	check_broken_ip(x, UINT64_MAX);
	check_broken_ip(x, TEXT - 1);
	check_broken_ip(x, CODE(FUNCTIONS) + 1);
	check_broken_ip(x, x->low);
}

/* One that runs has left these words behind: they need not mean anything. */
static void test_stack__saved_ip_of_no_sleeper(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	fake_u64(x->f, x->top - 0x400 + 48, 0);
	x->task.is_blocked = false;
	unwind(x);
	assert_int_equal(x->stack.frame_count, 0);
	assert_false(x->stack.is_broken);
}

/* A kernel whose text cannot be told: what can be code of any kernel is believed. */
static void test_stack__saved_ip_without_text(void **state)
{
	static const uint64_t bad[] = { FAKE_IMAGE + 0x10, 0, 0x401000, UINT64_MAX };
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	fake_kernel(x->f);
	x->f->k.text_start = x->f->k.text_end = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		dlk_memory_forget(&x->f->k.memory);
		fake_u64(x->f, x->top - 0x400 + 48, bad[i]);
		assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
		assert_int_equal(x->stack.is_broken, i > 0);
	}
}

/* Overwritten further out: what was reached is kept, and where it ended is told. */
static void test_stack__broken_further_out(void **state)
{
	static const uint64_t bad[] = { 0, 0x401000, UINT64_MAX, FAKE_DIRECT, TEXT - 1 };
	struct fixture *x = *state;

	set_call(x, 0, 0);
	switch_out(x, 0x400, 0);
	fake_kernel(x->f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		dlk_memory_forget(&x->f->k.memory);
		fake_u64(x->f, x->sp, bad[i]);
		assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
		assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
		assert_true(x->stack.is_broken);
		assert_int_equal(x->stack.broken_ip, bad[i]);
		assert_frame(x, 0, "f0+0x20", true);
	}
}

/* No entry that helps, or code that was made at run time: it ends there, but nothing is wrong. */
static void test_stack__not_broken(void **state)
{
	struct fixture *x = *state;

	switch_out(x, 0x400, 0);
	set_call(x, 0, 0);
	push(x, FAKE_IMAGE + 0x40001234);
	unwind(x);
	assert_false(x->stack.is_broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stack__saved_sp_elsewhere, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__saved_sp_at_the_end, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__saved_ip_elsewhere, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__saved_ip_of_no_sleeper, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__saved_ip_without_text, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__broken_further_out, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stack__not_broken, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
