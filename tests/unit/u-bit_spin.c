/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/locks/spin.c and code_holder.c: who spins for a bit by a loop of its own (code/bit_loop.c), and has taken it before
 * (code/taken.c), or has come on top of who has.
 */
#include <config.h>

#include "code.h"
#include "facts.h"

#include "locks/code_holder.h"
#include "locks/find.h"
#include "locks/spin.h"
#include "locks/stack_search.h"

enum { BIT = 9, WORDS = 4 };

#define WORD (FAKE_DIRECT + 0x300000)
#define TASK (FAKE_DIRECT + 0x200000)
#define OUTSIDE 0x1234 /* where the outermost function returns to */

/* What stands in one function, which has saved its caller's rbx, and has the word's address there. */
struct runner {
	struct dlk_frame frame;
	uint32_t context;
};

struct scene {
	struct dlk_facts facts;
	struct runner task, irq;
};

static dlk_addr_t stack_of(const struct runner *r)
{
	return fake_stack_of(TASK) + (r->context ? 0x1000 : 0x2000);
}

static void stand(struct scene *s, struct fake *f, struct runner *r, const char *function,
		  const char *place)
{
	struct dlk_context *c = dlk_facts_context(&s->facts, r->context);
	struct dlk_stack_start start = { .pc = code_at(place),
					 .sp = stack_of(r),
					 .top = stack_of(r) + WORDS * sizeof(uint64_t),
					 .is_exact = true };

	dlk_frame_regs_set(&start.regs, DLK_X86_RBX, WORD);
	fake_u64(f, start.sp, 0);
	fake_u64(f, start.sp + sizeof(uint64_t), OUTSIDE);
	r->frame = (struct dlk_frame){ .ip = start.pc,
				       .sp = start.sp + 2 * sizeof(uint64_t),
				       .start = code_at(function),
				       .function = function,
				       .symbol = place,
				       .is_reliable = true };
	c->frames = &r->frame;
	c->frame_count = 1;
	assert_int_equal(dlk_facts_set_start(&s->facts, r->context, &start), DLK_OK);
}

/* A task runs in a function; the bit is set. */
static void start(struct scene *s, struct fake *f, const char *function, const char *place)
{
	const struct dlk_context c = {
		.task = TASK, .pid = 12, .comm = "zoo", .state = 'R', .is_on_cpu = true
	};
	struct dlk_task *task;

	memset(s, 0, sizeof(*s));
	fake_zeros(f, WORD, 64);
	fake_u64(f, WORD, UINT64_C(1) << BIT);
	fake_zeros(f, fake_stack_of(TASK), FAKE_STACK_SIZE);
	facts_begin(&s->facts, f);
	task = dlk_vec_push(s->facts.ctx, &s->facts.tasks.tasks);
	assert_non_null(task);
	*task = (struct dlk_task){
		.address = TASK, .stack = fake_stack_of(TASK), .pid = 12, .state = 'R'
	};
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &s->task.context), DLK_OK);
	stand(s, f, &s->task, function, place);
}

static void find_holders(struct scene *s)
{
	struct dlk_stack_search search;
	struct dlk_code_holders *holders;

	assert_int_equal(dlk_spin_gather(&s->facts), DLK_OK);
	dlk_stack_search_init(&s->facts, DLK_SEARCH_WAITING, &search);
	assert_int_equal(dlk_code_holders_seek(&s->facts, &search, &holders), DLK_OK);
	assert_int_equal(dlk_stack_search_run(&search), DLK_OK);
	assert_int_equal(dlk_code_holders_weigh(holders), DLK_OK);
}

