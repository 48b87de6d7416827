/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/locks/timer_wait.c, stop_wait.c, irq_wait.c: who spins until a timer, a stop of all CPUs or an interrupt's handler has ended, and
 * whom that waits for.
 */
#include <config.h>

#include "cpu-waits.h"

/* --- timers */

static void set_timer(struct fixture *x, uint64_t flags, unsigned cpu, unsigned base)
{
	fake_zeros(x->fake, TIMER, 64);
	fake_put(x->fake, TIMER, "timer_list", "flags", flags);
	fake_put(x->fake, base_of(x, cpu, base), "timer_base", "running_timer", TIMER);
}

/* Its base names it, be it the first or the second of that CPU: whoever runs timers there has it. */
static void test_cpu_wait__timer(void **state)
{
	struct fixture *x = *state;
	uint32_t holder;

	RUNS(x, THIRD, "call_timer_fn", "__run_timers", "run_timer_softirq");
	holder = RUNS(x, OTHER, "zoo_timer", "call_timer_fn", "__run_timers", "run_timer_softirq");
	set_timer(x, LOCKED | OTHER, OTHER, 1);
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_int_equal(dlk_facts_resource(&x->facts, x->wait.resource)->kind, DLK_KIND_INTERRUPT);
	assert_int_equal(dlk_facts_resource(&x->facts, x->wait.resource)->address, TIMER);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_CERTAIN);
	assert_null(unknown_holders(x));
}

/* A timer's function cancels its own timer. */
static void test_cpu_wait__own_timer(void **state)
{
	struct fixture *x = *state;
	uint64_t timer = TIMER;
	struct dlk_cpu_wait w = { .f = &x->facts, .given = &timer, .wait = &x->wait };

	set_timer(x, SPINNER, SPINNER, 0);
	x->spinner = RUNS(x, SPINNER, "timer_delete_sync", "zoo_timer", "call_timer_fn");
	x->wait = (struct dlk_wait){ .context = x->spinner, .position = DLK_NONE };
	assert_int_equal(dlk_timer_wait_take(&w), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, x->spinner, DLK_CERTAIN);
}

/* Its bases name none, or another one; what lies behind them is no base, whatever stands there. */
static void test_cpu_wait__timer_ended(void **state)
{
	struct fixture *x = *state;

	RUNS(x, OTHER, "call_timer_fn");
	set_timer(x, OTHER, OTHER, 2);
	fake_put(x->fake, base_of(x, OTHER, 0), "timer_base", "running_timer", TIMER + 8);
	assert_int_equal(spin(x, "del_timer_sync", TIMER), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_true(is_passed(x));
}

static void test_cpu_wait__timer_migrates(void **state)
{
	struct fixture *x = *state;

	set_timer(x, OTHER | MIGRATING, OTHER, 0);
	assert_int_equal(spin(x, "timer_shutdown_sync", TIMER), DLK_OK);
	assert_true(is_passed(x));
}

/* An idle CPU's timers are run by another one: if nobody does so on the base's CPU. */
static void test_cpu_wait__timer_remote(void **state)
{
	struct fixture *x = *state;
	uint32_t remote = RUNS(x, THIRD, "__run_timers", "timer_expire_remote",
			       "tmigr_handle_remote");

	set_timer(x, OTHER, OTHER, 1);
	RUNS(x, OTHER, "default_idle");
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, remote, DLK_LIKELY);
}

static void test_cpu_wait__timer_two_remote(void **state)
{
	struct fixture *x = *state;
	uint32_t first = RUNS(x, THIRD, "timer_expire_remote");
	uint32_t second = RUNS(x, 0, "timer_expire_remote");

	set_timer(x, OTHER, OTHER, 1);
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 2);
	assert_holder(x, 0, first, DLK_POSSIBLE);
	assert_holder(x, 1, second, DLK_POSSIBLE);
	assert_non_null(unknown_holders(x));
}

/* Nobody is seen that runs it. */
static void test_cpu_wait__timer_by_nobody(void **state)
{
	struct fixture *x = *state;

	set_timer(x, OTHER, OTHER, 0);
	RUNS(x, THIRD, "call_timer_fn");
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_int_equal(x->facts.model.holds.len, 0);
	assert_non_null(unknown_holders(x));
}

