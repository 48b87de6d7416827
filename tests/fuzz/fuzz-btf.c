/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/btf.c: whatever is BTF is asked all that the analysis asks. */
#include <config.h>

#include "fuzz.h"

#include "ask.h"
#include "debuginfo/btf.h"

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