/* The one resource is the bit, for which this one spins. */
static void assert_spins(const struct scene *s, uint32_t context)
{
	const struct dlk_wait *w = dlk_model_first_wait(&s->facts.model, context);
	const struct dlk_resource *r;

	assert_non_null(w);
	assert_true(w->is_awake);
	assert_int_equal(w->evidence, DLK_EVIDENCE_SPINS);
	assert_int_equal(w->confidence, DLK_CERTAIN);
	r = dlk_facts_resource(&s->facts, w->resource);
	assert_int_equal(r->kind, DLK_KIND_BIT);
	assert_int_equal(r->address, WORD);
	assert_int_equal(r->part, BIT + 1);
}

static void assert_holder(const struct scene *s, uint32_t context, uint32_t resource,
			  const char *note)
{
	uint32_t hold = dlk_model_find_hold(&s->facts.model, context, resource);

	assert_int_equal(facts_hold_count(&s->facts, resource), 1);
	assert_int_not_equal(hold, DLK_NONE);
	assert_int_equal(dlk_model_hold(&s->facts.model, hold)->confidence, DLK_LIKELY);
	assert_int_equal(dlk_model_hold(&s->facts.model, hold)->evidence, DLK_EVIDENCE_CODE);
	assert_non_null(strstr(dlk_model_hold(&s->facts.model, hold)->note, note));
	assert_null(dlk_facts_resource(&s->facts, resource)->holders_unknown);
}

#define SPIN_AT(name)                                                                              \
	"lock btsq $9,(%rbx); jae 2f; 1: pause; mov (%rbx),%rax; at " name                         \
	"; test $0x200,%eax; jne 1b; lock btsq $9,(%rbx); jb 1b; 2:"
#define BEGIN(name) "function " name "; push %rbx; mov %rdi,%rbx;"
#define END "lock andb $0xfd,1(%rbx); pop %rbx; ret"

CODE(BEGIN("once") SPIN_AT("in_once") END);
CODE(BEGIN("twice") SPIN_AT("first_in_twice") SPIN_AT("in_twice") END);
CODE(BEGIN("works") SPIN_AT("first_in_works") "nop; at in_works; nop;" END);

/* Who has taken it waits for itself. */
static void test_bit_spin__itself(void **state)
{
	struct scene s;

	start(&s, *state, "twice", "in_twice");
	find_holders(&s);
	assert_spins(&s, s.task.context);
	assert_holder(&s, s.task.context, 0, "it has taken it before it came to");
}

/* Who has not taken it, though it will let it go, waits for one that is not known. */
static void test_bit_spin__other(void **state)
{
	struct scene s;

	start(&s, *state, "once", "in_once");
	find_holders(&s);
	assert_spins(&s, s.task.context);
	assert_int_equal(facts_hold_count(&s.facts, 0), 0);
	assert_non_null(dlk_facts_resource(&s.facts, 0)->holders_unknown);
}

/* Who was found to spin right before the bit was let go waits for nobody. */
static void test_bit_spin__clear(void **state)
{
	struct scene s;

	start(&s, *state, "once", "in_once");
	fake_u64(*state, WORD, 0);
	fake_forget(*state);
	find_holders(&s);
	assert_int_equal(s.facts.model.waits.len, 0);
	assert_true(dlk_spin_is_explained(&s.facts, s.task.context));
}

/* An interrupt spins for it on top of who has it. */
static void test_bit_spin__below(void **state)
{
	struct scene s;

	start(&s, *state, "works", "in_works");
	s.irq.context = facts_interrupt(&s.facts, s.task.context, DLK_CONTEXT_HARDIRQ);
	stand(&s, *state, &s.irq, "once", "in_once");
	find_holders(&s);
	assert_spins(&s, s.irq.context);
	assert_holder(&s, s.task.context,
		      dlk_model_first_wait(&s.facts.model, s.irq.context)->resource,
		      "will release it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODE_TEST(test_bit_spin__itself),
		CODE_TEST(test_bit_spin__other),
		CODE_TEST(test_bit_spin__clear),
		CODE_TEST(test_bit_spin__below),
	};

	CODE_TEST_MAIN(tests);
}
