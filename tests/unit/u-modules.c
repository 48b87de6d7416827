/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules, in a fake memory laid out by hand: two layouts of struct module, the one before v6.4
 * and the one after.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "kernel/modules.h"
#include "target/arch.h"

#define BASE 0xffffffffc0000000u /* of the fake memory, all in one piece */
#define HEAD (BASE + 0x1000)     /* the list's head, "modules" */
#define FS (BASE + 0x2000)       /* struct module of each */
#define NET (BASE + 0x3000)
#define NEW (BASE + 0x4000)
#define SYMTAB (BASE + 0x6000) /* of fs */
#define STRTAB (BASE + 0x7000)
#define KALLSYMS (BASE + 0x5000)
#define FS_TEXT (BASE + 0x100000) /* need not be readable */
#define FS_DATA (BASE + 0x110000)
#define NET_TEXT (BASE + 0x200000)

enum { MEMORY = 0x8000, STATE_LIVE = 0, STATE_UNFORMED = 9, STRUCT_SIZE = 512 };

/* Offsets of both layouts; what only one has lies apart. */
enum {
	AT_STATE = 0,
	AT_LIST = 8,
	AT_NAME = 24,
	AT_MEM = 96,   /* 3 elements of 32: base 0, size 8 */
	AT_CORE = 192, /* base 0, size 8 */
	AT_INIT = 224,
	AT_NUM_ORCS = 256,
	AT_ORC_IP = 264,
	AT_ORC = 272,
	AT_KALLSYMS = 280,
	NAME_SIZE = 56
};

struct member {
	const char *type, *name;
	struct dlk_member place;
};

static const struct member common[] = {
	{ "module", "state", { AT_STATE, 4, 0, 0, 1 } },
	{ "module", "list", { AT_LIST, 16, 0, 0, 1 } },
	{ "module", "name", { AT_NAME, NAME_SIZE, 0, 0, NAME_SIZE } },
	{ "module", "kallsyms", { AT_KALLSYMS, 8, 0, 0, 1 } },
	{ "module", "arch.num_orcs", { AT_NUM_ORCS, 4, 0, 0, 1 } },
	{ "module", "arch.orc_unwind_ip", { AT_ORC_IP, 8, 0, 0, 1 } },
	{ "module", "arch.orc_unwind", { AT_ORC, 8, 0, 0, 1 } },
	{ "mod_kallsyms", "symtab", { 0, 8, 0, 0, 1 } },
	{ "mod_kallsyms", "num_symtab", { 8, 4, 0, 0, 1 } },
	{ "mod_kallsyms", "strtab", { 16, 8, 0, 0, 1 } },
	{ NULL, NULL, { 0 } },
};

static const struct member since_6_4[] = {
	{ "module", "mem", { AT_MEM, 96, 0, 0, 3 } },
	{ "module_memory", "base", { 0, 8, 0, 0, 1 } },
	{ "module_memory", "size", { 8, 4, 0, 0, 1 } },
	{ NULL, NULL, { 0 } },
};

static const struct member before_6_4[] = {
	{ "module", "core_layout.base", { AT_CORE, 8, 0, 0, 1 } },
	{ "module", "core_layout.size", { AT_CORE + 8, 4, 0, 0, 1 } },
	{ "module", "init_layout.base", { AT_INIT, 8, 0, 0, 1 } },
	{ "module", "init_layout.size", { AT_INIT + 8, 4, 0, 0, 1 } },
	{ NULL, NULL, { 0 } },
};

struct fixture {
	struct dlk_ctx ctx;
	struct dlk_target target;
	struct dlk_memory memory;
	struct dlk_types types;
	struct dlk_symbols symbols;
	const struct member *layout;
	const char *hidden; /* a member that the types do not know */
	bool has_modules;
	uint32_t reads_of_symbols;
	uint64_t missing; /* a page that is not there; 0 is none */
	uint8_t bytes[MEMORY];
};

#define FIXTURE(p, member) ((struct fixture *)((char *)(p)-offsetof(struct fixture, member)))

static enum dlk_status fake_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct fixture *f = FIXTURE(t, target);

	if (address + len > MEMORY || (f->missing && f->missing == address >> 12))
		return DLK_ERR_FAULT;
	f->reads_of_symbols += address >= SYMTAB - BASE;
	memcpy(buf, f->bytes + address, len);
	return DLK_OK;
}

