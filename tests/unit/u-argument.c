/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/argument.c: what a frame's function was given. */
#include <config.h>

#include "frames.h"

#include "code/argument.h"

#define OBJECT FRAMES_OBJECT

struct fixture {
	struct fake *f;
	struct dlk_arguments *arguments;
	struct sleeper s;
};

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	fake_kernel(x.f);
	if (dlk_arguments_open(&x.f->k, &x.arguments))
		return -1;
	*state = &x;
	return 0;
}

static uint64_t find(struct fixture *x, uint32_t frame)
{
	uint64_t number = 0;
	bool found;

	assert_int_equal(dlk_arguments_find(x->arguments, &x->s.stack, frame, 0, &number, &found),
			 DLK_OK);
	return found ? number : 0;
}

CODE("function spins; push %rbx; mov %rdi,%rbx; xor %edi,%edi; 1: pause; at in_spins; cmpl $0,(%rbx); jne 1b; pop %rbx; ret");
CODE("function takes; lock cmpxchg %edx,(%rdi); at in_takes; jne 1f; ret; 1: call spins; at from_takes; ret");
CODE("function forgets; xor %edi,%edi; 1: pause; at in_forgets; jmp 1b");
CODE("function wants; push %rbx; mov %rdi,%rbx; lea 8(%rbx),%rdi; call forgets; at in_wants; pop %rbx; ret");
CODE("function either; push %rbx; mov %rdi,%rbx; test %esi,%esi; je 1f; mov %rsi,%rbx; 1: pause; at in_either; jmp 1b");

static void begin(struct fixture *x, uint64_t rbx, uint64_t rdi)
{
	sleeper_begin(&x->s);
	x->s.stack.is_exact = true;
	SET_REG(&x->s, RBX, rbx);
	SET_REG(&x->s, RDI, rdi);
}

/* In another register, which the function has set to it on all paths. */
static void test_argument__kept(void **state)
{
	struct fixture *x = *state;

	begin(x, OBJECT, 7);
	SLEEPS_IN(&x->s, spins, in_spins, 1);
	assert_int_equal(find(x, 0), OBJECT);
	begin(x, 7, OBJECT);
	SLEEPS_IN(&x->s, takes, in_takes);
	assert_int_equal(find(x, 0), OBJECT);
}

/* Where nobody has kept it, its caller has set it. */
static void test_argument__by_caller(void **state)
{
	struct fixture *x = *state;

	begin(x, OBJECT, 0);
	SLEEPS_IN(&x->s, forgets, in_forgets);
	SLEEPS_IN(&x->s, wants, in_wants, 1);
	assert_int_equal(find(x, 0), OBJECT + 8);
	begin(x, OBJECT, 0);
	SLEEPS_IN(&x->s, forgets, in_forgets);
	assert_int_equal(find(x, 0), 0);
}

/* Of an outer frame by what an inner one has saved. */
static void test_argument__outer(void **state)
{
	struct fixture *x = *state;

	begin(x, 5, 0);
	SLEEPS_IN(&x->s, spins, in_spins, 9);
	SLEEPS_IN(&x->s, takes, from_takes);
	SLEEPS_IN(&x->s, wants, in_wants, OBJECT);
	assert_int_equal(find(x, 2), 9);
}

/* What depends on the path is not known. */
static void test_argument__either(void **state)
{
	struct fixture *x = *state;

	begin(x, OBJECT, 0);
	SLEEPS_IN(&x->s, either, in_either, 1);
	assert_int_equal(find(x, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_argument__kept, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_argument__by_caller, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_argument__outer, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_argument__either, setup, fixture_teardown),
	};

	CODE_TEST_MAIN(tests);
}
