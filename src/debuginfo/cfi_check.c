/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call frame information, checked before libdw has it: see cfi_check.h.
 *
 * Nothing is evaluated but lengths.  An entry must use a CIE that came before it: libdw would take any place for
 * one.
 */
#include <config.h>

#include "debuginfo/cfi_check.h"

#include <dwarf.h>
#include <string.h>

#include "base/map.h"

enum {
	MAX_REGISTER = 255, /* the x86-64 psABI has some 130 */
	MAX_REMEMBERED = 16,
	MAX_PROGRAM = 64 << 10, /* 3 KiB was the longest seen in a kernel */
	MAX_LEB = 10,           /* bytes of a number of 64 bits */
	ADDRESS = 8,
	ID = 4,
	MAX_ENTRIES = 1 << 20, /* a kernel has 60,000; libdw keeps each that it has met */
	CHECK_CANCEL = 4096    /* entries between two looks at it */
};

#define CIE_ID UINT64_C(0xffffffff)

/* What is left of an entry; whoever takes more than there is has nothing left. */
struct bytes {
	const unsigned char *at, *end;
	bool is_short;
};

static uint64_t take(struct bytes *b, size_t width)
{
	uint64_t value = 0;

	if ((size_t)(b->end - b->at) < width) {
		b->is_short = true;
		b->at = b->end;
		return 0;
	}
	memcpy(&value, b->at, width);
	b->at += width;
	return value;
}

static void skip(struct bytes *b, uint64_t len)
{
	if (len > (uint64_t)(b->end - b->at))
		b->is_short = true;
	b->at = b->is_short ? b->end : b->at + len;
}

/* Of what has a sign the value is not needed. */
static uint64_t take_leb(struct bytes *b)
{
	uint64_t value = 0, byte;
	unsigned len = 0;

	do {
		byte = take(b, 1);
		value |= len < MAX_LEB ? (byte & 0x7f) << 7 * len : 0;
		len++;
	} while (byte & 0x80 && len <= MAX_LEB);
	b->is_short |= len > MAX_LEB;
	return value;
}

/* --- instructions */

/*
 * Operands by instruction: r a register, n a number of any length, b a block, a digit so many bytes.  NULL is
 * none that is known.
 */
static const char *const operands[] = {
	[DW_CFA_nop] = "",
	[DW_CFA_set_loc] = "8",
	[DW_CFA_advance_loc1] = "1",
	[DW_CFA_advance_loc2] = "2",
	[DW_CFA_advance_loc4] = "4",
	[DW_CFA_offset_extended] = "rn",
	[DW_CFA_restore_extended] = "r",
	[DW_CFA_undefined] = "r",
	[DW_CFA_same_value] = "r",
	[DW_CFA_register] = "rr",
	[DW_CFA_remember_state] = "",
	[DW_CFA_restore_state] = "",
	[DW_CFA_def_cfa] = "rn",
	[DW_CFA_def_cfa_register] = "r",
	[DW_CFA_def_cfa_offset] = "n",
	[DW_CFA_def_cfa_expression] = "b",
	[DW_CFA_expression] = "rb",
	[DW_CFA_offset_extended_sf] = "rn",
	[DW_CFA_def_cfa_sf] = "rn",
	[DW_CFA_def_cfa_offset_sf] = "n",
	[DW_CFA_val_offset] = "rn",
	[DW_CFA_val_offset_sf] = "rn",
	[DW_CFA_val_expression] = "rb",
	[DW_CFA_GNU_args_size] = "n",
};

static const char *operands_of(unsigned code)
{
	/* The others have an operand in their lower bits. */
	if (code >= DW_CFA_restore || (code >= DW_CFA_advance_loc && code < DW_CFA_offset))
		return "";
	if (code >= DW_CFA_offset)
		return "n";
	return code < sizeof(operands) / sizeof(operands[0]) ? operands[code] : NULL;
}

