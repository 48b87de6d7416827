/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/call.c: what stands before an address is a call, or none. */
#include <config.h>

#include "stacks.h"

#include "kernel/call.h"
#include "kernel/frames.h"

#define AT (CODE(4) + 0x40)

/* Let @p code end at AT, behind what is no call. */
static enum dlk_call before(struct fixture *x, const char *code, size_t len, dlk_addr_t *target)
{
	fake_write(x->f, AT - 16,
		   "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90", 16);
	fake_write(x->f, AT - len, code, len);
	fake_forget(x->f);
	return dlk_call_before(&x->f->k, AT, target);
}

#define BEFORE(x, code, target) before(x, code, sizeof(code) - 1, target)

static int setup_text(void **state)
{
	struct fixture *x;

	if (setup(state))
		return -1;
	x = *state;
	fake_zeros(x->f, TEXT, 0x1000);
	fake_kernel(x->f);
	return 0;
}

static void test_call__direct(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target = 0;

	assert_int_equal(BEFORE(x, "\xe8\xc0\x00\x00\x00", &target), DLK_CALL_DIRECT);
	assert_int_equal(target, CODE(5));
	assert_int_equal(BEFORE(x, "\xe8\xc0\xfd\xff\xff", &target), DLK_CALL_DIRECT);
	assert_int_equal(target, CODE(2));
}

/* Bytes that look like one, and lead nowhere. */
static void test_call__direct_to_no_code(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target = 7;

	assert_int_equal(BEFORE(x, "\xe8\x00\x00\x00\x40", &target), DLK_CALL_NONE);
	assert_int_equal(BEFORE(x, "\xe8\x00\x00\x00\xff", &target), DLK_CALL_NONE);
	assert_int_equal(target, 7);
}

static void test_call__indirect(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target = 7;

	assert_int_equal(BEFORE(x, "\xff\xd0", &target), DLK_CALL_INDIRECT);         /* *%rax */
	assert_int_equal(BEFORE(x, "\x41\xff\xd3", &target), DLK_CALL_INDIRECT);     /* *%r11 */
	assert_int_equal(BEFORE(x, "\xff\x17", &target), DLK_CALL_INDIRECT);         /* *(%rdi) */
	assert_int_equal(BEFORE(x, "\xff\x50\x18", &target), DLK_CALL_INDIRECT);     /* *24(%rax) */
	assert_int_equal(BEFORE(x, "\xff\x14\x24", &target), DLK_CALL_INDIRECT);     /* *(%rsp) */
	assert_int_equal(BEFORE(x, "\xff\x54\x24\x08", &target), DLK_CALL_INDIRECT); /* *8(%rsp) */
	assert_int_equal(BEFORE(x, "\xff\x15\x10\x20\x30\x00", &target), /* *0x302010(%rip) */
			 DLK_CALL_INDIRECT);
	assert_int_equal(BEFORE(x, "\xff\x93\x10\x02\x00\x00", &target), /* *0x210(%rbx) */
			 DLK_CALL_INDIRECT);
	assert_int_equal(BEFORE(x, "\xff\x94\x24\x88\x00\x00\x00", &target), /* *0x88(%rsp) */
			 DLK_CALL_INDIRECT);
	assert_int_equal(BEFORE(x, "\xff\x14\xc5\x00\x10\x00\x82", &target), /* *table(,%rax,8) */
			 DLK_CALL_INDIRECT);
	assert_int_equal(target, 7);
}

static void test_call__none(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target = 7;

	assert_int_equal(BEFORE(x, "\x90", &target), DLK_CALL_NONE);
	assert_int_equal(BEFORE(x, "\xe9\xc0\x00\x00\x00", &target), DLK_CALL_NONE); /* jmp */
	assert_int_equal(BEFORE(x, "\xff\xe0", &target), DLK_CALL_NONE);             /* jmp *%rax */
	assert_int_equal(BEFORE(x, "\xff\xd0\x90", &target), DLK_CALL_NONE);
	assert_int_equal(BEFORE(x, "\xff\x10\x18", &target), DLK_CALL_NONE); /* one byte too many */
	assert_int_equal(BEFORE(x, "\xff\x50", &target), DLK_CALL_NONE);     /* and too few */
	assert_int_equal(target, 7);
}

static void test_call__not_readable(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target;

	assert_int_equal(dlk_call_before(&x->f->k, 0, &target), DLK_CALL_NONE);
	assert_int_equal(dlk_call_before(&x->f->k, TEXT, &target), DLK_CALL_NONE);
	assert_int_equal(dlk_call_before(&x->f->k, TEXT + 1, &target), DLK_CALL_NONE);
	assert_int_equal(dlk_call_before(&x->f->k, x->top, &target), DLK_CALL_NONE);
	BEFORE(x, "\xff\xd0", &target);
	fake_drop(x->f, AT);
	fake_forget(x->f);
	assert_int_equal(dlk_call_before(&x->f->k, AT, &target), DLK_CALL_NONE);
}

/* The call may skip what the function begins with for indirect ones. */
static void test_call__of_a_function(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t target;

	BEFORE(x, "\xe8\xc4\x00\x00\x00", &target);
	assert_true(dlk_is_called_before(&x->f->k, AT, CODE(5)));
	assert_false(dlk_is_called_before(&x->f->k, AT, CODE(4)));
	assert_false(dlk_is_called_before(&x->f->k, AT, CODE(5) + 8));
	assert_false(dlk_is_called_before(&x->f->k, AT, 0));
	BEFORE(x, "\xe8\xf0\x00\x00\x00", &target);
	assert_false(dlk_is_called_before(&x->f->k, AT, CODE(5)));
	BEFORE(x, "\xff\xd0", &target);
	assert_false(dlk_is_called_before(&x->f->k, AT, CODE(5)));
}

/* A function that ended by a jump has no frame; the call names it.  Where a frame is a guess, so is its call. */
static void test_call__of_a_frame(void **state)
{
	struct fixture *x = *state;
	struct dlk_frame frame = { .ip = AT, .is_reliable = true };
	dlk_addr_t target;

	BEFORE(x, "\xe8\xc0\x00\x00\x00", &target);
	assert_string_equal(dlk_frame_called(&x->f->k, &frame),
			    dlk_kernel_describe_ip(&x->f->k, CODE(5)).function);
	frame.is_reliable = false;
	assert_null(dlk_frame_called(&x->f->k, &frame));
	frame.is_reliable = true;
	BEFORE(x, "\xff\xd0", &target);
	assert_null(dlk_frame_called(&x->f->k, &frame));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_text, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_call__direct),       TEST(test_call__direct_to_no_code),
		TEST(test_call__indirect),     TEST(test_call__none),
		TEST(test_call__not_readable), TEST(test_call__of_a_function),
		TEST(test_call__of_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
