/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/registers.h"

#include "kernel/arch.h"
#include "kernel/unwind.h"

struct dlk_registers {
	struct dlk_code *code;
	struct dlk_walk *walk;
	struct dlk_map known; /* where a frame stands -> index of rows */
	struct dlk_vec rows;  /* of struct dlk_saved_registers */
};

struct dlk_registers *dlk_registers_open(struct dlk_code *code, struct dlk_walk *walk)
{
	struct dlk_registers *r = dlk_alloc(dlk_code_kernel(code)->ctx, sizeof(*r));

	if (!r)
		return NULL;
	r->code = code;
	r->walk = walk;
	r->rows = (struct dlk_vec)DLK_VEC_INIT(struct dlk_saved_registers);
	return r;
}

/* At the entry all registers are what they are there. */
static void set_entry(struct dlk_state *s)
{
	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		s->regs[reg] = dlk_value_entry(reg);
}

static bool is_entry_value(const struct dlk_value *v, unsigned reg)
{
	return v->how == DLK_VALUE_ENTRY && v->reg == reg && !v->number;
}

static void find_saved(const struct dlk_state *s, uint32_t callee_saved,
		       struct dlk_saved_registers *ret)
{
	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if ((callee_saved >> reg & 1) && is_entry_value(&s->regs[reg], reg))
			ret->same |= UINT32_C(1) << reg;
	for (unsigned i = 0; i < s->slot_count; i++) {
		const struct dlk_slot *slot = &s->slots[i];
		int64_t at = (int64_t)slot->at;

		if (slot->value.how != DLK_VALUE_ENTRY || !(callee_saved >> slot->value.reg & 1) ||
		    !is_entry_value(&slot->value, slot->value.reg) || at > INT32_MAX ||
		    at < INT32_MIN)
			continue;
		if (!(callee_saved >> slot->value.reg & 1))
			continue; /* an argument: its caller does not have it back */
		ret->saved |= UINT32_C(1) << slot->value.reg;
		ret->saved_at[slot->value.reg] = (int32_t)at;
	}
}

/* A frame that is sought: how far its stack reaches down from the function's entry. */
struct depth {
	uint32_t callee_saved;
	int64_t bytes;
};

/*
 * Whether all registers are saved, where the frame has room for them.  Each has one place in a function, so it does not matter
 * whether that path comes to the frame.
 */
static bool are_all_saved(void *arg, const struct dlk_state *s)
{
	const struct depth *d = arg;
	struct dlk_saved_registers row = { 0 };

	find_saved(s, d->callee_saved, &row);
	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if ((d->callee_saved >> reg & 1) &&
		    (!(row.saved >> reg & 1) || row.saved_at[reg] < -d->bytes))
			return false;
	return true;
}

static enum dlk_status walk_to(struct dlk_registers *r, dlk_addr_t start, dlk_addr_t pc,
			       struct depth *d)
{
	struct dlk_walk *w = r->walk;
	struct dlk_state s = { 0 };
	enum dlk_status status;

	set_entry(&s);
	w->machine.stack = NULL;
	w->machine.stack_start = w->machine.stack_end = 0;
	w->is_one_enough = true;
	w->is_enough = are_all_saved;
	w->enough_arg = d;
	status = dlk_walk_run(w, start, &s, pc);
	w->is_one_enough = false;
	w->is_enough = NULL;
	return status;
}

/* What stands where a frame does; a row of nothing if that is not known. */
static enum dlk_status get_row(struct dlk_registers *r, dlk_addr_t pc, bool is_exact, int64_t depth,
			       struct dlk_saved_registers *ret)
{
	struct dlk_kernel *k = dlk_code_kernel(r->code);
	uint64_t key = pc << 1 |
		       is_exact; /* the first bit is that of all of the kernel's addresses */
	uint32_t index = dlk_map_get(&r->known, key);
	struct dlk_saved_registers *row;
	struct depth d = { k->arch->machine->callee_saved, depth };
	struct dlk_code_function fn;
	enum dlk_status status;

