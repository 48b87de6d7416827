/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call frame information (DWARF 5, 6.4), taken apart by libdw, once it is known to be sound (cfi_check.h).
 *
 * Of the registers those are asked for that a function gives back as they were, and what leads to the
 * caller: stack pointer, return address.  Compilers find them in few ways: at a distance from the stack
 * pointer, the frame pointer or, where a function aligns its stack, another register, or as a word at such a distance.
 * Any other expression is not evaluated, and what it would give is not known.
 *
 * How it can be wrong: code that moves the stack pointer in inline assembly, and does not say so (the call
 * on another stack of an interrupt's handler is such).
 */
#include <config.h>

#include "debuginfo/cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "debuginfo/cfi_check.h"

#include "target/arch.h"

enum { MAX_RULE_OPS = 3 };

struct dwarf_cfi {
	struct dlk_cfi base;
	const struct dlk_arch *arch;
	struct Elf *elf;
	uint64_t offset;
	Dwarf *dwarf; /* NULL before the first question */
	Dwarf_CFI *frames;
	bool is_unreadable;
};

/* The base and the distance that an operation adds up. */
static bool read_sum(const Dwarf_Op *op, struct dlk_cfi_value *ret)
{
	bool is_short = op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31;
	uint64_t reg = is_short ? (uint64_t)op->atom - DW_OP_breg0 : op->number;
	int64_t offset = (int64_t)(is_short ? op->number : op->number2);

	if ((!is_short && op->atom != DW_OP_bregx) || reg >= DLK_CFI_REGS)
		return false;
	ret->base = (int8_t)reg;
	ret->offset = (int32_t)offset;
	return offset == ret->offset;
}

static bool read_cfa(Dwarf_Frame *frame, struct dlk_cfi_value *ret)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) || !count || count > 2 || !read_sum(ops, ret))
		return false;
	if (count == 2 && ops[1].atom != DW_OP_deref)
		return false;
	ret->how = count == 2 ? DLK_CFI_WORD : DLK_CFI_VALUE;
	return true;
}

/* What is counted from the CFA, which libdw puts first, or from a register instead. */
static bool read_place(const Dwarf_Op *ops, size_t count, struct dlk_cfi_value *ret)
{
	int64_t offset = 0;

	if (ops[0].atom != DW_OP_call_frame_cfa)
		return false;
	if (count == 2 && read_sum(&ops[1], ret))
		return true;
	if (count == 2) {
		if (ops[1].atom != DW_OP_plus_uconst)
			return false;
		offset = (int64_t)ops[1].number;
	}
	ret->base = DLK_CFI_CFA;
	ret->offset = (int32_t)offset;
	return offset == ret->offset;
}

/* What no rule names is as it was, in @same. */
static struct dlk_cfi_value read_register(Dwarf_Frame *frame, int regno, int8_t same)
{
	struct dlk_cfi_value value = { .how = DLK_CFI_LOST };
	Dwarf_Op mem[MAX_RULE_OPS], *ops;
	size_t count;

	if (dwarf_frame_register(frame, regno, mem, &ops, &count))
		return value;
	if (!count && !ops) {
		value.how = DLK_CFI_VALUE;
		value.base = same;
	} else if (count && count <= 2 && read_place(ops, count, &value)) {
		value.how = DLK_CFI_WORD;
	}
	return value;
}

/* Where the return address is that no rule names: in its register, or where the caller's frame begins. */
static int8_t return_base(const struct dlk_arch *arch)
{
	if (arch->ra == arch->pc)
		return DLK_CFI_CFA;
	return (int8_t)arch->ra;
}

/* Whatever libdw may take for it, now that libdw has unpacked it. */
static enum dlk_status check_sections(struct dwarf_cfi *d)
{
	size_t names;
	Elf_Scn *scn = NULL;
	enum dlk_status status = DLK_OK;

