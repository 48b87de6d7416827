/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/walk.c: the paths of functions, the values on them, and what happens there. */
#include <config.h>

#include "code.h"

#include "code/walk.h"
#include "deadlock/model.h"

struct fixture {
	struct fake *f;
	struct dlk_walk *w;
	struct dlk_state begin;
};

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	x.w = dlk_walk_open(code_open(x.f));
	for (unsigned i = 0; i < DLK_STATE_REGS; i++)
		x.begin.regs[i] = dlk_value_entry(i);
	*state = &x;
	return x.w ? 0 : -1;
}

static const struct dlk_walk *run_to(void **state, const char *from, const char *stop)
{
	struct fixture *x = *state;

	assert_int_equal(dlk_walk_run(x->w, code_at(from), &x->begin, stop ? code_at(stop) : 0),
			 DLK_OK);
	return x->w;
}

static const struct dlk_walk *run(void **state, const char *from)
{
	return run_to(state, from, NULL);
}

/* How many of its nodes end so. */
static unsigned ends(const struct dlk_walk *w, enum dlk_walk_end end)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < w->nodes.len; i++)
		count += dlk_walk_node(w, i)->end == end;
	return count;
}

/* The only way in which any path ends. */
static void assert_ends(const struct dlk_walk *w, enum dlk_walk_end end)
{
	assert_true(ends(w, end) > 0);
	assert_int_equal(ends(w, end) + ends(w, DLK_WALK_GOES_ON), w->nodes.len);
	assert_false(w->is_cut);
}

/* How many calls of a function there are, each path and each set of values for itself. */
static unsigned calls(const struct dlk_walk *w, const char *function)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < w->events.len; i++)
		count += !dlk_walk_event(w, i)->store &&
			 dlk_walk_event(w, i)->target == code_at(function);
	return count;
}

/* Whether there is such a call with a first argument. */
static bool is_called_with(const struct dlk_walk *w, const char *function, struct dlk_value v)
{
	for (uint32_t i = 0; i < w->events.len; i++)
		if (dlk_walk_event(w, i)->target == code_at(function) &&
		    dlk_value_is_same(&dlk_walk_event(w, i)->args[0], &v))
			return true;
	return false;
}

static const struct dlk_value unknown;

CODE("function waits; ret; function up_read; ret; function panic; ret; function do_exit; ret;"
     "function __fentry__; ret; function __x86_return_thunk; ret; function __x86_indirect_thunk_rax; ret");

CODE("function straight; push %rbx; mov %rdi,%rbx; mov $4,%ecx; lea 8(%rdi),%rsi; call waits;"
     "mov %rbx,%rdi; call up_read; pop %rbx; ret");

static void test_walk__straight(void **state)
{
	const struct dlk_walk *w = run(state, "straight");
	const struct dlk_walk_event *e = dlk_walk_event(w, 0);

	assert_ends(w, DLK_WALK_RETURNS);
	assert_int_equal(w->nodes.len, 1);
	assert_int_equal(dlk_walk_node(w, 0)->event_count, 2);
	assert_int_equal(e->target, code_at("waits"));
	assert_entry(e->args[0], DLK_X86_RDI, 0);
	assert_entry(e->args[1], DLK_X86_RDI, 8);
	assert_entry(e->args[2], DLK_X86_RDX, 0);
	assert_number(e->args[3], 4);
	e = dlk_walk_event(w, 1);
	assert_int_equal(e->target, code_at("up_read"));
	assert_entry(e->args[0], DLK_X86_RDI, 0);
	assert_unknown(e->args[1]); /* which the first call may have changed */
}

CODE("function diamond; mov %rdi,%rbx; test %esi,%esi; je 1f; mov %rsi,%rbx; 1: mov %rbx,%rdi;"
     "call up_read; ret");

/* Each path has its own values where they meet again. */
static void test_walk__values_of_paths(void **state)
{
	const struct dlk_walk *w = run(state, "diamond");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_int_equal(calls(w, "up_read"), 2);
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RDI)));
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RSI)));
}

CODE("function meets; test %esi,%esi; je 1f; mov $1,%eax; 1: mov $2,%eax; test %esi,%esi; je 2f; nop; 2:"
     "call up_read; ret");

/* What differs no more where paths meet is walked once. */
static void test_walk__same_values_meet(void **state)
{
	const struct dlk_walk *w = run(state, "meets");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_true(calls(w, "up_read") < 4);
	assert_true(w->nodes.len < 8);
}

CODE("function counts; xor %ebx,%ebx; 1: mov %rbx,%rdi; call up_read; inc %rbx; cmp $100,%rbx; jne 1b;"
     "mov %rbp,%rdi; call waits; ret");

