/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/on_top.c: which of what runs on top of tasks keeps their CPUs from them. */
#include <config.h>

#include "facts.h"

#include "locks/find.h"

enum { ZOO = 12, YAK = 13, FIRST_CPU = 0, CPUS = 2 };

static const dlk_addr_t LOCK = FAKE_IMAGE + 0x1100000;

/* zoo runs on CPU 0, yak on CPU 1. */
struct scene {
	struct dlk_facts facts;
	struct dlk_frame frames[2 * CPUS][1];
	uint32_t contexts;
};

static uint32_t add(struct scene *s, const struct dlk_context *like, const char *function)
{
	struct dlk_frame *frame = s->frames[s->contexts++];
	struct dlk_context c = *like;
	uint32_t ret;

	*frame =
		(struct dlk_frame){ .function = function, .symbol = function, .is_reliable = true };
	c.frames = frame;
	c.frame_count = 1;
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &ret), DLK_OK);
	return ret;
}

static uint32_t add_task(struct scene *s, int32_t pid, int32_t cpu)
{
	const struct dlk_context c = { .task = FAKE_DIRECT + 0x1000 * (dlk_addr_t)pid,
				       .pid = pid,
				       .is_on_cpu = true,
				       .cpu = cpu };

	assert_non_null(dlk_vec_push(s->facts.ctx, &s->facts.tasks.tasks));
	return add(s, &c, "zoo_loop");
}

static uint32_t add_on_top(struct scene *s, uint32_t below, enum dlk_context_kind kind,
			   const char *function)
{
	struct dlk_context c = *dlk_facts_context(&s->facts, below);

	c.kind = kind;
	c.on_top_of = below;
	return add(s, &c, function);
}

static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	fake_types_of_a_kernel(f);
	facts_begin(&s->facts, f);
	add_task(s, ZOO, FIRST_CPU);
	add_task(s, YAK, FIRST_CPU + 1);
}

static void waits_for_lock(struct scene *s, uint32_t context)
{
	struct dlk_wait wait = { .context = context, .position = DLK_NONE };
	bool is_new;

	assert_int_equal(dlk_facts_make_resource(&s->facts, DLK_KIND_SPINLOCK, LOCK, &wait.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_model_add_wait(&s->facts.model, &wait), DLK_OK);
}

/* @p below waits for its CPU, which @p top holds, and nobody else does. */
static void assert_keeps(const struct scene *s, uint32_t top, uint32_t below)
{
	const struct dlk_model_builder *b = &s->facts.model;
	const struct dlk_wait *wait = dlk_model_first_wait(b, below);

	assert_non_null(wait);
	assert_int_equal(dlk_model_resource(b, wait->resource)->kind, DLK_KIND_CPU);
	assert_int_not_equal(dlk_model_find_hold(b, top, wait->resource), DLK_NONE);
}

/* A tick came a moment ago, on both: no trace of it is left, but its name. */
static void test_on_top__for_a_moment(void **state)
{
	struct scene s;

	start(&s, *state);
	add_on_top(&s, 0, DLK_CONTEXT_HARDIRQ, "zoo_tick");
	add_on_top(&s, 1, DLK_CONTEXT_SOFTIRQ, "zoo_timer");
	assert_int_equal(dlk_on_top_settle(&s.facts), DLK_OK);
	assert_int_equal(s.facts.model.waits.len, 0);
	assert_int_equal(s.facts.model.holds.len, 0);
	assert_int_equal(s.facts.model.resources.len, 0);
	assert_string_equal(dlk_facts_context(&s.facts, 0)->interrupted_by,
			    "a hardirq in zoo_tick");
	assert_string_equal(dlk_facts_context(&s.facts, 1)->interrupted_by,
			    "a softirq in zoo_timer");
}

/* One of them waits for a lock: its task has to wait for it; the other's has not. */
static void test_on_top__waits(void **state)
{
	struct scene s;
	uint32_t softirq;

	start(&s, *state);
	add_on_top(&s, 0, DLK_CONTEXT_HARDIRQ, "zoo_tick");
	softirq = add_on_top(&s, 1, DLK_CONTEXT_SOFTIRQ, "zoo_timer");
	waits_for_lock(&s, softirq);
	assert_int_equal(dlk_on_top_settle(&s.facts), DLK_OK);
	assert_keeps(&s, softirq, 1);
	assert_null(dlk_model_first_wait(&s.facts.model, 0));
	assert_int_equal(s.facts.model.resources.len, 2); /* the lock, and CPU 1 */
	assert_null(dlk_facts_context(&s.facts, 1)->interrupted_by);
}

static void is_not_understood(struct scene *s, uint32_t context)
{
	struct dlk_unknown *u = dlk_vec_push(s->facts.ctx, &s->facts.model.unknowns);

	assert_non_null(u);
	*u = (struct dlk_unknown){ .context = context, .why = DLK_WHY_SPINS };
}

/* It spins for something that is not known; and it has interrupted another one: both below have to wait. */
static void test_on_top__spins(void **state)
{
	struct scene s;
	uint32_t softirq, hardirq;

	start(&s, *state);
	softirq = add_on_top(&s, 1, DLK_CONTEXT_SOFTIRQ, "zoo_timer");
	hardirq = add_on_top(&s, softirq, DLK_CONTEXT_HARDIRQ, "native_queued_spin_lock_slowpath");
	is_not_understood(&s, hardirq);
	assert_int_equal(dlk_on_top_settle(&s.facts), DLK_OK);
	assert_keeps(&s, hardirq, softirq);
	assert_keeps(&s, softirq, 1);
	assert_int_equal(s.facts.model.resources.len,
			 2); /* a CPU each: as a task's, and as a softirq's */
}

/* It spins for what nobody holds any more, as has been found: it goes on, and so does what is below.  That a task is not seen is no matter of it. */
static void test_on_top__passes(void **state)
{
	struct scene s;

	start(&s, *state);
	add_on_top(&s, 1, DLK_CONTEXT_SOFTIRQ, "native_queued_spin_lock_slowpath");
	is_not_understood(&s, 0);
	is_not_understood(&s, 1);
	assert_int_equal(dlk_on_top_settle(&s.facts), DLK_OK);
	assert_int_equal(s.facts.model.waits.len, 0);
	assert_int_equal(s.facts.model.holds.len, 0);
	assert_string_equal(dlk_facts_context(&s.facts, 1)->interrupted_by,
			    "a softirq in native_queued_spin_lock_slowpath");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_on_top__for_a_moment),
		FAKE_TEST(test_on_top__waits),
		FAKE_TEST(test_on_top__spins),
		FAKE_TEST(test_on_top__passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