	*ret = (struct dlk_saved_registers){ 0 };
	if (index != UINT32_MAX) {
		*ret = *DLK_VEC_AT(&r->rows, struct dlk_saved_registers, index);
		return DLK_OK;
	}
	if (!dlk_code_function_at(r->code, is_exact ? pc : pc - 1, &fn))
		return DLK_OK;
	status = walk_to(r, dlk_code_entry_of(r->code, fn.start), pc, &d);
	if (dlk_status_is_fatal(status))
		return status;
	if (!status && r->walk->has_stopped)
		find_saved(&r->walk->stopped, k->arch->machine->callee_saved, ret);
	row = dlk_vec_push(k->ctx, &r->rows);
	if (!row)
		return dlk_nomem(k->ctx);
	*row = *ret;
	return dlk_map_put(k->ctx, &r->known, key, r->rows.len - 1);
}

static bool read_word(const struct dlk_stack *stack, dlk_addr_t at, uint64_t *ret)
{
	if (!stack->words || at < stack->sp || at >= stack->top || at % DLK_WORD)
		return false;
	*ret = stack->words[(at - stack->sp) / DLK_WORD];
	return true;
}

static bool find_register(const struct dlk_saved_registers *row, const struct dlk_stack *stack,
			  dlk_addr_t entry_sp, const struct dlk_frame_regs *regs, unsigned reg,
			  uint64_t *ret)
{
	if (row->saved >> reg & 1)
		return read_word(stack, entry_sp + (dlk_addr_t)(int64_t)row->saved_at[reg], ret);
	return (row->same >> reg & 1) && dlk_frame_regs_get(regs, reg, ret);
}

static struct dlk_cursor cursor_at(const struct dlk_registers *r, const struct dlk_stack *stack,
				   uint32_t frame, const struct dlk_frame_state *state)
{
	return (struct dlk_cursor){ .k = dlk_code_kernel(r->code),
				    .stack = stack,
				    .pc = stack->frames[frame].ip,
				    .sp = dlk_registers_sp(stack, frame),
				    .is_exact = state->is_exact,
				    .regs = state->regs };
}

bool dlk_registers_is_entry(const struct dlk_registers *r, const struct dlk_stack *stack,
			    uint32_t frame, const struct dlk_frame_state *state)
{
	struct dlk_cursor c = cursor_at(r, stack, frame, state);
	enum dlk_stepped step = dlk_unwind_step(&c);

	return step == DLK_STEP_END || (step == DLK_STEP_CALLER && c.is_exact);
}

/* Whether a frame has interrupted the next one: then all registers of that were saved. */
static bool find_interrupted(struct dlk_registers *r, const struct dlk_stack *stack, uint32_t frame,
			     const struct dlk_frame_state *state, struct dlk_frame_regs *ret)
{
	const struct dlk_frame *f = &stack->frames[frame];
	struct dlk_cursor c = cursor_at(r, stack, frame, state);

	if (frame + 1 >= stack->frame_count || dlk_unwind_step(&c) != DLK_STEP_CALLER ||
	    !c.is_exact || c.sp != f->sp || c.pc != stack->frames[frame + 1].ip)
		return false;
	*ret = c.regs;
	return true;
}

enum dlk_status dlk_registers_go_out(struct dlk_registers *r, const struct dlk_stack *stack,
				     uint32_t frame, struct dlk_frame_state *state)
{
	const struct dlk_frame *f = &stack->frames[frame];
	dlk_addr_t entry_sp = f->sp - DLK_WORD;
	struct dlk_frame_state outer = { .is_exact = false };
	struct dlk_saved_registers row = { 0 };
	enum dlk_status status = DLK_OK;
	uint64_t value;

	outer.is_exact = f->is_reliable && find_interrupted(r, stack, frame, state, &outer.regs);
	if (f->is_reliable && !outer.is_exact)
		status = get_row(r, f->ip, state->is_exact,
				 (int64_t)(entry_sp - dlk_registers_sp(stack, frame)), &row);
	for (unsigned reg = 0; reg < DLK_STATE_REGS && !outer.is_exact; reg++)
		if (find_register(&row, stack, entry_sp, &state->regs, reg, &value))
			dlk_frame_regs_set(&outer.regs, reg, value);
	*state = outer;
	return status;
}
