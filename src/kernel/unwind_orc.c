/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwinding by ORC tables.
 *
 * Claims: every instruction of the kernel and its modules has an entry that says where the caller's stack
 * pointer and frame pointer are.  Of other registers it says nothing, and they are not known.  How it can be wrong: code made at run time (trampolines of ftrace
 * and BPF) has none, and ends the unwinding; tables that are read by the wrong numbers (orc.c).
 */
#include <config.h>

#include "kernel/orc.h"
#include "kernel/x86_64.h"

/* What the CPU pushes at an interrupt: ip, cs, flags, sp, ss. */
enum { IRET_CS = 8, IRET_SP = 24 };

static bool get_bp(const struct dlk_cursor *c, dlk_addr_t *ret)
{
	return dlk_frame_regs_get(&c->regs, DLK_X86_RBP, ret);
}

/* The stack pointer before the call or the interrupt that made this frame. */
static bool find_caller_sp(const struct dlk_cursor *c, const struct dlk_orc_entry *orc,
			   dlk_addr_t *ret)
{
	dlk_addr_t offset = (dlk_addr_t)(int64_t)orc->sp_offset, bp;

	switch (orc->sp_reg) {
	case DLK_ORC_SP:
		*ret = c->sp + offset;
		return true;
	case DLK_ORC_BP:
		if (!get_bp(c, &bp))
			return false;
		*ret = bp + offset;
		return true;
	case DLK_ORC_SP_INDIRECT:
		if (!dlk_cursor_read(c, c->sp, ret))
			return false;
		*ret += offset;
		return true;
	case DLK_ORC_BP_INDIRECT:
		return get_bp(c, &bp) && dlk_cursor_read(c, bp + offset, ret);
	default:
		return false; /* r10, r13, di, dx: only in entry code, before anything sleeps */
	}
}

/* The caller's frame pointer, as the only register that there is a rule for. */
static bool restore_bp(struct dlk_cursor *c, const struct dlk_orc_entry *orc, dlk_addr_t caller_sp)
{
	dlk_addr_t offset = (dlk_addr_t)(int64_t)orc->bp_offset, at = caller_sp;
	uint64_t bp;

	dlk_frame_regs_keep(&c->regs, DLK_X86_RBP);
	switch (orc->bp_reg) {
	case DLK_ORC_UNDEFINED:
		return true; /* as it was */
	case DLK_ORC_PREV_SP:
		break;
	case DLK_ORC_BP:
		if (!get_bp(c, &at))
			return false;
		break;
	default:
		return false;
	}
	if (!dlk_cursor_read(c, at + offset, &bp))
		return false;
	dlk_frame_regs_set(&c->regs, DLK_X86_RBP, bp);
	return true;
}

static enum dlk_stepped step_iret(struct dlk_cursor *c, dlk_addr_t at)
{
	uint64_t cs;

	if (!dlk_cursor_read(c, at + IRET_CS, &cs) || (cs & DLK_USER_MODE))
		return DLK_STEP_END;
	c->is_exact = true;
	dlk_frame_regs_keep(&c->regs, DLK_X86_RBP);
	return dlk_cursor_read(c, at, &c->pc) && dlk_cursor_read(c, at + IRET_SP, &c->sp)
		       ? DLK_STEP_CALLER
		       : DLK_STEP_NONE;
}

/* From the stack of an interrupt to that of the task, wherever the two are. */
static bool leaves_stack(const struct dlk_cursor *c, dlk_addr_t caller_sp)
{
	const struct dlk_stack *s = c->stack;

	return caller_sp > s->task->stack && caller_sp <= s->top &&
	       (c->sp < s->task->stack || c->sp > s->top);
}

static enum dlk_stepped step_call(struct dlk_cursor *c, const struct dlk_orc_entry *orc,
				  dlk_addr_t caller_sp)
{
	if ((caller_sp <= c->sp && !leaves_stack(c, caller_sp)) ||
	    !dlk_cursor_read(c, caller_sp - DLK_WORD, &c->pc) || !restore_bp(c, orc, caller_sp))
		return DLK_STEP_NONE;
	c->sp = caller_sp;
	c->is_exact = false;
	return DLK_STEP_CALLER;
}

static enum dlk_stepped step(struct dlk_cursor *c)
{
	struct dlk_orc_entry orc;
	dlk_addr_t caller_sp;

	if (dlk_orc_find(c->k, c->is_exact ? c->pc : c->pc - 1, &orc))
		return DLK_STEP_NONE;
	if (orc.type == DLK_ORC_END)
		return DLK_STEP_END;
	if (!find_caller_sp(c, &orc, &caller_sp))
		return DLK_STEP_NONE;
	switch (orc.type) {
	case DLK_ORC_CALL:
		return step_call(c, &orc, caller_sp);
	case DLK_ORC_REGS:
		return dlk_x86_step_regs(c, caller_sp);
	case DLK_ORC_REGS_PARTIAL:
		return step_iret(c, caller_sp);
	case DLK_ORC_NOTHING:
	case DLK_ORC_END:
		break;
	}
	return DLK_STEP_NONE;
}

const struct dlk_unwinder dlk_unwinder_orc = { .name = "orc",
					       .tables = "ORC tables",
					       .step = step };
