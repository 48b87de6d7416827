/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/taken.c: of what is part of something (a spinlock), and of who waits for what it may have taken before. */
#include <config.h>

#include "claims.h"

enum { LOCK_AT = 0x40 /* in what contains it */ };

#define OBJECT (FRAMES_OBJECT + LOCK_AT)
#define STATIC (FAKE_IMAGE + 0x3000000)

static const struct dlk_act takes[] = {
	{ .how = DLK_ACT_CALL, .function = "spin_lock" },
	{ .how = DLK_ACT_CALL, .function = "spin_trylock", .is_try = true },
	{ .how = DLK_ACT_END }
};
static const struct dlk_act releases[] = { { .how = DLK_ACT_CALL, .function = "spin_unlock" },
					   { .how = DLK_ACT_END } };
static const struct dlk_act_rules rules = { .takes = takes,
					    .releases = releases,
					    .is_handed_on = true,
					    .is_part = true };

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .f = code_fake() };
	fake_kernel(x.f);
	if (dlk_mentions_open(&x.f->k, &x.mentions) ||
	    dlk_mentions_add(x.mentions, STATIC, STATIC + 4, 0))
		return -1;
	return open_release(&x, state);
}

CODE("function spin_lock; at in_spin_lock; ret; function spin_unlock; ret; function spin_trylock; ret; function else_; ret; function uses; mov (%rdi),%rax; ret;"
     "function __x86_indirect_thunk_rax; jmp *%rax");

static void spins(struct fixture *x)
{
	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, FRAMES_OBJECT);
	x->s.stack.is_exact = true;
	sleeper_frame(&x->s, "spin_lock", "in_spin_lock", 0, NULL);
}

/* Of who spins for it in spin_lock. */
static enum dlk_release_verdict ask(struct fixture *x, dlk_addr_t object)
{
	x->c = (struct dlk_release_claim){
		.object = object, .rules = &rules, .from = 1, .is_waited_for = true
	};
	return ask_claim(x);
}

/* Of one that spins in spin_lock, which a function has called that has the lock's container in rbx. */
static enum dlk_release_verdict ask_of(void **state, const char *function, const char *place)
{
	struct fixture *x = *state;
	const uint64_t saved = FRAMES_OBJECT;

	spins(x);
	sleeper_frame(&x->s, function, place, 1, &saved);
	return ask(x, OBJECT);
}

#define ASK_OF(function) ask_of(state, #function, "in_" #function)
#define LOCK(fn) "lea 0x40(%rbx),%rdi; call " fn ";"
#define BEGIN(name) "function " name "; push %rbx; mov %rdi,%rbx;"
#define END(name) LOCK("spin_lock") "at in_" name "; " LOCK("spin_unlock") "pop %rbx; ret"

CODE(BEGIN("once") END("once"));
CODE(BEGIN("twice") LOCK("spin_lock") END("twice"));
CODE(BEGIN("other_first") "lea 0x80(%rbx),%rdi; call spin_lock;" END("other_first"));
CODE(BEGIN("let_go") LOCK("spin_lock") LOCK("spin_unlock") END("let_go"));
CODE(BEGIN("tried") LOCK("spin_trylock") "test %eax,%eax; jne 1f;" LOCK(
	"spin_lock") "at in_tried;"
		     "1:" LOCK("spin_unlock") "pop %rbx; ret");
CODE(BEGIN("on_one") "test %esi,%esi; je 1f;" LOCK("spin_lock") "1:" END("on_one"));
CODE(BEGIN("gives") LOCK("spin_lock") "mov %rbx,%rdi; call uses;" END("gives"));
CODE(BEGIN("gives_any")
	     LOCK("spin_lock") "mov %rbx,%rdi; call __x86_indirect_thunk_rax;" END("gives_any"));
CODE(BEGIN("gives_none") LOCK("spin_lock") "call else_;" END("gives_none"));
CODE(BEGIN("gives_other")
	     LOCK("spin_lock") "mov $3,%edi; xor %esi,%esi; call else_;" END("gives_other"));

/* It is held only by who has taken it before, whatever will be let go. */
static void test_taken_part__before(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ASK_OF(once), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(twice), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 1);
	assert_int_equal(ASK_OF(other_first), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(let_go), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OF(on_one), DLK_RELEASE_NONE);
}

