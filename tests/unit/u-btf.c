/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF, written with libbpf's writer.  What is expected of the well-formed types is what the
 * compiler says of the same types in C; the rest is data that lies.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "debuginfo/btf.h"
#include "same-types.h"

struct fixture {
	struct btf *btf;
	struct dlk_ctx ctx;
	struct dlk_types *types;
};

static int id_of(struct btf *btf, const char *name)
{
	int id = btf__find_by_name(btf, name);

	assert_true(id > 0);
	return id;
}

static void add_field(struct btf *btf, const char *name, int type, size_t offset)
{
	assert_int_equal(btf__add_field(btf, name, type, (uint32_t)offset * 8, 0), 0);
}

static void add_bits(struct btf *btf, const char *name, const char *type, uint32_t bit,
		     uint32_t bits)
{
	assert_int_equal(btf__add_field(btf, name, id_of(btf, type), bit, bits), 0);
}

static void add_plain_types(struct btf *btf)
{
	btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	btf__add_int(btf, "unsigned int", 4, 0);
	btf__add_int(btf, "unsigned char", 1, 0);
	btf__add_int(btf, "unsigned long", 8, 0);
	btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "STATE_NEW", 0);
	btf__add_enum_value(btf, "STATE_GONE", 7);
	btf__add_enum_value(btf, "STATE_WIDE", 200);
	btf__add_enum(btf, "sign", 4);
	btf__add_enum_value(btf, "SIGN_MINUS", -2);
	btf__add_enum64(btf, "big", 8, false);
	btf__add_enum64_value(btf, "BIG_BIT", UINT64_C(1) << 40);
	btf__add_enum64_value(btf, "BIG_NEXT", (UINT64_C(1) << 40) + 1);
	btf__add_typedef(btf, "kind_t", btf__add_enum(btf, NULL, 4));
}

static void add_structs(struct btf *btf)
{
	int pointer = btf__add_ptr(btf, 0), id;

	btf__add_struct(btf, "list_head", sizeof(struct list_head));
	add_field(btf, "next", pointer, offsetof(struct list_head, next));
	add_field(btf, "prev", pointer, offsetof(struct list_head, prev));
	id = btf__add_struct(btf, NULL, sizeof(atomic_t));
	add_field(btf, "counter", id_of(btf, "int"), 0);
	btf__add_typedef(btf, "atomic_t", id);
	btf__add_struct(btf, "sema", sizeof(struct sema));
	add_field(btf, "count", id_of(btf, "atomic_t"), offsetof(struct sema, count));
	add_field(btf, "wait_list", id_of(btf, "list_head"), offsetof(struct sema, wait_list));
	id = btf__add_const(btf, id_of(btf, "sema"));
	btf__add_struct(btf, "mapping", sizeof(struct mapping));
	add_field(btf, "nr", id_of(btf, "long"), offsetof(struct mapping, nr));
	add_field(btf, "lock", id, offsetof(struct mapping, lock));
	btf__add_union(btf, "either", sizeof(union either));
	add_field(btf, "word", id_of(btf, "long"), 0);
	add_field(btf, "list", id_of(btf, "list_head"), 0);
	btf__add_struct(btf, "tight", sizeof(struct tight));
	add_field(btf, "before", id_of(btf, "char"), 0);
	add_bits(btf, "bits", "unsigned int", 8, 3);
	btf__add_struct(btf, "astride", sizeof(struct astride));
	add_bits(btf, "before", "unsigned int", 0, 30);
	add_bits(btf, "bits", "unsigned int", 30, 7);
	add_bits(btf, "after", "unsigned int", 37, 27);
	btf__add_struct(btf, "oldest", sizeof(struct oldest));
	add_bits(btf, "one", "unsigned char", 32, 1);
	add_bits(btf, "two", "unsigned char", 33, 2);
	add_bits(btf, "five", "unsigned char", 35, 5);
	add_field(btf, "last", id_of(btf, "int"), offsetof(struct oldest, last));
}

