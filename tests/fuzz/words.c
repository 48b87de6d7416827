/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "edges.h"

size_t fuzz_mutate_by_words(struct fuzz_bytes b, unsigned int seed, const char *const *words,
			    size_t one_in)
{
	uint64_t state = seed;
	size_t count = 0;

	while (words[count])
		count++;
	if (fuzz_pick(&state, one_in))
		return LLVMFuzzerMutate(b.data, b.size, b.max_size);
	fuzz_put_word(&b, words, count, &state);
	return b.size;
}
