/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first pass over an image: lines and blocks.  The format is told in README.md. */
#include <config.h>

#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

enum { MAX_WORDS = 32, MAX_FILE = 1 << 16, MAX_DEPTH = 4, MAX_OBJECT = 1 << 16, WORD = 8 };

/* What indented lines belong to. */
enum block { BLOCK_NONE, BLOCK_TYPE, BLOCK_ENUM, BLOCK_OBJECT, BLOCK_STACK };

struct parser {
	struct dlk_fake_image *image;
	struct dlk_ctx *ctx;
	const char *path;
	unsigned line, depth;
	enum block block;
	const char *name; /* of the type, enum or object of the block */
	struct dlk_fake_stack stack;
	struct dlk_vec late; /* of struct dlk_fake_late */
	const char *words[MAX_WORDS + 1];
	unsigned word_count;
};

static enum dlk_status parse_file(struct parser *p, const char *path);

static enum dlk_status wrong(struct parser *p, const char *what, const char *detail)
{
	return dlk_fail(p->ctx, DLK_ERR_INVALID, "%s: %s", what, detail);
}

static enum dlk_status eval_u32(struct parser *p, const char *text, uint32_t *ret)
{
	uint64_t value;
	enum dlk_status status = dlk_fake_eval(p->image, text, &value);

	if (!status && value > UINT32_MAX)
		return wrong(p, "too large", text);
	if (!status)
		*ret = (uint32_t)value;
	return status;
}

static struct dlk_fake_late *add_late(struct parser *p, enum dlk_fake_late_kind kind)
{
	struct dlk_fake_late *late = dlk_vec_push(p->ctx, &p->late);

	if (late)
		*late = (struct dlk_fake_late){ .kind = kind, .path = p->path, .line = p->line };
	return late;
}

/* --- types */

static enum dlk_status begin_type(struct parser *p)
{
	struct dlk_fake_type *t;

	if (p->word_count != 3 || dlk_fake_find_type(p->image, p->words[1]))
		return wrong(p, "type NAME SIZE, once", p->words[0]);
	t = dlk_vec_push(p->ctx, &p->image->types);
	if (!t)
		return dlk_nomem(p->ctx);
	t->name = p->name = p->words[1];
	p->block = BLOCK_TYPE;
	return eval_u32(p, p->words[2], &t->size);
}

/* NAME OFFSET SIZE [bits OFFSET SIZE] [count N] */
static enum dlk_status add_member(struct parser *p)
{
	struct dlk_fake_member *m = dlk_vec_push(p->ctx, &p->image->members);
	enum dlk_status status;

	if (!m)
		return dlk_nomem(p->ctx);
	if (p->word_count < 3)
		return wrong(p, "NAME OFFSET SIZE", p->words[0]);
	*m = (struct dlk_fake_member){ .type = p->name, .name = p->words[0], .place.count = 1 };
	status = eval_u32(p, p->words[1], &m->place.offset);
	if (!status)
		status = eval_u32(p, p->words[2], &m->place.size);
	for (unsigned i = 3; i < p->word_count && !status; i++) {
		if (!strcmp(p->words[i], "bits") && i + 2 < p->word_count) {
			status = eval_u32(p, p->words[i + 1], &m->place.bit_offset);
			if (!status)
				status = eval_u32(p, p->words[i + 2], &m->place.bit_size);
			i += 2;
		} else if (!strcmp(p->words[i], "count") && i + 1 < p->word_count) {
			status = eval_u32(p, p->words[++i], &m->place.count);
		} else {
			return wrong(p, "bits OFFSET SIZE or count N", p->words[i]);
		}
	}
	if (!status &&
	    m->place.offset + (uint64_t)m->place.size > dlk_fake_find_type(p->image, p->name)->size)
		return wrong(p, "the member is outside of its type", m->name);
	return status;
}

