/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/frame.c: lines of stacks. */
#include <config.h>

#include "log.h"

#include "log/frame.h"

enum {
	PRINTED = DLK_LOG_FRAME_PRINTED,
	PROC = DLK_LOG_FRAME_PROC,
	CRASH = DLK_LOG_FRAME_CRASH,
	DRGN = DLK_LOG_FRAME_DRGN
};

struct expected {
	const char *text;
	int form;
	const char *symbol;
	uint64_t offset;
	const char *module, *place;
	bool is_guess, is_inlined;
};

#define NO_OFFSET DLK_LOG_NO_OFFSET

static void assert_same(const char *text, const char *is, const char *expected)
{
	if (!is != !expected || (is && strcmp(is, expected)))
		fail_msg("%s: %s, expected %s", text, is ? is : "NULL",
			 expected ? expected : "NULL");
}

static void check(struct log_test *t, const struct expected *e)
{
	struct dlk_log_frame frame;
	const char *from;
	uint32_t number;

	if ((int)dlk_log_frame_read(&t->keep, e->text, &frame, &number, &from) != e->form)
		fail_msg("%s: not of form %d", e->text, e->form);
	if (!e->form)
		return;
	assert_same(e->text, frame.symbol, e->symbol);
	assert_int_equal(strncmp(frame.symbol, frame.function, strlen(frame.function)), 0);
	assert_null(strchr(frame.function, '+'));
	assert_int_equal(frame.offset, e->offset);
	assert_same(e->text, frame.module, e->module);
	assert_same(e->text, frame.place, e->place);
	assert_int_equal(frame.is_reliable, !e->is_guess);
	assert_int_equal(frame.is_inlined, e->is_inlined);
}

static void test_printed(void **state)
{
	static const struct expected table[] = {
		{ "f+0x1a/0x2b", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "? f.part.0+0x1a/0x2b", PRINTED, "f.part.0+0x1a", 0x1a, NULL, NULL, true, false },
		{ "f+0x1a/0x2b [mod]", PRINTED, "f+0x1a", 0x1a, "mod", NULL, false, false },
		{ "f+0x1a/0x2b [mod 0123abcd]", PRINTED, "f+0x1a", 0x1a, "mod", NULL, false,
		  false },
		{ "f+0x1a/0x2b (P) [mod]", PRINTED, "f+0x1a", 0x1a, "mod", NULL, false, false },
		{ "f+0x1a/0x2b (P", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "f+0x1a/0x2b (P)", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "f+0x1a/0x2b drivers/f.c:12", PRINTED, "f+0x1a", 0x1a, NULL, "drivers/f.c:12",
		  false, false },
		{ "f+0x1a/0x2b [mod] drivers/f.c:12", PRINTED, "f+0x1a", 0x1a, "mod",
		  "drivers/f.c:12", false, false },
		{ "f drivers/f.c:12 [inline]", PRINTED, "f", NO_OFFSET, NULL, "drivers/f.c:12",
		  false, true },
		{ "f+0x1a/0x2b  <=== here", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "f+0x1a/0x2b //lock", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "[<ffffffff81234567>] f+0x1a/0x2b", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false,
		  false },
		{ "[<ffffffff81234567>] ? f+0x1a/0x2b [mod]", PRINTED, "f+0x1a", 0x1a, "mod", NULL,
		  true, false },
		{ "([<0000000000abc123>] f+0x1a/0x2b)", PRINTED, "f+0x1a", 0x1a, NULL, NULL, false,
		  false },
		{ "[c000000001aa1000] [c000000001aa2000] f+0x1a/0x2b (unreliable)", PRINTED,
		  "f+0x1a", 0x1a, NULL, NULL, true, false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(*state, &table[i]);
}

static void test_tools(void **state)
{
	static const struct expected table[] = {
		{ "[<0>] f+0x1a/0x2b", PROC, "f+0x1a", 0x1a, NULL, NULL, false, false },
		{ "[<0>] f+0x1a/0x2b [mod]", PROC, "f+0x1a", 0x1a, "mod", NULL, false, false },
		{ "#0 [ffffc90000123400] f at ffffffff81aaa010", CRASH, "f", NO_OFFSET, NULL, NULL,
		  false, false },
		{ "#12 [ffffc90000123400] f+26 at ffffffff81aaa010", 0, NULL, 0, NULL, NULL, false,
		  false },
		{ "#12 [ffffc90000123400] f+0x1a at ffffffff81aaa010 [mod]", CRASH, "f+0x1a", 0x1a,
		  "mod", NULL, false, false },
		{ "[ffffc90000123400] f at ffffffff81aaa010 [mod]", CRASH, "f", NO_OFFSET, "mod",
		  NULL, false, false },
		{ "#0  f (drivers/f.c:12:3)", DRGN, "f", NO_OFFSET, NULL, "drivers/f.c:12", false,
		  false },
		{ "#1  f+0x1a/0x2b (./drivers/f.c:12:3)", DRGN, "f+0x1a/0x2b", 0x1a, NULL,
		  "./drivers/f.c:12", false, false },
		{ "#2  f+0x1a", DRGN, "f+0x1a", 0x1a, NULL, NULL, false, false },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(*state, &table[i]);
}

/* What looks like one, and is none. */
static void test_others(void **state)
{
	static const char *const texts[] = {
		"",
		"f",
		"look at f+0x1a/0x2b",
		"0x1f+0x1a/0x2b is a symbol",
		"f+1",
		"f+0xg",
		"+0x1a/0x2b",
		"f drivers/f.c [inline]",
		"f drivers/f.x:12 [inline]",
		"f drivers/f.c:x [inline]",
		"f .c:12 [inline]",
		"#0  f (drivers/f.c:12)",
		"#0x f+0x1/0x2",
		"f drivers/f.c:12",
		"#0: ffff888012345678 (&p->lock){+.+.}-{3:3}, at: f+0x1/0x2",
		"#0  f (argument=1) at drivers/f.c:12",
		"#0  0xffffffff8100 in f () at drivers/f.c:12",
		"RIP: 0010:f+0x1a/0x2b",
		"[<ffffffffffffffff>] 0xffffffffffffffff",
		"hardirqs last enabled at (12): [<ffffffff81234567>] f+0x1a/0x2b",
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(*state, &(struct expected){ .text = texts[i] });
}

/* arm's lines name two functions: the one that was called, and from where. */
static void test_arm(void **state)
{
	static const char *const texts[] = {
		"[<80111110>] (f) from [<80111120>] (g+0x60/0xdc)",
		"[<80111110>] (f+0x1/0x2) from [<80111120>] (g+0x60/0xdc)",
		"f from g+0x60/0xdc",
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dlk_log_frame frame;
		const char *from;
		uint32_t number;

		assert_int_equal(dlk_log_frame_read(&t->keep, texts[i], &frame, &number, &from),
				 PRINTED);
		assert_string_equal(frame.function, "f");
		assert_int_equal(frame.offset, NO_OFFSET);
		assert_int_equal(strncmp(from, "g+0x60/0xdc", 11), 0);
	}
}

static void test_numbers(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_frame frame;
	const char *from;
	uint32_t number;

	dlk_log_frame_read(&t->keep, "#17 [ffffc90000123400] f at ffffffff81aaa010", &frame,
			   &number, &from);
	assert_int_equal(number, 17);
	assert_null(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_printed), LOG_TEST(test_tools),   LOG_TEST(test_others),
		LOG_TEST(test_arm),     LOG_TEST(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
