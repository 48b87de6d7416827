/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_STACKS_H
#define DLK_TESTS_STACKS_H

/**
 * @file
 * Stacks for the tests of src/kernel/stack.c and frames.c: functions whose frames are told one by one, and a task that
 * was switched out with such frames on its stack.
 */

#include "support.h"

#include "kernel/orc.h"
#include "kernel/frames.h"
#include "kernel/unwind.h"

#define TEXT (FAKE_IMAGE + 0x1000000)
#define CODE(i) (TEXT + (dlk_addr_t)(i)*0x100)
#define IPS (FAKE_IMAGE + 0x2000000)
#define ENTRIES (FAKE_IMAGE + 0x2800000)
#define TASK (FAKE_DIRECT + 0x200000)

enum { FUNCTIONS = 16, KERNEL_CS = 0x10, USER_CS = 0x33 };

struct fixture {
	struct fake *f;
	struct dlk_task task;
	struct dlk_stack stack;
	dlk_addr_t low, top; /* of the stack */
	dlk_addr_t sp;       /* where the next word goes */
};

/* How a function is unwound. */
struct how {
	uint8_t sp_reg, bp_reg;
	enum dlk_orc_type type;
	int16_t sp_offset, bp_offset;
};

static inline void set_how(struct fixture *x, unsigned function, struct how how)
{
	const uint16_t bits = (uint16_t)(how.sp_reg | how.bp_reg << 4 | how.type << 8);
	const int16_t words[3] = { how.sp_offset, how.bp_offset, (int16_t)bits };

	fake_write(x->f, ENTRIES + (dlk_addr_t)function * 6, words, sizeof(words));
}

/* A frame of @p size bytes below the return address. */
static inline void set_call(struct fixture *x, unsigned function, int16_t size)
{
	set_how(x, function,
		(struct how){ .sp_reg = DLK_ORC_SP,
			      .sp_offset = (int16_t)(size + 8),
			      .type = DLK_ORC_CALL });
}

/* Let the call before @p ret be one of function @p callee. */
static inline uint64_t called(struct fixture *x, dlk_addr_t ret, unsigned callee)
{
	const int32_t distance = (int32_t)(CODE(callee) - ret);

	fake_write(x->f, ret - 5, "\xe8", 1);
	fake_write(x->f, ret - 4, &distance, sizeof(distance));
	return ret;
}

static inline void add_orc_types(struct fake *f)
{
	static const struct dlk_member sp_reg = { .offset = 4, .size = 4, .bit_size = 4 };
	static const struct dlk_member bp_reg = {
		.offset = 4, .size = 4, .bit_offset = 4, .bit_size = 4
	};
	static const struct dlk_member type = {
		.offset = 4, .size = 4, .bit_offset = 8, .bit_size = 3
	};

	fake_member(f, "orc_entry", "sp_offset", 0, 2);
	fake_member(f, "orc_entry", "bp_offset", 2, 2);
	fake_bits(f, "orc_entry", "sp_reg", sp_reg);
	fake_bits(f, "orc_entry", "bp_reg", bp_reg);
	fake_bits(f, "orc_entry", "type", type);
	fake_size(f, "orc_entry", 6);
}

static inline void add_code(struct fixture *x)
{
	static const char *const names[FUNCTIONS] = { "f0",  "f1",  "f2",  "f3", "f4",  "f5",
						      "f6",  "f7",  "f8",  "f9", "f10", "f11",
						      "f12", "f13", "f14", "f15" };

	for (unsigned i = 0; i < FUNCTIONS; i++) {
		dlk_addr_t at = IPS + (dlk_addr_t)i * 4;

		fake_symbol(x->f, names[i], CODE(i), 0x100);
		fake_u32(x->f, at, (uint32_t)(CODE(i) - at));
		set_how(x, i, (struct how){ .type = DLK_ORC_NOTHING });
	}
	fake_symbol(x->f, "_stext", TEXT, 0);
	fake_symbol(x->f, "_etext", CODE(FUNCTIONS), 0);
	fake_symbol(x->f, "__start_orc_unwind_ip", IPS, 0);
	fake_symbol(x->f, "__stop_orc_unwind_ip", IPS + FUNCTIONS * 4, 0);
	fake_symbol(x->f, "__start_orc_unwind", ENTRIES, 0);
}

static inline int setup(void **state)
{
	static struct fixture x;
	void *fake;

	x = (struct fixture){ 0 };
	if (fake_setup(&fake))
		return -1;
	x.f = fake;
	fake_types_of_a_kernel(x.f);
	add_orc_types(x.f);
	add_code(&x);
	x.low = fake_stack_of(TASK);
	x.top = x.low + FAKE_STACK_SIZE;
	fake_zeros(x.f, x.low, FAKE_STACK_SIZE);
	x.task = (struct dlk_task){
		.address = TASK, .stack = x.low, .cpu = 0, .state = 'D', .is_blocked = true
	};
	*state = &x;
	return 0;
}

static inline void push(struct fixture *x, uint64_t word)
{
	fake_u64(x->f, x->sp, word);
	x->sp += 8;
}

static inline void push_zeros(struct fixture *x, unsigned count)
{
	x->sp += 8 * (dlk_addr_t)count;
}

/* A task that was switched out @p below bytes below its stack's end, inside function 0. */
static inline void switch_out(struct fixture *x, unsigned below, uint64_t bp)
{
	x->task.sp = x->sp = x->top - below;
	push_zeros(x, 5);
	push(x, bp);
	push(x, CODE(0) + 0x20);
}

static inline void unwind(struct fixture *x)
{
	fake_kernel(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	assert_int_equal(dlk_stack_unwind(&x->f->k, &x->stack), DLK_OK);
}

/* The registers that are known, and nothing of the others. */
#define REG(name) (UINT32_C(1) << DLK_X86_##name)
#define SAVED_REGS (REG(RBX) | REG(RBP) | REG(R12) | REG(R13) | REG(R14) | REG(R15))
#define ALL_REGS (0xffffu & ~REG(RSP))

static inline void assert_reg(const struct dlk_cursor *c, unsigned reg, uint64_t value)
{
	uint64_t its = ~value;

	assert_true(dlk_frame_regs_get(&c->regs, reg, &its));
	assert_int_equal(its, value);
}

/* Step by step from the innermost frame. */
static inline void begin(struct fixture *x, struct dlk_cursor *c)
{
	fake_forget(x->f);
	assert_int_equal(dlk_stack_read(&x->f->k, &x->task, &x->stack), DLK_OK);
	dlk_cursor_begin(&x->f->k, &x->stack, c);
}

static inline void step_to(struct dlk_cursor *c, dlk_addr_t pc)
{
	assert_int_equal(dlk_unwind_step(c), DLK_STEP_CALLER);
	assert_int_equal(c->pc, pc);
}

static inline void assert_frame(struct fixture *x, uint32_t index, const char *symbol,
				bool is_reliable)
{
	assert_true(index < x->stack.frame_count);
	assert_non_null(x->stack.frames[index].symbol);
	assert_string_equal(x->stack.frames[index].symbol, symbol);
	assert_int_equal(x->stack.frames[index].is_reliable, is_reliable);
}

#endif
