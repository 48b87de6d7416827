/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/slab.c: from an address to its page, cache and object. */
#include <config.h>

#include "support.h"

#include "kernel/slab.h"

#define SLAB (FAKE_DIRECT + 0x400000) /* of 8 pages */
#define CACHE (FAKE_DIRECT + 0x9000)
#define NAME (FAKE_DIRECT + 0xa000)

enum { PAGE_STRUCT = 64, PG_SLAB_BIT = 9, PGTY_SLAB = 0xf5, STRIDE = 1000, OBJECT = 960 };

static dlk_addr_t page_of(dlk_addr_t address)
{
	return FAKE_VMEMMAP + fake_phys(address) / DLK_PAGE_SIZE * PAGE_STRUCT;
}

static void add_types(struct fake *f)
{
	fake_types_of_a_kernel(f);
	fake_size(f, "page", PAGE_STRUCT);
	fake_member(f, "page", "flags", 0, 8);
	fake_member(f, "page", "compound_head", 8, 8);
	fake_member(f, "page", "page_type", 48, 4);
	fake_member(f, "slab", "slab_cache", 8, 8); /* in the place of compound_head, as it is */
	fake_member(f, "kmem_cache", "size", 24, 4);
	fake_member(f, "kmem_cache", "object_size", 28, 4);
	fake_member(f, "kmem_cache", "name", 96, 8);
	fake_member(f, "kmem_cache", "red_left_pad", 116, 4);
	fake_symbol(f, "vmemmap_base", FAKE_IMAGE + 0x3000000, 8);
	fake_u64(f, FAKE_IMAGE + 0x3000000, FAKE_VMEMMAP);
}

/* A compound page of 8 at SLAB, of a cache "foo_cache". */
static void add_slab(struct fake *f)
{
	for (unsigned i = 0; i < 8; i++) {
		dlk_addr_t page = page_of(SLAB + i * DLK_PAGE_SIZE);

		fake_zeros(f, page, PAGE_STRUCT);
		fake_put(f, page, "page", "compound_head", page_of(SLAB) | 1);
	}
	fake_put(f, page_of(SLAB), "slab", "slab_cache", CACHE);
	fake_put(f, CACHE, "kmem_cache", "size", STRIDE);
	fake_put(f, CACHE, "kmem_cache", "object_size", OBJECT);
	fake_put(f, CACHE, "kmem_cache", "name", NAME);
	fake_string(f, NAME, "foo_cache");
}

static void flag_style(struct fake *f)
{
	fake_enumerator(f, "pageflags", "PG_slab", PG_SLAB_BIT);
	fake_put(f, page_of(SLAB), "page", "flags", 1 << PG_SLAB_BIT);
}

static void type_style(struct fake *f)
{
	fake_enumerator(f, "pagetype", "PGTY_slab", PGTY_SLAB);
	fake_put(f, page_of(SLAB), "page", "page_type", (uint32_t)PGTY_SLAB << 24);
}

static void start(struct fake *f)
{
	add_types(f);
	add_slab(f);
	flag_style(f);
	fake_kernel(f);
}

static void assert_object(struct fake *f, dlk_addr_t address, dlk_addr_t object)
{
	struct dlk_slab_object o;

	assert_int_equal(dlk_slab_find(&f->k, address, &o), DLK_OK);
	assert_int_equal(o.cache, CACHE);
	assert_string_equal(o.name, "foo_cache");
	assert_int_equal(o.address, object);
	assert_int_equal(o.size, OBJECT);
}

static void assert_none(struct fake *f, dlk_addr_t address, enum dlk_status status)
{
	struct dlk_slab_object o = { .address = 5 };

	assert_int_equal(dlk_slab_find(&f->k, address, &o), status);
	assert_int_equal(o.address, 5);
}

static void test_slab__by_flag(void **state)
{
	start(*state);
	assert_object(*state, SLAB, SLAB);
	assert_object(*state, SLAB + 959, SLAB);
	assert_object(*state, SLAB + 1000, SLAB + 1000);
	assert_object(*state, SLAB + 2500, SLAB + 2000);
}

static void test_slab__by_page_type(void **state)
{
	struct fake *f = *state;

	add_types(f);
	add_slab(f);
	type_style(f);
	fake_enumerator(f, "pageflags", "PG_locked", 0);
	fake_kernel(f);
	assert_object(f, SLAB + 2500, SLAB + 2000);
	fake_put(f, page_of(SLAB), "page", "page_type",
		 (uint32_t)(PGTY_SLAB + 1) << 24 | PGTY_SLAB);
	fake_forget(f);
	assert_none(f, SLAB + 2500, DLK_ERR_NOTFOUND);
}

