/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/crashed.c: a memory that may be a capture kernel's, or may have one in it.  Its first words are what
 * the symbols name.
 */
#include <config.h>

#include "fuzz.h"

#include <elf.h>
#include <string.h>

#include "edges.h"
#include "kernel/arch.h"
#include "kernel/crashed.h"
#include "memory.h"

/* Physical addresses in the input; a word each, but of crashk_res two. */
enum { HEADER_ADDRESS = 0, COMMAND_LINE = 8, RESERVED = 16, NOTES = 32, CR3 = 40, START = 48 };
enum { CPUS = 3, PER_CPU = 0x200 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	const struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;
	struct fuzz_bytes headers = { data, 0, 0 };
	uint64_t at = size >= sizeof(at) ? fuzz_peek(data, sizeof(at)) : size;

	switch (fuzz_pick(&state, 3)) {
	case 0:
		fuzz_spoil(&b, fuzz_pick(&state, START / 8) * 8, 8, &state);
		return size;
	case 1:
		/* The ELF headers and notes, where they are. */
		if (at < size) {
			headers = (struct fuzz_bytes){ data + at, size - at, size - at };
			if (fuzz_pick(&state, 2))
				fuzz_spoil(&headers, sizeof(Elf64_Ehdr) + fuzz_pick(&state, 40) * 4,
					   8, &state);
			else
				fuzz_spoil(&headers, fuzz_pick(&state, sizeof(Elf64_Ehdr)), 2,
					   &state);
		}
		return size;
	default:
		return LLVMFuzzerMutate(data, size, max_size);
	}
}

static enum dlk_status find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	static const struct {
		const char *name;
		unsigned at;
	} known[] = { { "elfcorehdr_addr", HEADER_ADDRESS },
		      { "saved_command_line", COMMAND_LINE },
		      { "crashk_res", RESERVED },
		      { "crash_notes", NOTES } };

	(void)s;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i].name)) {
			*ret = FUZZ_BASE + known[i].at;
			return DLK_OK;
		}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	(void)s;
	(void)address;
	(void)ret;
	return DLK_ERR_NOTFOUND;
}

static void use(struct dlk_kernel *k)
{
	struct dlk_capture_kernel capture;
	const char *vmcoreinfo = NULL;

	if (dlk_crashed_find_vmcoreinfo(&k->memory, k->symbols, &vmcoreinfo))
		FUZZ_CLAIM(k->ctx->err.text[0]);
	else
		FUZZ_CLAIM(!vmcoreinfo || strlen(vmcoreinfo) < SIZE_MAX);
	if (!dlk_crashed_find_capture(k, &capture) && capture.is_there)
		FUZZ_CLAIM(capture.end > capture.start && !capture.cpu && k->noted_regs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dlk_symbols_ops ops = { .name = "fuzz", .find = find, .at = at };
	static dlk_addr_t offsets[CPUS] = { 0, PER_CPU, 2 * PER_CPU };
	struct fuzz_memory m = { .data = data, .size = size, .all = size };
	struct dlk_symbols symbols = { .ops = &ops };
	struct dlk_ctx ctx;
	struct dlk_kernel k = { .ctx = &ctx,
				.arch = &dlk_kernel_arch_x86_64,
				.symbols = &symbols,
				.percpu_offset = offsets,
				.cpu_count = CPUS };

	if (size < START)
		return 0;
	m.regs.root = fuzz_peek(data + CR3, 8);
	dlk_ctx_init(&ctx);
	symbols.ctx = &ctx;
	if (!fuzz_memory_init(&m, &ctx, &k.memory))
		use(&k);
	dlk_ctx_deinit(&ctx);
	return 0;
}
