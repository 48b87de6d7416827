/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/unwind_fp.c and unwind_prologue.c: stacks laid out word by word, as code with frame pointers
 * leaves them, in a kernel without ORC tables.
 *
 * Function i has 256 bytes at CODE(i).
 */
#include <config.h>

#include "stacks.h"

#include "kernel/unwind.h"

#define KNOWN CODE(FUNCTIONS)

enum { REGS_SIZE = 168, LIVE = 0x800, KNOWN_FUNCTIONS = 5, KNOWN_SIZE = 64 };

static const char *const known[KNOWN_FUNCTIONS] = { "kthread", "worker_thread", "do_exit",
						    "copy_process", "msleep" };
static const unsigned char with_frame[] = { 0xf3, 0x0f, 0x1e, 0xfa,       /* endbr64 */
					    0x0f, 0x1f, 0x44, 0x00, 0x00, /* ftrace's */
					    0x55, 0x48, 0x89, 0xe5, 0x41, 0x57 };
static const unsigned char without_frame[] = { 0x41, 0x57, 0x41, 0x56, 0x55, 0x48, 0x89, 0xfd };

/* The functions that tell, of which the first @p count have frames. */
static void write_known(struct fixture *x, unsigned count)
{
	for (unsigned i = 0; i < KNOWN_FUNCTIONS; i++) {
		dlk_addr_t at = KNOWN + (dlk_addr_t)i * KNOWN_SIZE;

		unsigned char code[KNOWN_SIZE] = { 0 };

		if (i < count)
			memcpy(code, with_frame, sizeof(with_frame));
		else
			memcpy(code, without_frame, sizeof(without_frame));
		fake_write(x->f, at, code, sizeof(code));
	}
}

static int setup_fp(void **state)
{
	struct fixture *x;

	if (setup(state))
		return -1;
	x = *state;
	for (unsigned i = 0; i < x->f->symbol_count; i++)
		if (strstr(x->f->symbol[i].name, "_orc_"))
			x->f->symbol[i].name = "";
	for (unsigned i = 0; i < KNOWN_FUNCTIONS; i++)
		fake_symbol(x->f, known[i], KNOWN + (dlk_addr_t)i * KNOWN_SIZE, KNOWN_SIZE);
	fake_zeros(x->f, TEXT, 0x2000);
	write_known(x, KNOWN_FUNCTIONS);
	return 0;
}

/* A word of the stack's end, counted from where the entry has left its pt_regs. */
static dlk_addr_t entry(const struct fixture *x)
{
	return x->top - REGS_SIZE;
}

/* What a frame pointer points to. */
static void put_frame(struct fixture *x, dlk_addr_t at, uint64_t bp, uint64_t ret)
{
	fake_u64(x->f, at, bp);
	fake_u64(x->f, at + 8, ret);
}

/* f0, called by f1, called by f2, called by the entry. */
static dlk_addr_t put_chain(struct fixture *x, uint64_t last_bp)
{
	dlk_addr_t first = x->top - LIVE + 0x80;

	switch_out(x, LIVE, first);
	put_frame(x, first, first + 0x40, called(x, CODE(1) + 0x11, 0));
	put_frame(x, first + 0x40, entry(x) - 16, called(x, CODE(2) + 0x22, 1));
	put_frame(x, entry(x) - 16, last_bp, called(x, CODE(3) + 0x33, 2));
	return first;
}

static void assert_whole(struct fixture *x)
{
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 0, "f0+0x20", true);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x22", true);
	assert_frame(x, 3, "f3+0x33", true);
	assert_int_equal(x->f->k.stacks_unwound, 1);
	assert_int_equal(x->f->k.stacks_lost, 0);
	assert_false(x->stack.is_broken);
}

/* At the end of a system call the frame pointer is 0; where the frames end the words of the callers begin. */
static void test_fp__system_call(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_u64(x->f, x->top - 24,
		 called(x, CODE(5) + 0x55, 0)); /* in pt_regs: nobody looks at it */
	unwind(x);
	assert_whole(x);
	assert_int_equal(x->stack.frames[0].sp, first + 16);
	assert_int_equal(x->stack.frames[1].sp, first + 0x50);
	assert_int_equal(x->stack.frames[2].sp, entry(x));
	assert_int_equal(dlk_stack_frame_at(&x->stack, first + 16), 1);
	assert_int_equal(dlk_stack_frame_at(&x->stack, first + 15), 0);
}

