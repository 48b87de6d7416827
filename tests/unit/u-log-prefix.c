/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/prefix.c: what stands before a message. */
#include <config.h>

#include "log.h"

#include "log/prefix.h"

enum { NONE = DLK_LOG_NO_CALLER };

#define NO_TIME DLK_LOG_NO_TIME
#define HOUR (UINT64_C(3600) * 1000000)

struct expected {
	const char *line, *message;
	uint64_t time_us;
	dlk_log_caller_t caller;
	bool has_stamp;
};

static void check(const struct expected *e)
{
	struct dlk_log_prefix prefix;
	char line[256];

	strncpy(line, e->line, sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	assert_string_equal(dlk_log_prefix_take(line, &prefix), e->message);
	assert_int_equal(prefix.time_us, e->time_us);
	assert_int_equal(prefix.caller, e->caller);
	assert_int_equal(prefix.has_stamp, e->has_stamp);
}

static void test_printk(void **state)
{
	static const struct expected table[] = {
		{ "hello", "hello", NO_TIME, NONE, false },
		{ "[   12.000345] hello", "hello", 12000345, NONE, true },
		{ "[12.5]hello", "hello", 12500000, NONE, true },
		{ "[   12.000345][  T567]  hello", "hello", 12000345, 568, true },
		{ "[   12.000345][    C2] hello", "hello", 12000345, -3, true },
		{ "[    T5] [   12.000345] hello", "hello", 12000345, 6, true },
		{ "<4>[   12.000345] hello", "hello", 12000345, NONE, true },
		{ "<191>hello", "hello", NO_TIME, NONE, true },
		{ "<192>hello", "<192>hello", NO_TIME, NONE, false },
		{ "<TASK>", "<TASK>", NO_TIME, NONE, false },
		{ "[   12.000345@3] hello", "hello", 12000345, NONE, true },
		{ "[   12.000345 <    0.000001>] hello", "hello", 12000345, NONE, true },
		{ "kern  :err   : [   12.000345] hello", "hello", 12000345, NONE, true },
		{ "[<ffffffff81234567>] f+0x1/0x2", "[<ffffffff81234567>] f+0x1/0x2", NO_TIME, NONE,
		  false },
		{ "[<0>] f+0x1/0x2", "[<0>] f+0x1/0x2", NO_TIME, NONE, false },
		{ "[ INFO: x ]", "[ INFO: x ]", NO_TIME, NONE, false },
		{ "[   12.000345] ", "", 12000345, NONE, true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&table[i]);
}

/* The innermost time counts: it is the kernel's own. */
static void test_daemons(void **state)
{
	static const struct expected table[] = {
		{ "[Fri Jun  7 15:00:01 2025] hi", "hi", 15 * HOUR + 1000000, NONE, true },
		{ "Jan  2 03:00:00 mill kernel: [ 12.5] hi", "hi", 12500000, NONE, true },
		{ "Jan 12 03:00:00 mill kernel[321]: hi", "hi", 3 * HOUR, NONE, true },
		{ "Jan 12 2026 03:00:00 mill kern.warn kernel: [ 12.5] hi", "hi", 12500000, NONE,
		  true },
		{ "Jan 12 03:00:00 mill user.err kernel: hi", "hi", 3 * HOUR, NONE, true },
		{ "Jan 12 03:00:00 mill cron[1]: hi", "mill cron[1]: hi", 3 * HOUR, NONE, true },
		{ "2026-02-03T07:00:00.365Z hi there", "hi there", 7 * HOUR + 365000, NONE, true },
		{ "2026-02-03 07:00:00,5+01:00 mill kernel: hi", "hi", 7 * HOUR + 500000, NONE,
		  true },
		{ "[2026-02-03 07:00:00.5] hi", "hi", 7 * HOUR + 500000, NONE, true },
		{ "<6>1 2026-02-03T07:00:00Z mill kernel - - - [ 12.5] hi", "hi", 12500000, NONE,
		  true },
		{ "[ 12.5] mill kernel: hi", "hi", 12500000, NONE, true },
		{ "[ 12.5] mill wheel: hi", "mill wheel: hi", 12500000, NONE, true },
		{ "1 hi", "1 hi", NO_TIME, NONE, false },
		{ "3,3903,12500000,-;hi", "hi", 12500000, NONE, true },
		{ "Jan 12 03:00:00 mill 3,3903,12500000,-,caller=T7; hi", "hi", 12500000, 8, true },
		{ "3,3903,12500000,c,caller=C7;hi", "hi", 12500000, -8, true },
		{ "1,2,3 hi", "1,2,3 hi", NO_TIME, NONE, false },
		{ "1,2,3,- hi", "1,2,3,- hi", NO_TIME, NONE, false },
		{ "07:00:00 hi", "hi", 7 * HOUR, NONE, true },
		{ "7:00:00 hi", "7:00:00 hi", NO_TIME, NONE, false },
		{ "2026-02-03 hi", "2026-02-03 hi", NO_TIME, NONE, false },
		{ "May 3", "May 3", NO_TIME, NONE, false },
		{ "May 33 03:00:00 mill kernel: hi", "May 33 03:00:00 mill kernel: hi", NO_TIME,
		  NONE, false },
		{ "kern.err: hi", "hi", NO_TIME, NONE, false },
		{ "kernel: hi", "hi", NO_TIME, NONE, false },
		{ "kernel panic", "kernel panic", NO_TIME, NONE, false },
		{ "web_1  | [ 12.5] hi", "hi", 12500000, NONE, true },
		{ "boot.log:12:[ 12.5] hi", "hi", 12500000, NONE, true },
		{ "06-27 03:00:00.5  12  13 I kernel: hi", "hi", 3 * HOUR + 500000, NONE, true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&table[i]);
}

static void test_vendors(void **state)
{
	static const struct expected table[] = {
		{ "(0)[1234:system server]hi", "hi", NO_TIME, 1235, true },
		{ "<4>[ 12.5]-(3)[0:swapper/3]hi", "hi", 12500000, 1, true },
		{ "[ 12.5]  [5:    kworker/5:3:   88] hi", "hi", 12500000, 89, true },
		{ "(udev-worker)", "(udev-worker)", NO_TIME, NONE, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&table[i]);
}

static void test_mail_and_json(void **state)
{
	static const struct expected table[] = {
		{ "> >> [ 12.5] hi", "hi", 12500000, NONE, true },
		{ ">  hi", "hi", NO_TIME, NONE, false },
		{ "\t   [ 12.5] \thi", "hi", 12500000, NONE, true },
		{ "{\"log\":\"[ 12.5] \\u003cTASK\\u003e \\\"a\\\"\\n\",\"stream\":\"x\"}",
		  "<TASK> \"a\" ", 12500000, NONE, true },
		{ "{ \"PRIORITY\" : \"4\", \"MESSAGE\" : \"hi\", \"x\" : \"y\" }", "hi", NO_TIME,
		  NONE, false },
		{ "{\"log\":\"\\u00", "?00", NO_TIME, NONE, false },
		{ "  \"msg\": \"[ 12.5] hi\"", "hi", 12500000, NONE, true },
		{ "- {\"dt\": \"x\", \"msg\": \"<3>[ 12.5] hi\"}", "hi", 12500000, NONE, true },
		{ "\"echo 0 > x\" disables", "\"echo 0 > x\" disables", NO_TIME, NONE, false },
		{ "{\"log\":12}", "{\"log\":12}", NO_TIME, NONE, false },
		{ "crash> PID: 1", "PID: 1", NO_TIME, NONE, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&table[i]);
}

static void test_delta(void **state)
{
	struct dlk_log_prefix prefix;
	char line[] = "[  +0.001951] hi";

	(void)state;
	assert_string_equal(dlk_log_prefix_take(line, &prefix), "hi");
	assert_true(prefix.is_delta);
	assert_int_equal(prefix.time_us, 1951);
}

static void test_find(void **state)
{
	char two[] = "ffff8801[   12.000345] net: hi", one[] = "[   12.000345] hi";
	char module[] = "f+0x1/0x2 [ext4 12.000345] [12.0003]";

	(void)state;
	assert_string_equal(dlk_log_prefix_find(two), "[   12.000345] net: hi");
	assert_null(dlk_log_prefix_find(one));
	assert_null(dlk_log_prefix_find(module));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printk),  cmocka_unit_test(test_daemons),
		cmocka_unit_test(test_vendors), cmocka_unit_test(test_mail_and_json),
		cmocka_unit_test(test_delta),   cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
