/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second pass over an image: expressions and what is made of them. */
#include <config.h>

#include "parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 128, MAX_RING = 256 };

static void skip_blanks(const char **at)
{
	while (isspace((unsigned char)**at))
		++*at;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* OBJECT, OBJECT.member, symbol, enumerator. */
static enum dlk_status eval_name(struct dlk_fake_image *image, char *name, uint64_t *ret)
{
	char *member = strchr(name, '.');
	const struct dlk_fake_enumerator *e = dlk_fake_find_enumerator(image, NULL, name);
	const struct dlk_fake_symbol *s = dlk_fake_find_symbol(image, name);
	const struct dlk_fake_object *o;
	const struct dlk_member *m;

	if (member)
		*member++ = 0;
	o = dlk_fake_find_object(image, name);
	m = o && member ? dlk_fake_find_member(image, o->type, member) : NULL;
	if (o && member && !m)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "%s has no member %s", o->type,
				member);
	if (o)
		*ret = o->address + (m ? m->offset : 0);
	else if (s)
		*ret = s->address;
	else if (e)
		*ret = (uint64_t)e->value;
	else
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "nothing is called %s", name);
	return DLK_OK;
}

static enum dlk_status eval_term(struct dlk_fake_image *image, const char **at, uint64_t *ret)
{
	char name[MAX_NAME];
	size_t len = 0;

	skip_blanks(at);
	if (isdigit((unsigned char)**at)) {
		char *end;

		*ret = strtoull(*at, &end, 0);
		if (is_name_char(*end))
			return dlk_fail(image->ctx, DLK_ERR_INVALID, "%s is no number", *at);
		*at = end;
		return DLK_OK;
	}
	while (is_name_char((*at)[len]) && len < sizeof(name) - 1)
		len++;
	if (!len)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "a value is missing before \"%s\"",
				*at);
	memcpy(name, *at, len);
	name[len] = 0;
	*at += len;
	return eval_name(image, name, ret);
}

static enum dlk_status eval_shift(struct dlk_fake_image *image, const char **at, uint64_t *ret)
{
	enum dlk_status status = eval_term(image, at, ret);

	skip_blanks(at);
	while (!status && !strncmp(*at, "<<", 2)) {
		uint64_t by;

		*at += 2;
		status = eval_term(image, at, &by);
		if (!status)
			*ret = by < 64 ? *ret << by : 0;
		skip_blanks(at);
	}
	return status;
}

enum dlk_status dlk_fake_eval(struct dlk_fake_image *image, const char *text, uint64_t *ret)
{
	enum dlk_status status = eval_shift(image, &text, ret);

	while (!status && *text) {
		char op = *text++;
		uint64_t value;

		if (!strchr("+-|", op))
			return dlk_fail(image->ctx, DLK_ERR_INVALID, "no operator: '%c'", op);
		status = eval_shift(image, &text, &value);
		if (status)
			break;
		if (op == '|')
			*ret |= value;
		else
			*ret += op == '+' ? value : -value;
	}
	return status;
}

/* "text" is written with its NUL; an expression as a value of the member's size. */
static enum dlk_status set_member(struct dlk_fake_image *image, const struct dlk_fake_late *late)
{
	const char *text = late->right;
	size_t len = strlen(text);
	uint64_t value;
	enum dlk_status status;

	if (*text != '"') {
		status = dlk_fake_eval(image, text, &value);
		return status ? status
			      : dlk_fake_write_member(image, late->base, &late->member, value);
	}
	if (len < 2 || text[len - 1] != '"' || len - 1 > late->member.size)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "%s does not end, or is too long",
				text);
	status = dlk_fake_write(image, late->base + late->member.offset, text + 1, len - 2);
	return status ? status
		      : dlk_fake_write(image, late->base + late->member.offset + len - 2, "", 1);
}

static enum dlk_status set_word(struct dlk_fake_image *image, const struct dlk_fake_late *late)
{
	uint64_t address, value;
	enum dlk_status status = dlk_fake_eval(image, late->left, &address);

	if (!status)
		status = dlk_fake_eval(image, late->right, &value);
	return status ? status : dlk_fake_write_u64(image, address, value);
}

static enum dlk_status make_list(struct dlk_fake_image *image, const struct dlk_fake_late *late)
{
	char *rest = dlk_strdup(image->ctx, late->right), *word;
	dlk_addr_t ring[MAX_RING];
	uint32_t count = 1;
	enum dlk_status status = dlk_fake_eval(image, late->left, &ring[0]);

	if (!rest)
		return dlk_nomem(image->ctx);
	while (!status && (word = strtok_r(rest, " \t", &rest))) {
		if (count == MAX_RING)
			return dlk_fail(image->ctx, DLK_ERR_LIMIT, "a list of over %d", MAX_RING);
		status = dlk_fake_eval(image, word, &ring[count++]);
	}
	return status ? status : dlk_fake_link(image, ring, count);
}

static enum dlk_status take_away(struct dlk_fake_image *image, const struct dlk_fake_late *late)
{
	uint64_t address, len = 1;
	const struct dlk_fake_object *o = dlk_fake_find_object(image, late->left);
	enum dlk_status status = dlk_fake_eval(image, late->left, &address);

	if (!status && *late->right)
		status = dlk_fake_eval(image, late->right, &len);
	else if (o)
		len = o->size;
	if (!status)
		dlk_fake_unmap(image, address, len);
	return status;
}

enum dlk_status dlk_fake_do_late(struct dlk_fake_image *image, const struct dlk_fake_late *late)
{
	switch (late->kind) {
	case DLK_FAKE_SET:
		return set_word(image, late);
	case DLK_FAKE_MEMBER:
		return set_member(image, late);
	case DLK_FAKE_LIST:
		return make_list(image, late);
	case DLK_FAKE_MISSING:
		return take_away(image, late);
	}
	return DLK_ERR_INVALID;
}