	if (elf_getshdrstrndx(d->elf, &names))
		return dlk_fail(d->base.ctx, DLK_ERR_CORRUPT, "call frames: %s", elf_errmsg(-1));
	while (!status && (scn = elf_nextscn(d->elf, scn))) {
		GElf_Shdr shdr;
		const char *name = gelf_getshdr(scn, &shdr) && shdr.sh_type != SHT_NOBITS
					   ? elf_strptr(d->elf, names, shdr.sh_name)
					   : NULL;
		const Elf_Data *data = name && (!strcmp(name, ".debug_frame") ||
						!strcmp(name, ".zdebug_frame"))
					       ? elf_rawdata(scn, NULL)
					       : NULL;

		if (data && data->d_buf)
			status = dlk_cfi_check(d->base.ctx, data->d_buf, data->d_size);
	}
	return status;
}

static enum dlk_status begin(struct dwarf_cfi *d)
{
	enum dlk_status status = DLK_OK;

	if (d->frames)
		return DLK_OK;
	if (d->is_unreadable)
		return dlk_fail(d->base.ctx, DLK_ERR_CORRUPT, "call frames: they cannot be read");
	d->is_unreadable = true;
	d->dwarf = dwarf_begin_elf(d->elf, DWARF_C_READ, NULL);
	if (!d->dwarf)
		return dlk_fail(d->base.ctx, DLK_ERR_CORRUPT, "call frames: %s", dwarf_errmsg(-1));
	status = check_sections(d);
	if (!status)
		d->frames = dwarf_getcfi(d->dwarf);
	if (!status && !d->frames)
		status = dlk_fail(d->base.ctx, DLK_ERR_CORRUPT, "call frames: %s",
				  dwarf_errmsg(-1));
	d->is_unreadable = status;
	if (status)
		dlk_message(d->base.ctx, DLK_MSG_WARNING,
			    "the call frames of VMLINUX are not used: %s", d->base.ctx->err.text);
	return status;
}

static enum dlk_status cfi_row(struct dlk_cfi *cfi, dlk_addr_t ip, struct dlk_cfi_row *ret)
{
	struct dwarf_cfi *d = (struct dwarf_cfi *)cfi;
	struct dlk_cfi_row row = { .cfa = { .how = DLK_CFI_LOST } };
	Dwarf_Frame *frame;
	bool is_known;
	enum dlk_status status = begin(d);

	if (status)
		return status;
	if (dwarf_cfi_addrframe(d->frames, ip - d->offset, &frame))
		return DLK_ERR_NOTFOUND;
	is_known = read_cfa(frame, &row.cfa);
	row.pc = read_register(frame, d->arch->ra, return_base(d->arch));
	for (int reg = 0; reg < DLK_CFI_REGS; reg++)
		if (d->arch->callee_saved >> reg & 1)
			row.reg[reg] = read_register(frame, reg, (int8_t)reg);
	free(frame); /* as libdw's documentation says */
	if (!is_known)
		return DLK_ERR_NOTFOUND;
	*ret = row;
	return DLK_OK;
}

static void cfi_close(struct dlk_cfi *cfi)
{
	struct dwarf_cfi *d = (struct dwarf_cfi *)cfi;

	dwarf_end(d->dwarf);
	d->dwarf = NULL;
	d->frames = NULL;
	d->is_unreadable = true;
}

static const struct dlk_cfi_ops cfi_ops = { .row = cfi_row, .close = cfi_close };

enum dlk_status dlk_cfi_open(struct dlk_ctx *ctx, const struct dlk_arch *arch, struct Elf *elf,
			     int64_t kaslr_offset, struct dlk_cfi **ret)
{
	struct dwarf_cfi *d = dlk_alloc(ctx, sizeof(*d));

	if (!d)
		return dlk_nomem(ctx);
	*d = (struct dwarf_cfi){ .base = { &cfi_ops, ctx },
				 .arch = arch,
				 .elf = elf,
				 .offset = (uint64_t)kaslr_offset };
	*ret = &d->base;
	return DLK_OK;
}
