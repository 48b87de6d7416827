/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_CPU_WAITS_H
#define DLK_TESTS_CPU_WAITS_H

/**
 * @file
 * One that spins on CPU 1 until another CPU has done something, in a function that each test says; CPUs 2 and 3 do what a test has
 * them do.
 */

#include "support.h"

#include "locks/cpu_wait.h"

enum {
	CPUS = 4,
	SPINNER = 1,
	OTHER = 2,
	THIRD = 3,
	MAX_FRAMES = 4,
	LOCKED = 0x100000, /* a flag of a timer that says nothing here: pinned */
	MIGRATING = 0x40000,
	BASE_SIZE = 64,
	IN_PROGRESS = 0x20, /* as no kernel has it: it is asked for */
};

#define TASKS (FAKE_DIRECT + 0x100000)
#define TIMER (FAKE_DIRECT + 0x200010)
#define BASES 0x1000 /* as a per-CPU symbol is */
#define STOPPERS 0x2000
#define STOPPER_SIZE 0x40
#define CALLS 0x3000
#define WORKS (FAKE_DIRECT + 0x500000)
#define STOP (CALLER_STACK + 0x3e40)
#define CALLER_STACK (FAKE_DIRECT + 0x600000)
#define DESC (FAKE_DIRECT + 0x700000)
#define PERCPU (FAKE_DIRECT + 0x300000)
#define PERCPU_STEP 0x10000

struct fixture {
	struct fake *fake;
	struct dlk_facts facts;
	dlk_addr_t percpu[CPUS];
	struct dlk_frame frames[CPUS * 2][MAX_FRAMES];
	unsigned stacks;
	uint32_t spinner;
	struct dlk_task caller; /* who has asked for a stop */
	struct dlk_wait wait;
	struct dlk_spinning spinning;
	bool is_blind; /* what the function was given is not known */
};

static inline void add_types(struct fake *f)
{
	fake_types_of_a_kernel(f);
	fake_member(f, "timer_list", "flags", 32, 4);
	fake_member(f, "timer_base", "running_timer", 8, 8);
	fake_member(f, "timer_base", "cpu", 32, 4);
	fake_size(f, "timer_base", BASE_SIZE);
	fake_member(f, "hrtimer", "base", 48, 8);
	fake_member(f, "hrtimer_clock_base", "running", 24, 8);
	fake_member(f, "hrtimer_clock_base", "cpu_base", 0, 8);
	fake_member(f, "hrtimer_cpu_base", "cpu", 4, 4);
	fake_symbol(f, "timer_bases", BASES, 2 * BASE_SIZE);
	fake_member(f, "cpu_stopper", "works", 16, 16);
	fake_member(f, "cpu_stop_work", "list", 8, 16);
	fake_member(f, "cpu_stop_work", "arg", 32, 8);
	fake_member(f, "irq_desc", "irq_common_data", 8, 16);
	fake_member(f, "irq_desc", "irq_common_data.state_use_accessors", 8, 4);
	fake_member(f, "irq_desc", "irq_data.common", 32, 8);
	fake_member(f, "irq_desc", "irq_data.irq", 40, 4);
	fake_member(f, "irq_desc", "action", 48, 8);
	fake_member(f, "irqaction", "next", 0, 8);
	fake_member(f, "irqaction", "thread", 8, 8);
	fake_member(f, "irqaction", "secondary", 16, 8);
	fake_member(f, "irqaction", "name", 24, 8);
	fake_enumerator(f, "", "IRQD_IRQ_INPROGRESS", IN_PROGRESS);
	fake_symbol(f, "cpu_stopper", STOPPERS, STOPPER_SIZE);
	fake_symbol(f, "call_single_queue", CALLS, 8);
}

static inline dlk_addr_t base_of(const struct fixture *x, unsigned cpu, unsigned n)
{
	return BASES + x->percpu[cpu] + (dlk_addr_t)n * BASE_SIZE;
}

static inline dlk_addr_t works_of(struct fixture *x, unsigned cpu)
{
	return fake_at(x->fake, STOPPERS + x->percpu[cpu], "cpu_stopper", "works");
}

