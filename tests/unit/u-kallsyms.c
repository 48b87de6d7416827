/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms, on small tables made by an encoder written after scripts/kallsyms.c.  The expected
 * values are those of the list of symbols below, not of the reader.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "debuginfo/kallsyms.h"
#include "symbol-checks.h"

#define BASE 0xffffffff81000000u /* where the fake memory begins */
#define TEXT 0xffffffff82000000u /* where the symbols lie; need not be readable */

enum { MEMORY = 64 * 1024 };

struct sym {
	uint64_t address;
	const char *name; /* with the type letter */
};

#define LONG_PART "a_long_name_as_rust_makes_them_"
#define LONG_NAME LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART

/* Sorted as kallsyms sorts. */
static const struct sym image[] = {
	{ 0x0, "A__per_cpu_start" },
	{ 0x2000, "Aper_cpu_thing" },
	{ TEXT, "T_stext" },
	{ TEXT, "T_text" },
	{ TEXT + 0x10, "tdo_it" },
	{ TEXT + 0x40, "Tsys_read" },
	{ TEXT + 0x40, "T__sys_read" },
	{ TEXT + 0x80, "tdo" },
	{ TEXT + 0x90, "tdo_it_again" },
	{ TEXT + 0xa0, "tdo_it" }, /* another file's */
	{ TEXT + 0xb0, "T" LONG_NAME },
	{ TEXT + 0x1000, "Dsome_data" },
	{ TEXT + 0x2000, "B_end" },
};

struct fixture {
	struct dlk_ctx ctx;
	struct dlk_target target;
	struct dlk_memory memory;
	struct dlk_kallsyms_tables tables;
	uint8_t bytes[MEMORY];
	size_t size;      /* of bytes; what is behind is zero, whole pages of it are not there */
	size_t alignment; /* of tables; 0 is 8 */
	uint64_t missing; /* a page that is not there; 0 is none: nothing lies in page 0 */
};

static enum dlk_status fake_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	const struct fixture *f = (const struct fixture *)((char *)t -
							   offsetof(struct fixture, target));
	size_t there = address < f->size ? f->size - address : 0;

	if (!there || (f->missing && f->missing == address >> 12))
		return DLK_ERR_FAULT;
	memset(buf, 0, len);
	memcpy(buf, f->bytes + address, len < there ? len : there);
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

static const struct dlk_target_ops fake_ops = { .name = "fake", .read = fake_read };

static size_t put(struct fixture *f, const void *data, size_t len)
{
	size_t at = f->size;

	assert_true(f->size + len <= MEMORY);
	memcpy(f->bytes + at, data, len);
	f->size += len;
	return at;
}

static void align(struct fixture *f)
{
	size_t alignment = f->alignment ? f->alignment : 8;

	f->size = (f->size + alignment - 1) & ~(alignment - 1);
}

/* A printable byte is its own token; some unused numbers stand for more. */
static const char *token_text(unsigned token)
{
	static char texts[256][2];

	switch (token) {
	case 1:
		return "Tsys_";
	case 2:
		return "do_";
	case 3:
		return "it";
	case 4:
		return "td"; /* crosses the type letter */
	}
	texts[token][0] = (char)(token >= ' ' && token < 127 ? token : '?');
	return texts[token];
}

static size_t encode(const char *name, uint8_t *code)
{
	size_t len = 0;

	while (*name) {
		uint8_t token = (uint8_t)*name;

		for (uint8_t t = 1; t <= 4; t++)
			if (!strncmp(name, token_text(t), strlen(token_text(t))))
				token = t;
		name += strlen(token_text(token));
		code[len++] = token;
	}
	return len;
}

static void put_names(struct fixture *f, const struct sym *syms, uint32_t count)
{
	uint32_t markers = 0;

	f->tables.names = BASE + f->size;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t code[512];
		size_t len = encode(syms[i].name, code);
		uint8_t head[2] = { (uint8_t)(len > 127 ? (len & 127) | 128 : len),
				    (uint8_t)(len >> 7) };

		put(f, head, len > 127 ? 2 : 1);
		put(f, code, len);
	}
	align(f);
	for (uint32_t i = 0; i < count; i += 256)
		put(f, &markers, 4); /* not used by the reader: zero */
	align(f);
}

