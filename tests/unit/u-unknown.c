/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/unknown.c: of which tasks it is said that their wait is not understood, and why. */
#include <config.h>

#include "support.h"

#include "locks/unknown.h"

enum { LOCK = 0x10000, MAX_TASKS = 4, MAX_FRAMES = 8 };

/* Facts of a few tasks, told one by one. */
struct scene {
	struct dlk_facts facts;
	struct dlk_frame frames[MAX_TASKS][MAX_FRAMES];
};

static void start(struct scene *s, struct fake *f)
{
	memset(s, 0, sizeof(*s));
	f->k.arch = &dlk_kernel_arch_x86_64;
	s->facts = (struct dlk_facts){ .k = &f->k, .ctx = &f->ctx };
	dlk_model_builder_init(&f->ctx, &s->facts.model);
	s->facts.tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
}

/* A task that sleeps in @p names, innermost first; "?" before a name: a guess. */
static struct dlk_context *add(struct scene *s, char state, const char *const *names)
{
	uint32_t i = s->facts.tasks.tasks.len, count = 0;
	struct dlk_context c;

	assert_true(i < MAX_TASKS);
	assert_non_null(dlk_vec_push(s->facts.ctx, &s->facts.tasks.tasks));
	for (; names[count]; count++) {
		bool is_guess = names[count][0] == '?';

		assert_true(count < MAX_FRAMES);
		s->frames[i][count] = (struct dlk_frame){ .function = names[count] + is_guess,
							  .symbol = names[count] + is_guess,
							  .is_reliable = !is_guess };
	}
	c = (struct dlk_context){ .state = state,
				  .is_blocked = true,
				  .is_uninterruptible = state == 'D',
				  .cpu = -1,
				  .blocked_ns = 1234,
				  .running_ns = 5678,
				  .frames = s->frames[i],
				  .frame_count = count };
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &i), DLK_OK);
	return dlk_facts_context(&s->facts, i);
}

#define ADD(s, state, ...) add(s, state, (const char *const[]){ __VA_ARGS__, NULL })

static const struct dlk_unknown *find(struct scene *s, uint32_t want)
{
	assert_int_equal(dlk_unknowns_gather(&s->facts), DLK_OK);
	assert_int_equal(s->facts.model.unknowns.len, want);
	return s->facts.model.unknowns.data;
}

/* Why a waiter of a kind that was not found is not understood. */
static enum dlk_why why_lost(enum dlk_kind kind)
{
	return dlk_kind_is_followed(kind) ? DLK_WHY_NOT_FOUND : DLK_WHY_NOT_ANALYSED;
}

static void assert_unknown(const struct dlk_unknown *u, enum dlk_why why, enum dlk_kind kind,
			   const char *function, const char *caller)
{
	assert_int_equal(u->why, why);
	assert_int_equal(u->kind, kind);
	assert_string_equal(u->function ? u->function : "", function);
	assert_string_equal(u->caller ? u->caller : "", caller);
}

/* Every task in state D that has no wait, one way or the other. */
static void test_unknown__uninterruptible(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD(&s, 'D', "schedule", "down", "foo");
	ADD(&s, 'D', "schedule", "rwsem_down_read_slowpath.isra.0", "foo");
	ADD(&s, 'D', "schedule", "bio_wait", "submit");
	ADD(&s, 'D', "schedule", "__flush_work", "wq1");
	s.frames[3][2].symbol = "wq1+0x6b";
	s.frames[3][2].module = "zoo";
	u = find(&s, 4);
	assert_unknown(&u[0], why_lost(DLK_KIND_SEMAPHORE), DLK_KIND_SEMAPHORE, "down", "foo");
	assert_unknown(&u[1], why_lost(DLK_KIND_RWSEM), DLK_KIND_RWSEM, "rwsem_down_read_slowpath",
		       "foo");
	assert_unknown(&u[2], DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "bio_wait", "submit");
	assert_unknown(&u[3], why_lost(DLK_KIND_WORK), DLK_KIND_WORK, "__flush_work",
		       "wq1+0x6b [zoo]");
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(u[i].context, i);
		assert_int_equal(u[i].ns, 1234);
	}
}

