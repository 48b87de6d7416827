/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/bit_loop.c: which loops end only when they have set a bit, and for which bit of which word that is. */
#include <config.h>

#include "code.h"

#include "code/bit_loop.h"
#include "target/arch_x86_64.h"

#define WORD (FAKE_DIRECT + 0x300000)

struct fixture {
	struct fake *f;
	struct dlk_code *code;
	struct dlk_frame_regs regs;
};

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	x.code = code_open(x.f);
	*state = &x;
	return 0;
}

static bool find(struct fixture *x, const char *at, struct dlk_bit_loop *ret)
{
	return dlk_bit_loop_find(x->code, code_at(at), &x->regs, ret);
}

static void assert_spins(struct fixture *x, const char *at, dlk_addr_t word, uint32_t bit)
{
	struct dlk_bit_loop loop = { .word = 0 };

	assert_true(find(x, at, &loop));
	assert_true(loop.word == word);
	assert_int_equal(loop.bit, bit);
}

static void assert_none(struct fixture *x, const char *at)
{
	struct dlk_bit_loop loop = { .word = 7, .bit = 7 };

	assert_false(find(x, at, &loop));
	assert_int_equal(loop.word, 7);
	assert_int_equal(loop.bit, 7);
}

/* Somewhere to go, which does something. */
CODE("function goes_on; mov %rax,(%rdi); ret");
CODE("function preempt_schedule_thunk; mov %rax,(%rdi); ret");
CODE("function other; mov %rax,(%rdi); ret");

/* As compilers make it: the lock, the loop behind it, and the lock once more. */
CODE("function locks; incl %gs:0x40; at l_first; lock btsq $9,0x10(%rbx); at l_behind; jae 4f;"
     "1: at l_failed; decl %gs:0x40; je 3f;"
     "2: at l_pause; pause; mov 0x10(%rbx),%rax; at l_test; test $0x200,%eax; jne 2b;"
     "incl %gs:0x40; at l_again; lock btsq $9,0x10(%rbx); at l_next; jb 1b;"
     "4: mov %rax,(%rdx); ret;"
     "3: call preempt_schedule_thunk; jmp 2b");

static void test_bit_loop__everywhere(void **state)
{
	static const char *const places[] = { "l_failed", "l_pause", "l_test", "l_again",
					      "l_next" };
	struct fixture *x = *state;

	dlk_frame_regs_set(&x->regs, DLK_X86_RBX, WORD);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_spins(x, places[i], WORD + 0x10, 9);
}

/* Before the first attempt it does not turn in a circle yet. */
static void test_bit_loop__before(void **state)
{
	struct fixture *x = *state;

	dlk_frame_regs_set(&x->regs, DLK_X86_RBX, WORD);
	assert_none(x, "locks");
	assert_none(x, "l_first");
	assert_none(x, "l_behind");
}

/* Where the word's register is not known nothing is. */
static void test_bit_loop__no_register(void **state)
{
	struct fixture *x = *state;

	assert_none(x, "l_pause");
	dlk_frame_regs_set(&x->regs, DLK_X86_RAX, WORD);
	assert_none(x, "l_pause");
}

/* The number in a register: of a string of bits. */
CODE("function by_number; 1: pause; at n_pause; bt %rdi,(%rsi); jb 1b; lock bts %rdi,(%rsi); jb 1b; ret");

static void test_bit_loop__number(void **state)
{
	struct fixture *x = *state;

	dlk_frame_regs_set(&x->regs, DLK_X86_RSI, WORD);
	assert_none(x, "n_pause");
	dlk_frame_regs_set(&x->regs, DLK_X86_RDI, 70);
	assert_spins(x, "n_pause", WORD, 70);
	dlk_frame_regs_set(&x->regs, DLK_X86_RDI, 4096);
	assert_none(x, "n_pause");
	dlk_frame_regs_set(&x->regs, DLK_X86_RDI, UINT64_MAX);
	assert_none(x, "n_pause");
}

/* One of an array, and one that the compiler finds in two ways. */
CODE("function indexed; 1: pause; at i_pause; testb $1,8(%rbx,%rcx,4); jne 1b; lock btsl $0,8(%rbx,%rcx,4); jb 1b; ret");
CODE("function two_ways; 1: pause; at w_pause; lock btsq $3,8(%rdx); jae 2f; pause; lock btsq $3,(%rcx); jb 1b; 2: ret");

