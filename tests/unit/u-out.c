/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/report/out.c: how long texts are laid out in lines. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/out.h"

/* An output that goes into memory. */
struct page {
	struct dlk_ctx ctx;
	struct dlk_out out;
	char *text;
	size_t size;
};

static void start(struct page *p)
{
	memset(p, 0, sizeof(*p));
	dlk_ctx_init(&p->ctx);
	p->out = (struct dlk_out){ .ctx = &p->ctx, .file = open_memstream(&p->text, &p->size) };
	assert_non_null(p->out.file);
}

static const char *text_of(struct page *p)
{
	assert_int_equal(dlk_out_finish(&p->out), DLK_OK);
	return p->text;
}

static void end(struct page *p)
{
	fclose(p->out.file);
	free(p->text);
	dlk_ctx_deinit(&p->ctx);
}

/* A word of @len times @c. */
static const char *word(char *buffer, char c, size_t len)
{
	memset(buffer, c, len);
	buffer[len] = '\0';
	return buffer;
}

/* One that is short enough goes on where the line was. */
static void test_out__wrap_short(void **state)
{
	struct page p;

	(void)state;
	start(&p);
	dlk_out_print(&p.out, "flush_work");
	dlk_out_wrap(&p.out, 17, ", called from %s", "wq1+0x6b [zoo]");
	dlk_out_end(&p.out);
	assert_string_equal(text_of(&p), "flush_work, called from wq1+0x6b [zoo]\n");
	end(&p);
}

/* The hundredth column is used, the next is not; what follows begins at the indent. */
static void test_out__wrap_exact_fit(void **state)
{
	for (size_t extra = 0; extra < 2; extra++) {
		char first[128], second[128], want[256];
		struct page p;

		start(&p);
		dlk_out_wrap(&p.out, 4, "%s %s", word(first, 'a', 60),
			     word(second, 'b', DLK_OUT_WIDTH - 61 + extra));
		dlk_out_end(&p.out);
		snprintf(want, sizeof(want), extra ? "%s\n    %s\n" : "%s %s\n", first, second);
		assert_string_equal(text_of(&p), want);
		end(&p);
	}
	(void)state;
}

/* The first word is glued to what stands before it, and goes down if it does not fit. */
static void test_out__wrap_first_word(void **state)
{
	for (size_t extra = 0; extra < 2; extra++) {
		char first[128], second[128], want[256];
		struct page p;

		start(&p);
		dlk_out_print(&p.out, "%s", word(first, 'a', 90));
		dlk_out_wrap(&p.out, 3, "%s", word(second, 'b', 10 + extra));
		dlk_out_end(&p.out);
		snprintf(want, sizeof(want), extra ? "%s\n   %s\n" : "%s%s\n", first, second);
		assert_string_equal(text_of(&p), want);
		end(&p);
	}
	(void)state;
}

/* A word that fits on no line has one of its own, and no line is left empty for it. */
static void test_out__wrap_long_word(void **state)
{
	char longest[201], want[512];
	struct page p;

	(void)state;
	start(&p);
	word(longest, 'x', 200);
	dlk_out_column(&p.out, 4);
	dlk_out_wrap(&p.out, 4, "%s a %s b", longest, longest);
	dlk_out_end(&p.out);
	snprintf(want, sizeof(want), "    %s\n    a\n    %s\n    b\n", longest, longest);
	assert_string_equal(text_of(&p), want);
	end(&p);
}

static void test_out__wrap_blanks(void **state)
{
	struct page p;

	(void)state;
	start(&p);
	dlk_out_print(&p.out, "x");
	dlk_out_wrap(&p.out, 0, "%s", "");
	dlk_out_wrap(&p.out, 0, " a  b ");
	dlk_out_wrap(&p.out, 0, "%s", "");
	dlk_out_end(&p.out);
	assert_string_equal(text_of(&p), "x a b\n");
	end(&p);
}

/* Whatever a target names, it breaks no line. */
static void test_out__wrap_unprintable(void **state)
{
	struct page p;

	(void)state;
	start(&p);
	dlk_out_wrap(&p.out, 0, "%s", "a\nDEADLOCK: forged \033[2J\t\xff");
	dlk_out_end(&p.out);
	assert_string_equal(text_of(&p), "a\\x0aDEADLOCK: forged \\x1b[2J\\x09\\xff\n");
	end(&p);
}

/* Longer than any buffer: every word, in its order, once; no line too long, each at its indent. */
static void test_out__wrap_loses_nothing(void **state)
{
	enum { WORDS = 500 };

	for (uint32_t indent = 0; indent <= 60; indent += 20) {
		static char given[WORDS * 16];
		char *copy, *rest, *line;
		uint32_t number = 0, lines = 0;
		size_t used = 0;
		struct page p;

		for (int i = 0; i < WORDS; i++)
			used += (size_t)snprintf(given + used, sizeof(given) - used, "%s%0*d",
						 i ? " " : "", 1 + i * 7 % 13, i);
		start(&p);
		dlk_out_column(&p.out, indent);
		dlk_out_wrap(&p.out, indent, "%s", given);
		dlk_out_end(&p.out);
		copy = rest = strdup(text_of(&p));
		assert_non_null(copy);
		while ((line = strsep(&rest, "\n")) && rest) {
			assert_in_range(strlen(line), indent + 1, DLK_OUT_WIDTH);
			assert_int_equal(strspn(line, " "), indent);
			assert_true(line[strlen(line) - 1] != ' ');
			for (char *w; (w = strsep(&line, " "));)
				if (*w)
					assert_int_equal(atoi(w), number++);
			lines++;
		}
		assert_int_equal(number, WORDS);
		/* No line was ended early. */
		assert_in_range(lines, used / (DLK_OUT_WIDTH - indent),
				used / (DLK_OUT_WIDTH - indent - 13) + 1);
		free(copy);
		end(&p);
	}
	(void)state;
}

/* No memory for a text: it is told in the end. */
static void test_out__wrap_no_memory(void **state)
{
	char longest[1001];
	struct page p;

	(void)state;
	start(&p);
	p.ctx.budget = 0;
	dlk_out_wrap(&p.out, 0, "%s", word(longest, 'x', 1000));
	assert_int_equal(dlk_out_finish(&p.out), DLK_ERR_NOMEM);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out__wrap_short),
		cmocka_unit_test(test_out__wrap_exact_fit),
		cmocka_unit_test(test_out__wrap_first_word),
		cmocka_unit_test(test_out__wrap_long_word),
		cmocka_unit_test(test_out__wrap_blanks),
		cmocka_unit_test(test_out__wrap_unprintable),
		cmocka_unit_test(test_out__wrap_loses_nothing),
		cmocka_unit_test(test_out__wrap_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
