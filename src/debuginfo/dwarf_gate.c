/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libdw costs, by what it is given (elfutils 0.188 to 0.192):
 *
 *  - each unit keeps the abbreviations of its table that were read, some 50 bytes each, and any number of
 *    units may have the same table;
 *  - whatever is asked of a DIE, the attributes of its abbreviation are walked from the first, and those of
 *    some forms take no bytes in the DIE;
 *  - a register's number in a call frame's program makes room for all registers below it;
 *  - each DW_CFA_remember_state is a copy of the registers.
 *
 * So these are counted before (DWARF 5, 7.5.3 and 6.4.2).  A unit's table must be one that begins where another
 * ended, a frame's common entry one that was met: from amid them anything could be read.
 *
 * How it can be wrong: limits that a compiler to come exceeds; then the file is refused, with what was too many.
 */
#include <config.h>

#include "debuginfo/dwarf_gate.h"

#include <dwarf.h>
#include <string.h>

#include "base/map.h"
#include "target/bytes.h"

enum {
	MAX_UNITS = 1 << 18,         /* a kernel has 3,000 */
	MAX_ABBREVIATIONS = 1 << 14, /* in a table: gcc writes some hundred */
	MAX_KEPT = 1 << 21,          /* of all units' tables together */
	MAX_ATTRIBUTES = 64,         /* of an abbreviation: gcc writes up to 20; */
	MAX_EMPTY = 24,              /* that take no bytes in a DIE */
	CANCEL_EVERY = 4096,
	ADDRESS_SIZE = 8
};

struct span {
	const unsigned char *at, *end;
};

static enum dlk_status corrupt(struct dlk_ctx *ctx, const char *what)
{
	return dlk_fail(ctx, DLK_ERR_CORRUPT, "DWARF: %s", what);
}

/* A section as libdw has it; empty if there is none.  ".debug_frame" may be called ".zdebug_frame". */
static struct span get_section(Elf *elf, const char *name)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &names))
		return (struct span){ NULL, NULL };
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *its = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name)
							   : NULL;
		const Elf_Data *data;

		if (!its || shdr.sh_type == SHT_NOBITS ||
		    (strcmp(its, name) != 0 &&
		     (strncmp(its, ".z", 2) != 0 || strcmp(its + 2, name + 1) != 0)))
			continue;
		data = elf_getdata(scn, NULL);
		if (data && data->d_buf)
			return (struct span){ data->d_buf,
					      (const unsigned char *)data->d_buf + data->d_size };
	}
	return (struct span){ NULL, NULL };
}

static size_t left(const struct span *s)
{
	return (size_t)(s->end - s->at);
}

/* Skip bytes; false if there are not so many. */
static bool skip(struct span *s, uint64_t count)
{
	if (count > left(s))
		return false;
	s->at += count;
	return true;
}

/* An unsigned LEB128; of one that is signed the value is of no use.  What exceeds 64 bits is lost, as in libdw. */
static bool read_leb(struct span *s, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; s->at < s->end; shift += 7) {
		unsigned char byte = *s->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* --- abbreviations */

/* The attributes of an abbreviation; the end of the section ends all. */
static const char *judge_attributes(struct span *s)
{
	unsigned count = 0, empty = 0;
	uint64_t name, form, constant;

	while (read_leb(s, &name) && read_leb(s, &form) && (name || form)) {
		if (form == DW_FORM_implicit_const && !read_leb(s, &constant))
			return NULL;
		empty += form == DW_FORM_implicit_const || form == DW_FORM_flag_present;
		if (++count > MAX_ATTRIBUTES || empty > MAX_EMPTY)
			return "an abbreviation of more attributes than compilers write";
	}
	return NULL;
}

/* A table, up to the 0 that ends it. */
static const char *judge_table(struct span *s, uint32_t *size)
{
	uint64_t code, tag;
	const char *why = NULL;

	*size = 0;
	while (!why && read_leb(s, &code) && code) {
		if (!read_leb(s, &tag) || !skip(s, 1))
			break;
		why = judge_attributes(s);
		if (++*size > MAX_ABBREVIATIONS)
			return "more abbreviations than compilers write";
	}
	return why;
}

/* @p tables has how many abbreviations there are in the table at an offset. */
static enum dlk_status judge_tables(struct dlk_ctx *ctx, struct span s, struct dlk_map *tables)
{
	const unsigned char *start = s.at;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; !status && s.at < s.end; i++) {
		uint64_t offset = (uint64_t)(s.at - start);
		uint32_t size;
		const char *why;

		if (i % CANCEL_EVERY == 0 && dlk_check_cancel(ctx))
			return DLK_ERR_CANCELED;
		if (i == MAX_UNITS)
			return corrupt(ctx, "more tables of abbreviations than compilers write");
		why = judge_table(&s, &size);
		if (why)
			return corrupt(ctx, why);
		status = dlk_map_put(ctx, tables, offset, size);
	}
	return status;
}

/* Those of .debug_info, or, where there is a signature, of .debug_types. */
static enum dlk_status judge_headers(struct dlk_ctx *ctx, Dwarf *dwarf,
				     const struct dlk_map *tables, uint64_t *signature)
{
	Dwarf_Off offset = 0, next, table;
	uint64_t kept = 0;
	Dwarf_Half version;
	size_t header;

	for (unsigned i = 0; !dwarf_next_unit(dwarf, offset, &next, &header, &version, &table, NULL,
					      NULL, signature, NULL);
	     i++, offset = next) {
		uint32_t size = dlk_map_get(tables, table);

		if (i % CANCEL_EVERY == 0 && dlk_check_cancel(ctx))
			return DLK_ERR_CANCELED;
		if (size == UINT32_MAX)
			return corrupt(ctx, "a unit has no table of abbreviations");
		kept += size;
		if (i == MAX_UNITS || kept > MAX_KEPT)
			return corrupt(ctx,
				       "more units, or abbreviations of them, than a kernel has");
	}
	return DLK_OK;
}

enum dlk_status dlk_dwarf_judge_units(struct dlk_ctx *ctx, Elf *elf, Dwarf *dwarf)
{
	struct dlk_map tables = { 0 };
	uint64_t signature;
	enum dlk_status status = judge_tables(ctx, get_section(elf, ".debug_abbrev"), &tables);

	if (!status)
		status = judge_headers(ctx, dwarf, &tables, NULL);
	return status ? status : judge_headers(ctx, dwarf, &tables, &signature);
}