static void put_tokens(struct fixture *f)
{
	uint16_t index[256], at = 0;

	f->tables.token_table = BASE + f->size;
	for (unsigned i = 0; i < 256; i++) {
		index[i] = at;
		at += (uint16_t)(strlen(token_text(i)) + 1);
		put(f, token_text(i), strlen(token_text(i)) + 1);
	}
	align(f);
	f->tables.token_index = BASE + put(f, index, sizeof(index));
}

static void put_offsets(struct fixture *f, const struct sym *syms, uint32_t count, bool is_percpu)
{
	uint64_t base = is_percpu ? TEXT : syms[0].address;

	f->tables.offsets = BASE + f->size;
	for (uint32_t i = 0; i < count; i++) {
		int64_t offset = is_percpu && syms[i].address < TEXT ? (int64_t)syms[i].address
				 : is_percpu ? (int64_t)(base - syms[i].address) - 1
					     : (int64_t)(syms[i].address - base);
		int32_t word = (int32_t)offset;

		put(f, &word, 4);
	}
	align(f);
	f->tables.relative_base = BASE + put(f, &base, 8);
}

/* As scripts/kallsyms.c writes them since v6.4, or before. */
static void make_tables(struct fixture *f, const struct sym *syms, uint32_t count, bool is_percpu,
			bool is_new)
{
	uint64_t number = count;

	f->size = 16;
	align(f);
	if (!is_new)
		put_offsets(f, syms, count, is_percpu);
	align(f);
	f->tables.num_syms = BASE + put(f, &number, 8);
	align(f);
	put_names(f, syms, count);
	put_tokens(f);
	align(f);
	if (is_new)
		put_offsets(f, syms, count, is_percpu);
}

static void start(struct fixture *f)
{
	dlk_ctx_init(&f->ctx);
	f->target = (struct dlk_target){ .ops = &fake_ops, .ctx = &f->ctx };
	assert_int_equal(dlk_memory_init(&f->memory, &f->target), DLK_OK);
	dlk_memory_set_translate(&f->memory, fake_translate, NULL);
}

static enum dlk_status open_tables(struct fixture *f, struct dlk_symbols **ret)
{
	return dlk_kallsyms_open(&f->memory, &f->tables, ret);
}

static void check_image(struct dlk_symbols *s)
{
	check_find(s, "_stext", TEXT);
	check_find(s, "sys_read", TEXT + 0x40);
	check_find(s, "__sys_read", TEXT + 0x40);
	check_find(s, "do", TEXT + 0x80);
	check_find(s, "do_it", TEXT + 0x10); /* of two, the first */
	check_find(s, "do_it_again", TEXT + 0x90);
	check_find(s, LONG_NAME, TEXT + 0xb0);
	check_find(s, "_end", TEXT + 0x2000);
	check_no_find(s, "d");
	check_no_find(s, "do_i");
	check_no_find(s, "do_it_");
	check_no_find(s, "tdo_it");
	check_no_find(s, "");
	check_at(s, TEXT, TEXT, "_stext");
	check_at(s, TEXT + 0x0f, TEXT, "_stext");
	check_at(s, TEXT + 0x10, TEXT + 0x10, "do_it");
	check_at(s, TEXT + 0x41, TEXT + 0x40, "sys_read"); /* the first of its aliases */
	check_at(s, TEXT + 0xa8, TEXT + 0xa0, "do_it");
	check_at(s, TEXT + 0xfff, TEXT + 0xb0, LONG_NAME);
	check_at(s, TEXT + 0x1fff, TEXT + 0x1000, "some_data");
	check_not_at(s, TEXT + 0x2000);
	check_not_at(s, TEXT - 1);
	check_not_at(s, 0x2000);
	check_not_at(s, UINT64_MAX);
}

static void test_percpu_scheme(void **state)
{
	static struct fixture f;

	(void)state;
	for (int is_new = 0; is_new < 2; is_new++) {
		struct dlk_symbols *s = NULL;

		make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, is_new);
		start(&f);
		assert_int_equal(open_tables(&f, &s), DLK_OK);
		assert_string_equal(s->ops->name, "kallsyms");
		check_image(s);
		check_find(s, "__per_cpu_start", 0);
		check_find(s, "per_cpu_thing", 0x2000);
		dlk_ctx_deinit(&f.ctx);
	}
}

