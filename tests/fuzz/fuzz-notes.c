/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/notes.c: the first byte says whether a block of notes follows, or a file with them. */
#include <config.h>

#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "target/notes.h"
#include "target/segments.h"

enum { MAX_CPUS = 8192 };

static void use(const struct dlk_notes *notes)
{
	FUZZ_CLAIM(notes->cpu_count <= MAX_CPUS);
	FUZZ_CLAIM(!notes->cpu_count || notes->regs);
	FUZZ_CLAIM(!notes->vmcoreinfo || strlen(notes->vmcoreinfo) < SIZE_MAX);
}

static void read_file(struct dlk_ctx *ctx, int fd)
{
	struct dlk_notes notes = { 0 };
	struct dlk_segments segments = { 0 };

	if (fd < 0)
		return;
	if (!dlk_notes_read(ctx, fd, &notes))
		use(&notes);
	if (!dlk_segments_read(ctx, fd, &segments))
		for (uint32_t i = 0; i < segments.count; i++)
			FUZZ_CLAIM(dlk_segments_have(&segments, segments.all[i].start, 1));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_notes notes = { 0 };
	struct dlk_ctx ctx;

	if (!size)
		return 0;
	dlk_ctx_init(&ctx);
	if (data[0] & 1) {
		read_file(&ctx, fuzz_file(data + 1, size - 1));
	} else if (!dlk_notes_parse(&ctx, &dlk_arch_x86_64, data + 1, size - 1, &notes)) {
		use(&notes);
		(void)!dlk_notes_build_id(&ctx, data + 1, size - 1);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
