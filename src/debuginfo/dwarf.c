/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types from DWARF 2 to 5 (dwarfstd.org), taken apart by libdw.
 *
 * A kernel has some thousand compilation units, and nearly every one repeats the types that matter
 * here.  So units are read one by one until a name is found; of each, the named types that stand at
 * its top are entered in an index, the first of each name and kind.  C has no others: the compiler
 * puts the types that are declared inside of structs at the top, too, and those inside of functions
 * are not looked for.  Declarations without members do not count.  After the last unit the index is
 * whole, and no unit is read twice.
 *
 * Enumerators are not in the index; enums are, unnamed ones under the name of their first
 * enumerator, as every unit repeats these as well.
 *
 * libdw checks the bounds of what it reads, and that siblings come in order.  References may lead
 * anywhere, back to where they come from: every chain is bounded here, and a member outside of its
 * struct is corrupt data; descent.c bounds the rest.  There is no recursion.  What libdw itself does not bound is
 * judged before (dwarf_gate.h).
 *
 * How it can be wrong: of two types of a kind and name the one of the first unit counts, and a
 * typedef in an earlier unit comes before a struct in a later one.
 */
#include <config.h>

#include "debuginfo/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "debuginfo/descent.h"
#include "debuginfo/dwarf_gate.h"

enum {
	MAX_CHAIN = 64,       /* modifiers and typedefs in a row; dimensions of an array */
	MAX_SAME_HASH = 64,   /* of these many names the others are not found */
	MAX_STEPS = 1 << 16,  /* enumerators of an enum */
	PROGRESS_UNITS = 256, /* units between two messages */
	POINTER_SIZE = 8
};

enum kind { KIND_STRUCT, KIND_UNION, KIND_TYPEDEF, KIND_ENUM, KIND_UNNAMED_ENUM };

/* A type by name. */
struct entry {
	const char *name; /* in the file */
	uint64_t type;    /* where its DIE is in memory */
	uint32_t next;    /* of the same hash: index biased by one */
	enum kind kind;
};

struct dwarf_types {
	struct dlk_types base;
	Dwarf *dwarf;
	Dwarf_CU *unit; /* the last that is in the index */
	uint32_t unit_count;
	bool is_whole;         /* all units are */
	bool is_damaged;       /* some could not be */
	struct dlk_vec index;  /* of struct entry */
	struct dlk_map hashes; /* -> the first in the index */
};

static enum dlk_status corrupt(const struct dwarf_types *dt, const char *what)
{
	return dlk_fail(dt->base.ctx, DLK_ERR_CORRUPT, "DWARF: %s", what);
}

static uint64_t type_at(const Dwarf_Die *die)
{
	return (uint64_t)(uintptr_t)die->addr;
}

static bool die_at(const struct dwarf_types *dt, uint64_t type, Dwarf_Die *ret)
{
	void *addr = (void *)(uintptr_t)type; /* NOLINT(performance-no-int-to-ptr): type_at() */

	return type && dwarf_die_addr_die(dt->dwarf, addr, ret);
}

/* A DIE's own name; "" if it has none. */
static const char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_attr(die, DW_AT_name, &attr) ? dwarf_formstring(&attr) : NULL;

	return name ? name : "";
}

static bool has_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	bool flag;

	return dwarf_attr(die, name, &attr) && !dwarf_formflag(&attr, &flag) && flag;
}

/*
 * The forms of fixed size have no sign: compilers write a negative number in the others, and these
 * dwarf_formudata() extends.
 */
static bool read_number(Dwarf_Attribute *attr, int64_t *ret)
{
	Dwarf_Word word;

	if (dwarf_formudata(attr, &word))
		return false;
	*ret = (int64_t)word;
	return true;
}

static bool get_number(Dwarf_Die *die, unsigned int name, int64_t *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && read_number(&attr, ret);
}

/* The type that a DIE refers to; @p ret may be @p die. */
static bool refer(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, ret);
}

static bool is_modifier(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

/*
 * Skip modifiers and typedefs; false if that leads nowhere.
 *
 * *is_wanted becomes true if a typedef on the way has the name @p wanted, *name the last typedef's
 * name; all may be NULL.
 */
static bool strip(Dwarf_Die *die, const char *wanted, bool *is_wanted, const char **name)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		int tag = dwarf_tag(die);

		if (!is_modifier(tag))
			return tag != DW_TAG_invalid;
		if (tag == DW_TAG_typedef) {
			const char *text = name_of(die);

			if (wanted && !strcmp(text, wanted))
				*is_wanted = true;
			if (name)
				*name = text;
		}
		if (!refer(die, die))
			return false;
	}
	return false;
}

