/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types, their members and enumerators, in an image. */
#include <config.h>

#include "parser.h"

#include <string.h>

#include "fake.h"

enum dlk_status parser_begin_type(struct parser *p)
{
	struct dlk_fake_type *t;

	if (p->word_count != 3 || dlk_fake_find_type(p->image, p->words[1]))
		return wrong(p, "type NAME SIZE, once", p->words[0]);
	t = dlk_vec_push(p->ctx, &p->image->types);
	if (!t)
		return dlk_nomem(p->ctx);
	t->name = p->name = p->words[1];
	p->block = BLOCK_TYPE;
	return parser_eval_u32(p, p->words[2], &t->size);
}

/* NAME OFFSET SIZE [bits OFFSET SIZE] [count N] */
enum dlk_status parser_add_member(struct parser *p)
{
	struct dlk_fake_member *m = dlk_vec_push(p->ctx, &p->image->members);
	enum dlk_status status;

	if (!m)
		return dlk_nomem(p->ctx);
	if (p->word_count < 3)
		return wrong(p, "NAME OFFSET SIZE", p->words[0]);
	*m = (struct dlk_fake_member){ .type = p->name, .name = p->words[0], .place.count = 1 };
	status = parser_eval_u32(p, p->words[1], &m->place.offset);
	if (!status)
		status = parser_eval_u32(p, p->words[2], &m->place.size);
	for (unsigned i = 3; i < p->word_count && !status; i++) {
		if (!strcmp(p->words[i], "bits") && i + 2 < p->word_count) {
			status = parser_eval_u32(p, p->words[i + 1], &m->place.bit_offset);
			if (!status)
				status = parser_eval_u32(p, p->words[i + 2], &m->place.bit_size);
			i += 2;
		} else if (!strcmp(p->words[i], "count") && i + 1 < p->word_count) {
			status = parser_eval_u32(p, p->words[++i], &m->place.count);
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
enum dlk_status parser_forget(struct parser *p)
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

enum dlk_status parser_add_enumerator(struct parser *p)
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
