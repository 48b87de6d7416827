/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/release.c and act.c: what the frames of a task will release. */
#include <config.h>

#include "claims.h"

#define OBJECT FRAMES_OBJECT
#define OTHER (FRAMES_OBJECT + 0x2000)
#define PERCPU 0x12340u /* a counter of each CPU's */
enum { READ_COUNT = 0x10, WRITER = 0x20, BIT = 3 };

static const struct dlk_act takes[] = { { .how = DLK_ACT_CALL, .function = "down_read*" },
					{ .how = DLK_ACT_END } };
static const struct dlk_act releases[] = {
	{ .how = DLK_ACT_CALL, .function = "up_read" },
	{ .how = DLK_ACT_CALL, .function = "wakes", .arg = 1, .member = DLK_M_percpu_rwsem_writer },
	{ .how = DLK_ACT_END }
};
static const struct dlk_act bit[] = { { .how = DLK_ACT_BIT, .bit = BIT }, { .how = DLK_ACT_END } };
static const struct dlk_act any_bit[] = { { .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
					  { .how = DLK_ACT_END } };
static const struct dlk_act numbered_bit[] = {
	{ .how = DLK_ACT_CALL, .function = "bit_spin_unlock", .arg = 1, .bit_arg = 1 },
	{ .how = DLK_ACT_END }
};
static const struct dlk_act counter[] = { { .how = DLK_ACT_COUNT,
					    .member = DLK_M_percpu_rwsem_read_count },
					  { .how = DLK_ACT_END } };

static const struct dlk_act_rules by_calls = { .takes = takes, .releases = releases };
static const struct dlk_act_rules by_bit = { .takes = bit, .releases = bit };
static const struct dlk_act_rules by_any_bit = { .takes = any_bit, .releases = any_bit };
static const struct dlk_act_rules by_call_of_bit = { .takes = bit, .releases = numbered_bit };
static const struct dlk_act_rules by_counter = { .takes = counter, .releases = counter };

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	fake_member(x.f, "percpu_rw_semaphore", "read_count", READ_COUNT, 8);
	fake_member(x.f, "percpu_rw_semaphore", "writer.task", WRITER, 8);
	fake_symbol(x.f, "current_task", 0x40, 0);
	fake_zeros(x.f, OBJECT, 0x3000);
	fake_u64(x.f, OBJECT + READ_COUNT, PERCPU);
	fake_zeros(x.f, FRAMES_TASK, 0x1000);
	fake_kernel(x.f);
	if (dlk_release_open(&x.f->k, NULL, &x.release))
		return -1;
	sleeper_begin(&x.s);
	x.c = (struct dlk_release_claim){ .object = OBJECT, .rules = &by_calls };
	*state = &x;
	return 0;
}

/* Of a task that sleeps in one function, with the object in rbx. */
static enum dlk_release_verdict ask_in(void **state, const char *function, const char *place)
{
	struct fixture *x = *state;
	static const uint64_t words[] = { OTHER, OBJECT, OTHER };

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	sleeper_frame(&x->s, function, place, 3, words);
	return ask_claim(x);
}

#define ASK_IN(function) ask_in(state, #function, "in_" #function)

CODE("function waits; ret; function up_read; ret; function down_read; ret; function down_read_killable; ret;"
     "function wakes; ret; function panic; ret; function __x86_indirect_thunk_rax; ret");

/* --- the value */

CODE("function by_register; push %rbx; mov %rdi,%rbx; nop; call waits; at in_by_register; mov %rbx,%rdi; at up_by_register;"
     "call up_read; pop %rbx; ret");
CODE("function by_slot; nop; call waits; at in_by_slot; mov 8(%rsp),%rdi; call up_read; ret");
CODE("function by_other_slot; nop; call waits; at in_by_other_slot; mov (%rsp),%rdi; call up_read; ret");
CODE("function by_old_slot; nop; call waits; at in_by_old_slot; mov %rax,8(%rsp); mov 8(%rsp),%rdi; call up_read; ret");
CODE("function by_given_slot; nop; call waits; at in_by_given_slot; lea 8(%rsp),%rdi; call waits; mov 8(%rsp),%rdi;"
     "call up_read; ret");