/* In the tail pages of a slab; object 4 lies on the border of the first two pages. */
static void test_slab__tail_pages(void **state)
{
	start(*state);
	assert_object(*state, SLAB + 4095, SLAB + 4000);
	assert_object(*state, SLAB + 4096, SLAB + 4000);
	assert_object(*state, SLAB + 7 * DLK_PAGE_SIZE + 5, SLAB + 28000);
}

/* v7.1: compound_info, in the tails of a compound page of 8 the mask that leads to its first. */
static void test_slab__tail_masks(void **state)
{
	struct fake *f = *state;
	const uint64_t mask = ~(uint64_t)(8 * PAGE_STRUCT - 1);

	add_types(f);
	add_slab(f);
	flag_style(f);
	fake_no_member(f, "page", "compound_head");
	fake_member(f, "page", "compound_info", 8, 8);
	for (unsigned i = 1; i < 8; i++)
		fake_put(f, page_of(SLAB + i * DLK_PAGE_SIZE), "page", "compound_info", mask | 1);
	fake_kernel(f);
	assert_object(f, SLAB + 959, SLAB);
	assert_object(f, SLAB + 4096, SLAB + 4000);
	assert_object(f, SLAB + 7 * DLK_PAGE_SIZE + 5, SLAB + 28000);
}

static void test_slab__behind_the_object(void **state)
{
	start(*state);
	assert_none(*state, SLAB + 960, DLK_ERR_NOTFOUND);
	assert_none(*state, SLAB + 999, DLK_ERR_NOTFOUND);
	assert_object(*state, SLAB + 1959, SLAB + 1000);
	assert_none(*state, SLAB + 1960, DLK_ERR_NOTFOUND);
}

/* With red zones, objects begin behind the left one. */
static void test_slab__red_left_pad(void **state)
{
	struct fake *f = *state;

	start(f);
	fake_put(f, CACHE, "kmem_cache", "red_left_pad", 32);
	assert_none(f, SLAB + 31, DLK_ERR_NOTFOUND);
	assert_object(f, SLAB + 32, SLAB + 32);
	assert_object(f, SLAB + 991, SLAB + 32);
	assert_none(f, SLAB + 992, DLK_ERR_NOTFOUND);
	assert_none(f, SLAB + 1010, DLK_ERR_NOTFOUND);
	assert_object(f, SLAB + 1032, SLAB + 1032);
}

static void test_slab__no_slab(void **state)
{
	struct fake *f = *state;

	add_types(f);
	add_slab(f);
	fake_enumerator(f, "pageflags", "PG_slab", PG_SLAB_BIT);
	fake_put(f, page_of(SLAB), "page", "flags", ~(UINT64_C(1) << PG_SLAB_BIT));
	fake_kernel(f);
	assert_none(f, SLAB + 8, DLK_ERR_NOTFOUND);
}

/* A kernel whose slabs cannot be told from other pages. */
static void test_slab__unknown_style(void **state)
{
	struct fake *f = *state;

	add_types(f);
	add_slab(f);
	fake_put(f, page_of(SLAB), "page", "flags", UINT64_MAX);
	fake_kernel(f);
	assert_none(f, SLAB + 8, DLK_ERR_NOTFOUND);
}

static void check_garbage(struct fake *f, const char *member, uint32_t value, uint32_t good)
{
	fake_put(f, CACHE, "kmem_cache", member, value);
	fake_forget(f);
	assert_none(f, SLAB + 8, DLK_ERR_CORRUPT);
	fake_put(f, CACHE, "kmem_cache", member, good);
}

static void test_slab__garbage_caches(void **state)
{
	struct fake *f = *state;

	start(f);
	check_garbage(f, "size", 0, STRIDE);
	check_garbage(f, "size", OBJECT - 1, STRIDE);
	check_garbage(f, "size", UINT32_MAX, STRIDE);
	check_garbage(f, "object_size", STRIDE + 1, OBJECT);
	check_garbage(f, "red_left_pad", STRIDE + 1, 0);
	check_garbage(f, "red_left_pad", UINT32_MAX, 0);
	fake_put(f, CACHE, "kmem_cache", "object_size", 0);
	check_garbage(f, "size", 0, STRIDE);
	fake_put(f, CACHE, "kmem_cache", "object_size", OBJECT);
	fake_forget(f);
	assert_object(f, SLAB + 8, SLAB);
	fake_put(f, CACHE, "kmem_cache", "name", 0);
	fake_forget(f);
	assert_none(f, SLAB + 8, DLK_ERR_CORRUPT);
}