static enum dlk_status fake_translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	(void)arg;
	if (address < BASE || address >= BASE + MEMORY)
		return DLK_ERR_FAULT;
	*ret = address - BASE;
	return DLK_OK;
}

static enum dlk_status fake_size(struct dlk_types *t, const char *type, uint32_t *ret)
{
	(void)t;
	if (!strcmp(type, "module"))
		*ret = STRUCT_SIZE;
	else if (!strcmp(type, "mod_kallsyms"))
		*ret = 24;
	else
		return DLK_ERR_NOTFOUND;
	return DLK_OK;
}

static enum dlk_status find_in(const struct member *m, const char *type, const char *name,
			       struct dlk_member *ret)
{
	for (; m->type; m++) {
		if (strcmp(m->type, type) || strcmp(m->name, name))
			continue;
		*ret = m->place;
		return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status fake_member(struct dlk_types *t, const char *type, const char *name,
				   struct dlk_member *ret)
{
	const struct fixture *f = FIXTURE(t, types);

	if (f->hidden && !strcmp(f->hidden, name))
		return DLK_ERR_NOTFOUND;
	if (!find_in(common, type, name, ret))
		return DLK_OK;
	return find_in(f->layout, type, name, ret);
}

static enum dlk_status fake_enumerator(struct dlk_types *t, const char *type, const char *name,
				       int64_t *ret)
{
	(void)t;
	if (strcmp(type, "module_state") || strcmp(name, "MODULE_STATE_UNFORMED"))
		return DLK_ERR_NOTFOUND;
	*ret = STATE_UNFORMED;
	return DLK_OK;
}

static enum dlk_status fake_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	if (strcmp(name, "modules") || !FIXTURE(s, symbols)->has_modules)
		return DLK_ERR_NOTFOUND;
	*ret = HEAD;
	return DLK_OK;
}

static const struct dlk_target_ops target_ops = { .name = "fake", .read = fake_read };
static const struct dlk_types_ops types_ops = {
	.name = "fake",
	.size = fake_size,
	.member = fake_member,
	.enumerator = fake_enumerator,
};
static const struct dlk_symbols_ops symbols_ops = { .name = "fake", .find = fake_find };

static void poke(struct fixture *f, dlk_addr_t at, uint64_t value, size_t size)
{
	memcpy(f->bytes + (at - BASE), &value, size);
}

static void link_list(struct fixture *f, const dlk_addr_t *nodes, int count)
{
	for (int i = 0; i < count; i++) {
		poke(f, nodes[i], nodes[(i + 1) % count], 8);
		poke(f, nodes[(i + 1) % count] + 8, nodes[i], 8);
	}
}

static void put_module(struct fixture *f, dlk_addr_t at, const char *name, uint32_t state)
{
	poke(f, at + AT_STATE, state, 4);
	memcpy(f->bytes + (at + AT_NAME - BASE), name, strlen(name) + 1);
}

/*
 * The first or second range, in each layout; which one counts is for the types to say.  mem[1]
 * stays empty.
 */
static void put_range(struct fixture *f, dlk_addr_t at, int index, dlk_addr_t base, uint32_t size)
{
	poke(f, at + AT_MEM + (uint64_t)index * 64, base, 8);
	poke(f, at + AT_MEM + (uint64_t)index * 64 + 8, size, 4);
	poke(f, at + (index ? AT_INIT : AT_CORE), base, 8);
	poke(f, at + (index ? AT_INIT : AT_CORE) + 8, size, 4);
}

static void put_symbols(struct fixture *f)
{
	static const char names[] = "\0fs_read\0fs_write\0.Llabel\0fs_data\0fs_alias\0fs_import";
	static const Elf64_Sym table[] = {
		{ 0 },
		{ .st_name = 9, .st_shndx = 1, .st_value = FS_TEXT + 0x40 },  /* fs_write */
		{ .st_name = 1, .st_shndx = 1, .st_value = FS_TEXT + 0x10 },  /* fs_read */
		{ .st_name = 18, .st_shndx = 1, .st_value = FS_TEXT + 0x48 }, /* .Llabel */
		{ .st_name = 34, .st_shndx = 1, .st_value = FS_TEXT + 0x40 }, /* fs_alias */
		{ .st_name = 0, .st_shndx = 1, .st_value = FS_TEXT + 0x44 },
		{ .st_name = 26, .st_shndx = 2, .st_value = FS_DATA + 0x20 }, /* fs_data */
		{ .st_name = 43, .st_shndx = SHN_UNDEF, .st_value = FS_TEXT + 0x46 },
	};

	memcpy(f->bytes + (SYMTAB - BASE), table, sizeof(table));
	memcpy(f->bytes + (STRTAB - BASE), names, sizeof(names));
	poke(f, KALLSYMS, SYMTAB, 8);
	poke(f, KALLSYMS + 8, sizeof(table) / sizeof(table[0]), 4);
	poke(f, KALLSYMS + 16, STRTAB, 8);
	poke(f, FS + AT_KALLSYMS, KALLSYMS, 8);
}

/* fs with symbols and ORC, net without, new that is not formed yet. */
static void start(struct fixture *f, const struct member *layout)
{
	static const dlk_addr_t nodes[] = { HEAD, NEW + AT_LIST, FS + AT_LIST, NET + AT_LIST };

	*f = (struct fixture){ .layout = layout, .has_modules = true };
	dlk_ctx_init(&f->ctx);
	f->target =
		(struct dlk_target){ .ops = &target_ops, .ctx = &f->ctx, .arch = &dlk_arch_x86_64 };
	f->types = (struct dlk_types){ &types_ops, &f->ctx };
	f->symbols = (struct dlk_symbols){ &symbols_ops, &f->ctx };
	assert_int_equal(dlk_memory_init(&f->memory, &f->target), DLK_OK);
	dlk_memory_set_translate(&f->memory, fake_translate, NULL);
	link_list(f, nodes, 4);
	put_module(f, NEW, "new", STATE_UNFORMED);
	put_module(f, FS, "fs", STATE_LIVE);
	put_range(f, FS, 0, FS_TEXT, 0x1000);
	put_range(f, FS, 1, FS_DATA, 0x800);
	put_symbols(f);
	poke(f, FS + AT_NUM_ORCS, 3, 4);
	poke(f, FS + AT_ORC_IP, BASE + 0x120000, 8);
	poke(f, FS + AT_ORC, BASE + 0x130000, 8);
	put_module(f, NET, "net", STATE_LIVE);
	put_range(f, NET, 0, NET_TEXT, 0x1000);
}

static enum dlk_status read_modules(struct fixture *f, struct dlk_modules **ret)
{
	return dlk_modules_read(&f->memory, &f->types, &f->symbols, ret);
}

static void check_at(struct dlk_modules *ms, dlk_addr_t address, dlk_addr_t expected,
		     const char *name)
{
	struct dlk_symbol symbol = { 0 };

	assert_int_equal(dlk_modules_symbol_at(ms, address, &symbol), DLK_OK);
	assert_string_equal(symbol.name, name);
	assert_string_equal(symbol.module, "fs");
	assert_int_equal(symbol.address, expected);
}

static void check_not_at(struct dlk_modules *ms, dlk_addr_t address, enum dlk_status expected)
{
	struct dlk_symbol symbol = { .address = 1 };

	assert_int_equal(dlk_modules_symbol_at(ms, address, &symbol), expected);
	assert_int_equal(symbol.address, 1);
}

static void check_symbols(struct dlk_modules *ms)
{
	check_at(ms, FS_TEXT + 0x10, FS_TEXT + 0x10, "fs_read");
	check_at(ms, FS_TEXT + 0x3f, FS_TEXT + 0x10, "fs_read");
	/* Of two the first; unnamed ones, labels and imports do not count. */
	check_at(ms, FS_TEXT + 0x40, FS_TEXT + 0x40, "fs_write");
	check_at(ms, FS_TEXT + 0xfff, FS_TEXT + 0x40, "fs_write");
	check_at(ms, FS_DATA + 0x7ff, FS_DATA + 0x20, "fs_data");
	check_not_at(ms, FS_TEXT + 0xf, DLK_ERR_NOTFOUND);
	check_not_at(ms, FS_TEXT - 1, DLK_ERR_NOTFOUND);
	check_not_at(ms, FS_TEXT + 0x1000, DLK_ERR_NOTFOUND);
	/* In the data, but the nearest symbol is in the text. */
	check_not_at(ms, FS_DATA + 0x1f, DLK_ERR_NOTFOUND);
	check_not_at(ms, NET_TEXT, DLK_ERR_NOTFOUND);
	check_not_at(ms, UINT64_MAX, DLK_ERR_NOTFOUND);
}

static void test_both_layouts(void **state)
{
	const struct member *layouts[] = { since_6_4, before_6_4 };
	static struct fixture f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct dlk_module_orc orc = { 0 };
		struct dlk_modules *ms = NULL;

		start(&f, layouts[i]);
		assert_int_equal(read_modules(&f, &ms), DLK_OK);
		assert_int_equal(ms->count, 2);
		assert_null(ms->note);
		assert_string_equal(ms->modules[0].name, "fs");
		assert_string_equal(ms->modules[1].name, "net");
		assert_int_equal(ms->modules[0].address, FS);
		assert_int_equal(ms->modules[0].range_count, 2);
		assert_ptr_equal(dlk_modules_find(ms, NET_TEXT + 0xfff), &ms->modules[1]);
		assert_null(dlk_modules_find(ms, NET_TEXT + 0x1000));
		check_symbols(ms);
		assert_int_equal(dlk_modules_orc_at(ms, FS_TEXT, &orc), DLK_OK);
		assert_int_equal(orc.count, 3);
		assert_int_equal(orc.ip, BASE + 0x120000);
		assert_int_equal(orc.entries, BASE + 0x130000);
		assert_int_equal(dlk_modules_orc_at(ms, NET_TEXT, &orc), DLK_ERR_NOTFOUND);
		assert_int_equal(dlk_modules_orc_at(ms, BASE, &orc), DLK_ERR_NOTFOUND);
		dlk_ctx_deinit(&f.ctx);
	}
}