/* A loop's rounds have values of their own, up to when these are too many: then they are not known, others still are. */
static void test_walk__loop(void **state)
{
	const struct dlk_walk *w = run(state, "counts");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_true(is_called_with(w, "up_read", dlk_value_number(0)));
	assert_true(is_called_with(w, "up_read", dlk_value_number(1)));
	assert_true(is_called_with(w, "up_read", unknown));
	assert_false(is_called_with(w, "up_read", dlk_value_number(99)));
	assert_true(is_called_with(w, "waits", dlk_value_entry(DLK_X86_RBP)));
	assert_false(is_called_with(w, "waits", unknown));
}

CODE("function many_ways; .set i, 0; .rept 20; .set i, i + 1; cmp $i,%edi; mov $i,%ebx; je 1f; .endr;"
     "1: mov %rbx,%rdi; call up_read; mov %rbp,%rdi; call waits; ret");

/* The same where many ways meet without any loop. */
static void test_walk__join_of_many_ways(void **state)
{
	const struct dlk_walk *w = run(state, "many_ways");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_true(is_called_with(w, "up_read", unknown));
	assert_true(calls(w, "up_read") < 20);
	assert_false(is_called_with(w, "waits", unknown));
}

CODE("function endless; nop; 1: call waits; jmp 1b");

static void test_walk__endless_loop(void **state)
{
	const struct dlk_walk *w = run(state, "endless");

	assert_false(w->is_cut);
	assert_int_equal(ends(w, DLK_WALK_GOES_ON), w->nodes.len);
}

/* --- where paths end */

CODE("function tail; mov %rsi,%rdi; jmp up_read");
CODE("function returns_by_thunk; nop; call waits; jmp __x86_return_thunk");

static void test_walk__tail_call(void **state)
{
	const struct dlk_walk *w = run(state, "tail");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RSI)));
	w = run(state, "returns_by_thunk");
	assert_ends(w, DLK_WALK_RETURNS);
	assert_int_equal(w->events.len, 1);
}

CODE("function by_pointer; mov %rdi,%rbx; call *8(%rdi); mov %rbx,%rdi; call __x86_indirect_thunk_rax;"
     "mov %rbx,%rdi; call up_read; jmp __x86_indirect_thunk_rax");
CODE("function jumps_by_pointer; nop; call waits; jmp *%rax");

/* A call by a pointer comes back as any; who jumps by one may get to anywhere, a retpoline to a function. */
static void test_walk__pointers(void **state)
{
	const struct dlk_walk *w = run(state, "by_pointer");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_int_equal(dlk_walk_event(w, 0)->target, 0);
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RDI)));
	assert_ends(run(state, "jumps_by_pointer"), DLK_WALK_LOST);
}

CODE("function warns; test %edi,%edi; je 1f; ud2; 1: ret");
CODE("function dies; nop; call panic; function dies_by_stack; nop; call __stack_chk_fail");
CODE("function exits; nop; call do_exit; function __stack_chk_fail; ret");
CODE("function falls; nop; function after_falls; ret");

static void test_walk__ends(void **state)
{
	const struct dlk_walk *w = run(state, "warns");

	assert_int_equal(ends(w, DLK_WALK_TRAPS), 1);
	assert_int_equal(ends(w, DLK_WALK_RETURNS), 1);
	assert_ends(run(state, "dies"), DLK_WALK_TRAPS);
	assert_ends(run(state, "dies_by_stack"), DLK_WALK_TRAPS);
	/* a call that does not return, of which the kernel does not die: the task goes on there */
	w = run(state, "exits");
	assert_int_equal(ends(w, DLK_WALK_TRAPS) + ends(w, DLK_WALK_RETURNS), 1);
	assert_int_equal(calls(w, "do_exit"), 1);
}

CODE("function jumps_if; test %edi,%edi; jne up_read; ret");

/* A branch out of the function is none that a compiler makes: it is not followed. */
static void test_walk__branch_elsewhere(void **state)
{
	const struct dlk_walk *w = run(state, "jumps_if");

	assert_int_equal(ends(w, DLK_WALK_LOST) + ends(w, DLK_WALK_RETURNS) +
				 ends(w, DLK_WALK_GOES_ON),
			 w->nodes.len);
	assert_true(ends(w, DLK_WALK_LOST) > 0);
}

CODE("function parted; mov %rdi,%rbx; test %esi,%esi; jne parted.cold; at parted_back; mov %rbx,%rdi;"
     "call up_read; ret; function between; ret; function parted.cold; call waits; jmp parted_back;"
     "function apart; jmp parted.cold");

/* What the compiler put elsewhere is a part of the function, and of no other. */
static void test_walk__cold_part(void **state)
{
	const struct dlk_walk *w = run(state, "parted");

	assert_ends(w, DLK_WALK_RETURNS);
	assert_int_equal(calls(w, "waits"), 1);
	assert_false(is_called_with(w, "up_read", unknown));
	w = run(state, "apart");
	assert_int_equal(calls(w, "waits"), 0);
	assert_int_equal(calls(w, "parted.cold"), 1);
}