/* --- the index */

/* Types of different kinds may have one name. */
static uint64_t hash_entry(const char *name, enum kind kind)
{
	return (uint64_t)kind << 32 | dlk_hash_name(name);
}

/* The first of this name and kind; NULL if the index has none so far. */
static const struct entry *find_entry(const struct dwarf_types *dt, const char *name,
				      enum kind kind)
{
	uint32_t i = dlk_map_get(&dt->hashes, hash_entry(name, kind));

	for (uint32_t left = MAX_SAME_HASH; i != UINT32_MAX && left; left--) {
		const struct entry *e = DLK_VEC_AT(&dt->index, struct entry, i);

		if (e->kind == kind && !strcmp(e->name, name))
			return e;
		i = e->next - 1;
	}
	return NULL;
}

static enum dlk_status add_entry(struct dwarf_types *dt, const char *name, enum kind kind,
				 const Dwarf_Die *die)
{
	struct dlk_ctx *ctx = dt->base.ctx;
	uint64_t hash = hash_entry(name, kind);
	struct entry *e;

	if (find_entry(dt, name, kind))
		return DLK_OK;
	e = dlk_vec_push(ctx, &dt->index);
	if (!e)
		return dlk_nomem(ctx);
	*e = (struct entry){ .name = name,
			     .type = type_at(die),
			     .next = dlk_map_get(&dt->hashes, hash) + 1,
			     .kind = kind };
	return dlk_map_put(ctx, &dt->hashes, hash, dt->index.len - 1);
}

/* The name of the first enumerator; "" if there is none. */
static const char *name_of_first(Dwarf_Die *die)
{
	Dwarf_Die child;

	return dwarf_child(die, &child) ? "" : name_of(&child);
}

static enum dlk_status index_type(struct dwarf_types *dt, Dwarf_Die *die)
{
	enum kind kind;
	const char *name;

	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		kind = KIND_STRUCT;
		break;
	case DW_TAG_union_type:
		kind = KIND_UNION;
		break;
	case DW_TAG_enumeration_type:
		kind = KIND_ENUM;
		break;
	case DW_TAG_typedef:
		kind = KIND_TYPEDEF;
		break;
	default:
		return DLK_OK;
	}
	name = name_of(die);
	if (kind == KIND_ENUM && !*name) {
		kind = KIND_UNNAMED_ENUM;
		name = name_of_first(die);
	}
	if (!dlk_is_name(name) || has_flag(die, DW_AT_declaration))
		return DLK_OK;
	return add_entry(dt, name, kind, die);
}

static enum dlk_status announce(struct dwarf_types *dt)
{
	if (dt->unit_count && dt->unit_count % PROGRESS_UNITS == 0)
		dlk_message(dt->base.ctx, DLK_MSG_PROGRESS, "reading types: %u compilation units",
			    dt->unit_count);
	dt->unit_count++;
	return dlk_check_cancel(dt->base.ctx);
}

/* Index one unit more; DLK_ERR_NOTFOUND after the last, DLK_ERR_CORRUPT if some were unreadable. */
static enum dlk_status index_unit(struct dwarf_types *dt)
{
	enum dlk_status status = dt->is_whole ? DLK_OK : announce(dt);
	Dwarf_Die unit, die;
	int rc;

	if (status)
		return status;
	if (!dt->is_whole) {
		rc = dwarf_get_units(dt->dwarf, dt->unit, &dt->unit, NULL, NULL, &unit, NULL);
		dt->is_whole = rc != 0;
		dt->is_damaged |= rc < 0;
	}
	if (dt->is_whole)
		return dt->is_damaged ? corrupt(dt, "it is damaged or cut off") : DLK_ERR_NOTFOUND;
	for (rc = dwarf_child(&unit, &die); !rc && !status; rc = dwarf_siblingof(&die, &die))
		status = index_type(dt, &die);
	dt->is_damaged |= rc < 0;
	return status;
}

/* --- structs */

