/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/orc.c: look-ups in ORC tables made by hand. */
#include <config.h>

#include "support.h"

#include <stdlib.h>

#include "kernel/orc.h"

#define TEXT (FAKE_IMAGE + 0x1000000) /* _stext */
#define TEXT_SIZE 0x10000u
#define IPS (FAKE_IMAGE + 0x2000000)     /* __start_orc_unwind_ip */
#define ENTRIES (FAKE_IMAGE + 0x2800000) /* __start_orc_unwind */
#define LOOKUP (FAKE_IMAGE + 0x3000000)  /* orc_lookup */
#define MODULE (FAKE_IMAGE + 0x40000000)

enum { ENTRY_SIZE = 6, BLOCK = 256 };

/* v6.4 and later: sp_reg:4 bp_reg:4 type:3 signal:1, in a packed struct of 6 bytes. */
static void types_new(struct fake *f)
{
	fake_member(f, "orc_entry", "sp_offset", 0, 2);
	fake_member(f, "orc_entry", "bp_offset", 2, 2);
	fake_bits(f, "orc_entry", "sp_reg",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_size = 4 });
	fake_bits(f, "orc_entry", "bp_reg",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 4, .bit_size = 4 });
	fake_bits(f, "orc_entry", "type",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 8, .bit_size = 3 });
	fake_size(f, "orc_entry", ENTRY_SIZE);
}

/* Before: sp_reg:4 bp_reg:4 type:2 end:1 */
static void types_old(struct fake *f)
{
	types_new(f);
	fake_no_member(f, "orc_entry", "type");
	fake_bits(f, "orc_entry", "type",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 8, .bit_size = 2 });
	fake_bits(f, "orc_entry", "end",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 10, .bit_size = 1 });
}

static void put_ip(struct fake *f, dlk_addr_t ips, uint32_t index, dlk_addr_t ip)
{
	dlk_addr_t at = ips + (dlk_addr_t)index * 4;

	fake_u32(f, at, (uint32_t)(ip - at)); /* relative to its own place */
}

static void put_entry(struct fake *f, dlk_addr_t entries, uint32_t index, int16_t sp_offset,
		      uint16_t bits)
{
	const int16_t words[3] = { sp_offset, -16, (int16_t)bits };

	fake_write(f, entries + (dlk_addr_t)index * ENTRY_SIZE, words, sizeof(words));
}

enum { CALL = 2 << 8 | DLK_ORC_PREV_SP << 4 | DLK_ORC_SP };

/* Entry i: at TEXT + at[i], sp_offset 8 * i. */
static void make_tables(struct fake *f, const uint32_t *at, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		put_ip(f, IPS, i, TEXT + at[i]);
		put_entry(f, ENTRIES, i, (int16_t)(8 * i), CALL);
	}
	fake_symbol(f, "_stext", TEXT, 0);
	fake_symbol(f, "_etext", TEXT + TEXT_SIZE, 0);
	fake_symbol(f, "__start_orc_unwind_ip", IPS, 0);
	fake_symbol(f, "__stop_orc_unwind_ip", IPS + (dlk_addr_t)count * 4, 0);
	fake_symbol(f, "__start_orc_unwind", ENTRIES, 0);
}

/* As unwind_init() of the kernel: for each block, the entry that covers its first address. */
static void make_lookup(struct fake *f, const uint32_t *at, uint32_t count)
{
	uint32_t blocks = TEXT_SIZE / BLOCK + 1;

	for (uint32_t block = 0; block < blocks; block++) {
		uint32_t index = 0;

		while (index + 1 < count && at[index + 1] <= block * BLOCK)
			index++;
		fake_u32(f, LOOKUP + (dlk_addr_t)block * 4, index);
	}
	fake_symbol(f, "orc_lookup", LOOKUP, 0);
	fake_symbol(f, "orc_lookup_end", LOOKUP + (dlk_addr_t)blocks * 4, 0);
}

static const uint32_t few[] = { 0, 0x10, 0x14, 0x100, 0x1f0, 0x200, 0x3000, 0xfff0 };

enum { FEW = sizeof(few) / sizeof(few[0]) };

