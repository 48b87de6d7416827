/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/debuginfo/kallsyms_find.c, on tables laid out as scripts/kallsyms.c does.  The expected
 * addresses are those at which the test wrote the tables.
 */
#include <config.h>

#include "support.h"

#include <stdio.h>

#include "debuginfo/kallsyms_find.h"

#define START (FAKE_IMAGE + 0x1000000u)
#define TABLES (START + 0x20000u)

enum { IMAGE_SIZE = 3 << 20, SEARCH_WINDOW = 1 << 20, ROOM = 0x20000, COUNT = 701 };

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

struct layout {
	dlk_addr_t at;       /* where the first table is */
	bool is_new;         /* the offsets are last */
	bool has_seqs;       /* seqs_of_names are there */
	bool no_markers;     /* cut: as many words of zero */
	bool has_long_token; /* one of them is longer than those of its kind */
	bool has_own_places; /* v7.0: offsets from their own places, and all is aligned to 4 bytes */
	uint32_t count;      /* COUNT if 0 */
	dlk_addr_t base;     /* START if 0 */
};

struct writer {
	struct fake *f;
	dlk_addr_t at;
	unsigned align;
	struct dlk_kallsyms_tables tables;
};

static dlk_addr_t put(struct writer *w, const void *data, size_t len)
{
	dlk_addr_t at = w->at;

	fake_write(w->f, at, data, len);
	w->at += len;
	return at;
}

static void align(struct writer *w)
{
	w->at = (w->at + w->align - 1) & -(dlk_addr_t)w->align;
}

static void put_offsets(struct writer *w, uint32_t count, dlk_addr_t base)
{
	align(w);
	w->tables.offsets = w->at;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t offset = i * 16;

		put(w, &offset, sizeof(offset));
	}
	align(w);
	w->tables.relative_base = put(w, &base, sizeof(base));
}

static void put_own_places(struct writer *w, uint32_t count)
{
	align(w);
	w->tables.offsets = w->at;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t offset = (uint32_t)(START + i * 16 - w->at);

		put(w, &offset, sizeof(offset));
	}
}

static void put_names(struct writer *w, uint32_t count, bool no_markers)
{
	uint32_t markers[COUNT / 256 + 1];

	w->tables.names = w->at;
	for (uint32_t i = 0; i < count; i++) {
		char text[256];
		int len = snprintf(text, sizeof(text), "tfunc_%u", i);
		uint8_t head[2];

		if (i % 100 == 50) /* a long one: two bytes of length */
			len = snprintf(text, sizeof(text), "t%0199u", i);
		head[0] = (uint8_t)(len > 127 ? (len & 127) | 128 : len);
		head[1] = (uint8_t)(len >> 7);
		if (i % 256 == 0)
			markers[i / 256] = no_markers ? 0 : (uint32_t)(w->at - w->tables.names);
		put(w, head, len > 127 ? 2 : 1);
		put(w, text, (size_t)len);
	}
	align(w);
	put(w, markers, (count + 255) / 256 * sizeof(markers[0]));
	align(w);
}

static void put_seqs(struct writer *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t seq = (i * 7 + 3) % count;
		uint8_t bytes[] = { (uint8_t)(seq >> 16), (uint8_t)(seq >> 8), (uint8_t)seq };

		put(w, bytes, sizeof(bytes));
	}
	align(w);
}

static void put_tokens(struct writer *w, bool has_long_token)
{
	uint16_t index[256];

	w->tables.token_table = w->at;
	for (unsigned i = 0; i < 256; i++) {
		char own[2] = { (char)i, 0 };
		const char *text = i > ' ' && i < 127 ? own : i % 3 ? "tok_" : "is";

		if (has_long_token && i == 255)
			text = "tok_tok_";
		index[i] = (uint16_t)(w->at - w->tables.token_table);
		put(w, text, strlen(text) + 1);
	}
	align(w);
	w->tables.token_index = put(w, index, sizeof(index));
}

static struct dlk_kallsyms_tables write_tables(struct fake *f, const struct layout *l)
{
	struct writer w = { .f = f, .at = l->at, .align = l->has_own_places ? 4 : 8 };
	uint64_t count = l->count ? l->count : COUNT;
	dlk_addr_t base = l->base ? l->base : START;

	/* The finder reads some before and behind the tokens: an image has something there. */
	fake_zeros(f, (l->at & ~(dlk_addr_t)(DLK_PAGE_SIZE - 1)) - 2 * DLK_PAGE_SIZE, ROOM);
	if (!l->is_new && !l->has_own_places)
		put_offsets(&w, (uint32_t)count, base);
	w.tables.num_syms = put(&w, &count, w.align);
	put_names(&w, (uint32_t)count, l->no_markers);
	if (l->has_seqs)
		put_seqs(&w, (uint32_t)count);
	put_tokens(&w, l->has_long_token);
	if (l->has_own_places)
		put_own_places(&w, (uint32_t)count);
	if (l->is_new)
		put_offsets(&w, (uint32_t)count, base);
	return w.tables;
}

