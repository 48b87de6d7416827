/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/read.c, draft.c: whole logs; who prints, limits, and what goes wrong. */
#include <config.h>

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_empty(void **state)
{
	const struct dlk_log *log = log_read(*state, "");

	assert_int_equal(log->block_count, 0);
	assert_int_equal(log->line_count, 0);
	assert_null(log->blocks);
	assert_null(log->release);
	assert_null(log->arch);
	log = log_read(*state, "nothing\nof interest\n");
	assert_int_equal(log->block_count, 0);
	assert_int_equal(log->line_count, 2);
}

/* Callers' lines between each other are put apart; what has no caller's name goes on with the last one. */
static void test_callers(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t,
		"[ 1.1][ T1] task:a state:D stack:0 pid:1 ppid:2 flags:0x0\n[ 1.1][ T2] task:b state:D stack:0 pid:2 ppid:2 flags:0x0\n"
		"[ 1.2][ T1] Call Trace:\n[ 1.2][ T2] Call Trace:\n[ 1.3][ T1]  f+0x1/0x2\n[ 1.3][ T2]  g+0x1/0x2\n h+0x1/0x2\n"
		"[ 1.4][ T1]  i+0x1/0x2\n");

	assert_int_equal(log->block_count, 2);
	log_assert_stack(&log->blocks[0].task.stack, "f+0x1 i+0x1");
	log_assert_stack(&log->blocks[1].task.stack, "g+0x1 h+0x1");
}

/* Of more callers than there are streams, who has been silent for the longest time is cut. */
static void test_many_callers(void **state)
{
	struct log_test *t = *state;
	char text[16384] = "";
	const struct dlk_log *log;

	assert_int_equal(DLK_LOG_STREAMS, 16);
	for (unsigned i = 1; i <= DLK_LOG_STREAMS + 1; i++) {
		char line[128];

		snprintf(line, sizeof(line),
			 "[ 1.%u][ T%u] task:a state:D stack:0 pid:%u ppid:2 flags:0x0\n", i, i, i);
		strcat(text, line);
	}
	strcat(text, "[ 2.1][ T17]  f+0x1/0x2\n[ 2.1][ T3]  f+0x1/0x2\n[ 2.1][ T1]  f+0x1/0x2\n");
	log = log_read(t, text);
	assert_int_equal(log->block_count, DLK_LOG_STREAMS + 1);
	assert_int_equal(log->blocks[0].task.stack.count, 0);
	assert_int_equal(log->blocks[2].task.stack.count, 1);
	assert_int_equal(log->blocks[16].task.stack.count, 1);
}

static void test_strange(void **state)
{
	struct log_test *t = *state;
	char text[8192] =
		"INFO: the disk is full\nhung up\nBUG: soft lockup in a form that is not known\n[ 1.5] INFO: task x is blocked\n";
	const struct dlk_log *log = log_read(t, text);

	assert_int_equal(log->strange_count, 2);
	assert_int_equal(log->strange[0].line, 3);
	assert_string_equal(log->strange[0].text, "BUG: soft lockup in a form that is not known");
	assert_int_equal(log->strange[1].line, 4);
	for (unsigned i = 0; i < 100; i++)
		strcat(text, i % 2 ? "INFO: stall, odd\n" : "INFO: stall, even\n");
	assert_int_equal(log_read(t, text)->strange_count, 32);
}

static void test_release_and_arch(void **state)
{
	const struct dlk_log *log = log_read(
		*state,
		"       Not tainted (unknown) #x\n       Tainted: G S 6.1.0-x #12\nRAX: 0\npstate: 1\n"
		"CPU: 1 PID: 2 Comm: a Not tainted 6.2.0 #1\n");

	assert_string_equal(log->release, "6.1.0-x");
	assert_string_equal(log->arch, "x86_64");
}