static void test_symbols_are_read_late_and_once(void **state)
{
	static struct fixture f;
	struct dlk_modules *ms = NULL;
	uint32_t reads;

	(void)state;
	start(&f, since_6_4);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	check_not_at(ms, NET_TEXT, DLK_ERR_NOTFOUND);
	assert_int_equal(f.reads_of_symbols, 0);
	check_at(ms, FS_TEXT + 0x10, FS_TEXT + 0x10, "fs_read");
	reads = f.reads_of_symbols;
	assert_true(reads > 0);
	check_symbols(ms);
	assert_int_equal(f.reads_of_symbols, reads);
	dlk_ctx_deinit(&f.ctx);
}

/* A kernel with fewer options: no ORC, no kallsyms, no state. */
static void test_members_that_are_not_there(void **state)
{
	static const char *const hidden[] = { "arch.num_orcs", "kallsyms", "strtab", "state" };
	static struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		struct dlk_modules *ms = NULL;
		struct dlk_module_orc orc;

		start(&f, since_6_4);
		f.hidden = hidden[i];
		assert_int_equal(read_modules(&f, &ms), DLK_OK);
		assert_int_equal(ms->count, 2);
		assert_int_equal(dlk_modules_orc_at(ms, FS_TEXT, &orc),
				 i ? DLK_OK : DLK_ERR_NOTFOUND);
		if (i == 1 || i == 2)
			check_not_at(ms, FS_TEXT + 0x10, DLK_ERR_NOTFOUND);
		else
			check_symbols(ms);
		dlk_ctx_deinit(&f.ctx);
	}
}