static void add_outer(struct btf *btf)
{
	size_t base = offsetof(struct outer, first);
	size_t bits = offsetof(struct outer, grid) + sizeof(((struct outer *)0)->grid);
	int inner, either, maps, row, grid, none;

	inner = btf__add_struct(btf, NULL, 8 + sizeof(struct sema));
	add_field(btf, "low", id_of(btf, "int"), offsetof(struct outer, low) - base);
	add_field(btf, "hidden", id_of(btf, "sema"), offsetof(struct outer, hidden) - base);
	either = btf__add_union(btf, NULL, 8 + sizeof(struct sema));
	add_field(btf, "first", id_of(btf, "long"), 0);
	add_field(btf, NULL, inner, 0);
	maps = btf__add_array(btf, id_of(btf, "int"), id_of(btf, "mapping"), 3);
	row = btf__add_array(btf, id_of(btf, "int"), id_of(btf, "short"), 5);
	grid = btf__add_array(btf, id_of(btf, "int"), row, 2);
	none = btf__add_array(btf, id_of(btf, "int"), id_of(btf, "char"), 0);
	btf__add_struct(btf, "outer", sizeof(struct outer));
	add_field(btf, "tag", id_of(btf, "char"), 0);
	add_field(btf, NULL, either, base);
	add_field(btf, "maps", maps, offsetof(struct outer, maps));
	add_field(btf, "grid", grid, offsetof(struct outer, grid));
	add_bits(btf, "head", "unsigned int", (uint32_t)bits * 8, 3);
	add_bits(btf, "tail", "unsigned int", (uint32_t)bits * 8 + 3, 11);
	add_bits(btf, "wide", "unsigned long", (uint32_t)(bits + 4) * 8, 40);
	add_field(btf, "either", id_of(btf, "either"), offsetof(struct outer, either));
	add_field(btf, "none", none, offsetof(struct outer, none));
	add_field(btf, "flexible", none, offsetof(struct outer, flexible));
	btf__add_typedef(btf, "outer_t", id_of(btf, "outer"));
}

static void start(struct fixture *f)
{
	f->btf = btf__new_empty();
	assert_non_null(f->btf);
	btf__set_pointer_size(f->btf, 8);
	add_plain_types(f->btf);
	add_structs(f->btf);
	add_outer(f->btf);
	dlk_ctx_init(&f->ctx);
	f->types = NULL;
}

static void open_types(struct fixture *f)
{
	uint32_t size;
	const void *data = btf__raw_data(f->btf, &size);

	assert_non_null(data);
	assert_int_equal(dlk_btf_open(&f->ctx, data, size, &f->types), DLK_OK);
}

static void finish(struct fixture *f)
{
	if (f->types)
		f->types->ops->close(f->types);
	dlk_ctx_deinit(&f->ctx);
	btf__free(f->btf);
}

static void test_same_types(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_types(&f);
	assert_string_equal(f.types->ops->name, "btf");
	check_same_types(f.types);
	finish(&f);
}

/* A bit-field of a type of 16 bytes: no value has that many. */
static void test_wide_bit_fields(void **state)
{
	static const uint64_t words[2] = { 0, UINT64_C(0x1234560000000000) };
	struct fixture f;

	(void)state;
	start(&f);
	btf__add_int(f.btf, "unsigned __int128", 16, 0);
	btf__add_struct(f.btf, "wide", sizeof(words));
	add_bits(f.btf, "low", "unsigned __int128", 0, 8);
	add_bits(f.btf, "high", "unsigned __int128", 104, 24);
	btf__add_struct(f.btf, "wider", sizeof(words));
	add_bits(f.btf, "all", "unsigned __int128", 1, 100);
	open_types(&f);
	check_bits(f.types, "wide", "high", words, sizeof(words), 0x123456);
	assert_int_equal(try_member(f.types, "wider", "all"), DLK_ERR_CORRUPT);
	finish(&f);
}

/* Before kind_flag the integer type says which of its bits are meant (BTF_INT_OFFSET). */
static void test_old_bit_fields(void **state)
{
	struct fixture f;
	struct dlk_member m;
	uint32_t *info;
	int id;

	(void)state;
	start(&f);
	id = btf__add_int(f.btf, "five_bits", 4, 0);
	info = (uint32_t *)(uintptr_t)(btf__type_by_id(f.btf, (uint32_t)id) + 1);
	*info = 3 << 16 | 5; /* offset 3, 5 bits */
	btf__add_struct(f.btf, "old", 4);
	add_field(f.btf, "bits", id, 1);
	open_types(&f);
	m = get_member(f.types, "old", "bits");
	assert_int_equal(m.offset, 0);
	assert_int_equal(m.size, 4);
	assert_int_equal(m.bit_offset, 8 + 3);
	assert_int_equal(m.bit_size, 5);
	finish(&f);
}

