/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ORC table look-up.
 *
 * __start_orc_unwind_ip is a sorted array of 32-bit offsets, each relative to its own address;
 * __start_orc_unwind an array of struct orc_entry beside it.  The entry of an address is the last
 * one at or below it.  The numbers of registers have changed, and nothing in an entry says by which
 * it was made: a table read by the wrong ones gives plausible nonsense.  The unwinder has an entry of its
 * own for code with frame pointers, orc_fp_entry: its caller's stack pointer is known by a register
 * (the frame pointer) and the frame pointer lies by that, so it tells two of the numbers, and with them
 * which of the known sets it is.  Without that symbol (CONFIG_KALLSYMS_ALL off) it is the old one.
 *
 * orc_lookup, where it is known, says for each block of 256 bytes of text in
 * which part of the array to look, which saves most of the page reads of a binary search.
 */
#include <config.h>

#include "kernel/orc.h"

enum {
	IP_SIZE = 4,
	LOOKUP_BLOCK = 256, /* LOOKUP_BLOCK_SIZE of asm/orc_lookup.h */
	MAX_ENTRIES = 1 << 26,
	MAX_ENTRY_SIZE = 16
};

struct table {
	dlk_addr_t ips, entries;
	uint64_t count;
};

struct dlk_orc {
	struct table table;
	dlk_addr_t lookup, text;         /* lookup is 0 if the blocks are not known */
	dlk_addr_t init_start, init_end; /* _sinittext and _einittext; 0 if unknown */
	uint64_t blocks;
	const uint8_t *registers; /* what each number is: enum dlk_orc_register */
	struct dlk_map known;     /* ip -> index */
	struct dlk_vec entries;   /* of struct dlk_orc_entry */
};

/* By what ORC_REG_... is in arch/x86/include/asm/orc_types.h: until v7.0, and since v7.1. */
static const uint8_t register_sets[][DLK_ORC_REGISTERS] = {
	{ DLK_ORC_UNDEFINED, DLK_ORC_PREV_SP, DLK_ORC_DX, DLK_ORC_DI, DLK_ORC_BP, DLK_ORC_SP,
	  DLK_ORC_R10, DLK_ORC_R13, DLK_ORC_BP_INDIRECT, DLK_ORC_SP_INDIRECT, DLK_ORC_OTHER,
	  DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER },
	{ DLK_ORC_UNDEFINED, DLK_ORC_OTHER, DLK_ORC_DX, DLK_ORC_SP, DLK_ORC_BP, DLK_ORC_DI,
	  DLK_ORC_R10, DLK_ORC_R13, DLK_ORC_PREV_SP, DLK_ORC_SP_INDIRECT, DLK_ORC_BP_INDIRECT,
	  DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER, DLK_ORC_OTHER },
};

/* Of orc_fp_entry: .sp_reg = ORC_REG_BP, .bp_reg = ORC_REG_PREV_SP */
static enum dlk_status find_registers(struct dlk_kernel *k, struct dlk_orc *orc)
{
	dlk_addr_t at = dlk_kernel_symbol(k, "orc_fp_entry");
	uint64_t sp_reg, bp_reg;
	enum dlk_status status;

	orc->registers = register_sets[0];
	if (!at)
		return DLK_OK;
	status = dlk_kernel_read_member(k, at, DLK_M_orc_sp_reg, &sp_reg);
	if (!status)
		status = dlk_kernel_read_member(k, at, DLK_M_orc_bp_reg, &bp_reg);
	/* What is not in the dump says nothing: the unwinder will tell. */
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	for (size_t i = 0; i < sizeof(register_sets) / sizeof(register_sets[0]); i++) {
		orc->registers = register_sets[i];
		if (sp_reg < DLK_ORC_REGISTERS && bp_reg < DLK_ORC_REGISTERS &&
		    orc->registers[sp_reg] == DLK_ORC_BP &&
		    orc->registers[bp_reg] == DLK_ORC_PREV_SP)
			return DLK_OK;
	}
	return dlk_fail(k->ctx, DLK_ERR_UNSUPPORTED,
			"the ORC tables name registers by numbers that are not known");
}