CODE("function traced; call __fentry__; mov %rdi,%rbx; call __fentry__; mov %rdi,%rsi; call up_read; ret");
CODE("function traced_by_any; endbr64; call waits; mov %rdi,%rbx; call up_read; ret");

/* Who traces functions changes no register, whatever its name is where it is called first of all. */
static void test_walk__tracers(void **state)
{
	const struct dlk_walk *w = run(state, "traced");

	assert_int_equal(w->events.len, 1);
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RDI)));
	w = run(state, "traced_by_any");
	assert_int_equal(w->events.len, 1);
	assert_true(is_called_with(w, "up_read", dlk_value_entry(DLK_X86_RDI)));
}

CODE("function reads; nop; at no_instruction; .byte 6,6; ret");

/* Text that is no code, and text that is not there. */
static void test_walk__no_code(void **state)
{
	struct fixture *x = *state;
	const struct dlk_walk *w = run(state, "reads");

	assert_int_equal(ends(w, DLK_WALK_LOST), 1);
	fake_symbol(x->f, "left_out", TEXT + 0x100000, 0x100);
	assert_int_equal(dlk_walk_run(x->w, TEXT + 0x100000, &x->begin, 0), DLK_OK);
	assert_int_equal(ends(x->w, DLK_WALK_LOST), 1);
	fake_zeros(x->f, TEXT + 0x200000, 0x100);
	fake_symbol(x->f, "zeros", TEXT + 0x200000, 0x100);
	assert_int_equal(dlk_walk_run(x->w, TEXT + 0x200000, &x->begin, 0), DLK_OK);
	assert_int_equal(ends(x->w, DLK_WALK_LOST), 1);
	assert_int_equal(dlk_walk_run(x->w, TEXT + 0x300000, &x->begin, 0), DLK_ERR_NOTFOUND);
}

/* --- events */

CODE("function changes; lock btrq $5,(%rdi); lock andb $0xfe,8(%rdi); lock btsq $5,(%rdi); orb $0x80,(%rdi);"
     "lock incl (%rdi); mov %rsi,(%rdi); xchg %rsi,(%rdi); incl %gs:(%rdi); subl $1,%gs:8(%rdi); ret");

/* Bits, and counters of each CPU's; a store or a counter elsewhere is none. */
static void test_walk__changes_in_memory(void **state)
{
	static const struct {
		uint8_t store;
		int64_t imm;
		uint64_t offset;
		bool is_percpu;
	} wanted[] = { { DLK_STORE_BIT_CLEAR, 5, 0, false }, { DLK_STORE_AND, -2, 8, false },
		       { DLK_STORE_BIT_SET, 5, 0, false },   { DLK_STORE_OR, 0x80, 0, false },
		       { DLK_STORE_ADD, 1, 0, true },        { DLK_STORE_ADD, -1, 8, true } };
	const struct dlk_walk *w = run(state, "changes");

	assert_int_equal(w->events.len, sizeof(wanted) / sizeof(wanted[0]));
	for (uint32_t i = 0; i < w->events.len; i++) {
		const struct dlk_walk_event *e = dlk_walk_event(w, i);

		assert_int_equal(e->store, wanted[i].store);
		assert_int_equal((uint8_t)e->imm, (uint8_t)wanted[i].imm);
		assert_int_equal(e->is_percpu, wanted[i].is_percpu);
		assert_entry(e->place, DLK_X86_RDI, wanted[i].offset);
	}
}

static bool is_up(void *arg, struct dlk_walk *w, uint32_t event)
{
	unsigned *told = arg;

	(*told)++;
	assert_int_equal(event, w->events.len - 1);
	return dlk_walk_event(w, event)->target == code_at("up_read");
}

CODE("function done; test %esi,%esi; je 1f; call up_read; call waits; ret; 1: call waits; jmp up_read");

/* Who walks for something is told of each event, and need not go farther. */
static void test_walk__done(void **state)
{
	struct fixture *x = *state;
	unsigned told = 0;

	x->w->is_done = is_up;
	x->w->is_done_arg = &told;
	run(state, "done");
	assert_ends(x->w, DLK_WALK_DONE);
	assert_int_equal(told, 3);
	assert_int_equal(calls(x->w, "waits"), 1);
}

/* --- stopping */

CODE("function stops; mov %rdi,%rbx; mov %rdi,%r12; test %esi,%esi; je 1f; mov %rsi,%r12; call waits; 1:"
     "call waits; at stops_here; call up_read; ret");

