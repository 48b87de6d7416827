/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/xlat.c: page-table walks, on tables made by hand as the processor's manual has them
 * (Intel SDM volume 3, 4.5): 9 bits of the address a level, entries of 8 bytes, bit 0 present,
 * bit 7 a large page, bits 12 to 51 the address.
 */
#include <config.h>

#include "support.h"

#include <stdlib.h>

#include "kernel/xlat.h"

#define P 0x1u      /* present */
#define TABLE 0x63u /* present, writable, accessed, dirty */
#define LARGE 0xe3u /* the same, and large */
#define NX 0x8000000000000000u
#define ROOT 0x1000u

struct fixture {
	struct fake *f;
	struct dlk_xlat *xlat;
	dlk_addr_t next_table;
	unsigned levels;
};

static int setup(void **state)
{
	static struct fixture x;
	void *fake;

	x = (struct fixture){ .next_table = 0x100000, .levels = 4 };
	if (fake_setup(&fake))
		return -1;
	x.f = fake;
	fake_zeros(x.f, FAKE_DIRECT + ROOT, DLK_PAGE_SIZE);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	void *fake = x->f;

	dlk_xlat_close(x->xlat);
	return fake_teardown(&fake);
}

static void start(struct fixture *x)
{
	const struct dlk_xlat_root root = { ROOT, x->levels };

	assert_int_equal(dlk_xlat_open(&x->f->memory, &dlk_kernel_arch_x86_64, &root, &x->xlat),
			 DLK_OK);
}

static uint64_t *entry_at(struct fixture *x, dlk_addr_t table, dlk_addr_t address, unsigned level)
{
	size_t index = address >> (12 + 9 * (level - 1)) & 511;

	return (uint64_t *)(void *)fake_page(x->f, FAKE_DIRECT + table)->data + index;
}

/* The entry for an address on a level (1 is the lowest); tables above it are made. */
static uint64_t *entry(struct fixture *x, dlk_addr_t address, unsigned level)
{
	dlk_addr_t table = ROOT;

	for (unsigned at = x->levels; at > level; at--) {
		uint64_t *e = entry_at(x, table, address, at);

		if (!*e) {
			*e = x->next_table | TABLE;
			x->next_table += DLK_PAGE_SIZE;
		}
		table = *e & 0x000ffffffffff000;
		fake_page(x->f, FAKE_DIRECT + table);
	}
	return entry_at(x, table, address, level);
}

static void assert_phys(struct fixture *x, dlk_addr_t address, dlk_addr_t want)
{
	dlk_addr_t phys = 0;

	assert_int_equal(dlk_memory_translate(&x->f->memory, address, &phys), DLK_OK);
	assert_int_equal(phys, want);
}

static void assert_unmapped(struct fixture *x, dlk_addr_t address)
{
	dlk_addr_t phys = 77;

	assert_int_equal(dlk_memory_translate(&x->f->memory, address, &phys), DLK_ERR_FAULT);
	assert_int_equal(phys, 77);
	assert_int_equal(x->f->ctx.err.address, address);
}

static void test_xlat__small_page(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffc90000123000, 1) = 0x7654000 | TABLE | NX;
	start(x);
	assert_phys(x, 0xffffc90000123000, 0x7654000);
	assert_phys(x, 0xffffc90000123fff, 0x7654fff);
	assert_unmapped(x, 0xffffc90000124000);
	assert_unmapped(x, 0xffffc90000122fff);
}

static void test_xlat__page_of_2_mib(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffffff81000000, 2) = 0x3a000000 | LARGE;
	start(x);
	assert_phys(x, 0xffffffff81000000, 0x3a000000);
	assert_phys(x, 0xffffffff8112345f, 0x3a12345f);
	assert_phys(x, 0xffffffff811fffff, 0x3a1fffff);
	assert_unmapped(x, 0xffffffff81200000);
}

static void test_xlat__page_of_1_gib(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffff888040000000, 3) = 0x40000000 | LARGE | NX;
	start(x);
	assert_phys(x, 0xffff888040000000, 0x40000000);
	assert_phys(x, 0xffff88805a5a5a5a, 0x5a5a5a5a);
	assert_phys(x, 0xffff88807fffffff, 0x7fffffff);
	assert_unmapped(x, 0xffff888080000000);
	assert_unmapped(x, 0xffff88803fffffff);
}

/* PAT of a large page is bit 12, which is no part of its address. */
static void test_xlat__pat_bit_of_large_pages(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffffff81000000, 2) = 0x3a000000 | LARGE | 0x1000;
	*entry(x, 0xffff888040000000, 3) = 0x40000000 | LARGE | 0x1000;
	start(x);
	assert_phys(x, 0xffffffff81000123, 0x3a000123);
	assert_phys(x, 0xffff888040000123, 0x40000123);
}