/* A stack of which nothing is known hides whatever there is. */
static void test_unknown__no_stack(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD(&s, 'D', "schedule");
	ADD(&s, 'D', "schedule")->frame_count = 0;
	u = find(&s, 2);
	assert_unknown(&u[0], DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "", "");
	assert_unknown(&u[1], DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "", "");
}

/* A timer is nobody; but not one that may be left over on the stack. */
static void test_unknown__harmless(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD(&s, 'D', "schedule", "schedule_timeout", "msleep", "foo");
	ADD(&s, 'D', "?schedule", "?msleep", "?foo");
	u = find(&s, 1);
	assert_string_equal(dlk_facts_context(&s.facts, 0)->harmless, "a timer");
	assert_null(dlk_facts_context(&s.facts, 1)->harmless);
	assert_int_equal(u->context, 1);
	assert_int_equal(u->why, DLK_WHY_NO_IDEA);
	assert_int_equal(u->kind, DLK_KIND_COUNT);
}

/* Whose wait was found has none that is not understood; neither has one that has exited, or runs. */
static void test_unknown__others(void **state)
{
	struct dlk_wait wait = { .context = 0 };
	struct scene s;
	bool is_new;

	start(&s, *state);
	ADD(&s, 'D', "schedule", "down", "foo");
	assert_int_equal(dlk_facts_make_resource(&s.facts, DLK_KIND_MUTEX, LOCK, &wait.resource,
						 &is_new),
			 DLK_OK);
	assert_int_equal(dlk_facts_add_wait(&s.facts, &wait), DLK_OK);
	ADD(&s, 'Z', "schedule", "down", "foo");
	ADD(&s, 'X', "schedule", "down", "foo");
	ADD(&s, 'D', "schedule", "down", "foo")->is_blocked = false;
	find(&s, 0);
}

/* State S is how a task waits for work, but not for a lock; TASK_IDLE means to be let alone. */
static void test_unknown__interruptible(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD(&s, 'S', "schedule", "__wait_for_common", "wait_for_completion_interruptible", "usb");
	ADD(&s, 'S', "schedule", "down_interruptible", "foo");
	ADD(&s, 'S', "schedule", "foo");
	ADD(&s, 'I', "schedule", "down", "foo");
	u = find(&s, 1);
	assert_int_equal(u->context, 1);
	assert_unknown(u, why_lost(DLK_KIND_SEMAPHORE), DLK_KIND_SEMAPHORE, "down_interruptible",
		       "foo");
}

/* Who idles waits for what his function says, and for nobody; in state D the same function idles nobody. */
static void test_unknown__idle(void **state)
{
	struct scene s;

	start(&s, *state);
	ADD(&s, 'S', "schedule", "pipe_read", "vfs_read")->purpose = DLK_PURPOSE_PIPE;
	ADD(&s, 'D', "schedule", "pipe_read", "vfs_read")->purpose = DLK_PURPOSE_PIPE;
	dlk_facts_context(&s.facts, 0)->is_waiting_idly = true;
	assert_int_equal(find(&s, 1)->context, 1);
	assert_string_equal(dlk_facts_context(&s.facts, 0)->harmless, "the other end of a pipe");
	assert_null(dlk_facts_context(&s.facts, 1)->harmless);
}

/* Who keeps others waiting, and waits for somebody, may close a cycle; if nobody waits, it may not. */
static void test_unknown__keeper(void **state)
{
	for (uint32_t waiters = 0; waiters < 2; waiters++) {
		struct dlk_hold hold = { .context = 0 };
		struct dlk_wait wait = { .context = 1 };
		struct scene s;
		uint32_t other;
		bool is_new;

		start(&s, *state);
		ADD(&s, 'S', "schedule", "wait_for_completion_interruptible", "usb");
		ADD(&s, 'D', "schedule", "mutex_lock", "foo");
		assert_int_equal(dlk_facts_make_resource(&s.facts, DLK_KIND_MUTEX, LOCK,
							 &hold.resource, &is_new),
				 DLK_OK);
		assert_int_equal(dlk_facts_make_resource(&s.facts, DLK_KIND_MUTEX, LOCK + 64,
							 &other, &is_new),
				 DLK_OK);
		wait.resource = waiters ? hold.resource : other;
		assert_int_equal(dlk_facts_add_hold(&s.facts, &hold), DLK_OK);
		assert_int_equal(dlk_facts_add_wait(&s.facts, &wait), DLK_OK);
		if (waiters)
			assert_unknown(find(&s, 1), why_lost(DLK_KIND_COMPLETION),
				       DLK_KIND_COMPLETION, "wait_for_completion_interruptible",
				       "usb");
		else
			find(&s, 0);
	}
}

