/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What unwinders share, and which of them a kernel has. */
#include <config.h>

#include "kernel/unwind.h"

#include "kernel/orc.h"

enum { MAX_STEPS = 128, FRED_PADDING = 2 * DLK_WORD };

static void add(struct dlk_kernel *k, const struct dlk_unwinder *unwinder)
{
	k->unwinders[k->unwinder_count++] = unwinder;
}

/* A kernel with CONFIG_X86_FRED has a place of entry for it, whatever the CPU. */
static uint32_t find_entry_size(struct dlk_kernel *k)
{
	uint32_t size = k->layout.sizes[DLK_S_pt_regs];

	return size && dlk_kernel_symbol(k, "asm_fred_entrypoint_user") ? size + FRED_PADDING
									: size;
}

enum dlk_status dlk_unwinders_open(struct dlk_kernel *k)
{
	enum dlk_status status = dlk_orc_open(k, &k->orc);
	bool has_frame_pointers;

	k->unwinder_count = 0;
	k->entry_size = find_entry_size(k);
	if (dlk_status_is_fatal(status))
		return status;
	if (!status) {
		add(k, &dlk_unwinder_orc);
		return DLK_OK;
	}
	has_frame_pointers = dlk_has_frame_pointers(k);
	if (!k->cfi && !has_frame_pointers)
		return DLK_OK;
	if (k->cfi)
		add(k, &dlk_unwinder_cfi);
	add(k, &dlk_unwinder_prologue);
	if (has_frame_pointers)
		add(k, &dlk_unwinder_frame_pointer);
	return DLK_OK;
}

enum dlk_step dlk_unwind_step(struct dlk_cursor *c)
{
	for (unsigned i = 0; i < c->k->unwinder_count; i++) {
		struct dlk_cursor next = *c;
		enum dlk_step step = c->k->unwinders[i]->step(&next);

		if (step == DLK_STEP_CALLER)
			*c = next;
		if (step != DLK_STEP_NONE)
			return step;
	}
	return DLK_STEP_NONE;
}

bool dlk_unwind_ends(const struct dlk_cursor *c)
{
	struct dlk_cursor at = *c;
	enum dlk_step step = DLK_STEP_CALLER;

	for (int i = 0; i < MAX_STEPS && step == DLK_STEP_CALLER; i++)
		step = dlk_kernel_can_be_code(at.k, at.ip) ? dlk_unwind_step(&at) : DLK_STEP_NONE;
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

static bool is_user(const struct dlk_cursor *c, dlk_addr_t cs_at)
{
	uint64_t cs;

	return !dlk_cursor_read(c, cs_at, &cs) || (cs & DLK_USER_MODE);
}

/* On the stack of the task what was interrupted is further out. */
static bool is_inside(const struct dlk_cursor *c, dlk_addr_t regs, dlk_addr_t sp)
{
	const struct dlk_stack *s = c->stack;

	return regs >= s->task->stack && regs < s->top && sp >= s->task->stack && sp <= regs;
}

enum dlk_step dlk_cursor_step_regs(struct dlk_cursor *c, dlk_addr_t regs)
{
	const struct dlk_layout *l = &c->k->layout;

	if (!dlk_layout_has(l, DLK_M_regs_ip) || !dlk_layout_has(l, DLK_M_regs_cs))
		return DLK_STEP_NONE;
	if (is_user(c, regs + dlk_layout_offset(l, DLK_M_regs_cs)))
		return DLK_STEP_END;
	if (!dlk_cursor_read(c, regs + dlk_layout_offset(l, DLK_M_regs_ip), &c->ip) ||
	    !dlk_cursor_read(c, regs + dlk_layout_offset(l, DLK_M_regs_bp), &c->bp) ||
	    !dlk_cursor_read(c, regs + dlk_layout_offset(l, DLK_M_regs_sp), &c->sp))
		return DLK_STEP_NONE;
	c->is_exact = c->is_bp_known = true;
	return is_inside(c, regs, c->sp) ? DLK_STEP_NONE : DLK_STEP_CALLER;
}
