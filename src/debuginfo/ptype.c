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

enum { MAX_NESTING = 64, MAX_MEMBERS = 1 << 16, MAX_ELEMENTS = 1 << 24, MAX_NAME = 256 };

/* A member, or a type as a whole. */
struct node {
	const char *name; /* "" if unnamed */
	const char
		*type; /* "struct list_head", "atomic_long_t", "char *"; NULL if written out here */
	const char *tag; /* of a struct that is written out here; NULL if it has none */
	uint32_t offset; /* from the start of the type that was asked for */
	uint32_t size, bit, bits, count;
	bool is_array;
	bool is_placed;            /* it is known where it is, to the bit */
	uint32_t id;               /* index among all nodes */
	struct node *first, *last; /* members, if it is a struct that is written out here */
	struct node *next, *outer;
};

/* An answer; the type is NULL if it is no struct. */
struct answer {
	const char *question;
	struct node *type;
};

struct ptypes {
	struct dlk_types types;
	struct dlk_types_ops ops;
	struct dlk_gdb gdb;
	struct dlk_vec answers; /* of struct answer */
	struct dlk_vec nodes;   /* of struct node * */
};

struct parser {
	struct dlk_ctx *ctx;
	struct dlk_vec *nodes;
	struct node *open[MAX_NESTING];
	unsigned depth, members;
	struct node *root;
};

/* A piece of a line. */
struct span {
	const char *at;
	size_t len;
};

static struct span trim(struct span s)
{
	while (s.len && isspace((unsigned char)s.at[0]))
		s = (struct span){ s.at + 1, s.len - 1 };
	while (s.len && isspace((unsigned char)s.at[s.len - 1]))
		s.len--;
	return s;
}

static bool starts_with(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && !memcmp(s.at, prefix, len);
}

static struct span skip(struct span s, size_t len)
{
	return trim((struct span){ s.at + len, s.len - len });
}

static const char *find(struct span s, const char *what)
{
	return memmem(s.at, s.len, what, strlen(what));
}

static const char *copy(struct parser *p, struct span s)
{
	return dlk_format(p->ctx, "%.*s", (int)s.len, s.at);
}

static unsigned value_of(char digit)
{
	return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
					     : (unsigned)(tolower((unsigned char)digit) - 'a' + 10);
}

/*
 * Take a number off the front of a span.  GDB 12 and later have "set print type hex on", which a
 * user may have given: "0x0204".
 */
static bool take_number(struct span *s, uint32_t *ret)
{
	bool is_hex = starts_with(*s, "0x");
	unsigned base = is_hex ? 16 : 10;
	size_t start = is_hex ? 2 : 0, at = start;
	uint64_t value = 0;

	while (at < s->len && isxdigit((unsigned char)s->at[at]) && value_of(s->at[at]) < base &&
	       value <= UINT32_MAX)
		value = value * base + value_of(s->at[at++]);
	if (at == start || value > UINT32_MAX)
		return false;
	*s = skip(*s, at);
	*ret = (uint32_t)value;
	return true;
}

/* "516: 3 | 4", "8 | 40", "40": where a member is; what is not said stays as it was. */
static void read_place(struct span s, struct node *n)
{
	uint32_t number;

	if (!take_number(&s, &number))
		return;
	if (!s.len) {
		n->size = number;
		n->is_placed = true;
		return;
	}
	n->offset = number;
	n->is_placed = true;
	if (starts_with(s, ":")) {
		s = skip(s, 1);
		if (!take_number(&s, &n->bit))
			return;
	}
	if (starts_with(s, "|")) {
		s = skip(s, 1);
		if (!take_number(&s, &n->size))
			return;
	}
}

/* Both "total size (bytes):   32" and "total size:   32 bytes" were seen. */
static void read_total(struct parser *p, struct span s)
{
	const char *colon = find(s, ":");

	if (!p->depth || !colon)
		return;
	s = skip(s, (size_t)(colon + 1 - s.at));
	if (!take_number(&s, &p->open[p->depth - 1]->size))
		return;
}

static struct node *add_node(struct parser *p, const struct node *n)
{
	struct node *made = dlk_alloc(p->ctx, sizeof(*made));
	struct node *outer = p->depth ? p->open[p->depth - 1] : NULL;
	struct node **slot = made ? dlk_vec_push(p->ctx, p->nodes) : NULL;

