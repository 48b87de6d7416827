/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/vmcoreinfo.c: lines KEY=VALUE. */
#include <config.h>

#include "support.h"

#include "target/vmcoreinfo.h"

static const char text[] = "OSRELEASE=6.12.117\n"
			   "BUILD-ID=0011aaff\n"
			   "PAGESIZE=4096\n"
			   "SYMBOL(init_top_pgt)=ffffffff82a0e000\n"
			   "SYMBOL(init)=1\n"
			   "NUMBER(phys_base)=-16777216\n"
			   "NUMBER(sme_mask)=0x10\n"
			   "EMPTY=\n"
			   "NOVALUE\n"
			   "EQUALS=a=b\n"
			   "KERNELOFFSET=3a000000\n"
			   "LAST=tail";

static void assert_value(const char *in, const char *key, const char *value)
{
	size_t len = 999;
	const char *found = dlk_vmcoreinfo_find(in, key, &len);

	assert_non_null(found);
	assert_int_equal(len, strlen(value));
	assert_memory_equal(found, value, len);
}

static void assert_absent(const char *in, const char *key)
{
	size_t len;

	assert_null(dlk_vmcoreinfo_find(in, key, &len));
}

static void test_vmcoreinfo__find(void **state)
{
	(void)state;
	assert_value(text, "OSRELEASE", "6.12.117");
	assert_value(text, "PAGESIZE", "4096");
	assert_value(text, "EQUALS", "a=b");
	assert_value(text, "EMPTY", "");
	assert_value(text, "LAST", "tail"); /* no newline behind it */
	assert_value("A=1\n\nB=2\n", "B", "2");
}

static void test_vmcoreinfo__prefixes_are_other_keys(void **state)
{
	(void)state;
	assert_value(text, "SYMBOL(init)", "1");
	assert_absent(text, "SYMBOL(init_top");
	assert_absent(text, "SYMBOL");
	assert_absent(text, "OSRELEAS");
	assert_absent(text, "OSRELEASES");
	assert_absent(text, "RELEASE"); /* a suffix */
	assert_value("KEYS=1\nKEY=2\n", "KEY", "2");
}

static void test_vmcoreinfo__absent(void **state)
{
	(void)state;
	assert_absent(NULL, "OSRELEASE");
	assert_absent("", "OSRELEASE");
	assert_absent("\n\n", "OSRELEASE");
	assert_absent("=x\n", "OSRELEASE");
	assert_absent(text, "NOVALUE");
	assert_absent("OSRELEASE", "OSRELEASE"); /* the text ends within the line */
}

static void test_vmcoreinfo__first_counts(void **state)
{
	(void)state;
	assert_value("A=1\nA=2\n", "A", "1");
}

static void test_vmcoreinfo__hex(void **state)
{
	uint64_t value = 5;

	(void)state;
	assert_true(dlk_vmcoreinfo_hex(text, "SYMBOL(init_top_pgt)", &value));
	assert_int_equal(value, 0xffffffff82a0e000);
	assert_true(dlk_vmcoreinfo_hex(text, "KERNELOFFSET", &value));
	assert_int_equal(value, 0x3a000000);
	assert_true(dlk_vmcoreinfo_hex("A=ffffffffffffffff\n", "A", &value));
	assert_int_equal(value, UINT64_MAX);
}

static void test_vmcoreinfo__no_hex(void **state)
{
	static const char *const bad[] = {
		"A=\n",  "A=xyz\n", "A=12 \n", "A=12g\n", "A= \n",
		"A=-\n", "A=-1\n",  "A= 1\n",  "A=+1\n",  "A=10000000000000000\n"
	};
	uint64_t value = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(dlk_vmcoreinfo_hex(bad[i], "A", &value));
	assert_false(dlk_vmcoreinfo_hex(text, "ABSENT", &value));
	assert_false(dlk_vmcoreinfo_hex(NULL, "A", &value));
	assert_int_equal(value, 5);
}

static void test_vmcoreinfo__number(void **state)
{
	int64_t value = 5;

	(void)state;
	assert_true(dlk_vmcoreinfo_number(text, "PAGESIZE", &value));
	assert_int_equal(value, 4096);
	assert_true(dlk_vmcoreinfo_number(text, "NUMBER(phys_base)", &value));
	assert_int_equal(value, -16777216);
	assert_true(dlk_vmcoreinfo_number(text, "NUMBER(sme_mask)", &value));
	assert_int_equal(value, 16);
	assert_true(dlk_vmcoreinfo_number("A=0", "A", &value));
	assert_int_equal(value, 0);
	assert_true(dlk_vmcoreinfo_number("A=-9223372036854775808", "A", &value));
	assert_int_equal(value, INT64_MIN);
}

static void test_vmcoreinfo__no_number(void **state)
{
	static const char *const bad[] = { "A=\n",    "A=-\n",  "A=0x\n",
					   "A=1.5\n", "A=ff\n", "A=9223372036854775808\n" };
	int64_t value = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(dlk_vmcoreinfo_number(bad[i], "A", &value));
	assert_false(dlk_vmcoreinfo_number(NULL, "A", &value));
	assert_int_equal(value, 5);
}

/* Values longer than any number must not be cut to one. */
static void test_vmcoreinfo__too_long(void **state)
{
	char long_text[100] = "A=";
	uint64_t value;
	int64_t number;

	(void)state;
	memset(long_text + 2, '0', 90);
	long_text[92] = '\n';
	assert_false(dlk_vmcoreinfo_hex(long_text, "A", &value));
	assert_false(dlk_vmcoreinfo_number(long_text, "A", &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmcoreinfo__find),
		cmocka_unit_test(test_vmcoreinfo__prefixes_are_other_keys),
		cmocka_unit_test(test_vmcoreinfo__absent),
		cmocka_unit_test(test_vmcoreinfo__first_counts),
		cmocka_unit_test(test_vmcoreinfo__hex),
		cmocka_unit_test(test_vmcoreinfo__no_hex),
		cmocka_unit_test(test_vmcoreinfo__number),
		cmocka_unit_test(test_vmcoreinfo__no_number),
		cmocka_unit_test(test_vmcoreinfo__too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
