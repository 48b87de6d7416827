/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/memory.c: reads by address, through the two caches. */
#include <config.h>

#include "support.h"

#include <stdlib.h>

#define A FAKE_DIRECT /* page 0 of the direct mapping */

enum { BULK = 9 * DLK_PAGE_SIZE, PAGE_SLOTS = 2048 };

static enum dlk_status read_at(struct fake *f, dlk_addr_t address, size_t len)
{
	static unsigned char buf[16 * DLK_PAGE_SIZE];

	assert_true(len <= sizeof(buf));
	return dlk_memory_read(&f->memory, address, buf, len);
}

static void test_memory__page_is_read_once(void **state)
{
	struct fake *f = *state;
	uint64_t value;

	fake_u64(f, A + 0x10, 0x1122334455667788);
	for (int i = 0; i < 100; i++)
		assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x10, &value), DLK_OK);
	assert_int_equal(value, 0x1122334455667788);
	assert_int_equal(read_at(f, A + 0x800, 0x800), DLK_OK);
	assert_int_equal(f->reads, 1);
	assert_int_equal(f->memory.pages_read, 1);
	assert_int_equal(f->translations, 1);
}

/* A page known by its physical address is the same page. */
static void test_memory__virtual_and_physical_share_pages(void **state)
{
	struct fake *f = *state;
	uint64_t value;

	fake_u64(f, A + 0x20, 77);
	assert_int_equal(dlk_memory_read_phys(&f->memory, fake_phys(A + 0x20), &value, 8), DLK_OK);
	assert_int_equal(value, 77);
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x20, &value), DLK_OK);
	assert_int_equal(f->reads, 1);
}

/* Of a target that runs, a page may be read anew; of one that stands still there is no point. */
static void test_memory__refresh(void **state)
{
	struct fake *f = *state;
	uint64_t value;

	fake_u64(f, A + 0x10, 1);
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x10, &value), DLK_OK);
	fake_u64(f, A + 0x10, 2);
	assert_false(dlk_memory_refresh(&f->memory, A));
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x10, &value), DLK_OK);
	assert_int_equal(value, 1);
	f->target.is_live = true;
	assert_true(dlk_memory_refresh(&f->memory, A + DLK_PAGE_SIZE));
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x10, &value), DLK_OK);
	assert_int_equal(value, 1);
	assert_true(dlk_memory_refresh(&f->memory, A + 0xff8));
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x10, &value), DLK_OK);
	assert_int_equal(value, 2);
	assert_int_equal(f->reads, 2);
	assert_int_equal(f->translations, 2);
}

static uint64_t word_at(struct fake *f, dlk_addr_t address)
{
	uint64_t value;

	assert_int_equal(dlk_memory_read_u64(&f->memory, address, &value), DLK_OK);
	return value;
}