static void assert_found(struct fake *f, const struct dlk_kallsyms_tables *want)
{
	struct dlk_kallsyms_tables got = { 0 };

	fake_forget(f);
	assert_int_equal(dlk_kallsyms_find(&f->memory, START, START + IMAGE_SIZE, START, &got),
			 DLK_OK);
	assert_int_equal(got.names, want->names);
	assert_int_equal(got.num_syms, want->num_syms);
	assert_int_equal(got.token_table, want->token_table);
	assert_int_equal(got.token_index, want->token_index);
	assert_int_equal(got.offsets, want->offsets);
	assert_int_equal(got.relative_base, want->relative_base);
}

static void assert_not_found(struct fake *f)
{
	struct dlk_kallsyms_tables got, before;

	memset(&got, 0x77, sizeof(got));
	before = got;
	fake_forget(f);
	assert_int_equal(dlk_kallsyms_find(&f->memory, START, START + IMAGE_SIZE, START, &got),
			 DLK_ERR_NOTFOUND);
	assert_memory_equal(&got, &before, sizeof(got));
}

static void check_layout(void **state, bool is_new, bool has_seqs)
{
	const struct layout l = { .at = TABLES, .is_new = is_new, .has_seqs = has_seqs };
	struct dlk_kallsyms_tables want = write_tables(*state, &l);

	assert_found(*state, &want);
}

static void test_kallsyms_find__old_order(void **state)
{
	check_layout(state, false, false);
}

static void test_kallsyms_find__old_order_with_seqs(void **state)
{
	check_layout(state, false, true);
}

static void test_kallsyms_find__new_order(void **state)
{
	check_layout(state, true, false);
}

static void test_kallsyms_find__new_order_with_seqs(void **state)
{
	check_layout(state, true, true);
}

/* Tables at each place of four bytes. */
static void test_kallsyms_find__own_places(void **state)
{
	struct fake *f = *state;

	for (dlk_addr_t shift = 0; shift < 16; shift += 4) {
		const struct layout l = { .at = TABLES + shift, .has_own_places = true };
		struct dlk_kallsyms_tables want;

		for (size_t at = 0; at < ROOM; at += DLK_PAGE_SIZE)
			memset(fake_page(f, TABLES + at)->data, 0, DLK_PAGE_SIZE);
		want = write_tables(f, &l);
		assert_int_equal(want.relative_base, 0);
		assert_found(f, &want);
	}
}

/*
 * By chance all that lies around the tokens may be aligned as before v7.0: nothing before num_syms is read for that.  Of the
 * three MiB a third is searched, and the names are read in one piece or two.
 */
static void test_kallsyms_find__own_places_cost(void **state)
{
	enum { PIECE_PAGES = 64, TOKEN_PAGES = 16 };
	const dlk_addr_t from = START + 2 * SEARCH_WINDOW;
	struct fake *f = *state;
	unsigned aligned = 0;

	fake_zeros(f, START, IMAGE_SIZE);
	for (uint32_t i = 0; i < 4; i++) {
		const struct layout l = { .at = from + 0x20000 + i % 2 * 4,
					  .has_own_places = true,
					  .has_long_token = i / 2 };
		struct dlk_kallsyms_tables want, got = { 0 };

		for (size_t at = 0; at < ROOM; at += DLK_PAGE_SIZE)
			memset(fake_page(f, from + 0x20000 + at)->data, 0, DLK_PAGE_SIZE);
		want = write_tables(f, &l);
		aligned += !(want.token_table % 8) && !(want.token_index % 8);
		fake_forget(f);
		assert_int_equal(dlk_kallsyms_find(&f->memory, START, START + IMAGE_SIZE, from,
						   &got),
				 DLK_OK);
		assert_int_equal(got.num_syms, want.num_syms);
		assert_in_range(f->memory.pages_read, 1,
				SEARCH_WINDOW / DLK_PAGE_SIZE + 2 * PIECE_PAGES + TOKEN_PAGES);
	}
	assert_int_not_equal(aligned, 0);
}

/* Even and odd numbers, a marker more or less: the padding differs. */
static void test_kallsyms_find__counts(void **state)
{
	static const uint32_t counts[] = { 300, 301, 511, 512, 513, 700 };
	struct fake *f = *state;

	for (size_t i = 0; i < 2 * sizeof(counts) / sizeof(counts[0]); i++) {
		const struct layout l = { .at = TABLES, .is_new = i % 2, .count = counts[i / 2] };
		struct dlk_kallsyms_tables want;

		for (size_t at = 0; at < ROOM; at += DLK_PAGE_SIZE)
			memset(fake_page(f, TABLES + at)->data, 0, DLK_PAGE_SIZE);
		want = write_tables(f, &l);
		assert_found(f, &want);
	}
}

