/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/state.c and value.c: what is known of registers and of the stack after instructions, one after the other. */
#include <config.h>

#include "code.h"

#include "code/state.h"

struct fixture {
	struct dlk_terms terms;
	struct dlk_machine m;
	struct dlk_state s;
	unsigned asked; /* for what stands on the stack */
};

/* Whoever walks knows this one word. */
enum { KNOWN_AT = 0x20, KNOWN = 0x1234 };

static struct dlk_value stack_word(void *arg, uint64_t at)
{
	struct fixture *x = arg;

	x->asked++;
	return at == KNOWN_AT ? dlk_value_number(KNOWN) : (struct dlk_value){ 0 };
}

/* All registers are what they are at a function's entry. */
static void begin(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	x->m = (struct dlk_machine){ .sp = DLK_X86_RSP,
				     .fp = DLK_X86_RBP,
				     .terms = &x->terms,
				     .stack = stack_word,
				     .stack_arg = x };
	for (unsigned i = 0; i < DLK_STATE_REGS; i++)
		x->s.regs[i] = dlk_value_entry(i);
}

/* Do what a function's instructions do, one after the other, up to its return. */
static void go_on(struct fake *f, struct fixture *x, const char *function)
{
	const struct dlk_code_arch *arch = &dlk_code_arch_x86_64;
	struct dlk_code *code = code_open(f);
	const struct dlk_insn *insn = dlk_code_insn(code, code_at(function));

	for (; insn && insn->flow != DLK_FLOW_RETURN;
	     insn = dlk_code_insn(code, insn->at + insn->size)) {
		assert_true(insn->flow == DLK_FLOW_ON || insn->flow == DLK_FLOW_CALL);
		if (insn->flow == DLK_FLOW_CALL)
			dlk_state_call(&x->s, &x->m, f->k.arch->machine->callee_saved, arch->args,
				       DLK_CODE_ARGS);
		else
			dlk_state_step(&x->s, &x->m, insn);
	}
	assert_non_null(insn);
}

static void run(void **state, struct fixture *x, const char *function)
{
	begin(x);
	go_on(*state, x, function);
}

#define REG_OF(x, name) ((x)->s.regs[DLK_X86_##name])

/* A word of the stack, by its distance from sp at the entry. */
static struct dlk_value slot(struct fixture *x, int64_t at)
{
	return dlk_state_load(&x->s, &x->m,
			      dlk_value_add(dlk_value_entry(DLK_X86_RSP), (uint64_t)at), 8, false);
}

CODE("function callee; ret");

CODE("function numbers; mov $7,%eax; mov $-1,%rcx; mov $-1,%edx; xor %r8d,%r8d; sub %r9,%r9;"
     "movabs $0x123456789abcdef0,%r10; mov %r10,%r11; and $-256,%r11; inc %rax; ret");

static void test_state__numbers(void **state)
{
	struct fixture x;

	run(state, &x, "numbers");
	assert_number(REG_OF(&x, RAX), 8);
	assert_number(REG_OF(&x, RCX), -1);
	assert_number(REG_OF(&x, RDX), 0xffffffff); /* the upper half is cleared */
	assert_number(REG_OF(&x, R8), 0);
	assert_number(REG_OF(&x, R9), 0);
	assert_number(REG_OF(&x, R10), 0x123456789abcdef0);
	assert_number(REG_OF(&x, R11), 0x123456789abcde00);
	assert_entry(REG_OF(&x, RBX), DLK_X86_RBX, 0);
}

CODE("function addresses; mov %rdi,%rbx; lea 0x40(%rbx),%r12; add $8,%r12; sub $0x10,%rbx; mov $3,%eax;"
     "lea 1(%rdi,%rax,8),%r13; lea (%rdi,%rsi),%r14; lea 0x10(,%rax,4),%r15; lea (%rax,%rdi),%rcx; ret");

static void test_state__addresses(void **state)
{
	struct fixture x;

	run(state, &x, "addresses");
	assert_entry(REG_OF(&x, R12), DLK_X86_RDI, 0x48);
	assert_entry(REG_OF(&x, RBX), DLK_X86_RDI, -0x10);
	assert_entry(REG_OF(&x, R13), DLK_X86_RDI, 25);
	assert_unknown(REG_OF(&x, R14)); /* the sum of two that are no numbers */
	assert_number(REG_OF(&x, R15), 0x1c);
	assert_entry(REG_OF(&x, RCX), DLK_X86_RDI, 3);
}

