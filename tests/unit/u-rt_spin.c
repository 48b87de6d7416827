/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/locks/rt_mutex.c: who spins for a lock of PREEMPT_RT that it would sleep for.  zoo runs on CPU 0 and is to wait for a lock that
 * yak has, which runs on CPU 1.
 */
#include <config.h>

#include <stdio.h>

#include "support.h"

#include "locks/find.h"
#include "locks/rt_mutex.h"
#include "locks/spin.h"

enum { ZOO, YAK, TASKS, MAX_FRAMES = 6, FRAME = 0x100, KERNEL_CS = 0x10 };

#define TASK(i) (FAKE_DIRECT + 0x100000 + (dlk_addr_t)(i)*FAKE_TASK_SIZE)
#define SP (fake_stack_of(TASK(ZOO)) + 0x3000)
#define WAITER (SP + FRAME + 0x40) /* in the second frame */
#define LOCK (FAKE_DIRECT + 0x200000)
#define TEXT (FAKE_IMAGE + 0x1000)

struct scene {
	struct fake *f;
	struct dlk_facts facts;
	struct dlk_frame frames[MAX_FRAMES];
};

static void add_types(struct fake *f)
{
	fake_types_of_a_kernel(f);
	fake_member(f, "task_struct", "pi_blocked_on", 0x300, 8);
	fake_member(f, "rt_mutex_waiter", "task", 0x30, 8);
	fake_member(f, "rt_mutex_waiter", "lock", 0x38, 8);
	fake_member(f, "rt_mutex_waiter", "ww_ctx", 0x40, 8);
	fake_member(f, "rt_mutex_base", "owner", 0x18, 8);
	fake_member(f, "mutex", "rtmutex", 0, 0x20);
	fake_member(f, "rwbase_rt", "rtmutex", 8, 0x20);
	fake_member(f, "rwbase_rt", "readers", 0, 4);
}

static uint32_t add_task(struct scene *s, unsigned i, const char *comm)
{
	struct dlk_task *task = dlk_vec_push(s->facts.ctx, &s->facts.tasks.tasks);
	struct dlk_context c = { .task = TASK(i), .pid = 10, .is_on_cpu = true, .state = 'D' };
	uint32_t ret;

	assert_non_null(task);
	c.pid += (int32_t)i;
	c.cpu = (int32_t)i;
	snprintf(c.comm, sizeof(c.comm), "%s", comm);
	*task = (struct dlk_task){ .address = TASK(i),
				   .stack = fake_stack_of(TASK(i)),
				   .is_on_cpu = true,
				   .cpu = (int32_t)i };
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &ret), DLK_OK);
	return ret;
}

/* The waiter is in the queue, and yak has the lock. */
static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	add_types(f);
	fake_kernel(f);
	s->facts = (struct dlk_facts){ .k = &f->k, .ctx = f->k.ctx };
	dlk_model_builder_init(s->facts.ctx, &s->facts.model);
	s->facts.tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	add_task(s, ZOO, "zoo");
	add_task(s, YAK, "yak");
	f->target.cpu_count = 1;
	f->regs[0] = fake_registers(TEXT, SP, SP, KERNEL_CS);
	fake_zeros(f, fake_stack_of(TASK(ZOO)), FAKE_STACK_SIZE);
	fake_zeros(f, TASK(ZOO), FAKE_TASK_SIZE);
	fake_zeros(f, LOCK - 8, 0x40);
	fake_put(f, TASK(ZOO), "task_struct", "pi_blocked_on", WAITER);
	fake_put(f, WAITER, "rt_mutex_waiter", "task", TASK(ZOO));
	fake_put(f, WAITER, "rt_mutex_waiter", "lock", LOCK);
	fake_put(f, LOCK, "rt_mutex_base", "owner", TASK(YAK) | 1);
}