static void test_plain_scheme(void **state)
{
	static struct fixture f;

	(void)state;
	for (int is_new = 0; is_new < 2; is_new++) {
		struct dlk_symbols *s = NULL;

		make_tables(&f, image + 2, sizeof(image) / sizeof(image[0]) - 2, false, is_new);
		start(&f);
		assert_int_equal(open_tables(&f, &s), DLK_OK);
		check_image(s);
		check_no_find(s, "per_cpu_thing");
		dlk_ctx_deinit(&f.ctx);
	}
}

/* A name is the same string every time: a thousand frames do not decode it a thousand times. */
static void test_names_are_kept(void **state)
{
	static struct fixture f;
	struct dlk_symbols *s = NULL;
	struct dlk_symbol a, b;

	(void)state;
	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, true);
	start(&f);
	assert_int_equal(open_tables(&f, &s), DLK_OK);
	assert_int_equal(s->ops->at(s, TEXT + 0x11, &a), DLK_OK);
	assert_int_equal(s->ops->at(s, TEXT + 0x12, &b), DLK_OK);
	assert_ptr_equal(a.name, b.name);
	dlk_ctx_deinit(&f.ctx);
}

/* Over 256 symbols: the second and later markers count. */
static void test_many_symbols(void **state)
{
	enum { COUNT = 700 };
	static struct fixture f;
	static char names[COUNT][24];
	static struct sym syms[COUNT];
	struct dlk_symbols *s = NULL;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "tfunc_%d", i);
		syms[i] = (struct sym){ TEXT + (uint64_t)i * 16, names[i] };
	}
	make_tables(&f, syms, COUNT, true, true);
	start(&f);
	assert_int_equal(open_tables(&f, &s), DLK_OK);
	for (int i = 0; i < COUNT; i++) {
		check_find(s, names[i] + 1, TEXT + (uint64_t)i * 16);
		check_at(s, TEXT + (uint64_t)i * 16, TEXT + (uint64_t)i * 16, names[i] + 1);
	}
	check_no_find(s, "func_700");
	check_not_at(s, TEXT + 700 * 16);
	dlk_ctx_deinit(&f.ctx);
}

/* Without CONFIG_KALLSYMS_ALL there is no _end: the code's end counts. */
static void test_code_only(void **state)
{
	static const struct sym code[] = {
		{ TEXT, "T_stext" },
		{ TEXT + 0x10, "tdo_it" },
		{ TEXT + 0x100, "T_etext" },
		{ TEXT + 0x800, "Tlast" },
	};
	static struct fixture f;
	struct dlk_symbols *s = NULL;

	(void)state;
	make_tables(&f, code, 4, true, true);
	start(&f);
	assert_int_equal(open_tables(&f, &s), DLK_OK);
	check_at(s, TEXT + 0xff, TEXT + 0x10, "do_it");
	check_not_at(s, TEXT + 0x100);
	dlk_ctx_deinit(&f.ctx);
}

