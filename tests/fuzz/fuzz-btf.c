/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/btf.c: whatever is BTF is asked all that the analysis asks. */
#include <config.h>

#include "fuzz.h"

#include "ask.h"
#include "debuginfo/btf.h"
#include "edges.h"

/* It is words, but for its strings. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	const struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;

	if (fuzz_pick(&state, 2))
		return LLVMFuzzerMutate(data, size, max_size);
	fuzz_spoil_number(&b, &state);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_types *types = NULL;
	struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	if (!dlk_btf_open(&ctx, data, size, &types)) {
		fuzz_ask_types(types);
		types->ops->close(types);
	} else {
		FUZZ_CLAIM(ctx.err.text[0]);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
