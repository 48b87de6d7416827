/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwinding by frame pointers.
 *
 * In a kernel built with CONFIG_FRAME_POINTER each function that calls others pushes rbp and lets rbp point
 * there: [rbp] is the caller's rbp, [rbp + 8] the return address.  Where an interrupt or an exception
 * entered the kernel, rbp is the address of the struct pt_regs with its lowest bit set
 * (ENCODE_FRAME_POINTER).  So it is for a task that has not run yet (copy_thread()), and thereby at the end
 * of a kernel thread; at the end of a system call rbp is 0.  A task that was switched out
 * has it in its struct inactive_task_frame.
 *
 * That a kernel is such a one is told by its text: most of the functions that every kernel has begin with
 * push %rbp; mov %rsp,%rbp.  (Some functions of other kernels do, too; in kernel/sched/ all of them.)
 *
 * Claims: a frame pointer points into the stack, above the frame before; what it leads to is behind a call.
 * The stack ends where its pt_regs begin, whatever rbp is there.  Of the caller's registers rbp alone is
 * known.
 *
 * How it can be wrong: a function without a frame that calls another (none that the compiler makes; objtool
 * checks the rest) is left out, and the words of its frame count as its caller's.  Of a CPU that
 * runs, the caller of the innermost function is left out if the function was in its first or last
 * instructions, and had been called through a pointer (else unwind_prologue.c finds it); the same holds for a
 * function that was interrupted.  Where a tracer has put its own address in place of a return address, it
 * ends.
 */
#include <config.h>

#include "kernel/call.h"
#include "kernel/x86_64.h"

#include <string.h>

enum {
	ENCODED = 1,          /* pt_regs, not a frame */
	MAX_OTHER = 16 << 10, /* IRQ_STACK_SIZE; the others are smaller */
	PROLOGUE = 32,        /* behind endbr64, ftrace's call, and what the compiler moved there */
	MIN_SEEN = 3
};

/* Each calls others on all its ways, and none is in kernel/sched/. */
static const char *const known[] = { "kthread",      "worker_thread", "do_exit",     "kernel_clone",
				     "_do_fork",     "copy_process",  "path_openat", "vfs_write",
				     "kernel_write", "ksys_read",     "msleep",      "do_wait" };

static bool begins_with_frame(const unsigned char *code)
{
	static const unsigned char mov_rsp_rbp[] = { 0x48, 0x89, 0xe5 };

	return memmem(code, PROLOGUE, mov_rsp_rbp, sizeof(mov_rsp_rbp));
}

bool dlk_has_frame_pointers(struct dlk_kernel *k)
{
	unsigned seen = 0, with_frame = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		dlk_addr_t at = dlk_kernel_symbol(k, known[i]);
		unsigned char code[PROLOGUE];

		if (!at || dlk_memory_read(&k->memory, at, code, sizeof(code)))
			continue;
		seen++;
		with_frame += begins_with_frame(code);
	}
	return seen >= MIN_SEEN && with_frame > seen / 2;
}

/* Whether @p at can be outside of the frame: further up on the stack, or on the stack that was left. */
static bool is_outwards(const struct dlk_cursor *c, dlk_addr_t at, uint32_t size)
{
	const struct dlk_stack *s = c->stack;
	bool is_on_stack = c->sp >= s->task->stack && c->sp <= s->top;

	if (at & (DLK_WORD - 1))
		return false;
	if (at >= s->task->stack && at < s->top)
		return size <= s->top - at && (at >= c->sp || !is_on_stack);
	return !is_on_stack && at >= c->sp && at - c->sp < MAX_OTHER;
}

static enum dlk_stepped step(struct dlk_cursor *c)
{
	uint64_t bp, next, pc;
	dlk_addr_t target;

	if (dlk_cursor_is_at_entry(c))
		return DLK_STEP_END;
	if (!dlk_frame_regs_get(&c->regs, DLK_X86_RBP, &bp))
		return DLK_STEP_NONE;
	if (bp & ENCODED)
		return is_outwards(c, bp - ENCODED, c->k->layout.sizes[DLK_S_pt_regs])
			       ? dlk_x86_step_regs(c, bp - ENCODED)
			       : DLK_STEP_NONE;
	if (!is_outwards(c, bp, 2 * DLK_WORD) || !dlk_cursor_read(c, bp, &next) ||
	    !dlk_cursor_read(c, bp + DLK_WORD, &pc))
		return DLK_STEP_NONE;
	/* Where no code can be nothing was called from: whoever walks says so. */
	if (dlk_kernel_can_be_code(c->k, pc) && !dlk_call_before(c->k, pc, &target))
		return DLK_STEP_NONE;
	c->sp = bp + (dlk_addr_t)2 * DLK_WORD;
	c->pc = pc;
	c->is_exact = false;
	c->regs.known = 0;
	dlk_frame_regs_set(&c->regs, DLK_X86_RBP, next);
	return DLK_STEP_CALLER;
}

const struct dlk_unwinder dlk_unwinder_frame_pointer = { .name = "frame pointer", .step = step };
