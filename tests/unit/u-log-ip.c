/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/ip.c: where a CPU was. */
#include <config.h>

#include "log.h"

#include "log/ip.h"

static void test_kernel(void **state)
{
	static const char *const texts[] = {
		"RIP: 0010:f+0x1a/0x2b",
		"RIP: 0010:[<ffffffff81234567>]  [<ffffffff81234567>] f+0x1a/0x2b",
		"EIP: f+0x1a/0x2b",
		"EIP: 0060:[<c1234567>] EFLAGS: 00010246 CPU: 0 f+0x1a/0x2b",
		"EIP is at f+0x1a/0x2b",
		"pc : f+0x1a/0x2b",
		"PC is at f+0x1a/0x2b",
		"NIP [c000000000012345] f+0x1a/0x2b",
		"epc : f+0x1a/0x2b",
		"epc   : 80101010 f+0x1a/0x2b",
		"Krnl PSW : 0704c00180000000 000000000012bcde (f+0x1a/0x2b)",
		"ERA: 9000000000223a7c f+0x1a/0x2b",
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dlk_log_frame frame;

		if (dlk_log_ip_read(&t->keep, texts[i], &frame) != DLK_LOG_IP_KERNEL)
			fail_msg("%s: not read", texts[i]);
		assert_string_equal(frame.symbol, "f+0x1a");
		assert_int_equal(frame.offset, 0x1a);
	}
}

static void test_others(void **state)
{
	struct log_test *t = *state;
	struct dlk_log_frame frame;

	assert_int_equal(dlk_log_ip_read(&t->keep, "RIP: 0033:0x7f1234567890", &frame),
			 DLK_LOG_IP_OTHER);
	assert_int_equal(dlk_log_ip_read(&t->keep, "RIP: 0010:f mm/f.c:12 [inline]", &frame),
			 DLK_LOG_IP_KERNEL);
	assert_true(frame.is_inlined);
	assert_int_equal(dlk_log_ip_read(&t->keep, "RSP: 0018:ffff8880 EFLAGS: 00000286", &frame),
			 DLK_LOG_NO_IP);
	assert_int_equal(dlk_log_ip_read(&t->keep, "f+0x1a/0x2b", &frame), DLK_LOG_NO_IP);
}

static void test_arch(void **state)
{
	(void)state;
	assert_string_equal(dlk_log_arch_of("RAX: 0000000000000000 RBX: 0"), "x86_64");
	assert_string_equal(dlk_log_arch_of("EAX: 00000000"), "i386");
	assert_string_equal(dlk_log_arch_of("pstate: 60400009"), "aarch64");
	assert_string_equal(dlk_log_arch_of("Krnl PSW : 0704c00180000000"), "s390x");
	assert_string_equal(dlk_log_arch_of("NIP [c0001] f"), "ppc64");
	assert_null(dlk_log_arch_of("Call Trace:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_kernel),
		LOG_TEST(test_others),
		LOG_TEST(test_arch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