/* Of a caller's registers the frame pointer alone is known. */
static void test_fp__registers(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);
	struct dlk_cursor c;

	unwind(x);
	begin(x, &c);
	assert_int_equal(c.regs.known, SAVED_REGS);
	step_to(&c, CODE(1) + 0x11);
	assert_int_equal(c.regs.known, REG(RBP));
	assert_reg(&c, DLK_X86_RBP, first + 0x40);
}

/* At the beginning of a kernel thread it is that of the pt_regs, with a bit; there is nothing in these. */
static void test_fp__kernel_thread(void **state)
{
	struct fixture *x = *state;

	put_chain(x, entry(x) | 1);
	unwind(x);
	assert_whole(x);
}

/* A kernel that has FRED pads the end of its stacks. */
static void test_fp__padding(void **state)
{
	struct fixture *x = *state;

	fake_symbol(x->f, "asm_fred_entrypoint_user", CODE(7), 0);
	x->top -= 16;
	put_chain(x, 0);
	x->task.sp = x->top - LIVE;
	unwind(x);
	assert_whole(x);
}

/* A task that has not run yet returns to where it begins. */
static void test_fp__new_task(void **state)
{
	struct fixture *x = *state;

	switch_out(x, REGS_SIZE + 56, 0);
	fake_u64(x->f, entry(x) - 16, entry(x) | 1);
	fake_u64(x->f, entry(x) - 8, CODE(3));
	unwind(x);
	assert_int_equal(x->stack.frame_count, 1);
	assert_int_equal(x->f->k.stacks_lost, 0);
}

/* What is beyond a chain that ends is scanned. */
static void assert_lost(struct fixture *x, uint32_t reliable)
{
	fake_forget(x->f);
	memset(&x->stack, 0, sizeof(x->stack));
	unwind(x);
	assert_true(x->stack.frame_count >= reliable);
	for (uint32_t i = 0; i < x->stack.frame_count; i++)
		assert_int_equal(x->stack.frames[i].is_reliable, i < reliable);
	assert_int_equal(x->f->k.stacks_unwound, 1);
	assert_int_equal(x->f->k.stacks_lost, 1);
	assert_false(x->stack.is_broken);
}

/* A chain that is torn says so far as it holds; and of what follows only that it may be. */
static void test_fp__torn(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);
	const uint64_t bad[] = {
		0,          0x1234,      x->low - 8,     x->low,          x->top - 8,
		x->top,     first,       first + 4,      first - 0x40,    first + 0x44,
		UINT64_MAX, FAKE_DIRECT, x->task.sp | 1, (x->top - 8) | 1
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_u64(x->f, first, bad[i]);
		assert_lost(x, 2);
		assert_int_equal(x->stack.frame_count, 4); /* f2 and f3 are found, too */
		assert_frame(x, 3, "f3+0x33", false);
	}
}

/* The frame pointer that was saved for the task itself. */
static void test_fp__torn_at_once(void **state)
{
	struct fixture *x = *state;

	put_chain(x, 0);
	fake_u64(x->f, x->task.sp + 40, x->task.sp + 8);
	assert_lost(x, 1);
	fake_u64(x->f, x->task.sp + 40, 0);
	assert_lost(x, 1);
}

/* Two frames that name each other. */
static void test_fp__loop(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_u64(x->f, first + 0x40, first);
	assert_lost(x, 3);
}

/* An address that no call returns to; one that can be no code is what an overwritten stack has. */
static void test_fp__no_call(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_u64(x->f, first + 0x48, CODE(2) + 0x21);
	assert_lost(x, 2);
	fake_forget(x->f);
	fake_u64(x->f, first + 0x48, 0x7fff12345678);
	unwind(x);
	assert_true(x->stack.is_broken);
	assert_int_equal(x->stack.broken_ip, 0x7fff12345678);
	assert_frame(x, 1, "f1+0x11", true);
	fake_forget(x->f);
	fake_u64(x->f, first, first + 0x80); /* where there are zeros */
	unwind(x);
	assert_true(x->stack.is_broken);
	assert_int_equal(x->stack.broken_ip, 0);
}

/* Before the end of the stack there is no end. */
static void test_fp__end_too_early(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_u64(x->f, first + 0x40, 0);
	assert_lost(x, 3);
}

static void put_regs(struct fixture *x, dlk_addr_t at, uint64_t ip, uint64_t cs, uint64_t sp,
		     uint64_t bp)
{
	fake_put(x->f, at, "pt_regs", "ip", ip);
	fake_put(x->f, at, "pt_regs", "cs", cs);
	fake_put(x->f, at, "pt_regs", "sp", sp);
	fake_put(x->f, at, "pt_regs", "bp", bp);
}

