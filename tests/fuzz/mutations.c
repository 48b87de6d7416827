/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From bytes to mutations.  A mutation is a few bytes: what is done, in which kind of place, which
 * one of these, and what is written.  Bytes that are missing at the end count as 0.
 */
#include <config.h>

#include <string.h>

#include "places.h"
#include "target/memory.h"

enum operation { WORD, BYTES, ZERO_PAGE, RANDOM_PAGE, OTHER_PAGE, NO_PAGE, CUT, REGS, VMCOREINFO };

struct weight {
	uint8_t value, weight;
};

enum { ALL_WEIGHTS = 64 };

/* Most mutations write a word: the others end most analyses early. */
static const struct weight operations[] = {
	{ WORD, 48 },   { BYTES, 4 }, { ZERO_PAGE, 2 }, { RANDOM_PAGE, 2 }, { OTHER_PAGE, 2 },
	{ NO_PAGE, 3 }, { CUT, 1 },   { REGS, 1 },      { VMCOREINFO, 1 },
};

static const struct weight places[] = {
	{ FUZZ_ANY, 1 },   { FUZZ_HOT, 6 },      { FUZZ_POINTER, 10 }, { FUZZ_TASK, 12 },
	{ FUZZ_STACK, 4 }, { FUZZ_WAITER, 16 },  { FUZZ_LOCK, 12 },    { FUZZ_TABLE, 1 },
	{ FUZZ_BTF, 1 },   { FUZZ_KALLSYMS, 1 },
};

struct input {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct input *in, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len && in->left; i++, in->left--)
		value |= (uint64_t)*in->data++ << (i * 8);
	return value;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static unsigned weigh(const struct weight *weights, uint64_t byte)
{
	byte %= ALL_WEIGHTS;
	while (byte >= weights->weight)
		byte -= weights++->weight;
	return weights->value;
}

/* A spot of the kind; a word of a stack if a capture has none of this kind. */
static struct fuzz_spot take_spot(struct fuzz_capture *c, struct input *in)
{
	const struct dlk_vec *spots = &c->places[weigh(places, take(in, 1))];
	uint32_t index = (uint32_t)take(in, 3);
	struct fuzz_spot spot;

	if (!spots->len)
		spots = &c->places[FUZZ_STACK];
	spot = *DLK_VEC_AT(spots, const struct fuzz_spot, index % spots->len);
	if (spot.len > sizeof(uint64_t)) {
		uint64_t at = take(in, 2) % spot.len & ~(uint64_t)7;

		spot.address += at;
		spot.len -= at;
	}
	return spot;
}

static uint32_t index_of(struct fuzz_capture *c, const struct fuzz_spot *spot)
{
	return dlk_map_get(&c->by_frame, spot->address / DLK_PAGE_SIZE);
}

static uint64_t old_word(struct fuzz_capture *c, const struct fuzz_spot *spot, size_t len)
{
	const struct fuzz_page *page = DLK_VEC_AT(&c->pages, struct fuzz_page, index_of(c, spot));
	uint64_t word = 0;

	memcpy(&word, page->data + spot->address % DLK_PAGE_SIZE, len);
	return word;
}

/* Noise is dropped at the first check; so most words are nearly right. */
static uint64_t take_word(struct fuzz_capture *c, struct input *in, uint64_t old)
{
	uint64_t how = take(in, 1), value;

	switch (how % 8) {
	case 0:
		return take(in, 8);
	case 1:
		return take(in, 1);
	case 2:
		return old ^ UINT64_C(1) << take(in, 1) % 64;
	case 3:
		return old + ((take(in, 1) % 64) - 32) * 8;
	case 4:
	case 5:
		value = take(in, 2);
		c->has_forged = true;
		value = *DLK_VEC_AT(&c->objects, dlk_addr_t, value % c->objects.len);
		return value + (how % 2 ? take(in, 1) % 8 : 0);
	case 6: {
		const struct dlk_vec *pointers = &c->places[FUZZ_POINTER];

		c->has_forged = true;
		return old_word(c,
				DLK_VEC_AT(pointers, const struct fuzz_spot,
					   take(in, 3) % pointers->len),
				sizeof(uint64_t));
	}
	default:
		return 0;
	}
}

