/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "ask.h"

#include "fuzz.h"
#include "kernel/layout.h"

/* A bit-field lies in the unit that is read for it. */
static void ask_layout(struct dlk_types *t)
{
	struct dlk_layout layout = { 0 };

	(void)!dlk_layout_resolve(t, &layout);
	for (unsigned i = 0; i < DLK_MEMBER_COUNT; i++)
		if (dlk_layout_has(&layout, i) && layout.members[i].bit_size)
			FUZZ_CLAIM(layout.members[i].bit_offset + layout.members[i].bit_size <=
				   layout.members[i].size * 8);
}

void fuzz_ask_types(struct dlk_types *t)
{
	static const char *const types[] = { "task_struct", "inode", "folio", "outer",
					     "list_head" };
	const char *path, *outer;
	uint32_t size;
	int64_t value;

	ask_layout(t);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (t->ops->size(t, types[i], &size))
			continue;
		for (uint32_t at = 0; at < size && at < 256; at += 8)
			if (!t->ops->path_at(t, types[i], at, "list_head", &path, &outer))
				FUZZ_CLAIM(path && outer);
	}
	(void)!t->ops->enumerator(t, NULL, "PGTY_slab", &value);
	(void)!t->ops->enumerator(t, "pageflags", "PG_locked", &value);
}

void fuzz_ask_symbols(struct dlk_symbols *s, dlk_addr_t from, dlk_addr_t to, dlk_addr_t step)
{
	static const char *const names[] = { "_stext", "init_task", "do_it", "0", "" };
	struct dlk_symbol symbol;
	dlk_addr_t address;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!s->ops->find(s, names[i], &address))
			(void)!s->ops->at(s, address, &symbol);
	for (dlk_addr_t at = from; at < to; at += step)
		if (!s->ops->at(s, at, &symbol))
			FUZZ_CLAIM(symbol.address <= at && symbol.name);
}