/* Pages 1 and 2 are wholly of what does not change; what is on the pages around that may, and is read again. */
static void test_memory__constant(void **state)
{
	enum { PAGES = 4 };
	struct fake *f = *state;
	const dlk_addr_t start = A + 0x800, end = A + 3 * DLK_PAGE_SIZE + 0x800;

	for (unsigned i = 0; i < PAGES; i++)
		fake_u64(f, A + i * DLK_PAGE_SIZE + 0x10, 100 + i);
	assert_int_equal(dlk_memory_set_constant(&f->memory, start, end), DLK_OK);
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(word_at(f, A + i * DLK_PAGE_SIZE + 0x10), 100 + i);
	assert_int_equal(f->reads, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		fake_u64(f, A + i * DLK_PAGE_SIZE + 0x10, 200 + i);
	dlk_memory_forget(&f->memory);
	assert_int_equal(word_at(f, A + 0x10), 200);
	assert_int_equal(word_at(f, A + DLK_PAGE_SIZE + 0x10), 101);
	assert_int_equal(word_at(f, A + 2 * DLK_PAGE_SIZE + 0x10), 102);
	assert_int_equal(word_at(f, A + 3 * DLK_PAGE_SIZE + 0x10), 203);
	assert_int_equal(f->reads, PAGES + 2);
}

/* A page that was not there may come; one that was read over its border is kept as well. */
static void test_memory__constant_fault(void **state)
{
	struct fake *f = *state;
	unsigned char buf[16];

	assert_int_equal(dlk_memory_set_constant(&f->memory, A, A + 2 * DLK_PAGE_SIZE), DLK_OK);
	fake_u64(f, A + DLK_PAGE_SIZE - 8, 1);
	assert_int_equal(read_at(f, A + DLK_PAGE_SIZE - 8, 16), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, A + DLK_PAGE_SIZE);
	fake_u64(f, A + DLK_PAGE_SIZE, 2);
	dlk_memory_forget(&f->memory);
	assert_int_equal(dlk_memory_read(&f->memory, A + DLK_PAGE_SIZE - 8, buf, sizeof(buf)),
			 DLK_OK);
	assert_int_equal(buf[0], 1);
	assert_int_equal(buf[8], 2);
}

/* What is no range, is too large, or has no whole page is as if nothing had been said. */
static void test_memory__no_constant(void **state)
{
	static const dlk_addr_t ranges[][2] = {
		{ A + DLK_PAGE_SIZE, A },
		{ A, A + ((dlk_addr_t)1 << 40) },
		{ A + 8, A + DLK_PAGE_SIZE + 8 },
		{ 0, 0 },
	};
	struct fake *f = *state;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		assert_int_equal(dlk_memory_set_constant(&f->memory, ranges[i][0], ranges[i][1]),
				 DLK_OK);
		fake_u64(f, A + 0x10, i);
		dlk_memory_forget(&f->memory);
		assert_int_equal(word_at(f, A + 0x10), i);
	}
}

static void test_memory__neighbours_do_not_evict(void **state)
{
	struct fake *f = *state;

	fake_zeros(f, A, 512 * DLK_PAGE_SIZE);
	for (int round = 0; round < 3; round++)
		for (unsigned i = 0; i < 512; i++)
			assert_int_equal(read_at(f, A + i * DLK_PAGE_SIZE, 8), DLK_OK);
	assert_int_equal(f->reads, 512);
	assert_int_equal(f->translations, 512);
}

/* More pages than slots: old ones go, and every page still says what it should. */
static void test_memory__more_pages_than_slots(void **state)
{
	enum { COUNT = PAGE_SLOTS + 1000 };
	struct fake *f = *state;
	uint32_t value;
	size_t used;

	for (unsigned i = 0; i < COUNT; i++)
		fake_u32(f, A + i * DLK_PAGE_SIZE, i);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(dlk_memory_read_u32(&f->memory, A + i * DLK_PAGE_SIZE, &value),
				 DLK_OK);
		assert_int_equal(value, i);
	}
	used = f->ctx.used;
	for (unsigned i = COUNT; i-- > 0;) {
		assert_int_equal(dlk_memory_read_u32(&f->memory, A + i * DLK_PAGE_SIZE, &value),
				 DLK_OK);
		assert_int_equal(value, i);
	}
	assert_int_equal(f->ctx.used, used); /* memory is bounded */
}

static void test_memory__over_page_borders(void **state)
{
	struct fake *f = *state;
	unsigned char want[3 * DLK_PAGE_SIZE], got[3 * DLK_PAGE_SIZE];

	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (unsigned char)(i * 7 + (i >> 8));
	fake_write(f, A, want, sizeof(want));
	for (size_t from = 0; from < 2 * DLK_PAGE_SIZE; from += 509)
		for (size_t len = 0; from + len <= sizeof(want); len += 1021) {
			memset(got, 0xee, sizeof(got));
			assert_int_equal(dlk_memory_read(&f->memory, A + from, got, len), DLK_OK);
			assert_memory_equal(got, want + from, len);
			if (len < sizeof(got))
				assert_int_equal(got[len], 0xee);
		}
}

