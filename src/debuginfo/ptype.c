/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types by "ptype /o".
 *
 *	/" offset    |  size "/  type = struct page {
 *	/"    0      |     8 "/    unsigned long flags;
 *	/"    8      |    40 "/    union {
 *	/"                40 "/        struct {                     in a union: it starts where that does
 *	/"    8      |    16 "/            struct list_head {
 *	...
 *	                                   } lru;
 *	/"  516: 3   |     4 "/        unsigned int dl_overrun : 1; byte, bit, size of the type
 *	/" XXX  4-byte hole  "/
 *	                               /" total size (bytes):   40 "/
 *	                           };
 *
 * (with asterisks for the quotes).  Each line opens a struct, closes one, or is a member.  Members
 * that are arrays of structs, or have a typedef for their type, are not written out: these are
 * asked for by name when somebody goes into them.
 *
 * Without offsets it is like a declaration in C: structs that have a tag are not written out.  All
 * members that have a name are then asked for their places, and the rest follows: an unnamed struct is
 * where its members are.  What comes of it is the same tree, and all that follows knows no difference.
 *
 * How it can be wrong: an array of unnamed structs cannot be asked for, and what is inside is not
 * found.  Where no offsets are printed, a bit-field is not found either, for an address does not say which
 * bits, nor what is in a struct without a tag inside of another, which is printed as "struct {...}".
 */
#include <config.h>

#include "debuginfo/ptype.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/vec.h"
#include "deadlock/model.h"
#include "debuginfo/descent.h"
#include "debuginfo/ptype_text.h"

enum { MAX_NAME = 256 };

/* An answer; the type is NULL if it is no struct. */
struct answer {
	const char *question;
	struct dlk_ptype_node *type;
};

struct ptypes {
	struct dlk_types types;
	struct dlk_types_ops ops;
	struct dlk_gdb gdb;
	struct dlk_vec answers; /* of struct answer */
	struct dlk_vec nodes;   /* of struct dlk_ptype_node * */
};

/* --- places that were not printed */

static struct dlk_ptype_node *node_at(const struct ptypes *pt, uint32_t id)
{
	return *DLK_VEC_AT(&pt->nodes, struct dlk_ptype_node *, id);
}

/* "a.b", for a member b of a member a. */
static void write_path(struct dlk_strbuf *sb, const struct dlk_ptype_node *n)
{
	const struct dlk_ptype_node *way[DLK_PTYPE_NESTING];
	unsigned len = 0;

	for (; n->outer && len < DLK_PTYPE_NESTING; n = n->outer)
		if (*n->name)
			way[len++] = n;
	while (len)
		dlk_strbuf_printf(sb, "%s%s", sb->len ? "." : "", way[--len]->name);
}

/*
 * Of all in one question: to find the struct takes GDB as long as a thousand members in it, so it is
 * found once, and kept as the type of a variable.  Its size is the type's: a value's is without what is
 * left free at the end (68 for 72 was seen).
 */
static enum dlk_status ask_places(struct ptypes *pt, const char *question,
				  const struct dlk_ptype_node *root, const char **ret)
{
	struct dlk_strbuf sb = { .ctx = pt->types.ctx };

	dlk_strbuf_printf(&sb, "($deadlock = (%s *)0, {(long)0, (long)sizeof(%s)", question,
			  question);
	for (uint32_t id = root->id + 1; id < pt->nodes.len; id++) {
		struct dlk_strbuf path = { .ctx = pt->types.ctx };
		const struct dlk_ptype_node *n = node_at(pt, id);

		if (!dlk_ptype_is_asked_for(n))
			continue;
		write_path(&path, n);
		sb.is_cut |= path.is_cut;
		dlk_strbuf_printf(&sb, ", (long)&$deadlock->%s, (long)sizeof($deadlock->%s)",
				  dlk_strbuf_text(&path), dlk_strbuf_text(&path));
	}
	dlk_strbuf_printf(&sb, "})");
	if (sb.is_cut)
		return dlk_nomem(pt->types.ctx);
	return pt->gdb.print(pt->gdb.arg, pt->types.ctx, dlk_strbuf_text(&sb), ret);
}

/* Members come after their struct: from the last to the first each is known before it is needed. */
static void place_unnamed(struct ptypes *pt, const struct dlk_ptype_node *root)
{
	for (uint32_t id = pt->nodes.len; id-- > root->id;) {
		struct dlk_ptype_node *n = node_at(pt, id);
		uint32_t end = 0;

		if (dlk_ptype_is_asked_for(n))
			continue;
		n->offset = n->first ? UINT32_MAX : 0;
		for (const struct dlk_ptype_node *m = n->first; m; m = m->next) {
			if (m->offset < n->offset)
				n->offset = m->offset;
			if (m->size <= UINT32_MAX - m->offset && m->offset + m->size > end)
				end = m->offset + m->size;
		}
		n->size = end > n->offset ? end - n->offset : 0;
		n->is_placed = true;
	}
}

/* "<incomplete type>" has neither. */
static enum dlk_status find_places(struct ptypes *pt, const char *question,
				   struct dlk_ptype_node *root)
{
	const char *text = "";
	enum dlk_status status = ask_places(pt, question, root, &text);

	if (status)
		return status;
	if (!dlk_ptype_take_places(&pt->nodes, root, text))
		return DLK_ERR_NOTFOUND;
	place_unnamed(pt, root);
	return root->size ? DLK_OK : DLK_ERR_NOTFOUND;
}

/* --- questions */

/*
 * Names of slab caches are asked for as well: the dump's words, which must not reach GDB if they are
 * no name.
 */
static bool is_name(const char *question)
{
	size_t len = strlen(question);

	for (size_t i = 0; i < len; i++)
		if (!dlk_ptype_is_word(question[i]) && question[i] != ' ')
			return false;
	return len && dlk_ptype_is_word(question[len - 1]);
}

/* Ask for a type, once; *ret is NULL if it is no struct, or nothing is known of it. */
static enum dlk_status ask(struct ptypes *pt, const char *question, struct dlk_ptype_node **ret)
{
	struct dlk_ctx *ctx = pt->types.ctx;
	struct answer *answer;
	struct dlk_ptype_node *type = NULL;
	const char *text;
	enum dlk_status status;

	*ret = NULL;
	if (!is_name(question))
		return DLK_OK;
	for (uint32_t i = 0; i < pt->answers.len; i++) {
		answer = DLK_VEC_AT(&pt->answers, struct answer, i);
		if (!strcmp(answer->question, question)) {
			*ret = answer->type;
			return DLK_OK;
		}
	}
	question = dlk_strdup(ctx, question);
	status = question ? pt->gdb.ptype(pt->gdb.arg, ctx, question, &text) : dlk_nomem(ctx);
	if (!status)
		status = dlk_ptype_parse(pt->types.ctx, &pt->nodes, text, &type);
	if (!status && type && !type->size)
		status = find_places(pt, question, type);
	if (status && status != DLK_ERR_NOTFOUND)
		return status;
	if (status)
		type = NULL;
	answer = dlk_vec_push(ctx, &pt->answers);
	if (!answer)
		return dlk_nomem(ctx);
	*answer = (struct answer){ question, type };
	*ret = type;
	return DLK_OK;
}

static const struct dlk_ptype_node *node_of(const struct dlk_types *types, uint64_t id)
{
	return node_at((const struct ptypes *)types, (uint32_t)id);
}

static struct dlk_composite composite_of(const struct dlk_ptype_node *n, const char *name,
					 const char *wanted)
{
	const char *tag = n->tag ? n->tag : name;

	return (struct dlk_composite){ .type = n->id,
				       .next = n->first ? n->first->id : DLK_NONE,
				       .size = n->size,
				       .name = tag,
				       .is_wanted = wanted && ((tag && !strcmp(tag, wanted)) ||
							       (name && !strcmp(name, wanted))) };
}

static enum dlk_status ptype_find(struct dlk_types *types, const char *name,
				  struct dlk_composite *ret)
{
	static const char *const keywords[] = { "struct ", "union ", "" };
	struct ptypes *pt = (struct ptypes *)types;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		char question[MAX_NAME];
		struct dlk_ptype_node *type;
		enum dlk_status status;

		if (snprintf(question, sizeof(question), "%s%s", keywords[i], name) >= MAX_NAME)
			return DLK_ERR_NOTFOUND;
		status = ask(pt, question, &type);
		if (status)
			return status;
		if (type) {
			*ret = composite_of(type, name, NULL);
			return DLK_OK;
		}
	}
	return DLK_ERR_NOTFOUND;
}

/* The name in "const struct rb_node", "spinlock_t"; NULL for what is no struct by its looks. */
static const char *plain_type(const char *type)
{
	static const char *const qualifiers[] = { "const ", "volatile " };

	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++)
		if (!strncmp(type, qualifiers[i], strlen(qualifiers[i])))
			type += strlen(qualifiers[i]);
	if (strpbrk(type, "*({") || !strncmp(type, "enum ", 5))
		return NULL;
	return type;
}