/* What all paths agree on that came there; or of one. */
static void test_walk__stop(void **state)
{
	struct fixture *x = *state;
	const struct dlk_walk *w = run_to(state, "stops", "stops_here");

	assert_true(w->has_stopped);
	assert_ends(w, DLK_WALK_STOPPED);
	assert_int_equal(calls(w, "up_read"), 0);
	assert_entry(w->stopped.regs[DLK_X86_RBX], DLK_X86_RDI, 0);
	assert_unknown(w->stopped.regs[DLK_X86_R12]);
	for (uint32_t i = 0; i < w->nodes.len; i++)
		assert_int_equal(dlk_walk_node(w, i)->stopped != DLK_NONE,
				 dlk_walk_node(w, i)->end == DLK_WALK_STOPPED);
	x->w->is_one_enough = true;
	w = run_to(state, "stops", "stops_here");
	assert_true(w->has_stopped);
	assert_int_equal(ends(w, DLK_WALK_STOPPED), 1);
	assert_int_equal(w->stopped.regs[DLK_X86_R12].how, DLK_VALUE_ENTRY);
}

static void test_walk__does_not_stop(void **state)
{
	assert_false(run_to(state, "straight", "stops_here")->has_stopped);
	assert_false(run(state, "stops")->has_stopped);
}

CODE("function results; nop; call waits; mov %rax,%rbx; call waits; mov %rax,%r12; lea 8(%rbx),%rdi;"
     "call up_read; at results_here; ret");

/* On the way to a place, what calls return has a name, for each place of a call its own; else it is not known. */
static void test_walk__results(void **state)
{
	const struct dlk_walk *w = run_to(state, "results", "results_here");
	const struct dlk_value *first = &w->stopped.regs[DLK_X86_RBX];
	const struct dlk_value *second = &w->stopped.regs[DLK_X86_R12];
	struct dlk_value given = dlk_value_add(*first, 8);

	assert_int_equal(first->how, DLK_VALUE_RESULT);
	assert_int_equal(second->how, DLK_VALUE_RESULT);
	assert_false(dlk_value_is_same(first, second));
	assert_true(is_called_with(w, "up_read", given));
	assert_true(is_called_with(run(state, "results"), "up_read", unknown));
}

/* --- bounds */

CODE("function long_one; nop; call waits; .skip 20000, 0x90; call up_read; at long_here; ret");

static void test_walk__too_many_steps(void **state)
{
	const struct dlk_walk *w = run(state, "long_one");

	assert_true(w->is_cut);
	assert_int_equal(ends(w, DLK_WALK_LOST), 1);
	assert_int_equal(calls(w, "up_read"), 0);
	w = run_to(state, "long_one", "long_here");
	assert_true(w->is_cut);
	assert_false(w->has_stopped);
	/* the next one begins anew */
	assert_ends(run(state, "straight"), DLK_WALK_RETURNS);
}

CODE("function many_nodes; .rept 600; dec %eax; je 1f; nop; 1:\n.endr; call up_read; ret");

static void test_walk__too_many_nodes(void **state)
{
	const struct dlk_walk *w = run(state, "many_nodes");

	assert_true(w->is_cut);
	assert_true(w->nodes.len <= DLK_MAX_WALK_NODES);
	assert_true(ends(w, DLK_WALK_LOST) > 0);
}

CODE("function many_events; .rept 2100; call waits; .endr; at many_here; mov %rax,%rdi; call up_read; ret");

/* Also on the way to a place, where what calls return is named by their events. */
static void test_walk__too_many_events(void **state)
{
	const struct dlk_walk *w = run(state, "many_events");

	assert_true(w->is_cut);
	assert_int_equal(w->events.len, DLK_MAX_WALK_EVENTS);
	assert_int_equal(calls(w, "up_read"), 0);
	w = run_to(state, "many_events", "many_here");
	assert_true(w->is_cut);
	assert_true(w->has_stopped);
	assert_int_equal(w->events.len, DLK_MAX_WALK_EVENTS);
	assert_unknown(w->stopped.regs[DLK_X86_RAX]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_walk__straight),
		TEST(test_walk__values_of_paths),
		TEST(test_walk__same_values_meet),
		TEST(test_walk__loop),
		TEST(test_walk__join_of_many_ways),
		TEST(test_walk__endless_loop),
		TEST(test_walk__tail_call),
		TEST(test_walk__pointers),
		TEST(test_walk__ends),
		TEST(test_walk__branch_elsewhere),
		TEST(test_walk__cold_part),
		TEST(test_walk__tracers),
		TEST(test_walk__no_code),
		TEST(test_walk__changes_in_memory),
		TEST(test_walk__done),
		TEST(test_walk__stop),
		TEST(test_walk__does_not_stop),
		TEST(test_walk__results),
		TEST(test_walk__too_many_steps),
		TEST(test_walk__too_many_nodes),
		TEST(test_walk__too_many_events),
	};

	CODE_TEST_MAIN(tests);
}
