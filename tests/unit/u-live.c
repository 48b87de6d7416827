/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/session/live.c: of two readings of a running system only what both have, of tasks that rested. */
#include <config.h>

#include "support.h"

#include "locks/find.h"
#include "session/live.h"

enum { TASK_A = 0x1000, TASK_B = 0x2000, LOCK_1 = 0x10000, LOCK_2 = 0x20000 };

/* Two tasks that sleep since @p a_start and @p b_start; nothing else. */
static void make(struct fake *f, struct dlk_facts *facts, uint64_t a_start, uint64_t b_start)
{
	const struct dlk_task tasks[] = {
		{ .address = TASK_A, .pid = 1, .is_blocked = true, .exec_start = a_start },
		{ .address = TASK_B, .pid = 2, .is_blocked = true, .exec_start = b_start },
	};

	*facts = (struct dlk_facts){ .ctx = &f->ctx };
	dlk_model_builder_init(&f->ctx, &facts->model);
	facts->tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	for (uint32_t i = 0; i < 2; i++) {
		const struct dlk_context context = { .task = tasks[i].address };
		struct dlk_task *t = dlk_vec_push(&f->ctx, &facts->tasks.tasks);
		uint32_t index;

		assert_non_null(t);
		*t = tasks[i];
		assert_int_equal(dlk_model_add_context(&facts->model, &context, &index), DLK_OK);
	}
}

/* The index of a context's first wait. */
static uint32_t first_wait(const struct dlk_facts *facts, uint32_t context)
{
	const struct dlk_wait *wait = dlk_model_first_wait(&facts->model, context);

	return wait ? (uint32_t)(wait - (struct dlk_wait *)facts->model.waits.data) : DLK_NONE;
}

static void add_wait(struct dlk_facts *facts, uint32_t context, dlk_addr_t lock)
{
	struct dlk_wait wait = { .context = context };
	bool is_new;

	assert_int_equal(dlk_facts_make_resource(facts, DLK_KIND_MUTEX, lock, &wait.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_facts_add_wait(facts, &wait), DLK_OK);
}

static void add_hold(struct dlk_facts *facts, uint32_t context, dlk_addr_t lock, enum dlk_mode mode,
		     enum dlk_confidence confidence)
{
	struct dlk_hold hold = { .context = context, .mode = mode, .confidence = confidence };
	bool is_new;

	assert_int_equal(dlk_facts_make_resource(facts, DLK_KIND_MUTEX, lock, &hold.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_facts_add_hold(facts, &hold), DLK_OK);
}

static void add_finding(struct dlk_facts *facts, dlk_addr_t address, const char *text)
{
	assert_int_equal(dlk_facts_add_finding(facts, DLK_FINDING_CORRUPT, address, true, "%s",
					       text),
			 DLK_OK);
}

static void add_unknown(struct dlk_facts *facts, uint32_t context, enum dlk_why why,
			const char *function)
{
	struct dlk_unknown *u = dlk_vec_push(facts->ctx, &facts->model.unknowns);

	assert_non_null(u);
	*u = (struct dlk_unknown){ .context = context, .why = why, .function = function };
}

static void test_live__both_readings(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_wait(&before, 0, LOCK_1);
	add_wait(&before, 1, LOCK_2);
	add_wait(&now, 1, LOCK_2);
	add_wait(&now, 0, LOCK_1);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 2);
	assert_int_equal(now.model.findings.len, 0);
	assert_int_equal(first_wait(&now, 0), 1);
	assert_int_equal(first_wait(&now, 1), 0);
}

/* A has got its lock and waits for another one: it is no longer part of what was read before. */
static void test_live__another_lock(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_wait(&before, 0, LOCK_1);
	add_wait(&before, 1, LOCK_1);
	add_wait(&now, 0, LOCK_2);
	add_wait(&now, 1, LOCK_1);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 1);
	assert_int_equal(first_wait(&now, 0), DLK_NONE);
	assert_int_equal(first_wait(&now, 1), 0);
	assert_int_equal(DLK_VEC_AT(&now.model.waits, struct dlk_wait, 0)->context, 1);
}