/* Neighbours in virtual memory need not be neighbours in physical memory. */
static enum dlk_status swapped(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	(void)arg;
	*ret = address == 0x5000 ? 0x9000 : 0x2000;
	return DLK_OK;
}

static void test_memory__translates_each_page(void **state)
{
	struct fake *f = *state;
	uint64_t value;

	fake_u32(f, A + 0x9ffc, 0x11111111);
	fake_u32(f, A + 0x2000, 0x22222222);
	dlk_memory_set_translate(&f->memory, swapped, NULL);
	assert_int_equal(dlk_memory_read_u64(&f->memory, 0x5ffc, &value), DLK_OK);
	assert_int_equal(value, 0x2222222211111111);
}

static void test_memory__missing_page(void **state)
{
	struct fake *f = *state;
	uint64_t value = 5;

	f->ctx.err.address = 0;
	assert_int_equal(dlk_memory_read_u64(&f->memory, A + 0x123450, &value), DLK_ERR_FAULT);
	assert_int_equal(value, 5);
	assert_int_equal(f->ctx.err.address, A + 0x123450);
	assert_int_equal(dlk_memory_read_phys(&f->memory, 0x77008, &value, 8), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, 0x77008);
	assert_int_equal(f->memory.pages_read, 0);
}

static void test_memory__missing_is_cached(void **state)
{
	struct fake *f = *state;

	fake_drop(f, A);
	for (int i = 0; i < 10; i++)
		assert_int_equal(read_at(f, A + 8 * i, 8), DLK_ERR_FAULT);
	assert_int_equal(f->reads, 1);
	/* Not mapped at all: asked once, too. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(read_at(f, 0x1000, 8), DLK_ERR_FAULT);
	assert_int_equal(f->translations, 2);
	assert_int_equal(f->ctx.err.address, 0x1000);
}

/* The address is that of the first byte that is not there, not of the range's start. */
static void test_memory__address_of_the_hole(void **state)
{
	struct fake *f = *state;

	fake_zeros(f, A, DLK_PAGE_SIZE);
	assert_int_equal(read_at(f, A + 0xff0, 0x100), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, A + 0x1000);
	fake_zeros(f, A, 4 * DLK_PAGE_SIZE);
	fake_drop(f, A + 3 * DLK_PAGE_SIZE);
	assert_int_equal(read_at(f, A + 2 * DLK_PAGE_SIZE + 4, BULK), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, A + 3 * DLK_PAGE_SIZE);
}

/* Large reads do not push out what small ones will want again. */
static void test_memory__bulk_goes_past_the_cache(void **state)
{
	struct fake *f = *state;

	fake_zeros(f, A, 16 * DLK_PAGE_SIZE);
	assert_int_equal(read_at(f, A, BULK), DLK_OK);
	assert_int_equal(f->reads, 9);
	assert_int_equal(f->memory.pages_read, 9);
	assert_int_equal(read_at(f, A, BULK), DLK_OK);
	assert_int_equal(f->reads, 18);
	assert_int_equal(read_at(f, A, 8), DLK_OK);
	assert_int_equal(f->reads, 19);
}

static void test_memory__bulk_uses_what_is_cached(void **state)
{
	struct fake *f = *state;
	unsigned char *buf = calloc(1, BULK);

	fake_zeros(f, A, 16 * DLK_PAGE_SIZE);
	fake_u32(f, A + 2 * DLK_PAGE_SIZE, 0xabcdef01);
	assert_int_equal(read_at(f, A + 2 * DLK_PAGE_SIZE, 8), DLK_OK);
	assert_int_equal(dlk_memory_read(&f->memory, A, buf, BULK), DLK_OK);
	assert_int_equal(f->reads, 1 + 8);
	assert_int_equal(buf[2 * DLK_PAGE_SIZE + 3], 0xab);
	assert_int_equal(dlk_memory_read_phys(&f->memory, fake_phys(A), buf, BULK), DLK_OK);
	assert_int_equal(f->reads, 1 + 8 + 8);
	free(buf);
}

static void test_memory__uint_sizes(void **state)
{
	struct fake *f = *state;
	uint64_t value = 0;
	uint32_t u32;
	uint16_t u16;

	fake_u64(f, A + 8, 0xfedcba9876543210);
	assert_int_equal(dlk_memory_read_uint(&f->memory, A + 8, 1, &value), DLK_OK);
	assert_int_equal(value, 0x10);
	assert_int_equal(dlk_memory_read_uint(&f->memory, A + 8, 2, &value), DLK_OK);
	assert_int_equal(value, 0x3210);
	assert_int_equal(dlk_memory_read_uint(&f->memory, A + 8, 4, &value), DLK_OK);
	assert_int_equal(value, 0x76543210);
	assert_int_equal(dlk_memory_read_uint(&f->memory, A + 8, 8, &value), DLK_OK);
	assert_int_equal(value, 0xfedcba9876543210);
	assert_int_equal(dlk_memory_read_u32(&f->memory, A + 12, &u32), DLK_OK);
	assert_int_equal(u32, 0xfedcba98);
	assert_int_equal(dlk_memory_read_u16(&f->memory, A + 14, &u16), DLK_OK);
	assert_int_equal(u16, 0xfedc);
}

static void test_memory__uint_of_odd_size(void **state)
{
	static const size_t sizes[] = { 0, 3, 5, 6, 7, 9, 16, SIZE_MAX };
	struct fake *f = *state;
	uint64_t value = 42;

	fake_zeros(f, A, DLK_PAGE_SIZE);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(dlk_memory_read_uint(&f->memory, A, sizes[i], &value),
				 DLK_ERR_INVALID);
	assert_int_equal(value, 42);
	assert_int_equal(f->reads, 0);
}

static void test_memory__values_unchanged_on_error(void **state)
{
	struct fake *f = *state;
	uint32_t u32 = 7;
	uint16_t u16 = 8;
	dlk_addr_t phys = 9;

	assert_int_equal(dlk_memory_read_u32(&f->memory, A, &u32), DLK_ERR_FAULT);
	assert_int_equal(dlk_memory_read_u16(&f->memory, A, &u16), DLK_ERR_FAULT);
	assert_int_equal(dlk_memory_translate(&f->memory, 0x1234, &phys), DLK_ERR_FAULT);
	assert_int_equal(u32, 7);
	assert_int_equal(u16, 8);
	assert_int_equal(phys, 9);
}

static void test_memory__cstr(void **state)
{
	struct fake *f = *state;
	char buf[8];

	fake_string(f, A, "swapper");
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A, buf, sizeof(buf)), DLK_OK);
	assert_string_equal(buf, "swapper");
	fake_string(f, A, "swapper/0");
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A, buf, sizeof(buf)), DLK_OK);
	assert_string_equal(buf, "swapper"); /* cut, and terminated */
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A, buf, 1), DLK_OK);
	assert_string_equal(buf, "");
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A, buf, 0), DLK_ERR_INVALID);
}

