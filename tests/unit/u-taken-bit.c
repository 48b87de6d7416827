/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/taken.c: of who spins for a bit that it may have taken before, by a loop of its own (bit_loop.c). */
#include <config.h>

#include "claims.h"

enum { BIT = 9, WORD_AT = 0x10 /* in what contains it */ };

#define BOX FRAMES_OBJECT

static const struct dlk_act takes[] = {
	{ .how = DLK_ACT_CALL, .function = "bit_spin_lock", .arg = 1, .bit_arg = 1 },
	{ .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
	{ .how = DLK_ACT_END }
};
static const struct dlk_act releases[] = { { .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
					   { .how = DLK_ACT_END } };
static const struct dlk_act_rules rules = { .takes = takes, .releases = releases };

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	fake_kernel(x.f);
	return open_release(&x, state);
}

/* The innermost function spins, with what contains the word in rbx; so it is in all others. */
static enum dlk_release_verdict ask(struct fixture *x)
{
	SET_REG(&x->s, RBX, BOX);
	x->s.stack.is_exact = true;
	x->c = (struct dlk_release_claim){
		.object = BOX + WORD_AT, .rules = &rules, .bit = BIT, .is_waited_for = true
	};
	return ask_claim(x);
}

static enum dlk_release_verdict ask_of(void **state, const char *function, const char *place)
{
	struct fixture *x = *state;
	const uint64_t saved = BOX;

	sleeper_begin(&x->s);
	sleeper_frame(&x->s, function, place, 1, &saved);
	return ask(x);
}

#define ASK_OF(function) ask_of(state, #function, "in_" #function)

CODE("function else_; ret; function uses; mov (%rdi),%rax; ret");

/* bit_spin_lock(), as it is inlined; where the name is the CPU stands. */
#define SPIN_AT(number, mask, name)                                                                \
	"lock btsq $" number ",0x10(%rbx); jae 2f; 1: pause; mov 0x10(%rbx),%rax; at " name        \
	"; test $" mask ",%eax; jne 1b; lock btsq $" number ",0x10(%rbx); jb 1b; 2:"
#define TAKE(name) SPIN_AT("9", "0x200", "first_in_" name)
#define TAKE_OTHER(name) SPIN_AT("8", "0x100", "first_in_" name)
#define DROP "lock andb $0xfd,0x11(%rbx);"
#define BEGIN(name) "function " name "; push %rbx; mov %rdi,%rbx;"
#define END(name) SPIN_AT("9", "0x200", "in_" name) DROP "pop %rbx; ret"

CODE(BEGIN("once") END("once"));
CODE(BEGIN("twice") TAKE("twice") END("twice"));
CODE(BEGIN("behind")
	     TAKE("behind") "lock btsq $9,0x10(%rbx); jae 2f; 1: pause; lock btsq $9,0x10(%rbx);"
			    "at in_behind; jb 1b; 2:" DROP "pop %rbx; ret");
CODE(BEGIN("let_go") TAKE("let_go") DROP END("let_go"));
CODE(BEGIN("other_bit") TAKE_OTHER("other_bit") END("other_bit"));
CODE(BEGIN("on_one") "test %esi,%esi; je 3f;" TAKE("on_one") "3:" END("on_one"));
CODE(BEGIN("on_both") "test %esi,%esi; je 3f;" TAKE(
	"on_both") "jmp 4f; 3: lock btsq $9,0x10(%rbx); jb 5f; 4:" END("on_both") "; 5: pop %rbx; ret");

/* It is held only by who has found it clear. */
static void test_taken_bit__before(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_OF(once), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(twice), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 0);
	assert_int_equal(ASK_OF(behind), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(let_go), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(other_bit), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(on_one), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(on_both), DLK_RELEASE_TAKEN);
}

#define TRY(branch) "lock btsq $9,0x10(%rbx);" branch ";"

CODE(BEGIN("failed") TRY("jb 3f") DROP "pop %rbx; ret; 3:" END("failed"));
CODE(BEGIN("got") TRY("jae 3f") "pop %rbx; ret; 3:" END("got"));
CODE(BEGIN("either") TRY("") END("either"));
CODE(BEGIN("looks_late") TRY("setb %al; test %al,%al; jne 3f")
	     END("looks_late") "; 3: pop %rbx; ret");