CODE("function by_nothing; nop; call waits; at in_by_nothing; call up_read; ret");
CODE("function by_xchg; nop; call waits; at in_by_xchg; xchg %rax,%rbx; mov %rax,%rdi; call up_read; ret");

static void test_release__value(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_IN(by_register), DLK_RELEASE_MUST);
	assert_int_equal(x->c.frame, 0);
	assert_int_equal(x->c.at, code_at("up_by_register"));
	assert_false(x->c.is_lost);
	assert_int_equal(ASK_IN(by_slot), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(by_other_slot), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(by_old_slot), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(by_given_slot), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(by_nothing), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(by_xchg), DLK_RELEASE_NONE);
}

/* Not known: a register of which nothing is said is no object. */
static void test_release__unknown_register(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, by_register, in_by_register, OBJECT);
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
	SET_REG(&x->s, RBX, OTHER);
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
}

CODE("function of_container; nop; call waits; at in_of_container; lea 0x18(%rbx),%rdi; call up_read; ret");
CODE("function of_member; nop; call waits; at in_of_member; lea 0x20(%rbx),%rsi; call wakes; ret");
CODE("function of_memory; nop; call waits; at in_of_memory; mov 0x30(%rbx),%rax; mov 8(%rax),%rdi; call up_read; ret");
CODE("function of_current; nop; call waits; at in_of_current; mov %gs:0x40,%rax; mov 0x300(%rax),%rdi;"
     "call up_read; ret");
CODE("function of_other_percpu; nop; call waits; at in_of_other_percpu; mov %gs:0x48,%rax; mov 0x300(%rax),%rdi;"
     "call up_read; ret");

/* It is in something, or a word of memory leads to it; a member of it is what a rule names. */
static void test_release__ways_to_it(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_IN(of_member), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(of_container), DLK_RELEASE_NONE);
	x->c.object = OBJECT + 0x18;
	assert_int_equal(ASK_IN(of_container), DLK_RELEASE_MUST);
	x->c.object = OTHER + 0x100;
	assert_int_equal(ASK_IN(of_memory), DLK_RELEASE_NONE);
	fake_u64(x->f, OBJECT + 0x30, OBJECT + 0x80);
	fake_u64(x->f, OBJECT + 0x88, OTHER + 0x100);
	fake_u64(x->f, FRAMES_TASK + 0x300, OTHER + 0x100);
	fake_forget(x->f);
	assert_int_equal(ASK_IN(of_memory), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(of_current), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(of_other_percpu), DLK_RELEASE_NONE);
}

/* --- paths */

CODE("function on_all; nop; call waits; at in_on_all; test %eax,%eax; jne 1f; call waits; mov %rbx,%rdi; call up_read; ret;"
     "1: mov %rbx,%rdi; jmp up_read");
CODE("function on_one; nop; call waits; at in_on_one; test %eax,%eax; jne 1f; mov %rbx,%rdi; call up_read; 1: ret");
CODE("function or_dies; nop; call waits; at in_or_dies; test %eax,%eax; jne 1f; mov %rbx,%rdi; jmp up_read; 1: ud2");
CODE("function or_panics; nop; call waits; at in_or_panics; test %eax,%eax; jne 1f; mov %rbx,%rdi; jmp up_read;"
     "1: call panic; function behind_it; ret");
CODE("function or_elsewhere; nop; call waits; at in_or_elsewhere; test %eax,%eax; jne 1f; mov %rbx,%rdi; jmp up_read;"
     "1: jmp *%rax");
