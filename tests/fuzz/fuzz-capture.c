/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole analysis over a capture, spoilt as the input says (mutations.c).  The capture is
 * $DEADLOCK_FUZZ_CAPTURE, else a bundled one.
 */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>

#include "capture.h"

static struct fuzz_capture capture;

static void unload(void)
{
	fuzz_capture_free(&capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_result result;

	if (!capture.path) {
		fuzz_capture_load(&capture, NULL);
		atexit(unload);
	}
	fuzz_capture_mutate(&capture, data, size);
	result = fuzz_capture_analyse(&capture);
	FUZZ_CLAIM(result.used <= (size_t)DLK_DEFAULT_BUDGET_MIB << 20);
	return 0;
}
