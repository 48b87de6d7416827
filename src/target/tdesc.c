/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GDB's target description: see tdesc.h. */
#include <config.h>

#include "target/tdesc.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

enum {
	MAX_REGS = 4096,
	MAX_INCLUDES = 32,
	MAX_BITS = 4096, /* of a register: AVX-512's have 512 */
	MAX_NAME = 64
};

struct parse {
	struct dlk_tdesc *d;
	XML_Parser xml;
	bool is_included;
	bool is_in_architecture;
	char architecture[MAX_NAME];
	size_t architecture_len;
	enum dlk_status status;
};

void dlk_tdesc_init(struct dlk_ctx *ctx, struct dlk_tdesc *d)
{
	*d = (struct dlk_tdesc){ .ctx = ctx,
				 .includes = DLK_VEC_INIT(const char *),
				 .regs = DLK_VEC_INIT(struct dlk_tdesc_reg) };
}

static void stop(struct parse *p, enum dlk_status status)
{
	p->status = status;
	XML_StopParser(p->xml, XML_FALSE);
}

static const char *find(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return NULL;
}

static bool get_number(const char *text, unsigned limit, unsigned *ret)
{
	unsigned long value;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	value = strtoul(text, &end, 10);
	if (*end || value >= limit)
		return false;
	*ret = (unsigned)value;
	return true;
}

static void take_reg(struct parse *p, const char **attributes)
{
	const char *name = find(attributes, "name"), *number = find(attributes, "regnum");
	struct dlk_tdesc_reg reg = { .number = p->d->next_number };
	struct dlk_tdesc_reg *slot;

	if (!name || strlen(name) > MAX_NAME ||
	    !get_number(find(attributes, "bitsize"), MAX_BITS + 1, &reg.bits) ||
	    (number && !get_number(number, MAX_REGS, &reg.number)) || reg.number >= MAX_REGS ||
	    p->d->regs.len >= MAX_REGS) {
		stop(p, dlk_fail(p->d->ctx, DLK_ERR_CORRUPT,
				 "a register of the target description makes no sense"));
		return;
	}
	p->d->next_number = reg.number + 1;
	reg.name = dlk_strdup(p->d->ctx, name);
	slot = reg.name ? dlk_vec_push(p->d->ctx, &p->d->regs) : NULL;
	if (slot)
		*slot = reg;
	else
		stop(p, dlk_nomem(p->d->ctx));
}

static void take_include(struct parse *p, const char **attributes)
{
	const char *href = find(attributes, "href");
	const char **slot;

	if (p->is_included || !href || strlen(href) > MAX_NAME ||
	    strcspn(href, "#$}:,*") != strlen(href) || p->d->includes.len >= MAX_INCLUDES) {
		stop(p, dlk_fail(p->d->ctx, DLK_ERR_CORRUPT,
				 "an include of the target description makes no sense"));
		return;
	}
	href = dlk_strdup(p->d->ctx, href);
	slot = href ? dlk_vec_push(p->d->ctx, &p->d->includes) : NULL;
	if (slot)
		*slot = href;
	else
		stop(p, dlk_nomem(p->d->ctx));
}

static void XMLCALL start_element(void *arg, const char *name, const char **attributes)
{
	struct parse *p = arg;

	p->is_in_architecture = !strcmp(name, "architecture");
	if (!strcmp(name, "reg"))
		take_reg(p, attributes);
	else if (!strcmp(name, "xi:include"))
		take_include(p, attributes);
}

static void XMLCALL end_element(void *arg, const char *name)
{
	struct parse *p = arg;

	(void)name;
	p->is_in_architecture = false;
}

static void XMLCALL take_text(void *arg, const char *text, int len)
{
	struct parse *p = arg;
	size_t room = sizeof(p->architecture) - 1 - p->architecture_len;
	size_t count = (size_t)len < room ? (size_t)len : room;

	if (!p->is_in_architecture)
		return;
	memcpy(p->architecture + p->architecture_len, text, count);
	p->architecture_len += count;
}

