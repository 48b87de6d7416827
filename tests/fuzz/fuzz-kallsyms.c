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

#include "ask.h"
#include "debuginfo/kallsyms_find.h"
#include "memory.h"

enum { HEADER = 16, REPEATED = 12 << 20 };

static enum dlk_status find_tables(struct dlk_memory *memory, const uint8_t *header, size_t all,
				   struct dlk_kallsyms_tables *tables)
{
	uint16_t at[6];

	memcpy(at, header, sizeof(at));
	*tables = (struct dlk_kallsyms_tables){ FUZZ_BASE + at[0], FUZZ_BASE + at[1],
						FUZZ_BASE + at[2], FUZZ_BASE + at[3],
						FUZZ_BASE + at[4], FUZZ_BASE + at[5] };
	return at[0] ? DLK_OK
		     : dlk_kallsyms_find(memory, FUZZ_BASE, FUZZ_BASE + all, FUZZ_BASE, tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_kallsyms_tables tables;
	struct dlk_symbols *symbols = NULL;
	struct dlk_memory memory;
	struct dlk_ctx ctx;
	struct fuzz_memory m = { .data = data + HEADER,
				 .size = size - HEADER,
				 .all = size - HEADER };

	if (size <= HEADER)
		return 0;
	m.all = data[14] == 'R' && m.all < REPEATED ? REPEATED : m.all;
	dlk_ctx_init(&ctx);
	if (!fuzz_memory_init(&m, &ctx, &memory) && !find_tables(&memory, data, m.all, &tables) &&
	    !dlk_kallsyms_open(&memory, &tables, &symbols))
		fuzz_ask_symbols(symbols, FUZZ_BASE, FUZZ_BASE + 0x1000, 64);
	dlk_ctx_deinit(&ctx);
	return 0;
}