CODE("function parts; mov %edi,%r8d; mov $1,%bl; mov %si,%r12w; xchg %r13,%r14; and $-8,%rbp; cpuid;"
     "not %r15; ret");

/* A value of which these bits are left. */
static void assert_masked(const struct fixture *x, struct dlk_value v, uint8_t reg, uint64_t mask)
{
	const struct dlk_term *t = &x->terms.terms[v.term];

	assert_int_equal(v.how, DLK_VALUE_TERM);
	assert_int_equal(t->how, DLK_TERM_MASKED);
	assert_int_equal(t->mask, mask);
	assert_entry(t->of, reg, 0);
}

/* What is done to a part of a register, or in a way that is not followed, leaves nothing known of it but for a mask. */
static void test_state__parts_are_not_known(void **state)
{
	static const uint8_t lost[] = { DLK_X86_RBX, DLK_X86_R12, DLK_X86_R13, DLK_X86_R14,
					DLK_X86_RCX, DLK_X86_RDX, DLK_X86_R15 };
	struct fixture x;

	run(state, &x, "parts");
	for (unsigned i = 0; i < sizeof(lost); i++)
		assert_unknown(x.s.regs[lost[i]]);
	assert_entry(REG_OF(&x, RDI), DLK_X86_RDI, 0);
	assert_masked(&x, REG_OF(&x, R8), DLK_X86_RDI, 0xffffffff);
	assert_masked(&x, REG_OF(&x, RBP), DLK_X86_RBP, ~UINT64_C(7));
}

CODE("function pushes; push %rbx; push $5; mov %rdi,%rbx; pop %rax; pop %rbx; ret");

static void test_state__push_and_pop(void **state)
{
	struct fixture x;

	run(state, &x, "pushes");
	assert_number(REG_OF(&x, RAX), 5);
	assert_entry(REG_OF(&x, RBX), DLK_X86_RBX, 0);
	assert_entry(REG_OF(&x, RSP), DLK_X86_RSP, 0);
	assert_entry(slot(&x, -8), DLK_X86_RBX, 0);
}

CODE("function frame; push %rbp; mov %rsp,%rbp; sub $0x20,%rsp; mov %rdi,-8(%rbp); mov %rsi,(%rsp);"
     "mov -8(%rbp),%rax; movq $9,8(%rsp); mov 8(%rsp),%rcx; leave; ret");

static void test_state__frame(void **state)
{
	struct fixture x;

	run(state, &x, "frame");
	assert_entry(REG_OF(&x, RAX), DLK_X86_RDI, 0);
	assert_number(REG_OF(&x, RCX), 9);
	assert_entry(REG_OF(&x, RSP), DLK_X86_RSP, 0);
	assert_entry(REG_OF(&x, RBP), DLK_X86_RBP, 0);
	assert_entry(slot(&x, -0x10), DLK_X86_RDI, 0);
	assert_entry(slot(&x, -0x28), DLK_X86_RSI, 0);
}

CODE("function overwrites; sub $0x28,%rsp; mov %rdi,(%rsp); mov %rdi,8(%rsp); mov %rdi,0x10(%rsp);"
     "mov %rdi,0x18(%rsp); mov %rdi,0x20(%rsp); movl $1,4(%rsp); movb $1,8(%rsp); mov %rsi,0x14(%rsp);"
     "mov 0x1c(%rsp),%rax; ret");

/* A part of a word, and a word that lies across two, spoil what they touch, and no more. */
static void test_state__stores_of_parts(void **state)
{
	struct fixture x;

	run(state, &x, "overwrites");
	assert_unknown(slot(&x, -0x28));
	assert_unknown(slot(&x, -0x20));
	assert_unknown(slot(&x, -0x18));
	assert_unknown(slot(&x, -0x10));
	assert_entry(slot(&x, -8), DLK_X86_RDI, 0);
	assert_unknown(REG_OF(&x, RAX));
}

