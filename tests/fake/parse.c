/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first pass over an image: files, lines, blocks, and statements of one line.  The format is told in
 * README.md.
 */
#include <config.h>

#include "parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

enum { MAX_FILE = 1 << 16, MAX_DEPTH = 4 };

static enum dlk_status parse_file(struct parser *p, const char *path);

enum dlk_status parser_eval_u32(struct parser *p, const char *text, uint32_t *ret)
{
	uint64_t value;
	enum dlk_status status = dlk_fake_eval(p->image, text, &value);

	if (!status && value > UINT32_MAX)
		return wrong(p, "too large", text);
	if (!status)
		*ret = (uint32_t)value;
	return status;
}

struct dlk_fake_late *parser_add_late(struct parser *p, enum dlk_fake_late_kind kind)
{
	struct dlk_fake_late *late = dlk_vec_push(p->ctx, &p->late);

	if (late)
		*late = (struct dlk_fake_late){ .kind = kind, .path = p->path, .line = p->line };
	return late;
}

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
	struct dlk_fake_late *late = parser_add_late(p, kind);

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
	struct dlk_fake_late *late = parser_add_late(p, DLK_FAKE_MISSING);

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
		{ "include", include },        { "type", parser_begin_type },
		{ "function", functions },     { "symbol", symbol },
		{ "global", globals },         { "object", parser_begin_object },
		{ "task", parser_begin_task }, { "stack", parser_begin_stack },
		{ "missing", missing },        { "expect", expect },
		{ "forget", parser_forget },   { "arch", set_arch },
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
		if (p->word_count == PARSER_MAX_WORDS)
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
		return parser_add_member(p);
	case BLOCK_ENUM:
		return parser_add_enumerator(p);
	case BLOCK_OBJECT:
		return parser_assign_line(p, line);
	case BLOCK_STACK:
		return parser_stack_line(p);
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