static void open_few(struct fake *f, bool has_lookup)
{
	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, few, FEW);
	if (has_lookup)
		make_lookup(f, few, FEW);
	fake_kernel(f);
	assert_non_null(f->k.orc);
}

static void assert_entry(struct fake *f, dlk_addr_t ip, unsigned index)
{
	struct dlk_orc_entry e;

	assert_int_equal(dlk_orc_find(&f->k, ip, &e), DLK_OK);
	assert_int_equal(e.sp_offset, 8 * index);
	assert_int_equal(e.bp_offset, -16);
	assert_int_equal(e.sp_reg, DLK_ORC_SP);
	assert_int_equal(e.bp_reg, DLK_ORC_PREV_SP);
	assert_int_equal(e.type, DLK_ORC_CALL);
}

static void check_few(struct fake *f)
{
	for (unsigned i = 0; i < FEW; i++) {
		assert_entry(f, TEXT + few[i], i);
		assert_entry(f, TEXT + few[i] + 3, i);
		assert_entry(f, TEXT + (i + 1 < FEW ? few[i + 1] : TEXT_SIZE) - 1, i);
	}
}

static void test_orc__find(void **state)
{
	open_few(*state, false);
	check_few(*state);
}

static void test_orc__find_by_blocks(void **state)
{
	open_few(*state, true);
	check_few(*state);
}

/* Both ways agree for every address, with entries near and on the blocks' borders. */
static void test_orc__both_ways_agree(void **state)
{
	enum { COUNT = 3000 };
	struct fake *f = *state;
	uint32_t *at = calloc(COUNT, sizeof(*at)), index = 0;

	assert_non_null(at);
	for (uint32_t i = 1; i < COUNT; i++)
		at[i] = at[i - 1] + 1 + i * 7 % 13 * (i % 3) + (i % 100 == 0 ? 700 : 0);
	assert_true(at[COUNT - 1] < TEXT_SIZE);
	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, at, COUNT);
	make_lookup(f, at, COUNT);
	fake_kernel(f);
	for (uint32_t ip = 0; ip < TEXT_SIZE; ip += 3) {
		while (index + 1 < COUNT && at[index + 1] <= ip)
			index++;
		assert_entry(f, TEXT + ip, index);
	}
	free(at);
}

static void test_orc__blocks_save_reads(void **state)
{
	struct fake *f = *state;
	struct dlk_orc_entry e;
	unsigned reads;

	open_few(f, true);
	reads = f->reads;
	assert_int_equal(dlk_orc_find(&f->k, TEXT + 0x5000, &e), DLK_OK);
	assert_int_equal(f->reads - reads, 2); /* the block table, the entry; no search */
}

static void test_orc__results_are_kept(void **state)
{
	struct fake *f = *state;

	open_few(f, true);
	assert_entry(f, TEXT + 0x12, 1);
	fake_zeros(f, IPS, 8);
	assert_int_equal(dlk_memory_init(&f->k.memory, &f->target), DLK_OK); /* reads nothing */
	assert_entry(f, TEXT + 0x12, 1);
}

/* Block tables that lie are worth nothing; the search goes without. */
static void test_orc__bad_blocks(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, few, FEW);
	make_lookup(f, few, FEW);
	for (unsigned i = 0; i < TEXT_SIZE / BLOCK; i++)
		fake_u32(f, LOOKUP + i * 4, i % 2 ? 0x7fffffff : 5);
	fake_kernel(f);
	assert_entry(f, TEXT + 0x12, 1);
	assert_entry(f, TEXT + 0x112, 3);
}

static void test_orc__missing_blocks(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, few, FEW);
	make_lookup(f, few, FEW);
	fake_drop(f, LOOKUP);
	fake_kernel(f);
	assert_entry(f, TEXT + 0x12, 1);
}