CODE("function calls; push %rbx; sub $0x20,%rsp; mov %rdi,%rbx; mov %rdi,(%rsp); mov %rdi,8(%rsp);"
     "mov %rdi,0x18(%rsp); lea 8(%rsp),%rdi; mov %rsp,%r9; call callee; ret");

/* A callee gives back what it must, and may write where it was told to. */
static void test_state__call(void **state)
{
	struct fixture x;

	run(state, &x, "calls");
	assert_entry(REG_OF(&x, RBX), DLK_X86_RDI, 0);
	assert_entry(REG_OF(&x, RBP), DLK_X86_RBP, 0);
	assert_entry(REG_OF(&x, R12), DLK_X86_R12, 0);
	assert_entry(REG_OF(&x, R15), DLK_X86_R15, 0);
	assert_entry(REG_OF(&x, RSP), DLK_X86_RSP, -0x28);
	assert_unknown(REG_OF(&x, RAX));
	assert_unknown(REG_OF(&x, RDI));
	assert_unknown(REG_OF(&x, R8));
	assert_unknown(REG_OF(&x, R11));
	assert_unknown(slot(&x, -0x20)); /* given as the first argument */
	assert_unknown(slot(&x, -0x28)); /* given as the sixth */
	assert_entry(slot(&x, -0x10), DLK_X86_RDI, 0);
	assert_entry(slot(&x, -8), DLK_X86_RBX, 0);
}

CODE("function gives_last; sub $8,%rsp; mov %rdi,(%rsp); mov %rsp,%rdi; call callee; ret");
CODE("function spoils_last; sub $8,%rsp; mov %rdi,(%rsp); xchg %rax,(%rsp); ret");

/* The word below the return address is the last before the place from which words are counted. */
static void test_state__word_below_the_return_address(void **state)
{
	struct fixture x;

	run(state, &x, "gives_last");
	assert_unknown(slot(&x, -8));
	run(state, &x, "spoils_last");
	assert_unknown(slot(&x, -8));
}

CODE("function loads; mov 8(%rdi),%rax; mov 8(%rdi),%rcx; mov 0x10(%rdi),%rdx; mov (%rax),%r8;"
     "mov 8(%rdi),%r9; mov (%r9),%r10; mov %gs:8(%rdi),%r11; lea 4(%rax),%rsi; mov (%rbx,%rbx),%r12; ret");

/* What is loaded from the same place is the same, and nothing is read. */
static void test_state__loads(void **state)
{
	struct fixture x;

	run(state, &x, "loads");
	assert_int_equal(REG_OF(&x, RAX).how, DLK_VALUE_TERM);
	assert_true(dlk_value_is_same(&REG_OF(&x, RAX), &REG_OF(&x, RCX)));
	assert_false(dlk_value_is_same(&REG_OF(&x, RAX), &REG_OF(&x, RDX)));
	assert_int_equal(REG_OF(&x, R8).how, DLK_VALUE_TERM);
	assert_true(dlk_value_is_same(&REG_OF(&x, R8), &REG_OF(&x, R10)));
	assert_false(dlk_value_is_same(&REG_OF(&x, RAX), &REG_OF(&x, R11)));
	assert_true(x.terms.terms[REG_OF(&x, R11).term].how == DLK_TERM_LOADED_PERCPU);
	assert_int_equal(REG_OF(&x, RSI).term, REG_OF(&x, RAX).term);
	assert_int_equal(REG_OF(&x, RSI).number, 4);
	assert_entry(x.terms.terms[REG_OF(&x, RAX).term].of, DLK_X86_RDI, 8);
	assert_unknown(REG_OF(&x, R12));
}

CODE("function unwritten; mov 0x20(%rsp),%rax; mov 0x28(%rsp),%rcx; mov %gs:0x20(%rsp),%rdx;"
     "mov %rdi,0x20(%rsp); mov 0x20(%rsp),%r8; mov 0x24(%rsp),%r9; ret");

/* What the path has not written is whoever walks to tell, of words of the stack alone. */
static void test_state__words_from_before(void **state)
{
	struct fixture x;

	run(state, &x, "unwritten");
	assert_number(REG_OF(&x, RAX), KNOWN);
	assert_unknown(REG_OF(&x, RCX));
	assert_int_equal(REG_OF(&x, RDX).how, DLK_VALUE_TERM);
	assert_entry(REG_OF(&x, R8), DLK_X86_RDI, 0);
	assert_unknown(REG_OF(&x, R9));
	assert_int_equal(x.asked, 2);
}

