/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/text.c: bytes as lines. */
#include <config.h>

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log/text.h"

/* All lines, each with its number before it, with "|" between them. */
static void assert_lines(struct log_test *t, const char *bytes, size_t size, const char *expected)
{
	struct dlk_log_text text;
	char all[1024] = "";
	bool has_line;
	int fd = log_file(bytes, size);

	assert_int_equal(dlk_log_text_open(&t->ctx, fd, &text), DLK_OK);
	for (;;) {
		assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_OK);
		if (!has_line)
			break;
		assert_int_equal(strlen(text.text), text.length);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%u:%s|", text.line,
			 text.text);
	}
	assert_string_equal(all, expected);
	dlk_log_text_close(&text);
	close(fd);
}

#define LINES(bytes, expected) assert_lines(*state, bytes, sizeof(bytes) - 1, expected)

static void test_ends(void **state)
{
	LINES("", "");
	LINES("a\nb", "1:a|2:b|");
	LINES("a\n\nb\n", "1:a|2:|3:b|");
	LINES("a\r\nb\r\r\n", "1:a|2:b|");
	LINES("a^M\nb ^M^M\n2^Mx\n", "1:a|2:b|3:2^Mx|");
	LINES("a\0b\0\0\n\0c", "1:a b|2: c|");
}

static void test_escapes(void **state)
{
	LINES("\x1b[1;31mred\x1b[0m\n", "1:red|");
	LINES("\x1b]0;title\aa\x1b(Bb\x1b"
	      "7c\n",
	      "1:abc|");
	LINES("^[[32mgreen^[[0m\n", "1:green|");
	LINES("cut \x1b[12\n\x1b\nx\x1b[", "1:cut|2:|3:x|");
}

/* "=" at the end of a line as long as mail programs make them; elsewhere it is one. */
static void test_quoted_printable(void **state)
{
	LINES("> 2345678901234567890123456789012345678901234567890123456789012345678 pid=3D14=\n3 x\n",
	      "1:> 2345678901234567890123456789012345678901234567890123456789012345678 pid=3D143 x|");
	LINES("> 2345678901234567890123456789012345678901234567890123456789012345678 pid:14=\n> 3 a=3Db\nc=3Dd\n",
	      "1:> 2345678901234567890123456789012345678901234567890123456789012345678 pid:143 a=b|3:c=d|");
	LINES("a=3Db^M\n", "1:a=3Db|");
	LINES("short=\nx\n", "1:short=|2:x|");
	LINES("======================================================================\nx\n",
	      "1:======================================================================|2:x|");
}

/* A line of any length, across any number of buffers, costs no more than its limit. */
static void test_long(void **state)
{
	struct log_test *t = *state;
	enum { SIZE = 300000 };
	char *bytes = malloc(SIZE);
	struct dlk_log_text text;
	bool has_line;
	int fd;

	memset(bytes, 'x', SIZE);
	memcpy(bytes + SIZE - 6, "\nlast\n", 6);
	fd = log_file(bytes, SIZE);
	assert_int_equal(dlk_log_text_open(&t->ctx, fd, &text), DLK_OK);
	assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_OK);
	assert_true(has_line);
	assert_int_equal(text.length, DLK_LOG_LINE - 1);
	assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_OK);
	assert_string_equal(text.text, "last");
	assert_int_equal(text.line, 2);
	dlk_log_text_close(&text);
	assert_int_equal(t->ctx.used, 0);
	close(fd);
	free(bytes);
}

static void test_errors(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_text text;
	volatile int cancel = DLK_CANCEL_ASKED;
	bool has_line;
	int fd = log_file("a\n", 2);

	assert_int_equal(dlk_log_text_open(&t->ctx, -1, &text), DLK_OK);
	assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_ERR_SYSTEM);
	assert_int_equal(dlk_log_text_open(&t->ctx, fd, &text), DLK_OK);
	t->ctx.cancel = &cancel;
	assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_ERR_CANCELED);
	t->ctx.cancel = NULL;
	t->ctx.budget = t->ctx.used;
	assert_int_equal(dlk_log_text_open(&t->ctx, fd, &text), DLK_ERR_NOMEM);
	close(fd);
}

/* More than is read at a time, with a line across that border: as a file of the same bytes. */
static void test_memory(void **state)
{
	static char bytes[70000];
	struct log_test *t = *state;
	struct dlk_log_text text;
	bool has_line;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 999; i < sizeof(bytes); i += 1000)
		bytes[i] = '\n';
	assert_int_equal(dlk_log_text_open(&t->ctx, -1, &text), DLK_OK);
	dlk_log_text_from_memory(&text, bytes, sizeof(bytes) - 1);
	for (unsigned i = 1; i <= 70; i++) {
		assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_OK);
		assert_true(has_line);
		assert_int_equal(text.line, i);
		assert_int_equal(text.length, 999);
	}
	assert_int_equal(dlk_log_text_read(&text, &has_line), DLK_OK);
	assert_false(has_line);
	dlk_log_text_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_memory),           LOG_TEST(test_ends), LOG_TEST(test_escapes),
		LOG_TEST(test_quoted_printable), LOG_TEST(test_long), LOG_TEST(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