CODE("function cold; nop; call waits; at in_cold; test %eax,%eax; jne cold.cold; mov %rbx,%rdi; jmp up_read;"
     "function cold.cold; mov %rbx,%rdi; call up_read; ret");
CODE("function indirect; nop; call waits; at in_indirect; call __x86_indirect_thunk_rax; call *%rax; mov %rbx,%rdi;"
     "call up_read; ret");

static void test_release__paths(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_IN(on_all), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(on_one), DLK_RELEASE_MAY);
	assert_false(x->c.is_lost);
	assert_int_equal(ASK_IN(or_dies), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(or_panics), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(or_elsewhere), DLK_RELEASE_MAY);
	assert_true(x->c.is_lost);
	assert_int_equal(ASK_IN(cold), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(indirect), DLK_RELEASE_MUST);
}

CODE("function takes_it; nop; call waits; at in_takes_it; mov %rbx,%rdi; call down_read; mov %rbx,%rdi; call up_read; ret");
CODE("function takes_or; nop; call waits; at in_takes_or; mov %rbx,%rdi; test %eax,%eax; je 1f; call down_read_killable;"
     "1: mov %rbx,%rdi; call up_read; ret");
CODE("function retakes; nop; call waits; at in_retakes; mov %rbx,%rdi; call up_read; mov %rbx,%rdi; call down_read; ret");
CODE("function takes_other; nop; call waits; at in_takes_other; mov (%rsp),%rdi; call down_read; mov %rbx,%rdi;"
     "jmp up_read");

/* What it takes first it does not hold. */
static void test_release__takes(void **state)
{
	assert_int_equal(ASK_IN(takes_it), DLK_RELEASE_TAKES);
	assert_int_equal(ASK_IN(takes_or), DLK_RELEASE_MAY);
	assert_int_equal(ASK_IN(retakes), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(takes_other), DLK_RELEASE_MUST);
}

CODE("function all_of; nop; call waits; at in_all_of; 1: mov %rbx,%rdi; call up_read; mov 8(%rbp),%rbx; test %rbx,%rbx;"
     "jne 1b; ret");
CODE("function next_ones; nop; call waits; at in_next_ones; 1: mov 8(%rbp),%rbx; mov %rbx,%rdi; call up_read;"
     "dec %r12; jne 1b; ret");
CODE("function until; nop; 1: nop; call waits; at in_until; test %eax,%eax; jne 1b; mov %rbx,%rdi; call up_read; ret");
CODE("function for_ever; nop; 1: nop; call waits; at in_for_ever; jmp 1b");
CODE("function or_for_ever; nop; call waits; at in_or_for_ever; test %eax,%eax; je 2f; 1: call waits; jmp 1b;"
     "2: mov %rbx,%rdi; call up_read; ret");

/* One object after the other: this one is the first, or was before. */
static void test_release__loops(void **state)
{
	assert_int_equal(ASK_IN(all_of), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(next_ones), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(until), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(for_ever), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(or_for_ever), DLK_RELEASE_MAY);
}

/* --- helpers */

CODE("function helps3; jmp up_read; function helps2; push %rdi; call helps3; pop %rdi; ret;"
     "function helps1; push %rbx; mov %rdi,%rbx; call waits; mov %rbx,%rdi; call up_read; pop %rbx; ret;"
     "function helps_to_help; nop; call helps1; ret; function helps_too_deep; nop; call helps_to_help; ret;"
     "function may_help; test %esi,%esi; je 1f; call up_read; 1: ret;"
     "function takes_first; push %rdi; call down_read; pop %rdi; jmp up_read;"
     "function of_part; lea -0x18(%rdi),%rdi; jmp up_read");