/* Where bases are not known, frames are all there is. */
static void test_cpu_wait__timer_no_bases(void **state)
{
	struct fixture *x = *state;
	uint32_t holder;

	x->fake->k.percpu_offset = NULL;
	RUNS(x, THIRD, "call_timer_fn");
	holder = RUNS(x, OTHER, "expire_timers");
	set_timer(x, OTHER, OTHER, 0);
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_LIKELY);
}

/* A CPU that there is not. */
static void test_cpu_wait__timer_hostile(void **state)
{
	struct fixture *x = *state;
	uint32_t holder = RUNS(x, THIRD, "call_timer_fn");

	set_timer(x, UINT32_MAX & ~(uint64_t)MIGRATING, OTHER, 0);
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_LIKELY);
}

static void test_cpu_wait__timer_unreadable(void **state)
{
	struct fixture *x = *state;

	fake_drop(x->fake, TIMER);
	assert_int_equal(spin(x, "timer_delete_sync", TIMER), DLK_ERR_FAULT);
	assert_int_equal(wait_count(x), 0);
	assert_false(is_passed(x));
}

/* Without the number nothing is said. */
static void test_cpu_wait__timer_unknown(void **state)
{
	struct fixture *x = *state;

	x->is_blind = true;
	assert_int_equal(spin(x, "__timer_delete_sync", TIMER), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_false(is_passed(x));
}

static void test_cpu_wait__hrtimer(void **state)
{
	const dlk_addr_t clock = FAKE_DIRECT + 0x400000, cpu = clock + 0x100;
	struct fixture *x = *state;
	uint32_t holder = RUNS(x, OTHER, "zoo_timer", "__hrtimer_run_queues");

	RUNS(x, THIRD, "__hrtimer_run_queues");
	fake_zeros(x->fake, TIMER, 64);
	fake_zeros(x->fake, clock, 0x200);
	fake_put(x->fake, TIMER, "hrtimer", "base", clock);
	fake_put(x->fake, clock, "hrtimer_clock_base", "running", TIMER);
	fake_put(x->fake, clock, "hrtimer_clock_base", "cpu_base", cpu);
	fake_put(x->fake, cpu, "hrtimer_cpu_base", "cpu", OTHER);
	assert_int_equal(spin(x, "hrtimer_cancel", TIMER), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_CERTAIN);
	fake_put(x->fake, clock, "hrtimer_clock_base", "running", 0);
	fake_forget(x->fake);
	assert_int_equal(spin(x, "hrtimer_cancel", TIMER), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_true(is_passed(x));
}

/* --- CPUs that stop */

/* A CPU is to stop, and its thread has not begun. */
static void ask_to_stop(struct fixture *x, unsigned cpu, uint64_t data)
{
	dlk_addr_t work = WORKS + (dlk_addr_t)cpu * STOPPER_SIZE, list;

	list = fake_at(x->fake, work, "cpu_stop_work", "list");
	fake_put(x->fake, work, "cpu_stop_work", "arg", data);
	fake_list(x->fake, works_of(x, cpu), &list, 1);
}

/* Who has asked for the stop: the first of all tasks, and a stack that the stop is on. */
static uint32_t add_caller(struct fixture *x, bool is_blocked)
{
	const struct dlk_context c = {
		.task = TASKS, .pid = 99, .comm = "caller", .is_blocked = is_blocked, .cpu = -1
	};
	struct dlk_task *task;
	uint32_t ret;

	x->facts.tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	task = dlk_vec_push(x->facts.ctx, &x->facts.tasks.tasks);
	assert_non_null(task);
	*task = (struct dlk_task){ .address = TASKS, .stack = CALLER_STACK };
	assert_int_equal(dlk_model_add_context(&x->facts.model, &c, &ret), DLK_OK);
	assert_int_equal(ret, 0);
	return ret;
}

/* One CPU's thread has not come: what runs there keeps those that have, and who asked, waiting. */
static void test_cpu_wait__stop(void **state)
{
	struct fixture *x = *state;
	uint32_t caller = add_caller(x, true), holder = RUNS(x, THIRD, "zoo_loop");

	RUNS(x, OTHER, "stop_machine_yield", "multi_cpu_stop", "cpu_stopper_thread");
	ask_to_stop(x, THIRD, STOP);
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_OK);
	assert_int_equal(wait_count(x), 2);
	assert_int_equal(dlk_model_wait(&x->facts.model, 1)->context, caller);
	assert_false(dlk_model_wait(&x->facts.model, 1)->is_awake);
	assert_int_equal(dlk_facts_resource(&x->facts, x->wait.resource)->kind, DLK_KIND_CPU);
	assert_string_equal(dlk_facts_resource(&x->facts, x->wait.resource)->name, "3 to stop");
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_LIKELY);
}