static bool take_operand(struct bytes *b, char what)
{
	switch (what) {
	case 'r':
		return take_leb(b) <= MAX_REGISTER;
	case 'n':
		take_leb(b);
		return true;
	case 'b':
		skip(b, take_leb(b));
		return true;
	default:
		take(b, (size_t)(what - '0'));
		return true;
	}
}

/* Returns what is wrong with a program; NULL: nothing. */
static const char *check_program(struct bytes b)
{
	unsigned remembered = 0;

	if (b.end - b.at > MAX_PROGRAM)
		return "instructions without an end";
	while (b.at < b.end) {
		unsigned code = (unsigned)take(&b, 1);
		const char *operand = operands_of(code);

		if (!operand)
			return "an instruction that is not known";
		remembered += code == DW_CFA_remember_state;
		remembered -= code == DW_CFA_restore_state && remembered;
		if (remembered > MAX_REMEMBERED)
			return "states remembered without an end";
		for (; *operand; operand++)
			if (!take_operand(&b, *operand))
				return "a register that no machine has";
	}
	return b.is_short ? "an instruction that is cut off" : NULL;
}

/* --- entries */

struct check {
	struct dlk_ctx *ctx;
	struct dlk_map cies; /* offsets of those that are sound */
};

/* Behind the ID. */
static const char *check_cie(struct bytes b)
{
	uint64_t version = take(&b, 1);
	bool is_signal = b.at < b.end && *b.at == 'S';

	if (version != 1 && version != 3 && version != 4)
		return "a version that is not known";
	skip(&b, is_signal);
	if (take(&b, 1))
		return "an augmentation";
	if (version == 4 && (take(&b, 1) != ADDRESS || take(&b, 1)))
		return "addresses of another machine";
	take_leb(&b); /* factors of code and data */
	take_leb(&b);
	if ((version == 1 ? take(&b, 1) : take_leb(&b)) > MAX_REGISTER)
		return "a register that no machine has";
	return b.is_short ? "an entry that is cut off" : check_program(b);
}

static const char *check_fde(const struct check *c, struct bytes b, uint64_t cie)
{
	if (dlk_map_get(&c->cies, cie) == UINT32_MAX)
		return "an entry of none before it";
	skip(&b, ADDRESS); /* where its code starts, and its length */
	skip(&b, ADDRESS);
	return b.is_short ? "an entry that is cut off" : check_program(b);
}

/* The entry at *b, which is taken. */
static enum dlk_status check_entry(struct check *c, struct bytes *b, size_t at)
{
	uint64_t length = take(b, 4), id;
	struct bytes entry = { b->at, b->at, false };
	const char *wrong = NULL;
	enum dlk_status status = DLK_OK;

	if (b->is_short || length < ID || length > (uint64_t)(b->end - b->at))
		return dlk_fail(c->ctx, DLK_ERR_CORRUPT, "call frames: at %zu is a length of %llu",
				at, (unsigned long long)length);
	entry.end = b->at += length;
	id = take(&entry, ID);
	wrong = id == CIE_ID ? check_cie(entry) : check_fde(c, entry, id);
	if (!wrong && id == CIE_ID)
		status = dlk_map_put(c->ctx, &c->cies, at, 0);
	if (wrong)
		status = dlk_fail(c->ctx, DLK_ERR_CORRUPT, "call frames: at %zu is %s", at, wrong);
	return status;
}

enum dlk_status dlk_cfi_check(struct dlk_ctx *ctx, const void *data, size_t size)
{
	struct check c = { .ctx = ctx };
	const unsigned char *start = data;
	struct bytes b = { start, start + size, false };
	enum dlk_status status = DLK_OK;

	for (unsigned count = 1; b.at < b.end && !status; count++) {
		status = check_entry(&c, &b, (size_t)(b.at - start));
		if (!status && count % CHECK_CANCEL == 0)
			status = dlk_check_cancel(ctx);
		if (!status && count > MAX_ENTRIES)
			status = dlk_fail(ctx, DLK_ERR_CORRUPT,
					  "call frames: there are more than a kernel has");
	}
	return status;
}
