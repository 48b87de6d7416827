/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects in an image, and what their members are. */
#include <config.h>

#include "parser.h"

#include <string.h>

#include "fake.h"

enum { MAX_OBJECT = 1 << 16 };

enum dlk_status parser_make_object(struct parser *p, const char *name, const char *type_name,
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
enum dlk_status parser_begin_object(struct parser *p)
{
	uint64_t at = 0;
	enum dlk_status status = DLK_OK;

	if (p->word_count != 3 && (p->word_count != 5 || strcmp(p->words[3], "at")))
		return wrong(p, "object NAME TYPE [at ADDRESS]", p->words[0]);
	if (p->word_count == 5)
		status = dlk_fake_eval(p->image, p->words[4], &at);
	p->block = BLOCK_OBJECT;
	return status ? status : parser_make_object(p, p->words[1], p->words[2], at);
}

enum dlk_status parser_assign(struct parser *p, const char *object, const char *member,
			      const char *text)
{
	const struct dlk_fake_object *o = dlk_fake_find_object(p->image, object);
	const struct dlk_member *m = dlk_fake_find_member(p->image, o->type, member);
	struct dlk_fake_late *late;

	if (!m)
		return dlk_fail(p->ctx, DLK_ERR_INVALID, "%s has no member %s", o->type, member);
	late = parser_add_late(p, DLK_FAKE_MEMBER);
	if (!late)
		return dlk_nomem(p->ctx);
	late->base = o->address;
	late->member = *m;
	late->right = text;
	return DLK_OK;
}

/* MEMBER = EXPRESSION, with blanks around the sign */
enum dlk_status parser_assign_line(struct parser *p, const char *line)
{
	const char *sign = strstr(line, " = ");

	if (p->word_count < 3 || strcmp(p->words[1], "=") || !sign)
		return wrong(p, "MEMBER = VALUE", line);
	sign += 3;
	return parser_assign(p, p->name, p->words[0], sign + strspn(sign, " \t"));
}
