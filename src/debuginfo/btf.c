/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types from BTF (Documentation/bpf/btf.rst), taken apart by libbpf.
 *
 * libbpf checks the header, the bounds of every type record and the end of the string section, newer
 * ones (1.5, not 1.1) also that every type is there that is named by its id; and nothing else.  Types may
 * lead back to where they come from, or nowhere, and offsets may lie outside of their struct.  So every chain
 * of modifiers is bounded here, and a member outside of its struct is corrupt data; descent.c bounds the
 * rest.  This is the only file that knows libbpf.
 *
 * Names are looked up in a hash of all named structs, unions, enums and typedefs, made once.  Two
 * types of the same kind and name (two source files, two structs) are not told apart: the first
 * counts.  That is how it can be wrong; none of the types that matter here has a namesake.  Of all that have one
 * hash only the first few are found: any number of types may be made to have one name.
 */
#include <config.h>

#include "debuginfo/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "debuginfo/descent.h"

enum {
	MAX_BTF = 64 << 20, /* stock kernels have 5 to 10 MiB */
	CANCEL_EVERY = 4096,
	MAX_CHAIN = 64,     /* modifiers and typedefs in a row */
	MAX_SAME_HASH = 256 /* of these many types the others are not found */
};

struct btf_types {
	struct dlk_types base;
	struct btf *btf;
	uint32_t count;           /* ids are below it; 0 is void */
	uint32_t *buckets, *next; /* ids; 0 ends a chain */
	uint32_t mask;
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
 * Skip modifiers and typedefs; UINT32_MAX if that does not end.
 *
 * *is_wanted becomes true if a typedef on the way has the name @p wanted, *name the last typedef's
 * name; all may be NULL.
 */
static uint32_t strip(const struct btf_types *bt, uint32_t id, const char *wanted, bool *is_wanted,
		      const char **name)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *t = btf__type_by_id(bt->btf, id);

		if (!t || (!btf_is_mod(t) && !btf_is_typedef(t)))
			return id;
		if (btf_is_typedef(t)) {
			const char *text = name_at(bt, t->name_off);

			if (wanted && !strcmp(text, wanted))
				*is_wanted = true;
			if (name)
				*name = text;
		}
		id = t->type;
	}
	return UINT32_MAX;
}