/* The same lock, but it ran meanwhile: perhaps it had it. */
static void test_live__has_run(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 11, 20);
	add_wait(&before, 0, LOCK_1);
	add_wait(&now, 0, LOCK_1);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 0);
	assert_int_equal(first_wait(&now, 0), DLK_NONE);
}

/* The same address, another task: the former one has ended. */
static void test_live__another_task(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	DLK_VEC_AT(&now.tasks.tasks, struct dlk_task, 0)->pid = 99;
	add_wait(&before, 0, LOCK_1);
	add_wait(&now, 0, LOCK_1);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 0);
}

/* It slept when the second reading looked at it, but not at the first: it may just have come for the lock. */
static void test_live__was_awake(void **state)
{
	for (int awake = 0; awake < 2; awake++) {
		struct fake *f = *state;
		struct dlk_facts facts[2];

		make(f, &facts[0], 10, 20);
		make(f, &facts[1], 10, 20);
		DLK_VEC_AT(&facts[awake].tasks.tasks, struct dlk_task, 0)->is_blocked = false;
		add_wait(&facts[0], 0, LOCK_1);
		add_wait(&facts[1], 0, LOCK_1);
		assert_int_equal(dlk_live_settle(&facts[0], &facts[1]), DLK_OK);
		assert_int_equal(facts[1].model.waits.len, 0);
	}
}

/*
 * A got LOCK_1 after the second reading had looked at the tasks.  Of what both readings have, the less
 * sure opinion counts; another mode is another hold.
 */
static void test_live__holds(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_hold *kept;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_hold(&before, 0, LOCK_2, DLK_MODE_WRITE, DLK_LIKELY);
	add_hold(&before, 1, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&before, 1, LOCK_2, DLK_MODE_READ, DLK_CERTAIN);
	add_hold(&now, 0, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&now, 0, LOCK_2, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&now, 1, LOCK_2, DLK_MODE_WRITE, DLK_CERTAIN);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.holds.len, 1);
	kept = now.model.holds.data;
	assert_int_equal(kept->context, 0);
	assert_int_equal(
		DLK_VEC_AT(&now.model.resources, struct dlk_resource, kept->resource)->address,
		LOCK_2);
	assert_int_equal(kept->confidence, DLK_LIKELY);
}

/* The holder has ended, and another task is where it was. */
static void test_live__another_holder(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	DLK_VEC_AT(&now.tasks.tasks, struct dlk_task, 0)->pid = 99;
	add_hold(&before, 0, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&now, 0, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.holds.len, 0);
}

/* What is not found wrong twice, in the same way, was read while it changed; how much that was is told. */
static void test_live__findings(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_finding *kept;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_finding(&before, 0x66, "0x66 points to 0x1");
	add_finding(&before, 0x77, "nonsense");
	add_finding(&before, 0x88, "nonsense");
	add_finding(&now, 0x99, "nonsense");
	add_finding(&now, 0x88, "nonsense");
	add_finding(&now, 0x66, "0x66 points to 0x2");
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.findings.len, 2);
	kept = now.model.findings.data;
	assert_int_equal(kept[0].address, 0x88);
	assert_int_equal(kept[0].code, DLK_FINDING_CORRUPT);
	assert_int_equal(kept[1].code, DLK_FINDING_UNREADABLE);
	assert_non_null(strstr(kept[1].text, "2 things"));
	assert_true(kept[1].is_loss);
}