static void test_vmcoreinfo(void **state)
{
	static const char all[] = "OSRELEASE=6.12\n"
				  "SYMBOL(kallsyms_names_x)=1\n"
				  "SYMBOL(kallsyms_names)=ffffffff826607e8\n"
				  "SYMBOL(kallsyms_num_syms)=ffffffff826607e0\n"
				  "SYMBOL(kallsyms_token_table)=ffffffff826d8008\n"
				  "SYMBOL(kallsyms_token_index)=ffffffff826d83b0\n"
				  "SYMBOL(kallsyms_offsets)=ffffffff826d85b0\n"
				  "SYMBOL(kallsyms_relative_base)=ffffffff826fe3a8";
	struct dlk_kallsyms_tables t = { 0 };
	char text[sizeof(all)];

	(void)state;
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(all, &t), DLK_OK);
	assert_int_equal(t.names, 0xffffffff826607e8u);
	assert_int_equal(t.num_syms, 0xffffffff826607e0u);
	assert_int_equal(t.token_table, 0xffffffff826d8008u);
	assert_int_equal(t.token_index, 0xffffffff826d83b0u);
	assert_int_equal(t.offsets, 0xffffffff826d85b0u);
	assert_int_equal(t.relative_base, 0xffffffff826fe3a8u);

	t.names = 7;
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(NULL, &t), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo("", &t), DLK_ERR_NOTFOUND);
	/* Cut off within the last name, and within every earlier line. */
	for (size_t len = 0; len < sizeof(all) - strlen("ffffffff826fe3a8") - 1; len++) {
		memcpy(text, all, len);
		text[len] = 0;
		if (strstr(text, "kallsyms_offsets)=") && !strstr(text, "kallsyms_relative_base"))
			continue;
		assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(text, &t), DLK_ERR_NOTFOUND);
	}
	memcpy(text, all, sizeof(all));
	*strstr(text, "ffffffff826d83b0") = 'x';
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(text, &t), DLK_ERR_NOTFOUND);
	memcpy(text, all, sizeof(all));
	strstr(text, "ffffffff826d83b0")[8] = 'x';
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(text, &t), DLK_ERR_NOTFOUND);
	assert_int_equal(t.names, 7);

	/* Since 7.0 there is no relative_base. */
	memcpy(text, all, sizeof(all));
	*strstr(text, "SYMBOL(kallsyms_relative_base)") = 0;
	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(text, &t), DLK_OK);
	assert_int_equal(t.offsets, 0xffffffff826d85b0u);
	assert_int_equal(t.relative_base, 0);
}

/* Change the tables by @p lie, open them, and demand @p expected and a text. */
static void check_lie(void (*lie)(struct fixture *f), enum dlk_status expected)
{
	static struct fixture f;
	struct dlk_symbols *s = NULL;

	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, true);
	start(&f);
	lie(&f);
	assert_int_equal(open_tables(&f, &s), expected);
	assert_null(s);
	assert_non_null(strstr(f.ctx.err.text, "kallsyms_"));
	dlk_ctx_deinit(&f.ctx);
}

static void lie_none(struct fixture *f)
{
	memset(f->bytes + (f->tables.num_syms - BASE), 0, 4);
}

static void lie_too_many(struct fixture *f)
{
	memset(f->bytes + (f->tables.num_syms - BASE), 0xff, 4);
}

/* One more than there are: the padding behind the names is a name of no length. */
static void lie_one_more(struct fixture *f)
{
	f->bytes[f->tables.num_syms - BASE]++;
}

static void lie_empty_name(struct fixture *f)
{
	f->bytes[f->tables.names - BASE] = 0;
}

/* The last name reaches into the next table. */
static void lie_length(struct fixture *f)
{
	uint8_t *last = memchr(f->bytes + (f->tables.names - BASE), 'B', MEMORY / 2);

	assert_non_null(last);
	memset(last - 1, 0xff, 2);
}

static void lie_order(struct fixture *f)
{
	int32_t *offsets = (int32_t *)(void *)(f->bytes + (f->tables.offsets - BASE));

	offsets[5] = offsets[9];
}

static void lie_token(struct fixture *f)
{
	memset(f->bytes + (f->tables.token_table - BASE), 'x',
	       f->tables.token_index - f->tables.token_table);
}

static void lie_no_offsets(struct fixture *f)
{
	f->tables.offsets = 0;
}

static void lie_wild_names(struct fixture *f)
{
	f->tables.names = UINT64_MAX - 4;
}

static void test_lies(void **state)
{
	(void)state;
	check_lie(lie_none, DLK_ERR_CORRUPT);
	check_lie(lie_too_many, DLK_ERR_CORRUPT);
	check_lie(lie_one_more, DLK_ERR_CORRUPT);
	check_lie(lie_empty_name, DLK_ERR_CORRUPT);
	check_lie(lie_length, DLK_ERR_CORRUPT);
	check_lie(lie_order, DLK_ERR_CORRUPT);
	check_lie(lie_token, DLK_ERR_CORRUPT);
	check_lie(lie_no_offsets, DLK_ERR_FAULT);
	check_lie(lie_wild_names, DLK_ERR_FAULT);
}

