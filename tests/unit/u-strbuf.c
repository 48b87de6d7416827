/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/strbuf.c: growing strings. */
#include <config.h>

#include "support.h"

#include "base/strbuf.h"

static void test_strbuf__empty(void **state)
{
	struct fake *f = *state;
	struct dlk_strbuf sb = { .ctx = &f->ctx };

	assert_string_equal(dlk_strbuf_text(&sb), "");
	dlk_strbuf_printf(&sb, "%s", "");
	assert_string_equal(dlk_strbuf_text(&sb), "");
	assert_false(sb.is_cut);
}

static void test_strbuf__append(void **state)
{
	struct fake *f = *state;
	struct dlk_strbuf sb = { .ctx = &f->ctx };

	dlk_strbuf_printf(&sb, "inode %d", 1057);
	dlk_strbuf_printf(&sb, ", %s", "memfd:huge");
	assert_string_equal(dlk_strbuf_text(&sb), "inode 1057, memfd:huge");
	assert_int_equal(sb.len, 22);
}

/* Every length around the first capacities; one byte more or less must not matter. */
static void test_strbuf__grows(void **state)
{
	struct fake *f = *state;
	struct dlk_strbuf sb = { .ctx = &f->ctx };

	for (int i = 0; i < 100000; i++) {
		dlk_strbuf_printf(&sb, "%c", 'a' + i % 26);
		assert_int_equal(sb.text[i + 1], 0);
	}
	assert_int_equal(sb.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(sb.text[i], 'a' + i % 26);
	assert_false(sb.is_cut);
}

static void test_strbuf__one_long_append(void **state)
{
	struct fake *f = *state;

	for (size_t len = 60; len < 140; len++) {
		struct dlk_strbuf sb = { .ctx = &f->ctx };

		dlk_strbuf_printf(&sb, "<");
		dlk_strbuf_printf(&sb, "%*s", (int)len, "x");
		assert_int_equal(strlen(dlk_strbuf_text(&sb)), len + 1);
		assert_int_equal(sb.text[len], 'x');
	}
}

static void test_strbuf__no_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_strbuf sb = { .ctx = &f->ctx };

	dlk_strbuf_printf(&sb, "kept");
	f->ctx.budget = f->ctx.used;
	dlk_strbuf_printf(&sb, "%*s", 1 << 20, "lost");
	assert_true(sb.is_cut);
	assert_string_equal(dlk_strbuf_text(&sb), "kept");
}

static void test_strbuf__no_memory_at_all(void **state)
{
	struct fake *f = *state;
	struct dlk_strbuf sb = { .ctx = &f->ctx };

	f->ctx.budget = f->ctx.used;
	for (int i = 0; i < 10000 && dlk_alloc(&f->ctx, 16); i++)
		;
	dlk_strbuf_printf(&sb, "lost");
	assert_true(sb.is_cut);
	assert_string_equal(dlk_strbuf_text(&sb), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_strbuf__empty),     FAKE_TEST(test_strbuf__append),
		FAKE_TEST(test_strbuf__grows),     FAKE_TEST(test_strbuf__one_long_append),
		FAKE_TEST(test_strbuf__no_memory), FAKE_TEST(test_strbuf__no_memory_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
