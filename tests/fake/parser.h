/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_PARSER_H
#define DLK_TESTS_FAKE_PARSER_H

/**
 * @file
 * The first pass over an image file: what its parts share.
 *
 * parse.c splits files into lines and lines into words, and has the statements of one line; a statement that
 * begins a block sets it, and the indented lines go where the block says: parse_types.c,
 * parse_objects.c, parse_tasks.c.
 */

#include "parse.h"

enum { PARSER_MAX_WORDS = 32 };

/** What indented lines belong to. */
enum block { BLOCK_NONE, BLOCK_TYPE, BLOCK_ENUM, BLOCK_OBJECT, BLOCK_STACK };

struct parser {
	struct dlk_fake_image *image;
	struct dlk_ctx *ctx;
	const char *path;
	unsigned line, depth;
	enum block block;
	const char *name; /**< Of the type, enum or object of the block. */
	struct dlk_fake_stack stack;
	struct dlk_vec late;                     /**< Of struct dlk_fake_late. */
	const char *words[PARSER_MAX_WORDS + 1]; /**< Of the line. */
	unsigned word_count;
};

static inline enum dlk_status wrong(struct parser *p, const char *what, const char *detail)
{
	return dlk_fail(p->ctx, DLK_ERR_INVALID, "%s: %s", what, detail);
}

enum dlk_status parser_eval_u32(struct parser *p, const char *text, uint32_t *ret);

/** What is to be done when all is declared; NULL without memory. */
struct dlk_fake_late *parser_add_late(struct parser *p, enum dlk_fake_late_kind kind);

/* Types: "type", "enum", "forget", and the lines of the first two. */
enum dlk_status parser_begin_type(struct parser *p);
enum dlk_status parser_add_member(struct parser *p);
enum dlk_status parser_add_enumerator(struct parser *p);
enum dlk_status parser_forget(struct parser *p);

/* Objects: "object" and its lines, which those of "task" are, too. */
enum dlk_status parser_begin_object(struct parser *p);
enum dlk_status parser_assign_line(struct parser *p, const char *line);

/** Make an object that lines may follow; at 0: on pages of its own. */
enum dlk_status parser_make_object(struct parser *p, const char *name, const char *type_name,
				   dlk_addr_t at);

/** Let a member of an object have the value of @p text, which must last. */
enum dlk_status parser_assign(struct parser *p, const char *object, const char *member,
			      const char *text);

/* Tasks: "task"; "stack" and its lines. */
enum dlk_status parser_begin_task(struct parser *p);
enum dlk_status parser_begin_stack(struct parser *p);
enum dlk_status parser_stack_line(struct parser *p);

#endif
