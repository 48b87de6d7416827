/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "debuginfo/ptype_text.h"

#include <ctype.h>
#include <string.h>

enum { MAX_MEMBERS = 1 << 16, MAX_ELEMENTS = 1 << 24 };

struct parser {
	struct dlk_ctx *ctx;
	struct dlk_vec *nodes;
	struct dlk_ptype_node *open[DLK_PTYPE_NESTING];
	unsigned depth, members;
	struct dlk_ptype_node *root;
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
static void read_place(struct span s, struct dlk_ptype_node *n)
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

static struct dlk_ptype_node *add_node(struct parser *p, const struct dlk_ptype_node *n)
{
	struct dlk_ptype_node *made = dlk_alloc(p->ctx, sizeof(*made));
	struct dlk_ptype_node *outer = p->depth ? p->open[p->depth - 1] : NULL;
	struct dlk_ptype_node **slot = made ? dlk_vec_push(p->ctx, p->nodes) : NULL;

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

bool dlk_ptype_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The tag of "struct list_head", "const union u", "struct"; NULL if there is none. */
static const char *tag_of(struct parser *p, struct span s)
{
	size_t start = s.len;

	while (start && dlk_ptype_is_word(s.at[start - 1]))
		start--;
	s = (struct span){ s.at + start, s.len - start };
	if ((s.len == 6 && starts_with(s, "struct")) || (s.len == 5 && starts_with(s, "union")))
		return NULL;
	return copy(p, s);
}

/* "[4][2]" at the end of a declaration. */
static void take_dimensions(struct span *s, struct dlk_ptype_node *n)
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
static void take_bits(struct span *s, struct dlk_ptype_node *n)
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
static void read_declaration(struct parser *p, struct span s, struct dlk_ptype_node *n)
{
	const char *function = find(s, "(*");
	size_t end, start;

	take_bits(&s, n);
	if (!function)
		take_dimensions(&s, n);
	end = s.len;
	if (function) {
		end = (size_t)(function + 2 - s.at);
		while (end < s.len && dlk_ptype_is_word(s.at[end]))
			end++;
	}
	for (start = end; start && dlk_ptype_is_word(s.at[start - 1]); start--)
		;
	n->name = copy(p, (struct span){ s.at + start, end - start });
	n->type = function ? "(*)" : copy(p, trim((struct span){ s.at, start }));
}

static enum dlk_status open_struct(struct parser *p, struct span s, struct dlk_ptype_node *n)
{
	struct dlk_ptype_node *made;

	if (p->depth == DLK_PTYPE_NESTING || (!p->depth && p->root))
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
	struct dlk_ptype_node *n = p->open[--p->depth];

	s = skip(s, 1);
	if (s.len && s.at[s.len - 1] == ';')
		s.len--;
	n->name = copy(p, trim(s));
	return n->name ? DLK_OK : dlk_nomem(p->ctx);
}

static enum dlk_status take_text(struct parser *p, struct span s, struct dlk_ptype_node *n)
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
	struct dlk_ptype_node n = { .name = "",
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
enum dlk_status dlk_ptype_parse(struct dlk_ctx *ctx, struct dlk_vec *nodes, const char *text,
				struct dlk_ptype_node **ret)
{
	struct parser p = { .ctx = ctx, .nodes = nodes };
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
/* The places of these are in the answer. */
bool dlk_ptype_is_asked_for(const struct dlk_ptype_node *n)
{
	return *n->name || !n->outer;
}

/* "{0, 64, 8, 16}": of each an offset and a size; false if there are not as many. */
bool dlk_ptype_take_places(const struct dlk_vec *nodes, const struct dlk_ptype_node *root,
			   const char *text)
{
	struct span s = trim((struct span){ text, strlen(text) });
	const char *before = "{";

	for (uint32_t id = root->id; id < nodes->len; id++) {
		struct dlk_ptype_node *n = *DLK_VEC_AT(nodes, struct dlk_ptype_node *, id);

		if (!dlk_ptype_is_asked_for(n))
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