CODE(BEGIN("looks_at_more") TRY("jbe 3f") END("looks_at_more") "; 3: pop %rbx; ret");
CODE(BEGIN("both_ways") TRY("jae 3f; 3:") END("both_ways"));
CODE(BEGIN("joined") "test %esi,%esi; je 4f;" TRY("4: jb 3f") END("joined") "; 3: pop %rbx; ret");
CODE(BEGIN("sets") "lock orb $2,0x11(%rbx);" END("sets"));
CODE(BEGIN("not_atomic") "btsq $9,0x10(%rbx); jb 3f;" END("not_atomic") "; 3: pop %rbx; ret");

/* Who has but tried, or sets it whatever it was, need not have it. */
static void test_taken_bit__try(void **state)
{
	assert_int_equal(ASK_OF(failed), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(got), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(either), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(looks_late), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(looks_at_more), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(both_ways), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(joined), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(sets), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(not_atomic), DLK_RELEASE_NONE);
}

#define STORES(name, does) CODE(BEGIN(name) TAKE(name) does ";" END(name))

STORES("clears", "btrq $9,0x10(%rbx)");
STORES("writes_word", "mov %rsi,0x10(%rbx)");
STORES("writes_byte", "movb $0,0x11(%rbx)");
STORES("writes_around", "mov %rsi,0xc(%rbx)");
STORES("exchanges", "lock cmpxchg %rcx,0x10(%rbx)");
STORES("adds", "lock subq $0x200,0x10(%rbx)");
STORES("clears_some", "lock btr %rcx,0x10(%rbx)");
STORES("fills", "lea 8(%rbx),%rdi; mov $4,%ecx; rep stosq");
STORES("writes_before", "mov %rsi,8(%rbx)");
STORES("writes_behind", "mov %rsi,0x18(%rbx)");
STORES("writes_other_byte", "movb $0,0x10(%rbx)");
STORES("writes_other_bit", "lock andb $0xfb,0x11(%rbx)");
STORES("sets_some", "lock bts %rcx,0x10(%rbx)");

/* Whatever writes there may have cleared it. */
static void test_taken_bit__stores(void **state)
{
	assert_int_equal(ASK_OF(clears), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(writes_word), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(writes_byte), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(writes_around), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(exchanges), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(adds), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(clears_some), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(fills), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(writes_before), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(writes_behind), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(writes_other_byte), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(writes_other_bit), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(sets_some), DLK_RELEASE_TAKEN);
}

STORES("gives", "mov %rbx,%rdi; call uses");
STORES("gives_word", "lea 0x10(%rbx),%rdi; call else_");
STORES("gives_none", "call else_");

/* Who is given what contains it may have let it go. */
static void test_taken_bit__given(void **state)
{
	assert_int_equal(ASK_OF(gives), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_word), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_none), DLK_RELEASE_TAKEN);
}

#define SOME "mov (%rsi,%rdx,8),%rcx;"
STORES("clears_some_bit", SOME "lock andb $0xfd,0x11(%rcx)");
STORES("writes_some", SOME "movq $0,(%rcx)");
STORES("sets_some_bit", SOME "orb $2,0x11(%rcx)");
STORES("clears_one_of_two",
       "mov %rsi,%rcx; test %esi,%esi; cmove %rbx,%rcx; lock andb $0xfd,0x11(%rcx)");

/* It is not known what is written to: it may be the word. */
static void test_taken_bit__unknown(void **state)
{
	assert_int_equal(ASK_OF(clears_some_bit), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(writes_some), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(sets_some_bit), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(clears_one_of_two), DLK_RELEASE_HANDED);
}

STORES("clears_in_byte", "lock btrl $1,0x11(%rbx)");
STORES("clears_in_middle", "lock andl $0xfffffffd,0x11(%rbx)");
STORES("clears_from_before", "lock btrl $17,0xf(%rbx)");
STORES("clears_next", "lock btrl $2,0x11(%rbx)");
STORES("clears_next_in_middle", "lock andl $0xfffffdff,0x11(%rbx)");

