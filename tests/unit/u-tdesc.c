/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/tdesc.c: descriptions as QEMU and GDB's manual have them. */
#include <config.h>

#include "support.h"

#include "target/tdesc.h"

static const char top[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
	"<architecture>i386:x86-64</architecture><xi:include href=\"core.xml\"/>"
	"<xi:include href=\"more.xml\"/></target>";

static enum dlk_status parse(struct dlk_tdesc *d, const char *text, bool is_included)
{
	return dlk_tdesc_parse(d, text, strlen(text), is_included);
}

static void test_top(void **state)
{
	struct fake *f = *state;
	struct dlk_tdesc d;

	dlk_tdesc_init(&f->ctx, &d);
	assert_int_equal(parse(&d, top, false), DLK_OK);
	assert_string_equal(d.architecture, "i386:x86-64");
	assert_int_equal(d.includes.len, 2);
	assert_string_equal(*DLK_VEC_AT(&d.includes, const char *, 0), "core.xml");
	assert_string_equal(*DLK_VEC_AT(&d.includes, const char *, 1), "more.xml");
	assert_int_equal(d.regs.len, 0);
}

/* a: bytes 0 and 1, wide: 2 to 11, b: 12 to 15, c: 16 to 23 */
static const char regs[] = "<feature name=\"x\">"
			   "<reg name=\"c\" bitsize=\"64\" regnum=\"7\"/>"
			   "<reg name=\"a\" bitsize=\"16\" regnum=\"0\"/>"
			   "<reg name=\"wide\" bitsize=\"80\"/>"
			   "<reg name=\"b\" bitsize=\"32\"/></feature>";
static const char packet[] = "3412"
			     "ffffffffffffffffffff"
			     "78563412"
			     "efcdab8967452301";

static void test_registers(void **state)
{
	struct fake *f = *state;
	struct dlk_tdesc d;
	uint64_t value;

	dlk_tdesc_init(&f->ctx, &d);
	assert_int_equal(parse(&d, regs, true), DLK_OK);
	dlk_tdesc_settle(&d);
	assert_true(dlk_tdesc_get(&d, packet, strlen(packet), "a", &value));
	assert_int_equal(value, 0x1234);
	assert_true(dlk_tdesc_get(&d, packet, strlen(packet), "b", &value));
	assert_int_equal(value, 0x12345678);
	assert_true(dlk_tdesc_get(&d, packet, strlen(packet), "c", &value));
	assert_int_equal(value, 0x0123456789abcdef);
}

static void test_registers_that_are_not_there(void **state)
{
	struct fake *f = *state;
	struct dlk_tdesc d;
	uint64_t value = 5;

	dlk_tdesc_init(&f->ctx, &d);
	assert_int_equal(parse(&d, regs, true), DLK_OK);
	dlk_tdesc_settle(&d);
	assert_false(dlk_tdesc_get(&d, packet, strlen(packet), "wide", &value));
	assert_false(dlk_tdesc_get(&d, packet, strlen(packet), "cr3", &value));
	assert_false(dlk_tdesc_get(&d, packet, strlen(packet) - 1, "c", &value));
	assert_false(dlk_tdesc_get(&d, "", 0, "a", &value));
	assert_false(dlk_tdesc_get(&d, "xxxx", 4, "a", &value));
	assert_int_equal(value, 5);
}

static void test_nonsense(void **state)
{
	static const char *const bad[] = {
		"",
		"E01",
		"<target>",
		"<target></target></target>",
		"<f><reg bitsize=\"64\"/></f>",
		"<f><reg name=\"a\"/></f>",
		"<f><reg name=\"a\" bitsize=\"-1\"/></f>",
		"<f><reg name=\"a\" bitsize=\"99999999999999999999\"/></f>",
		"<f><reg name=\"a\" bitsize=\"64\" regnum=\"4096\"/></f>",
		"<f><reg name=\"a\" bitsize=\"64\" regnum=\"x\"/></f>",
		"<f><xi:include href=\"a.xml\"/></f>", /* of an included one */
		"<!DOCTYPE f [<!ENTITY a \"aaaa\">]><f>&a;</f>",
	};
	struct fake *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dlk_tdesc d;

		dlk_tdesc_init(&f->ctx, &d);
		assert_int_equal(parse(&d, bad[i], true), DLK_ERR_CORRUPT);
	}
}

/* A name that would end the question it is put into. */
static void test_includes_that_break_out(void **state)
{
	struct fake *f = *state;
	struct dlk_tdesc d;

	dlk_tdesc_init(&f->ctx, &d);
	assert_int_equal(parse(&d, "<t><xi:include href=\"a#00$D\"/></t>", false), DLK_ERR_CORRUPT);
	assert_int_equal(parse(&d, "<t><xi:include/></t>", false), DLK_ERR_CORRUPT);
}

static void test_cut(void **state)
{
	struct fake *f = *state;

	for (size_t len = 0; len < sizeof(regs) - 1; len++) {
		struct dlk_tdesc d;

		dlk_tdesc_init(&f->ctx, &d);
		assert_int_equal(dlk_tdesc_parse(&d, regs, len, true), DLK_ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_top),
		FAKE_TEST(test_registers),
		FAKE_TEST(test_registers_that_are_not_there),
		FAKE_TEST(test_nonsense),
		FAKE_TEST(test_includes_that_break_out),
		FAKE_TEST(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