CODE("function one_deep; nop; call waits; at in_one_deep; mov %rbx,%rdi; call helps1; ret");
CODE("function two_deep; nop; call waits; at in_two_deep; mov %rbx,%rdi; call helps_to_help; ret");
CODE("function too_deep; nop; call waits; at in_too_deep; mov %rbx,%rdi; call helps_too_deep; ret");
CODE("function by_tails; nop; call waits; at in_by_tails; mov %rbx,%rdi; jmp helps2");
CODE("function perhaps; nop; call waits; at in_perhaps; mov %rbx,%rdi; call may_help; ret");
CODE("function perhaps_then; nop; call waits; at in_perhaps_then; mov %rbx,%rdi; call may_help; mov %rbx,%rdi;"
     "jmp up_read");
CODE("function helper_takes; nop; call waits; at in_helper_takes; mov %rbx,%rdi; call takes_first; ret");

static void test_release__helpers(void **state)
{
	assert_int_equal(ASK_IN(one_deep), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(two_deep), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(too_deep), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(by_tails), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(perhaps), DLK_RELEASE_MAY);
	assert_int_equal(ASK_IN(perhaps_then), DLK_RELEASE_MAY);
	assert_int_equal(ASK_IN(helper_takes), DLK_RELEASE_TAKES);
}

/* --- what is inlined */

CODE("function clears; nop; call waits; at in_clears; lock btrq $3,(%rbx); ret");
CODE("function clears_by_and; nop; call waits; at in_clears_by_and; lock andb $0xf7,(%rbx); ret");
CODE("function clears_by_helper; nop; call waits; at in_clears_by_helper; mov %rbx,%rdi; jmp clearing;"
     "function clearing; lock btrq $3,(%rdi); ret");
CODE("function clears_another; nop; call waits; at in_clears_another; lock btrq $4,(%rbx); lock andb $0xfe,(%rbx); ret");
CODE("function clears_elsewhere; nop; call waits; at in_clears_elsewhere; lock btrq $3,8(%rbx); ret");
CODE("function sets; nop; call waits; at in_sets; lock btsq $3,(%rbx); jb 1f; lock btrq $3,(%rbx); 1: ret");
CODE("function sets_by_or; nop; call waits; at in_sets_by_or; lock orb $8,(%rbx); ret");

static void test_release__bits(void **state)
{
	struct fixture *x = *state;

	x->c.rules = &by_bit;
	assert_int_equal(ASK_IN(clears), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_by_and), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_by_helper), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_another), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(clears_elsewhere), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(sets), DLK_RELEASE_TAKES);
	assert_int_equal(ASK_IN(sets_by_or), DLK_RELEASE_TAKES);
	x->c.rules = &by_any_bit;
	x->c.bit = 4;
	assert_int_equal(ASK_IN(clears), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(clears_another), DLK_RELEASE_MUST);
}

/* A bit behind the first byte is changed in its own one; a function is told which it is. */
CODE("function clears_9; nop; call waits; at in_clears_9; lock andb $0xfd,1(%rbx); ret");
CODE("function clears_9_whole; nop; call waits; at in_clears_9_whole; lock andl $0xfffffdff,(%rbx); ret");
CODE("function clears_1; nop; call waits; at in_clears_1; lock andb $0xfd,(%rbx); ret");
CODE("function clears_265; nop; call waits; at in_clears_265; lock andb $0xfd,33(%rbx); ret");
CODE("function sets_9; nop; call waits; at in_sets_9; lock orb $2,1(%rbx); ret");
CODE("function unlocks_9; nop; call waits; at in_unlocks_9; mov $9,%edi; mov %rbx,%rsi; call bit_spin_unlock; ret");
CODE("function unlocks_any; nop; call waits; at in_unlocks_any; mov %rbx,%rsi; call bit_spin_unlock; ret");
CODE("function bit_spin_unlock; ret");