/* The bit, counted from elsewhere than its word. */
static void test_taken_bit__elsewhere(void **state)
{
	assert_int_equal(ASK_OF(clears_in_byte), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(clears_in_middle), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(clears_from_before), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(clears_next), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(clears_next_in_middle), DLK_RELEASE_TAKEN);
}

CODE(BEGIN("jumps") "test %esi,%esi; je 7f;" TAKE(
	"jumps") "jmp 8f; 7: notrack jmp *%rdx; nop; 8:" END("jumps"));

/* A way that is not known may lead around the taking. */
static void test_taken_bit__lost(void **state)
{
	assert_int_equal(ASK_OF(jumps), DLK_RELEASE_NONE);
}

CODE(BEGIN("drops") DROP END("drops"));
CODE(BEGIN("overwrites") "movq $0,0x10(%rbx);" END("overwrites"));
CODE(BEGIN("tries_first") TRY("jae 3f") END("tries_first") "; 3: ud2");

#define OUTER(inner)                                                                               \
	CODE(BEGIN("outer_" inner) TAKE("outer_" inner) "mov %rbx,%rdi; call " inner               \
							"; at in_outer_" inner ";" DROP            \
							"pop %rbx; ret")
OUTER("once");
OUTER("drops");
OUTER("overwrites");
OUTER("tries_first");

static enum dlk_release_verdict ask_outer(struct fixture *x, const char *inner,
					  const char *in_inner, const char *outer,
					  const char *in_outer)
{
	const uint64_t saved = BOX;

	sleeper_begin(&x->s);
	sleeper_frame(&x->s, inner, in_inner, 1, &saved);
	sleeper_frame(&x->s, outer, in_outer, 1, &saved);
	return ask(x);
}

#define ASK_OUTER(inner)                                                                           \
	ask_outer(*state, #inner, "in_" #inner, "outer_" #inner, "in_outer_" #inner)

/* It was taken by whom the one has called that takes it again, and not let go by that one. */
static void test_taken_bit__outer(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_OUTER(once), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 1);
	assert_int_equal(ASK_OUTER(tries_first), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OUTER(drops), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OUTER(overwrites), DLK_RELEASE_NONE);
}

/* A function of its own, as some compilers make of it; of the other bit, too. */
CODE("function bit_spin_lock; lock bts %rdi,(%rsi); jae 2f; 1: pause; at in_bit_spin_lock; bt %rdi,(%rsi); jb 1b;"
     "lock bts %rdi,(%rsi); jb 1b; 2: ret");
#define BY_CALL(number) "lea 0x10(%rbx),%rsi; mov $" number ",%edi; call bit_spin_lock;"
#define CALLS(name, does) CODE(BEGIN(name) does BY_CALL("9") "at in_" name ";" DROP "pop %rbx; ret")
CALLS("calls_once", "");
CALLS("calls_twice", BY_CALL("9"));
CALLS("calls_other", BY_CALL("8"));

static enum dlk_release_verdict ask_call(struct fixture *x, const char *outer, const char *in_outer)
{
	const uint64_t saved = BOX;

	sleeper_begin(&x->s);
	sleeper_frame(&x->s, "bit_spin_lock", "in_bit_spin_lock", 0, NULL);
	sleeper_frame(&x->s, outer, in_outer, 1, &saved);
	return ask(x);
}

#define ASK_CALL(outer) ask_call(*state, #outer, "in_" #outer)

static void test_taken_bit__by_call(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_CALL(calls_once), DLK_RELEASE_NONE);
	assert_int_equal(ASK_CALL(calls_twice), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 1);
	assert_int_equal(ASK_CALL(calls_other), DLK_RELEASE_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taken_bit__before),  TEST(test_taken_bit__try),
		TEST(test_taken_bit__stores),  TEST(test_taken_bit__given),
		TEST(test_taken_bit__unknown), TEST(test_taken_bit__elsewhere),
		TEST(test_taken_bit__lost),    TEST(test_taken_bit__outer),
		TEST(test_taken_bit__by_call),
	};

	CODE_TEST_MAIN(tests);
}