static void test_no_modules(void **state)
{
	static const dlk_addr_t nodes[] = { HEAD };
	static struct fixture f;
	struct dlk_modules *ms = NULL;

	(void)state;
	start(&f, since_6_4);
	f.has_modules = false;
	assert_int_equal(read_modules(&f, &ms), DLK_ERR_NOTFOUND);
	f.has_modules = true;
	f.hidden = "list";
	assert_int_equal(read_modules(&f, &ms), DLK_ERR_NOTFOUND);
	assert_null(ms);
	f.hidden = NULL;
	link_list(&f, nodes, 1);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	assert_int_equal(ms->count, 0);
	check_not_at(ms, FS_TEXT, DLK_ERR_NOTFOUND);
	dlk_ctx_deinit(&f.ctx);
}

/* Read with one thing wrong, demand one module left and a note. */
static void check_one_left(struct fixture *f, const char *left, const char *note)
{
	struct dlk_modules *ms = NULL;

	assert_int_equal(read_modules(f, &ms), DLK_OK);
	assert_int_equal(ms->count, 1);
	assert_string_equal(ms->modules[0].name, left);
	assert_non_null(ms->note);
	assert_non_null(strstr(ms->note, note));
	dlk_ctx_deinit(&f->ctx);
}

static void test_one_bad_module(void **state)
{
	static struct fixture f;

	(void)state;
	start(&f, since_6_4);
	put_range(&f, FS, 0, 0x1000, 0x1000); /* not in the kernel's half */
	put_range(&f, FS, 1, UINT64_MAX - 0xff, 0x800);
	check_one_left(&f, "net", "1 modules");

	start(&f, since_6_4);
	put_module(&f, FS, "", STATE_LIVE);
	check_one_left(&f, "net", "1 modules");
}

