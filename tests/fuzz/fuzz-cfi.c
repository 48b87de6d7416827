/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/cfi.c: a file with .debug_frame (elf.h) is asked for the rows of its code. */
#include <config.h>

#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

#include "debuginfo/cfi.h"
#include "debuginfo/elffile.h"
#include "elf.h"

enum { MOVED = 0x2400000, SPAN = 512 };

static const char *const names[] = { ".text", ".debug_frame", ".zdebug_frame", ".eh_frame", NULL };

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
