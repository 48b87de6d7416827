/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/rqspin.c: who holds resilient queued spinlocks, by the tables of the CPUs, and who but waits for one. */
#include <config.h>

#include "facts.h"

#include "locks/rqspin.h"

enum { CPUS = 4, ROOM = 31, STEP = 0x10000 };

static const dlk_addr_t TABLES = FAKE_IMAGE + 0x1000000, TASKS = FAKE_DIRECT + 0x10000;
static const dlk_addr_t A = FAKE_IMAGE + 0x1100000, B = FAKE_IMAGE + 0x1100100;
static const dlk_addr_t C = FAKE_IMAGE + 0x1100200;

/* A task on each CPU, whose number is that of its context; what comes on top of one has the next number. */
struct scene {
	struct fake *f;
	struct dlk_facts facts;
	dlk_addr_t offsets[CPUS];
	uint32_t a, b; /* the resources */
};

static dlk_addr_t table_of(unsigned cpu)
{
	return TABLES + (dlk_addr_t)cpu * STEP;
}

static uint32_t make_lock(struct scene *s, dlk_addr_t lock)
{
	return facts_make_lock(&s->facts, DLK_KIND_SPINLOCK, lock);
}

static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	fake_types_of_a_kernel(f);
	fake_member(f, "rqspinlock_held", "cnt", 0, 4);
	fake_member(f, "rqspinlock_held", "locks", 8, 8 * ROOM);
	fake_size(f, "rqspinlock_held", 8 + 8 * ROOM);
	fake_symbol(f, "rqspinlock_held_locks", TABLES, 0);
	facts_begin(&s->facts, f);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		const struct dlk_context c = { .task = TASKS + cpu * UINT64_C(0x1000),
					       .pid = (int32_t)cpu + 1,
					       .comm = "zoo",
					       .is_on_cpu = true,
					       .cpu = (int32_t)cpu };
		uint32_t context;

		s->offsets[cpu] = (dlk_addr_t)cpu * STEP;
		fake_zeros(f, table_of(cpu), 8 + 8 * (ROOM + 1));
		assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &context), DLK_OK);
		assert_int_equal(context, cpu);
	}
	f->k.percpu_offset = s->offsets;
	f->k.cpu_count = CPUS;
	s->a = make_lock(s, A);
	s->b = make_lock(s, B);
}

/* A CPU's table, from its first entry on; 0 ends it. */
static void take(struct scene *s, unsigned cpu, const dlk_addr_t *locks)
{
	uint32_t count = 0;

	for (; locks[count]; count++)
		fake_u64(s->f, table_of(cpu) + 8 + 8 * (dlk_addr_t)count, locks[count]);
	fake_u32(s->f, table_of(cpu), count);
}

#define TAKE(s, cpu, ...) take(s, cpu, (const dlk_addr_t[]){ __VA_ARGS__, 0 })

static void spin(struct scene *s, uint32_t context, uint32_t resource)
{
	struct dlk_wait w = { .context = context,
			      .resource = resource,
			      .position = DLK_NONE,
			      .mode = DLK_MODE_EXCLUSIVE,
			      .is_awake = true,
			      .evidence = DLK_EVIDENCE_SPINS,
			      .confidence = DLK_CERTAIN };

	dlk_rqspin_mark(&w, false);
	assert_int_equal(dlk_facts_add_wait(&s->facts, &w), DLK_OK);
}

static uint32_t interrupt(struct scene *s, uint32_t below)
{
	return facts_interrupt(&s->facts, below, DLK_CONTEXT_HARDIRQ);
}

static void settle(struct scene *s)
{
	fake_forget(s->f);
	assert_int_equal(dlk_rqspin_settle(&s->facts), DLK_OK);
}

static const struct dlk_hold *hold_of(const struct scene *s, uint32_t context, uint32_t resource)
{
	uint32_t i = dlk_model_find_hold(&s->facts.model, context, resource);

	return i == DLK_NONE ? NULL : dlk_model_hold(&s->facts.model, i);
}

static uint32_t hold_count(const struct scene *s, uint32_t resource)
{
	return facts_hold_count(&s->facts, resource);
}

/* One context alone holds it. */
static void assert_holder(const struct scene *s, uint32_t resource, uint32_t context,
			  enum dlk_confidence sure)
{
	const struct dlk_hold *h = hold_of(s, context, resource);

	assert_int_equal(hold_count(s, resource), 1);
	assert_non_null(h);
	assert_int_equal(h->confidence, sure);
	assert_int_equal(h->evidence, DLK_EVIDENCE_HELD_TABLE);
	assert_null(dlk_facts_resource(&s->facts, resource)->holders_unknown);
}

