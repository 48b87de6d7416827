/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a struct down to a member.
 *
 * Types may be damaged: a struct may contain itself.  So the nesting and the number of members
 * looked at in one question are bounded.  There is no recursion.
 */
#include <config.h>

#include "debuginfo/descent.h"

#include <string.h>

#include "base/strbuf.h"

enum {
	MAX_NESTING = 32,   /* structs in structs */
	MAX_STEPS = 1 << 15 /* members looked at in one question */
};

/* A struct in the course of a descent. */
struct frame {
	struct dlk_composite composite;
	const char *member_name; /* of the member that led here; "" if unnamed or none did */
	uint32_t offset;         /* by name: of this struct from the first; by offset: left to go */
	uint32_t element;        /* which one of member_name; UINT32_MAX if it is no array */
};

struct descent {
	struct dlk_types *types;
	const struct dlk_descent_ops *ops;
	struct frame frames[MAX_NESTING];
	uint32_t len, steps;
};

static enum dlk_status corrupt(struct dlk_types *t, const char *what)
{
	return dlk_fail(t->ctx, DLK_ERR_CORRUPT, "types (%s): %s", t->ops->name, what);
}

static enum dlk_status push(struct descent *d, const struct frame *frame)
{
	if (d->len == MAX_NESTING)
		return corrupt(d->types, "structs are nested too deeply");
	d->frames[d->len++] = *frame;
	return DLK_OK;
}

/* The next member of the innermost struct that has one left; DLK_ERR_NOTFOUND after the last. */
static enum dlk_status next_member(struct descent *d, struct dlk_place *ret)
{
	while (d->len) {
		struct frame *top = &d->frames[d->len - 1];
		enum dlk_status status;

		if (d->steps++ == MAX_STEPS)
			return corrupt(d->types, "structs are nested without end");
		status = d->ops->next(d->types, &top->composite, ret);
		if (status != DLK_ERR_NOTFOUND)
			return status;
		d->len--;
	}
	return DLK_ERR_NOTFOUND;
}

/* Find one component of a path in a struct and in the unnamed ones inside it. */
static enum dlk_status find_component(struct descent *d, const struct dlk_composite *c,
				      const char *name, size_t len, struct dlk_place *ret)
{
	struct frame inner = { .composite = *c, .member_name = "" };
	struct dlk_place place;
	enum dlk_status status;

	d->len = 0;
	status = push(d, &inner);
	while (!status && !(status = next_member(d, &place))) {
		const struct frame *top = &d->frames[d->len - 1];

		if (*place.name && (strncmp(place.name, name, len) || place.name[len]))
			continue;
		status = d->ops->place(d->types, &top->composite, &place);
		if (status)
			break;
		place.member.offset += top->offset;
		if (*place.name) {
			*ret = place;
			return DLK_OK;
		}
		inner.offset = place.member.offset;
		if (place.is_array)
			continue;
		status = d->ops->enter(d->types, place.type, NULL, &inner.composite);
		if (!status)
			status = push(d, &inner);
		else if (status == DLK_ERR_NOTFOUND)
			status = DLK_OK;
	}
	return status;
}

enum dlk_status dlk_descent_member(struct dlk_types *t, const struct dlk_descent_ops *ops,
				   const char *type, const char *member, struct dlk_member *ret)
{
	struct descent d = { .types = t, .ops = ops };
	struct dlk_composite c;
	enum dlk_status status = ops->find(t, type, &c);
	uint64_t offset = 0;

	while (!status) {
		size_t len = strcspn(member, ".");
		struct dlk_place place;

		status = len ? find_component(&d, &c, member, len, &place) : DLK_ERR_NOTFOUND;
		if (status)
			break;
		offset += place.member.offset;
		if (offset > UINT32_MAX)
			return corrupt(t, "a member's offset is too large");
		if (!member[len]) {
			*ret = place.member;
			ret->offset = (uint32_t)offset;
			return DLK_OK;
		}
		member += len + 1;
		status = ops->enter(t, place.type, NULL, &c);
	}
	return status;
}

/* Put the way to the innermost struct into words. */
static enum dlk_status name_path(const struct descent *d, const char **path, const char **outer)
{
	struct dlk_ctx *ctx = d->types->ctx;
	struct dlk_strbuf sb = { .ctx = ctx };
	const char *innermost = "";
	char *copy;

