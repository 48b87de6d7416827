/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/report/stream.c: what may reach a terminal, by each way that leads there; how a stream fails. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/out.h"
#include "report/stream.h"

static const struct {
	const char *raw, *clean;
} texts[] = {
	{ "", "" },
	{ " !~plain\\", " !~plain\\" },
	{ "\033[2J\n\x7f", "\\x1b[2J\\x0a\\x7f" },
	/* C1 controls: a byte, and as UTF-8. */
	{ "\x9b[2J\xc2\x9b", "\\x9b[2J\\xc2\\x9b" },
	/* Right to left, marks, isolates. */
	{ "\xe2\x80\xae\xe2\x80\x8f\xe2\x81\xa6", "\\xe2\\x80\\xae\\xe2\\x80\\x8f\\xe2\\x81\\xa6" },
	{ "\xff\xc0\xaf", "\\xff\\xc0\\xaf" },
};

static void test_stream__clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[64];

		dlk_stream_clean(text, sizeof(text), texts[i].raw);
		assert_string_equal(text, texts[i].clean);
	}
}

/* What is printed is the same. */
static void test_stream__out_is_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = NULL;
		size_t size = 0;
		struct dlk_ctx ctx;
		struct dlk_out out = { .ctx = &ctx, .file = open_memstream(&text, &size) };

		assert_non_null(out.file);
		dlk_ctx_init(&ctx);
		dlk_out_print(&out, "%s", texts[i].raw);
		assert_int_equal(dlk_out_finish(&out), DLK_OK);
		assert_string_equal(text, texts[i].clean);
		fclose(out.file);
		free(text);
		dlk_ctx_deinit(&ctx);
	}
}

/* Of every byte there is: nothing but printable ASCII comes out. */
static void test_stream__each_byte(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char raw[2] = { (char)c, '\0' }, text[8], want[8];

		snprintf(want, sizeof(want), c >= ' ' && c <= '~' ? "%c" : "\\x%02x", c);
		dlk_stream_clean(text, sizeof(text), raw);
		assert_string_equal(text, want);
	}
}

/* Cut to the room there is, but not within an escape. */
static void test_stream__clean_cut(void **state)
{
	static const char *const cuts[] = { "",       "a",       "a",        "a",       "a",
					    "a\\xff", "a\\xffz", "a\\xffz{", "a\\xffz{" };

	(void)state;
	for (size_t room = 1; room <= sizeof(cuts) / sizeof(cuts[0]); room++) {
		char text[16];

		memset(text, '#', sizeof(text));
		dlk_stream_clean(text, room, "a\xffz{");
		assert_string_equal(text, cuts[room - 1]);
		assert_int_equal(text[room], '#');
	}
}

static void test_stream__finish(void **state)
{
	struct dlk_ctx ctx;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_stream_finish(&ctx, full, 0), DLK_OK);
	assert_int_equal(dlk_stream_finish(&ctx, full, EPIPE), DLK_ERR_SYSTEM);
	assert_int_equal(errno, EPIPE);
	assert_string_equal(ctx.err.text, "write error: Broken pipe");
	fputs("x", full);
	assert_int_equal(dlk_stream_finish(&ctx, full, 0), DLK_ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	/* It failed before, and nobody knows why. */
	assert_int_equal(dlk_stream_finish(&ctx, full, 0), DLK_ERR_SYSTEM);
	fclose(full);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream__clean),
		cmocka_unit_test(test_stream__out_is_clean),
		cmocka_unit_test(test_stream__each_byte),
		cmocka_unit_test(test_stream__clean_cut),
		cmocka_unit_test(test_stream__finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
