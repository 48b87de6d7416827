/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/mcs.c: in which order CPUs spin, by the locks' words and the CPUs' nodes. */
#include <config.h>

#include "facts.h"

#include "locks/mcs.h"

enum { CPUS = 6, MAX_SPINNERS = 8, NODE = 32, NO_NODE = -1 };

static const dlk_addr_t QNODES = FAKE_IMAGE + 0x1000000;
static const dlk_addr_t LOCK = FAKE_IMAGE + 0x1100000, OTHER_LOCK = FAKE_IMAGE + 0x1100100;
static const dlk_addr_t MASK = FAKE_IMAGE + 0x1200000;

enum { STRIDE = 0x10000, LOCKED = 1, PENDING = 0x100 };

/* CPUs that spin: the locks' words and the nodes are written as a kernel does. */
struct scene {
	struct fake *f;
	struct dlk_facts facts;
	dlk_addr_t offsets[CPUS];
	struct dlk_mcs_spinner spinners[MAX_SPINNERS];
	uint32_t count;
};

static dlk_addr_t node_of(unsigned cpu, unsigned number)
{
	return QNODES + (dlk_addr_t)cpu * STRIDE + (dlk_addr_t)number * NODE;
}

static uint32_t tail_of(unsigned cpu, unsigned number)
{
	return (cpu + 1) << 18 | number << 16;
}

static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	fake_types_of_a_kernel(f);
	fake_member(f, "mcs_spinlock", "next", 0, 8);
	fake_member(f, "mcs_spinlock", "locked", 8, 4);
	fake_member(f, "mcs_spinlock", "count", 12, 4);
	fake_size(f, "qnode", NODE);
	fake_size(f, "cpumask", 1024);
	fake_symbol(f, "qnodes", QNODES, 0);
	facts_begin(&s->facts, f);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		s->offsets[cpu] = (dlk_addr_t)cpu * STRIDE;
		fake_zeros(f, node_of(cpu, 0), 4 * (size_t)NODE);
	}
	f->k.percpu_offset = s->offsets;
	f->k.cpu_count = CPUS;
	fake_u32(f, LOCK, LOCKED);
	fake_u32(f, OTHER_LOCK, LOCKED);
}

/* A context on a CPU that spins for a lock; 0: it is not known for which. */
static struct dlk_mcs_spinner *spin(struct scene *s, int32_t cpu, dlk_addr_t lock)
{
	const struct dlk_context c = { .cpu = cpu, .is_on_cpu = true };
	struct dlk_mcs_spinner *spinner = &s->spinners[s->count++];

	assert_true(s->count <= MAX_SPINNERS);
	spinner->lock = lock;
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &spinner->context), DLK_OK);
	return spinner;
}

/* A node in use, behind which stands another one. */
static void use(struct scene *s, unsigned cpu, unsigned number, dlk_addr_t next)
{
	fake_u64(s->f, node_of(cpu, number), next);
	fake_u32(s->f, node_of(cpu, 0) + 12, number + 1);
}

static void order(struct scene *s)
{
	fake_forget(s->f);
	assert_int_equal(dlk_mcs_order(&s->facts, s->spinners, s->count), DLK_OK);
}

/* The places in the order in which spinners were added; NO_NODE: none. */
static void assert_places(struct scene *s, const int *places)
{
	order(s);
	for (uint32_t i = 0; i < s->count; i++)
		assert_int_equal((int32_t)s->spinners[i].position, places[i]);
}

#define ASSERT_PLACES(s, ...) assert_places(s, (const int[]){ __VA_ARGS__ })

/* CPU 4 is pending, then 2, 1, 3 in the queue. */
static void make_queue(struct scene *s)
{
	for (int32_t cpu = 1; cpu <= 4; cpu++)
		spin(s, cpu, LOCK);
	use(s, 2, 0, node_of(1, 0));
	use(s, 1, 0, node_of(3, 0));
	use(s, 3, 0, 0);
	fake_u32(s->f, LOCK, tail_of(3, 0) | PENDING | LOCKED);
}

static void test_mcs__order(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	assert_true(s.spinners[3].is_pending);
	for (uint32_t i = 0; i < 3; i++)
		assert_false(s.spinners[i].is_pending || s.spinners[i].is_told);
}