/* The digits lie across the end of a window of the search, at each place. */
static void test_kallsyms_find__across_windows(void **state)
{
	struct fake *f = *state;
	struct layout l = { .at = TABLES, .is_new = true };
	struct dlk_kallsyms_tables want = write_tables(f, &l);
	dlk_addr_t shift = START + SEARCH_WINDOW - want.token_table;

	for (dlk_addr_t back = 128; back <= 256; back += 8) {
		fake_zeros(f, START, IMAGE_SIZE);
		for (size_t at = 0; at < IMAGE_SIZE; at += DLK_PAGE_SIZE)
			memset(fake_page(f, START + at)->data, 0, DLK_PAGE_SIZE);
		l.at = TABLES + shift - back;
		want = write_tables(f, &l);
		assert_found(f, &want);
	}
}

/* "0" to "9" is in other places too: alone, and behind strings that look like tokens. */
static void test_kallsyms_find__other_digits_first(void **state)
{
	const struct layout l = { .at = TABLES, .is_new = true };
	struct fake *f = *state;
	struct dlk_kallsyms_tables want = write_tables(f, &l);

	fake_zeros(f, START, 0x8000);
	fake_write(f, START + 0x10, digits, sizeof(digits));
	fake_write(f, START + 0x3003, digits, sizeof(digits));
	for (unsigned i = 0; i < 48; i++)
		fake_string(f, START + 0x5000 + i * 4, "abc");
	fake_write(f, START + 0x5000 + 48 * 4, digits, sizeof(digits));
	assert_found(f, &want);
}

static void test_kallsyms_find__no_tables(void **state)
{
	struct fake *f = *state;

	assert_not_found(f); /* nothing is there at all */
	fake_zeros(f, START, IMAGE_SIZE);
	assert_not_found(f);
	fake_write(f, TABLES, digits, sizeof(digits));
	assert_not_found(f);
}

static void test_kallsyms_find__cut_markers(void **state)
{
	const struct layout l = { .at = TABLES, .is_new = true, .no_markers = true };

	write_tables(*state, &l);
	assert_not_found(*state);
}

static void test_kallsyms_find__wrong_marker(void **state)
{
	const struct layout l = { .at = TABLES, .is_new = true };
	struct fake *f = *state;
	struct dlk_kallsyms_tables t = write_tables(f, &l);
	dlk_addr_t marker = t.token_table - 8; /* three and padding: the second is 12 back */

	fake_u32(f, marker - 4, 1);
	assert_not_found(f);
}

static void test_kallsyms_find__wrong_index(void **state)
{
	const struct layout l = { .at = TABLES, .is_new = true };
	struct fake *f = *state;
	struct dlk_kallsyms_tables t = write_tables(f, &l);

	fake_write(f, t.token_index + 300, "\xff", 1);
	assert_not_found(f);
}

static void test_kallsyms_find__base_elsewhere(void **state)
{
	struct layout l = { .at = TABLES, .base = START + IMAGE_SIZE };

	write_tables(*state, &l);
	assert_not_found(*state);
	l.base = START - 1;
	write_tables(*state, &l);
	assert_not_found(*state);
}

static void test_kallsyms_find__falling_offsets(void **state)
{
	const struct layout l = { .at = TABLES, .is_new = true };
	struct fake *f = *state;
	struct dlk_kallsyms_tables t = write_tables(f, &l);

	fake_u32(f, t.offsets + 500 * 4, 0x7fffff00);
	assert_not_found(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_kallsyms_find__old_order),
		FAKE_TEST(test_kallsyms_find__old_order_with_seqs),
		FAKE_TEST(test_kallsyms_find__new_order),
		FAKE_TEST(test_kallsyms_find__new_order_with_seqs),
		FAKE_TEST(test_kallsyms_find__counts),
		FAKE_TEST(test_kallsyms_find__own_places),
		FAKE_TEST(test_kallsyms_find__own_places_cost),
		FAKE_TEST(test_kallsyms_find__across_windows),
		FAKE_TEST(test_kallsyms_find__other_digits_first),
		FAKE_TEST(test_kallsyms_find__no_tables),
		FAKE_TEST(test_kallsyms_find__cut_markers),
		FAKE_TEST(test_kallsyms_find__wrong_marker),
		FAKE_TEST(test_kallsyms_find__wrong_index),
		FAKE_TEST(test_kallsyms_find__base_elsewhere),
		FAKE_TEST(test_kallsyms_find__falling_offsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