/* A trylock that has failed is why it is waited for. */
static void test_taken_part__try(void **state)
{
	assert_int_equal(ASK_OF(tried), DLK_RELEASE_NONE);
}

/* Who is given what contains it may have let it go. */
static void test_taken_part__given(void **state)
{
	assert_int_equal(ASK_OF(gives), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_any), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(gives_other), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_OF(gives_none), DLK_RELEASE_TAKEN);
}

#define OUTER(name, callee)                                                                        \
	CODE(BEGIN(name) LOCK("spin_lock") "lea 0x10(%rbx),%rdi; call " callee "; at in_" name     \
					   ";" LOCK("spin_unlock") "pop %rbx; ret")
#define INNER(name, does)                                                                          \
	CODE("function " name "; push %rbx; lea -0x10(%rdi),%rbx;" does LOCK(                      \
		"spin_lock") "at in_" name "; pop %rbx; ret")

INNER("inner", "");
OUTER("outer", "inner");
INNER("drops", LOCK("spin_unlock"));
OUTER("outer_drops", "drops");
INNER("drops_on_one", "test %esi,%esi; je 1f;" LOCK("spin_unlock") "1:");
OUTER("outer_drops_on_one", "drops_on_one");
INNER("shows", "mov %rbx,%rdi; call uses;");
OUTER("outer_shows", "shows");
CODE("function finds; push %rbx; call else_; lea 0x40(%rax),%rdi; call spin_lock; at in_finds; pop %rbx; ret");
OUTER("outer_finds", "finds");

static enum dlk_release_verdict ask_outer(void **state, const char *inner, const char *in_inner,
					  const char *outer, const char *in_outer)
{
	struct fixture *x = *state;
	const uint64_t saved = FRAMES_OBJECT;

	spins(x);
	sleeper_frame(&x->s, inner, in_inner, 1, &saved);
	sleeper_frame(&x->s, outer, in_outer, 1, &saved);
	return ask(x, OBJECT);
}

#define ASK_OUTER(inner) ask_outer(state, #inner, "in_" #inner, "outer_" #inner, "in_outer_" #inner)

/* It was taken by whom the one has called that takes it again. */
static void test_taken_part__outer(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ask_outer(state, "inner", "in_inner", "outer", "in_outer"),
			 DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 2);
	assert_int_equal(ASK_OUTER(finds), DLK_RELEASE_TAKEN);
	assert_int_equal(x->c.frame, 2);
}

/* Who is called lets it go, and takes it again: it does not hold it now, or may not. */
static void test_taken_part__dropped(void **state)
{
	assert_int_equal(ASK_OUTER(drops), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OUTER(drops_on_one), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OUTER(shows), DLK_RELEASE_HANDED);
}

#define ITS_POOL "mov 8(%rdi),%rbx;" /* a worker points to what contains the lock */
CODE("function works; push %rbx;" ITS_POOL LOCK("spin_unlock") "call else_;" LOCK(
	"spin_lock") "at in_works; pop %rbx; ret");
CODE("function looks; push %rbx;" ITS_POOL
     "call else_;" LOCK("spin_lock") "at in_looks; pop %rbx; ret");
#define WORKER(name, callee)                                                                            \
	CODE("function " name "; push %rbx; push %r12; mov %rdi,%r12;" ITS_POOL LOCK(                   \
		"spin_lock") "mov %r12,%rdi; xor %esi,%esi; xor %edx,%edx; xor %ecx,%ecx; call " callee \
			     "; at in_" name ";" LOCK("spin_unlock") "pop %r12; pop %rbx; ret")
WORKER("outer_works", "works");
WORKER("outer_looks", "looks");

static enum dlk_release_verdict ask_worker(void **state, const char *inner, const char *in_inner,
					   const char *outer, const char *in_outer)
{
	struct fixture *x = *state;
	const uint64_t pool[] = { FRAMES_OBJECT },
		       both[] = { FRAMES_OBJECT + 0x100000, FRAMES_OBJECT };

	spins(x);
	sleeper_frame(&x->s, inner, in_inner, 1, pool);
	sleeper_frame(&x->s, outer, in_outer, 2, both);
	return ask(x, OBJECT);
}