/* He was not left the time to sleep. */
static void test_cpu_wait__stop_caller_runnable(void **state)
{
	struct fixture *x = *state;

	add_caller(x, false);
	RUNS(x, THIRD, "zoo_loop");
	ask_to_stop(x, THIRD, STOP);
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_OK);
	assert_int_equal(wait_count(x), 2);
	assert_true(dlk_model_wait(&x->facts.model, 1)->is_awake);
}

/* What a CPU is to stop for is another stop; or it is about to run its thread: this one goes on. */
static void test_cpu_wait__stop_another(void **state)
{
	struct fixture *x = *state;

	RUNS(x, THIRD, "zoo_loop");
	ask_to_stop(x, THIRD, STOP + 8);
	dlk_facts_context(&x->facts, RUNS(x, OTHER, "default_idle"))->is_idle = true;
	ask_to_stop(x, OTHER, STOP);
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_true(is_passed(x));
}

static uint32_t add_softirq(struct fixture *x, uint32_t below, const char *function)
{
	struct dlk_context c = *dlk_facts_context(&x->facts, below);
	uint32_t ret;

	x->frames[x->stacks][0] = (struct dlk_frame){ .function = function, .is_reliable = true };
	c.frames = x->frames[x->stacks++];
	c.frame_count = 1;
	c.kind = DLK_CONTEXT_SOFTIRQ;
	c.on_top_of = below;
	assert_int_equal(dlk_model_add_on_top(&x->facts.model, &c, &ret), DLK_OK);
	return ret;
}

/* All have come, and on top of one's thread a softirq spins; one that does not is gone in a moment. */
static void test_cpu_wait__stop_interrupted(void **state)
{
	struct fixture *x = *state;
	uint32_t other = RUNS(x, OTHER, "multi_cpu_stop"), third = RUNS(x, THIRD, "multi_cpu_stop");
	uint32_t softirq = add_softirq(x, third, "native_queued_spin_lock_slowpath");

	add_softirq(x, other, "zoo_timer");
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_OK);
	assert_int_equal(wait_count(x), 1 + 2); /* and those of who is below a softirq */
	assert_holder(x, x->facts.model.holds.len - 1, softirq, DLK_LIKELY);
	assert_int_equal(dlk_model_hold(&x->facts.model, x->facts.model.holds.len - 1)->resource,
			 x->wait.resource);
}

/* Its list runs in a circle, or leads nowhere: that is said, and nobody waits. */
static void test_cpu_wait__stop_hostile(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t list = WORKS + (dlk_addr_t)THIRD * STOPPER_SIZE + 8;

	RUNS(x, THIRD, "zoo_loop");
	ask_to_stop(x, THIRD, STOP + 8);
	fake_u64(x->fake, list, list);
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_ERR_CORRUPT);
	fake_drop(x->fake, WORKS);
	fake_forget(x->fake);
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_ERR_FAULT);
	assert_int_equal(wait_count(x), 0);
	assert_false(is_passed(x));
}

