/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/gdbstub.c: what a monitor prints of a guest's memory map. */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "edges.h"
#include "target/gdbstub.h"

static const char *const words[] = {
	"FlatView #1\n",
	" AS \"memory\", root: system\n",
	" Root memory region: system\n",
	"  0000000000000000-000000000009ffff (prio 0, ram): pc.ram\n",
	"  0000000100000000-ffffffffffffffff (prio 0, rom): pc.rom\n",
	"  00000000fffc0000-00000000ffffffff (prio 0, nv-ram): x\n",
	"  ffffffffffffffff-ffffffffffffffff (prio 0, ram): x\n",
	", ram)",
	"-",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct dlk_vec ranges;
	dlk_addr_t last = 0;
	struct dlk_ctx ctx;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	dlk_ctx_init(&ctx);
	if (!dlk_gdbstub_parse_map(&ctx, text, &ranges))
		for (uint32_t i = 0; i < ranges.len; i++) {
			const struct dlk_ram_range *r = DLK_VEC_AT(&ranges, struct dlk_ram_range,
								   i);

			FUZZ_CLAIM(r->start >= last && r->end > r->start);
			last = r->end;
		}
	dlk_ctx_deinit(&ctx);
	free(text);
	return 0;
}
