/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What unwinders share. */
#include <config.h>

#include "kernel/unwind.h"

#include "kernel/arch.h"

enum { MAX_STEPS = 128 };

const char *dlk_unwind_tables(const struct dlk_kernel *k)
{
	return k->unwinder_count ? k->unwinders[0]->tables : NULL;
}

void dlk_unwinders_add(struct dlk_kernel *k, const struct dlk_unwinder *unwinder)
{
	if (k->unwinder_count < DLK_MAX_UNWINDERS)
		k->unwinders[k->unwinder_count++] = unwinder;
}

void dlk_cursor_begin(struct dlk_kernel *k, const struct dlk_stack *stack, struct dlk_cursor *ret)
{
	*ret = (struct dlk_cursor){ .k = k,
				    .stack = stack,
				    .pc = stack->pc,
				    .sp = stack->start_sp,
				    .is_exact = stack->is_exact,
				    .regs = stack->regs };
}

enum dlk_stepped dlk_unwind_step(struct dlk_cursor *c)
{
	for (unsigned i = 0; i < c->k->unwinder_count; i++) {
		struct dlk_cursor next = *c;
		enum dlk_stepped step = c->k->unwinders[i]->step(&next);

		if (step == DLK_STEP_CALLER) {
			*c = next;
			c->pc = dlk_arch_strip(c->k->arch, c->pc);
		}
		if (step != DLK_STEP_NONE)
			return step;
	}
	return DLK_STEP_NONE;
}

bool dlk_unwind_ends(const struct dlk_cursor *c)
{
	struct dlk_cursor at = *c;
	enum dlk_stepped step = DLK_STEP_CALLER;

	for (int i = 0; i < MAX_STEPS && step == DLK_STEP_CALLER; i++)
		step = dlk_kernel_can_be_code(at.k, at.pc) ? dlk_unwind_step(&at) : DLK_STEP_NONE;
	return step == DLK_STEP_END;
}

bool dlk_cursor_read(const struct dlk_cursor *c, dlk_addr_t address, uint64_t *ret)
{
	const struct dlk_stack *s = c->stack;

	if (s->words && address >= s->sp && address <= s->top - DLK_WORD &&
	    !(address & (DLK_WORD - 1))) {
		*ret = s->words[(address - s->sp) / DLK_WORD];
		return true;
	}
	return !dlk_memory_read_u64(&c->k->memory, address, ret);
}

bool dlk_cursor_is_at_entry(const struct dlk_cursor *c)
{
	return c->k->entry_size && c->sp == c->stack->top - c->k->entry_size;
}