/* forget TYPE MEMBER: the kernel has no such member */
static enum dlk_status forget(struct parser *p)
{
	for (uint32_t i = 0; p->word_count == 3 && i < p->image->members.len; i++) {
		struct dlk_fake_member *m = DLK_VEC_AT(&p->image->members, struct dlk_fake_member,
						       i);

		if (strcmp(m->type, p->words[1]) != 0 || strcmp(m->name, p->words[2]) != 0)
			continue;
		m->name = "";
		return DLK_OK;
	}
	return wrong(p, "forget TYPE MEMBER", p->words[0]);
}

static enum dlk_status add_enumerator(struct parser *p)
{
	struct dlk_fake_enumerator *e;
	uint64_t value;
	enum dlk_status status;

	if (p->word_count != 2)
		return wrong(p, "NAME VALUE", p->words[0]);
	status = dlk_fake_eval(p->image, p->words[1], &value);
	if (status)
		return status;
	e = dlk_vec_push(p->ctx, &p->image->enumerators);
	if (!e)
		return dlk_nomem(p->ctx);
	*e = (struct dlk_fake_enumerator){ p->name, p->words[0], (int64_t)value };
	return DLK_OK;
}

/* --- objects */

static enum dlk_status make_object(struct parser *p, const char *name, const char *type_name,
				   dlk_addr_t at)
{
	const struct dlk_fake_type *type = dlk_fake_find_type(p->image, type_name);

	if (!type)
		return wrong(p, "no such type", type_name);
	if (type->size > MAX_OBJECT)
		return wrong(p, "a type too large for an object", type_name);
	if (dlk_fake_find_object(p->image, name))
		return wrong(p, "there are two objects of one name", name);
	if (!dlk_fake_add_object(p->image, name, type, at))
		return wrong(p, "no room for", name);
	p->name = name;
	return DLK_OK;
}

/* object NAME TYPE [at EXPRESSION] */
static enum dlk_status begin_object(struct parser *p)
{
	uint64_t at = 0;
	enum dlk_status status = DLK_OK;

	if (p->word_count != 3 && (p->word_count != 5 || strcmp(p->words[3], "at")))
		return wrong(p, "object NAME TYPE [at ADDRESS]", p->words[0]);
	if (p->word_count == 5)
		status = dlk_fake_eval(p->image, p->words[4], &at);
	p->block = BLOCK_OBJECT;
	return status ? status : make_object(p, p->words[1], p->words[2], at);
}

static enum dlk_status assign(struct parser *p, const char *object, const char *member,
			      const char *text)
{
	const struct dlk_fake_object *o = dlk_fake_find_object(p->image, object);
	const struct dlk_member *m = dlk_fake_find_member(p->image, o->type, member);
	struct dlk_fake_late *late;

	if (!m)
		return dlk_fail(p->ctx, DLK_ERR_INVALID, "%s has no member %s", o->type, member);
	late = add_late(p, DLK_FAKE_MEMBER);
	if (!late)
		return dlk_nomem(p->ctx);
	late->base = o->address;
	late->member = *m;
	late->right = text;
	return DLK_OK;
}

/* MEMBER = EXPRESSION, with blanks around the sign */
static enum dlk_status assign_line(struct parser *p, const char *line)
{
	const char *sign = strstr(line, " = ");

	if (p->word_count < 3 || strcmp(p->words[1], "=") || !sign)
		return wrong(p, "MEMBER = VALUE", line);
	sign += 3;
	return assign(p, p->name, p->words[0], sign + strspn(sign, " \t"));
}

/* --- tasks */

static const struct {
	char letter;
	uint32_t state, exit_state;
} states[] = {
	{ 'R', 0, 0 },    { 'S', 1, 0 },     { 'D', 2, 0 },    { 'T', 4, 0 },    { 't', 8, 0 },
	{ 'P', 0x40, 0 }, { 'I', 0x402, 0 }, { 'Z', 0, 0x20 }, { 'X', 0, 0x10 },
};