/* Protection keys and bits for software are above the address. */
static void test_xlat__high_bits(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffff888000003000, 1) = 0x000fedcba9876000 | TABLE | 0x7ff0000000000000 | NX;
	start(x);
	assert_phys(x, 0xffff888000003008, 0x000fedcba9876008);
}

static void test_xlat__not_present(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffc90000000000, 1) = 0x5000; /* a swap entry, say */
	*entry(x, 0xffffc90000200000, 2) = 0x200000 | (LARGE & ~P);
	*entry(x, 0xffffc90040000000, 3) = 0x40000000 | (LARGE & ~P);
	*entry(x, 0xffffca0000000000, 4) = 0x5000 | (TABLE & ~P);
	start(x);
	assert_unmapped(x, 0xffffc90000000000);
	assert_unmapped(x, 0xffffc90000200000);
	assert_unmapped(x, 0xffffc90040000000);
	assert_unmapped(x, 0xffffca0000000000);
	assert_unmapped(x, 0xffff888000000000);
}

static void test_xlat__missing_table(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffc90000000000, 1) = 0x5000 | TABLE;
	*entry(x, 0xffffc90000200000, 2) = 0x3ff00000 | TABLE; /* no such page */
	*entry(x, 0xffffca0000000000, 4) = 0x3ff01000 | TABLE;
	start(x);
	assert_unmapped(x, 0xffffc90000200000);
	assert_unmapped(x, 0xffffca0000000000);
	assert_phys(x, 0xffffc90000000000, 0x5000); /* and it goes on */
}

static void test_xlat__missing_root(void **state)
{
	struct fixture *x = *state;

	fake_drop(x->f, FAKE_DIRECT + ROOT);
	start(x);
	assert_unmapped(x, 0xffffc90000000000);
	assert_unmapped(x, 0xffffffff81000000);
}

static void test_xlat__not_canonical(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffff888000000000, 1) = 0x5000 | TABLE;
	start(x);
	assert_phys(x, 0xffff888000000000, 0x5000);
	assert_unmapped(x, 0x0000888000000000);
	assert_unmapped(x, 0xfff7888000000000);
	assert_unmapped(x, 0xdead000000000100); /* LIST_POISON1 */
}

static void test_xlat__five_levels(void **state)
{
	struct fixture *x = *state;

	x->levels = 5;
	*entry(x, 0xff11000000123000, 1) = 0x7654000 | TABLE;
	*entry(x, 0xffffffff81000000, 2) = 0x3a000000 | LARGE;
	*entry(x, 0xff12000040000000, 3) = 0x40000000 | LARGE;
	start(x);
	assert_phys(x, 0xff11000000123456, 0x7654456);
	assert_phys(x, 0xffffffff81012345, 0x3a012345);
	assert_phys(x, 0xff12000055555555, 0x55555555);
	assert_unmapped(x, 0xff11000000124000);
	assert_unmapped(x, 0xff10000000123000); /* differs in the fifth level only */
}

/* Many walks in turn: libaddrxlat keeps entries, which must stay good, and give the right ones. */
static void test_xlat__many(void **state)
{
	enum { COUNT = 3000 };
	struct fixture *x = *state;
	dlk_addr_t *at = calloc(COUNT, sizeof(*at));
	size_t used;

	assert_non_null(at);
	for (uint64_t i = 0; i < COUNT; i++) {
		/* far apart and near, so that tables of all levels are shared and not shared */
		at[i] = 0xffff800000000000 + (i % 7 << 39) + (i % 5 << 30) + (i % 11 << 21) +
			(i % 400 << 12);
		*entry(x, at[i], 1) = (at[i] >> 12 & 0xffffff) << 12 | TABLE;
	}
	start(x);
	for (int round = 0; round < 3; round++) {
		dlk_memory_set_translate(&x->f->memory, x->f->memory.translate,
					 x->f->memory.translate_arg);
		for (uint64_t i = 0; i < COUNT; i++) {
			uint64_t k = i * 1103 % COUNT;

			assert_phys(x, at[k] + 5, ((at[k] >> 12 & 0xffffff) << 12) + 5);
		}
		assert_unmapped(x, 0xffffff0000000000);
		if (round == 0)
			used = x->f->ctx.used;
	}
	assert_int_equal(x->f->ctx.used, used); /* the entries' memory is used again */
	free(at);
}

/* Failures in the middle of a walk must not use up entries either. */
static void test_xlat__many_failures(void **state)
{
	struct fixture *x = *state;
	size_t used;

	*entry(x, 0xffffc90000200000, 2) = 0x3ff00000 | TABLE; /* no such page */
	start(x);
	assert_unmapped(x, 0xffffc90000200000);
	used = x->f->ctx.used;
	for (int i = 0; i < 20000; i++) {
		dlk_memory_set_translate(&x->f->memory, x->f->memory.translate,
					 x->f->memory.translate_arg);
		assert_unmapped(x, 0xffffc90000200000 + (dlk_addr_t)(i % 512) * 4096);
	}
	assert_true(x->f->ctx.used - used < 70000); /* a block of the arena at most */
}

