/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/cfi_check.c: sections byte by byte, as the standard has them (DWARF 5, 6.4.1). */
#include <config.h>

#include "support.h"

#include "debuginfo/cfi_check.h"

enum { ROOM = 128 << 10 };

struct section {
	unsigned char bytes[ROOM];
	size_t size;
};

static void put(struct section *s, const void *bytes, size_t len)
{
	assert_true(s->size + len <= sizeof(s->bytes));
	memcpy(s->bytes + s->size, bytes, len);
	s->size += len;
}

static void put_u32(struct section *s, uint32_t value)
{
	put(s, &value, sizeof(value));
}

#define HEAD "\1\0\1\x78\x10" /* version 1, no augmentation, factors of 1 and -8, rip */

/* A CIE: behind its ID there are these bytes. */
static void put_cie(struct section *s, const char *bytes, size_t len)
{
	put_u32(s, (uint32_t)(4 + len));
	put_u32(s, UINT32_MAX);
	put(s, bytes, len);
}

/* An FDE of the CIE at @p cie, with these instructions. */
static void put_fde(struct section *s, uint32_t cie, const char *bytes, size_t len)
{
	put_u32(s, (uint32_t)(4 + 16 + len));
	put_u32(s, cie);
	put(s, "0123456789abcdef", 16);
	put(s, bytes, len);
}

#define BYTES(text) (text), sizeof(text) - 1

/* In memory of its own size, so that a sanitizer sees what is read behind its end. */
static enum dlk_status check(struct fake *f, const struct section *s)
{
	unsigned char *copy = test_malloc(s->size ? s->size : 1);
	enum dlk_status status;

	memcpy(copy, s->bytes, s->size);
	status = dlk_cfi_check(&f->ctx, copy, s->size);
	test_free(copy);
	return status;
}

static void assert_wrong(struct fake *f, const struct section *s, const char *text)
{
	assert_int_equal(check(f, s), DLK_ERR_CORRUPT);
	assert_non_null(strstr(f->ctx.err.text, text));
}

/* What stands in an FDE of a sound CIE. */
static enum dlk_status check_program(struct fake *f, const char *bytes, size_t len)
{
	static struct section s;

	s.size = 0;
	put_cie(&s, BYTES(HEAD "\x0c\7\x08\x90\1\0\0"));
	put_fde(&s, 0, bytes, len);
	return check(f, &s);
}

static void test_sound(void **state)
{
	struct fake *f = *state;
	static struct section s;

	s.size = 0;
	assert_int_equal(check(f, &s), DLK_OK);
	put_cie(&s, BYTES(HEAD "\x0c\7\x08\x90\1"));
	put_cie(&s, BYTES("\1S\0\1\x78\x10"));      /* of a signal's frame */
	put_cie(&s, BYTES("\3\0\1\x78\x10"));       /* DWARF 3 */
	put_cie(&s, BYTES("\4\0\x08\0\1\x78\x10")); /* DWARF 4 */
	put_fde(&s, 0, BYTES("\x41\x0e\x10\x86\2\x43\x0d\6\x0a\x50\xc6\x0c\7\x08\x41\x0b\0\0"));
	put_fde(&s, 18, BYTES("\x0f\3\x76\x78\6\x10\6\2\x76\0\2\x40\3\x40\1\4\1\0\0\0"));
	assert_int_equal(check(f, &s), DLK_OK);
	assert_int_equal(check_program(f, BYTES("\1\0\0\0\0\0\0\0\x81\x16\3\1\x50\x2e\x10")),
			 DLK_OK);
}