static void use(struct dlk_symbols *s)
{
	struct dlk_symbol symbol;
	dlk_addr_t address;

	(void)!s->ops->find(s, "do_it", &address);
	(void)!s->ops->find(s, LONG_NAME, &address);
	for (uint64_t at = 0; at < 0x2100; at += 8)
		(void)!s->ops->at(s, TEXT + at, &symbol);
	(void)!s->ops->at(s, 0, &symbol);
	(void)!s->ops->at(s, UINT64_MAX, &symbol);
}

/* Each table in turn is not in the dump: the text names it. */
static void test_missing_page(void **state)
{
	static struct fixture f = { .alignment = DLK_PAGE_SIZE };
	const struct {
		const dlk_addr_t *address;
		const char *text;
	} tables[] = {
		{ &f.tables.names, "kallsyms_names" },
		{ &f.tables.num_syms, "kallsyms_num_syms" },
		{ &f.tables.token_table, "kallsyms_token_table" },
		{ &f.tables.token_index, "kallsyms_token_index" },
		{ &f.tables.offsets, "kallsyms_offsets" },
		{ &f.tables.relative_base, "kallsyms_relative_base" },
	};

	(void)state;
	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, true);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct dlk_symbols *s = NULL;

		f.missing = (*tables[i].address - BASE) >> 12;
		start(&f);
		assert_int_equal(open_tables(&f, &s), DLK_ERR_FAULT);
		assert_null(s);
		assert_int_equal(strncmp(f.ctx.err.text, tables[i].text, strlen(tables[i].text)),
				 0);
		dlk_ctx_deinit(&f.ctx);
	}
}

/* The dump ends at every byte, zeros follow: an error, or symbols that can be used. */
static void test_truncated(void **state)
{
	static struct fixture f;
	size_t full;

	(void)state;
	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, true);
	full = f.size;
	for (size_t size = 0; size <= full; size++) {
		struct dlk_symbols *s = NULL;
		enum dlk_status status;

		f.size = size;
		start(&f);
		status = open_tables(&f, &s);
		assert_int_equal(!status, s != NULL);
		if (s)
			use(s);
		if (size <= f.tables.names - BASE)
			assert_int_not_equal(status, DLK_OK);
		if (size == full)
			assert_int_equal(status, DLK_OK);
		dlk_ctx_deinit(&f.ctx);
	}
}

/* Every byte in turn is something else. */
static void test_damaged(void **state)
{
	static struct fixture f;
	size_t full, refused = 0;

	(void)state;
	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, false);
	full = f.size;
	for (size_t at = 0; at < full; at++) {
		static const uint8_t damage[] = { 0x01, 0x80, 0xff };
		struct dlk_symbols *s = NULL;

		f.bytes[at] ^= damage[at % 3];
		start(&f);
		if (!open_tables(&f, &s))
			use(s);
		else
			refused++;
		dlk_ctx_deinit(&f.ctx);
		f.bytes[at] ^= damage[at % 3];
	}
	assert_true(refused > 10);
}

/* Memory runs out at every allocation in turn. */
static void test_no_memory(void **state)
{
	static struct fixture f;
	enum dlk_status status = DLK_ERR_NOMEM;

	(void)state;
	make_tables(&f, image, sizeof(image) / sizeof(image[0]), true, true);
	for (size_t spare = 0; status; spare += 1024) {
		struct dlk_symbols *s = NULL;

		start(&f);
		f.ctx.budget = f.ctx.used + spare;
		status = open_tables(&f, &s);
		assert_true(!status || status == DLK_ERR_NOMEM);
		dlk_ctx_deinit(&f.ctx);
		assert_true(spare < 16 << 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percpu_scheme),  cmocka_unit_test(test_plain_scheme),
		cmocka_unit_test(test_names_are_kept), cmocka_unit_test(test_many_symbols),
		cmocka_unit_test(test_code_only),      cmocka_unit_test(test_vmcoreinfo),
		cmocka_unit_test(test_lies),           cmocka_unit_test(test_missing_page),
		cmocka_unit_test(test_truncated),      cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