/* A struct that is only declared here is defined in some other unit. */
static bool define(const struct dwarf_types *dt, Dwarf_Die *die)
{
	enum kind kind = dwarf_tag(die) == DW_TAG_union_type ? KIND_UNION : KIND_STRUCT;
	const struct entry *e;

	if (!has_flag(die, DW_AT_declaration))
		return true;
	e = find_entry(dt, name_of(die), kind);
	return e && die_at(dt, e->type, die);
}

static bool is_composite(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

/* Bytes of a type that is no array; 0 if it has no size. */
static int64_t plain_size(Dwarf_Die *die)
{
	int64_t size = 0;

	if (!get_number(die, DW_AT_byte_size, &size) && dwarf_tag(die) == DW_TAG_pointer_type)
		return POINTER_SIZE;
	return size;
}

static enum dlk_status dwarf_enter(struct dlk_types *types, uint64_t type, const char *wanted,
				   struct dlk_composite *ret)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;
	struct dlk_composite c = { 0 };
	const char *tag;
	Dwarf_Die die;
	int64_t size;

	if (!die_at(dt, type, &die) || !strip(&die, wanted, &c.is_wanted, &c.name) ||
	    !is_composite(&die) || !define(dt, &die))
		return DLK_ERR_NOTFOUND;
	size = plain_size(&die);
	if (size < 0 || size > UINT32_MAX)
		return DLK_ERR_NOTFOUND;
	c.type = type_at(&die);
	c.size = (uint32_t)size;
	tag = name_of(&die);
	if (*tag)
		c.name = tag;
	if (wanted && c.name && !strcmp(c.name, wanted))
		c.is_wanted = true;
	*ret = c;
	return DLK_OK;
}

/* The next child that is a member: c->next is the last one, 0 before the first. */
static enum dlk_status dwarf_next(struct dlk_types *types, struct dlk_composite *c,
				  struct dlk_place *ret)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;
	Dwarf_Die die;
	int rc;

	if (!die_at(dt, c->next ? c->next : c->type, &die))
		return corrupt(dt, "a struct leads nowhere");
	rc = c->next ? dwarf_siblingof(&die, &die) : dwarf_child(&die, &die);
	for (int i = 0; !rc && dwarf_tag(&die) != DW_TAG_member; i++) {
		/* In C there is nothing else; and what children have, one must walk through. */
		if (i == MAX_CHAIN || dwarf_haschildren(&die))
			return corrupt(dt, "a struct of something else than members");
		rc = dwarf_siblingof(&die, &die);
	}
	if (rc || dwarf_haschildren(&die))
		return rc <= 0 ? corrupt(dt, "a struct is damaged") : DLK_ERR_NOTFOUND;
	c->next = type_at(&die);
	*ret = (struct dlk_place){ .name = name_of(&die), .id = c->next };
	return DLK_OK;
}

/* Elements in one dimension; what is not said, as of a flexible array, is 0. */
static uint64_t read_extent(Dwarf_Die *die)
{
	int64_t value;

	if (get_number(die, DW_AT_count, &value))
		return (uint64_t)value;
	/* Of an array of no elements it is -1, in 32 bits or 64. */
	if (get_number(die, DW_AT_upper_bound, &value) && value != UINT32_MAX)
		return (uint64_t)value + 1;
	return 0;
}

static enum dlk_status count_elements(struct dwarf_types *dt, Dwarf_Die *array, uint64_t *elements)
{
	uint64_t count = *elements;
	Dwarf_Die die;
	int rc = dwarf_child(array, &die);

	for (int i = 0; !rc && i < MAX_CHAIN; i++, rc = dwarf_siblingof(&die, &die)) {
		uint64_t extent;

		if (dwarf_tag(&die) != DW_TAG_subrange_type)
			continue;
		extent = read_extent(&die);
		if (extent > UINT32_MAX || count * extent > UINT32_MAX)
			return corrupt(dt, "an array is too large");
		count *= extent;
	}
	if (rc <= 0)
		return corrupt(dt, "an array is damaged");
	*elements = count;
	return DLK_OK;
}

/* Size and elements of a member, by its type. */
static enum dlk_status measure(struct dwarf_types *dt, Dwarf_Die *member, struct dlk_place *ret)
{
	uint64_t elements = 1;
	Dwarf_Die die;