CODE("function many_slots; .set i, 0; .rept 25; .set i, i + 1; mov %rdi,-8*i(%rsp); .endr;"
     "mov 0x20(%rsp),%rax; mov -8(%rsp),%rcx; mov -8*25(%rsp),%rdx; ret");

/* When too much was written, what is not kept is not known, and nor is what may have been. */
static void test_state__too_many_slots(void **state)
{
	struct fixture x;

	run(state, &x, "many_slots");
	assert_int_equal(x.s.slot_count, DLK_STATE_SLOTS);
	assert_true(x.s.is_lossy);
	assert_unknown(REG_OF(&x, RAX));
	assert_entry(REG_OF(&x, RCX), DLK_X86_RDI, 0);
	assert_unknown(REG_OF(&x, RDX));
}

CODE("function many_loads; .set i, 0; .rept 512; .set i, i + 1; mov 8*i(%rdi),%rax; .endr;"
     "mov (%rsi),%rcx; mov 8(%rdi),%rdx; ret");

static void test_state__too_many_loads(void **state)
{
	struct fixture x;

	run(state, &x, "many_loads");
	assert_int_equal(REG_OF(&x, RAX).how, DLK_VALUE_TERM);
	assert_unknown(REG_OF(&x, RCX));
	assert_int_equal(REG_OF(&x, RDX).how, DLK_VALUE_TERM); /* as before */
}

CODE("function zeroes; sub $0x20,%rsp; mov %rdi,(%rsp); mov %rdi,8(%rsp); mov %rdi,0x10(%rsp);"
     "mov %rdi,0x18(%rsp); mov $2,%ecx; lea 8(%rsp),%rdi; rep stosq; ret");
CODE("function zeroes_any; sub $0x20,%rsp; mov %rdi,(%rsp); mov %rdi,8(%rsp); mov %rdi,0x18(%rsp);"
     "lea 8(%rsp),%rdi; rep stosq; ret");

/* As many words as the count says; if that is not known, any that follow. */
static void test_state__repeated_stores(void **state)
{
	struct fixture x;

	run(state, &x, "zeroes");
	assert_entry(slot(&x, -0x20), DLK_X86_RDI, 0);
	assert_unknown(slot(&x, -0x18));
	assert_unknown(slot(&x, -0x10));
	assert_entry(slot(&x, -8), DLK_X86_RDI, 0);
	assert_unknown(REG_OF(&x, RDI));
	assert_unknown(REG_OF(&x, RCX));
	assert_number(slot(&x, KNOWN_AT), KNOWN);
	run(state, &x, "zeroes_any");
	assert_entry(slot(&x, -0x20), DLK_X86_RDI, 0);
	assert_unknown(slot(&x, -0x18));
	assert_unknown(slot(&x, -8));
	assert_unknown(slot(&x, KNOWN_AT));
}

CODE("function zeroes_much; sub $0x408,%rsp; mov %rdi,(%rsp); mov %rdi,8(%rsp); mov %rdi,0x400(%rsp);"
     "mov $0x80,%ecx; mov %rsp,%rdi; rep stosq; mov %rsi,0x20(%rsp); ret");

/* Of more words than there is room for it is not known which were spoilt; what is written then is. */
static void test_state__long_stores(void **state)
{
	struct fixture x;

	run(state, &x, "zeroes_much");
	assert_true(x.s.is_lossy);
	assert_unknown(slot(&x, -0x408));
	assert_unknown(slot(&x, -0x400));
	assert_unknown(slot(&x, -0x200));
	assert_entry(slot(&x, -8), DLK_X86_RDI, 0); /* behind its end */
	assert_entry(slot(&x, -0x3e8), DLK_X86_RSI, 0);
}

CODE("function args_above; mov %rdi,8(%rsp); lea -8(%rsp),%rdi; rep stosq; ret");

/* Also those of the caller's, which lie above the return address. */
static void test_state__repeated_stores_upwards(void **state)
{
	struct fixture x;

	run(state, &x, "args_above");
	assert_unknown(slot(&x, 8));
}

