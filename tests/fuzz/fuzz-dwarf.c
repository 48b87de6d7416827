/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/dwarf.c: the sections of a file (elf.h) are asked all that the analysis asks of types. */
#include <config.h>

#include "fuzz.h"

#include "ask.h"
#include "debuginfo/dwarf.h"
#include "debuginfo/elffile.h"
#include "elf.h"

static const char *const names[] = { ".text",           ".debug_info",
				     ".debug_abbrev",   ".debug_str",
				     ".debug_line_str", ".debug_str_offsets",
				     ".debug_types",    ".debug_addr",
				     ".zdebug_info",    NULL };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_elf_mutate_sections((struct fuzz_bytes){ data, size, max_size }, seed);
}

static void use(struct dlk_ctx *ctx, const struct dlk_elffile *f)
{
	struct dlk_types *types;

	(void)dlk_elffile_has_dwarf(f);
	if (dlk_dwarf_open(ctx, f->elf, &types))
		return;
	fuzz_ask_types(types);
	types->ops->close(types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_elf_use(data, size, names, use);
	return 0;
}
