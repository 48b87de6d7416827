/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwinding by call frame information, which VMLINUX has of what the compiler made.
 *
 * Code of the entry into the kernel has none.  Where it calls a handler of an interrupt or an exception its
 * stack pointer is that of the registers that were saved (the architecture's row knows these); at a system call, and where
 * a task begins, the same lie at the stack's end.
 *
 * Claims: the compiler's own word for each instruction of the kernel, and for each register that a function
 * gives back as it was.
 *
 * How it can be wrong: a vmlinux of another build (whoever opens it compares the build IDs).  It
 * ends where there is none: in modules, in assembly that pushes something, and at the edge of an
 * interrupt's stack.
 */
#include <config.h>

#include "base/vec.h"
#include "kernel/unwind.h"

/* The rows that were asked for. */
struct dlk_call_frames {
	struct dlk_map known; /* ip -> index */
	struct dlk_vec rows;  /* of struct kept */
};

struct kept {
	struct dlk_cfi_row row;
	bool is_there;
};

static struct dlk_call_frames *get_frames(struct dlk_kernel *k)
{
	if (k->frames)
		return k->frames;
	k->frames = dlk_alloc(k->ctx, sizeof(*k->frames));
	if (k->frames)
		*k->frames = (struct dlk_call_frames){ .rows = DLK_VEC_INIT(struct kept) };
	return k->frames;
}

/* Modules have none of their own, and the kernel's does not cover them. */
static bool find_row(struct dlk_kernel *k, dlk_addr_t ip, struct dlk_cfi_row *ret)
{
	struct dlk_call_frames *frames = get_frames(k);
	uint32_t index = frames ? dlk_map_get(&frames->known, ip) : UINT32_MAX;
	struct kept *kept;

	if (!frames)
		return false;
	if (index == UINT32_MAX) {
		kept = dlk_vec_push(k->ctx, &frames->rows);
		if (!kept)
			return false;
		kept->is_there = !k->cfi->ops->row(k->cfi, ip, &kept->row);
		index = frames->rows.len - 1;
		if (dlk_map_put(k->ctx, &frames->known, ip, index))
			return false;
	}
	kept = DLK_VEC_AT(&frames->rows, struct kept, index);
	*ret = kept->row;
	return kept->is_there;
}

static bool get_base(const struct dlk_cursor *c, int reg, dlk_addr_t cfa, dlk_addr_t *ret)
{
	if (reg >= 0 && reg != c->k->arch->machine->sp)
		return dlk_frame_regs_get(&c->regs, (unsigned)reg, ret);
	*ret = reg == DLK_CFI_CFA ? cfa : c->sp;
	return true;
}

static bool read_value(const struct dlk_cursor *c, const struct dlk_cfi_value *v, dlk_addr_t cfa,
		       uint64_t *ret)
{
	dlk_addr_t at;

	if (v->how == DLK_CFI_LOST || !get_base(c, v->base, cfa, &at))
		return false;
	at += (dlk_addr_t)(int64_t)v->offset;
	if (v->how == DLK_CFI_WORD)
		return dlk_cursor_read(c, at, ret);
	*ret = at;
	return true;
}

static enum dlk_stepped step_row(struct dlk_cursor *c, const struct dlk_cfi_row *row)
{
	struct dlk_cursor next = *c;
	uint32_t saved = c->k->arch->machine->callee_saved;

	/* What has saved nothing yet returns to a register, and has no frame. */
	if (!read_value(c, &row->cfa, 0, &next.sp) || next.sp < c->sp ||
	    (next.sp == c->sp && row->pc.how == DLK_CFI_WORD) || (next.sp & (DLK_WORD - 1)) ||
	    !read_value(c, &row->pc, next.sp, &next.pc))
		return DLK_STEP_NONE;
	next.is_exact = false;
	next.regs.known = 0;
	for (unsigned reg = 0; saved >> reg; reg++) {
		uint64_t value;

		if ((saved >> reg & 1) && read_value(c, &row->reg[reg], next.sp, &value))
			dlk_frame_regs_set(&next.regs, reg, value);
	}
	*c = next;
	return DLK_STEP_CALLER;
}

static enum dlk_stepped step(struct dlk_cursor *c)
{
	struct dlk_cfi_row row;

	if (dlk_cursor_is_at_entry(c))
		return DLK_STEP_END;
	if (find_row(c->k, c->is_exact ? c->pc : c->pc - 1, &row))
		return step_row(c, &row);
	if (!c->is_exact && c->k->arch->is_at_regs && c->k->arch->is_at_regs(c))
		return c->k->arch->step_regs(c, c->sp);
	return DLK_STEP_NONE;
}

const struct dlk_unwinder dlk_unwinder_cfi = { .name = "call frames", .step = step };