static void test_release__bits_of_bytes(void **state)
{
	struct fixture *x = *state;

	x->c.rules = &by_any_bit;
	x->c.bit = 9;
	assert_int_equal(ASK_IN(clears_9), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_9_whole), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_1), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(sets_9), DLK_RELEASE_TAKES);
	x->c.bit = 256 + 9; /* of an array of words */
	assert_int_equal(ASK_IN(clears_9), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(clears_265), DLK_RELEASE_MUST);
	x->c.bit = 1;
	assert_int_equal(ASK_IN(clears_1), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(clears_9), DLK_RELEASE_NONE);
	x->c.rules = &by_call_of_bit;
	assert_int_equal(ASK_IN(unlocks_9), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(unlocks_any), DLK_RELEASE_NONE);
	x->c.bit = 9;
	assert_int_equal(ASK_IN(unlocks_9), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(unlocks_any), DLK_RELEASE_NONE);
}

CODE("function counts_down; nop; call waits; at in_counts_down; mov 0x10(%rbx),%rax; decl %gs:(%rax); ret");
CODE("function counts_up; nop; call waits; at in_counts_up; mov 0x10(%rbx),%rax; incl %gs:(%rax); ret");
CODE("function counts_other; nop; call waits; at in_counts_other; mov 0x18(%rbx),%rax; decl %gs:(%rax); ret");
CODE("function counts_here; nop; call waits; at in_counts_here; mov 0x10(%rbx),%rax; decl (%rax); ret");
CODE("function counts_much; nop; call waits; at in_counts_much; mov 0x10(%rbx),%rax; subl $2,%gs:(%rax); ret");

static void test_release__counters_of_cpus(void **state)
{
	struct fixture *x = *state;

	x->c.rules = &by_counter;
	assert_int_equal(ASK_IN(counts_down), DLK_RELEASE_MUST);
	assert_int_equal(ASK_IN(counts_up), DLK_RELEASE_TAKES);
	assert_int_equal(ASK_IN(counts_other), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(counts_here), DLK_RELEASE_NONE);
	assert_int_equal(ASK_IN(counts_much), DLK_RELEASE_NONE);
	fake_u64(x->f, OBJECT + READ_COUNT, 0); /* it has none */
	fake_forget(x->f);
	assert_int_equal(ASK_IN(counts_down), DLK_RELEASE_NONE);
}

/* --- frames */

CODE("function schedules; push %rbx; mov %rdi,%rbx; nop; call waits; at in_schedules; pop %rbx; ret");
CODE("function returns_held; push %rbx; mov %rdi,%rbx; call down_read; call schedules; at in_returns_held; pop %rbx;"
     "ret");

/* The caller of who took it releases it: its registers were saved further in. */
static void test_release__callers(void **state)
{
	struct fixture *x = *state;

	SET_REG(&x->s, RBX, 5);
	SLEEPS_IN(&x->s, schedules, in_schedules, OTHER);
	SLEEPS_IN(&x->s, returns_held, in_returns_held, OBJECT);
	SLEEPS_IN(&x->s, by_register, in_by_register, 0);
	assert_int_equal(ask_claim(x), DLK_RELEASE_MUST);
	assert_int_equal(x->c.frame, 2);
}

/* The innermost that says anything is believed; those before the first that may know are not asked. */
static void test_release__innermost(void **state)
{
	struct fixture *x = *state;

	SET_REG(&x->s, RBX, OBJECT);
	SLEEPS_IN(&x->s, takes_it, in_takes_it);
	SLEEPS_IN(&x->s, schedules, in_schedules, OBJECT);
	SLEEPS_IN(&x->s, by_register, in_by_register, 0);
	assert_int_equal(ask_claim(x), DLK_RELEASE_TAKES);
	assert_int_equal(x->c.frame, 0);
	x->c.from = 1;
	assert_int_equal(ask_claim(x), DLK_RELEASE_MUST);
	assert_int_equal(x->c.frame, 2);
}

/* What is behind a frame that was guessed is not seen. */
static void test_release__guessed_frame(void **state)
{
	struct fixture *x = *state;

	SLEEPS_IN(&x->s, schedules, in_schedules, OBJECT);
	SLEEPS_IN(&x->s, by_register, in_by_register, 0);
	assert_int_equal(ask_claim(x), DLK_RELEASE_MUST);
	x->s.frames[0].is_reliable = false;
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
}