static void assert_unknown(const struct scene *s, uint32_t resource, const char *why)
{
	const char *text = dlk_facts_resource(&s->facts, resource)->holders_unknown;

	assert_int_equal(hold_count(s, resource), 0);
	assert_non_null(text);
	assert_non_null(strstr(text, why));
}

static void test_rqspin__functions(void **state)
{
	(void)state;
	assert_true(dlk_rqspin_is("resilient_queued_spin_lock_slowpath"));
	assert_true(dlk_rqspin_is("resilient_tas_spin_lock"));
	assert_true(dlk_rqspin_is("resilient_queued_spin_lock_slowpath.part.0"));
	assert_false(dlk_rqspin_is("native_queued_spin_lock_slowpath"));
	assert_false(dlk_rqspin_is(NULL));
}

/* The last entry of who spins is a wait, all others are holds. */
static void test_rqspin__holder(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A);
	TAKE(&s, 2, C, A);
	TAKE(&s, 3, A);
	spin(&s, 2, s.a);
	spin(&s, 3, s.a);
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_CERTAIN);
	assert_int_equal(hold_count(&s, s.b), 0);
	assert_true(dlk_model_first_wait(&s.facts.model, 2)->gives_up);
	assert_non_null(strstr(dlk_model_first_wait(&s.facts.model, 2)->note, "gives up"));
}

/* Two that want what the other has: each entry that is no wait is a hold. */
static void test_rqspin__abba(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A, B);
	TAKE(&s, 2, B, A);
	spin(&s, 1, s.b);
	spin(&s, 2, s.a);
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_CERTAIN);
	assert_holder(&s, s.b, 2, DLK_CERTAIN);
}

/* Who wants what it has itself has two entries of it. */
static void test_rqspin__aa(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A, A);
	spin(&s, 1, s.a);
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_CERTAIN);
}

/* All that have it only wait: whoever had it is about to let it go. */
static void test_rqspin__none(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A);
	TAKE(&s, 2, C, A);
	spin(&s, 1, s.a);
	spin(&s, 2, s.a);
	settle(&s);
	assert_unknown(&s, s.a, "just being let go");
}

/* What was let go stands there no more, whatever is left behind the count. */
static void test_rqspin__left_over(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 3, C, A);
	TAKE(&s, 1, A);
	fake_u32(s.f, table_of(3), 1);
	TAKE(&s, 2, A);
	spin(&s, 2, s.a);
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_CERTAIN);
}

/* Two have an entry, and neither stands in the slow path: one of them has it. */
static void test_rqspin__two(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 0, A);
	TAKE(&s, 1, A);
	TAKE(&s, 2, A);
	spin(&s, 2, s.a);
	settle(&s);
	assert_int_equal(hold_count(&s, s.a), 2);
	assert_int_equal(hold_of(&s, 0, s.a)->confidence, DLK_POSSIBLE);
	assert_int_equal(hold_of(&s, 1, s.a)->confidence, DLK_POSSIBLE);
}

/* An interrupt spins, and what it came on top of has the lock: its entry stands before. */
static void test_rqspin__below(void **state)
{
	struct scene s;
	uint32_t top;

	start(&s, *state);
	top = interrupt(&s, 1);
	TAKE(&s, 1, B, A);
	spin(&s, top, s.a);
	TAKE(&s, 2, A);
	TAKE(&s, 3, B);
	spin(&s, 3, s.b);
	settle(&s);
	assert_holder(&s, s.a, 2, DLK_CERTAIN);
	/* The entry is of one of two: the interrupt may have taken it, too. */
	assert_int_equal(hold_count(&s, s.b), 2);
	assert_int_equal(hold_of(&s, 1, s.b)->confidence, DLK_POSSIBLE);
	assert_int_equal(hold_of(&s, top, s.b)->confidence, DLK_POSSIBLE);
}

/* A task spins, and an interrupt on top of it has the lock: its entry comes behind the task's. */
static void test_rqspin__on_top(void **state)
{
	struct scene s;
	uint32_t top;

	start(&s, *state);
	top = interrupt(&s, 1);
	TAKE(&s, 1, A, B);
	spin(&s, 1, s.a);
	TAKE(&s, 2, B);
	spin(&s, 2, s.b);
	TAKE(&s, 3, A);
	settle(&s);
	assert_holder(&s, s.b, top, DLK_CERTAIN);
	assert_holder(&s, s.a, 3, DLK_CERTAIN);
}