/* A string that ends where its page does, before a page that is missing. */
static void test_memory__cstr_at_a_border(void **state)
{
	struct fake *f = *state;
	char buf[64];

	fake_drop(f, A + 0x1000);
	fake_string(f, A + 0xffa, "mover");
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A + 0xffa, buf, sizeof(buf)), DLK_OK);
	assert_string_equal(buf, "mover");
	assert_int_equal(fake_page(f, A + 0x1000)->reads, 0);
}

static void test_memory__cstr_over_a_border(void **state)
{
	struct fake *f = *state;
	char buf[64];

	fake_string(f, A + 0xffd, "puncher");
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A + 0xffd, buf, sizeof(buf)), DLK_OK);
	assert_string_equal(buf, "puncher");
}

static void test_memory__cstr_runs_into_a_hole(void **state)
{
	struct fake *f = *state;
	char buf[64];

	fake_string(f, A + 0xffd, "puncher");
	fake_drop(f, A + 0x1000);
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A + 0xffd, buf, sizeof(buf)),
			 DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, A + 0x1000);
	/* Cut before the hole: nothing behind is needed. */
	assert_int_equal(dlk_memory_read_cstr(&f->memory, A + 0xffd, buf, 4), DLK_OK);
	assert_string_equal(buf, "pun");
}

