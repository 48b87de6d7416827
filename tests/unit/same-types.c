/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "same-types.h"

struct dlk_member get_member(struct dlk_types *t, const char *type, const char *member)
{
	struct dlk_member m;

	assert_int_equal(t->ops->member(t, type, member, &m), DLK_OK);
	return m;
}

enum dlk_status try_member(struct dlk_types *t, const char *type, const char *member)
{
	struct dlk_member m = { .offset = 77 };
	enum dlk_status status = t->ops->member(t, type, member, &m);

	if (status)
		assert_int_equal(m.offset, 77);
	return status;
}

void check_plain(struct dlk_types *t, const char *type, const char *member, size_t offset,
		 size_t size, uint32_t count)
{
	struct dlk_member m = get_member(t, type, member);

	assert_int_equal(m.offset, offset);
	assert_int_equal(m.size, size);
	assert_int_equal(m.count, count);
	assert_int_equal(m.bit_size, 0);
	assert_int_equal(m.bit_offset, 0);
}

#define CHECK_MEMBER(t, type, member, count)                                                       \
	check_plain(t, #type, #member, offsetof(struct type, member),                              \
		    sizeof(((struct type *)0)->member), count)

void check_size(struct dlk_types *t, const char *type, size_t expected)
{
	uint32_t size = 77;

	assert_int_equal(t->ops->size(t, type, &size), DLK_OK);
	assert_int_equal(size, expected);
}

void check_no_size(struct dlk_types *t, const char *type, enum dlk_status expected)
{
	uint32_t size = 77;

	assert_int_equal(t->ops->size(t, type, &size), expected);
	assert_int_equal(size, 77);
}

static void check_sizes(struct dlk_types *t)
{
	check_size(t, "outer", sizeof(struct outer));
	check_size(t, "outer_t", sizeof(struct outer));
	check_size(t, "either", sizeof(union either));
	check_size(t, "atomic_t", sizeof(atomic_t));
	check_size(t, "tight", sizeof(struct tight));
	check_no_size(t, "int", DLK_ERR_NOTFOUND);
	check_no_size(t, "oute", DLK_ERR_NOTFOUND);
	check_no_size(t, "", DLK_ERR_NOTFOUND);
	check_no_size(t, "kind_t", DLK_ERR_NOTFOUND);
	check_no_size(t, "state", DLK_ERR_NOTFOUND);
}

static void check_members(struct dlk_types *t)
{
	CHECK_MEMBER(t, list_head, prev, 1);
	CHECK_MEMBER(t, outer, tag, 1);
	CHECK_MEMBER(t, outer, first, 1);
	CHECK_MEMBER(t, outer, low, 1);
	CHECK_MEMBER(t, outer, hidden, 1);
	CHECK_MEMBER(t, outer, hidden.wait_list.prev, 1);
	CHECK_MEMBER(t, outer, hidden.count.counter, 1);
	CHECK_MEMBER(t, outer, maps, 3);
	CHECK_MEMBER(t, outer, grid, 10);
	CHECK_MEMBER(t, outer, either.list.prev, 1);
	CHECK_MEMBER(t, outer, none, 0);
	CHECK_MEMBER(t, oldest, last, 1);
	check_plain(t, "outer", "maps.lock.count", offsetof(struct outer, maps[0].lock.count), 4,
		    1);
	check_plain(t, "outer", "flexible", offsetof(struct outer, flexible), 0, 0);
	check_plain(t, "outer_t", "first", offsetof(struct outer, first), 8, 1);
	check_plain(t, "atomic_t", "counter", 0, 4, 1);
	check_plain(t, "either", "list.prev", 8, 8, 1);
	assert_int_equal(try_member(t, "outer", "count"), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", "firs"), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", "first_"), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", ""), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", "hidden."), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", ".hidden"), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "outer", "first.word"), DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(t, "nothing", "first"), DLK_ERR_NOTFOUND);
}

/* Read out of the object as a user of the member would. */
void check_bits(struct dlk_types *t, const char *type, const char *member, const void *object,
		size_t object_size, uint64_t expected)
{
	struct dlk_member m = get_member(t, type, member);
	uint64_t value = 0;

	assert_true(m.bit_size > 0 && m.bit_size < 64);
	assert_true(m.size == 1 || m.size == 2 || m.size == 4 || m.size == 8);
	assert_true(m.offset + m.size <= object_size);
	memcpy(&value, (const char *)object + m.offset, m.size);
	assert_int_equal(value >> m.bit_offset & ((UINT64_C(1) << m.bit_size) - 1), expected);
}

static void check_bit_fields(struct dlk_types *t)
{
	static const struct outer outer = { .head = 5, .tail = 0x5a5, .wide = 0xabcdef0123 };
	static const struct tight tight = { .before = -1, .bits = 5 };
	static const struct astride astride = { .before = 0x2aaaaaaa, .bits = 0x55, .after = 3 };
	static const struct oldest oldest = { .pad = -1, .one = 1, .two = 2, .five = 21 };

	check_bits(t, "outer", "head", &outer, sizeof(outer), 5);
	check_bits(t, "outer", "tail", &outer, sizeof(outer), 0x5a5);
	check_bits(t, "outer", "wide", &outer, sizeof(outer), 0xabcdef0123);
	check_bits(t, "tight", "bits", &tight, sizeof(tight), 5);
	check_bits(t, "astride", "before", &astride, sizeof(astride), 0x2aaaaaaa);
	check_bits(t, "astride", "bits", &astride, sizeof(astride), 0x55);
	check_bits(t, "astride", "after", &astride, sizeof(astride), 3);
	check_bits(t, "oldest", "one", &oldest, sizeof(oldest), 1);
	check_bits(t, "oldest", "two", &oldest, sizeof(oldest), 2);
	check_bits(t, "oldest", "five", &oldest, sizeof(oldest), 21);
	assert_int_equal(get_member(t, "outer", "tail").bit_size, 11);
	assert_int_equal(get_member(t, "outer", "head").size, 4);
	assert_int_equal(get_member(t, "oldest", "two").offset, 4);
}