/* A log of nothing but blocks, with halves of so many bytes. */
static const struct dlk_log *read_many(struct log_test *t, unsigned count, size_t half_bytes)
{
	char *text = malloc((size_t)count * 128 + 1);
	size_t len = 0;
	int fd;

	assert_non_null(text);
	for (unsigned i = 0; i < count; i++)
		len += (size_t)sprintf(
			text + len,
			"task:a%u state:D stack:0 pid:%u ppid:2 flags:0x0\nCall Trace:\n f%u+0x1/0x2\n g+0x1/0x2\n",
			i, i, i);
	fd = log_file(text, len);
	assert_int_equal(dlk_log_read_within(&t->ctx, fd, half_bytes, &t->log), DLK_OK);
	close(fd);
	free(text);
	return &t->log;
}

/* The newest are kept, each as a whole, and the others counted. */
static void test_dropped(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = read_many(t, 5000, 512 * 1024);

	assert_in_range(log->block_count, 100, 4000);
	assert_int_equal(log->block_count + log->dropped, 5000);
	for (uint32_t i = 0; i < log->block_count; i++) {
		const struct dlk_log_task *task = &log->blocks[i].task;
		char stack[64];

		assert_int_equal(task->who.pid, log->dropped + i);
		snprintf(stack, sizeof(stack), "f%u+0x1 g+0x1", log->dropped + i);
		log_assert_stack(&task->stack, stack);
	}
}

/* What is not over the limit is all kept; memory follows the limit, not the log. */
static void test_memory(void **state)
{
	struct log_test *t = *state;
	size_t used;

	assert_int_equal(read_many(t, 500, DLK_LOG_HALF_BYTES)->dropped, 0);
	assert_int_equal(t->log.block_count, 500);
	dlk_ctx_deinit(&t->ctx);
	read_many(t, 5000, 512 * 1024);
	used = t->ctx.used;
	dlk_ctx_deinit(&t->ctx);
	read_many(t, 50000, 512 * 1024);
	assert_in_range(t->ctx.used, used / 2, used * 2);
	assert_in_range(t->ctx.used, 1, 4 << 20);
}

/* Memory that ends at any moment is an error, and leaves nothing behind. */
static void test_no_memory(void **state)
{
	struct log_test *t = *state;
	static const char text[] =
		"1 lock held by a/1:\n #0: (l){+.+.}, at: f+0x1/0x2\nINFO: stall x\n";
	struct dlk_log log = { .block_count = 7 };
	enum dlk_status status = DLK_ERR_NOMEM;

	for (size_t budget = 0; status; budget += 8192) {
		int fd = log_file(text, strlen(text));

		assert_in_range(budget, 0, 16 << 20);
		t->ctx.budget = budget;
		status = dlk_log_read(&t->ctx, fd, &log);
		assert_true(status == DLK_OK || status == DLK_ERR_NOMEM);
		assert_int_equal(log.block_count, status ? 7 : 1);
		dlk_ctx_deinit(&t->ctx);
		close(fd);
	}
}

static void test_errors(void **state)
{
	struct log_test *t = *state;
	volatile int cancel = DLK_CANCEL_ASKED;
	struct dlk_log log = { .block_count = 7 };
	int fd = log_file("a\n", 2);

	assert_int_equal(dlk_log_read(&t->ctx, -1, &log), DLK_ERR_SYSTEM);
	t->ctx.cancel = &cancel;
	assert_int_equal(dlk_log_read(&t->ctx, fd, &log), DLK_ERR_CANCELED);
	assert_int_equal(log.block_count, 7);
	close(fd);
}

/* A pipe will do, in pieces of any size. */
static void test_pipe(void **state)
{
	static const char text[] = "INFO: task a:1 blocked for more than 120 seconds.\n";
	struct log_test *t = *state;
	int fds[2];

	for (size_t at = 0; at <= strlen(text); at++) {
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], text, at), at);
		assert_int_equal(write(fds[1], text + at, strlen(text) - at), strlen(text) - at);
		close(fds[1]);
		assert_int_equal(dlk_log_read(&t->ctx, fds[0], &t->log), DLK_OK);
		assert_int_equal(t->log.block_count, 1);
		close(fds[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_empty),
		LOG_TEST(test_callers),
		LOG_TEST(test_many_callers),
		LOG_TEST(test_strange),
		LOG_TEST(test_release_and_arch),
		LOG_TEST(test_dropped),
		LOG_TEST(test_memory),
		LOG_TEST(test_no_memory),
		LOG_TEST(test_errors),
		LOG_TEST(test_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