/* Descriptions need no entities; documents that grow when they are read do. */
/* NOLINTNEXTLINE(readability-function-size): expat's parameters */
static void XMLCALL refuse_entity(void *arg, const char *name, int is_parameter, const char *value,
				  int len, const char *base, const char *system, const char *public,
				  const char *notation)
{
	struct parse *p = arg;

	(void)name, (void)is_parameter, (void)value, (void)len, (void)base, (void)system;
	(void)public, (void)notation;
	stop(p, dlk_fail(p->d->ctx, DLK_ERR_CORRUPT, "a target description with entities"));
}

static enum dlk_status run(struct parse *p, const char *text, size_t len)
{
	struct dlk_ctx *ctx = p->d->ctx;

	XML_SetUserData(p->xml, p);
	XML_SetElementHandler(p->xml, start_element, end_element);
	XML_SetCharacterDataHandler(p->xml, take_text);
	XML_SetEntityDeclHandler(p->xml, refuse_entity);
	if (XML_Parse(p->xml, text, (int)len, 1) == XML_STATUS_OK)
		return DLK_OK;
	if (p->status)
		return p->status;
	return dlk_fail(ctx, DLK_ERR_CORRUPT, "the target description is no XML: %s",
			XML_ErrorString(XML_GetErrorCode(p->xml)));
}

enum dlk_status dlk_tdesc_parse(struct dlk_tdesc *d, const char *text, size_t len, bool is_included)
{
	struct parse p = { .d = d, .is_included = is_included };
	enum dlk_status status;

	if (len > INT32_MAX)
		return dlk_fail(d->ctx, DLK_ERR_LIMIT, "a target description of %zu bytes", len);
	p.xml = XML_ParserCreate(NULL);
	if (!p.xml)
		return dlk_nomem(d->ctx);
	status = run(&p, text, len);
	XML_ParserFree(p.xml);
	if (status || !p.architecture_len)
		return status;
	d->architecture = dlk_strdup(d->ctx, p.architecture);
	return d->architecture ? DLK_OK : dlk_nomem(d->ctx);
}

static int compare_regs(const void *a, const void *b)
{
	const struct dlk_tdesc_reg *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

void dlk_tdesc_settle(struct dlk_tdesc *d)
{
	struct dlk_tdesc_reg *regs = d->regs.data;
	unsigned offset = 0;

	if (d->regs.len)
		qsort(regs, d->regs.len, sizeof(*regs), compare_regs);
	for (uint32_t i = 0; i < d->regs.len; i++) {
		regs[i].offset = offset;
		offset += (regs[i].bits + 7) / 8;
	}
}

static const struct dlk_tdesc_reg *find_reg(const struct dlk_tdesc *d, const char *name)
{
	for (uint32_t i = 0; i < d->regs.len; i++) {
		const struct dlk_tdesc_reg *reg = DLK_VEC_AT(&d->regs, struct dlk_tdesc_reg, i);

		if (!strcmp(reg->name, name))
			return reg;
	}
	return NULL;
}

bool dlk_tdesc_get(const struct dlk_tdesc *d, const char *hex, size_t len, const char *name,
		   uint64_t *ret)
{
	const struct dlk_tdesc_reg *reg = find_reg(d, name);
	size_t bytes = reg ? (reg->bits + 7) / 8 : 0;
	uint64_t value = 0;

	if (!bytes || bytes > 8 || (reg->offset + bytes) * 2 > len)
		return false;
	for (size_t i = bytes; i-- > 0;) {
		char digits[3] = { hex[(reg->offset + i) * 2], hex[(reg->offset + i) * 2 + 1], 0 };
		char *end;

		value = value << 8 | strtoul(digits, &end, 16);
		if (end != digits + 2)
			return false;
	}
	*ret = value;
	return true;
}
