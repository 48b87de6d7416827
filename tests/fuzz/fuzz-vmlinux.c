/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/elffile.c and vmlinux.c: a file that may be VMLINUX is asked for all that it may have. */
#include <config.h>

#include "fuzz.h"

#include <unistd.h>

#include "ask.h"
#include "debuginfo/vmlinux.h"
#include "elf.h"

enum { MOVED = 0x2400000, STEP = 64, SPAN = 0x1000 };

static void ask(struct dlk_vmlinux *v)
{
	struct dlk_symbols *symbols;
	struct dlk_types *types;
	struct dlk_cfi *cfi;
	struct dlk_cfi_row row;
	const char *id;
	uint32_t bytes;
	const void *btf;
	size_t size;

	if (!dlk_vmlinux_build_id(v, &id))
		FUZZ_CLAIM(id && *id);
	if (!dlk_vmlinux_btf(v, &btf, &size))
		/* All of it is there. */
		for (size_t i = 0; i < size; i++)
			FUZZ_CLAIM(((const volatile unsigned char *)btf)[i] <= UINT8_MAX);
	if (!dlk_vmlinux_symbols(v, MOVED, &symbols))
		fuzz_ask_symbols(symbols, FUZZ_ELF_TEXT + MOVED, FUZZ_ELF_TEXT + MOVED + SPAN,
				 STEP);
	if (!dlk_vmlinux_dwarf(v, &types)) {
		(void)!types->ops->size(types, "task_struct", &bytes);
		types->ops->close(types);
	}
	if (!dlk_vmlinux_cfi(v, MOVED, &cfi)) {
		(void)!cfi->ops->row(cfi, FUZZ_ELF_TEXT + MOVED, &row);
		cfi->ops->close(cfi);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	const struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;

	if (!fuzz_pick(&state, 3))
		return LLVMFuzzerMutate(data, size, max_size);
	for (size_t i = fuzz_pick(&state, 3) + 1; i; i--)
		fuzz_elf_spoil(&b, &state);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_ctx ctx;
	int fd = fuzz_file(data, size);

	if (fd < 0)
		return 0;
	dlk_ctx_init(&ctx);
	if (!dlk_vmlinux_open(&ctx, fuzz_path(fd), &v)) {
		ask(v);
		dlk_vmlinux_close(v);
	} else {
		FUZZ_CLAIM(ctx.err.text[0]);
	}
	dlk_ctx_deinit(&ctx);
	close(fd);
	return 0;
}