	if (!slot)
		return NULL;
	*slot = made;
	*made = *n;
	made->id = p->nodes->len - 1;
	made->outer = outer;
	if (!outer)
		p->root = made;
	else if (outer->last)
		outer->last = outer->last->next = made;
	else
		outer->first = outer->last = made;
	return made;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The tag of "struct list_head", "const union u", "struct"; NULL if there is none. */
static const char *tag_of(struct parser *p, struct span s)
{
	size_t start = s.len;

	while (start && is_word(s.at[start - 1]))
		start--;
	s = (struct span){ s.at + start, s.len - start };
	if ((s.len == 6 && starts_with(s, "struct")) || (s.len == 5 && starts_with(s, "union")))
		return NULL;
	return copy(p, s);
}

/* "[4][2]" at the end of a declaration. */
static void take_dimensions(struct span *s, struct node *n)
{
	while (s->len && s->at[s->len - 1] == ']') {
		const char *open = memrchr(s->at, '[', s->len);
		struct span inside;
		uint32_t elements = 0;

		if (!open)
			return;
		inside = trim((struct span){ open + 1, (size_t)(s->at + s->len - 1 - (open + 1)) });
		if (inside.len && !take_number(&inside, &elements))
			return;
		n->is_array = true;
		n->count = elements && n->count > MAX_ELEMENTS / elements ? 0 : n->count * elements;
		*s = trim((struct span){ s->at, (size_t)(open - s->at) });
	}
}

/* ": 3" at the end of a declaration. */
static void take_bits(struct span *s, struct node *n)
{
	const char *colon = memrchr(s->at, ':', s->len);
	struct span bits;

	if (!colon)
		return;
	bits = skip(*s, (size_t)(colon + 1 - s->at));
	if (!take_number(&bits, &n->bits))
		return;
	*s = trim((struct span){ s->at, (size_t)(colon - s->at) });
}

/* "unsigned int x : 3", "struct hlist_node pid_links[4]", "void (*func)(struct callback_head *)". */
static void read_declaration(struct parser *p, struct span s, struct node *n)
{
	const char *function = find(s, "(*");
	size_t end, start;

	take_bits(&s, n);
	if (!function)
		take_dimensions(&s, n);
	end = s.len;
	if (function) {
		end = (size_t)(function + 2 - s.at);
		while (end < s.len && is_word(s.at[end]))
			end++;
	}
	for (start = end; start && is_word(s.at[start - 1]); start--)
		;
	n->name = copy(p, (struct span){ s.at + start, end - start });
	n->type = function ? "(*)" : copy(p, trim((struct span){ s.at, start }));
}

static enum dlk_status open_struct(struct parser *p, struct span s, struct node *n)
{
	struct node *made;

	if (p->depth == MAX_NESTING || (!p->depth && p->root))
		return dlk_fail(p->ctx, DLK_ERR_CORRUPT, "ptype: structs are nested too deeply");
	n->tag = tag_of(p, trim((struct span){ s.at, s.len - 1 }));
	made = add_node(p, n);
	if (!made)
		return dlk_nomem(p->ctx);
	p->open[p->depth++] = made;
	return DLK_OK;
}

/* "} lru;", "};", "}" */
static enum dlk_status close_struct(struct parser *p, struct span s)
{
	struct node *n = p->open[--p->depth];

	s = skip(s, 1);
	if (s.len && s.at[s.len - 1] == ';')
		s.len--;
	n->name = copy(p, trim(s));
	return n->name ? DLK_OK : dlk_nomem(p->ctx);
}

static enum dlk_status take_text(struct parser *p, struct span s, struct node *n)
{
	if (starts_with(s, "type = "))
		s = skip(s, 7);
	if (!s.len)
		return DLK_OK;
	if (s.at[s.len - 1] == '{')
		return open_struct(p, s, n);
	if (!p->depth)
		return DLK_OK;
	if (s.at[0] == '}')
		return close_struct(p, s);
	if (s.at[s.len - 1] != ';' || ++p->members > MAX_MEMBERS)
		return DLK_OK;
	read_declaration(p, trim((struct span){ s.at, s.len - 1 }), n);
	if (n->name && !*n->name)
		return DLK_OK; /* "int : 4": bits that are left out */
	return n->name && n->type && add_node(p, n) ? DLK_OK : dlk_nomem(p->ctx);
}

static enum dlk_status take_line(struct parser *p, struct span s)
{
	struct node n = { .name = "",
			  .count = 1,
			  .offset = p->depth ? p->open[p->depth - 1]->offset : 0 };
	const char *end;