/* Nobody need be pending; that one is, and is not seen, counts. */
static void test_mcs__pending(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.count = 3;
	ASSERT_PLACES(&s, 2, 1, 3);
	fake_u32(s.f, LOCK, tail_of(3, 0) | LOCKED);
	ASSERT_PLACES(&s, 1, 0, 2);
	fake_u32(s.f, LOCK, PENDING | LOCKED);
	s.count = 1;
	s.spinners[0].context = 3;
	ASSERT_PLACES(&s, 0);
	assert_true(s.spinners[0].is_pending);
}

/* In a guest's slow path it is the head that sets the bit. */
static void test_mcs__pv(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.count = 3;
	for (uint32_t i = 0; i < s.count; i++)
		s.spinners[i].is_pv = true;
	ASSERT_PLACES(&s, 1, 0, 2);
}

/* A lock that is tested and set has no order. */
static void test_mcs__no_queue(void **state)
{
	struct scene s;

	start(&s, *state);
	spin(&s, 1, LOCK);
	spin(&s, 2, LOCK);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE);
	fake_u32(s.f, LOCK, PENDING | LOCKED);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE);
}

/* Two locks; an interrupt's node is the CPU's second. */
static void test_mcs__nested(void **state)
{
	struct scene s;

	start(&s, *state);
	spin(&s, 1, LOCK);
	spin(&s, 2, OTHER_LOCK);
	spin(&s, 1, OTHER_LOCK); /* on top of the first */
	use(&s, 1, 0, 0);
	use(&s, 1, 1, 0);
	use(&s, 2, 0, node_of(1, 1));
	fake_u32(s.f, LOCK, tail_of(1, 0) | LOCKED);
	fake_u32(s.f, OTHER_LOCK, tail_of(1, 1) | LOCKED);
	ASSERT_PLACES(&s, 0, 0, 1);
}

/* An interrupt spins for what the task below it spins for: the outer one is pending, or has the first node. */
static void test_mcs__same_lock_on_top(void **state)
{
	struct scene s;

	start(&s, *state);
	spin(&s, 1, LOCK);
	spin(&s, 2, LOCK);
	spin(&s, 1, LOCK);
	use(&s, 1, 0, 0);
	use(&s, 2, 0, node_of(1, 0));
	fake_u32(s.f, LOCK, tail_of(1, 0) | PENDING | LOCKED);
	ASSERT_PLACES(&s, 0, 1, 2);
	use(&s, 1, 0, node_of(2, 0));
	use(&s, 1, 1, 0);
	fake_u64(s.f, node_of(2, 0), node_of(1, 1));
	fake_u32(s.f, LOCK, tail_of(1, 1) | LOCKED);
	ASSERT_PLACES(&s, 0, 1, 2);
}

/* Who has made itself the tail is linked later: until then nobody's place is known. */
static void test_mcs__not_linked(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	use(&s, 1, 0, 0);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	/* Even if those before it are not known to spin for it. */
	s.spinners[0].lock = s.spinners[1].lock = 0;
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	/* Unless it is the head by its own word. */
	fake_u32(s.f, node_of(3, 0) + 8, 1);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, 1, 0);
}

/* One is pending that is not seen, and who stands in front is not linked: it is not the pending one. */
static void test_mcs__not_pending(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.count = 2;
	s.spinners[1].context = 2; /* CPU 3, the tail */
	use(&s, 1, 0, 0);
	fake_u32(s.f, node_of(2, 0) + 12, 0);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE);
}

/* A node that is not in use any more keeps its link. */
static void test_mcs__left_over(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	fake_u64(s.f, node_of(5, 0), node_of(2, 0));
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	/* The head's own word says that nobody is before it, whatever leads to it. */
	use(&s, 5, 0, node_of(2, 0));
	fake_u32(s.f, node_of(2, 0) + 8, 1);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
}

/* A tail that names a node that is not in use, or a CPU that there is not. */
static void test_mcs__bad_tail(void **state)
{
	static const uint32_t tails[] = { 5 << 18,          CPUS << 18 | 1 << 16,
					  (CPUS + 1) << 18, 0xffffu << 16,
					  3 << 16,          4 << 18 | 1 << 16 };
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	fake_drop(s.f, node_of(4, 0));
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		fake_u32(s.f, LOCK, tails[i] | PENDING | LOCKED);
		ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	}
}