static void test_bit_loop__place(void **state)
{
	struct fixture *x = *state;

	dlk_frame_regs_set(&x->regs, DLK_X86_RBX, WORD);
	dlk_frame_regs_set(&x->regs, DLK_X86_RCX, 5);
	assert_spins(x, "i_pause", WORD + 8 + 20, 0);
	dlk_frame_regs_set(&x->regs, DLK_X86_RDX, WORD);
	dlk_frame_regs_set(&x->regs, DLK_X86_RCX, WORD + 8);
	assert_spins(x, "w_pause", WORD + 8, 3);
	dlk_frame_regs_set(&x->regs, DLK_X86_RCX, WORD);
	assert_none(x, "w_pause");
}

/* What only looks so. */
CODE("function polls; 1: pause; at p_poll; mov (%rbx),%rax; test $0x200,%eax; jne 1b; ret");
CODE("function not_atomic; 1: pause; at p_plain; btsq $9,(%rbx); jb 1b; ret");
CODE("function times_out; mov $100,%ecx; 1: pause; at p_timeout; dec %rcx; je 2f; lock btsq $9,(%rbx); jb 1b; 2: ret");
CODE("function writes; 1: pause; at p_writes; mov %rax,(%rdx); lock btsq $9,(%rbx); jb 1b; ret");
CODE("function calls; 1: pause; at p_calls; call other; lock btsq $9,(%rbx); jb 1b; ret");
CODE("function other_way; 1: pause; at p_other; lock btsq $9,(%rbx); jae 1b; jmp goes_on");
CODE("function moves_on; 1: pause; at p_moves; lea 8(%rbx),%rbx; lock btsq $9,(%rbx); jb 1b; ret");
CODE("function counts; mov $0,%edi; 1: pause; at p_counts; lea 1(%rdi),%rdi; lock bts %rdi,(%rbx); jb 1b; ret");
CODE("function two_bits; 1: pause; at p_two; lock btsq $9,(%rbx); jb 1b; lock btsq $8,(%rbx); jb 1b; ret");
CODE("function no_pause; 1: at p_none; lock btsq $9,(%rbx); jb 1b; ret");
CODE("function percpu; 1: pause; at p_percpu; lock btsq $9,%gs:(%rbx); jb 1b; ret");
CODE("function flag_later; 1: pause; at p_later; lock btsq $9,(%rbx); nop; jb 1b; ret");
CODE("function jumps; 1: pause; at p_jumps; lock btsq $9,(%rbx); jb 2f; ret; 2: jmp *%rax");
CODE("function pushes; 1: pause; at p_pushes; push %rax; pop %rax; lock btsq $9,(%rbx); jb 1b; ret");

static void test_bit_loop__others(void **state)
{
	static const char *const places[] = { "p_poll",   "p_plain",  "p_timeout", "p_writes",
					      "p_calls",  "p_other",  "p_moves",   "p_counts",
					      "p_none",   "p_percpu", "p_later",   "p_jumps",
					      "p_pushes", "goes_on" };
	struct fixture *x = *state;

	for (unsigned reg = 0; reg < DLK_FRAME_REGS; reg++)
		dlk_frame_regs_set(&x->regs, reg, WORD);
	dlk_frame_regs_set(&x->regs, DLK_X86_RDI, 1);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_none(x, places[i]);
	/* Of two locks the first is spun for: who has got it goes on to the other. */
	assert_spins(x, "p_two", WORD, 9);
}

/* Text that is not there. */
static void test_bit_loop__no_text(void **state)
{
	struct fixture *x = *state;
	struct dlk_bit_loop loop;

	dlk_frame_regs_set(&x->regs, DLK_X86_RBX, WORD);
	assert_false(dlk_bit_loop_find(x->code, TEXT - 0x100000, &x->regs, &loop));
	assert_false(dlk_bit_loop_find(x->code, 0, &x->regs, &loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bit_loop__everywhere, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__before, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__no_register, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__number, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__place, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__others, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bit_loop__no_text, setup, fixture_teardown),
	};

	CODE_TEST_MAIN(tests);
}