	if (!refer(member, &die))
		return corrupt(dt, "a member has no type");
	for (int i = 0; i < MAX_CHAIN; i++) {
		uint64_t type = type_at(&die);
		enum dlk_status status;
		int64_t size;

		if (!strip(&die, NULL, NULL, NULL))
			return corrupt(dt, "a type leads nowhere");
		if (dwarf_tag(&die) != DW_TAG_array_type) {
			size = is_composite(&die) && !define(dt, &die) ? -1 : plain_size(&die);
			if (size < 0 || size > UINT32_MAX || (uint64_t)size * elements > UINT32_MAX)
				return corrupt(dt, "a member has no size, or too much of it");
			ret->type = type;
			ret->member.size = (uint32_t)((uint64_t)size * elements);
			ret->member.count = (uint32_t)elements;
			return DLK_OK;
		}
		ret->is_array = true;
		status = count_elements(dt, &die, &elements);
		if (status)
			return status;
		if (!refer(&die, &die))
			break;
	}
	return corrupt(dt, "an array leads nowhere");
}

/* Bytes from the start of the struct; a union's members say nothing. */
static bool read_location(Dwarf_Die *member, int64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Op *op;
	size_t len;

	if (!dwarf_attr(member, DW_AT_data_member_location, &attr)) {
		*ret = 0;
		return true;
	}
	if (read_number(&attr, ret))
		return true;
	/* DWARF 2: an expression that adds to the struct's address. */
	if (dwarf_getlocation(&attr, &op, &len) || len != 1 || op->atom != DW_OP_plus_uconst)
		return false;
	*ret = (int64_t)op->number;
	return true;
}

/*
 * Bits from the start of the struct.
 *
 * Until DWARF 4 they were counted from the highest bit of the storage unit.
 */
static int64_t read_bit(Dwarf_Die *member, const struct dlk_member *m, int64_t bytes, int64_t bits)
{
	int64_t offset, unit = m->size;

	if (get_number(member, DW_AT_data_bit_offset, &offset))
		return offset;
	if (!get_number(member, DW_AT_bit_offset, &offset))
		return bytes * 8;
	(void)get_number(member, DW_AT_byte_size, &unit);
	if (offset > INT32_MAX || offset < INT32_MIN || unit > INT32_MAX || unit < 0)
		return -1;
	return bytes * 8 + unit * 8 - offset - bits;
}

static enum dlk_status dwarf_place(struct dlk_types *types, const struct dlk_composite *c,
				   struct dlk_place *p)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;
	int64_t bytes, bits = 0, bit;
	enum dlk_status status;
	Dwarf_Die die;

	if (!die_at(dt, p->id, &die))
		return corrupt(dt, "a member leads nowhere");
	status = measure(dt, &die, p);
	if (status)
		return status;
	if (!read_location(&die, &bytes) || bytes < 0 || bytes > c->size)
		return corrupt(dt, "a member is outside of its struct");
	if (!get_number(&die, DW_AT_bit_size, &bits)) {
		if (p->member.size > c->size - bytes)
			return corrupt(dt, "a member is outside of its struct");
		p->member.offset = (uint32_t)bytes;
		return DLK_OK;
	}
	bit = read_bit(&die, &p->member, bytes, bits);
	if (bits <= 0 || bits > 64 || bit < 0 ||
	    !dlk_place_bits(&p->member, c->size, (uint64_t)bit, (uint32_t)bits))
		return corrupt(dt, "a bit-field is outside of its struct");
	return DLK_OK;
}

/* Among what is in the index so far. */
static bool find_indexed(struct dwarf_types *dt, const char *name, struct dlk_composite *ret)
{
	static const enum kind kinds[] = { KIND_STRUCT, KIND_UNION, KIND_TYPEDEF };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct entry *e = find_entry(dt, name, kinds[i]);

		if (e && !dwarf_enter(&dt->base, e->type, NULL, ret))
			return true;
	}
	return false;
}

static enum dlk_status dwarf_find(struct dlk_types *types, const char *name,
				  struct dlk_composite *ret)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;
	enum dlk_status status = *name ? DLK_OK : DLK_ERR_NOTFOUND;

	while (!status) {
		if (find_indexed(dt, name, ret))
			return DLK_OK;
		status = index_unit(dt);
	}
	return status;
}

static const struct dlk_descent_ops descent = {
	.find = dwarf_find,
	.enter = dwarf_enter,
	.next = dwarf_next,
	.place = dwarf_place,
};

