/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/scan.c */
#include <config.h>

#include "log.h"

#include "log/scan.h"

static void test_text(void **state)
{
	const char *p = "pid: 12", *q = p;

	(void)state;
	assert_false(dlk_scan_text(&p, "pid:12"));
	assert_ptr_equal(p, q);
	assert_true(dlk_scan_text(&p, "pid:"));
	assert_string_equal(p, " 12");
	assert_false(dlk_scan_text(&p, " 12 "));
	assert_true(dlk_scan_to(&q, "d: "));
	assert_string_equal(q, "12");
	assert_false(dlk_scan_to(&q, "3"));
	assert_string_equal(dlk_skip_blanks(" \t x "), "x ");
	assert_string_equal(dlk_skip_word("ab\tc"), "\tc");
}

/* What does not fit is no number, and moves nothing. */
static void test_numbers(void **state)
{
	static const char *const no_ints[] = { "", "x", "-1", "2147483648",
					       "99999999999999999999" };
	const char *p = "2147483647.";
	uint64_t value = 7;
	int32_t number = 7;

	(void)state;
	assert_true(dlk_scan_int(&p, &number));
	assert_int_equal(number, INT32_MAX);
	assert_string_equal(p, ".");
	for (unsigned i = 0; i < sizeof(no_ints) / sizeof(no_ints[0]); i++) {
		p = no_ints[i];
		assert_false(dlk_scan_int(&p, &number));
		assert_ptr_equal(p, no_ints[i]);
	}
	p = "18446744073709551616";
	assert_false(dlk_scan_number(&p, &value));
	p = "9223372036854775807";
	assert_true(dlk_scan_number(&p, &value));
	assert_int_equal(value, INT64_MAX);
}

static void test_hex(void **state)
{
	const char *p = "0xfFf0 ";
	uint64_t value;

	(void)state;
	assert_true(dlk_scan_hex(&p, &value));
	assert_int_equal(value, 0xfff0);
	assert_string_equal(p, " ");
	p = "ffffffffffffffff";
	assert_true(dlk_scan_hex(&p, &value));
	assert_int_equal(value, UINT64_MAX);
	p = "1ffffffffffffffff";
	assert_false(dlk_scan_hex(&p, &value));
	p = "0x";
	assert_true(dlk_scan_hex(&p, &value));
	assert_string_equal(p, "x");
	p = "g";
	assert_false(dlk_scan_hex(&p, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