static enum dlk_status set_task(struct parser *p, const struct dlk_fake_task *t, const char *member,
				uint64_t value)
{
	const struct dlk_member *m = dlk_fake_find_member(p->image, "task_struct", member);

	return m ? dlk_fake_write_member(p->image, t->task, m, value)
		 : wrong(p, "task_struct has no member", member);
}

static enum dlk_status set_state(struct parser *p, const struct dlk_fake_task *t, const char *text)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		enum dlk_status status;

		if (text[0] != states[i].letter || text[1])
			continue;
		status = set_task(p, t, "__state", states[i].state);
		return status ? status : set_task(p, t, "exit_state", states[i].exit_state);
	}
	return wrong(p, "no such state", text);
}

static enum dlk_status set_comm(struct parser *p, const struct dlk_fake_task *t, const char *comm)
{
	const struct dlk_member *m = dlk_fake_find_member(p->image, "task_struct", "comm");

	if (!m || strlen(comm) >= m->size)
		return wrong(p, "too long", comm);
	return dlk_fake_write(p->image, t->task + m->offset, comm, strlen(comm));
}

/* A word that stands alone; true if it is one. */
static bool set_flag(struct parser *p, struct dlk_fake_task *t, const char *word,
		     enum dlk_status *status)
{
	if (!strcmp(word, "on-cpu"))
		*status = set_task(p, t, "on_cpu", 1);
	else if (!strcmp(word, "on-rq"))
		*status = set_task(p, t, "on_rq", 1);
	else if (!strcmp(word, "kthread"))
		*status = set_task(p, t, "flags", 0x200000);
	else if (!strcmp(word, "exited"))
		t->is_linked = false;
	else
		return false;
	return true;
}

static enum dlk_status set_thread(struct parser *p, struct dlk_fake_task *t, const char *name)
{
	const struct dlk_fake_task *leader = dlk_fake_find_task(p->image, name);

	if (!leader)
		return wrong(p, "no such task", name);
	t->leader = leader->name;
	return set_task(p, t, "signal", leader->signal);
}

static enum dlk_status set_pair(struct parser *p, struct dlk_fake_task *t, const char *key,
				const char *text)
{
	uint64_t value;
	enum dlk_status status;

	if (!strcmp(key, "state"))
		return set_state(p, t, text);
	if (!strcmp(key, "comm"))
		return set_comm(p, t, text);
	if (!strcmp(key, "thread-of"))
		return set_thread(p, t, text);
	status = dlk_fake_eval(p->image, text, &value);
	if (status)
		return status;
	if (!strcmp(key, "cpu"))
		return set_task(p, t, "thread_info.cpu", value);
	if (!strcmp(key, "tgid"))
		return set_task(p, t, "tgid", value);
	if (strcmp(key, "pid"))
		return wrong(p, "nothing known about a task", key);
	status = set_task(p, t, "pid", value);
	return status ? status : set_task(p, t, "tgid", value);
}

/* task NAME [pid N] [comm NAME] [state LETTER] ...: state D unless it is said */
static enum dlk_status begin_task(struct parser *p)
{
	struct dlk_fake_task *t;
	enum dlk_status status;

	if (p->word_count < 2 || dlk_fake_find_object(p->image, p->words[1]))
		return wrong(p, "task NAME ..., once", p->words[0]);
	p->block = BLOCK_OBJECT;
	p->name = p->words[1];
	t = dlk_fake_add_task(p->image, p->name);
	if (!t)
		return wrong(p, "types are missing for a task", p->name);
	status = set_task(p, t, "stack", t->stack);
	if (!status)
		status = set_task(p, t, "signal", t->signal);
	if (!status)
		status = set_task(p, t, "thread.sp", t->sp);
	if (!status)
		status = set_state(p, t, "D");
	if (!status)
		status = set_comm(p, t, p->name);
	for (unsigned i = 2; i < p->word_count && !status; i++) {
		if (set_flag(p, t, p->words[i], &status))
			continue;
		if (i + 1 == p->word_count)
			return wrong(p, "a value is missing after", p->words[i]);
		status = set_pair(p, t, p->words[i], p->words[i + 1]);
		i++;
	}
	return status;
}

