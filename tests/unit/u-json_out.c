/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/report/json_out.c: layout, escapes, numbers; a stream that fails, ^C. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "report/json_out.h"

/* What is written goes into memory. */
struct page {
	struct dlk_ctx ctx;
	struct dlk_json_out j;
	char *text;
	size_t size;
};

static void start(struct page *p)
{
	memset(p, 0, sizeof(*p));
	dlk_ctx_init(&p->ctx);
	p->j.ctx = &p->ctx;
	p->j.file = open_memstream(&p->text, &p->size);
	assert_non_null(p->j.file);
}

static const char *text_of(struct page *p)
{
	assert_int_equal(dlk_json_finish(&p->j), DLK_OK);
	return p->text;
}

static void end(struct page *p)
{
	fclose(p->j.file);
	free(p->text);
	dlk_ctx_deinit(&p->ctx);
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	return root;
}

static void test_json_out__layout(void **state)
{
	struct page p;

	(void)state;
	start(&p);
	dlk_json_object(&p.j, NULL);
	dlk_json_string(&p.j, "one", "1");
	dlk_json_string(&p.j, "none", NULL);
	dlk_json_object(&p.j, "empty");
	dlk_json_object_end(&p.j);
	dlk_json_array(&p.j, "list");
	dlk_json_array(&p.j, NULL);
	dlk_json_array_end(&p.j);
	dlk_json_object(&p.j, NULL);
	dlk_json_boolean(&p.j, "yes", true);
	dlk_json_boolean(&p.j, "no", false);
	dlk_json_object_end(&p.j);
	dlk_json_null(&p.j, NULL);
	dlk_json_array_end(&p.j);
	dlk_json_number(&p.j, "last", -7);
	dlk_json_object_end(&p.j);
	assert_string_equal(text_of(&p), "{\n"
					 "  \"one\": \"1\",\n"
					 "  \"none\": null,\n"
					 "  \"empty\": {},\n"
					 "  \"list\": [\n"
					 "    [],\n"
					 "    {\n"
					 "      \"yes\": true,\n"
					 "      \"no\": false\n"
					 "    },\n"
					 "    null\n"
					 "  ],\n"
					 "  \"last\": -7\n"
					 "}\n");
	end(&p);
}

static void test_json_out__numbers(void **state)
{
	struct page p;

	(void)state;
	start(&p);
	dlk_json_array(&p.j, NULL);
	dlk_json_number(&p.j, NULL, 0);
	dlk_json_number(&p.j, NULL, INT64_MAX);
	dlk_json_number(&p.j, NULL, INT64_MIN);
	dlk_json_number(&p.j, NULL, UINT32_MAX);
	dlk_json_array_end(&p.j);
	assert_string_equal(text_of(&p), "[\n"
					 "  0,\n"
					 "  9223372036854775807,\n"
					 "  -9223372036854775808,\n"
					 "  4294967295\n"
					 "]\n");
	end(&p);
}

#define BAD "\\uFFFD"

static const struct {
	const char *raw, *written;
} strings[] = {
	{ "", "" },
	{ "plain ~/[]{}:,'", "plain ~/[]{}:,'" },
	{ "\"\\", "\\\"\\\\" },
	{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
	/* ESC clears a terminal; so do DEL and the C1 controls in their way, alone or as UTF-8. */
	{ "\x01\x1b[2J\x1f", "\\u0001\\u001B[2J\\u001F" },
	{ "a\x7f", "a\\u007F" },
	{ "\x9b"
	  "2J",
	  BAD "2J" },
	{ "\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009B\\u009F" },
	/* What turns text around. */
	{ "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\\u061C\\u200E\\u200F" },
	{ "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae",
	  "\\u202A\\u202B\\u202C\\u202D\\u202E" },
	{ "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", "\\u2066\\u2067\\u2068\\u2069" },
	{ "caf\xc3\xa9", "caf\\u00E9" },
	{ "\xef\xbf\xbf\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
	  "\\uFFFF\\uD800\\uDC00\\uD83D\\uDE00\\uDBFF\\uDFFF" },
	/* No UTF-8: cut, without a lead, too long, surrogates, beyond the last. */
	{ "\xe2\x82", BAD BAD },
	{ "\xf0\x9f\x98", BAD BAD BAD },
	{ "\xc3(", BAD "(" },
	{ "\x80", BAD },
	{ "\xc0\xaf\xc1\xbf", BAD BAD BAD BAD },
	{ "\xe0\x9f\xbf", BAD BAD BAD },
	{ "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD },
	{ "\xed\xa0\x80\xed\xbf\xbf", BAD BAD BAD BAD BAD BAD },
	{ "\xf4\x90\x80\x80\xf8\xff", BAD BAD BAD BAD BAD BAD },
};

static void test_json_out__strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char want[256];
		struct page p;

		start(&p);
		dlk_json_string(&p.j, NULL, strings[i].raw);
		snprintf(want, sizeof(want), "\"%s\"\n", strings[i].written);
		assert_string_equal(text_of(&p), want);
		end(&p);
	}
}

/* Append @p point as UTF-8. */
static char *add_utf8(char *end, uint32_t point)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	int len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (int i = len - 1; i > 0; i--, point >>= 6)
		end[i] = (char)(0x80 | (point & 0x3f));
	end[0] = (char)(leads[len] | point);
	return end + len;
}