/* What is no code of the kernel has no entry: a heap address, a jitted program, user space. */
static void check_no_code(struct fake *f)
{
	struct dlk_orc_entry e = { .sp_offset = 5 };

	assert_int_equal(dlk_orc_find(&f->k, TEXT - 1, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, TEXT + TEXT_SIZE, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, FAKE_DIRECT, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, FAKE_IMAGE + 0x40001234, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, 0x55555555, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, UINT64_MAX, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(e.sp_offset, 5);
}

static void test_orc__no_code(void **state)
{
	open_few(*state, false);
	check_no_code(*state);
}

static void test_orc__no_code_by_blocks(void **state)
{
	open_few(*state, true);
	check_no_code(*state);
}

/* Boot code has its entries in the same tables, and its own range of text. */
static void test_orc__init_text(void **state)
{
	static const uint32_t at[] = { 0, 0x100, 0x200000, 0x200100 };
	struct fake *f = *state;
	struct dlk_orc_entry e;

	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, at, 4);
	fake_symbol(f, "_sinittext", TEXT + 0x200000, 0);
	fake_symbol(f, "_einittext", TEXT + 0x201000, 0);
	fake_kernel(f);
	assert_entry(f, TEXT + 0x200010, 2);
	assert_entry(f, TEXT + 0x200fff, 3);
	assert_int_equal(dlk_orc_find(&f->k, TEXT + 0x201000, &e), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_orc_find(&f->k, TEXT + 0x1fffff, &e), DLK_ERR_NOTFOUND);
}

static void test_orc__missing_tables(void **state)
{
	struct fake *f = *state;
	struct dlk_orc_entry e = { .sp_offset = 5 };

	open_few(f, false);
	fake_drop(f, ENTRIES);
	assert_int_equal(dlk_orc_find(&f->k, TEXT, &e), DLK_ERR_FAULT);
	assert_int_equal(e.sp_offset, 5);
	fake_drop(f, IPS);
	fake_forget(f);
	assert_int_equal(dlk_orc_find(&f->k, TEXT + 1, &e), DLK_ERR_FAULT);
	assert_int_equal(e.sp_offset, 5);
}

/* The bits of one entry at TEXT. */
static struct dlk_orc_entry only(struct fake *f, uint16_t bits)
{
	struct dlk_orc_entry e = { 0 };

	put_entry(f, ENTRIES, 0, -24, bits);
	fake_kernel(f);
	fake_forget(f);
	assert_int_equal(dlk_orc_find(&f->k, TEXT, &e), DLK_OK);
	assert_int_equal(e.sp_offset, -24);
	return e;
}

static void test_orc__new_format(void **state)
{
	static const enum dlk_orc_type types[8] = { DLK_ORC_NOTHING,      DLK_ORC_END,
						    DLK_ORC_CALL,         DLK_ORC_REGS,
						    DLK_ORC_REGS_PARTIAL, DLK_ORC_NOTHING,
						    DLK_ORC_NOTHING,      DLK_ORC_NOTHING };
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, few, 1);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(only(f, (uint16_t)(i << 8 | 0x15)).type, types[i]);
		assert_int_equal(only(f, (uint16_t)(i << 8 | 0x815)).type, types[i]); /* signal */
	}
	assert_int_equal(only(f, 0x2a4).sp_reg, 4);
	assert_int_equal(only(f, 0x2a4).bp_reg, 10);
}

static void test_orc__old_format(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_old(f);
	make_tables(f, few, 1);
	assert_int_equal(only(f, 0x015).type, DLK_ORC_CALL);
	assert_int_equal(only(f, 0x115).type, DLK_ORC_REGS);
	assert_int_equal(only(f, 0x215).type, DLK_ORC_REGS_PARTIAL);
	assert_int_equal(only(f, 0x315).type, DLK_ORC_NOTHING);
	assert_int_equal(only(f, 0x400).type, DLK_ORC_END);     /* no register, end */
	assert_int_equal(only(f, 0x000).type, DLK_ORC_NOTHING); /* no register, no end */
	assert_int_equal(only(f, 0x415).type, DLK_ORC_CALL);    /* end counts without a register */
}

static void add_module_types(struct fake *f)
{
	fake_size(f, "module", 256);
	fake_member(f, "module", "state", 0, 4);
	fake_member(f, "module", "list", 8, 16);
	fake_member(f, "module", "name", 24, 56);
	fake_member(f, "module", "core_layout.base", 80, 8);
	fake_member(f, "module", "core_layout.size", 88, 4);
	fake_member(f, "module", "arch.num_orcs", 96, 4);
	fake_member(f, "module", "arch.orc_unwind_ip", 104, 8);
	fake_member(f, "module", "arch.orc_unwind", 112, 8);
}