static void test_slab__cache_elsewhere(void **state)
{
	struct fake *f = *state;
	static const uint64_t bad[] = { 0, 0xdead000000000100, UINT64_MAX - 1,
					FAKE_DIRECT + 0x500000 };

	start(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dlk_slab_object o;

		fake_put(f, page_of(SLAB), "slab", "slab_cache", bad[i]);
		fake_forget(f);
		assert_int_not_equal(dlk_slab_find(&f->k, SLAB + 8, &o), DLK_OK);
	}
}

/* A tail that points to a head that is none: no object, no harm. */
static void test_slab__wild_head(void **state)
{
	struct fake *f = *state;
	static const uint64_t bad[] = { 1, 3, UINT64_MAX, FAKE_DIRECT + 0x9001,
					FAKE_VMEMMAP + PAGE_STRUCT + 1 };

	start(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dlk_slab_object o;

		fake_put(f, page_of(SLAB + DLK_PAGE_SIZE), "page", "compound_head", bad[i]);
		fake_forget(f);
		assert_int_not_equal(dlk_slab_find(&f->k, SLAB + DLK_PAGE_SIZE + 8, &o), DLK_OK);
	}
}

static void test_slab__not_mapped(void **state)
{
	start(*state);
	assert_none(*state, 0x1000, DLK_ERR_FAULT);
	assert_none(*state, FAKE_DIRECT + 0x20000000, DLK_ERR_FAULT); /* no struct page */
}

static void test_slab__page_of(void **state)
{
	struct fake *f = *state;
	dlk_addr_t page;
	uint64_t pfn;

	start(f);
	assert_int_equal(dlk_page_find(&f->k, SLAB + 3 * DLK_PAGE_SIZE + 7, &page, &pfn), DLK_OK);
	assert_int_equal(page, page_of(SLAB));
	assert_int_equal(pfn, 0x400);
	fake_put(f, page_of(SLAB + 3 * DLK_PAGE_SIZE), "page", "compound_head", 0);
	fake_forget(f);
	assert_int_equal(dlk_page_find(&f->k, SLAB + 3 * DLK_PAGE_SIZE + 7, &page, &pfn), DLK_OK);
	assert_int_equal(page, page_of(SLAB + 3 * DLK_PAGE_SIZE));
	assert_int_equal(pfn, 0x403);
}

static void test_slab__page_to_pfn(void **state)
{
	struct fake *f = *state;

	start(f);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP), 0);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP + 5 * PAGE_STRUCT), 5);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP + 8), UINT64_MAX);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP - PAGE_STRUCT), UINT64_MAX);
	assert_int_equal(dlk_page_to_pfn(&f->k, 0), UINT64_MAX);
}

static void test_slab__no_vmemmap(void **state)
{
	struct fake *f = *state;
	dlk_addr_t page;
	uint64_t pfn;

	start(f);
	f->symbol[0].name = "";
	assert_none(f, SLAB, DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_page_find(&f->k, SLAB, &page, &pfn), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP), UINT64_MAX);
}

/* It is looked up once, not for each page. */
static void test_slab__vmemmap_is_kept(void **state)
{
	struct fake *f = *state;

	start(f);
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP + 5 * PAGE_STRUCT), 5);
	f->symbol[0].name = "";
	assert_int_equal(dlk_page_to_pfn(&f->k, FAKE_VMEMMAP + 5 * PAGE_STRUCT), 5);
	assert_object(f, SLAB, SLAB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_slab__by_flag),           FAKE_TEST(test_slab__by_page_type),
		FAKE_TEST(test_slab__tail_pages),        FAKE_TEST(test_slab__tail_masks),
		FAKE_TEST(test_slab__behind_the_object), FAKE_TEST(test_slab__red_left_pad),
		FAKE_TEST(test_slab__no_slab),           FAKE_TEST(test_slab__unknown_style),
		FAKE_TEST(test_slab__garbage_caches),    FAKE_TEST(test_slab__cache_elsewhere),
		FAKE_TEST(test_slab__wild_head),         FAKE_TEST(test_slab__not_mapped),
		FAKE_TEST(test_slab__page_of),           FAKE_TEST(test_slab__page_to_pfn),
		FAKE_TEST(test_slab__no_vmemmap),        FAKE_TEST(test_slab__vmemmap_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