/* --- stacks */

/* stack TASK [live BYTES] */
static enum dlk_status begin_stack(struct parser *p)
{
	struct dlk_fake_task *t;
	uint32_t live = DLK_FAKE_LIVE;
	enum dlk_status status = DLK_OK;

	if (p->word_count != 2 && (p->word_count != 4 || strcmp(p->words[2], "live")))
		return wrong(p, "stack TASK [live BYTES]", p->words[0]);
	t = (struct dlk_fake_task *)dlk_fake_find_task(p->image, p->words[1]);
	if (!t)
		return wrong(p, "no such task", p->words[1]);
	if (p->word_count == 4)
		status = eval_u32(p, p->words[3], &live);
	p->block = BLOCK_STACK;
	if (!status)
		status = dlk_fake_stack_start(p->image, &p->stack, t, live);
	return status ? status : set_task(p, t, "thread.sp", t->sp);
}

/* place NAME TYPE [MEMBER=EXPRESSION]..., and the same for stale */
static enum dlk_status place_object(struct parser *p, bool is_stale)
{
	const struct dlk_fake_type *type;
	const char *name = p->words[1];
	enum dlk_status status;
	dlk_addr_t at;

	if (p->word_count < 3)
		return wrong(p, "place NAME TYPE [MEMBER=VALUE]...", p->words[0]);
	type = dlk_fake_find_type(p->image, p->words[2]);
	if (!type || type->size > DLK_PAGE_SIZE)
		return wrong(p, "no such type, or too large", p->words[2]);
	if (is_stale)
		at = p->stack.stale_at -= (type->size + WORD - 1) / WORD * WORD;
	else
		at = dlk_fake_stack_take(&p->stack, type->size);
	if (!at || at < p->stack.task->stack)
		return wrong(p, "no room on the stack, or no frame yet", name);
	status = make_object(p, name, p->words[2], at);
	for (unsigned i = 3; i < p->word_count && !status; i++) {
		char *member = dlk_strdup(p->ctx, p->words[i]);
		char *sign = member ? strchr(member, '=') : NULL;

		if (!sign)
			return wrong(p, "MEMBER=VALUE", p->words[i]);
		*sign = 0;
		status = assign(p, name, member, sign + 1);
	}
	return status;
}

static enum dlk_status place_word(struct parser *p)
{
	dlk_addr_t at = dlk_fake_stack_take(&p->stack, WORD);
	struct dlk_fake_late *late;

	if (!at || p->word_count != 2)
		return wrong(p, "word EXPRESSION, where there is room", p->words[0]);
	late = add_late(p, DLK_FAKE_MEMBER);
	if (!late)
		return dlk_nomem(p->ctx);
	late->base = at;
	late->member.size = WORD;
	late->right = p->words[1];
	return DLK_OK;
}

static enum dlk_status place_gap(struct parser *p)
{
	uint32_t size = 0;
	enum dlk_status status;

	if (p->word_count != 2)
		return wrong(p, "gap BYTES", p->words[0]);
	status = eval_u32(p, p->words[1], &size);
	if (!status && !dlk_fake_stack_take(&p->stack, size))
		return wrong(p, "no room on the stack, or no frame yet", p->words[1]);
	return status;
}

static enum dlk_status stack_line(struct parser *p)
{
	if (!strcmp(p->words[0], "place"))
		return place_object(p, false);
	if (!strcmp(p->words[0], "stale"))
		return place_object(p, true);
	if (!strcmp(p->words[0], "word"))
		return place_word(p);
	if (!strcmp(p->words[0], "gap"))
		return place_gap(p);
	if (p->word_count != 1)
		return wrong(p, "FUNCTION, place, stale, word or gap", p->words[0]);
	return dlk_fake_stack_call(p->image, &p->stack, p->words[0]);
}