/* A module of 64 KiB of text, with two entries at 0 and 0x80: sp_offset 800 and 808. */
static void add_module(struct fake *f, uint32_t orcs)
{
	const dlk_addr_t module = FAKE_DIRECT + 0x9000, node = module + 8;
	const dlk_addr_t ips = MODULE + 0x20000, entries = MODULE + 0x21000;

	add_module_types(f);
	fake_symbol(f, "modules", FAKE_IMAGE + 0x3800000, 0);
	fake_list(f, FAKE_IMAGE + 0x3800000, &node, 1);
	fake_string(f, module + 24, "nf_tables");
	fake_u64(f, module + 80, MODULE);
	fake_u32(f, module + 88, 0x10000);
	fake_u32(f, module + 96, orcs);
	fake_u64(f, module + 104, ips);
	fake_u64(f, module + 112, entries);
	for (unsigned i = 0; i < 2; i++) {
		put_ip(f, ips, i, MODULE + i * 0x80);
		put_entry(f, entries, i, (int16_t)(800 + 8 * i), CALL);
	}
}

static void test_orc__module(void **state)
{
	struct fake *f = *state;

	add_module(f, 2);
	open_few(f, true);
	assert_non_null(f->k.modules);
	assert_entry(f, MODULE, 100);
	assert_entry(f, MODULE + 0x7f, 100);
	assert_entry(f, MODULE + 0x80, 101);
	assert_entry(f, MODULE + 0xffff, 101);
	check_few(f);
}

/* A module without tables must not be unwound by the kernel's. */
static void test_orc__module_without_tables(void **state)
{
	struct fake *f = *state;
	struct dlk_orc_entry e;

	add_module(f, 0);
	open_few(f, true);
	assert_int_equal(dlk_orc_find(&f->k, MODULE + 0x10, &e), DLK_ERR_NOTFOUND);
	assert_entry(f, TEXT + 0x12, 1);
}

static void assert_no_orc(struct fake *f)
{
	struct dlk_orc *orc = NULL;

	fake_kernel(f);
	assert_null(f->k.orc);
	assert_int_not_equal(dlk_orc_open(&f->k, &orc), DLK_OK);
	assert_null(orc);
}

static void test_orc__no_tables(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_new(f);
	assert_no_orc(f);
}

static void test_orc__no_types(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	make_tables(f, few, FEW);
	assert_no_orc(f);
}

static void test_orc__insane_tables(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	types_new(f);
	make_tables(f, few, FEW);
	f->symbol[3].address = IPS - 4; /* the end */
	assert_no_orc(f);
	f->symbol[3].address = IPS;
	assert_no_orc(f);
	f->symbol[3].address = IPS + (UINT64_C(1) << 30);
	assert_no_orc(f);
	f->symbol[3].address = IPS + 4;
	f->size[f->size_count - 1].size = 4096;
	assert_no_orc(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_orc__find),
		FAKE_TEST(test_orc__find_by_blocks),
		FAKE_TEST(test_orc__both_ways_agree),
		FAKE_TEST(test_orc__blocks_save_reads),
		FAKE_TEST(test_orc__results_are_kept),
		FAKE_TEST(test_orc__bad_blocks),
		FAKE_TEST(test_orc__missing_blocks),
		FAKE_TEST(test_orc__no_code),
		FAKE_TEST(test_orc__no_code_by_blocks),
		FAKE_TEST(test_orc__init_text),
		FAKE_TEST(test_orc__missing_tables),
		FAKE_TEST(test_orc__new_format),
		FAKE_TEST(test_orc__old_format),
		FAKE_TEST(test_orc__module),
		FAKE_TEST(test_orc__module_without_tables),
		FAKE_TEST(test_orc__no_tables),
		FAKE_TEST(test_orc__no_types),
		FAKE_TEST(test_orc__insane_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
