/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/btf.c: whatever is BTF is asked all that the analysis asks. */
#include <config.h>

#include "fuzz.h"

#include "debuginfo/btf.h"
#include "kernel/layout.h"

/* More than any input has members that lead on: MAX_STEPS of btf.c would end a question. */
static void ask(struct dlk_types *t)
{
	static const char *const types[] = { "task_struct", "inode", "folio", "outer",
					     "list_head" };
	struct dlk_layout layout = { 0 };
	const char *path, *outer;
	uint32_t size;
	int64_t value;

	(void)!dlk_layout_resolve(t, &layout);
	for (unsigned i = 0; i < DLK_MEMBER_COUNT; i++)
		if (dlk_layout_has(&layout, i) && layout.members[i].bit_size)
			FUZZ_CLAIM(layout.members[i].bit_offset + layout.members[i].bit_size <=
				   layout.members[i].size * 8);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (t->ops->size(t, types[i], &size))
			continue;
		for (uint32_t at = 0; at < size && at < 256; at += 8)
			if (!t->ops->path_at(t, types[i], at, "list_head", &path, &outer))
				FUZZ_CLAIM(path && outer);
	}
	(void)!t->ops->enumerator(t, NULL, "PGTY_slab", &value);
	(void)!t->ops->enumerator(t, "pageflags", "PG_locked", &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_types *types = NULL;
	struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	if (!dlk_btf_open(&ctx, data, size, &types)) {
		ask(types);
		types->ops->close(types);
	} else {
		FUZZ_CLAIM(ctx.err.text[0]);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