static void test_xlat__fatal_comes_through(void **state)
{
	struct fixture *x = *state;

	*entry(x, 0xffffc90000000000, 1) = 0x5000 | TABLE;
	start(x);
	x->f->fail_in = 2;
	x->f->fail_status = DLK_ERR_CANCELED;
	assert_int_equal(dlk_memory_translate(&x->f->memory, 0xffffc90000000000,
					      &(dlk_addr_t){ 0 }),
			 DLK_ERR_CANCELED);
	assert_phys(x, 0xffffc90000000000, 0x5000);
}

static void test_xlat__reads_go_through(void **state)
{
	struct fixture *x = *state;
	uint64_t value;

	*entry(x, 0xffffc90000000000, 1) = 0x9000 | TABLE;
	*entry(x, 0xffffc90000001000, 1) = 0x7000 | TABLE;
	fake_u32(x->f, FAKE_DIRECT + 0x9ffc, 0x44332211);
	fake_u32(x->f, FAKE_DIRECT + 0x7000, 0x88776655);
	start(x);
	assert_int_equal(dlk_memory_read_u64(&x->f->memory, 0xffffc90000000ffc, &value), DLK_OK);
	assert_int_equal(value, 0x8877665544332211);
}

static void test_xlat__levels(void **state)
{
	static const unsigned bad[] = { 0, 1, 3, 6, 1000 };
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dlk_xlat_root root = { ROOT, bad[i] };

		assert_int_equal(dlk_xlat_open(&x->f->memory, &dlk_kernel_arch_x86_64, &root,
					       &x->xlat),
				 DLK_ERR_INVALID);
		assert_null(x->xlat);
	}
	dlk_xlat_close(NULL);
}

static void test_xlat__root_from_vmcoreinfo(void **state)
{
	struct fixture *x = *state;
	struct dlk_xlat_root root;

	assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&x->f->ctx, &dlk_kernel_arch_x86_64,
						       "SYMBOL(init_top_pgt)=ffffffff82a0e000\n"
						       "NUMBER(phys_base)=939524096\n"
						       "NUMBER(pgtable_l5_enabled)=0\n",
						       &root),
			 DLK_OK);
	assert_int_equal(root.address, 0x3aa0e000); /* 0x2a0e000 + 0x38000000 */
	assert_int_equal(root.levels, 4);
	assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&x->f->ctx, &dlk_kernel_arch_x86_64,
						       "NUMBER(pgtable_l5_enabled)=1\n"
						       "NUMBER(phys_base)=-16777216\n"
						       "SYMBOL(init_top_pgt)=ffffffff82a0e000\n",
						       &root),
			 DLK_OK);
	assert_int_equal(root.address, 0x1a0e000);
	assert_int_equal(root.levels, 5);
}

/* Kernels before 4.17 do not say how many levels there are: they have four. */
static void test_xlat__root_without_levels(void **state)
{
	struct fixture *x = *state;
	struct dlk_xlat_root root;

	assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&x->f->ctx, &dlk_kernel_arch_x86_64,
						       "SYMBOL(init_top_pgt)=ffffffff82a0e000\n"
						       "NUMBER(phys_base)=0",
						       &root),
			 DLK_OK);
	assert_int_equal(root.levels, 4);
}

static void test_xlat__root_unknown(void **state)
{
	static const char *const bad[] = { "", "SYMBOL(init_top_pgt)=ffffffff82a0e000\n",
					   "NUMBER(phys_base)=0\n" };
	struct fixture *x = *state;
	struct dlk_xlat_root root;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&x->f->ctx, &dlk_kernel_arch_x86_64,
							       bad[i], &root),
				 DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&x->f->ctx, &dlk_kernel_arch_x86_64, NULL,
						       &root),
			 DLK_ERR_NOTFOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_xlat__small_page),
		TEST(test_xlat__page_of_2_mib),
		TEST(test_xlat__page_of_1_gib),
		TEST(test_xlat__pat_bit_of_large_pages),
		TEST(test_xlat__high_bits),
		TEST(test_xlat__not_present),
		TEST(test_xlat__missing_table),
		TEST(test_xlat__missing_root),
		TEST(test_xlat__not_canonical),
		TEST(test_xlat__five_levels),
		TEST(test_xlat__many),
		TEST(test_xlat__many_failures),
		TEST(test_xlat__fatal_comes_through),
		TEST(test_xlat__reads_go_through),
		TEST(test_xlat__levels),
		TEST(test_xlat__root_from_vmcoreinfo),
		TEST(test_xlat__root_without_levels),
		TEST(test_xlat__root_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