/* zoo's functions, the innermost first. */
static void stand(struct scene *s, const char *const *functions)
{
	struct dlk_context *c = dlk_facts_context(&s->facts, ZOO);

	c->frames = s->frames;
	for (c->frame_count = 0; functions[c->frame_count]; c->frame_count++) {
		assert_true(c->frame_count < MAX_FRAMES);
		s->frames[c->frame_count] =
			(struct dlk_frame){ .sp = SP + (c->frame_count + 1ULL) * FRAME,
					    .ip = TEXT,
					    .function = functions[c->frame_count],
					    .symbol = functions[c->frame_count],
					    .is_reliable = true };
	}
}

#define STAND(s, ...) stand(s, (const char *const[]){ __VA_ARGS__, NULL })

static bool spins(struct scene *s)
{
	bool is_taken;

	fake_forget(s->f);
	assert_int_equal(dlk_rt_mutex_spin(&s->facts, ZOO, &is_taken), DLK_OK);
	return is_taken;
}

static uint32_t wait_count(const struct scene *s)
{
	return s->facts.model.waits.len;
}

static void assert_waits(struct scene *s, enum dlk_kind kind, dlk_addr_t address,
			 enum dlk_mode mode)
{
	const struct dlk_wait *w = dlk_model_first_wait(&s->facts.model, ZOO);
	const struct dlk_hold *h;
	const struct dlk_resource *r;

	assert_non_null(w);
	r = dlk_facts_resource(&s->facts, w->resource);
	assert_int_equal(r->kind, kind);
	assert_int_equal(r->address, address);
	assert_int_equal(w->mode, mode);
	assert_true(w->is_awake);
	assert_int_equal(w->evidence, DLK_EVIDENCE_SPINS | DLK_EVIDENCE_BLOCKED_ON);
	assert_int_equal(w->confidence, DLK_CERTAIN);
	assert_string_equal(w->at, "zoo_work");
	assert_int_equal(s->facts.model.holds.len, 1);
	h = dlk_model_hold(&s->facts.model, 0);
	assert_int_equal(h->context, YAK);
	assert_int_equal(h->resource, w->resource);
	assert_int_equal(h->confidence, DLK_CERTAIN);
}

static void test_rt_spin__mutex(void **state)
{
	struct scene s;

	start(&s, *state);
	STAND(&s, "rt_mutex_slowlock_block", "rt_mutex_slowlock", "mutex_lock", "zoo_work");
	assert_true(spins(&s));
	assert_waits(&s, DLK_KIND_MUTEX, LOCK, DLK_MODE_EXCLUSIVE);
}

/* By all that looks for what spins; it is in no queue of these, and looks whether the owner's CPU was taken from it. */
static void test_rt_spin__spinlock(void **state)
{
	struct scene s;

	start(&s, *state);
	STAND(&s, "native_vcpu_is_preempted", "rtlock_slowlock_locked", "rt_spin_lock", "zoo_work");
	assert_int_equal(dlk_spin_gather(&s.facts), DLK_OK);
	assert_waits(&s, DLK_KIND_SPINLOCK, LOCK, DLK_MODE_EXCLUSIVE);
}

static void test_rt_spin__rwlock(void **state)
{
	struct scene s;

	start(&s, *state);
	STAND(&s, "rtlock_slowlock_locked", "rwbase_write_lock", "rt_write_lock", "zoo_work");
	assert_true(spins(&s));
	assert_waits(&s, DLK_KIND_RWLOCK, LOCK - 8, DLK_MODE_WRITE);
}

/* Nobody has it any more: it is zoo's as soon as it looks. */
static void test_rt_spin__passed_on(void **state)
{
	struct scene s;

	start(&s, *state);
	fake_put(s.f, LOCK, "rt_mutex_base", "owner", 1);
	STAND(&s, "rt_mutex_slowlock_block", "rt_mutex_slowlock", "mutex_lock", "zoo_work");
	assert_true(spins(&s));
	assert_int_equal(wait_count(&s), 0);
	assert_int_not_equal(dlk_map_get(&s.facts.passing, ZOO), DLK_NONE);
}