/* What is not understood both times, in the same place, of a task that rested, stays so. */
static void add_spin(struct dlk_facts *facts, uint32_t context, dlk_addr_t lock)
{
	struct dlk_wait wait = { .context = context,
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_SPINS };
	bool is_new;

	assert_int_equal(dlk_facts_make_resource(facts, DLK_KIND_SPINLOCK, lock, &wait.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_facts_add_wait(facts, &wait), DLK_OK);
}

/* Of two moments: who spins in both for the same is stuck, or may be; who sleeps may have come later. */
static void test_live__spins_twice(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 11, 21);
	add_spin(&before, 0, LOCK_1);
	add_spin(&before, 1, LOCK_1);
	add_spin(&now, 0, LOCK_1);
	add_spin(&now, 1, LOCK_2);
	add_wait(&now, 1, LOCK_1);
	assert_int_equal(dlk_live_settle_spins(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 2);
	assert_int_equal(DLK_VEC_AT(&now.model.waits, struct dlk_wait, 0)->context, 0);
	assert_int_equal(
		dlk_facts_resource(&now, DLK_VEC_AT(&now.model.waits, struct dlk_wait, 1)->resource)
			->kind,
		DLK_KIND_MUTEX);
	assert_int_equal(now.model.findings.len, 0);
}

/* A has been passing LOCK_1: that B held it keeps nobody waiting.  Of what was not spun for, and of what still is, all stays. */
static void test_live__passed_holder(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_hold *kept;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_spin(&before, 0, LOCK_2);
	add_spin(&now, 0, LOCK_1);
	add_spin(&now, 0, LOCK_2);
	for (uint32_t i = 0; i < now.model.resources.len; i++) {
		const struct dlk_hold hold = { .context = 1, .resource = i };

		assert_int_equal(dlk_model_add_hold(&now.model, &hold), DLK_OK);
	}
	add_hold(&now, 1, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN); /* a mutex */
	assert_int_equal(dlk_live_settle_spins(&before, &now), DLK_OK);
	assert_int_equal(now.model.holds.len, 2);
	kept = now.model.holds.data;
	assert_int_equal(dlk_facts_resource(&now, kept[0].resource)->address, LOCK_2);
	assert_int_equal(dlk_facts_resource(&now, kept[1].resource)->kind, DLK_KIND_MUTEX);
}

/* It slept for it before: that it spins now is new. */
static void test_live__spins_once(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	bool is_new;
	struct dlk_wait wait = { .context = 0 };

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	assert_int_equal(dlk_facts_make_resource(&before, DLK_KIND_SPINLOCK, LOCK_1, &wait.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_facts_add_wait(&before, &wait), DLK_OK);
	add_spin(&now, 0, LOCK_1);
	assert_int_equal(dlk_live_settle_spins(&before, &now), DLK_OK);
	assert_int_equal(now.model.waits.len, 0);
}

static uint32_t count_spins(const struct dlk_facts *facts)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < facts->model.waits.len; i++)
		if (dlk_model_wait(&facts->model, i)->evidence & DLK_EVIDENCE_SPINS)
			count++;
	return count;
}

/* Interrupts are told apart by what they have interrupted, and their kind. */
static void test_live__spins_on_top(void **state)
{
	struct fake *f = *state;
	struct dlk_facts facts[2];

	for (int other = 0; other < 2; other++) {
		for (int i = 0; i < 2; i++) {
			struct dlk_context c = { .kind = i && other ? DLK_CONTEXT_HARDIRQ
								    : DLK_CONTEXT_SOFTIRQ,
						 .task = TASK_B,
						 .on_top_of = 1 };
			uint32_t index;

			make(f, &facts[i], 10, 20);
			assert_int_equal(dlk_model_add_on_top(&facts[i].model, &c, &index), DLK_OK);
			add_spin(&facts[i], index, LOCK_1);
		}
		assert_int_equal(dlk_live_settle_spins(&facts[0], &facts[1]), DLK_OK);
		assert_int_equal(count_spins(&facts[1]), !other);
	}
}

enum what { SPINS_FOR_LOCK, SPINS_SOMEHOW, NEITHER };

/* A softirq on top of B, in a function that spins; what comes of that. */
static uint32_t add_softirq(struct dlk_facts *facts, enum what what)
{
	static const struct dlk_frame frame = { .function = "native_queued_spin_lock_slowpath",
						.symbol = "native_queued_spin_lock_slowpath",
						.is_reliable = true };
	const struct dlk_context c = { .kind = DLK_CONTEXT_SOFTIRQ,
				       .task = TASK_B,
				       .on_top_of = 1,
				       .frames = &frame,
				       .frame_count = 1 };
	uint32_t ret;

	assert_int_equal(dlk_model_add_context(&facts->model, &c, &ret), DLK_OK);
	if (what == SPINS_FOR_LOCK)
		add_spin(facts, ret, LOCK_1);
	if (what == SPINS_SOMEHOW)
		add_unknown(facts, ret, DLK_WHY_SPINS, frame.function);
	return ret;
}