static enum dlk_status ptype_enter(struct dlk_types *types, uint64_t type, const char *wanted,
				   struct dlk_composite *ret)
{
	struct ptypes *pt = (struct ptypes *)types;
	const struct dlk_ptype_node *n = node_of(types, type);
	const char *name = n->type ? plain_type(n->type) : NULL;
	struct dlk_ptype_node *found;
	enum dlk_status status;

	if (!n->type) {
		*ret = composite_of(n, NULL, wanted);
		return DLK_OK;
	}
	status = name ? ask(pt, name, &found) : DLK_ERR_NOTFOUND;
	if (status)
		return status;
	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = composite_of(found, name, wanted);
	return DLK_OK;
}

static enum dlk_status ptype_next(struct dlk_types *types, struct dlk_composite *c,
				  struct dlk_place *ret)
{
	const struct dlk_ptype_node *n;

	if (c->next == DLK_NONE)
		return DLK_ERR_NOTFOUND;
	n = node_of(types, c->next);
	*ret = (struct dlk_place){ .name = n->name, .id = n->id };
	c->next = n->next ? n->next->id : DLK_NONE;
	return DLK_OK;
}

static enum dlk_status ptype_place(struct dlk_types *types, const struct dlk_composite *c,
				   struct dlk_place *p)
{
	const struct dlk_ptype_node *outer = node_of(types, c->type);
	const struct dlk_ptype_node *n = node_of(types, p->id);
	uint32_t offset = n->offset - outer->offset;

