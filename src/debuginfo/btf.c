/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types from BTF (Documentation/bpf/btf.rst), taken apart by libbpf.
 *
 * libbpf checks the header, the bounds of every type record and the end of the string section, and
 * nothing else: type ids may point anywhere, back to where they come from, offsets may lie outside
 * of their struct.  So every chain of modifiers, every nesting and the number of members looked at
 * in one question are bounded here, and a member outside of its struct is corrupt data.  There is
 * no recursion.  This is the only file that knows libbpf.
 *
 * Names are looked up in a hash of all named structs, unions, enums and typedefs, made once.  Two
 * types of the same kind and name (two source files, two structs) are not told apart: the first
 * counts.  That is how it can be wrong; none of the types that matter here has a namesake.
 */
#include <config.h>

#include "debuginfo/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

enum {
	MAX_CHAIN = 64,     /* modifiers and typedefs in a row */
	MAX_NESTING = 32,   /* structs in structs */
	MAX_STEPS = 1 << 20 /* members looked at in one question */
};

struct btf_types {
	struct dlk_types base;
	struct btf *btf;
	uint32_t count;           /* ids are below it; 0 is void */
	uint32_t *buckets, *next; /* ids; 0 ends a chain */
	uint32_t mask;
};

/* A member of one struct, relative to it. */
struct place {
	const char *name; /* "" if unnamed */
	uint32_t type;    /* as declared; of a bit-field, its storage unit's */
	struct dlk_member member;
};

/* A struct in the course of a descent. */
struct frame {
	const struct btf_type *type;
	const char *type_name;   /* tag or typedef; NULL if it has neither */
	const char *member_name; /* of the member that led here; "" if unnamed or none did */
	uint32_t index;          /* next member to look at */
	uint32_t offset;         /* member: of this struct from the first; path_at: left to go */
	uint32_t element;        /* which one of member_name; UINT32_MAX if it is no array */
};

struct stack {
	struct frame frames[MAX_NESTING];
	uint32_t len, steps;
};

static enum dlk_status corrupt(struct btf_types *bt, const char *what)
{
	return dlk_fail(bt->base.ctx, DLK_ERR_CORRUPT, "BTF: %s", what);
}

static const char *name_at(const struct btf_types *bt, uint32_t offset)
{
	const char *name = btf__name_by_offset(bt->btf, offset);

	return name ? name : "";
}

/*
 * Skip modifiers and typedefs.
 *
 * *is_wanted becomes true if a typedef on the way has the name @p wanted, *name the last typedef's
 * name; both may be NULL.
 */
static const struct btf_type *strip(const struct btf_types *bt, uint32_t id, const char *wanted,
				    bool *is_wanted, const char **name)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);

		if (!t || (!btf_is_mod(t) && !btf_is_typedef(t)))
			return t;
		if (btf_is_typedef(t)) {
			const char *text = name_at(bt, t->name_off);

			if (is_wanted && !strcmp(text, wanted))
				*is_wanted = true;
			if (name)
				*name = text;
		}
		id = t->type;
	}
	return NULL;
}

static const struct btf_type *strip_all(const struct btf_types *bt, uint32_t id)
{
	return strip(bt, id, NULL, NULL, NULL);
}

/* The type of an array's elements, of all dimensions; another type's own. */
static uint32_t element_type(const struct btf_types *bt, uint32_t id)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *t = strip_all(bt, id);

		if (!t || !btf_is_array(t))
			break;
		id = btf_array(t)->type;
	}
	return id;
}

/* Bytes of a type that is no array; 0 if it has no size. */
static uint32_t plain_size(const struct btf_types *bt, const struct btf_type *t)
{
	if (btf_is_ptr(t))
		return (uint32_t)btf__pointer_size(bt->btf);
	if (btf_is_composite(t) || btf_is_int(t) || btf_is_any_enum(t) || btf_is_float(t))
		return t->size;
	return 0;
}

/* Bytes and elements of a type. */
static enum dlk_status measure(struct btf_types *bt, uint32_t id, uint32_t *size, uint32_t *count)
{
	uint64_t elements = 1, bytes;

	for (int i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *t = strip_all(bt, id);

		if (!t)
			return corrupt(bt, "a type leads nowhere");
		if (!btf_is_array(t)) {
			bytes = elements * plain_size(bt, t);
			if (bytes > UINT32_MAX)
				break;
			*size = (uint32_t)bytes;
			*count = (uint32_t)elements;
			return DLK_OK;
		}
		elements *= btf_array(t)->nelems;
		if (elements > UINT32_MAX)
			break;
		id = btf_array(t)->type;
	}
	return corrupt(bt, "an array is too large");
}

/*
 * Place a bit-field in its storage unit: the aligned unit of its type's size, or, if it straddles
 * two of these or the unit reaches beyond the struct (packed ones do that), the bytes that it
 * touches, rounded up to a size that can be read at once.
 */
