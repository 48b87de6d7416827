/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/taken.c: what a frame has taken and left to whom it calls; and whether a function uses an argument (code.c). */
#include <config.h>

#include "claims.h"

#define OBJECT FRAMES_OBJECT
#define OTHER (FRAMES_OBJECT + 0x2000)

static const struct dlk_act takes[] = { { .how = DLK_ACT_CALL, .function = "folio_lock" },
					{ .how = DLK_ACT_BIT, .bit = 0 },
					{ .how = DLK_ACT_END } };
static const struct dlk_act releases[] = { { .how = DLK_ACT_CALL, .function = "folio_unlock" },
					   { .how = DLK_ACT_END } };
static const struct dlk_act_rules handed = { .takes = takes,
					     .releases = releases,
					     .is_handed_on = true };
static const struct dlk_act_rules kept = { .takes = takes, .releases = releases };

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	fake_kernel(x.f);
	x.c = (struct dlk_release_claim){ .object = OBJECT, .rules = &handed };
	return open_release(&x, state);
}

CODE("function waits; ret; function folio_lock; ret; function folio_unlock; ret; function alloc; ret;"
     "function submits; mov (%rdi),%rax; ret; function no_arguments; xor %edi,%edi; ret");

/* Whom a file system's reading function calls, and where it sleeps. */
CODE("function reads; push %rbx; mov %rdi,%rbx; call waits; at in_reads; mov 8(%rbx),%rax; pop %rbx; ret");

/* Of a task that sleeps in "reads", which was called by this one with the object. */
static enum dlk_release_verdict ask_of(void **state, const char *function, const char *place)
{
	struct fixture *x = *state;
	const uint64_t saved = OBJECT; /* the caller's rbx */

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	sleeper_frame(&x->s, "reads", "in_reads", 1, &saved);
	sleeper_frame(&x->s, function, place, 1, &saved);
	return ask_claim(x);
}

#define ASK_OF(function) ask_of(state, #function, "in_" #function)

CODE("function locks; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call reads; at in_locks; pop %rbx; ret");
CODE("function locks_new; push %rbx; call alloc; mov %rax,%rbx; mov %rbx,%rdi; call folio_lock; mov %rbx,%rdi;"
     "call reads; at in_locks_new; pop %rbx; ret");
CODE("function locks_bit; push %rbx; mov %rdi,%rbx; lock btsq $0,(%rdi); mov %rbx,%rdi; call reads; at in_locks_bit;"
     "pop %rbx; ret");
CODE("function locks_not; push %rbx; mov %rdi,%rbx; call reads; at in_locks_not; pop %rbx; ret");
CODE("function locks_other; push %rbx; mov %rdi,%rbx; mov %rsi,%rdi; call folio_lock; mov %rbx,%rdi; call reads;"
     "at in_locks_other; pop %rbx; ret");

/* It has taken it, and gives it to whom it calls now. */
static void test_taken__taken(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_OF(locks), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 1);
	assert_int_equal(x->c.at, code_at("in_locks"));
	assert_int_equal(ASK_OF(locks_new), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(locks_bit), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(locks_not), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(locks_other), DLK_RELEASE_NONE);
	x->c.rules = &kept;
	assert_int_equal(ASK_OF(locks), DLK_RELEASE_NONE);
}

CODE("function on_one; push %rbx; mov %rdi,%rbx; test %esi,%esi; je 1f; call folio_lock; 1: mov %rbx,%rdi; call reads;"
     "at in_on_one; pop %rbx; ret");
CODE("function on_both; push %rbx; mov %rdi,%rbx; test %esi,%esi; je 1f; call folio_lock; jmp 2f; 1: call folio_lock;"
     "2: mov %rbx,%rdi; call reads; at in_on_both; pop %rbx; ret");
CODE("function lets_go; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call folio_unlock; mov %rbx,%rdi;"
     "call reads; at in_lets_go; pop %rbx; ret");
CODE("function retakes; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call folio_unlock; mov %rbx,%rdi;"
     "call folio_lock; mov %rbx,%rdi; call reads; at in_retakes; pop %rbx; ret");
CODE("function may_let_go; push %rbx; mov %rdi,%rbx; call folio_lock; test %eax,%eax; je 1f; mov %rbx,%rdi;"
     "call folio_unlock; 1: mov %rbx,%rdi; call reads; at in_may_let_go; pop %rbx; ret");

/* The last that was done to it, on all paths. */
static void test_taken__paths(void **state)
{
	assert_int_equal(ASK_OF(on_one), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(on_both), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(lets_go), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(retakes), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(may_let_go), DLK_RELEASE_NONE);
}

CODE("function gives_before; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call submits; mov %rbx,%rdi;"
     "call reads; at in_gives_before; pop %rbx; ret");
CODE("function gives_earlier; push %rbx; mov %rdi,%rbx; call submits; mov %rbx,%rdi; call folio_lock; mov %rbx,%rdi;"
     "call reads; at in_gives_earlier; pop %rbx; ret");
CODE("function gives_to_any; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call *%r12; mov %rbx,%rdi;"
     "call reads; at in_gives_to_any; pop %rbx; ret");
CODE("function leaves_bit; push %rbx; mov %rdi,%rbx; lock btsq $0,(%rdi); call no_arguments; mov %rbx,%rdi; call reads;"
     "at in_leaves_bit; pop %rbx; ret");
CODE("function gives_bit; push %rbx; mov %rdi,%rbx; lock btsq $0,(%rdi); call submits; mov %rbx,%rdi; call reads;"
     "at in_gives_bit; pop %rbx; ret");