/* Of a CPU's nodes the tail names one that is not in use: it is none of the next CPU's. */
static void test_mcs__stale_tail(void **state)
{
	struct scene s;

	start(&s, *state);
	spin(&s, 4, LOCK);
	use(&s, 3, 0, 0);
	use(&s, 4, 0, 0);
	fake_u32(s.f, node_of(4, 0) + 8, 1);
	fake_u32(s.f, LOCK, tail_of(3, 1) | LOCKED);
	ASSERT_PLACES(&s, NO_NODE);
	use(&s, 3, 1, 0);
	fake_u64(s.f, node_of(4, 0), node_of(3, 1));
	ASSERT_PLACES(&s, 0);
}

/* Links in a circle, with and without the tail in it, and two that lead to one. */
static void test_mcs__cyclic(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	use(&s, 3, 0, node_of(2, 0));
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	use(&s, 3, 0, node_of(3, 0));
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	use(&s, 3, 0, 0);
	use(&s, 2, 0, node_of(3, 0));
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
}

/* A count that no CPU can have. */
static void test_mcs__bad_count(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	fake_u32(s.f, node_of(2, 0) + 8, 1);
	fake_u32(s.f, node_of(5, 0) + 12, 0x7fffffff);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	fake_u32(s.f, node_of(5, 0) + 12, 0x80000000);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	fake_u32(s.f, node_of(3, 0) + 12, 0xffffffff);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
}

/* The node says for what somebody spins whose registers do not. */
static void test_mcs__told(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.spinners[1].lock = 0;
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	assert_true(s.spinners[1].lock == LOCK);
	assert_true(s.spinners[1].is_told);
	/* Not if it is a lock of another kind. */
	s.spinners[1].lock = 0;
	s.spinners[1].is_inner = true;
	ASSERT_PLACES(&s, 2, NO_NODE, 3, 0);
	assert_true(!s.spinners[1].lock && !s.spinners[1].is_told);
	/* Nor if it may be one of two. */
	s.spinners[1].is_inner = false;
	spin(&s, 2, 0);
	ASSERT_PLACES(&s, 2, NO_NODE, 3, 0, NO_NODE);
	assert_true(!s.spinners[1].lock && !s.spinners[4].lock);
}

/* With very many CPUs the tail is longer. */
static void test_mcs__many_cpus(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.f->k.layout.sizes[DLK_S_cpumask] = (1 << 14) / 8;
	fake_u32(s.f, LOCK, (3 + 1) << 11 | PENDING | LOCKED);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
}

/* A CPU that there cannot be has no nodes, whatever stands where they would be. */
static void test_mcs__impossible_cpu(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	spin(&s, -1, LOCK);
	spin(&s, CPUS, LOCK);
	s.count = 4;
	use(&s, 5, 0, node_of(1, 0));
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	fake_symbol(s.f, "__cpu_possible_mask", MASK, 8);
	fake_u64(s.f, MASK, 0x1f);
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	s.count = 6;
	ASSERT_PLACES(&s, 2, 1, 3, 0, NO_NODE, NO_NODE);
}

/* A kernel without such nodes, and what cannot be read. */
static void test_mcs__missing(void **state)
{
	struct scene s;

	start(&s, *state);
	make_queue(&s);
	s.f->k.layout.sizes[DLK_S_qnode] = 0;
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	s.f->k.layout.sizes[DLK_S_qnode] = NODE;
	ASSERT_PLACES(&s, 2, 1, 3, 0);
	fake_drop(s.f, node_of(1, 0));
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	fake_drop(s.f, LOCK);
	ASSERT_PLACES(&s, NO_NODE, NO_NODE, NO_NODE, NO_NODE);
	s.count = 0;
	order(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_mcs__order),      FAKE_TEST(test_mcs__pending),
		FAKE_TEST(test_mcs__pv),         FAKE_TEST(test_mcs__no_queue),
		FAKE_TEST(test_mcs__nested),     FAKE_TEST(test_mcs__same_lock_on_top),
		FAKE_TEST(test_mcs__not_linked), FAKE_TEST(test_mcs__not_pending),
		FAKE_TEST(test_mcs__left_over),  FAKE_TEST(test_mcs__bad_tail),
		FAKE_TEST(test_mcs__stale_tail), FAKE_TEST(test_mcs__cyclic),
		FAKE_TEST(test_mcs__bad_count),  FAKE_TEST(test_mcs__told),
		FAKE_TEST(test_mcs__many_cpus),  FAKE_TEST(test_mcs__impossible_cpu),
		FAKE_TEST(test_mcs__missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
