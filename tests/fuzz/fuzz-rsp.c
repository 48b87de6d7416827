/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/rsp.c: packets, cut into pieces of as many bytes as the first byte says. */
#include <config.h>

#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "edges.h"
#include "target/rsp.h"

static const char *const words[] = { "$", "#", "}", "*", "%", "+", "-", "$OK#9a", "*~", "}\x03" };

/* The sum of each packet, in the place of the two bytes behind it. */
static void mend_sums(const struct fuzz_bytes *b)
{
	unsigned sum = 0;
	bool is_inside = false;

	for (size_t i = 1; i < b->size; i++) {
		char digits[3];

		if (b->data[i] == '$' || b->data[i] == '%') {
			is_inside = true;
			sum = 0;
		} else if (is_inside && b->data[i] == '#' && b->size - i > 2) {
			snprintf(digits, sizeof(digits), "%02x", sum & 0xff);
			memcpy(b->data + i + 1, digits, 2);
			is_inside = false;
			i += 2;
		} else {
			sum += b->data[i];
		}
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;

	if (fuzz_pick(&state, 3))
		b.size = LLVMFuzzerMutate(data, size, max_size);
	else
		fuzz_put_word(&b, words, sizeof(words) / sizeof(words[0]), &state);
	if (fuzz_pick(&state, 4))
		mend_sums(&b);
	return b.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dlk_rsp_parser p;
	size_t piece;

	if (!size)
		return 0;
	memset(&p, 0, sizeof(p));
	piece = data[0] % 64 + (size_t)1;
	data++;
	size--;
	while (size) {
		size_t len = size < piece ? size : piece, used;
		enum dlk_rsp_event event = dlk_rsp_parse(&p, data, len, &used);

		FUZZ_CLAIM(used > 0 && used <= len);
		FUZZ_CLAIM(event != DLK_RSP_MORE || used == len);
		FUZZ_CLAIM(p.len <= DLK_RSP_MAX_PACKET);
		FUZZ_CLAIM(event != DLK_RSP_PACKET || !p.data[p.len]);
		data += used;
		size -= used;
	}
	return 0;
}