void check_enumerator(struct dlk_types *t, const char *type, const char *name, int64_t expected)
{
	int64_t value = 77;

	assert_int_equal(t->ops->enumerator(t, type, name, &value), DLK_OK);
	assert_int_equal(value, expected);
}

void check_no_enumerator(struct dlk_types *t, const char *type, const char *name)
{
	int64_t value = 77;

	assert_int_equal(t->ops->enumerator(t, type, name, &value), DLK_ERR_NOTFOUND);
	assert_int_equal(value, 77);
}

static void check_enumerators(struct dlk_types *t)
{
	check_enumerator(t, "state", "STATE_GONE", 7);
	check_enumerator(t, "state", "STATE_WIDE", 200);
	check_enumerator(t, NULL, "STATE_NEW", 0);
	check_enumerator(t, "sign", "SIGN_MINUS", -2);
	check_enumerator(t, "big", "BIG_NEXT", (INT64_C(1) << 40) + 1);
	check_enumerator(t, NULL, "BIG_BIT", INT64_C(1) << 40);
	check_no_enumerator(t, "sign", "STATE_GONE");
	check_no_enumerator(t, NULL, "STATE");
	check_no_enumerator(t, "outer", "STATE_NEW");
}

static void check_path(struct dlk_types *t, const char *type, size_t offset, const char *wanted,
		       const char *expected, const char *expected_outer)
{
	const char *path = NULL, *outer = NULL;

	assert_int_equal(t->ops->path_at(t, type, (uint32_t)offset, wanted, &path, &outer), DLK_OK);
	assert_string_equal(path, expected);
	assert_string_equal(outer, expected_outer);
}

static void check_no_path(struct dlk_types *t, const char *type, size_t offset, const char *wanted)
{
	const char *path = NULL, *outer = NULL;

	assert_int_equal(t->ops->path_at(t, type, (uint32_t)offset, wanted, &path, &outer),
			 DLK_ERR_NOTFOUND);
	assert_null(path);
	assert_null(outer);
}

static void check_paths(struct dlk_types *t)
{
	check_path(t, "mapping", offsetof(struct mapping, lock), "sema", "lock", "mapping");
	check_path(t, "outer", offsetof(struct outer, hidden), "sema", "hidden", "outer");
	check_path(t, "outer", offsetof(struct outer, maps[2].lock), "sema", "maps[2].lock",
		   "mapping");
	check_path(t, "outer", offsetof(struct outer, maps[1]), "mapping", "maps[1]", "outer");
	check_path(t, "outer", offsetof(struct outer, maps[0].lock.wait_list), "list_head",
		   "maps[0].lock.wait_list", "sema");
	check_path(t, "outer", offsetof(struct outer, either), "list_head", "either.list",
		   "either");
	/* Through a typedef of an unnamed struct. */
	check_path(t, "outer_t", offsetof(struct outer, hidden.count), "atomic_t", "hidden.count",
		   "sema");
	check_no_path(t, "outer", offsetof(struct outer, hidden) + 1, "sema");
	check_no_path(t, "outer", offsetof(struct outer, maps[3]), "mapping");
	check_no_path(t, "outer", sizeof(struct outer), "list_head");
	check_no_path(t, "outer", UINT32_MAX, "list_head");
	check_no_path(t, "outer", 0, "nothing");
	check_no_path(t, "nothing", 0, "sema");
	check_no_path(t, "sema", 0, "sema");
}

void check_path_corrupt(struct dlk_types *t, const char *type)
{
	const char *path, *outer;

	assert_int_equal(t->ops->path_at(t, type, 0, "x", &path, &outer), DLK_ERR_CORRUPT);
}

void check_same_types(struct dlk_types *t)
{
	check_sizes(t);
	check_members(t);
	check_bit_fields(t);
	check_enumerators(t);
	check_paths(t);
}

void use_types(struct dlk_types *t)
{
	static const char *const types[] = { "outer", "outer_t", "either", "sema", "tight" };
	static const char *const members[] = { "hidden.wait_list.prev", "maps.lock", "either.list",
					       "tail", "nothing" };
	const char *path, *outer;
	struct dlk_member m;
	uint32_t size;
	int64_t value;

	for (size_t i = 0; i < 5; i++) {
		(void)!t->ops->size(t, types[i], &size);
		for (size_t j = 0; j < 5; j++)
			(void)!t->ops->member(t, types[i], members[j], &m);
		for (uint32_t at = 0; at < sizeof(struct outer); at += 8)
			(void)!t->ops->path_at(t, types[i], at, "list_head", &path, &outer);
	}
	(void)!t->ops->enumerator(t, "state", "STATE_GONE", &value);
	(void)!t->ops->enumerator(t, NULL, "NOTHING", &value);
}