/* The first of two structs of a name counts; a struct comes before a typedef. */
static void test_namesakes(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	btf__add_typedef(f.btf, "twin", id_of(f.btf, "outer"));
	btf__add_struct(f.btf, "twin", 8);
	add_field(f.btf, "mine", id_of(f.btf, "int"), 4);
	btf__add_struct(f.btf, "twin", 16);
	add_field(f.btf, "mine", id_of(f.btf, "int"), 12);
	open_types(&f);
	check_plain(f.types, "twin", "mine", 4, 4, 1);
	finish(&f);
}

/* Ids that lead in circles, or nowhere. */
static void test_cycles(void **state)
{
	struct fixture f;
	int next;

	(void)state;
	start(&f);
	next = (int)btf__type_cnt(f.btf);
	btf__add_typedef(f.btf, "snake", next + 1);
	btf__add_typedef(f.btf, "tail", next);
	btf__add_struct(f.btf, "self", 8); /* next + 2 */
	add_field(f.btf, NULL, next + 2, 0);
	btf__add_array(f.btf, next, next + 3, 2); /* next + 3: an array of itself */
	btf__add_struct(f.btf, "holder", 8);
	add_field(f.btf, "array", next + 3, 0);
	btf__add_struct(f.btf, "snakes", 8);
	add_field(f.btf, "snake", next, 0);
	btf__add_struct(f.btf, "named", 8); /* next + 6 */
	add_field(f.btf, "named", next + 6, 0);
	open_types(&f);
	check_no_size(f.types, "snake", DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(f.types, "self", "x"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "holder", "array"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "snakes", "snake"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "named", "named.named.named"), DLK_OK);
	check_path_corrupt(f.types, "named");
	check_path_corrupt(f.types, "self");
	finish(&f);
}

/* A type that is not there: of this libbpf 1.5 makes nothing at all, 1.1 all but that. */
static void test_nowhere(void **state)
{
	struct fixture f;
	const void *data;
	uint32_t size;
	enum dlk_status status;

	(void)state;
	start(&f);
	btf__add_struct(f.btf, "lost", 8);
	add_field(f.btf, "nowhere", 1 << 20, 0);
	data = btf__raw_data(f.btf, &size);
	assert_non_null(data);
	status = dlk_btf_open(&f.ctx, data, size, &f.types);
	if (!status)
		status = try_member(f.types, "lost", "nowhere");
	assert_int_equal(status, DLK_ERR_CORRUPT);
	finish(&f);
}

/* Each level has the one below twice: 2^25 ways down, all of them in vain. */
static void test_explosion(void **state)
{
	struct fixture f;
	int below;

	(void)state;
	start(&f);
	below = id_of(f.btf, "sema");
	for (int i = 0; i < 25; i++) {
		int level = btf__add_union(f.btf, i < 24 ? NULL : "top", sizeof(struct sema));

		add_field(f.btf, NULL, below, 0);
		add_field(f.btf, NULL, below, 0);
		below = level;
	}
	open_types(&f);
	assert_int_equal(try_member(f.types, "top", "nothing"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "top", "count"), DLK_OK);
	finish(&f);
}

static void test_out_of_range(void **state)
{
	struct fixture f;
	int big;

	(void)state;
	start(&f);
	btf__add_struct(f.btf, "beyond", 8);
	add_field(f.btf, "word", id_of(f.btf, "long"), 4);
	btf__add_struct(f.btf, "far", 8);
	add_field(f.btf, "word", id_of(f.btf, "long"), 1 << 20);
	btf__add_struct(f.btf, "bits", 4);
	add_bits(f.btf, "bits", "unsigned int", 30, 3);
	big = btf__add_array(f.btf, id_of(f.btf, "int"), id_of(f.btf, "outer"), 1u << 31);
	btf__add_struct(f.btf, "huge", UINT32_MAX);
	add_field(f.btf, "array", big, 0);
	big = btf__add_array(f.btf, id_of(f.btf, "int"), big, 1u << 31);
	btf__add_struct(f.btf, "huger", UINT32_MAX);
	add_field(f.btf, "array", big, 0);
	open_types(&f);
	assert_int_equal(try_member(f.types, "beyond", "word"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "far", "word"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "bits", "bits"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "huge", "array"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "huger", "array"), DLK_ERR_CORRUPT);
	finish(&f);
}