/* A parser gets back each character that there is, and none was written raw but printable ASCII. */
static void test_json_out__all_characters(void **state)
{
	char *all = malloc(4 * 0x110000 + 1), *last = all;
	struct page p;
	json_t *root;

	(void)state;
	assert_non_null(all);
	for (uint32_t point = 1; point < 0x110000; point++)
		if (point < 0xd800 || point > 0xdfff)
			last = add_utf8(last, point);
	*last = '\0';
	start(&p);
	dlk_json_string(&p.j, NULL, all);
	root = parse(text_of(&p));
	assert_string_equal(json_string_value(root), all);
	for (const char *s = p.text; s[1]; s++)
		if (*s < 0x20 || *s > 0x7e)
			fail_msg("byte %#x at %zu", (unsigned char)*s, (size_t)(s - p.text));
	json_decref(root);
	free(all);
	end(&p);
}

/* A string is longer than some buffers, and what is escaped is where they end. */
static void assert_comes_back(size_t pad)
{
	static char raw[4 * DLK_JSON_BUFFER];
	struct page p;
	json_t *root;

	memset(raw, 'a', pad);
	strcpy(raw + pad, "\n\xc3\xa9z");
	start(&p);
	dlk_json_string(&p.j, NULL, raw);
	root = parse(text_of(&p));
	assert_string_equal(json_string_value(root), raw);
	json_decref(root);
	end(&p);
}

static void test_json_out__buffer_ends(void **state)
{
	(void)state;
	for (size_t before = 0; before < 16; before++) {
		assert_comes_back(DLK_JSON_BUFFER - before);
		assert_comes_back(3 * DLK_JSON_BUFFER - before);
	}
}

/* Deeper than any report; jansson writes the same. */
static void test_json_out__deep(void **state)
{
	enum { DEPTH = 1000 };
	struct page p;
	json_t *root;
	char *again;

	(void)state;
	start(&p);
	for (int i = 0; i < DEPTH; i++) {
		dlk_json_object(&p.j, NULL);
		dlk_json_number(&p.j, "depth", i);
		dlk_json_array(&p.j, "inner");
	}
	for (int i = 0; i < DEPTH; i++) {
		dlk_json_array_end(&p.j);
		dlk_json_null(&p.j, "after");
		dlk_json_object_end(&p.j);
	}
	root = parse(text_of(&p));
	again = json_dumps(root, JSON_INDENT(2));
	assert_non_null(again);
	p.text[p.size - 1] = '\0';
	assert_string_equal(p.text, again);
	free(again);
	json_decref(root);
	end(&p);
}

/* Numbers until the file has all that it will ever get. */
static void fill(struct dlk_json_out *j, uint32_t count)
{
	dlk_json_array(j, NULL);
	for (uint32_t i = 0; i < count; i++)
		dlk_json_number(j, NULL, i);
	dlk_json_array_end(j);
}

static void test_json_out__cancel(void **state)
{
	int is_canceled = 0;
	struct page p;

	(void)state;
	start(&p);
	p.ctx.cancel = &is_canceled;
	fill(&p.j, 2000);
	assert_false(dlk_json_is_over(&p.j));
	fflush(p.j.file);
	assert_int_equal(p.size, DLK_JSON_BUFFER);
	is_canceled = 1;
	fill(&p.j, 2000);
	assert_true(dlk_json_is_over(&p.j));
	assert_int_equal(dlk_json_finish(&p.j), DLK_ERR_CANCELED);
	fflush(p.j.file);
	assert_int_equal(p.size, DLK_JSON_BUFFER);
	end(&p);
}

/* A pipe that nobody reads, until there is ^C. */
static ssize_t write_until_canceled(void *cookie, const char *bytes, size_t size)
{
	int *is_canceled = cookie;

	(void)bytes;
	(void)size;
	*is_canceled = 1;
	errno = EINTR;
	return 0; /* so does a cookie say it */
}

static void test_json_out__cancel_write(void **state)
{
	int is_canceled = 0;
	struct page p;
	FILE *pipe = fopencookie(&is_canceled, "w",
				 (cookie_io_functions_t){ .write = write_until_canceled });

	(void)state;
	assert_non_null(pipe);
	start(&p);
	fclose(p.j.file);
	p.j.file = pipe;
	p.ctx.cancel = &is_canceled;
	fill(&p.j, 2000);
	assert_int_equal(is_canceled, 1);
	assert_int_equal(dlk_json_finish(&p.j), DLK_ERR_CANCELED);
	assert_string_equal(p.ctx.err.text, "interrupted");
	end(&p);
}

/* All of it was in the buffer: the file's failure comes at the end, and is told with its reason. */
static void test_json_out__small_write_error(void **state)
{
	struct page p;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	start(&p);
	fclose(p.j.file);
	p.j.file = full;
	fill(&p.j, 3);
	errno = 0;
	assert_int_equal(dlk_json_finish(&p.j), DLK_ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(p.ctx.err.text, "write error: No space left on device");
	end(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_out__layout),
		cmocka_unit_test(test_json_out__numbers),
		cmocka_unit_test(test_json_out__strings),
		cmocka_unit_test(test_json_out__all_characters),
		cmocka_unit_test(test_json_out__buffer_ends),
		cmocka_unit_test(test_json_out__deep),
		cmocka_unit_test(test_json_out__cancel),
		cmocka_unit_test(test_json_out__cancel_write),
		cmocka_unit_test(test_json_out__small_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
