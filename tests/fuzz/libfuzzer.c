/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between libFuzzer and a target: the limit of CPU time, for libFuzzer's own is one of real time.  The
 * linker puts it there (--wrap; scripts/fuzz).
 */
#include <config.h>

#include "fuzz.h"
#include "limits.h"

/* The linker's names for the target's function and for what is called in its place. */
int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int result;

	fuzz_limits_begin();
	result = __real_LLVMFuzzerTestOneInput(data, size);
	fuzz_limits_end();
	return result;
}