static enum dlk_status dwarf_size(struct dlk_types *types, const char *type, uint32_t *ret)
{
	struct dlk_composite c;
	enum dlk_status status = dwarf_find(types, type, &c);

	if (!status)
		*ret = c.size;
	return status;
}

static enum dlk_status dwarf_find_member(struct dlk_types *types, const char *type,
					 const char *member, struct dlk_member *ret)
{
	return dlk_descent_member(types, &descent, type, member, ret);
}

static enum dlk_status dwarf_path_at(struct dlk_types *types, const char *type, uint32_t offset,
				     const char *wanted, const char **path, const char **outer)
{
	const struct dlk_descent_goal goal = { type, offset, wanted };

	return dlk_descent_path(types, &descent, &goal, path, outer);
}

/* --- enums */

/* Look into one enum, or a typedef of one. */
static bool find_enumerator(const struct dwarf_types *dt, uint64_t type, const char *name,
			    int64_t *ret)
{
	Dwarf_Die die;
	int rc;

	if (!die_at(dt, type, &die) || !strip(&die, NULL, NULL, NULL) ||
	    dwarf_tag(&die) != DW_TAG_enumeration_type)
		return false;
	rc = dwarf_child(&die, &die);
	for (uint32_t i = 0; !rc && i < MAX_STEPS && !dwarf_haschildren(&die);
	     i++, rc = dwarf_siblingof(&die, &die))
		if (dwarf_tag(&die) == DW_TAG_enumerator && !strcmp(name_of(&die), name))
			return get_number(&die, DW_AT_const_value, ret);
	return false;
}

/* In all enums of the index from @p *start on; the next time there will be only new ones. */
static bool find_in_new(const struct dwarf_types *dt, uint32_t *start, const char *name,
			int64_t *ret)
{
	for (; *start < dt->index.len; ++*start) {
		const struct entry *e = DLK_VEC_AT(&dt->index, struct entry, *start);

		if ((e->kind == KIND_ENUM || e->kind == KIND_UNNAMED_ENUM) &&
		    find_enumerator(dt, e->type, name, ret))
			return true;
	}
	return false;
}

static bool find_in_named(const struct dwarf_types *dt, const char *type, const char *name,
			  int64_t *ret)
{
	const struct entry *e = find_entry(dt, type, KIND_ENUM);

	if (e && find_enumerator(dt, e->type, name, ret))
		return true;
	e = find_entry(dt, type, KIND_TYPEDEF);
	return e && find_enumerator(dt, e->type, name, ret);
}

/* The enum of a name may have been found without the enumerator: then no other unit has it. */
static enum dlk_status dwarf_enumerator(struct dlk_types *types, const char *type, const char *name,
					int64_t *ret)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;
	enum dlk_status status = DLK_OK;
	uint32_t start = 0;

	while (!status) {
		if (type ? find_in_named(dt, type, name, ret) : find_in_new(dt, &start, name, ret))
			return DLK_OK;
		if (type && find_entry(dt, type, KIND_ENUM))
			return DLK_ERR_NOTFOUND;
		status = index_unit(dt);
	}
	return status;
}

static void dwarf_close(struct dlk_types *types)
{
	struct dwarf_types *dt = (struct dwarf_types *)types;

	dwarf_end(dt->dwarf);
	dt->dwarf = NULL;
}

static const struct dlk_types_ops dwarf_ops = {
	.name = "dwarf",
	.size = dwarf_size,
	.member = dwarf_find_member,
	.enumerator = dwarf_enumerator,
	.path_at = dwarf_path_at,
	.close = dwarf_close,
};

enum dlk_status dlk_dwarf_open(struct dlk_ctx *ctx, struct Elf *elf, struct dlk_types **ret)
{
	struct dwarf_types *dt = dlk_alloc(ctx, sizeof(*dt));
	enum dlk_status status;

	if (!dt)
		return dlk_nomem(ctx);
	*dt = (struct dwarf_types){ .base = { &dwarf_ops, ctx },
				    .index = DLK_VEC_INIT(struct entry) };
	dt->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!dt->dwarf)
		return dlk_fail(ctx, DLK_ERR_NOTFOUND, "DWARF: %s", dwarf_errmsg(-1));
	status = dlk_dwarf_judge_units(ctx, elf, dt->dwarf);
	if (status)
		dwarf_close(&dt->base);
	else
		*ret = &dt->base;
	return status;
}
