/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/way_in.h"

#include "kernel/arch.h"

static void name(struct dlk_way_in *in, const struct dlk_value *v, uint64_t number)
{
	if (v->how == DLK_VALUE_UNKNOWN || v->how == DLK_VALUE_NUMBER ||
	    in->named_count == DLK_MAX_WAY_IN_NAMES)
		return;
	in->named[in->named_count++] = (struct dlk_named){ *v, number };
}

/* By the frame's registers and the words that it has put on the stack. */
static void name_values(struct dlk_way_in *in, const struct dlk_state *s)
{
	const struct dlk_stack *stack = in->stack;
	dlk_addr_t entry_sp = stack->frames[in->frame].sp - DLK_WORD;
	uint64_t value;

	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if (dlk_frame_regs_get(in->regs, reg, &value))
			name(in, &s->regs[reg], value);
	for (unsigned i = 0; i < s->slot_count; i++) {
		dlk_addr_t at = entry_sp + s->slots[i].at;

		if (at >= stack->sp && at < stack->top && at % DLK_WORD == 0)
			name(in, &s->slots[i].value, stack->words[(at - stack->sp) / DLK_WORD]);
	}
}

enum dlk_status dlk_way_in_walk(struct dlk_walk *w, struct dlk_way_in *in,
				dlk_walk_number_fn *number, void *arg)
{
	const struct dlk_frame *f = &in->stack->frames[in->frame];
	struct dlk_state s = { .slot_count = 0 };
	enum dlk_status status;

	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		s.regs[reg] = dlk_value_entry(reg);
	w->machine.stack = NULL;
	w->machine.stack_start = w->machine.stack_end = 0;
	w->number = number;
	w->number_arg = arg;
	status = dlk_walk_run(w, f->start ? dlk_code_entry_of(w->code, f->start) : 0, &s, f->ip);
	w->number = NULL;
	in->named_count = 0;
	if (!status && w->has_stopped)
		name_values(in, &w->stopped);
	return status;
}