static void write_word(struct fuzz_capture *c, struct input *in)
{
	struct fuzz_spot spot = take_spot(c, in);
	size_t len = spot.len < sizeof(uint64_t) ? spot.len : sizeof(uint64_t);
	uint64_t value = take_word(c, in, old_word(c, &spot, len));
	unsigned char *page = fuzz_capture_own(c, index_of(c, &spot));

	if (page)
		memcpy(page + spot.address % DLK_PAGE_SIZE, &value, len);
}

static void write_bytes(struct fuzz_capture *c, struct input *in)
{
	struct fuzz_spot spot = take_spot(c, in);
	unsigned char *page = fuzz_capture_own(c, index_of(c, &spot));
	uint64_t len = take(in, 1) % 64 + 1, at = spot.address % DLK_PAGE_SIZE;

	for (uint64_t i = at; page && i < at + len && i < DLK_PAGE_SIZE; i++)
		page[i] = (unsigned char)take(in, 1);
}

static void fill_page(struct fuzz_capture *c, struct input *in, enum operation operation)
{
	struct fuzz_spot spot = take_spot(c, in);
	unsigned char *page = fuzz_capture_own(c, index_of(c, &spot));
	uint64_t seed = take(in, 4);
	const struct fuzz_page *other = DLK_VEC_AT(&c->pages, struct fuzz_page,
						   seed % c->pages.len);

	if (!page)
		return;
	if (operation == OTHER_PAGE)
		memcpy(page, other->data, DLK_PAGE_SIZE);
	else if (operation == ZERO_PAGE)
		memset(page, 0, DLK_PAGE_SIZE);
	for (size_t i = 0; operation == RANDOM_PAGE && i < DLK_PAGE_SIZE; i += sizeof(uint64_t)) {
		uint64_t value = next_random(&seed);

		memcpy(page + i, &value, sizeof(value));
	}
}

static void write_regs(struct fuzz_capture *c, struct input *in)
{
	uint64_t cpu = take(in, 1), which = take(in, 1), value = take_word(c, in, 0);

	struct dlk_regs *regs = &c->regs[c->notes.cpu_count ? cpu % c->notes.cpu_count : 0];

	if (!c->notes.cpu_count)
		return;
	regs->raw[which % c->notes.arch->reg_count] = value;
	dlk_arch_settle(c->notes.arch, regs);
}

/* Never a NUL: the text is as long as its note. */
static void write_vmcoreinfo(struct fuzz_capture *c, struct input *in)
{
	size_t at = take(in, 2) % (strlen(c->vmcoreinfo) + 1);
	char byte = (char)take(in, 1);

	if (c->vmcoreinfo[at] && byte)
		c->vmcoreinfo[at] = byte;
}

static void mutate_once(struct fuzz_capture *c, struct input *in)
{
	enum operation operation = weigh(operations, take(in, 1));
	struct fuzz_spot spot;

	switch (operation) {
	case WORD:
		write_word(c, in);
		break;
	case BYTES:
		write_bytes(c, in);
		break;
	case ZERO_PAGE:
	case RANDOM_PAGE:
	case OTHER_PAGE:
		fill_page(c, in, operation);
		break;
	case NO_PAGE:
		spot = take_spot(c, in);
		fuzz_capture_drop(c, index_of(c, &spot));
		break;
	case CUT:
		c->cut = (uint32_t)(take(in, 3) % c->pages.len);
		break;
	case REGS:
		write_regs(c, in);
		break;
	case VMCOREINFO:
		write_vmcoreinfo(c, in);
		break;
	}
}

void fuzz_capture_mutate(struct fuzz_capture *c, const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	fuzz_capture_mend(c);
	for (int i = 0; in.left && i < FUZZ_MAX_MUTATIONS; i++)
		mutate_once(c, &in);
}