#define ASK_WORKER(inner)                                                                          \
	ask_worker(state, #inner, "in_" #inner, "outer_" #inner, "in_outer_" #inner)

/* Who is called finds what contains it by something else that it was given, as a worker finds its pool. */
static void test_taken_part__by_memory(void **state)
{
	assert_int_equal(ASK_WORKER(works), DLK_RELEASE_NONE);
	assert_int_equal(ASK_WORKER(looks), DLK_RELEASE_TAKEN);
}

CODE(BEGIN("unlocks_some")
	     LOCK("spin_lock") "mov (%rsi,%rdx,8),%rdi; call spin_unlock;" END("unlocks_some"));
CODE(BEGIN("jumps") "test %esi,%esi; je 7f;" LOCK(
	"spin_lock") "jmp 8f; 7: notrack jmp *%rdx; nop; 8:" END("jumps"));
INNER("jumps_on_one", "test %esi,%esi; je 7f; jmp 8f; 7: notrack jmp *%rdx; nop; 8:");
OUTER("outer_jumps_on_one", "jumps_on_one");

/* What was let go, or where it goes on, is not known. */
static void test_taken_part__unknown(void **state)
{
	assert_int_equal(ASK_OF(unlocks_some), DLK_RELEASE_HANDED);
	assert_int_equal(ASK_OF(jumps), DLK_RELEASE_NONE);
	assert_int_equal(ASK_OUTER(jumps_on_one), DLK_RELEASE_HANDED);
}

#define STATIC_LOCK(fn) "mov $-0x7d000000,%rdi; call " fn ";"
#define IN_STATIC(name, does)                                                                      \
	CODE("function " name "; sub $8,%rsp;" does "at in_" name "; add $8,%rsp; ret")

IN_STATIC("again", STATIC_LOCK("spin_lock"));
IN_STATIC("drops_static", STATIC_LOCK("spin_unlock") STATIC_LOCK("spin_lock"));
CODE("function lets_go_of_static; mov $-0x7d000000,%rdi; jmp spin_unlock");
IN_STATIC("has_dropped", "call lets_go_of_static;" STATIC_LOCK("spin_lock"));
IN_STATIC("calls_again", STATIC_LOCK("spin_lock") "call again;");
IN_STATIC("calls_drops", STATIC_LOCK("spin_lock") "call drops_static;");
IN_STATIC("calls_dropped", STATIC_LOCK("spin_lock") "call has_dropped;");

static enum dlk_release_verdict ask_static(struct fixture *x, const char *inner,
					   const char *in_inner, const char *outer,
					   const char *in_outer)
{
	const uint64_t saved = 0;

	spins(x);
	sleeper_frame(&x->s, inner, in_inner, 1, &saved);
	sleeper_frame(&x->s, outer, in_outer, 1, &saved);
	return ask(x, STATIC);
}

#define ASK_STATIC(inner, outer) ask_static(*state, #inner, "in_" #inner, #outer, "in_" #outer)

/* What lies in an image is given to nobody, and let go all the same. */
static void test_taken_part__static(void **state)
{
	assert_int_equal(ASK_STATIC(again, calls_again), DLK_RELEASE_TAKEN);
	assert_int_equal(ASK_STATIC(drops_static, calls_drops), DLK_RELEASE_NONE);
	assert_int_equal(ASK_STATIC(has_dropped, calls_dropped), DLK_RELEASE_HANDED);
}

CODE(BEGIN("keeps") LOCK("spin_lock") "1: at in_keeps; pause; jmp 1b");

/* Whom an interrupt has stopped where it will never let it go. */
static void test_taken_part__interrupted(void **state)
{
	struct fixture *x = *state;
	const uint64_t saved = FRAMES_OBJECT;

	sleeper_begin(&x->s);
	SET_REG(&x->s, RBX, FRAMES_OBJECT);
	x->s.stack.is_exact = true;
	sleeper_frame(&x->s, "keeps", "in_keeps", 1, &saved);
	x->c = (struct dlk_release_claim){ .object = OBJECT, .rules = &rules };
	assert_int_equal(dlk_release_ask(x->release, &x->s.stack, &x->c, 1), DLK_OK);
	assert_int_equal(x->c.verdict, DLK_RELEASE_TAKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken_part__before, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__try, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__given, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__outer, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__dropped, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__by_memory, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__unknown, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__static, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_taken_part__interrupted, setup,
						fixture_teardown),
	};

	CODE_TEST_MAIN(tests);
}