static struct dlk_context *add_running(struct scene *s, const char *const *names)
{
	struct dlk_context *c = add(s, 'R', names);

	c->is_blocked = false;
	c->is_on_cpu = true;
	c->blocked_ns = DLK_NS_UNKNOWN;
	return c;
}

#define ADD_RUNNING(s, ...) add_running(s, (const char *const[]){ __VA_ARGS__, NULL })

/* Each place where a CPU spins, and how long at most; work is none. */
static void test_unknown__spins(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD_RUNNING(&s, "memcpy", "foo");
	ADD_RUNNING(&s, "queued_read_lock_slowpath", "_raw_read_lock", "timer_fn", "asm_irq",
		    "native_queued_spin_lock_slowpath", "_raw_spin_lock", "bar");
	/* The idle task, with an interrupt on top. */
	ADD_RUNNING(&s, "csd_lock_wait", "smp_call_function_single", "timer_fn")->is_idle = true;
	u = find(&s, 3);
	assert_unknown(&u[0], DLK_WHY_SPINS, DLK_KIND_RWLOCK, "queued_read_lock_slowpath",
		       "timer_fn");
	assert_unknown(&u[1], DLK_WHY_SPINS, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath",
		       "bar");
	assert_unknown(&u[2], DLK_WHY_SPINS, DLK_KIND_CPU, "csd_lock_wait", "timer_fn");
	assert_int_equal(u[0].context, 1);
	assert_int_equal(u[1].context, 1);
	assert_int_equal(u[2].context, 2);
	assert_int_equal(u[0].ns, 5678);
}

/* Where it runs is not known: it may spin.  An idle task runs where nobody is kept waiting by it. */
static void test_unknown__not_seen(void **state)
{
	const struct dlk_unknown *u;
	struct scene s;

	start(&s, *state);
	ADD_RUNNING(&s, "?native_queued_spin_lock_slowpath")->is_unseen = true;
	add_running(&s, (const char *const[]){ NULL })->is_unseen = true;
	dlk_facts_context(&s.facts, 1)->is_idle = true;
	u = find(&s, 1);
	assert_int_equal(u->context, 0);
	assert_unknown(u, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, "", "");
	assert_int_equal(u->ns, 5678);
}

/* Frames of a task in state S are kept if it sleeps in a function that waits for a lock. */
static void test_unknown__wants(void **state)
{
	struct scene s;

	start(&s, *state);
	ADD(&s, 'S', "schedule", "down_interruptible", "foo");
	ADD(&s, 'S', "schedule", "wait_for_completion", "foo");
	ADD(&s, 'S', "schedule", "msleep", "foo");
	ADD(&s, 'S', "schedule", "foo");
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(dlk_unknowns_wants(s.frames[i],
						    dlk_facts_context(&s.facts, i)->frame_count),
				 !i);
	assert_false(dlk_unknowns_wants(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_unknown__uninterruptible), FAKE_TEST(test_unknown__no_stack),
		FAKE_TEST(test_unknown__harmless),        FAKE_TEST(test_unknown__others),
		FAKE_TEST(test_unknown__interruptible),   FAKE_TEST(test_unknown__idle),
		FAKE_TEST(test_unknown__keeper),          FAKE_TEST(test_unknown__spins),
		FAKE_TEST(test_unknown__not_seen),        FAKE_TEST(test_unknown__wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