	if (!n->is_placed)
		return DLK_ERR_NOTFOUND;
	if (n->offset < outer->offset || offset > c->size || n->size > c->size - offset + 8)
		return dlk_fail(types->ctx, DLK_ERR_CORRUPT, "ptype: %s lies outside of its struct",
				n->name);
	p->type = p->id;
	p->is_array = n->is_array;
	p->member = (struct dlk_member){ .offset = offset, .size = n->size, .count = n->count };
	if (n->bits && !dlk_place_bits(&p->member, c->size, (uint64_t)offset * 8 + n->bit, n->bits))
		return dlk_fail(types->ctx, DLK_ERR_CORRUPT, "ptype: %s lies outside of its struct",
				n->name);
	return DLK_OK;
}

static const struct dlk_descent_ops descent = {
	.find = ptype_find,
	.enter = ptype_enter,
	.next = ptype_next,
	.place = ptype_place,
};

static enum dlk_status ptype_size(struct dlk_types *types, const char *type, uint32_t *ret)
{
	struct dlk_composite c;
	enum dlk_status status = ptype_find(types, type, &c);

	if (!status)
		*ret = c.size;
	return status;
}

static enum dlk_status ptype_member(struct dlk_types *types, const char *type, const char *member,
				    struct dlk_member *ret)
{
	return dlk_descent_member(types, &descent, type, member, ret);
}

static enum dlk_status ptype_enumerator(struct dlk_types *types, const char *type, const char *name,
					int64_t *ret)
{
	struct ptypes *pt = (struct ptypes *)types;

	(void)type;
	return pt->gdb.enumerator(pt->gdb.arg, name, ret);
}

static enum dlk_status ptype_path_at(struct dlk_types *types, const char *type, uint32_t offset,
				     const char *wanted, const char **path, const char **outer)
{
	const struct dlk_descent_goal goal = { type, offset, wanted };

	return dlk_descent_path(types, &descent, &goal, path, outer);
}

static void ptype_close(struct dlk_types *types)
{
	(void)types;
}

enum dlk_status dlk_ptype_open(struct dlk_ctx *ctx, const struct dlk_gdb *gdb,
			       struct dlk_types **ret)
{
	struct ptypes *pt = dlk_alloc(ctx, sizeof(*pt));

	if (!pt)
		return dlk_nomem(ctx);
	pt->ops = (struct dlk_types_ops){
		.name = gdb->name,
		.size = ptype_size,
		.member = ptype_member,
		.enumerator = ptype_enumerator,
		.path_at = ptype_path_at,
		.close = ptype_close,
	};
	pt->types = (struct dlk_types){ .ops = &pt->ops, .ctx = ctx };
	pt->gdb = *gdb;
	pt->answers = (struct dlk_vec)DLK_VEC_INIT(struct answer);
	pt->nodes = (struct dlk_vec)DLK_VEC_INIT(struct dlk_ptype_node *);
	*ret = &pt->types;
	return DLK_OK;
}
