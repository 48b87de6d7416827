/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/spin_owner.c: whom locks record, and which of a CPU's contexts that is; src/lockdep/holds.c: the same of lockdep's lists. */
#include <config.h>

#include "facts.h"

#include "lockdep/lockdep.h"
#include "locks/spin_owner.h"

enum { ZOO = 12, YAK = 13, CPU = 1, OTHER_CPU = 2, MAGIC = 0xdead4ead, RW_MAGIC = 0xdeaf1eed };

static const dlk_addr_t ZOO_TASK = FAKE_DIRECT + 0x10000, YAK_TASK = FAKE_DIRECT + 0x20000;
static const dlk_addr_t GONE_TASK = FAKE_DIRECT + 0x30000;
static const dlk_addr_t LOCK = FAKE_IMAGE + 0x1100000;
static const uint64_t NOBODY = UINT64_MAX;

/* zoo runs on CPU 1 and yak on CPU 2; somebody spins for the lock. */
struct scene {
	struct fake *f;
	struct dlk_facts facts;
	uint32_t zoo, yak, lock;
};

static uint32_t add_task(struct scene *s, int32_t pid, dlk_addr_t task, int32_t cpu)
{
	const struct dlk_context c = {
		.task = task, .pid = pid, .comm = "zoo", .is_on_cpu = true, .cpu = cpu
	};
	uint32_t ret;

	assert_non_null(dlk_vec_push(s->facts.ctx, &s->facts.tasks.tasks));
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &ret), DLK_OK);
	return ret;
}

static uint32_t interrupt(struct scene *s, uint32_t below, enum dlk_context_kind kind)
{
	return facts_interrupt(&s->facts, below, kind);
}

static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	fake_types_of_a_kernel(f);
	fake_member(f, "raw_spinlock", "magic", 4, 4);
	fake_member(f, "raw_spinlock", "owner_cpu", 8, 4);
	fake_member(f, "raw_spinlock", "owner", 16, 8);
	fake_member(f, "rwlock_t", "magic", 8, 4);
	fake_member(f, "rwlock_t", "owner_cpu", 12, 4);
	fake_member(f, "rwlock_t", "owner", 16, 8);
	facts_begin(&s->facts, f);
	s->zoo = add_task(s, ZOO, ZOO_TASK, CPU);
	s->yak = add_task(s, YAK, YAK_TASK, OTHER_CPU);
	s->lock = facts_make_lock(&s->facts, DLK_KIND_SPINLOCK, LOCK);
	fake_zeros(f, LOCK, 0x40);
}

static void own(struct scene *s, uint64_t owner, uint32_t cpu)
{
	fake_put(s->f, LOCK, "raw_spinlock", "magic", MAGIC);
	fake_put(s->f, LOCK, "raw_spinlock", "owner_cpu", cpu);
	fake_put(s->f, LOCK, "raw_spinlock", "owner", owner);
	fake_forget(s->f);
}

static void spin(struct scene *s, uint32_t context)
{
	const struct dlk_wait w = { .context = context,
				    .resource = s->lock,
				    .is_awake = true,
				    .evidence = DLK_EVIDENCE_SPINS,
				    .confidence = DLK_CERTAIN };

	assert_int_equal(dlk_facts_add_wait(&s->facts, &w), DLK_OK);
}

static void hold(struct scene *s, uint32_t context, enum dlk_confidence sure)
{
	const struct dlk_hold h = { .context = context,
				    .resource = s->lock,
				    .mode = DLK_MODE_EXCLUSIVE,
				    .evidence = DLK_EVIDENCE_CODE,
				    .confidence = sure,
				    .note = "zoo_work+0x1 will release it" };

	assert_int_equal(dlk_facts_add_hold(&s->facts, &h), DLK_OK);
}

static void claim(struct scene *s)
{
	assert_int_equal(dlk_spin_owner_claim(&s->facts, s->lock), DLK_OK);
}

static void settle(struct scene *s)
{
	assert_int_equal(dlk_spin_owner_settle(&s->facts), DLK_OK);
}

static uint32_t hold_count(const struct scene *s)
{
	return facts_hold_count(&s->facts, s->lock);
}

static const struct dlk_hold *hold_of(const struct scene *s, uint32_t context)
{
	uint32_t i = dlk_model_find_hold(&s->facts.model, context, s->lock);

	assert_int_not_equal(i, DLK_NONE);
	return dlk_model_hold(&s->facts.model, i);
}

static void assert_holds(const struct scene *s, uint32_t context, enum dlk_confidence sure)
{
	assert_int_equal(hold_of(s, context)->confidence, sure);
	assert_true(hold_of(s, context)->evidence & DLK_EVIDENCE_OWNER);
	assert_null(dlk_facts_resource(&s->facts, s->lock)->holders_unknown);
}

