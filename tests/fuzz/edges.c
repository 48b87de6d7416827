/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "edges.h"

#include <string.h>

/* splitmix64 */
uint64_t fuzz_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

size_t fuzz_pick(uint64_t *state, size_t count)
{
	return count ? fuzz_next(state) % count : 0;
}

uint64_t fuzz_edge(uint64_t *state, uint64_t near)
{
	static const uint64_t borders[] = { 0,          1,
					    INT8_MAX,   UINT8_MAX,
					    INT16_MAX,  UINT16_MAX,
					    INT32_MAX,  (uint64_t)INT32_MAX + 1,
					    UINT32_MAX, (uint64_t)UINT32_MAX + 1,
					    INT64_MAX,  (uint64_t)INT64_MAX + 1,
					    UINT64_MAX };
	uint64_t step = UINT64_C(1) << fuzz_pick(state, 13), value;

	switch (fuzz_pick(state, 6)) {
	case 0:
		return near + (fuzz_pick(state, 2) ? step : -step);
	case 1:
		return near * (step + 1);
	case 2:
		return -near;
	case 3:
		return UINT64_C(1) << fuzz_pick(state, 64);
	default:
		value = borders[fuzz_pick(state, sizeof(borders) / sizeof(borders[0]))];
		return value + fuzz_pick(state, 3) - 1;
	}
}

uint64_t fuzz_peek(const uint8_t *data, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)data[i] << 8 * i;
	return value;
}

void fuzz_poke(uint8_t *data, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		data[i] = (uint8_t)(value >> 8 * i);
}

void fuzz_spoil(const struct fuzz_bytes *b, size_t at, size_t width, uint64_t *state)
{
	if (at > b->size || width > b->size - at)
		return;
	fuzz_poke(b->data + at, width, fuzz_edge(state, fuzz_peek(b->data + at, width)));
}

void fuzz_spoil_number(const struct fuzz_bytes *b, uint64_t *state)
{
	size_t width = (size_t)1 << fuzz_pick(state, 4);
	size_t most = fuzz_pick(state, 2) ? b->size : b->size < 512 ? b->size : 512;

	fuzz_spoil(b, fuzz_pick(state, most / width) * width, width, state);
}

void fuzz_replace(struct fuzz_bytes *b, size_t at, size_t gone, const void *bytes, size_t len)
{
	if (at > b->size || gone > b->size - at || len > b->max_size ||
	    b->size - gone > b->max_size - len)
		return;
	memmove(b->data + at + len, b->data + at + gone, b->size - at - gone);
	memcpy(b->data + at, bytes, len);
	b->size = b->size - gone + len;
}

void fuzz_put_word(struct fuzz_bytes *b, const char *const *words, size_t count, uint64_t *state)
{
	const char *word = words[fuzz_pick(state, count)];
	size_t len = strlen(word), at = fuzz_pick(state, b->size + 1);
	size_t left = b->size - at;

	fuzz_replace(b, at, fuzz_pick(state, 2) ? 0 : left < len ? left : len, word, len);
}