static void test_broken_list(void **state)
{
	static struct fixture f;
	struct dlk_modules *ms = NULL;

	(void)state;
	/* The list ends in a module that is not there: what stands before it counts. */
	start(&f, since_6_4);
	f.missing = (NET - BASE) >> 12;
	check_one_left(&f, "fs", "broken");

	/* It goes back to where it was, and never to its head. */
	start(&f, since_6_4);
	poke(&f, NET + AT_LIST, FS + AT_LIST, 8);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	assert_int_equal(ms->count, 2);
	assert_non_null(strstr(ms->note, "broken"));
	dlk_ctx_deinit(&f.ctx);

	ms = NULL;
	start(&f, since_6_4);
	f.missing = (HEAD - BASE) >> 12;
	assert_int_equal(read_modules(&f, &ms), DLK_ERR_FAULT);
	assert_null(ms);
	assert_non_null(strstr(f.ctx.err.text, "list of modules"));
	dlk_ctx_deinit(&f.ctx);
}

static void test_lying_symbols(void **state)
{
	static struct fixture f;
	struct dlk_modules *ms = NULL;

	(void)state;
	/* More symbols than memory: the module stays, its symbols are a fault each time. */
	start(&f, since_6_4);
	poke(&f, KALLSYMS + 8, 1000, 4);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	check_not_at(ms, FS_TEXT + 0x10, DLK_ERR_FAULT);
	check_not_at(ms, FS_TEXT + 0x10, DLK_ERR_FAULT);
	assert_non_null(strstr(f.ctx.err.text, "module fs"));
	dlk_ctx_deinit(&f.ctx);

	/* More than any module has. */
	start(&f, since_6_4);
	poke(&f, KALLSYMS + 8, UINT32_MAX, 4);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	check_not_at(ms, FS_TEXT + 0x10, DLK_ERR_NOTFOUND);
	dlk_ctx_deinit(&f.ctx);

	/* Names elsewhere. */
	start(&f, since_6_4);
	poke(&f, KALLSYMS + 16, FS_TEXT, 8);
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	check_not_at(ms, FS_TEXT + 0x10, DLK_ERR_FAULT);
	dlk_ctx_deinit(&f.ctx);

	/* A name without an end is cut; one that is not printable is made so. */
	start(&f, since_6_4);
	memset(f.bytes + (STRTAB - BASE), 'x', 0x800);
	f.bytes[STRTAB + 1 - BASE] = 0x1b;
	assert_int_equal(read_modules(&f, &ms), DLK_OK);
	{
		struct dlk_symbol symbol;

		assert_int_equal(dlk_modules_symbol_at(ms, FS_TEXT + 0x10, &symbol), DLK_OK);
		assert_int_equal(strlen(symbol.name), 511);
		assert_int_equal(symbol.name[0], '?');
	}
	dlk_ctx_deinit(&f.ctx);
}

/* Every byte in turn is something else: whatever is read can be used. */
static void test_damaged(void **state)
{
	static const dlk_addr_t places[] = { HEAD, FS, NET, KALLSYMS, SYMTAB, STRTAB };
	static struct fixture f;

	(void)state;
	for (uint32_t i = 0; i < 6 * 320; i++) {
		static const uint8_t damage[] = { 0x01, 0x80, 0xff };
		struct dlk_modules *ms = NULL;
		struct dlk_module_orc orc;
		struct dlk_symbol symbol;

		start(&f, i & 1 ? since_6_4 : before_6_4);
		f.bytes[places[i / 320] - BASE + i % 320] ^= damage[i % 3];
		if (!read_modules(&f, &ms))
			for (uint64_t at = 0; at < 0x120000; at += 0x44) {
				(void)!dlk_modules_symbol_at(ms, FS_TEXT + at, &symbol);
				(void)!dlk_modules_orc_at(ms, FS_TEXT + at, &orc);
			}
		dlk_ctx_deinit(&f.ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_layouts),
		cmocka_unit_test(test_symbols_are_read_late_and_once),
		cmocka_unit_test(test_members_that_are_not_there),
		cmocka_unit_test(test_no_modules),
		cmocka_unit_test(test_one_bad_module),
		cmocka_unit_test(test_broken_list),
		cmocka_unit_test(test_lying_symbols),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