/* Two bases a CPU; behind these lies what is none. */
static inline void add_bases(struct fixture *x)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		x->percpu[cpu] = PERCPU + (dlk_addr_t)cpu * PERCPU_STEP;
		fake_zeros(x->fake, base_of(x, cpu, 0), (size_t)4 * BASE_SIZE);
		for (unsigned n = 0; n < 2; n++)
			fake_put(x->fake, base_of(x, cpu, n), "timer_base", "cpu", cpu);
		fake_put(x->fake, base_of(x, cpu, 2), "timer_base", "cpu", CPUS);
		fake_zeros(x->fake, STOPPERS + x->percpu[cpu], STOPPER_SIZE);
		fake_list(x->fake, works_of(x, cpu), NULL, 0);
		fake_zeros(x->fake, CALLS + x->percpu[cpu], 8);
	}
	fake_zeros(x->fake, WORKS, (size_t)CPUS * STOPPER_SIZE);
	x->fake->k.percpu_offset = x->percpu;
	x->fake->k.cpu_count = CPUS;
}

/* What runs on a CPU, by its functions from the innermost on; NULL ends them. */
static inline uint32_t add_runner(struct fixture *x, int32_t cpu, const char *const *functions)
{
	struct dlk_frame *frames = x->frames[x->stacks++];
	struct dlk_context c = { .task = TASKS + x->stacks * UINT64_C(0x1000),
				 .pid = cpu,
				 .comm = "zoo",
				 .state = 'R',
				 .is_on_cpu = true,
				 .cpu = cpu,
				 .frames = frames };
	uint32_t ret;

	assert_true(x->stacks <= CPUS * 2);
	for (; functions[c.frame_count]; c.frame_count++) {
		assert_true(c.frame_count < MAX_FRAMES);
		frames[c.frame_count] = (struct dlk_frame){ .function = functions[c.frame_count],
							    .symbol = functions[c.frame_count],
							    .is_reliable = true };
	}
	assert_int_equal(dlk_model_add_context(&x->facts.model, &c, &ret), DLK_OK);
	return ret;
}

#define RUNS(x, cpu, ...) add_runner(x, cpu, (const char *const[]){ __VA_ARGS__, NULL })

static inline int setup(void **state)
{
	static struct fixture x;
	void *fake;

	if (fake_setup(&fake))
		return -1;
	x = (struct fixture){ .fake = fake };
	add_types(x.fake);
	fake_kernel(x.fake);
	add_bases(&x);
	x.facts = (struct dlk_facts){ .k = &x.fake->k,
				      .ctx = x.fake->k.ctx,
				      .starts = DLK_VEC_INIT(struct dlk_stack_start) };
	dlk_model_builder_init(x.facts.ctx, &x.facts.model);
	*state = &x;
	return 0;
}

static inline int teardown(void **state)
{
	void *fake = ((struct fixture *)*state)->fake;

	return fake_teardown(&fake);
}

/* It spins in a function that it was given something for. */
static inline enum dlk_status spin(struct fixture *x, const char *function, uint64_t given)
{
	struct dlk_cpu_wait w = { .f = &x->facts, .given = x->is_blind ? NULL : &given };
	const struct dlk_context *c;

	x->spinner = RUNS(x, SPINNER, function, "zoo_work");
	c = dlk_facts_context(&x->facts, x->spinner);
	assert_true(dlk_frames_spin_now(c->frames, c->frame_count, &x->spinning));
	assert_true(dlk_cpu_wait_is(&x->spinning, c->frames));
	x->wait = (struct dlk_wait){ .context = x->spinner,
				     .position = DLK_NONE,
				     .mode = DLK_MODE_EXCLUSIVE,
				     .is_awake = true,
				     .evidence = DLK_EVIDENCE_SPINS,
				     .confidence = DLK_CERTAIN };
	w.wait = &x->wait;
	return dlk_cpu_wait_take(&w, &x->spinning);
}

static inline bool is_passed(const struct fixture *x)
{
	return dlk_map_get(&x->facts.passing, x->spinner) != DLK_NONE;
}

static inline uint32_t wait_count(const struct fixture *x)
{
	return x->facts.model.waits.len;
}

static inline void assert_holder(const struct fixture *x, uint32_t n, uint32_t context,
				 enum dlk_confidence sure)
{
	const struct dlk_hold *h;

	assert_true(n < x->facts.model.holds.len);
	h = dlk_model_hold(&x->facts.model, n);
	assert_int_equal(h->context, context);
	assert_int_equal(h->confidence, sure);
}

static inline const char *unknown_holders(const struct fixture *x)
{
	return dlk_facts_resource(&x->facts, x->wait.resource)->holders_unknown;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
