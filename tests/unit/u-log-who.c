/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/who.c: tasks as messages name them. */
#include <config.h>

#include "log.h"

#include "log/who.h"

static void test_colon(void **state)
{
	static const struct {
		const char *text, *comm, *rest;
		int32_t pid;
	} table[] = {
		{ "cat:12 blocked", "cat", " blocked", 12 },
		{ "kworker/4:1:166 is", "kworker/4:1", " is", 166 },
		{ "Web Content:7.", "Web Content", ".", 7 },
		{ "(sd-pam):7", "(sd-pam)", "", 7 },
		{ "A::B:7 <writer>", "A::B", " <writer>", 7 },
		{ "  cat:12, but", "cat", ", but", 12 },
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dlk_log_who who = dlk_log_nobody();
		const char *p = table[i].text;

		assert_true(dlk_log_who_scan(&t->keep, &p, &who));
		log_assert_who(&who, table[i].comm, table[i].pid);
		assert_string_equal(p, table[i].rest);
	}
}

/* Nobody stays nobody. */
static void test_nobody(void **state)
{
	static const char *const texts[] = {
		"",
		"cat",
		"cat:",
		":12 ",
		"cat:12x",
		"cat:99999999999 ",
		"a name that is much longer than that of a task may be in a kernel:12 "
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dlk_log_who who = dlk_log_nobody();
		const char *p = texts[i];

		assert_false(dlk_log_who_scan(&t->keep, &p, &who));
		assert_ptr_equal(p, texts[i]);
		log_assert_who(&who, NULL, DLK_LOG_NO_NUMBER);
	}
}

static void test_slash(void **state)
{
	static const struct {
		const char *text, *comm, *rest;
		int32_t pid;
	} table[] = {
		{ "cat/12:", "cat", ":", 12 },
		{ "kworker/0:1/9:", "kworker/0:1", ":", 9 },
		{ "swapper/1/0 [HC0[0]", "swapper/1", " [HC0[0]", 0 },
		{ "a b/12.", "a b", ".", 12 },
		{ "cat/12: 3, last", "cat", ": 3, last", 12 },
		{ "cat/12", "cat", "", 12 },
	};
	struct log_test *t = *state;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dlk_log_who who = dlk_log_nobody();
		const char *p = table[i].text;

		assert_true(dlk_log_who_scan_slash(&t->keep, &p, &who));
		log_assert_who(&who, table[i].comm, table[i].pid);
		assert_string_equal(p, table[i].rest);
	}
}

static void test_cpu_line(void **state)
{
	static const struct {
		const char *text, *comm;
		int32_t pid, cpu;
	} table[] = {
		{ "CPU: 1 PID: 22 Comm: cat Not tainted 6.1.0 #1", "cat", 22, 1 },
		{ "CPU: 1 UID: 1000 PID: 22 Comm: a b Tainted: G S 6.1.0 #1", "a b", 22, 1 },
		{ "CPU: 10 PID: 0 Comm: swapper/10 Kdump: loaded Not tainted 6.1.0 #1",
		  "swapper/10", 0, 10 },
		{ "Pid: 22, comm: cat Not tainted 3.4.0 #1", "cat", 22, DLK_LOG_NO_NUMBER },
	};
	struct log_test *t = *state;
	struct dlk_log_who who;
	int32_t cpu;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(dlk_log_who_read_cpu_line(&t->keep, table[i].text, &who, &cpu));
		log_assert_who(&who, table[i].comm, table[i].pid);
		assert_int_equal(cpu, table[i].cpu);
	}
	assert_false(dlk_log_who_read_cpu_line(&t->keep, "CPU: 1 is up", &who, &cpu));
	assert_false(dlk_log_who_read_cpu_line(&t->keep, "CPU: 1 PID: 22 Name: x", &who, &cpu));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_colon),
		LOG_TEST(test_nobody),
		LOG_TEST(test_slash),
		LOG_TEST(test_cpu_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