static enum dlk_status constant(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	(void)address;
	*ret = *(dlk_addr_t *)arg;
	return DLK_OK;
}

static void test_memory__set_translate_forgets(void **state)
{
	struct fake *f = *state;
	dlk_addr_t where = 0x8000, phys;

	assert_int_equal(dlk_memory_translate(&f->memory, A + 0x3010, &phys), DLK_OK);
	assert_int_equal(phys, 0x3010);
	dlk_memory_set_translate(&f->memory, constant, &where);
	assert_int_equal(dlk_memory_translate(&f->memory, A + 0x3010, &phys), DLK_OK);
	assert_int_equal(phys, 0x8010);
	dlk_memory_set_translate(&f->memory, NULL, NULL);
	assert_int_equal(dlk_memory_translate(&f->memory, A + 0x3010, &phys), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, A + 0x3010);
}

static void test_memory__translations_are_distinct(void **state)
{
	struct fake *f = *state;
	dlk_addr_t phys;

	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 20000; i++) {
			dlk_addr_t at = A + (i << 12 & 0x3fffffff) + i % 4096;

			assert_int_equal(dlk_memory_translate(&f->memory, at, &phys), DLK_OK);
			assert_int_equal(phys, at - A);
		}
}

/* What says that the analysis must stop is not kept as a page's state. */
static void check_not_cached(struct fake *f, enum dlk_status status, dlk_addr_t at, size_t len)
{
	f->fail_in = 1;
	f->fail_status = status;
	assert_int_equal(read_at(f, at, len), status);
	assert_int_equal(read_at(f, at, len), DLK_OK);
}

static void test_memory__fatal_is_not_cached(void **state)
{
	struct fake *f = *state;

	fake_zeros(f, A, 32 * DLK_PAGE_SIZE);
	check_not_cached(f, DLK_ERR_CANCELED, A, 8);
	check_not_cached(f, DLK_ERR_SYSTEM, A + 0x1000, 8);
	check_not_cached(f, DLK_ERR_CANCELED, A + 0x2000, BULK);
	f->translate_status = DLK_ERR_CANCELED;
	assert_int_equal(read_at(f, A + 0x14000, 8), DLK_ERR_CANCELED);
	assert_int_equal(read_at(f, A + 0x14000, 8), DLK_OK);
	f->translate_status = DLK_ERR_NOMEM;
	assert_int_equal(read_at(f, A + 0x15000, 8), DLK_ERR_NOMEM);
	assert_int_equal(read_at(f, A + 0x15000, 8), DLK_OK);
}

/* A failed read leaves a slot that holds neither the old page nor half of the new one. */
static void test_memory__failure_empties_the_slot(void **state)
{
	struct fake *f = *state;
	const dlk_addr_t other = A + (dlk_addr_t)DLK_PAGE_SIZE * PAGE_SLOTS;
	uint32_t value;

	fake_u32(f, A, 1);
	for (unsigned i = 0; i < 4; i++) /* one of these shares the slot of the first */
		fake_u32(f, other + i * DLK_PAGE_SIZE, 2);
	assert_int_equal(dlk_memory_read_u32(&f->memory, A, &value), DLK_OK);
	for (unsigned i = 0; i < 4; i++) {
		f->fail_in = 1;
		f->fail_status = DLK_ERR_SYSTEM;
		assert_int_equal(dlk_memory_read_u32(&f->memory, other + i * DLK_PAGE_SIZE, &value),
				 DLK_ERR_SYSTEM);
		assert_int_equal(dlk_memory_read_u32(&f->memory, A, &value), DLK_OK);
		assert_int_equal(value, 1);
	}
}