enum dlk_status dlk_orc_open(struct dlk_kernel *k, struct dlk_orc **ret)
{
	enum dlk_status status;
	dlk_addr_t ips = dlk_kernel_symbol(k, "__start_orc_unwind_ip");
	dlk_addr_t ips_end = dlk_kernel_symbol(k, "__stop_orc_unwind_ip");
	dlk_addr_t entries = dlk_kernel_symbol(k, "__start_orc_unwind");
	dlk_addr_t lookup = dlk_kernel_symbol(k, "orc_lookup");
	dlk_addr_t lookup_end = dlk_kernel_symbol(k, "orc_lookup_end");
	uint32_t size = k->layout.sizes[DLK_S_orc_entry];
	struct dlk_orc *orc;

	if (!ips || ips_end <= ips || !entries || !size || size > MAX_ENTRY_SIZE ||
	    !dlk_layout_has(&k->layout, DLK_M_orc_sp_reg) ||
	    !dlk_layout_has(&k->layout, DLK_M_orc_type))
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "the kernel has no ORC tables");
	orc = dlk_alloc(k->ctx, sizeof(*orc));
	if (!orc)
		return dlk_nomem(k->ctx);
	orc->table = (struct table){ ips, entries, (ips_end - ips) / IP_SIZE };
	if (orc->table.count > MAX_ENTRIES)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "ORC tables of %llu entries",
				(unsigned long long)orc->table.count);
	orc->text = k->text_start;
	orc->init_start = dlk_kernel_symbol(k, "_sinittext");
	orc->init_end = dlk_kernel_symbol(k, "_einittext");
	if (lookup && lookup_end > lookup && orc->text) {
		orc->lookup = lookup;
		orc->blocks = (lookup_end - lookup) / sizeof(uint32_t);
	}
	orc->entries = (struct dlk_vec)DLK_VEC_INIT(struct dlk_orc_entry);
	status = find_registers(k, orc);
	if (!status)
		*ret = orc;
	return status;
}

static enum dlk_status read_ip(struct dlk_kernel *k, const struct table *t, uint64_t index,
			       dlk_addr_t *ret)
{
	dlk_addr_t at = t->ips + index * IP_SIZE;
	uint32_t offset;
	enum dlk_status status = dlk_memory_read_u32(&k->memory, at, &offset);

	if (!status)
		*ret = at + (uint64_t)(int64_t)(int32_t)offset;
	return status;
}

/* Narrow [first, last] by the block table; leave it as it is where that does not apply. */
static void narrow(struct dlk_kernel *k, dlk_addr_t ip, uint64_t *first, uint64_t *last)
{
	const struct dlk_orc *orc = k->orc;
	uint64_t block = (ip - orc->text) / LOOKUP_BLOCK;
	uint32_t from, to;

	if (!orc->lookup || ip < orc->text || block + 1 >= orc->blocks)
		return;
	if (dlk_memory_read_u32(&k->memory, orc->lookup + block * sizeof(from), &from) ||
	    dlk_memory_read_u32(&k->memory, orc->lookup + (block + 1) * sizeof(to), &to))
		return;
	if (from > to || to > *last)
		return;
	*first = from;
	*last = to;
}

/* Index of the last entry at or below ip within [first, last]; the one at first if there is none. */
static enum dlk_status search(struct dlk_kernel *k, const struct table *t, dlk_addr_t ip,
			      uint64_t first, uint64_t last, uint64_t *ret)
{
	while (first < last) {
		uint64_t middle = last - (last - first) / 2;
		dlk_addr_t at;
		enum dlk_status status = read_ip(k, t, middle, &at);

		if (status)
			return status;
		if (at <= ip)
			first = middle;
		else
			last = middle - 1;
	}
	*ret = first;
	return DLK_OK;
}

static enum dlk_orc_type entry_type(const struct dlk_layout *l, const void *copy)
{
	uint64_t type = dlk_member_value(&l->members[DLK_M_orc_type], copy);