/* It goes to sleep, or comes from there; or that it stands there is a guess. */
static void test_rt_spin__elsewhere(void **state)
{
	struct scene s;

	start(&s, *state);
	STAND(&s, "schedule", "rt_mutex_slowlock_block", "mutex_lock", "zoo_work");
	assert_false(spins(&s));
	STAND(&s, "rt_mutex_slowlock_block", "rt_mutex_slowlock", "mutex_lock", "zoo_work");
	s.frames[0].is_reliable = false;
	assert_false(spins(&s));
	assert_int_equal(wait_count(&s), 0);
}

/* An interrupt on top of it, which takes such a lock, does not record that: what zoo records is not for this one. */
static void test_rt_spin__on_top(void **state)
{
	struct scene s;
	struct dlk_context c;
	uint32_t top;
	bool is_taken;

	start(&s, *state);
	STAND(&s, "rt_mutex_slowlock_block", "rt_mutex_slowlock", "mutex_lock", "zoo_work");
	c = *dlk_facts_context(&s.facts, ZOO);
	c.kind = DLK_CONTEXT_HARDIRQ;
	c.on_top_of = ZOO;
	assert_int_equal(dlk_model_add_context(&s.facts.model, &c, &top), DLK_OK);
	assert_int_equal(dlk_rt_mutex_spin(&s.facts, top, &is_taken), DLK_OK);
	assert_false(is_taken);
	assert_int_equal(wait_count(&s), 0);
}

/* What it records is nothing, on no stack of its own, another one's, or not for what can be a lock. */
static void test_rt_spin__hostile(void **state)
{
	struct scene s;
	bool is_taken;

	start(&s, *state);
	STAND(&s, "rt_mutex_slowlock_block", "rt_mutex_slowlock", "mutex_lock", "zoo_work");
	fake_put(s.f, TASK(ZOO), "task_struct", "pi_blocked_on", 0);
	assert_false(spins(&s));
	fake_put(s.f, TASK(ZOO), "task_struct", "pi_blocked_on", LOCK);
	assert_false(spins(&s));
	fake_put(s.f, TASK(ZOO), "task_struct", "pi_blocked_on", WAITER);
	fake_put(s.f, WAITER, "rt_mutex_waiter", "task", TASK(YAK));
	assert_false(spins(&s));
	fake_put(s.f, WAITER, "rt_mutex_waiter", "task", TASK(ZOO));
	fake_put(s.f, WAITER, "rt_mutex_waiter", "lock", 24);
	assert_false(spins(&s));
	fake_put(s.f, WAITER, "rt_mutex_waiter", "lock", LOCK);
	fake_drop(s.f, LOCK);
	fake_forget(s.f);
	assert_int_equal(dlk_rt_mutex_spin(&s.facts, ZOO, &is_taken), DLK_ERR_FAULT);
	assert_int_equal(wait_count(&s), 0);
}

/* A spinlock of PREEMPT_RT may be held by one that sleeps. */
static void test_rt_spin__owner_sleeps(void **state)
{
	struct scene s;

	start(&s, *state);
	STAND(&s, "rtlock_slowlock_locked", "rt_spin_lock", "zoo_work");
	dlk_facts_context(&s.facts, YAK)->is_blocked = true;
	assert_true(spins(&s));
	assert_int_equal(dlk_spin_check_holders(&s.facts), DLK_OK);
	assert_int_equal(s.facts.model.findings.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_rt_spin__mutex),     FAKE_TEST(test_rt_spin__spinlock),
		FAKE_TEST(test_rt_spin__rwlock),    FAKE_TEST(test_rt_spin__passed_on),
		FAKE_TEST(test_rt_spin__elsewhere), FAKE_TEST(test_rt_spin__on_top),
		FAKE_TEST(test_rt_spin__hostile),   FAKE_TEST(test_rt_spin__owner_sleeps),
	};

	return cmocka_run_group_tests_name("rt_spin", tests, NULL, NULL);
}