static void place_bits(struct dlk_member *m, uint32_t struct_size, uint64_t bit, uint32_t bits)
{
	uint64_t unit = m->size ? m->size : 1, offset = bit / 8 / unit * unit;

	if (bit + bits > (offset + unit) * 8 || offset + unit > struct_size) {
		uint64_t end = (bit + bits + 7) / 8;

		offset = bit / 8;
		for (unit = 1; unit < end - offset && unit < 8;)
			unit *= 2;
		if (offset + unit > struct_size)
			offset = struct_size > unit ? struct_size - unit : 0;
	}
	m->offset = (uint32_t)offset;
	m->size = (uint32_t)unit;
	m->bit_offset = (uint32_t)(bit - offset * 8);
	m->bit_size = bits;
}

/* Bits of a member, for the old encoding (before kind_flag) as well; 0 if it is no bit-field. */
static uint32_t member_bits(const struct btf_types *bt, const struct btf_type *parent,
			    uint32_t index, uint64_t *bit)
{
	uint32_t bits = btf_member_bitfield_size(parent, index);
	const struct btf_type *t;

	if (bits || btf_kflag(parent))
		return bits;
	t = strip_all(bt, btf_members(parent)[index].type);
	if (!t || !btf_is_int(t) || btf_int_bits(t) == t->size * 8)
		return 0;
	*bit += btf_int_offset(t);
	return btf_int_bits(t);
}

/* Where member @p index of a struct or union is; corrupt if outside of it. */
static enum dlk_status place_member(struct btf_types *bt, const struct btf_type *parent,
				    uint32_t index, struct place *ret)
{
	const struct btf_member *bm = &btf_members(parent)[index];
	uint64_t bit = btf_member_bit_offset(parent, index);
	uint32_t bits = member_bits(bt, parent, index, &bit);
	struct place p = { .name = name_at(bt, bm->name_off), .type = bm->type };
	enum dlk_status status = measure(bt, bm->type, &p.member.size, &p.member.count);

	if (status)
		return status;
	if (bits || bit % 8) {
		if (!bits || bit + bits > (uint64_t)parent->size * 8)
			return corrupt(bt, "a bit-field is outside of its struct");
		place_bits(&p.member, parent->size, bit, bits);
	} else {
		p.member.offset = (uint32_t)(bit / 8);
		if (p.member.offset > parent->size ||
		    p.member.size > parent->size - p.member.offset)
			return corrupt(bt, "a member is outside of its struct");
	}
	*ret = p;
	return DLK_OK;
}

static enum dlk_status push(struct btf_types *bt, struct stack *stack, const struct frame *frame)
{
	if (stack->len == MAX_NESTING)
		return corrupt(bt, "structs are nested too deeply");
	stack->frames[stack->len++] = *frame;
	return DLK_OK;
}

/* The next member of the innermost struct that has one left; DLK_ERR_NOTFOUND after the last. */
static enum dlk_status next_member(struct btf_types *bt, struct stack *stack, struct place *ret)
{
	while (stack->len) {
		struct frame *top = &stack->frames[stack->len - 1];

		if (top->index < btf_vlen(top->type)) {
			if (stack->steps++ == MAX_STEPS)
				return corrupt(bt, "structs are nested without end");
			return place_member(bt, top->type, top->index++, ret);
		}
		stack->len--;
	}
	return DLK_ERR_NOTFOUND;
}

/* Find one component of a path in a struct and in the unnamed ones inside it. */
static enum dlk_status find_component(struct btf_types *bt, const struct btf_type *type,
				      const char *name, size_t len, struct place *ret)
{
	struct stack stack = { .len = 1, .frames[0] = { .type = type } };
	struct place place;
	enum dlk_status status;

	while (!(status = next_member(bt, &stack, &place))) {
		uint32_t base = stack.frames[stack.len - 1].offset;
		const struct btf_type *inner;

		place.member.offset += base;
		if (*place.name) {
			if (strncmp(place.name, name, len) || place.name[len])
				continue;
			*ret = place;
			return DLK_OK;
		}
		inner = strip_all(bt, place.type);
		if (!inner || !btf_is_composite(inner))
			continue;
		status = push(bt, &stack,
			      &(struct frame){ .type = inner, .offset = place.member.offset });
		if (status)
			break;
	}
	return status;
}

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ^ hash >> 15;
}

/* The first type of this name and kind from @p id on, in the order of ids; 0 if there is none. */
static uint32_t find_from(const struct btf_types *bt, uint32_t id, const char *name, uint32_t kind)
{
	for (; id; id = bt->next[id]) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);

		if (t && btf_kind(t) == kind && !strcmp(name_at(bt, t->name_off), name))
			return id;
	}
	return 0;
}