/* A string of megabytes, of which each type names a part: hashed over its whole length that takes hours. */
static void test_long_names(void **state)
{
	enum { NAME = 4 << 20, TYPES = 200000 };
	static struct {
		struct btf_header header;
		struct btf_type types[TYPES];
		char strings[NAME + 8];
	} data;
	struct dlk_ctx ctx;
	struct dlk_types *types;
	uint32_t size;

	(void)state;
	data.header = (struct btf_header){ .magic = BTF_MAGIC,
					   .version = BTF_VERSION,
					   .hdr_len = sizeof(data.header),
					   .type_len = sizeof(data.types),
					   .str_off = sizeof(data.types),
					   .str_len = sizeof(data.strings) };
	memset(data.strings + 1, 'a', NAME);
	strcpy(data.strings + NAME + 2, "word");
	for (uint32_t i = 0; i < TYPES; i++)
		data.types[i] = (struct btf_type){ .name_off = i + 1,
						   .info = BTF_KIND_STRUCT << 24 };
	data.types[TYPES - 1].name_off = NAME + 2;
	data.types[TYPES - 1].size = 8;
	dlk_ctx_init(&ctx);
	alarm(20);
	assert_int_equal(dlk_btf_open(&ctx, &data, sizeof(data), &types), DLK_OK);
	assert_int_equal(types->ops->size(types, "word", &size), DLK_OK);
	assert_int_equal(size, 8);
	assert_int_equal(types->ops->size(types, "aaaa", &size), DLK_ERR_NOTFOUND);
	alarm(0);
	types->ops->close(types);
	dlk_ctx_deinit(&ctx);
}

static void try_bytes(const void *data, size_t size, bool is_whole)
{
	struct dlk_types *t = NULL;
	struct dlk_ctx ctx;
	enum dlk_status status;

	dlk_ctx_init(&ctx);
	status = dlk_btf_open(&ctx, data, size, &t);
	assert_int_equal(!status, t != NULL);
	if (!is_whole)
		assert_int_equal(status, DLK_ERR_CORRUPT);
	if (t) {
		use_types(t);
		t->ops->close(t);
	}
	dlk_ctx_deinit(&ctx);
}

/* Every length but the full one is refused; the bytes behind it are not touched. */
static void test_truncated(void **state)
{
	struct fixture f;
	const char *data;
	uint32_t size;

	(void)state;
	start(&f);
	data = btf__raw_data(f.btf, &size);
	for (uint32_t len = 0; len <= size; len++) {
		char *copy = test_malloc(len ? len : 1);

		memcpy(copy, data, len);
		try_bytes(copy, len, len == size);
		test_free(copy);
	}
	finish(&f);
}

/* Every byte in turn is something else: an error, or types that can be used. */
static void test_damaged(void **state)
{
	static const uint8_t damage[] = { 0x01, 0x10, 0x80, 0xff };
	struct fixture f;
	uint8_t copy[8192];
	const void *data;
	uint32_t size;

	(void)state;
	start(&f);
	data = btf__raw_data(f.btf, &size);
	assert_true(size <= sizeof(copy));
	memcpy(copy, data, size);
	for (uint32_t at = 0; at < size * 4; at++) {
		copy[at / 4] ^= damage[at % 4];
		try_bytes(copy, size, true);
		copy[at / 4] ^= damage[at % 4];
	}
	finish(&f);
}

static void test_no_memory(void **state)
{
	struct fixture f;
	uint32_t size;
	const void *data;
	enum dlk_status status = DLK_ERR_NOMEM;

	(void)state;
	start(&f);
	data = btf__raw_data(f.btf, &size);
	for (size_t budget = 0; status; budget += 1024) {
		dlk_ctx_deinit(&f.ctx);
		f.ctx.budget = budget;
		status = dlk_btf_open(&f.ctx, data, size, &f.types);
		assert_true(!status || status == DLK_ERR_NOMEM);
		assert_true(budget < 1 << 24);
	}
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_types),      cmocka_unit_test(test_old_bit_fields),
		cmocka_unit_test(test_wide_bit_fields), cmocka_unit_test(test_namesakes),
		cmocka_unit_test(test_cycles),          cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_explosion),       cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_long_names),      cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),         cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
