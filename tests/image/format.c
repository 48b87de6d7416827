/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bad images are refused, with the line and what is wrong; good values are what they say. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake.h"

struct bad {
	const char *text, *error;
};

static void check_bad(void **state)
{
	const struct bad *bad = *state;
	struct dlk_fake_image *image;
	struct dlk_ctx ctx;
	enum dlk_status status;
	char text[sizeof(ctx.err.text)];

	dlk_ctx_init(&ctx);
	status = dlk_fake_image_parse(&ctx, "x.image", bad->text, &image);
	memcpy(text, ctx.err.text, sizeof(text));
	dlk_ctx_deinit(&ctx);
	assert_int_not_equal(status, DLK_OK);
	assert_string_equal(text, bad->error);
}

static uint64_t read_value(const char *text, const char *object)
{
	struct dlk_fake_image *image;
	struct dlk_fake fake;
	struct dlk_ctx ctx;
	uint64_t value = 0;

	dlk_ctx_init(&ctx);
	if (!dlk_fake_image_parse(&ctx, "x.image", text, &image)) {
		dlk_addr_t address = dlk_fake_image_find(image, object) & 0xffffffffffff;

		dlk_fake_open(&fake, image, &ctx);
		if (fake.target.ops->read(&fake.target, address, &value, sizeof(value)))
			value = 0xdead;
	} else {
		print_error("%s\n", ctx.err.text);
	}
	dlk_ctx_deinit(&ctx);
	return value;
}

#define TYPES "type t 16\n\ta 0 4\n\tb 4 4 bits 8 4\n\tw 0 8\n\ts 8 8\n"

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(read_value(TYPES "object x t\n\tw = 0x10 + 3 - 1 | 1 << 8\n", "x"), 0x112);
	assert_int_equal(read_value(TYPES "object x t\n\tb = 0x1f\n\ta = 7\n", "x"),
			 UINT64_C(0xf0000000007));
	assert_int_equal(read_value(TYPES "object x t at 0xffff888000000000\n\tw = x.s\n", "x"),
			 UINT64_C(0xffff888000000008));
	assert_int_equal(read_value(TYPES "object x t\n\tw = 1\nset x = 2   # later wins\n", "x"),
			 2);
	assert_int_equal(read_value(TYPES "object x t\nmissing x\n", "x"), 0xdead);
	assert_int_equal(read_value("enum e\n\tE 5\n" TYPES "object x t\n\tw = 1 << E\n", "x"), 32);
	assert_int_equal(read_value(TYPES "object x t\n\tw = \"ab\"\n", "x"), 0x6261);
}

int main(void)
{
	static const struct bad bad[] = {
		{ "nonsense\n", "x.image:1: no such statement: nonsense" },
		{ "\n\tindented = 1\n",
		  "x.image:2: an indented line belongs to nothing: \tindented = 1" },
		{ "type t\n", "x.image:1: type NAME SIZE, once: type" },
		{ TYPES "type t 8\n", "x.image:6: type NAME SIZE, once: type" },
		{ "type t 8\n\tm 4 8\n", "x.image:2: the member is outside of its type: m" },
		{ "type t 8\n\tm 0 8 bats 1\n", "x.image:2: bits OFFSET SIZE or count N: bats" },
		{ "object x t\n", "x.image:1: no such type: t" },
		{ TYPES "object x t\nobject x t\n",
		  "x.image:7: there are two objects of one name: x" },
		{ TYPES "object x t\n\tm = 1\n", "x.image:7: t has no member m" },
		{ TYPES "object x t\n\ta = y\n", "x.image:7: nothing is called y" },
		{ TYPES "object x t\n\ta = 1 * 2\n", "x.image:7: no operator: '*'" },
		{ TYPES "object x t\n\ta = 12z\n", "x.image:7: 12z is no number" },
		{ TYPES "object x t\n\ta = 1 +\n", "x.image:7: a value is missing before \"\"" },
		{ TYPES "object x t\n\ts = \"too long\"\n",
		  "x.image:7: \"too long\" does not end, or is too long" },
		{ "set 0x1234 = 1\n", "x.image:1: 0x1234 is no kernel address" },
		{ "list x y\n", "x.image:1: the sign is missing: :" },
		{ "task a pid 1\n", "x.image:1: types are missing for a task: a" },
		{ "stack a\n", "x.image:1: no such task: a" },
		{ "include nowhere\n", "x.image:1: nowhere: No such file or directory" },
		{ "expect\n", "x.image:1: expect WHAT ...: expect" },
	};
	enum { COUNT = sizeof(bad) / sizeof(bad[0]) };
	struct CMUnitTest tests[COUNT + 1];

	for (size_t i = 0; i < COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = bad[i].error,
						.test_func = check_bad,
						.initial_state = (void *)(uintptr_t)&bad[i] };
	tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(test_values);
	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