/* As retpolines are: not patched, and patched. */
CODE("function __x86_indirect_thunk_rax; call 2f; 1: pause; jmp 1b; 2: mov %rax,(%rsp); ret");
CODE("function gives_by_thunk; push %rbx; mov %rdi,%rbx; lock btsq $0,(%rdi); call __x86_indirect_thunk_rax;"
     "mov %rbx,%rdi; call reads; at in_gives_by_thunk; pop %rbx; ret");

/* Given to another function since then, it may be anybody's; what was left in a register that is not used is given to nobody. */
static void test_taken__handed_on(void **state)
{
	assert_int_equal(ASK_OF(gives_before), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_earlier), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(gives_to_any), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(leaves_bit), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(gives_bit), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_by_thunk), DLK_RELEASE_HANDED);
}

CODE("function reads_on; push %rbx; mov %rdi,%rbx; call submits; mov %rbx,%rdi; call waits; at in_reads_on; pop %rbx;"
     "ret");
CODE("function passes_on; push %rbx; mov %rdi,%rbx; call reads; at in_passes_on; pop %rbx; ret");
CODE("function locks_and_reads; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call reads_on;"
     "at in_locks_and_reads; pop %rbx; ret");
CODE("function locks_and_passes; push %rbx; mov %rdi,%rbx; call folio_lock; mov %rbx,%rdi; call passes_on;"
     "at in_locks_and_passes; pop %rbx; ret");

/* Whom it is given to now, and so on, may have given it to others. */
static void test_taken__callees(void **state)
{
	struct fixture *x = *state;

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	SLEEPS_IN(&x->s, reads_on, in_reads_on, OBJECT);
	SLEEPS_IN(&x->s, locks_and_reads, in_locks_and_reads, OTHER);
	assert_int_equal(ask_claim(x), DLK_RELEASE_HANDED);
	assert_int_equal(x->c.frame, 1);
	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	SLEEPS_IN(&x->s, reads, in_reads, OBJECT);
	SLEEPS_IN(&x->s, passes_on, in_passes_on, OBJECT);
	SLEEPS_IN(&x->s, locks_and_passes, in_locks_and_passes, OTHER);
	assert_int_equal(ask_claim(x), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 2);
}

/* A frame whose registers are another's has not taken this one. */
static void test_taken__another_object(void **state)
{
	struct fixture *x = *state;

	x->c.object = OTHER;
	assert_int_equal(ASK_OF(locks), DLK_RELEASE_NONE);
	sleeper_begin(&x->s);
	SLEEPS_IN(&x->s, locks_not, in_locks_not, OTHER);
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
}

CODE("function locks_late; push %rbx; mov %rdi,%rbx; call folio_lock; .rept 2100; call waits; .endr; mov %rbx,%rdi;"
     "call reads; at in_locks_late; pop %rbx; ret");

/* What a walk does not come to the end of proves nothing. */
static void test_taken__too_long(void **state)
{
	assert_int_equal(ASK_OF(locks_late), DLK_RELEASE_NONE);
}

/* --- arguments */

CODE("function uses_at_once; mov %rdi,%rax; ret; function uses_place; cmpl $0,8(%rdi); ret;"
     "function uses_part; test %dil,%dil; ret; function uses_late; test %esi,%esi; je 1f; ret; 1: push %rdi; pop %rax; ret;"
     "function uses_by_tail; jmp uses_at_once; function uses_by_call; call uses_at_once; ret;"
     "function uses_by_pointer; jmp *%rax;"
     "function uses_long; .skip 900, 0x90; xor %edi,%edi; ret");
CODE("function sets_first; mov %rsi,%rdi; mov (%rdi),%rax; ret; function clears_first; xor %edi,%edi; push %rdi; pop %rdi;"
     "ret; function returns; ret; function others; mov %rsi,%rax; add %rdx,%rax; ret;"
     "function loops; 1: dec %esi; jne 1b; ret; function sets_both; test %esi,%esi; je 1f; mov $1,%edi; jmp 2f;"
     "1: mov $2,%edi; 2: mov %rdi,%rax; ret; function dies; ud2; function after_call; call waits; mov %rdi,%rax; ret");

static void test_taken__used_argument(void **state)
{
	static const char *const used[] = { "uses_at_once",    "uses_place",   "uses_part",
					    "uses_late",       "uses_by_tail", "uses_by_call",
					    "uses_by_pointer", "uses_long" };
	static const char *const unused[] = {
		"sets_first", "clears_first", "returns", "others",
		"loops",      "sets_both",    "dies",    "after_call"
	};
	struct fixture *x = *state;
	struct dlk_code *code = code_open(x->f);

	for (unsigned i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (!dlk_code_uses_argument(code, code_at(used[i]), DLK_X86_RDI))
			fail_msg("%s does not use it", used[i]);
	for (unsigned i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		if (dlk_code_uses_argument(code, code_at(unused[i]), DLK_X86_RDI))
			fail_msg("%s uses it", unused[i]);
	assert_true(dlk_code_uses_argument(code, code_at("others"), DLK_X86_RDX));
	assert_true(dlk_code_uses_argument(code, TEXT + 0x100000, DLK_X86_RDI)); /* no text */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taken__taken),          TEST(test_taken__paths),
		TEST(test_taken__handed_on),      TEST(test_taken__callees),
		TEST(test_taken__another_object), TEST(test_taken__too_long),
		TEST(test_taken__used_argument),
	};

	CODE_TEST_MAIN(tests);
}
