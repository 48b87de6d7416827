/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/log/work.c: pools and their works. */
#include <config.h>

#include "log.h"

#include <stdio.h>

#define PWQ                                                                                        \
	"workqueue mails: flags=0x0\n  pwq 4: cpus=2 node=0 flags=0x0 nice=0 active=7/512 refcnt=8\n"

/* "s:function(worker,barrier)" for each work */
static void assert_works(struct log_test *t, const char *text, const char *expected)
{
	static const char states[] = "fpi";
	const struct dlk_log_pool *pool = &log_block(log_read(t, text), DLK_LOG_POOL, 0)->pool;
	char all[1024] = "";

	for (uint32_t i = 0; i < pool->work_count; i++) {
		const struct dlk_log_work *work = &pool->works[i];

		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%c:%s(%d,%d)",
			 i ? " " : "", states[work->state], work->function, work->worker,
			 work->barrier);
	}
	assert_string_equal(all, expected);
}

static void test_pools(void **state)
{
	struct log_test *t = *state;
	const struct dlk_log *log = log_read(
		t, "BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 41s!\n"
		   "Showing busy workqueues and worker pools:\n" PWQ
		   "pool 5: cpus=2-3 node=0 flags=0x4 nice=0 hung=7s workers=2 idle: 375\n");
	const struct dlk_log_pool *pool;

	assert_int_equal(log->block_count, 3);
	pool = &log->blocks[0].pool;
	assert_int_equal(pool->pool, DLK_LOG_NO_NUMBER);
	assert_int_equal(pool->cpu, 2);
	assert_int_equal(pool->stuck_s, 41);
	assert_null(pool->workqueue);
	pool = &log->blocks[1].pool;
	assert_int_equal(pool->pool, 4);
	assert_int_equal(pool->cpu, 2);
	assert_string_equal(pool->workqueue, "mails");
	pool = &log->blocks[2].pool;
	assert_int_equal(pool->pool, 5);
	assert_int_equal(pool->cpu, DLK_LOG_NO_NUMBER);
	assert_int_equal(pool->stuck_s, 7);
	assert_null(pool->workqueue);
}

static void test_lists(void **state)
{
	assert_works(*state, PWQ "    in-flight: 376:sort, 34(RESCUER):carry\n",
		     "f:sort(376,-1) f:carry(34,-1)");
	assert_works(*state, PWQ "    pending: a, 2*b, c\n    inactive: d\n",
		     "p:a(-1,-1) p:b(-1,-1) p:c(-1,-1) i:d(-1,-1)");
	assert_works(*state, PWQ "    in-flight: 376:sort for 30s ,377:sort\n",
		     "f:sort(376,-1) f:sort(377,-1)");
	assert_works(*state, PWQ "noise\n    pending: a\n", "p:a(-1,-1)");
	assert_works(*state, PWQ "    pending: a,\n       b\n", "p:a(-1,-1) p:b(-1,-1)");
}

/* Who flushes is said behind the work; of several each is an entry. */
static void test_barriers(void **state)
{
	assert_works(*state, PWQ "    pending: a BAR(60), b\n", "p:a(-1,60) p:b(-1,-1)");
	assert_works(*state, PWQ "    in-flight: 376:sort BAR(12) BAR(13)\n",
		     "f:sort(376,12) f:sort(376,13)");
	assert_works(*state, PWQ "    pending: BAR(60), a\n", "p:a(-1,-1)");
}

static void test_many(void **state)
{
	struct log_test *t = *state;
	char text[4096] = PWQ "    pending: a";

	for (unsigned i = 0; i < 700; i++)
		strcat(text, ", a");
	strcat(text, "\n");
	strcat(text, "    pending: b, b\n");
	assert_int_equal(log_block(log_read(t, text), DLK_LOG_POOL, 0)->pool.work_count, 703);
}

static void test_others(void **state)
{
	assert_int_equal(
		log_read(
			*state,
			"pool is open\npool 4:\npwq x: y\nworkqueue mails is here\nin-flight: 1:a\n")
			->block_count,
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_pools), LOG_TEST(test_lists),  LOG_TEST(test_barriers),
		LOG_TEST(test_many),  LOG_TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
