/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/cfi.c: a file with .debug_frame (elf.h) is asked for the rows of its code. */
#include <config.h>

#include "fuzz.h"

#include "debuginfo/cfi.h"
#include "debuginfo/elffile.h"
#include "elf.h"

enum { MOVED = 0x2400000, SPAN = 512 };

static const char *const names[] = { ".text", ".debug_frame", ".zdebug_frame", ".eh_frame", NULL };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_elf_mutate_sections((struct fuzz_bytes){ data, size, max_size }, seed);
}

static void use(struct dlk_ctx *ctx, const struct dlk_elffile *f)
{
	struct dlk_cfi *cfi;

	if (dlk_cfi_open(ctx, f->arch, f->elf, MOVED, &cfi))
		return;
	for (dlk_addr_t at = 0; at < SPAN; at++) {
		struct dlk_cfi_row row;

		if (cfi->ops->row(cfi, FUZZ_ELF_TEXT + MOVED + at, &row))
			continue;
		FUZZ_CLAIM(row.cfa.how != DLK_CFI_LOST && row.cfa.base != DLK_CFI_CFA);
	}
	cfi->ops->close(cfi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_elf_use(data, size, names, use);
	return 0;
}