static void test_release__nothing_to_ask(void **state)
{
	struct fixture *x = *state;

	SET_REG(&x->s, RBX, OBJECT);
	SLEEPS_IN(&x->s, by_register, in_by_register, 0);
	x->c.rules = NULL;
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
	x->c.rules = &by_calls;
	x->s.stack.words = NULL;
	assert_int_equal(ask_claim(x), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
}

/* Each claim is answered for itself. */
static void test_release__many_claims(void **state)
{
	struct fixture *x = *state;
	struct dlk_release_claim c[3] = { { .object = OBJECT, .rules = &by_calls },
					  { .object = OTHER, .rules = &by_calls },
					  { .object = OBJECT, .rules = &by_bit } };

	SET_REG(&x->s, RBX, OTHER);
	SLEEPS_IN(&x->s, schedules, in_schedules, OBJECT);
	SLEEPS_IN(&x->s, by_register, in_by_register, OTHER);
	SLEEPS_IN(&x->s, clears, in_clears, 0);
	assert_int_equal(dlk_release_ask(x->release, &x->s.stack, c, 3), DLK_OK);
	assert_int_equal(c[0].verdict, DLK_RELEASE_MUST);
	assert_int_equal(c[0].frame, 1);
	assert_int_equal(c[1].verdict, DLK_RELEASE_NONE);
	assert_int_equal(c[2].verdict, DLK_RELEASE_NONE);
	assert_false(c[2].is_lost);
}

/* --- bounds */

CODE("function is_long; nop; call waits; at in_is_long; .skip 20000, 0x90; mov %rbx,%rdi; call up_read; ret");

static void test_release__too_long(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_IN(is_long), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
	for (unsigned i = 0; i < (1 << 20) / 20000; i++)
		ASK_IN(is_long);
	/* a million instructions: the task is not asked any more */
	assert_int_equal(ASK_IN(by_register), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
}

CODE("function work; .rept 3000; dec %eax; .endr; ret");
CODE(".set i, 0; function works; push %rbx; mov %rdi,%rbx; .rept 1000; .set i, i + 1; mov $i,%esi; mov %rbx,%rdi;"
     "call work; .endr; pop %rbx; ret");
CODE("function has_work; nop; call waits; at in_has_work; .rept 1000; .set i, i + 1; mov $i,%esi; mov %rbx,%rdi;"
     "call works; .endr; ret");

/* Functions that call functions, each with other arguments: one question alone is bounded, too. */
static void test_release__too_much_inside(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_IN(has_work), DLK_RELEASE_NONE);
	assert_true(x->c.is_lost);
}

/* --- conditions */

CODE("function by_number; nop; call waits; at in_by_number; cmp %rbx,%rbp; je 1f; mov %rbx,%rdi; jmp up_read; 1: ret");

static enum dlk_release_verdict ask_with(struct fixture *x, uint64_t rbp, const char *function,
					 const char *place)
{
	static const uint64_t words[] = { OTHER };

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	SET_REG(&x->s, RBP, rbp);
	sleeper_frame(&x->s, function, place, 1, words);
	return ask_claim(x);
}

#define ASK_WITH(rbp, function) ask_with(x, rbp, #function, "in_" #function)

/* Of two that are known it is known whether they are the same. */
static void test_release__known_condition(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_WITH(OTHER, by_number), DLK_RELEASE_MUST);
	assert_int_equal(ASK_WITH(OBJECT, by_number), DLK_RELEASE_NONE);
}

CODE("function asks_twice; push %rbp; mov %rsi,%rbp; cmpw $0,(%rbp); je 1f; call waits; at in_asks_twice;"
     "cmpw $0,(%rbp); je 1f; mov %rbx,%rdi; call up_read; 1: pop %rbp; ret");