/* --- statements */

static enum dlk_status include(struct parser *p)
{
	const char *slash = strrchr(p->path, '/'), *path;

	if (p->word_count != 2)
		return wrong(p, "include FILE", p->words[0]);
	path = dlk_format(p->ctx, "%.*s%s", slash ? (int)(slash + 1 - p->path) : 0, p->path,
			  p->words[1]);
	return path ? parse_file(p, path) : dlk_nomem(p->ctx);
}

/* machine: the types that are the architecture's, NAME.types beside this file */
static enum dlk_status machine(struct parser *p)
{
	if (p->word_count != 1)
		return wrong(p, "machine", p->words[1]);
	p->words[1] = dlk_format(p->ctx, "%s.types", p->image->arch->kernel->machine->name);
	p->word_count = 2;
	return p->words[1] ? include(p) : dlk_nomem(p->ctx);
}

/* arch NAME: before anything has a place */
static enum dlk_status set_arch(struct parser *p)
{
	const struct dlk_fake_arch *arch = p->word_count == 2 ? dlk_fake_find_arch(p->words[1])
							      : NULL;

	if (!arch || p->image->symbols.len || p->image->objects.len)
		return wrong(p, "arch NAME, first of all", p->words[0]);
	dlk_fake_set_arch(p->image, arch);
	p->image->is_of_one_arch = true;
	return DLK_OK;
}

static enum dlk_status functions(struct parser *p)
{
	for (unsigned i = 1; i < p->word_count; i++)
		if (!dlk_fake_function(p->image, p->words[i]))
			return dlk_nomem(p->ctx);
	return DLK_OK;
}

/* symbol NAME EXPRESSION: covers nothing, as an absolute one */
static enum dlk_status symbol(struct parser *p)
{
	uint64_t address;
	enum dlk_status status;

	if (p->word_count != 3)
		return wrong(p, "symbol NAME ADDRESS", p->words[0]);
	status = dlk_fake_eval(p->image, p->words[2], &address);
	if (!status && !dlk_fake_add_symbol(p->image, p->words[1], address, 0))
		return dlk_nomem(p->ctx);
	return status;
}

static enum dlk_status globals(struct parser *p)
{
	for (unsigned i = 1; i < p->word_count; i++) {
		const struct dlk_fake_object *o = dlk_fake_find_object(p->image, p->words[i]);

		if (!o)
			return wrong(p, "no such object", p->words[i]);
		if (!dlk_fake_add_symbol(p->image, o->name, o->address, o->size))
			return dlk_nomem(p->ctx);
	}
	return DLK_OK;
}

/* Two sides of a line, divided by @p sign. */
static enum dlk_status late_line(struct parser *p, enum dlk_fake_late_kind kind, const char *line,
				 const char *sign)
{
	const char *left = line + strlen(p->words[0]), *at = strstr(left, sign);
	struct dlk_fake_late *late = add_late(p, kind);

	if (!at)
		return wrong(p, "the sign is missing", sign);
	left += strspn(left, " \t");
	if (!late)
		return dlk_nomem(p->ctx);
	late->left = dlk_format(p->ctx, "%.*s", (int)(at - left), left);
	late->right = dlk_format(p->ctx, "%s", at + strlen(sign));
	return late->left && late->right ? DLK_OK : dlk_nomem(p->ctx);
}

/* missing EXPRESSION [BYTES]; an object is missing with all its pages */
static enum dlk_status missing(struct parser *p)
{
	struct dlk_fake_late *late = add_late(p, DLK_FAKE_MISSING);

	if (!late)
		return dlk_nomem(p->ctx);
	if (p->word_count != 2 && p->word_count != 3)
		return wrong(p, "missing ADDRESS [BYTES]", p->words[0]);
	late->left = p->words[1];
	late->right = p->word_count == 3 ? p->words[2] : "";
	return DLK_OK;
}