static uint32_t chain_of(const struct btf_types *bt, const char *name)
{
	return *name ? bt->buckets[hash_name(name) & bt->mask] : 0;
}

/* Find a struct or union, or a typedef that leads to one; NULL if there is none. */
static const struct btf_type *find_composite(const struct btf_types *bt, const char *name)
{
	uint32_t chain = chain_of(bt, name);
	uint32_t id = find_from(bt, chain, name, BTF_KIND_STRUCT);

	if (!id)
		id = find_from(bt, chain, name, BTF_KIND_UNION);
	if (id)
		return btf__type_by_id(bt->btf, id);
	while ((id = find_from(bt, chain, name, BTF_KIND_TYPEDEF))) {
		const struct btf_type *t = strip_all(bt, id);

		if (t && btf_is_composite(t))
			return t;
		chain = bt->next[id];
	}
	return NULL;
}

static enum dlk_status btf_size(struct dlk_types *types, const char *type, uint32_t *ret)
{
	const struct btf_type *t = find_composite((struct btf_types *)types, type);

	if (!t)
		return DLK_ERR_NOTFOUND;
	*ret = t->size;
	return DLK_OK;
}

static enum dlk_status btf_find_member(struct dlk_types *types, const char *type,
				       const char *member, struct dlk_member *ret)
{
	struct btf_types *bt = (struct btf_types *)types;
	const struct btf_type *t = find_composite(bt, type);
	uint64_t offset = 0;

	for (;;) {
		size_t len = strcspn(member, ".");
		struct place place;
		enum dlk_status status;

		if (!t || !btf_is_composite(t) || !len)
			return DLK_ERR_NOTFOUND;
		status = find_component(bt, t, member, len, &place);
		if (status)
			return status;
		offset += place.member.offset;
		if (offset > UINT32_MAX)
			return corrupt(bt, "a member's offset is too large");
		if (!member[len]) {
			*ret = place.member;
			ret->offset = (uint32_t)offset;
			return DLK_OK;
		}
		member += len + 1;
		t = strip_all(bt, element_type(bt, place.type));
	}
}

/* kind_flag says signed (commit 6089fb325cf7, v6.0). */
static bool find_enumerator(const struct btf_types *bt, const struct btf_type *t, const char *name,
			    int64_t *ret)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (btf_is_enum64(t)) {
			const struct btf_enum64 *e = &btf_enum64(t)[i];

			if (strcmp(name_at(bt, e->name_off), name))
				continue;
			*ret = (int64_t)((uint64_t)e->val_hi32 << 32 | e->val_lo32);
			return true;
		}
		if (strcmp(name_at(bt, btf_enum(t)[i].name_off), name))
			continue;
		*ret = btf_kflag(t) ? btf_enum(t)[i].val : (int64_t)(uint32_t)btf_enum(t)[i].val;
		return true;
	}
	return false;
}

/* Look through the enums of a name; a typedef of an unnamed enum has a name as well. */
static bool find_in_named_enums(const struct btf_types *bt, const char *type, const char *name,
				int64_t *ret)
{
	for (uint32_t id = chain_of(bt, type); id; id = bt->next[id]) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);

		if (!t || strcmp(name_at(bt, t->name_off), type))
			continue;
		t = strip_all(bt, id);
		if (t && btf_is_any_enum(t) && find_enumerator(bt, t, name, ret))
			return true;
	}
	return false;
}

static enum dlk_status btf_enumerator(struct dlk_types *types, const char *type, const char *name,
				      int64_t *ret)
{
	struct btf_types *bt = (struct btf_types *)types;

	if (type)
		return find_in_named_enums(bt, type, name, ret) ? DLK_OK : DLK_ERR_NOTFOUND;
	for (uint32_t id = 1; id < bt->count; id++) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);

		if (t && btf_is_any_enum(t) && find_enumerator(bt, t, name, ret))
			return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

/* Put the way to the top of the stack into words. */
static enum dlk_status name_path(struct btf_types *bt, const struct stack *stack, const char **path,
				 const char **outer)
{
	struct dlk_strbuf sb = { .ctx = bt->base.ctx };
	const char *innermost = "";
	char *copy;

	for (uint32_t i = 0; i < stack->len; i++) {
		const struct frame *frame = &stack->frames[i];

		/* The last one is what was looked for: it does not contain itself. */
		if (frame->type_name && i + 1 < stack->len)
			innermost = frame->type_name;
		if (!*frame->member_name)
			continue;
		dlk_strbuf_printf(&sb, "%s%s", sb.len ? "." : "", frame->member_name);
		if (frame->element != UINT32_MAX)
			dlk_strbuf_printf(&sb, "[%u]", frame->element);
	}
	copy = dlk_strdup(bt->base.ctx, innermost);
	if (sb.is_cut || !copy)
		return dlk_nomem(bt->base.ctx);
	*path = dlk_strbuf_text(&sb);
	*outer = copy;
	return DLK_OK;
}