/* Who has been interrupted waits for its CPU only if that on top of it spins at both moments. */
static void test_live__interrupted(void **state)
{
	for (int was = SPINS_FOR_LOCK; was <= NEITHER; was++)
		for (int is = SPINS_FOR_LOCK; is < NEITHER; is++) {
			struct fake *f = *state;
			struct dlk_facts before, now;
			const struct dlk_wait *wait;
			uint32_t softirq;

			make(f, &before, 10, 20);
			make(f, &now, 10, 20);
			add_softirq(&before, (enum what)was);
			softirq = add_softirq(&now, (enum what)is);
			add_hold(&now, 0, LOCK_2, DLK_MODE_WRITE, DLK_CERTAIN);
			assert_int_equal(dlk_live_settle_spins(&before, &now), DLK_OK);
			assert_int_equal(dlk_on_top_settle(&now), DLK_OK);
			wait = dlk_model_first_wait(&now.model, 1);
			assert_int_equal(wait != NULL, was == is);
			assert_int_equal(now.model.holds.len, was == is ? 2 : 1);
			if (wait)
				assert_int_not_equal(dlk_model_find_hold(&now.model, softirq,
									 wait->resource),
						     DLK_NONE);
		}
}

static void test_live__unknown_spins(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_unknown *kept;

	make(f, &before, 10, 20);
	make(f, &now, 11, 21);
	add_unknown(&before, 0, DLK_WHY_SPINS, "multi_cpu_stop");
	add_unknown(&before, 1, DLK_WHY_SPINS, "multi_cpu_stop");
	add_unknown(&now, 0, DLK_WHY_SPINS, "osq_lock");
	add_unknown(&now, 1, DLK_WHY_SPINS, "multi_cpu_stop");
	add_unknown(&now, 1, DLK_WHY_NO_IDEA, "foo");
	assert_int_equal(dlk_live_settle_spins(&before, &now), DLK_OK);
	assert_int_equal(now.model.unknowns.len, 2);
	kept = now.model.unknowns.data;
	assert_int_equal(kept[0].context, 1);
	assert_int_equal(kept[1].why, DLK_WHY_NO_IDEA);
}

static void test_live__unknowns(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_unknown *kept;
	char flush_work[] = "flush_work"; /* the same words at another place */

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_unknown(&before, 0, DLK_WHY_NOT_ANALYSED, "flush_work");
	add_unknown(&before, 1, DLK_WHY_NO_IDEA, NULL);
	add_unknown(&now, 1, DLK_WHY_NO_IDEA, NULL);
	add_unknown(&now, 0, DLK_WHY_NOT_ANALYSED, flush_work);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.unknowns.len, 2);
	kept = now.model.unknowns.data;
	assert_int_equal(kept[0].context, 1);
	assert_int_equal(kept[1].context, 0);
	assert_int_equal(now.model.findings.len, 0);
}

/* In one reading only, elsewhere, for another reason, or of a task that ran meanwhile: no longer so. */
static void test_live__unknowns_change(void **state)
{
	static const struct {
		enum dlk_why why;
		const char *function;
		uint64_t start;
		int32_t pid;
	} others[] = {
		{ DLK_WHY_NOT_ANALYSED, "down", 10, 1 },
		{ DLK_WHY_NOT_ANALYSED, NULL, 10, 1 },
		{ DLK_WHY_NOT_FOUND, "flush_work", 10, 1 },
		{ DLK_WHY_NOT_ANALYSED, "flush_work", 11, 1 },
		{ DLK_WHY_NOT_ANALYSED, "flush_work", 10, 99 },
	};
	struct fake *f = *state;
	struct dlk_facts before, now;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make(f, &before, 10, 20);
		make(f, &now, others[i].start, 20);
		DLK_VEC_AT(&now.tasks.tasks, struct dlk_task, 0)->pid = others[i].pid;
		add_unknown(&before, 0, DLK_WHY_NOT_ANALYSED, "flush_work");
		add_unknown(&now, 0, others[i].why, others[i].function);
		assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
		assert_int_equal(now.model.unknowns.len, 0);
	}
	for (int reading = 0; reading < 2; reading++) {
		make(f, &before, 10, 20);
		make(f, &now, 10, 20);
		add_unknown(reading ? &now : &before, 0, DLK_WHY_NOT_ANALYSED, "flush_work");
		add_unknown(reading ? &before : &now, 1, DLK_WHY_NOT_ANALYSED, "flush_work");
		assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
		assert_int_equal(now.model.unknowns.len, 0);
	}
}

