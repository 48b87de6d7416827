/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/cpu_wait.c: who spins until other CPUs have called a function, and whom that waits for. */
#include <config.h>

#include "cpu-waits.h"

static void set_interrupts(struct fixture *x, uint32_t context, bool are_off)
{
	dlk_facts_context(&x->facts, context)->are_flags_known = true;
	dlk_facts_context(&x->facts, context)->has_interrupts_off = are_off;
}

/* The one that was asked has its interrupts off; or on: then it is about to call it. */
static void test_cpu_call__one(void **state)
{
	struct fixture *x = *state;
	uint32_t holder = RUNS(x, OTHER, "zoo_loop");

	set_interrupts(x, holder, true);
	assert_int_equal(spin(x, "smp_call_function_single", OTHER), DLK_OK);
	assert_holder(x, 0, holder, DLK_LIKELY);
	set_interrupts(x, holder, false);
	assert_int_equal(spin(x, "smp_call_function_single", OTHER), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_true(is_passed(x));
}

/* Of those that were asked, the one that cannot begin; what each runs that has begun may be another call. */
static void test_cpu_call__several(void **state)
{
	struct fixture *x = *state;
	uint32_t asked = RUNS(x, OTHER, "zoo_loop"),
		 begun = RUNS(x, THIRD, "zoo_call", "__flush_smp_call_function_queue");

	set_interrupts(x, asked, true);
	set_interrupts(x, begun, true);
	fake_u64(x->fake, CALLS + x->percpu[OTHER], WORKS);
	assert_int_equal(spin(x, "smp_call_function_many_cond", 0), DLK_OK);
	assert_int_equal(wait_count(x), 2);
	assert_holder(x, 0, asked, DLK_LIKELY);
	assert_holder(x, 1, begun, DLK_POSSIBLE);
}

/* All have begun, and one has not ended. */
static void test_cpu_call__begun(void **state)
{
	struct fixture *x = *state;
	uint32_t begun = RUNS(x, THIRD, "zoo_call", "flush_smp_call_function_queue");

	set_interrupts(x, begun, true);
	assert_int_equal(spin(x, "smp_call_function_many_cond", 0), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_holder(x, 0, begun, DLK_LIKELY);
}

/* Two have something to call: which of them this one has asked is told by the request, which is on its stack. */
static void test_cpu_call__own_request(void **state)
{
	struct fixture *x = *state;
	const struct dlk_stack_start start = { .sp = CALLER_STACK + 0x3000,
					       .top = CALLER_STACK + 0x4000 };
	uint32_t others = RUNS(x, OTHER, "zoo_loop"), own = RUNS(x, THIRD, "zoo_loop");

	set_interrupts(x, others, true);
	set_interrupts(x, own, true);
	x->is_blind = true;
	fake_u64(x->fake, CALLS + x->percpu[OTHER], WORKS);
	fake_u64(x->fake, CALLS + x->percpu[THIRD], WORKS + 0x40);
	fake_u64(x->fake, WORKS + 0x40, start.sp + 0x18);
	fake_u64(x->fake, start.sp + 0x18, 0);
	assert_int_equal(dlk_facts_set_start(&x->facts, own + 1, &start), DLK_OK); /* the spinner */
	assert_int_equal(spin(x, "smp_call_function_single", 0), DLK_OK);
	assert_int_equal(x->spinner, own + 1);
	assert_int_equal(wait_count(x), 1);
	assert_holder(x, 0, own, DLK_LIKELY);
}

/* A queue that has no end. */
static void test_cpu_call__endless(void **state)
{
	struct fixture *x = *state;
	const struct dlk_stack_start start = { .sp = CALLER_STACK + 0x3000,
					       .top = CALLER_STACK + 0x4000 };
	uint32_t asked = RUNS(x, OTHER, "zoo_loop");

	set_interrupts(x, asked, true);
	x->is_blind = true;
	fake_u64(x->fake, CALLS + x->percpu[OTHER], WORKS);
	fake_u64(x->fake, WORKS, WORKS);
	assert_int_equal(dlk_facts_set_start(&x->facts, asked + 1, &start), DLK_OK);
	assert_int_equal(spin(x, "smp_call_function_single", 0), DLK_OK);
	assert_holder(x, 0, asked, DLK_LIKELY);
}

static bool has_call_ended(struct fixture *x)
{
	assert_int_equal(spin(x, "__smp_call_function_single", 0), DLK_OK);
	return is_passed(x);
}

/* Nobody was asked, or is at it: it has ended, whichever CPU it was, if all that runs, and each queue, is seen. */
static void test_cpu_call__ended(void **state)
{
	struct fixture *x = *state;
	const uint32_t other = RUNS(x, OTHER, "zoo_loop");

	x->is_blind = dlk_facts_context(&x->facts, other)->is_unseen = true;
	assert_false(has_call_ended(x));
	dlk_facts_context(&x->facts, other)->is_unseen = x->frames[0][0].is_reliable = false;
	assert_false(has_call_ended(x));
	x->frames[0][0].is_reliable = true;
	assert_true(has_call_ended(x));
	fake_drop(x->fake, CALLS + x->percpu[OTHER]);
	fake_forget(x->fake);
	assert_false(has_call_ended(x));
	assert_int_equal(wait_count(x), 0);
}

/* Nothing of a user's code is at a call; where there are no frames for another reason, somebody may be. */
static void test_cpu_call__user_mode(void **state)
{
	struct fixture *x = *state;
	const uint32_t other = add_runner(x, OTHER, (const char *const[]){ NULL });

	x->is_blind = true;
	assert_false(has_call_ended(x));
	dlk_facts_context(&x->facts, other)->is_in_user = true;
	assert_true(has_call_ended(x));
	dlk_facts_context(&x->facts, other)->is_unseen = true;
	assert_false(has_call_ended(x));
}

/* A CPU that has nothing to do can be seen to, if its registers are known. */
static void test_cpu_call__idle(void **state)
{
	struct fixture *x = *state;
	const uint32_t other = RUNS(x, OTHER, "default_idle");

	x->is_blind = dlk_facts_context(&x->facts, other)->is_idle = true;
	assert_true(has_call_ended(x));
	dlk_facts_context(&x->facts, other)->frame_count = 0;
	dlk_facts_context(&x->facts, other)->is_unseen = true;
	assert_false(has_call_ended(x));
}

/* A CPU that is off line calls nothing; one that is about to be still runs something else than its idle task. */
static void test_cpu_call__offline(void **state)
{
	struct fixture *x = *state;
	const uint32_t other = add_runner(x, OTHER, (const char *const[]){ NULL });
	bool is_offline[CPUS] = { false };

	is_offline[OTHER] = true;
	x->is_blind = dlk_facts_context(&x->facts, other)->is_unseen = true;
	dlk_facts_context(&x->facts, other)->is_idle = true;
	assert_false(has_call_ended(x));
	x->facts.is_offline = is_offline;
	assert_true(has_call_ended(x));
	dlk_facts_context(&x->facts, other)->is_idle = false;
	assert_false(has_call_ended(x));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_cpu_call__one),       TEST(test_cpu_call__several),
		TEST(test_cpu_call__begun),     TEST(test_cpu_call__own_request),
		TEST(test_cpu_call__endless),   TEST(test_cpu_call__ended),
		TEST(test_cpu_call__user_mode), TEST(test_cpu_call__idle),
		TEST(test_cpu_call__offline),
	};

	return cmocka_run_group_tests_name("cpu_call", tests, NULL, NULL);
}
