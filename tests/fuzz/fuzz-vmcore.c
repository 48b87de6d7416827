/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/vmcore.c, kdump.c and segments.c: a file that may be a dump.  What is spoilt of it is numbers of its ELF
 * headers, or of the headers and page descriptors of a kdump-compressed one.
 */
#include <config.h>

#include "fuzz.h"

#include <elf.h>
#include <unistd.h>

#include "deadlock/target.h"
#include "elf.h"

enum { PAGE = 4096, PAGES = 64 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	const struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;

	if (!fuzz_pick(&state, 3))
		return LLVMFuzzerMutate(data, size, max_size);
	if (size && data[0] == ELFMAG0)
		fuzz_elf_spoil(&b, &state);
	else
		fuzz_spoil_number(&b, &state);
	return size;
}

static void use(struct dlk_target *t)
{
	unsigned char page[PAGE];
	struct dlk_regs regs;

	for (dlk_addr_t at = 0; at < PAGES; at++)
		(void)!t->ops->read(t, at * PAGE, page, PAGE);
	(void)!t->ops->read(t, 0xfffffffffffff000u, page, PAGE);
	for (unsigned cpu = 0; cpu < t->cpu_count; cpu++)
		(void)!t->ops->regs(t, cpu, &regs);
	t->ops->close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_target *target = NULL;
	struct dlk_ctx ctx;
	int fd = fuzz_file(data, size);

	if (fd < 0)
		return 0;
	dlk_ctx_init(&ctx);
	if (!dlk_target_open_vmcore(&ctx, fuzz_path(fd), &target))
		use(target);
	else
		FUZZ_CLAIM(ctx.err.text[0]);
	dlk_ctx_deinit(&ctx);
	close(fd);
	return 0;
}