/* A fault in the kernel: f4 handles it, called by the entry f5; f1 was interrupted. */
static dlk_addr_t put_fault(struct fixture *x, uint64_t cs)
{
	dlk_addr_t first = x->top - LIVE + 0x80, regs = first + 0x40, sp = regs + REGS_SIZE;

	switch_out(x, LIVE, first);
	put_frame(x, first, regs | 1, called(x, CODE(5) + 0x55, 4));
	put_regs(x, regs, CODE(1) + 0x30, cs, sp, sp + 0x20);
	put_frame(x, sp + 0x20, entry(x) - 16, called(x, CODE(2) + 0x22, 1));
	put_frame(x, entry(x) - 16, 0, called(x, CODE(3) + 0x33, 2));
	return regs;
}

static void test_fp__regs(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t regs = put_fault(x, KERNEL_CS);

	unwind(x);
	assert_int_equal(x->stack.frame_count, 5);
	assert_frame(x, 1, "f5+0x55", true);
	assert_frame(x, 2, "f1+0x30", true);
	assert_frame(x, 3, "f2+0x22", true);
	assert_frame(x, 4, "f3+0x33", true);
	assert_int_equal(x->stack.frames[1].sp, regs + REGS_SIZE);
	assert_int_equal(x->f->k.stacks_lost, 0);
}

static void test_fp__regs_of_user(void **state)
{
	struct fixture *x = *state;

	put_fault(x, USER_CS);
	unwind(x);
	assert_int_equal(x->stack.frame_count, 2);
	assert_int_equal(x->f->k.stacks_lost, 0);
}

/* What was interrupted is further out. */
static void test_fp__regs_lead_back(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t regs = put_fault(x, KERNEL_CS);

	fake_put(x->f, regs, "pt_regs", "sp", x->task.sp);
	fake_put(x->f, regs, "pt_regs", "bp", x->task.sp + 0x80);
	assert_lost(x, 2);
}

/* --- a CPU that runs: f0 stands at @p ip */

static void run_at(struct fixture *x, dlk_addr_t ip, dlk_addr_t sp, dlk_addr_t bp)
{
	x->task.is_on_cpu = true;
	x->task.is_blocked = false;
	x->f->regs[0] = fake_registers(ip, sp, bp, KERNEL_CS);
	x->f->target.cpu_count = 1;
	unwind(x);
}

static void assert_all_run(struct fixture *x, const char *innermost)
{
	assert_int_equal(x->stack.frame_count, 4);
	assert_frame(x, 0, innermost, true);
	assert_frame(x, 1, "f1+0x11", true);
	assert_frame(x, 2, "f2+0x22", true);
	assert_frame(x, 3, "f3+0x33", true);
	assert_false(x->stack.is_unseen);
}

static void test_fp__runs(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	run_at(x, CODE(0) + 0x20, first - 0x20, first);
	assert_all_run(x, "f0+0x20");
}

/* Before it has pushed the frame pointer, or after it has popped it, that is still its caller's. */
static void test_fp__runs_without_frame(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	run_at(x, CODE(0), first + 8, first + 0x40);
	assert_all_run(x, "f0+0x0");
	assert_int_equal(x->stack.frames[0].sp, first + 16);
}

static void test_fp__runs_with_half_a_frame(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	run_at(x, CODE(0) + 1, first, first + 0x40);
	assert_all_run(x, "f0+0x1");
	assert_int_equal(x->stack.frames[0].sp, first + 16);
}

/* The frame pointer is its caller's; what else a function has used by then is not known. */
static void test_fp__registers_without_frame(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);
	struct dlk_cursor c;

	run_at(x, CODE(0) + 1, first, first + 0x40);
	begin(x, &c);
	assert_int_equal(c.regs.known, ALL_REGS);
	step_to(&c, CODE(1) + 0x11);
	assert_int_equal(c.regs.known, REG(RBP));
	assert_reg(&c, DLK_X86_RBP, first + 0x40);
}

/* A word that another call has left behind, one further on, is none: the frame pointer was not pushed. */
static void test_fp__runs_over_a_left_over(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_u64(x->f, first - 0x18, called(x, CODE(5) + 0x55, 0));
	run_at(x, CODE(0) + 0x20, first - 0x20, first);
	assert_all_run(x, "f0+0x20");
}

