/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/debuginfo/kallsyms.c and kallsyms_find.c: tables in a memory that is the input.
 *
 * The first 16 bytes say where the tables are; if they say 0, the tables are looked for.  If the 15th
 * is 'R', the input is repeated up to 12 MiB.
 */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "debuginfo/kallsyms_find.h"

#define BASE 0xffffffff81000000u

enum { HEADER = 16, REPEATED = 12 << 20 };

struct memory {
	struct dlk_target target;
	const uint8_t *data;
	size_t size, all;
};

static enum dlk_status memory_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	const struct memory *m = (const struct memory *)t;
	uint8_t *to = buf;

	if (address >= m->all)
		return DLK_ERR_FAULT;
	memset(buf, 0, len);
	while (len && address < m->all) {
		size_t at = address % m->size, part = m->size - at < len ? m->size - at : len;

		memcpy(to, m->data + at, part);
		to += part;
		address += part;
		len -= part;
	}
	return DLK_OK;
}

static enum dlk_status translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	const struct memory *m = arg;

	*ret = address - BASE;
	return address - BASE < m->all ? DLK_OK : DLK_ERR_FAULT;
}

static enum dlk_status find_tables(struct dlk_memory *memory, const uint8_t *header, size_t all,
				   struct dlk_kallsyms_tables *tables)
{
	uint16_t at[6];

	memcpy(at, header, sizeof(at));
	*tables = (struct dlk_kallsyms_tables){ BASE + at[0], BASE + at[1], BASE + at[2],
						BASE + at[3], BASE + at[4], BASE + at[5] };
	return at[0] ? DLK_OK : dlk_kallsyms_find(memory, BASE, BASE + all, BASE, tables);
}

static void ask(struct dlk_symbols *s)
{
	static const char *const names[] = { "_stext", "init_task", "do_it", "0", "" };
	struct dlk_symbol symbol;
	dlk_addr_t address;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!s->ops->find(s, names[i], &address))
			(void)!s->ops->at(s, address, &symbol);
	for (uint64_t at = 0; at < 0x1000; at += 64)
		if (!s->ops->at(s, BASE + at, &symbol))
			FUZZ_CLAIM(symbol.address <= BASE + at && symbol.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dlk_target_ops ops = { .name = "fuzz", .read = memory_read };
	struct dlk_kallsyms_tables tables;
	struct dlk_symbols *symbols = NULL;
	struct dlk_memory memory;
	struct dlk_ctx ctx;
	struct memory m = { .data = data + HEADER, .size = size - HEADER, .all = size - HEADER };

	if (size <= HEADER)
		return 0;
	m.all = data[14] == 'R' && m.all < REPEATED ? REPEATED : m.all;
	dlk_ctx_init(&ctx);
	m.target = (struct dlk_target){ .ops = &ops, .ctx = &ctx, .name = "fuzz" };
	if (!dlk_memory_init(&memory, &m.target)) {
		dlk_memory_set_translate(&memory, translate, &m);
		if (!find_tables(&memory, data, m.all, &tables) &&
		    !dlk_kallsyms_open(&memory, &tables, &symbols))
			ask(symbols);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