static void test_registers(void **state)
{
	assert_int_equal(check_program(*state, BYTES("\7\xff\1")), DLK_OK);
	assert_int_equal(check_program(*state, BYTES("\7\x80\2")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\6\x80\x80\x80\x40")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x0c\x80\2\0")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x0c\7\x80\2")), DLK_OK); /* an offset */
	assert_int_equal(check_program(*state, BYTES("\x09\6\x80\2")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x16\x80\2\1\x50")), DLK_ERR_CORRUPT);
}

static void test_remembered(void **state)
{
	static const char often[] = "\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a"
				    "\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b"
				    "\x0a\x0b\x0a\x0b\x0a\x0b\x0a\x0b";
	char deep[17];

	memset(deep, 0x0a, sizeof(deep));
	assert_int_equal(check_program(*state, BYTES(often)), DLK_OK);
	assert_int_equal(check_program(*state, deep, 16), DLK_OK);
	assert_int_equal(check_program(*state, deep, 17), DLK_ERR_CORRUPT);
	/* What was never remembered gives nothing back. */
	assert_int_equal(check_program(*state, BYTES("\x0b\x0b\x0a")), DLK_OK);
}

/* Each instruction, cut behind each of its bytes. */
static void test_cut(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} whole[] = {
		{ BYTES("\1\0\0\0\0\0\0\0\x81") },
		{ BYTES("\2\1") },
		{ BYTES("\3\1\1") },
		{ BYTES("\4\1\1\1\1") },
		{ BYTES("\5\6\x80\1") },
		{ BYTES("\x86\x80\1") },
		{ BYTES("\x0f\3\x76\x78\6") },
		{ BYTES("\x10\6\2\x76\0") },
		{ BYTES("\x2e\x80\x80\1") },
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		assert_int_equal(check_program(*state, whole[i].bytes, whole[i].len), DLK_OK);
		for (size_t len = 1; len < whole[i].len; len++)
			assert_int_equal(check_program(*state, whole[i].bytes, len),
					 DLK_ERR_CORRUPT);
	}
	/* Ten bytes are 64 bits. */
	assert_int_equal(check_program(*state, BYTES("\x0e\x80\x80\x80\x80\x80\x80\x80\x80\x80\1")),
			 DLK_OK);
	assert_int_equal(check_program(*state,
				       BYTES("\x0e\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1")),
			 DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")),
			 DLK_ERR_CORRUPT);
}

static void test_not_known(void **state)
{
	assert_int_equal(check_program(*state, BYTES("\x17")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x1d\0\0\0\0\0\0\0\0")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x2d")), DLK_ERR_CORRUPT);
	assert_int_equal(check_program(*state, BYTES("\x3f")), DLK_ERR_CORRUPT);
}

static void test_long(void **state)
{
	static char nops[(64 << 10) + 1];

	assert_int_equal(check_program(*state, nops, sizeof(nops) - 1), DLK_OK);
	assert_int_equal(check_program(*state, nops, sizeof(nops)), DLK_ERR_CORRUPT);
}

static void assert_wrong_cie(struct fake *f, const char *bytes, size_t len, const char *text)
{
	static struct section s;

	s.size = 0;
	put_cie(&s, bytes, len);
	assert_wrong(f, &s, text);
}

static void test_cies(void **state)
{
	assert_wrong_cie(*state, BYTES("\2\0\1\x78\x10"), "version");
	assert_wrong_cie(*state, BYTES("\1zR\0\1\x78\x10\1\x1b"), "augmentation");
	assert_wrong_cie(*state, BYTES("\4\0\4\0\1\x78\x10"), "addresses");
	assert_wrong_cie(*state, BYTES("\4\0\x08\1\1\x78\x10"), "addresses");
	assert_wrong_cie(*state, BYTES("\3\0\1\x78\x80\2"), "register");
	assert_wrong_cie(*state, BYTES(HEAD "\7\x80\2"), "register");
	assert_wrong_cie(*state, BYTES("\1\0\1"), "cut off");
	assert_wrong_cie(*state, BYTES("\1\0\1\x78"), "cut off");
	assert_wrong_cie(*state, BYTES(""), "version");
}

static void test_entries(void **state)
{
	struct fake *f = *state;
	static struct section s;

	/* A CIE that comes later, or none at all: in the middle of one. */
	s.size = 0;
	put_fde(&s, 24, BYTES(""));
	put_cie(&s, BYTES(HEAD));
	assert_wrong(f, &s, "at 0 is an entry of none before it");
	s.size = 0;
	put_cie(&s, BYTES(HEAD));
	put_fde(&s, 4, BYTES(""));
	assert_wrong(f, &s, "at 13 is an entry of none before it");
	/* Lengths: 64-bit DWARF, too long, too short, cut. */
	s.size = 0;
	put_u32(&s, UINT32_MAX);
	put(&s, "\x10\0\0\0\0\0\0\0", 8);
	assert_wrong(f, &s, "a length of 4294967295");
	s.size = 0;
	put_u32(&s, 5);
	put_u32(&s, UINT32_MAX);
	assert_wrong(f, &s, "a length of 5");
	s.size = 0;
	put_u32(&s, 3);
	put_u32(&s, UINT32_MAX);
	assert_wrong(f, &s, "a length of 3");
	s.size = 0;
	put(&s, "\0\0\0", 3);
	assert_wrong(f, &s, "a length");
	s.size = 0;
	put_cie(&s, BYTES(HEAD));
	put_u32(&s, 4 + 15);
	put_u32(&s, 0);
	put(&s, "0123456789abcde", 15);
	assert_wrong(f, &s, "cut off");
}

static void test_canceled(void **state)
{
	static const int cancel = 1;
	struct fake *f = *state;
	static struct section s;

	s.size = 0;
	for (int i = 0; i < 5000; i++)
		put_cie(&s, BYTES(HEAD));
	assert_int_equal(check(f, &s), DLK_OK);
	f->ctx.cancel = &cancel;
	assert_int_equal(check(f, &s), DLK_ERR_CANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_sound), FAKE_TEST(test_registers), FAKE_TEST(test_remembered),
		FAKE_TEST(test_cut),   FAKE_TEST(test_not_known), FAKE_TEST(test_long),
		FAKE_TEST(test_cies),  FAKE_TEST(test_entries),   FAKE_TEST(test_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