/* A CPU that was not seen twice may spin; not if its task was in user mode in between. */
static void test_live__not_seen(void **state)
{
	struct fake *f = *state;

	for (int in_user_mode = 0; in_user_mode < 2; in_user_mode++) {
		struct dlk_facts facts[2];

		for (int i = 0; i < 2; i++) {
			struct dlk_task *task;

			make(f, &facts[i], 10 + (uint64_t)i, 20);
			task = DLK_VEC_AT(&facts[i].tasks.tasks, struct dlk_task, 0);
			task->is_blocked = false;
			task->is_on_cpu = true;
			task->utime = 1000;
			add_unknown(&facts[i], 0, DLK_WHY_NOT_SEEN, NULL);
		}
		if (in_user_mode)
			DLK_VEC_AT(&facts[1].tasks.tasks, struct dlk_task, 0)->utime = 1001;
		assert_int_equal(dlk_live_settle(&facts[0], &facts[1]), DLK_OK);
		assert_int_equal(facts[1].model.unknowns.len, !in_user_mode);
	}
}

/* Who holds what a hold was dropped of is not known; of the others, as before. */
static void test_live__dropped_hold(void **state)
{
	struct fake *f = *state;
	struct dlk_facts before, now;
	const struct dlk_resource *r;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_hold(&before, 0, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&before, 0, LOCK_2, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&now, 0, LOCK_1, DLK_MODE_WRITE, DLK_CERTAIN);
	add_hold(&now, 1, LOCK_2, DLK_MODE_WRITE, DLK_CERTAIN);
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.holds.len, 1);
	assert_int_equal(now.model.resources.len, 2);
	r = now.model.resources.data;
	assert_int_equal(r[0].address, LOCK_1);
	assert_null(r[0].holders_unknown);
	assert_int_equal(r[1].address, LOCK_2);
	assert_non_null(r[1].holders_unknown);
}

/* What was known of why not all holders are known is not forgotten for it. */
static void test_live__dropped_hold_of_unknown(void **state)
{
	static const char *const why = "its readers are counted, not recorded";
	struct fake *f = *state;
	struct dlk_facts before, now;

	make(f, &before, 10, 20);
	make(f, &now, 10, 20);
	add_hold(&now, 1, LOCK_1, DLK_MODE_READ, DLK_POSSIBLE);
	DLK_VEC_AT(&now.model.resources, struct dlk_resource, 0)->holders_unknown = why;
	assert_int_equal(dlk_live_settle(&before, &now), DLK_OK);
	assert_int_equal(now.model.holds.len, 0);
	assert_string_equal(
		DLK_VEC_AT(&now.model.resources, struct dlk_resource, 0)->holders_unknown, why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_live__both_readings),
		FAKE_TEST(test_live__another_lock),
		FAKE_TEST(test_live__has_run),
		FAKE_TEST(test_live__another_task),
		FAKE_TEST(test_live__was_awake),
		FAKE_TEST(test_live__holds),
		FAKE_TEST(test_live__another_holder),
		FAKE_TEST(test_live__findings),
		FAKE_TEST(test_live__spins_twice),
		FAKE_TEST(test_live__passed_holder),
		FAKE_TEST(test_live__spins_once),
		FAKE_TEST(test_live__spins_on_top),
		FAKE_TEST(test_live__interrupted),
		FAKE_TEST(test_live__unknown_spins),
		FAKE_TEST(test_live__unknowns),
		FAKE_TEST(test_live__unknowns_change),
		FAKE_TEST(test_live__not_seen),
		FAKE_TEST(test_live__dropped_hold),
		FAKE_TEST(test_live__dropped_hold_of_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
