/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/kernel/image.c: a kernel found by the CPUs' CR3, on page tables made by hand.
 */
#include <config.h>

#include "support.h"

#include "kernel/image.h"

#define TABLE 0x63u /* present, writable, accessed, dirty */
#define LARGE 0xe3u /* the same, and a large page */
#define ROOT 0x2000u
#define USER_ROOT (ROOT | 0x1000u) /* of page-table isolation */
#define OTHER_ROOT 0x8000u
#define KERNEL 0xffffffff9e000000u /* moved by KASLR */
#define KERNEL_PHYS 0x3a000000u
#define CHUNK 0x200000u
#define LA57 0x1000u

enum { CHUNKS = 8 };

struct fixture {
	struct fake *f;
	struct dlk_xlat *xlat;
	struct dlk_image image;
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

/* Map 2 MiB, in the tables below @p root. */
static void map(struct fixture *x, dlk_addr_t root, dlk_addr_t address, dlk_addr_t phys)
{
	dlk_addr_t table = root;

	for (unsigned level = x->levels;; level--) {
		size_t index = address >> (12 + 9 * (level - 1)) & 511;
		uint64_t *e = (uint64_t *)(void *)fake_page(x->f, FAKE_DIRECT + table)->data +
			      index;

		if (level == 2) {
			*e = phys | LARGE;
			return;
		}
		if (!*e) {
			*e = x->next_table | TABLE;
			x->next_table += DLK_PAGE_SIZE;
		}
		table = *e & 0x000ffffffffff000;
	}
}

/* A kernel with a hole behind its first chunks. */
static void map_kernel(struct fixture *x, dlk_addr_t root)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		if (i != 3)
			map(x, root, KERNEL + i * CHUNK, KERNEL_PHYS + i * CHUNK);
}

static void cpu(struct fixture *x, uint64_t cr3, uint64_t cr4)
{
	struct dlk_regs *regs = &x->f->regs[x->f->target.cpu_count++];

	regs->raw[DLK_X86_CR3] = cr3;
	regs->raw[DLK_X86_CR4] = cr4;
	dlk_arch_settle(&dlk_arch_x86_64, regs);
}

static void assert_found(struct fixture *x)
{
	dlk_addr_t phys = 0;

	assert_int_equal(dlk_image_find(&x->f->memory, &dlk_kernel_arch_x86_64, &x->xlat,
					&x->image),
			 DLK_OK);
	assert_non_null(x->xlat);
	assert_int_equal(x->image.start, KERNEL);
	assert_int_equal(x->image.end, KERNEL + CHUNKS * CHUNK);
	/* The translation is the memory's now. */
	assert_int_equal(dlk_memory_translate(&x->f->memory, KERNEL + 0x212345, &phys), DLK_OK);
	assert_int_equal(phys, KERNEL_PHYS + 0x212345);
}

static void assert_not_found(struct fixture *x, const char *text)
{
	x->image = (struct dlk_image){ 7, 8 };
	assert_int_equal(dlk_image_find(&x->f->memory, &dlk_kernel_arch_x86_64, &x->xlat,
					&x->image),
			 DLK_ERR_NOTFOUND);
	assert_null(x->xlat);
	assert_int_equal(x->image.start, 7);
	assert_int_equal(x->image.end, 8);
	assert_non_null(strstr(x->f->ctx.err.text, text));
}

static void test_image__cr3(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	cpu(x, ROOT, 0x20);
	assert_found(x);
}

static void test_image__pcid(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	cpu(x, ROOT | 0xfff, 0x20020);
	assert_found(x);
}

/* Linear-address masking is switched on in CR3, above the table's address. */
static void test_image__high_bits(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	cpu(x, ROOT | 0x6000000000000005, 0x20020);
	assert_found(x);
}

static void test_image__user_mode(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	map(x, USER_ROOT, 0x400000, 0x5000000);
	cpu(x, USER_ROOT | 0x801, 0x20020);
	assert_found(x);
}

