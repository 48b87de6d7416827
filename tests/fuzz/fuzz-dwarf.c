/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/dwarf.c: the sections of a file (elf.h) are asked all that the analysis asks of types. */
#include <config.h>

#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

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
	struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;

	if (!fuzz_pick(&state, 8))
		return LLVMFuzzerMutate(data, size, max_size);
	fuzz_elf_spoil_sections(&b, &state);
	return b.size;
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
	struct dlk_elffile f;
	char path[64];
	struct dlk_ctx ctx;
	int fd = fuzz_elf_file(data, size, names);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	dlk_ctx_init(&ctx);
	if (!dlk_elffile_open(&ctx, path, &f))
		use(&ctx, &f);
	dlk_elffile_close(&f);
	dlk_ctx_deinit(&ctx);
	close(fd);
	return 0;
}