static void test_memory__no_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_memory m;

	fake_zeros(f, A, DLK_PAGE_SIZE);
	f->ctx.budget = f->ctx.used;
	for (int i = 0; i < 10000 && dlk_alloc(&f->ctx, 512); i++)
		;
	assert_int_equal(read_at(f, A, 8), DLK_ERR_NOMEM);
	assert_int_equal(dlk_memory_init(&m, &f->target), DLK_ERR_NOMEM);
	f->ctx.budget += 1 << 20;
	assert_int_equal(read_at(f, A, 8), DLK_OK);
}

static void test_memory__end_of_the_address_space(void **state)
{
	struct fake *f = *state;

	fake_zeros(f, UINT64_MAX - 0xfff, DLK_PAGE_SIZE);
	assert_int_equal(read_at(f, UINT64_MAX - 7, 8), DLK_OK);
	assert_int_equal(read_at(f, UINT64_MAX - 3, 8), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, 0);
}

static void test_memory__explain(void **state)
{
	struct fake *f = *state;

	assert_int_equal(read_at(f, A + 0x5008, 8), DLK_ERR_FAULT);
	assert_int_equal(dlk_memory_explain(&f->memory, DLK_ERR_FAULT), DLK_ERR_FAULT);
	assert_string_equal(f->ctx.err.text, "0xffff888000005008: page not in the dump");
	assert_int_equal(f->ctx.err.address, A + 0x5008);
	(void)dlk_fail(&f->ctx, DLK_ERR_SYSTEM, "disk");
	assert_int_equal(dlk_memory_explain(&f->memory, DLK_ERR_SYSTEM), DLK_ERR_SYSTEM);
	assert_string_equal(f->ctx.err.text, "disk");
	assert_int_equal(dlk_memory_explain(&f->memory, DLK_OK), DLK_OK);
	assert_string_equal(f->ctx.err.text, "disk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_memory__page_is_read_once),
		FAKE_TEST(test_memory__virtual_and_physical_share_pages),
		FAKE_TEST(test_memory__refresh),
		FAKE_TEST(test_memory__constant),
		FAKE_TEST(test_memory__constant_fault),
		FAKE_TEST(test_memory__no_constant),
		FAKE_TEST(test_memory__neighbours_do_not_evict),
		FAKE_TEST(test_memory__more_pages_than_slots),
		FAKE_TEST(test_memory__over_page_borders),
		FAKE_TEST(test_memory__translates_each_page),
		FAKE_TEST(test_memory__missing_page),
		FAKE_TEST(test_memory__missing_is_cached),
		FAKE_TEST(test_memory__address_of_the_hole),
		FAKE_TEST(test_memory__bulk_goes_past_the_cache),
		FAKE_TEST(test_memory__bulk_uses_what_is_cached),
		FAKE_TEST(test_memory__uint_sizes),
		FAKE_TEST(test_memory__uint_of_odd_size),
		FAKE_TEST(test_memory__values_unchanged_on_error),
		FAKE_TEST(test_memory__cstr),
		FAKE_TEST(test_memory__cstr_at_a_border),
		FAKE_TEST(test_memory__cstr_over_a_border),
		FAKE_TEST(test_memory__cstr_runs_into_a_hole),
		FAKE_TEST(test_memory__set_translate_forgets),
		FAKE_TEST(test_memory__translations_are_distinct),
		FAKE_TEST(test_memory__fatal_is_not_cached),
		FAKE_TEST(test_memory__failure_empties_the_slot),
		FAKE_TEST(test_memory__no_memory),
		FAKE_TEST(test_memory__end_of_the_address_space),
		FAKE_TEST(test_memory__explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