/* More entries than there is room for, or a table that cannot be read: what is found may not be all. */
static void test_rqspin__partial(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A);
	TAKE(&s, 2, A);
	spin(&s, 2, s.a);
	spin(&s, 3, s.b);
	fake_u32(s.f, table_of(0), ROOM + 1);
	fake_u64(s.f, table_of(0) + 8 + 8 * (dlk_addr_t)ROOM, B); /* behind the table */
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_LIKELY);
	assert_unknown(&s, s.b, "not all CPUs' tables");
}

static void test_rqspin__unreadable(void **state)
{
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A);
	spin(&s, 2, s.a);
	spin(&s, 3, s.b);
	fake_drop(s.f, table_of(0));
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_LIKELY);
	assert_unknown(&s, s.b, "not all CPUs' tables");
}

/* A count that no table has. */
static void test_rqspin__hostile(void **state)
{
	struct scene s;

	start(&s, *state);
	fake_u32(s.f, table_of(0), UINT32_MAX);
	fake_u32(s.f, table_of(1), 0x80000000);
	spin(&s, 2, s.a);
	settle(&s);
	assert_unknown(&s, s.a, "not all CPUs' tables");
}

/* It was taken on a CPU of which nobody knows what runs there. */
static void test_rqspin__no_context(void **state)
{
	struct scene s;

	start(&s, *state);
	dlk_facts_context(&s.facts, 1)->is_on_cpu = false;
	TAKE(&s, 1, A);
	TAKE(&s, 2, A);
	spin(&s, 2, s.a);
	settle(&s);
	assert_unknown(&s, s.a, "CPU 1, and what runs there");
}

/* A kernel without such tables. */
static void test_rqspin__no_tables(void **state)
{
	struct scene s;

	start(&s, *state);
	s.f->k.layout.sizes[DLK_S_rqspinlock_held] = 0;
	TAKE(&s, 1, A);
	spin(&s, 2, s.a);
	settle(&s);
	assert_unknown(&s, s.a, "not all CPUs' tables");
	assert_true(!dlk_rqspin_find(&s.facts, 1));
}

/* For what somebody spins whose registers do not say it: the last in the table, if nothing is on top. */
static void test_rqspin__find(void **state)
{
	struct scene s;
	uint32_t top;

	start(&s, *state);
	TAKE(&s, 1, A, B);
	assert_true(dlk_rqspin_find(&s.facts, 1) == B);
	assert_true(!dlk_rqspin_find(&s.facts, 2));
	top = interrupt(&s, 1);
	assert_true(!dlk_rqspin_find(&s.facts, 1));
	assert_true(dlk_rqspin_find(&s.facts, top) == B);
	fake_u32(s.f, table_of(1), ROOM + 1);
	fake_forget(s.f);
	assert_true(!dlk_rqspin_find(&s.facts, top));
}

/* A wait of that kind that the table has told is likely, no more. */
static void test_rqspin__told(void **state)
{
	struct dlk_wait w = { .evidence = DLK_EVIDENCE_SPINS, .confidence = DLK_CERTAIN };

	(void)state;
	dlk_rqspin_mark(&w, true);
	assert_int_equal(w.confidence, DLK_LIKELY);
	assert_int_equal(w.evidence, DLK_EVIDENCE_SPINS | DLK_EVIDENCE_HELD_TABLE);
	assert_true(w.gives_up);
}

/* Who stands there, and whose wait is not known, has an entry all the same. */
static void test_rqspin__passing(void **state)
{
	static const struct dlk_frame frames[] = { { .function = "resilient_tas_spin_lock",
						     .is_reliable = true } };
	struct scene s;

	start(&s, *state);
	TAKE(&s, 1, A);
	TAKE(&s, 2, A);
	TAKE(&s, 3, A);
	spin(&s, 2, s.a);
	dlk_facts_context(&s.facts, 3)->frames = frames;
	dlk_facts_context(&s.facts, 3)->frame_count = 1;
	settle(&s);
	assert_holder(&s, s.a, 1, DLK_CERTAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rqspin__functions),
		cmocka_unit_test(test_rqspin__told),
		FAKE_TEST(test_rqspin__holder),
		FAKE_TEST(test_rqspin__abba),
		FAKE_TEST(test_rqspin__aa),
		FAKE_TEST(test_rqspin__none),
		FAKE_TEST(test_rqspin__left_over),
		FAKE_TEST(test_rqspin__two),
		FAKE_TEST(test_rqspin__below),
		FAKE_TEST(test_rqspin__on_top),
		FAKE_TEST(test_rqspin__partial),
		FAKE_TEST(test_rqspin__unreadable),
		FAKE_TEST(test_rqspin__hostile),
		FAKE_TEST(test_rqspin__no_context),
		FAKE_TEST(test_rqspin__no_tables),
		FAKE_TEST(test_rqspin__find),
		FAKE_TEST(test_rqspin__passing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