	for (uint32_t i = 0; i < d->len; i++) {
		const struct frame *frame = &d->frames[i];

		/* The last one is what was looked for: it does not contain itself. */
		if (frame->composite.name && i + 1 < d->len)
			innermost = frame->composite.name;
		if (!*frame->member_name)
			continue;
		dlk_strbuf_printf(&sb, "%s%s", sb.len ? "." : "", frame->member_name);
		if (frame->element != UINT32_MAX)
			dlk_strbuf_printf(&sb, "[%u]", frame->element);
	}
	copy = dlk_strdup(ctx, innermost);
	if (sb.is_cut || !copy)
		return dlk_nomem(ctx);
	*path = dlk_strbuf_text(&sb);
	*outer = copy;
	return DLK_OK;
}

/* The struct at @p offset in a member; DLK_ERR_NOTFOUND if the member is elsewhere or no struct. */
static enum dlk_status enter(const struct descent *d, const struct dlk_place *place,
			     uint32_t offset, const char *wanted, struct frame *ret)
{
	const struct dlk_member *m = &place->member;
	struct frame frame = { .member_name = place->name, .element = UINT32_MAX };
	enum dlk_status status;

	if (m->bit_size || !m->count || offset < m->offset ||
	    offset - m->offset > m->size - (m->size > 0))
		return DLK_ERR_NOTFOUND;
	status = d->ops->enter(d->types, place->type, wanted, &frame.composite);
	if (status)
		return status;
	frame.offset = offset - m->offset;
	if (place->is_array) {
		uint32_t size = m->size / m->count;

		frame.element = size ? frame.offset / size : 0;
		frame.offset = size ? frame.offset % size : 0;
	}
	*ret = frame;
	return DLK_OK;
}

enum dlk_status dlk_descent_path(struct dlk_types *t, const struct dlk_descent_ops *ops,
				 const struct dlk_descent_goal *goal, const char **path,
				 const char **outer)
{
	struct descent d = { .types = t, .ops = ops };
	struct frame inner = { .member_name = "", .offset = goal->offset, .element = UINT32_MAX };
	struct dlk_place place;
	enum dlk_status status = ops->find(t, goal->type, &inner.composite);

	inner.composite.name = goal->type;
	if (!status)
		status = push(&d, &inner);
	while (!status && !(status = next_member(&d, &place))) {
		const struct frame *top = &d.frames[d.len - 1];

		status = ops->place(t, &top->composite, &place);
		if (!status)
			status = enter(&d, &place, top->offset, goal->wanted, &inner);
		if (status == DLK_ERR_NOTFOUND) {
			status = DLK_OK;
			continue;
		}
		if (!status)
			status = push(&d, &inner);
		if (!status && inner.composite.is_wanted && !inner.offset)
			return name_path(&d, path, outer);
	}
	return status;
}

/* The bytes that the bits touch, rounded up to a size that can be read; moved back if that reaches beyond the struct. */
static void round_up(uint64_t *offset, uint64_t *unit, uint64_t end, uint32_t struct_size)
{
	for (*unit = 1; *unit < end - *offset;)
		*unit *= 2;
	if (*offset + *unit > struct_size)
		*offset = struct_size > *unit ? struct_size - *unit : 0;
}

bool dlk_place_bits(struct dlk_member *m, uint32_t struct_size, uint64_t bit, uint32_t bits)
{
	uint64_t unit = m->size > 0 && m->size <= 8 ? m->size : 8, offset = bit / 8 / unit * unit;
	uint64_t end = (bit + bits + 7) / 8;

	if (!bits || bits > 64 || bit > UINT32_MAX * UINT64_C(8) || end > struct_size ||
	    end - bit / 8 > 8)
		return false;
	if (end > offset + unit || offset + unit > struct_size) {
		offset = bit / 8;
		round_up(&offset, &unit, end, struct_size);
	}
	m->offset = (uint32_t)offset;
	m->size = (uint32_t)unit;
	m->bit_offset = (uint32_t)(bit - offset * 8);
	m->bit_size = bits;
	return true;
}