/* The entry code is mapped for the user too. */
static void test_image__user_mode_with_entry(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	map(x, USER_ROOT, KERNEL + CHUNK, KERNEL_PHYS + CHUNK);
	cpu(x, USER_ROOT | 0x801, 0x20020);
	assert_found(x);
}

/* Without isolation a table may lie at an odd page; before it is anything, or nothing. */
static void test_image__odd_page(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, USER_ROOT);
	cpu(x, USER_ROOT | 0x1, 0x20020);
	assert_found(x);
}

static void test_image__best_cpu(void **state)
{
	struct fixture *x = *state;

	map(x, OTHER_ROOT, 0xffffffff81000000, 0x1000000);
	map(x, OTHER_ROOT, 0xffffffff81200000, 0x1200000);
	map_kernel(x, ROOT);
	cpu(x, 0, 0);
	cpu(x, OTHER_ROOT, 0x20);
	cpu(x, 0x30000000, 0x20); /* no such page */
	cpu(x, ROOT, 0x20);
	assert_found(x);
}

static void test_image__five_levels(void **state)
{
	struct fixture *x = *state;

	x->levels = 5;
	map_kernel(x, ROOT);
	cpu(x, ROOT | 0x5, 0x20020 | LA57);
	assert_found(x);
}

static void test_image__five_levels_without_cr4(void **state)
{
	struct fixture *x = *state;

	x->levels = 5;
	map_kernel(x, ROOT);
	cpu(x, ROOT, 0);
	assert_found(x);
}

/* The first and the last chunk of the window count, those around it do not. */
static void test_image__window(void **state)
{
	struct fixture *x = *state;

	map(x, ROOT, 0xffffffff7fe00000, 0x1000000);
	map(x, ROOT, 0xffffffff80000000, 0x1200000);
	map(x, ROOT, 0xffffffffbfe00000, 0x1400000);
	map(x, ROOT, 0xffffffffc0000000, 0x1600000); /* modules */
	cpu(x, ROOT, 0x20);
	assert_int_equal(dlk_image_find(&x->f->memory, &dlk_kernel_arch_x86_64, &x->xlat,
					&x->image),
			 DLK_OK);
	assert_int_equal(x->image.start, 0xffffffff80000000);
	assert_int_equal(x->image.end, 0xffffffffc0000000);
	assert_int_equal(dlk_image_probe(&x->f->memory, &dlk_kernel_arch_x86_64, &x->image), 2);
}

static void test_image__no_cr3(void **state)
{
	struct fixture *x = *state;

	map_kernel(x, ROOT);
	assert_not_found(x, "CR3"); /* no CPU at all */
	cpu(x, 0, 0x20);
	cpu(x, 0, 0);
	assert_not_found(x, "CR3");
}

static void test_image__no_kernel(void **state)
{
	struct fixture *x = *state;

	map(x, ROOT, 0x400000, 0x5000000);
	map(x, ROOT, 0xffff888000000000, 0);
	cpu(x, ROOT, 0x20);
	assert_not_found(x, "no Linux kernel");
	map(x, ROOT, KERNEL, KERNEL_PHYS); /* one chunk is none */
	fake_forget(x->f);
	assert_not_found(x, "no Linux kernel");
}

static void test_image__probe_nothing(void **state)
{
	struct fixture *x = *state;

	x->image = (struct dlk_image){ 7, 8 };
	dlk_memory_set_translate(&x->f->memory, NULL, NULL);
	assert_int_equal(dlk_image_probe(&x->f->memory, &dlk_kernel_arch_x86_64, &x->image), 0);
	assert_int_equal(x->image.start, 0);
	assert_int_equal(x->image.end, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_image__cr3),
		TEST(test_image__pcid),
		TEST(test_image__high_bits),
		TEST(test_image__user_mode),
		TEST(test_image__user_mode_with_entry),
		TEST(test_image__odd_page),
		TEST(test_image__best_cpu),
		TEST(test_image__five_levels),
		TEST(test_image__five_levels_without_cr4),
		TEST(test_image__window),
		TEST(test_image__no_cr3),
		TEST(test_image__no_kernel),
		TEST(test_image__probe_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