	if (!dlk_layout_has(l, DLK_M_orc_end))
		return type <= DLK_ORC_REGS_PARTIAL ? (enum dlk_orc_type)type : DLK_ORC_NOTHING;
	if (!dlk_member_value(&l->members[DLK_M_orc_sp_reg], copy))
		return dlk_member_value(&l->members[DLK_M_orc_end], copy) ? DLK_ORC_END
									  : DLK_ORC_NOTHING;
	return type <= 2 ? (enum dlk_orc_type)(type + DLK_ORC_CALL) : DLK_ORC_NOTHING;
}

static uint8_t register_of(const struct dlk_kernel *k, enum dlk_member_id id, const void *copy)
{
	return k->orc->registers[dlk_member_value(&k->layout.members[id], copy) &
				 (DLK_ORC_REGISTERS - 1)];
}

static enum dlk_status read_entry(struct dlk_kernel *k, dlk_addr_t at, struct dlk_orc_entry *ret)
{
	const struct dlk_layout *l = &k->layout;
	unsigned char copy[MAX_ENTRY_SIZE + 8] = { 0 };
	enum dlk_status status;

	status = dlk_memory_read(&k->memory, at, copy, l->sizes[DLK_S_orc_entry]);
	if (status)
		return status;
	*ret = (struct dlk_orc_entry){
		.sp_offset = (int16_t)dlk_member_value(&l->members[DLK_M_orc_sp_offset], copy),
		.bp_offset = (int16_t)dlk_member_value(&l->members[DLK_M_orc_bp_offset], copy),
		.sp_reg = register_of(k, DLK_M_orc_sp_reg, copy),
		.bp_reg = register_of(k, DLK_M_orc_bp_reg, copy),
		.type = entry_type(l, copy),
	};
	return DLK_OK;
}

/* The tables have an entry for every address: for one that is no code of theirs, a wrong one. */
static bool is_kernel_text(const struct dlk_kernel *k, dlk_addr_t ip)
{
	const struct dlk_orc *orc = k->orc;

	if (!k->text_start || !k->text_end)
		return true;
	return (ip >= k->text_start && ip < k->text_end) ||
	       (ip >= orc->init_start && ip < orc->init_end);
}

static enum dlk_status find_table(struct dlk_kernel *k, dlk_addr_t ip, struct table *ret,
				  bool *is_module)
{
	struct dlk_module_orc orc;

	*is_module = k->modules && !dlk_modules_orc_at(k->modules, ip, &orc);
	if (!*is_module && !is_kernel_text(k, ip))
		return DLK_ERR_NOTFOUND;
	*ret = *is_module ? (struct table){ orc.ip, orc.entries, orc.count } : k->orc->table;
	return ret->count && ret->count <= MAX_ENTRIES ? DLK_OK : DLK_ERR_NOTFOUND;
}

static enum dlk_status look_up(struct dlk_kernel *k, dlk_addr_t ip, struct dlk_orc_entry *ret)
{
	struct table table;
	uint64_t first = 0, last, index;
	bool is_module;
	enum dlk_status status = find_table(k, ip, &table, &is_module);

	if (status)
		return status;
	last = table.count - 1;
	if (!is_module)
		narrow(k, ip, &first, &last);
	status = search(k, &table, ip, first, last, &index);
	if (status)
		return status;
	return read_entry(k, table.entries + index * k->layout.sizes[DLK_S_orc_entry], ret);
}

enum dlk_status dlk_orc_find(struct dlk_kernel *k, dlk_addr_t ip, struct dlk_orc_entry *ret)
{
	struct dlk_orc *orc = k->orc;
	uint32_t known = dlk_map_get(&orc->known, ip);
	struct dlk_orc_entry *kept;
	enum dlk_status status;

	if (known != UINT32_MAX) {
		*ret = *DLK_VEC_AT(&orc->entries, struct dlk_orc_entry, known);
		return DLK_OK;
	}
	status = look_up(k, ip, ret);
	if (status)
		return status;
	kept = dlk_vec_push(k->ctx, &orc->entries);
	if (!kept)
		return dlk_nomem(k->ctx);
	*kept = *ret;
	return dlk_map_put(k->ctx, &orc->known, ip, orc->entries.len - 1);
}