static const struct btf_type *strip_all(const struct btf_types *bt, uint32_t id)
{
	return btf__type_by_id(bt->btf, strip(bt, id, NULL, NULL, NULL));
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

/* Where a member of a struct or union is; corrupt if outside of it. */
static enum dlk_status btf_place(struct dlk_types *types, const struct dlk_composite *c,
				 struct dlk_place *p)
{
	struct btf_types *bt = (struct btf_types *)types;
	const struct btf_type *parent = btf__type_by_id(bt->btf, (uint32_t)c->type), *t;
	uint32_t index = (uint32_t)p->id, type = btf_members(parent)[index].type;
	uint64_t bit = btf_member_bit_offset(parent, index);
	uint32_t bits = member_bits(bt, parent, index, &bit);
	struct dlk_member m = { 0 };
	enum dlk_status status = measure(bt, type, &m.size, &m.count);

	if (status)
		return status;
	if (bits || bit % 8) {
		if (!dlk_place_bits(&m, parent->size, bit, bits))
			return corrupt(bt, "a bit-field is outside of its struct");
	} else {
		m.offset = (uint32_t)(bit / 8);
		if (m.offset > parent->size || m.size > parent->size - m.offset)
			return corrupt(bt, "a member is outside of its struct");
	}
	t = strip_all(bt, type);
	p->is_array = t && btf_is_array(t);
	p->type = element_type(bt, type);
	p->member = m;
	return DLK_OK;
}

static enum dlk_status btf_next(struct dlk_types *types, struct dlk_composite *c,
				struct dlk_place *ret)
{
	struct btf_types *bt = (struct btf_types *)types;
	const struct btf_type *t = btf__type_by_id(bt->btf, (uint32_t)c->type);

	if (c->next >= btf_vlen(t))
		return DLK_ERR_NOTFOUND;
	*ret = (struct dlk_place){ .name = name_at(bt, btf_members(t)[c->next].name_off),
				   .id = c->next };
	c->next++;
	return DLK_OK;
}

static enum dlk_status btf_enter(struct dlk_types *types, uint64_t type, const char *wanted,
				 struct dlk_composite *ret)
{
	struct btf_types *bt = (struct btf_types *)types;
	struct dlk_composite c = { 0 };
	uint32_t id = strip(bt, (uint32_t)type, wanted, &c.is_wanted, &c.name);
	const struct btf_type *t = btf__type_by_id(bt->btf, id);

	if (!t || !btf_is_composite(t))
		return DLK_ERR_NOTFOUND;
	c.type = id;
	c.size = t->size;
	if (*name_at(bt, t->name_off))
		c.name = name_at(bt, t->name_off);
	if (wanted && c.name && !strcmp(c.name, wanted))
		c.is_wanted = true;
	*ret = c;
	return DLK_OK;
}

/* The types of one hash, in the order of ids. */
struct chain {
	uint32_t id; /* 0: there is none that is left */
	uint32_t left;
};

static struct chain chain_of(const struct btf_types *bt, const char *name)
{
	uint32_t id = *name ? bt->buckets[dlk_hash_name(name) & bt->mask] : 0;

	return (struct chain){ id, MAX_SAME_HASH };
}

static void go_on(const struct btf_types *bt, struct chain *chain)
{
	chain->id = --chain->left ? bt->next[chain->id] : 0;
}

/* Go to the first type of this name and kind, from where the chain is; its id, 0 if there is none. */
static uint32_t find_from(const struct btf_types *bt, struct chain *chain, const char *name,
			  uint32_t kind)
{
	for (; chain->id; go_on(bt, chain)) {
		const struct btf_type *t = btf__type_by_id(bt->btf, chain->id);

		if (t && btf_kind(t) == kind && !strcmp(name_at(bt, t->name_off), name))
			break;
	}
	return chain->id;
}

static uint32_t find_named(const struct btf_types *bt, const char *name, uint32_t kind)
{
	struct chain chain = chain_of(bt, name);

	return find_from(bt, &chain, name, kind);
}

/* Find a struct or union, or a typedef that leads to one. */
static enum dlk_status btf_find(struct dlk_types *types, const char *name,
				struct dlk_composite *ret)
{
	struct btf_types *bt = (struct btf_types *)types;
	struct chain chain = chain_of(bt, name);
	uint32_t id = find_named(bt, name, BTF_KIND_STRUCT);

	if (!id)
		id = find_named(bt, name, BTF_KIND_UNION);
	if (id)
		return btf_enter(types, id, NULL, ret);
	for (; (id = find_from(bt, &chain, name, BTF_KIND_TYPEDEF)); go_on(bt, &chain))
		if (!btf_enter(types, id, NULL, ret))
			return DLK_OK;
	return DLK_ERR_NOTFOUND;
}

static const struct dlk_descent_ops descent = {
	.find = btf_find,
	.enter = btf_enter,
	.next = btf_next,
	.place = btf_place,
};

static enum dlk_status btf_size(struct dlk_types *types, const char *type, uint32_t *ret)
{
	struct dlk_composite c;
	enum dlk_status status = btf_find(types, type, &c);

	if (!status)
		*ret = c.size;
	return status;
}

static enum dlk_status btf_find_member(struct dlk_types *types, const char *type,
				       const char *member, struct dlk_member *ret)
{
	return dlk_descent_member(types, &descent, type, member, ret);
}

static enum dlk_status btf_path_at(struct dlk_types *types, const char *type, uint32_t offset,
				   const char *wanted, const char **path, const char **outer)
{
	const struct dlk_descent_goal goal = { type, offset, wanted };

	return dlk_descent_path(types, &descent, &goal, path, outer);
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
	for (struct chain chain = chain_of(bt, type); chain.id; go_on(bt, &chain)) {
		const struct btf_type *t = btf__type_by_id(bt->btf, chain.id);

		if (!t || strcmp(name_at(bt, t->name_off), type))
			continue;
		t = strip_all(bt, chain.id);
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

		if (id % CANCEL_EVERY == 0 && dlk_check_cancel(bt->base.ctx))
			return DLK_ERR_CANCELED;
		if (!t || !dlk_is_name(name_at(bt, t->name_off)) ||
		    !(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t)))
			continue;
		bucket = &bt->buckets[dlk_hash_name(name_at(bt, t->name_off)) & bt->mask];
		bt->next[id] = *bucket;
		*bucket = id;
	}
	return DLK_OK;
}

/* libbpf reads records of 32-bit words where the header says that they are. */
static bool is_aligned(const void *data, size_t size)
{
	struct btf_header header;

	if (size < sizeof(header))
		return true; /* which it says itself */
	memcpy(&header, data, sizeof(header));
	return header.hdr_len % sizeof(uint32_t) == 0 && header.type_off % sizeof(uint32_t) == 0;
}

enum dlk_status dlk_btf_open(struct dlk_ctx *ctx, const void *data, size_t size,
			     struct dlk_types **ret)
{
	struct btf_types *bt = dlk_alloc(ctx, sizeof(*bt));
	enum dlk_status status;

	if (!bt)
		return dlk_nomem(ctx);
	bt->base = (struct dlk_types){ &btf_ops, ctx };
	/* libbpf copies it. */
	if (size > MAX_BTF)
		return dlk_fail(ctx, DLK_ERR_LIMIT, "BTF: %zu MiB of it", size >> 20);
	if (!is_aligned(data, size))
		return corrupt(bt, "its types are not aligned");
	libbpf_set_print(NULL);
	bt->btf = btf__new(data, (uint32_t)size);
	if (!bt->btf)
		return errno == ENOMEM ? dlk_nomem(ctx) : corrupt(bt, "it makes no sense");
	bt->count = btf__type_cnt(bt->btf);
	status = make_index(bt);
	if (status) {
		btf_close(&bt->base);
		return status;
	}
	*ret = &bt->base;
	return DLK_OK;
}
