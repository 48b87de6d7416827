/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols at an offset from where another provider has them.
 *
 * KASLR moves what is in the kernel's image.  Per-CPU symbols of x86-64 before v6.15 (9d7de2aa8b41)
 * are no addresses but small offsets, and stay.
 */
#include <config.h>

#include "debuginfo/moved.h"

#include "target/arch.h"

struct moved {
	struct dlk_symbols symbols;
	struct dlk_symbols_ops ops;
	struct dlk_symbols *inner;
	const struct dlk_arch *arch;
	uint64_t offset;
};

static enum dlk_status moved_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	const struct moved *m = (const struct moved *)s;
	enum dlk_status status = m->inner->ops->find(m->inner, name, ret);

	if (!status && dlk_arch_is_kernel(m->arch, *ret))
		*ret += m->offset;
	return status;
}

/* Modules lie behind the image, and stay where they are. */
static enum dlk_status moved_at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	const struct moved *m = (const struct moved *)s;
	enum dlk_status status = DLK_ERR_NOTFOUND;

	if (dlk_arch_is_image(m->arch, address))
		status = m->inner->ops->at(m->inner, address - m->offset, ret);
	if (!status)
		ret->address += m->offset;
	return status;
}

static enum dlk_status moved_line(struct dlk_symbols *s, dlk_addr_t address, const char **ret)
{
	const struct moved *m = (const struct moved *)s;

	return dlk_arch_is_image(m->arch, address)
		       ? m->inner->ops->line(m->inner, address - m->offset, ret)
		       : DLK_ERR_NOTFOUND;
}

enum dlk_status dlk_symbols_moved(struct dlk_symbols *inner, const struct dlk_arch *arch,
				  int64_t offset, struct dlk_symbols **ret)
{
	struct moved *m = dlk_alloc(inner->ctx, sizeof(*m));

	if (!m)
		return dlk_nomem(inner->ctx);
	m->ops = (struct dlk_symbols_ops){ .name = inner->ops->name,
					   .find = moved_find,
					   .at = moved_at,
					   .line = inner->ops->line ? moved_line : NULL };
	m->symbols = (struct dlk_symbols){ .ops = &m->ops, .ctx = inner->ctx };
	m->inner = inner;
	m->arch = arch;
	m->offset = (uint64_t)offset;
	*ret = &m->symbols;
	return DLK_OK;
}