	s = trim(s);
	/* The end of a comment does not begin within its start. */
	if (starts_with(s, "/*") && (end = find((struct span){ s.at + 2, s.len - 2 }, "*/"))) {
		struct span comment = trim((struct span){ s.at + 2, (size_t)(end - (s.at + 2)) });

		if (starts_with(comment, "total"))
			read_total(p, comment);
		read_place(comment, &n);
		s = skip(s, (size_t)(end + 2 - s.at));
	}
	return take_text(p, s, &n);
}

/* What is printed of a type; *ret is NULL if it is no struct. */
static enum dlk_status parse(struct ptypes *pt, const char *text, struct node **ret)
{
	struct parser p = { .ctx = pt->types.ctx, .nodes = &pt->nodes };
	enum dlk_status status = DLK_OK;

	while (*text && !status) {
		size_t len = strcspn(text, "\n");

		status = take_line(&p, (struct span){ text, len });
		text += len + (text[len] == '\n');
	}
	/* What was not closed was cut off. */
	*ret = p.depth ? NULL : p.root;
	return status;
}

/* --- places that were not printed */

static struct node *node_at(const struct ptypes *pt, uint32_t id)
{
	return *DLK_VEC_AT(&pt->nodes, struct node *, id);
}

/* The places of these are in the answer. */
static bool is_asked_for(const struct node *n)
{
	return *n->name || !n->outer;
}

/* "a.b", for a member b of a member a. */
static void write_path(struct dlk_strbuf *sb, const struct node *n)
{
	const struct node *way[MAX_NESTING];
	unsigned len = 0;

	for (; n->outer && len < MAX_NESTING; n = n->outer)
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
static enum dlk_status ask_places(struct ptypes *pt, const char *question, const struct node *root,
				  const char **ret)
{
	struct dlk_strbuf sb = { .ctx = pt->types.ctx };

	dlk_strbuf_printf(&sb, "($deadlock = (%s *)0, {(long)0, (long)sizeof(%s)", question,
			  question);
	for (uint32_t id = root->id + 1; id < pt->nodes.len; id++) {
		struct dlk_strbuf path = { .ctx = pt->types.ctx };
		const struct node *n = node_at(pt, id);

		if (!is_asked_for(n))
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

/* "{0, 64, 8, 16}": of each an offset and a size; false if there are not as many. */
static bool take_places(struct ptypes *pt, const char *text, const struct node *root)
{
	struct span s = trim((struct span){ text, strlen(text) });
	const char *before = "{";

	for (uint32_t id = root->id; id < pt->nodes.len; id++) {
		struct node *n = node_at(pt, id);

		if (!is_asked_for(n))
			continue;
		for (int i = 0; i < 2; i++, before = ",") {
			if (!starts_with(s, before))
				return false;
			s = skip(s, 1);
			if (!take_number(&s, i ? &n->size : &n->offset))
				return false;
		}
		n->is_placed = !n->bits;
	}
	return starts_with(s, "}");
}

/* Members come after their struct: from the last to the first each is known before it is needed. */
static void place_unnamed(struct ptypes *pt, const struct node *root)
{
	for (uint32_t id = pt->nodes.len; id-- > root->id;) {
		struct node *n = node_at(pt, id);
		uint32_t end = 0;

		if (is_asked_for(n))
			continue;
		n->offset = n->first ? UINT32_MAX : 0;
		for (const struct node *m = n->first; m; m = m->next) {
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
static enum dlk_status find_places(struct ptypes *pt, const char *question, struct node *root)
{
	const char *text = "";
	enum dlk_status status = ask_places(pt, question, root, &text);

	if (status)
		return status;
	if (!take_places(pt, text, root))
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
		if (!is_word(question[i]) && question[i] != ' ')
			return false;
	return len && is_word(question[len - 1]);
}

/* Ask for a type, once; *ret is NULL if it is no struct, or nothing is known of it. */
static enum dlk_status ask(struct ptypes *pt, const char *question, struct node **ret)
{
	struct dlk_ctx *ctx = pt->types.ctx;
	struct answer *answer;
	struct node *type = NULL;
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
		status = parse(pt, text, &type);
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

static const struct node *node_of(const struct dlk_types *types, uint64_t id)
{
	return node_at((const struct ptypes *)types, (uint32_t)id);
}

static struct dlk_composite composite_of(const struct node *n, const char *name, const char *wanted)
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
		struct node *type;
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
	const struct node *n = node_of(types, type);
	const char *name = n->type ? plain_type(n->type) : NULL;
	struct node *found;
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
	const struct node *n;

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
	const struct node *outer = node_of(types, c->type);
	const struct node *n = node_of(types, p->id);
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
	pt->nodes = (struct dlk_vec)DLK_VEC_INIT(struct node *);
	*ret = &pt->types;
	return DLK_OK;
}