static enum dlk_status expect(struct parser *p)
{
	struct dlk_fake_expect *e = dlk_vec_push(p->ctx, &p->image->expects);
	const char *text = "";

	if (!e)
		return dlk_nomem(p->ctx);
	if (p->word_count < 3)
		return wrong(p, "expect WHAT ...", p->words[0]);
	for (unsigned i = 1; i < p->word_count; i++) {
		text = dlk_format(p->ctx, "%s%s%s", text, i == 1 ? "" : " ", p->words[i]);
		if (!text)
			return dlk_nomem(p->ctx);
	}
	*e = (struct dlk_fake_expect){ text, p->line };
	return DLK_OK;
}

static enum dlk_status statement(struct parser *p, const char *line)
{
	static const struct {
		const char *word;
		enum dlk_status (*parse)(struct parser *p);
	} table[] = {
		{ "include", include }, { "type", begin_type },   { "function", functions },
		{ "symbol", symbol },   { "global", globals },    { "object", begin_object },
		{ "task", begin_task }, { "stack", begin_stack }, { "missing", missing },
		{ "expect", expect },   { "forget", forget },     { "arch", set_arch },
		{ "machine", machine },
	};

	p->block = BLOCK_NONE;
	if (!strcmp(p->words[0], "set"))
		return late_line(p, DLK_FAKE_SET, line, " = ");
	if (!strcmp(p->words[0], "list"))
		return late_line(p, DLK_FAKE_LIST, line, ":");
	if (!strcmp(p->words[0], "enum") && p->word_count == 2) {
		p->block = BLOCK_ENUM;
		p->name = p->words[1];
		return DLK_OK;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(p->words[0], table[i].word))
			return table[i].parse(p);
	return wrong(p, "no such statement", p->words[0]);
}

static enum dlk_status split(struct parser *p, const char *line)
{
	char *rest = dlk_strdup(p->ctx, line), *word;

	if (!rest)
		return dlk_nomem(p->ctx);
	p->word_count = 0;
	while ((word = strtok_r(rest, " \t\r", &rest))) {
		if (p->word_count == MAX_WORDS)
			return wrong(p, "too many words", line);
		p->words[p->word_count++] = word;
	}
	return DLK_OK;
}

static enum dlk_status parse_line(struct parser *p, char *line)
{
	char *comment = strchr(line, '#');
	enum dlk_status status;

	if (comment)
		*comment = 0;
	for (size_t len = strlen(line); len && isspace((unsigned char)line[len - 1]);)
		line[--len] = 0;
	status = split(p, line);
	if (status || !p->word_count)
		return status;
	if (!isspace((unsigned char)*line))
		return statement(p, line);
	switch (p->block) {
	case BLOCK_TYPE:
		return add_member(p);
	case BLOCK_ENUM:
		return add_enumerator(p);
	case BLOCK_OBJECT:
		return assign_line(p, line);
	case BLOCK_STACK:
		return stack_line(p);
	case BLOCK_NONE:
		break;
	}
	return wrong(p, "an indented line belongs to nothing", line);
}

static enum dlk_status parse_text(struct parser *p, const char *path, const char *text)
{
	const char *former_path = p->path;
	unsigned former_line = p->line;

	p->path = path;
	p->line = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = dlk_format(p->ctx, "%.*s", (int)len, text);
		enum dlk_status status;

		if (!line)
			return dlk_nomem(p->ctx);
		p->line++;
		status = parse_line(p, line);
		if (status)
			return p->path == path ? dlk_prepend(p->ctx, status, "%s:%u", path, p->line)
					       : status;
		text += len + (text[len] == '\n');
	}
	p->path = former_path;
	p->line = former_line;
	p->block = BLOCK_NONE;
	return DLK_OK;
}

static enum dlk_status read_text(struct dlk_ctx *ctx, const char *path, char **ret)
{
	FILE *file = fopen(path, "r");
	char *text = dlk_alloc(ctx, MAX_FILE);
	size_t len;