/* Called through a pointer, who called it cannot be told: one is left out, and none is made up. */
static void test_fp__runs_without_frame_by_pointer(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t first = put_chain(x, 0);

	fake_write(x->f, CODE(1) + 0x11 - 5, "\x90\x90\x90\xff\xd0", 5);
	run_at(x, CODE(0), first + 8, first + 0x40);
	assert_int_equal(x->stack.frame_count, 3);
	assert_frame(x, 1, "f2+0x22", true);
	assert_frame(x, 2, "f3+0x33", true);
}

/* From the stack of an interrupt to that of the task. */
static void test_fp__runs_on_another_stack(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t other = FAKE_DIRECT + 0x400000, first = put_chain(x, 0);

	fake_zeros(x->f, other, 0x1000);
	put_frame(x, other + 0x100, other + 0x200, called(x, CODE(5) + 0x55, 4));
	put_frame(x, other + 0x200, first, called(x, CODE(0) + 0x20, 5));
	run_at(x, CODE(4) + 0x44, other + 0x80, other + 0x100);
	assert_int_equal(x->stack.frame_count, 6);
	assert_frame(x, 1, "f5+0x55", true);
	assert_frame(x, 2, "f0+0x20", true);
	assert_frame(x, 5, "f3+0x33", true);
	assert_false(x->stack.is_unseen);
}

/* There it goes no further than such a stack is long. */
static void test_fp__runs_far_away(void **state)
{
	struct fixture *x = *state;
	dlk_addr_t other = FAKE_DIRECT + 0x400000;

	put_chain(x, 0);
	fake_zeros(x->f, other, 0x8000);
	put_frame(x, other + 0x5000, 0, called(x, CODE(5) + 0x55, 4));
	run_at(x, CODE(4) + 0x44, other, other + 0x5000);
	assert_int_equal(x->stack.frame_count, 1);
	assert_true(x->stack.is_unseen);
}

/* --- which kernel has them */

static bool has_frame_pointers(struct fixture *x)
{
	fake_forget(x->f);
	fake_kernel(x->f);
	return x->f->k.unwinder_count;
}

static void test_fp__is_told_by_the_text(void **state)
{
	struct fixture *x = *state;

	assert_true(has_frame_pointers(x));
	write_known(x, 3);
	assert_true(has_frame_pointers(x));
	write_known(x, 2);
	assert_false(has_frame_pointers(x));
	write_known(x, 0);
	assert_false(has_frame_pointers(x));
}

/* Two functions are too few, whether the others do not exist or cannot be read. */
static void test_fp__is_not_told_by_little(void **state)
{
	struct fixture *x = *state;

	for (unsigned i = 0; i < x->f->symbol_count; i++)
		for (unsigned n = 2; n < KNOWN_FUNCTIONS; n++)
			if (!strcmp(x->f->symbol[i].name, known[n]))
				x->f->symbol[i].name = "";
	assert_false(has_frame_pointers(x));
}

static void test_fp__is_not_told_without_text(void **state)
{
	struct fixture *x = *state;

	fake_drop(x->f, KNOWN);
	assert_false(has_frame_pointers(x));
}

/* The scheduler's functions have frames in every kernel. */
static void test_fp__is_not_told_by_the_scheduler(void **state)
{
	struct fixture *x = *state;
	static const char *const names[] = { "schedule", "__schedule", "io_schedule", "yield" };

	write_known(x, 0);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fake_symbol(x->f, names[i], CODE(8 + i), 0x100);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fake_write(x->f, CODE(8 + i), with_frame, sizeof(with_frame));
	assert_false(has_frame_pointers(x));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_fp, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fp__system_call),
		TEST(test_fp__kernel_thread),
		TEST(test_fp__registers),
		TEST(test_fp__padding),
		TEST(test_fp__new_task),
		TEST(test_fp__torn),
		TEST(test_fp__torn_at_once),
		TEST(test_fp__loop),
		TEST(test_fp__no_call),
		TEST(test_fp__end_too_early),
		TEST(test_fp__regs),
		TEST(test_fp__regs_of_user),
		TEST(test_fp__regs_lead_back),
		TEST(test_fp__runs),
		TEST(test_fp__runs_without_frame),
		TEST(test_fp__runs_with_half_a_frame),
		TEST(test_fp__registers_without_frame),
		TEST(test_fp__runs_over_a_left_over),
		TEST(test_fp__runs_without_frame_by_pointer),
		TEST(test_fp__runs_on_another_stack),
		TEST(test_fp__runs_far_away),
		TEST(test_fp__is_told_by_the_text),
		TEST(test_fp__is_not_told_by_little),
		TEST(test_fp__is_not_told_without_text),
		TEST(test_fp__is_not_told_by_the_scheduler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
