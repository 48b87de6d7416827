/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/unwind_untold.c: a CPU that stands in f0, of which the ORC tables say nothing, as they say nothing of
 * __crash_kexec(); f1 has called it, and f2, where the stack ends, has called f1.
 */
#include <config.h>

#include "stacks.h"

enum { BELOW = 0x800, FRAME = 5 /* words of f0 */ };

static int setup_untold(void **state)
{
	struct fixture *x;

	if (setup(state))
		return -1;
	x = *state;
	fake_zeros(x->f, TEXT, 0x2000);
	set_call(x, 1, 16);
	set_how(x, 2, (struct how){ .type = DLK_ORC_END });
	x->task.is_on_cpu = true;
	x->task.is_blocked = false;
	x->f->target.cpu_count = 1;
	x->sp = x->top - BELOW;
	return 0;
}

/* The CPU stands at the beginning of what was pushed. */
static void stand(struct fixture *x, dlk_addr_t sp, uint64_t bp)
{
	x->f->regs[0] = fake_registers(CODE(0) + 0x80, sp, bp, KERNEL_CS);
}

/* What the call of f0 has left, and all behind it. */
static void push_callers(struct fixture *x)
{
	push(x, called(x, CODE(1) + 0x11, 0));
	push_zeros(x, 2);
	push(x, called(x, CODE(2) + 0x22, 1));
}

static void assert_whole(struct fixture *x)
{
	unwind(x);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 0, "f0+0x80", true);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x22", true);
}

/* One that may use the frame pointer as it likes: what is in it is not its caller's. */
static void test_untold__called(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp = x->sp;
	struct dlk_cursor c;

	push_zeros(x, FRAME);
	push_callers(x);
	stand(x, sp, sp + 8);
	assert_whole(x);
	begin(x, &c);
	step_to(&c, CODE(1) + 0x11);
	assert_false(c.is_exact);
	assert_int_equal(c.sp, sp + 8 * (FRAME + 1));
	assert_int_equal(c.regs.known, 0);
}

/* Its caller has a frame pointer, and is found by it: panic() has one. */
static void test_untold__frame_pointer(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp = x->sp, bp = sp + (dlk_addr_t)8 * (FRAME + 2);

	set_how(x, 1,
		(struct how){ .sp_reg = DLK_ORC_BP,
			      .bp_reg = DLK_ORC_PREV_SP,
			      .sp_offset = 16,
			      .bp_offset = -16,
			      .type = DLK_ORC_CALL });
	push_zeros(x, FRAME);
	push_callers(x);
	stand(x, sp, bp);
	assert_whole(x);
}

/* A call of another function that left its traces in the frame. */
static void test_untold__another(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp = x->sp;

	push_zeros(x, 2);
	push(x, called(x, CODE(4) + 0x44, 5));
	push_callers(x);
	stand(x, sp, 0);
	assert_whole(x);
}

/* No frame is as large. */
static void test_untold__too_far(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp = x->sp;
	struct dlk_cursor c;

	push_zeros(x, 64);
	push_callers(x);
	stand(x, sp, 0);
	unwind(x);
	begin(x, &c);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_NONE);
}

/* Where the tables do tell, what they tell is not so, and nothing else is tried. */
static void test_untold__told(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t sp = x->sp;
	struct dlk_cursor c;

	set_how(x, 0, (struct how){ .sp_reg = DLK_ORC_BP, .sp_offset = 16, .type = DLK_ORC_CALL });
	push_zeros(x, FRAME);
	push_callers(x);
	stand(x, sp, 0);
	unwind(x);
	begin(x, &c);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_NONE);
}

/* A task that was switched out there: where it stands is a return address, and which words are live is not known so well. */
static void test_untold__switched_out(void **state)
{
	struct fixture *x = *state;
	struct dlk_cursor c;

	x->task.is_on_cpu = false;
	x->task.is_blocked = true;
	switch_out(x, BELOW, 0);
	push_zeros(x, FRAME);
	push_callers(x);
	unwind(x);
	begin(x, &c);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_untold__called, setup_untold,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_untold__frame_pointer, setup_untold,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_untold__another, setup_untold,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_untold__too_far, setup_untold,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_untold__told, setup_untold, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_untold__switched_out, setup_untold,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