	if (!file)
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s: %s", path, strerror(errno));
	len = text ? fread(text, 1, MAX_FILE - 1, file) : 0;
	fclose(file);
	if (!text)
		return dlk_nomem(ctx);
	if (len == MAX_FILE - 1 || memchr(text, 0, len))
		return dlk_fail(ctx, DLK_ERR_INVALID, "%s: too large, or no text", path);
	*ret = text;
	return DLK_OK;
}

static enum dlk_status parse_file(struct parser *p, const char *path)
{
	char *text = NULL;
	enum dlk_status status = read_text(p->ctx, path, &text);

	if (status)
		return status;
	if (p->depth == MAX_DEPTH)
		return wrong(p, "includes too deep", path);
	p->depth++;
	status = parse_text(p, path, text);
	p->depth--;
	return status;
}

static enum dlk_status do_late(struct parser *p, bool is_missing)
{
	for (uint32_t i = 0; i < p->late.len; i++) {
		const struct dlk_fake_late *late = DLK_VEC_AT(&p->late, const struct dlk_fake_late,
							      i);
		enum dlk_status status = DLK_OK;

		if ((late->kind == DLK_FAKE_MISSING) == is_missing)
			status = dlk_fake_do_late(p->image, late);
		if (status)
			return dlk_prepend(p->ctx, status, "%s:%u", late->path, late->line);
	}
	return DLK_OK;
}

/* The text between the first function and the last; then all that may refer to anything. */
static enum dlk_status finish(struct parser *p)
{
	struct dlk_fake_image *image = p->image;
	enum dlk_status status = dlk_fake_make_sleepers(image);

	if (!status && image->symbols.len)
		status = dlk_fake_make_marks(image);
	if (!status && image->symbols.len) {
		if (!dlk_fake_add_symbol(image, "_stext", image->arch->first_function, 0) ||
		    !dlk_fake_add_symbol(image, "_etext", image->next_function, 0))
			return dlk_nomem(p->ctx);
	}
	if (!status && image->tasks.len)
		status = dlk_fake_link_tasks(image);
	if (!status)
		status = dlk_fake_make_orc(image);
	if (!status)
		status = do_late(p, false);
	return status ? status : do_late(p, true);
}

static enum dlk_status begin(struct parser *p, struct dlk_ctx *ctx, const char *path,
			     const char *arch_name)
{
	const struct dlk_fake_arch *arch = dlk_fake_find_arch(arch_name);

	*p = (struct parser){ .ctx = ctx, .path = path };
	p->late = (struct dlk_vec)DLK_VEC_INIT(struct dlk_fake_late);
	p->image = dlk_fake_image_new(ctx, path);
	if (!p->image)
		return dlk_nomem(ctx);
	if (!arch)
		return wrong(p, "no such architecture", arch_name);
	dlk_fake_set_arch(p->image, arch);
	return DLK_OK;
}

enum dlk_status dlk_fake_image_load_as(struct dlk_ctx *ctx, const char *path, const char *arch,
				       struct dlk_fake_image **ret)
{
	struct parser p;
	enum dlk_status status = begin(&p, ctx, path, arch);

	if (!status)
		status = parse_file(&p, path);
	if (!status)
		status = finish(&p);
	if (!status)
		*ret = p.image;
	return status;
}

enum dlk_status dlk_fake_image_load(struct dlk_ctx *ctx, const char *path,
				    struct dlk_fake_image **ret)
{
	return dlk_fake_image_load_as(ctx, path, "x86_64", ret);
}

enum dlk_status dlk_fake_image_parse(struct dlk_ctx *ctx, const char *path, const char *text,
				     struct dlk_fake_image **ret)
{
	struct parser p;
	enum dlk_status status = begin(&p, ctx, path, "x86_64");

	if (!status)
		status = parse_text(&p, path, text);
	if (!status)
		status = finish(&p);
	if (!status)
		*ret = p.image;
	return status;
}