/* The struct at @p offset in a member; false if the member is elsewhere or no struct. */
static bool enter(const struct btf_types *bt, const struct place *place, uint32_t offset,
		  const char *wanted, struct frame *ret, bool *is_wanted)
{
	const struct dlk_member *m = &place->member;
	uint32_t id = element_type(bt, place->type);
	bool is_array = id != place->type && btf_is_array(strip_all(bt, place->type));
	struct frame frame = { .member_name = place->name, .element = UINT32_MAX };

	*is_wanted = false;
	if (m->bit_size || !m->count || offset < m->offset ||
	    offset - m->offset > m->size - (m->size > 0))
		return false;
	frame.type = strip(bt, id, wanted, is_wanted, &frame.type_name);
	if (!frame.type || !btf_is_composite(frame.type))
		return false;
	if (*name_at(bt, frame.type->name_off))
		frame.type_name = name_at(bt, frame.type->name_off);
	frame.offset = offset - m->offset;
	if (is_array) {
		uint32_t size = m->size / m->count;

		frame.element = size ? frame.offset / size : 0;
		frame.offset = size ? frame.offset % size : 0;
	}
	if (frame.type_name && !strcmp(frame.type_name, wanted))
		*is_wanted = true;
	*is_wanted = *is_wanted && !frame.offset;
	*ret = frame;
	return true;
}

static enum dlk_status btf_path_at(struct dlk_types *types, const char *type, uint32_t offset,
				   const char *wanted, const char **path, const char **outer)
{
	struct btf_types *bt = (struct btf_types *)types;
	const struct btf_type *t = find_composite(bt, type);
	struct stack stack = { .len = 1 };
	struct place place;
	enum dlk_status status;

	if (!t)
		return DLK_ERR_NOTFOUND;
	stack.frames[0] = (struct frame){ .type = t,
					  .type_name = type,
					  .member_name = "",
					  .offset = offset,
					  .element = UINT32_MAX };
	while (!(status = next_member(bt, &stack, &place))) {
		struct frame inner;
		bool is_wanted;

		if (!enter(bt, &place, stack.frames[stack.len - 1].offset, wanted, &inner,
			   &is_wanted))
			continue;
		status = push(bt, &stack, &inner);
		if (status)
			break;
		if (is_wanted)
			return name_path(bt, &stack, path, outer);
	}
	return status;
}

static void btf_close(struct dlk_types *types)
{
	struct btf_types *bt = (struct btf_types *)types;

	btf__free(bt->btf);
	bt->btf = NULL;
}

static const struct dlk_types_ops btf_ops = {
	.name = "btf",
	.size = btf_size,
	.member = btf_find_member,
	.enumerator = btf_enumerator,
	.path_at = btf_path_at,
	.close = btf_close,
};

/* From the last to the first, each at the head of its chain: chains are in the order of ids. */
static enum dlk_status make_index(struct btf_types *bt)
{
	uint32_t size = 1024;

	while (size < bt->count / 2 && size < 1u << 30)
		size *= 2;
	bt->mask = size - 1;
	bt->buckets = dlk_calloc(bt->base.ctx, size, sizeof(*bt->buckets));
	bt->next = dlk_calloc(bt->base.ctx, bt->count, sizeof(*bt->next));
	if (!bt->buckets || !bt->next)
		return dlk_nomem(bt->base.ctx);
	for (uint32_t id = bt->count; id-- > 1;) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);
		uint32_t *bucket;

		if (!t || !t->name_off ||
		    !(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t)))
			continue;
		bucket = &bt->buckets[hash_name(name_at(bt, t->name_off)) & bt->mask];
		bt->next[id] = *bucket;
		*bucket = id;
	}
	return DLK_OK;
}

enum dlk_status dlk_btf_open(struct dlk_ctx *ctx, const void *data, size_t size,
			     struct dlk_types **ret)
{
	struct btf_types *bt = dlk_alloc(ctx, sizeof(*bt));
	enum dlk_status status;

	if (!bt)
		return dlk_nomem(ctx);
	bt->base = (struct dlk_types){ &btf_ops, ctx };
	if (size > UINT32_MAX)
		return corrupt(bt, "4 GiB and more of it");
	libbpf_set_print(NULL);
	bt->btf = btf__new(data, (uint32_t)size);
	if (!bt->btf)
		return errno == ENOMEM ? dlk_nomem(ctx) : corrupt(bt, strerror(errno));
	bt->count = btf__type_cnt(bt->btf);
	status = make_index(bt);
	if (status) {
		btf_close(&bt->base);
		return status;
	}
	*ret = &bt->base;
	return DLK_OK;
}