/* A kernel whose lists are not known. */
static void test_cpu_wait__stop_unknown(void **state)
{
	struct fixture *x = *state;

	RUNS(x, THIRD, "zoo_loop");
	x->fake->k.layout.has_member[DLK_M_stop_work_arg] = false;
	assert_int_equal(spin(x, "multi_cpu_stop", STOP), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_false(is_passed(x));
}

/* --- interrupts */

static void set_desc(struct fixture *x, uint64_t state)
{
	const dlk_addr_t action = DESC + 0x100, name = DESC + 0x180;

	fake_zeros(x->fake, DESC, 0x200);
	fake_put(x->fake, DESC, "irq_desc", "irq_common_data.state_use_accessors", state);
	fake_put(x->fake, DESC, "irq_desc", "irq_data.common", DESC + 8);
	fake_put(x->fake, DESC, "irq_desc", "irq_data.irq", 24);
	fake_put(x->fake, DESC, "irq_desc", "action", action);
	fake_put(x->fake, action, "irqaction", "name", name);
	fake_string(x->fake, name, "zoo");
}

/* It is handled, and of all CPUs one handles an interrupt. */
static void test_cpu_wait__handler(void **state)
{
	struct fixture *x = *state;
	uint32_t holder = RUNS(x, OTHER, "zoo_handler", "__handle_irq_event_percpu");

	RUNS(x, THIRD, "zoo_loop");
	set_desc(x, IN_PROGRESS);
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(wait_count(x), 1);
	assert_string_equal(dlk_facts_resource(&x->facts, x->wait.resource)->name, "irq 24 (zoo)");
	assert_int_equal(x->facts.model.holds.len, 1);
	assert_holder(x, 0, holder, DLK_LIKELY);
	assert_null(unknown_holders(x));
}

/* Several do, and without their code it is not known which is given it; or none does. */
static void test_cpu_wait__handlers(void **state)
{
	struct fixture *x = *state;

	set_desc(x, IN_PROGRESS);
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 0);
	assert_string_equal(unknown_holders(x), "what handles it was not found on any CPU");
	RUNS(x, OTHER, "handle_irq_event");
	RUNS(x, THIRD, "handle_irq_event");
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(x->facts.model.holds.len, 0);
	assert_non_null(strstr(unknown_holders(x), "which of the CPUs"));
}

static void test_cpu_wait__handler_ended(void **state)
{
	struct fixture *x = *state;

	RUNS(x, OTHER, "__handle_irq_event_percpu");
	set_desc(x, ~(uint64_t)IN_PROGRESS & UINT32_MAX);
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_true(is_passed(x));
}

/* What it was given is none, is not there, or not known. */
static void test_cpu_wait__handler_hostile(void **state)
{
	struct fixture *x = *state;

	RUNS(x, OTHER, "__handle_irq_event_percpu");
	set_desc(x, IN_PROGRESS);
	fake_put(x->fake, DESC, "irq_desc", "irq_data.common", DESC);
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(spin(x, "__synchronize_hardirq", 24), DLK_OK);
	fake_drop(x->fake, DESC);
	fake_forget(x->fake);
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_ERR_FAULT);
	x->is_blind = true;
	assert_int_equal(spin(x, "__synchronize_hardirq", DESC), DLK_OK);
	assert_int_equal(wait_count(x), 0);
	assert_false(is_passed(x));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_cpu_wait__timer),
		TEST(test_cpu_wait__own_timer),
		TEST(test_cpu_wait__timer_ended),
		TEST(test_cpu_wait__timer_migrates),
		TEST(test_cpu_wait__timer_remote),
		TEST(test_cpu_wait__timer_two_remote),
		TEST(test_cpu_wait__timer_by_nobody),
		TEST(test_cpu_wait__timer_no_bases),
		TEST(test_cpu_wait__timer_hostile),
		TEST(test_cpu_wait__timer_unreadable),
		TEST(test_cpu_wait__timer_unknown),
		TEST(test_cpu_wait__hrtimer),
		TEST(test_cpu_wait__stop),
		TEST(test_cpu_wait__stop_caller_runnable),
		TEST(test_cpu_wait__stop_another),
		TEST(test_cpu_wait__stop_interrupted),
		TEST(test_cpu_wait__stop_hostile),
		TEST(test_cpu_wait__stop_unknown),
		TEST(test_cpu_wait__handler),
		TEST(test_cpu_wait__handlers),
		TEST(test_cpu_wait__handler_ended),
		TEST(test_cpu_wait__handler_hostile),
	};

	return cmocka_run_group_tests_name("cpu_wait", tests, NULL, NULL);
}