CODE("function asks_once; push %rbp; mov %rsi,%rbp; nop; call waits; at in_asks_once;"
     "cmpw $0,(%rbp); je 1f; mov %rbx,%rdi; call up_read; 1: pop %rbp; ret");
CODE("function asks_other; push %rbp; mov %rsi,%rbp; cmpw $0,2(%rbp); je 1f; call waits; at in_asks_other;"
     "cmpw $0,(%rbp); je 1f; mov %rbx,%rdi; call up_read; 1: pop %rbp; ret");
CODE("function asks_again; push %rbp; mov %rsi,%rbp; 1: cmpw $0,(%rbp); je 2f; call waits; at in_asks_again;"
     "test %eax,%eax; jne 1b; mov %rbx,%rdi; call up_read; 2: pop %rbp; ret");

/* Who asks a word again relies on it that it has not changed; but not in a loop, and not of the object's own words. */
static void test_release__asked_before(void **state)
{
	struct fixture *x = *state;

	fake_u64(x->f, OTHER, UINT64_C(0x10001));
	fake_u64(x->f, OBJECT, UINT64_C(0x10001));
	fake_forget(x->f);
	assert_int_equal(ASK_WITH(OTHER, asks_twice), DLK_RELEASE_MUST);
	assert_int_equal(ASK_WITH(OTHER, asks_once), DLK_RELEASE_MAY);
	assert_int_equal(ASK_WITH(OTHER, asks_other), DLK_RELEASE_MAY);
	assert_int_equal(ASK_WITH(OTHER, asks_again), DLK_RELEASE_MAY);
	assert_int_equal(ASK_WITH(OBJECT, asks_twice), DLK_RELEASE_MAY);
	fake_u64(x->f, OTHER, 0); /* it can only say more than "on some paths" */
	fake_forget(x->f);
	assert_int_equal(ASK_WITH(OTHER, asks_twice), DLK_RELEASE_MAY);
}

CODE("function down_read_slow; nop; call waits; at in_down_read_slow; ret");
CODE("function wants; push %rbx; mov %rdi,%rbx; call down_read_slow; at in_wants; mov %rbx,%rdi; call up_read; pop %rbx; ret");
CODE("function wants_other; push %rbx; mov %rdi,%rbx; mov %rsi,%rdi; call down_read_slow; at in_wants_other;"
     "mov %rbx,%rdi; call up_read; pop %rbx; ret");

static enum dlk_release_verdict ask_who_wants(struct fixture *x, const char *function,
					      const char *place)
{
	static const uint64_t words[] = { OTHER };

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, OBJECT);
	SLEEPS_IN(&x->s, down_read_slow, in_down_read_slow);
	sleeper_frame(&x->s, function, place, 1, words);
	return ask_claim(x);
}

/* What the frame's own call is about to take is not held; what it takes another one for is. */
static void test_release__about_to_take(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ask_who_wants(x, "wants", "in_wants"), DLK_RELEASE_TAKES);
	assert_int_equal(ask_who_wants(x, "wants_other", "in_wants_other"), DLK_RELEASE_MUST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_release__value),           TEST(test_release__unknown_register),
		TEST(test_release__ways_to_it),      TEST(test_release__paths),
		TEST(test_release__takes),           TEST(test_release__loops),
		TEST(test_release__helpers),         TEST(test_release__bits),
		TEST(test_release__bits_of_bytes),   TEST(test_release__counters_of_cpus),
		TEST(test_release__callers),         TEST(test_release__innermost),
		TEST(test_release__guessed_frame),   TEST(test_release__nothing_to_ask),
		TEST(test_release__many_claims),     TEST(test_release__too_long),
		TEST(test_release__too_much_inside), TEST(test_release__known_condition),
		TEST(test_release__asked_before),    TEST(test_release__about_to_take),
	};

	CODE_TEST_MAIN(tests);
}