static void test_spin_owner__alone(void **state)
{
	struct scene s;

	start(&s, *state);
	own(&s, ZOO_TASK, CPU);
	spin(&s, s.yak);
	claim(&s);
	settle(&s);
	assert_int_equal(hold_count(&s), 1);
	assert_holds(&s, s.zoo, DLK_CERTAIN);
	assert_int_equal(hold_of(&s, s.zoo)->evidence, DLK_EVIDENCE_OWNER);
	assert_int_equal(hold_of(&s, s.zoo)->mode, DLK_MODE_EXCLUSIVE);
}

/* Who holds such a lock does not change its CPU. */
static void test_spin_owner__moved(void **state)
{
	struct scene s;

	start(&s, *state);
	own(&s, ZOO_TASK, OTHER_CPU);
	claim(&s);
	assert_holds(&s, s.zoo, DLK_LIKELY);
}

/* Nobody has written it down; what stands behind a lock of another form. */
static void test_spin_owner__none(void **state)
{
	struct scene s;

	start(&s, *state);
	spin(&s, s.yak);
	own(&s, NOBODY, UINT32_MAX);
	claim(&s);
	own(&s, 0, 0);
	claim(&s);
	own(&s, ZOO_TASK, CPU);
	fake_put(s.f, LOCK, "raw_spinlock", "magic", RW_MAGIC);
	fake_forget(s.f);
	claim(&s);
	settle(&s);
	fake_drop(s.f, LOCK);
	fake_forget(s.f);
	claim(&s);
	settle(&s);
	assert_int_equal(hold_count(&s), 0);
	assert_non_null(dlk_facts_resource(&s.facts, s.lock)->holders_unknown);
	assert_int_equal(s.facts.model.findings.len, 0);
}

static void test_spin_owner__gone(void **state)
{
	struct scene s;

	start(&s, *state);
	own(&s, GONE_TASK, CPU);
	claim(&s);
	assert_int_equal(hold_count(&s), 0);
	assert_true(dlk_facts_resource(&s.facts, s.lock)->is_leaked);
}

/* A rwlock that is held for writing; with readers there is no owner. */
static void test_spin_owner__rwlock(void **state)
{
	struct scene s;

	start(&s, *state);
	s.lock = facts_make_lock(&s.facts, DLK_KIND_RWLOCK, LOCK);
	fake_put(s.f, LOCK, "rwlock_t", "magic", MAGIC);
	fake_put(s.f, LOCK, "rwlock_t", "owner_cpu", CPU);
	fake_put(s.f, LOCK, "rwlock_t", "owner", ZOO_TASK);
	fake_forget(s.f);
	claim(&s);
	assert_int_equal(hold_count(&s), 0);
	fake_put(s.f, LOCK, "rwlock_t", "magic", RW_MAGIC);
	fake_forget(s.f);
	claim(&s);
	assert_holds(&s, s.zoo, DLK_CERTAIN);
	assert_int_equal(hold_of(&s, s.zoo)->mode, DLK_MODE_WRITE);
}

static void test_spin_owner__readers(void **state)
{
	struct scene s;

	start(&s, *state);
	s.lock = facts_make_lock(&s.facts, DLK_KIND_RWLOCK, LOCK);
	dlk_facts_resource(&s.facts, s.lock)->readers = 1;
	fake_put(s.f, LOCK, "rwlock_t", "magic", RW_MAGIC);
	fake_put(s.f, LOCK, "rwlock_t", "owner", ZOO_TASK);
	fake_forget(s.f);
	interrupt(&s, s.zoo, DLK_CONTEXT_HARDIRQ);
	spin(&s, s.yak);
	settle(&s);
	assert_int_equal(hold_count(&s), 0);
}

/* Current is the same for what runs on top: it is told by the code. */
static void test_spin_owner__code(void **state)
{
	struct scene s;
	uint32_t softirq;

	for (unsigned on_top = 0; on_top < 2; on_top++) {
		start(&s, *state);
		softirq = interrupt(&s, s.zoo, DLK_CONTEXT_SOFTIRQ);
		own(&s, ZOO_TASK, CPU);
		spin(&s, s.yak);
		claim(&s);
		assert_int_equal(hold_count(&s), 0);
		hold(&s, on_top ? softirq : s.zoo, DLK_LIKELY);
		settle(&s);
		assert_int_equal(hold_count(&s), 1);
		assert_holds(&s, on_top ? softirq : s.zoo, DLK_CERTAIN);
		assert_non_null(
			strstr(hold_of(&s, on_top ? softirq : s.zoo)->note, "zoo_work+0x1"));
	}
}