/* On a stack whose addresses are known these are what slots are named by; other memory is none of it. */
static void test_state__stack_of_numbers(void **state)
{
	struct fixture x;

	begin(&x);
	x.m.stack_start = 0;
	x.m.stack_end = 0x1000;
	x.s.regs[DLK_X86_RSP] = dlk_value_number(0x800);
	x.s.regs[DLK_X86_RBX] = dlk_value_number(0x7f8);
	go_on(*state, &x, "frame");
	assert_entry(REG_OF(&x, RAX), DLK_X86_RDI, 0);
	assert_int_equal(x.s.slots[0].at, 0x800 - 0x28);
	assert_int_equal(dlk_state_load(&x.s, &x.m, dlk_value_number(0x1000), 8, false).how,
			 DLK_VALUE_TERM);
}

/* --- joining */

static struct dlk_value at(struct fixture *x, struct dlk_state *s, int64_t offset)
{
	return dlk_state_load(s, &x->m,
			      dlk_value_add(dlk_value_entry(DLK_X86_RSP), (uint64_t)offset), 8,
			      false);
}

CODE("function one; mov %rdi,-8(%rsp); mov %rdi,-0x10(%rsp); mov %rdi,-0x18(%rsp); mov %rdi,%rbx; ret");
CODE("function other; mov %rdi,-8(%rsp); mov %rsi,-0x10(%rsp); mov %rdi,0x20(%rsp); mov %rdi,%r12; ret");

/* Only what both know, and know to be the same, stays. */
static void test_state__join(void **state)
{
	struct fixture x;
	struct dlk_state one;

	run(state, &x, "one");
	one = x.s;
	run(state, &x, "other");
	assert_false(dlk_state_is_same(&one, &x.s));
	dlk_state_join(&one, &x.s);
	assert_entry(at(&x, &one, -8), DLK_X86_RDI, 0);
	assert_unknown(at(&x, &one, -0x10));
	assert_unknown(at(&x, &one, -0x18));
	assert_unknown(at(&x, &one, KNOWN_AT)); /* which one path has written */
	assert_unknown(one.regs[DLK_X86_RBX]);
	assert_unknown(one.regs[DLK_X86_R12]);
	assert_entry(one.regs[DLK_X86_RDI], DLK_X86_RDI, 0);
	assert_false(one.is_lossy);
	x.s.is_lossy = true;
	dlk_state_join(&one, &x.s);
	assert_true(one.is_lossy);
}

static void test_state__join_with_itself(void **state)
{
	struct fixture x;
	struct dlk_state one;

	run(state, &x, "one");
	one = x.s;
	dlk_state_join(&one, &x.s);
	assert_true(dlk_state_is_same(&one, &x.s));
}

/* There is no room for all that both have written. */
static void test_state__join_of_too_many_slots(void **state)
{
	struct fixture x;
	struct dlk_state one;

	run(state, &x, "many_slots");
	one = x.s;
	one.is_lossy = false;
	run(state, &x, "other");
	dlk_state_join(&one, &x.s);
	assert_true(one.is_lossy);
	assert_int_equal(one.slot_count, DLK_STATE_SLOTS);
	assert_entry(at(&x, &one, -8), DLK_X86_RDI, 0);
	assert_unknown(at(&x, &one, KNOWN_AT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODE_TEST(test_state__numbers),
		CODE_TEST(test_state__addresses),
		CODE_TEST(test_state__parts_are_not_known),
		CODE_TEST(test_state__push_and_pop),
		CODE_TEST(test_state__frame),
		CODE_TEST(test_state__stores_of_parts),
		CODE_TEST(test_state__call),
		CODE_TEST(test_state__word_below_the_return_address),
		CODE_TEST(test_state__loads),
		CODE_TEST(test_state__words_from_before),
		CODE_TEST(test_state__too_many_slots),
		CODE_TEST(test_state__too_many_loads),
		CODE_TEST(test_state__repeated_stores),
		CODE_TEST(test_state__repeated_stores_upwards),
		CODE_TEST(test_state__long_stores),
		CODE_TEST(test_state__stack_of_numbers),
		CODE_TEST(test_state__join),
		CODE_TEST(test_state__join_with_itself),
		CODE_TEST(test_state__join_of_too_many_slots),
	};

	CODE_TEST_MAIN(tests);
}
