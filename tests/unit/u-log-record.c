/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/record.c: messages out of lines. */
#include <config.h>

#include "log.h"

#include <stdio.h>
#include <unistd.h>

#include "log/record.h"

/* All messages: "LINE:TEXT|", with the last line if it is another. */
static void assert_records(struct log_test *t, const char *log, const char *expected)
{
	struct dlk_log_records records;
	struct dlk_log_record record;
	char all[2048] = "";
	int fd = log_file(log, strlen(log));

	assert_int_equal(dlk_log_records_open(&t->ctx, fd, &records), DLK_OK);
	for (;;) {
		size_t len = strlen(all);

		assert_int_equal(dlk_log_records_read(&records, &record), DLK_OK);
		if (!record.text)
			break;
		assert_int_equal(strlen(record.text), record.length);
		if (record.last_line != record.line)
			snprintf(all + len, sizeof(all) - len, "%u-%u:%s|", record.line,
				 record.last_line, record.text);
		else
			snprintf(all + len, sizeof(all) - len, "%u:%s|", record.line, record.text);
	}
	assert_string_equal(all, expected);
	dlk_log_records_close(&records);
	close(fd);
}

static void test_plain(void **state)
{
	assert_records(*state, "[ 1.5] a\n\n[ 1.6]  b \n", "1:a|2:|3:b|");
	assert_records(*state, "", "");
}

/* Written down twice: also with different things before it. */
static void test_doubled(void **state)
{
	assert_records(*state, "[ 1.5] a\n<3>[ 1.5] a\n[ 1.6] b\n[ 1.6] b\n", "1:a|3:b|");
	assert_records(*state, "a\na\nb\nb\nc\n", "1:a|3:b|5:c|");
}

/* Recursion has equal frames, too; they are one only where all else is doubled, or where they have one time. */
static void test_recursion(void **state)
{
	assert_records(*state, "f+0x1/0x2\nf+0x1/0x2\ng+0x1/0x2\n",
		       "1:f+0x1/0x2|2:f+0x1/0x2|3:g+0x1/0x2|");
	assert_records(*state, "[ 1.1] f+0x1/0x2\n[ 1.2] f+0x1/0x2\n", "1:f+0x1/0x2|2:f+0x1/0x2|");
	assert_records(*state, "a\na\nf+0x1/0x2\nf+0x1/0x2\n", "1:a|3:f+0x1/0x2|");
}

static void test_two_in_a_line(void **state)
{
	assert_records(*state, "[    1.500000] one[    1.500001] two<4>[    1.500002] three\n",
		       "1:one|1:two|1:three|");
}

static void test_joined(void **state)
{
	assert_records(
		*state,
		"> INFO: task a:1 <reader> blocked on an rw-semaphore\n"
		">    likely owned by task\n> b:2 <writer>\n> next\n",
		"1-3:INFO: task a:1 <reader> blocked on an rw-semaphore likely owned by task b:2 "
		"<writer>|4:next|");
	assert_records(*state,
		       "[ 1.5] task:a state:D stack:0 pid:1\n  ppid:2 flags:0x0\n[ 1.6] x\n",
		       "1-2:task:a state:D stack:0 pid:1 ppid:2 flags:0x0|3:x|");
}

/* What does not go on with it lets it go as it is, in its order; so does the end. */
static void test_not_joined(void **state)
{
	assert_records(*state, "INFO: task a:1 blocked for more than\nCall Trace:\n",
		       "1:INFO: task a:1 blocked for more than|2:Call Trace:|");
	assert_records(*state, "[ 1.5] f+0x1/0x2 [mod\n[ 1.6] g+0x1/0x2\n",
		       "1:f+0x1/0x2 [mod|2:g+0x1/0x2|");
	assert_records(*state, "f+0x1/0x2 [mod\n", "1:f+0x1/0x2 [mod|");
}

/* Two CPUs print at once: each goes on with its own. */
static void test_callers(void **state)
{
	assert_records(*state,
		       "[ 1.1][ C1] c0d1e2f3 (&p->lock\n[ 1.2][ T5] other\n"
		       "[ 1.3][ C1] ){-.-.}, at: f+0x1/0x2\n",
		       "2:other|1-3:c0d1e2f3 (&p->lock){-.-.}, at: f+0x1/0x2|");
}

/* More of them than can be held back: the oldest goes. */
static void test_many_callers(void **state)
{
	assert_records(*state,
		       "[ 1.1][ C1] c0d1e2f3 (a\n[ 1.1][ C2] c0d1e2f3 (b\n[ 1.1][ C3] c0d1e2f3 (c\n"
		       "[ 1.1][ C4] c0d1e2f3 (d\n[ 1.1][ C5] c0d1e2f3 (e\n[ 1.2][ C2] )\n",
		       "1:c0d1e2f3 (a|2-6:c0d1e2f3 (b)|3:c0d1e2f3 (c|4:c0d1e2f3 (d|5:c0d1e2f3 (e|");
}

static void test_deltas(void **state)
{
	static const char log[] = "[  +0.000003] a\n[  +1.000000] b\n";
	struct log_test *t = *state;
	struct dlk_log_records records;
	struct dlk_log_record record;
	int fd = log_file(log, strlen(log));

	assert_int_equal(dlk_log_records_open(&t->ctx, fd, &records), DLK_OK);
	assert_int_equal(dlk_log_records_read(&records, &record), DLK_OK);
	assert_int_equal(record.time_us, 3);
	assert_int_equal(dlk_log_records_read(&records, &record), DLK_OK);
	assert_int_equal(record.time_us, 1000003);
	dlk_log_records_close(&records);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_plain),     LOG_TEST(test_doubled),
		LOG_TEST(test_recursion), LOG_TEST(test_two_in_a_line),
		LOG_TEST(test_joined),    LOG_TEST(test_not_joined),
		LOG_TEST(test_callers),   LOG_TEST(test_many_callers),
		LOG_TEST(test_deltas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