/* Nothing tells: who spins for it is the last to be believed. */
static void test_spin_owner__no_code(void **state)
{
	struct scene s;
	uint32_t hardirq;

	start(&s, *state);
	hardirq = interrupt(&s, interrupt(&s, s.zoo, DLK_CONTEXT_SOFTIRQ), DLK_CONTEXT_HARDIRQ);
	own(&s, ZOO_TASK, CPU);
	spin(&s, hardirq);
	claim(&s);
	settle(&s);
	assert_int_equal(hold_count(&s), 2);
	assert_holds(&s, s.zoo, DLK_POSSIBLE);
	assert_holds(&s, hardirq - 1, DLK_POSSIBLE);

	start(&s, *state);
	hardirq = interrupt(&s, s.zoo, DLK_CONTEXT_HARDIRQ);
	own(&s, ZOO_TASK, CPU);
	spin(&s, hardirq);
	settle(&s);
	assert_int_equal(hold_count(&s), 1);
	assert_holds(&s, s.zoo, DLK_LIKELY);

	start(&s, *state);
	hardirq = interrupt(&s, s.zoo, DLK_CONTEXT_HARDIRQ);
	own(&s, ZOO_TASK, CPU);
	spin(&s, hardirq);
	spin(&s, s.zoo);
	settle(&s);
	assert_int_equal(hold_count(&s), 2);
	assert_holds(&s, s.zoo, DLK_POSSIBLE);
	assert_holds(&s, hardirq, DLK_POSSIBLE);
}

/* The code of another one says that it holds it. */
static void test_spin_owner__other(void **state)
{
	struct scene s;
	uint32_t hardirq;

	start(&s, *state);
	hardirq = interrupt(&s, s.zoo, DLK_CONTEXT_HARDIRQ);
	own(&s, ZOO_TASK, CPU);
	spin(&s, hardirq);
	hold(&s, s.yak, DLK_LIKELY);
	settle(&s);
	assert_int_equal(hold_count(&s), 2);
	assert_int_equal(hold_of(&s, s.yak)->confidence, DLK_POSSIBLE);
	assert_holds(&s, s.zoo, DLK_LIKELY);
	assert_int_equal(s.facts.model.findings.len, 1);
	assert_int_equal(DLK_VEC_AT(&s.facts.model.findings, struct dlk_finding, 0)->code,
			 DLK_FINDING_DISAGREE);
}

/* lockdep notes in which context a lock was taken; the entry behind it is what is taken now. */
static void list(struct scene *s, unsigned irq)
{
	struct dlk_context *c = dlk_facts_context(&s->facts, s->zoo);

	for (unsigned i = 0; i < 2; i++) {
		struct dlk_held *held = dlk_vec_push(s->facts.ctx, &s->facts.model.held);

		assert_non_null(held);
		*held = (struct dlk_held){ .context = s->zoo,
					   .resource = i ? DLK_NONE : s->lock,
					   .irq = irq };
	}
	c->held_count = 2;
}

static void test_spin_owner__lockdep(void **state)
{
	static const unsigned irqs[] = { 0, DLK_IRQ_SOFT, DLK_IRQ_HARD,
					 DLK_IRQ_HARD | DLK_IRQ_SOFT };
	struct dlk_lockdep_reader r;
	struct scene s;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t context[4];

		start(&s, *state);
		context[0] = s.zoo;
		context[1] = interrupt(&s, s.zoo, DLK_CONTEXT_SOFTIRQ);
		context[2] = context[3] = interrupt(&s, context[1], DLK_CONTEXT_HARDIRQ);
		own(&s, ZOO_TASK, CPU);
		spin(&s, s.yak);
		list(&s, irqs[i]);
		r = (struct dlk_lockdep_reader){ .f = &s.facts };
		claim(&s);
		assert_int_equal(dlk_lockdep_add_holds(&r), DLK_OK);
		settle(&s);
		assert_int_equal(hold_count(&s), 1);
		assert_holds(&s, context[i], DLK_CERTAIN);
		assert_true(hold_of(&s, context[i])->evidence & DLK_EVIDENCE_LOCKDEP);
		assert_int_equal(s.facts.model.findings.len, 0);
	}
}

/* The list of one task has what another one owns. */
static void test_spin_owner__lockdep_disagrees(void **state)
{
	struct dlk_lockdep_reader r;
	struct scene s;

	start(&s, *state);
	own(&s, YAK_TASK, OTHER_CPU);
	list(&s, 0);
	r = (struct dlk_lockdep_reader){ .f = &s.facts };
	claim(&s);
	assert_holds(&s, s.yak, DLK_CERTAIN);
	assert_int_equal(dlk_lockdep_add_holds(&r), DLK_OK);
	assert_int_equal(hold_count(&s), 1);
	assert_holds(&s, s.yak, DLK_LIKELY);
	assert_int_equal(s.facts.model.findings.len, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_spin_owner__alone),
		FAKE_TEST(test_spin_owner__moved),
		FAKE_TEST(test_spin_owner__none),
		FAKE_TEST(test_spin_owner__gone),
		FAKE_TEST(test_spin_owner__rwlock),
		FAKE_TEST(test_spin_owner__readers),
		FAKE_TEST(test_spin_owner__code),
		FAKE_TEST(test_spin_owner__no_code),
		FAKE_TEST(test_spin_owner__other),
		FAKE_TEST(test_spin_owner__lockdep),
		FAKE_TEST(test_spin_owner__lockdep_disagrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
