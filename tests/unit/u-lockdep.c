/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/lockdep/usage.c, what.c: what lockdep's signs and names mean.  The rest is in tests/image/. */
#include <config.h>

#include "support.h"

#include "lockdep/lockdep.h"

enum {
	USED_IN_HARDIRQ = 1 << 0,
	USED_IN_HARDIRQ_READ = 1 << 1,
	ENABLED_HARDIRQ = 1 << 2,
	ENABLED_HARDIRQ_READ = 1 << 3,
	USED_IN_SOFTIRQ = 1 << 4,
	USED_IN_SOFTIRQ_READ = 1 << 5,
	ENABLED_SOFTIRQ = 1 << 6,
	ENABLED_SOFTIRQ_READ = 1 << 7,
	USED = 1 << 8,
	USED_READ = 1 << 9
};

static void assert_signs(uint64_t mask, const char *expected)
{
	char signs[DLK_USAGE_CHARS + 1];

	dlk_lockdep_usage_signs(mask, signs);
	assert_string_equal(signs, expected);
}

/* Documentation/locking/lockdep-design.rst */
static void test_signs(void **state)
{
	(void)state;
	assert_signs(0, "....");
	assert_signs(USED | USED_READ, "....");
	assert_signs(USED_IN_HARDIRQ, "-...");
	assert_signs(USED_IN_HARDIRQ_READ, ".-..");
	assert_signs(ENABLED_HARDIRQ, "+...");
	assert_signs(ENABLED_HARDIRQ_READ, ".+..");
	assert_signs(USED_IN_HARDIRQ | ENABLED_HARDIRQ, "?...");
	assert_signs(USED_IN_SOFTIRQ | ENABLED_HARDIRQ, "+.-.");
	assert_signs(ENABLED_SOFTIRQ | ENABLED_SOFTIRQ_READ, "..++");
	assert_signs(USED_IN_SOFTIRQ_READ | ENABLED_SOFTIRQ_READ, "...?");
	assert_signs(UINT64_MAX, "????");
}

static void test_usages(void **state)
{
	struct fake *f = *state;
	struct dlk_lock_class class = { .address = FAKE_DIRECT + 0x1000 };
	dlk_addr_t trace = FAKE_DIRECT + 0x2000;

	fake_types_of_a_kernel(f);
	fake_bits(f, "lock_class", "usage_traces",
		  (struct dlk_member){ .offset = 32, .size = 80, .count = 10 });
	fake_member(f, "lock_trace", "nr_entries", 20, 4);
	fake_bits(f, "lock_trace", "entries", (struct dlk_member){ .offset = 24, .count = 0 });
	fake_symbol(f, "down_write", FAKE_IMAGE + 0x1000, 0x100);
	fake_zeros(f, class.address, 128);
	fake_u64(f, class.address + 32 + 2 * 8, trace);
	fake_zeros(f, trace, 64);
	fake_u32(f, trace + 20, 1);
	fake_u64(f, trace + 24, FAKE_IMAGE + 0x1028);
	fake_kernel(f);
	assert_int_equal(dlk_lockdep_read_usages(&f->k, ENABLED_HARDIRQ | USED, &class), DLK_OK);
	assert_int_equal(class.usage_count, 2);
	assert_string_equal(class.usages[0].text, "taken with hard interrupts enabled");
	assert_int_equal(class.usages[0].at_count, 1);
	assert_string_equal(class.usages[0].at[0], "down_write+0x28");
	assert_string_equal(class.usages[1].text, "taken");
	assert_int_equal(class.usages[1].at_count, 0);
	/* As many entries as a hostile kernel says, but no more than are read. */
	fake_u32(f, trace + 20, UINT32_MAX);
	fake_forget(f);
	class.usage_count = 0;
	assert_int_equal(dlk_lockdep_read_usages(&f->k, ENABLED_HARDIRQ, &class), DLK_OK);
	assert_true(class.usages[0].at_count <= 64);
}

static void test_what(void **state)
{
	(void)state;
	assert_string_equal(dlk_lockdep_what("rcu_read_lock"), "RCU read side");
	assert_string_equal(dlk_lockdep_what("rcu_read_lock_bh"), "RCU-bh read side");
	assert_non_null(strstr(dlk_lockdep_what("sb_writers#6"), "file system"));
	assert_non_null(strstr(dlk_lockdep_what("(wq_completion)events"), "workqueue"));
	assert_non_null(strstr(dlk_lockdep_what("(work_completion)(&w->work)"), "work"));
	assert_non_null(strstr(dlk_lockdep_what("(&x->timer)"), "timer"));
	assert_non_null(strstr(dlk_lockdep_what("kn->active#12"), "kernfs"));
	assert_non_null(strstr(dlk_lockdep_what("fs_reclaim/1"), "reclaim"));
	/* Locks, some with names that begin alike. */
	assert_null(dlk_lockdep_what("fs_reclaim_lock"));
	assert_null(dlk_lockdep_what("rcu_read_lock_mutex"));
	assert_null(dlk_lockdep_what("&(&x->lock)->rlock"));
	assert_null(dlk_lockdep_what("&rq->__lock"));
	assert_null(dlk_lockdep_what(""));
	assert_non_null(strstr(dlk_lockdep_what_at("process_one_work"), "work"));
	assert_null(dlk_lockdep_what_at("process_one"));
	assert_null(dlk_lockdep_what_at(NULL));
}

/* Without PROVE_RAW_LOCK_NESTING two of them have one value. */
static void test_wait_types(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_enumerator(f, "lockdep_wait_type", "LD_WAIT_FREE", 1);
	fake_enumerator(f, "lockdep_wait_type", "LD_WAIT_SPIN", 2);
	fake_enumerator(f, "lockdep_wait_type", "LD_WAIT_CONFIG", 2);
	fake_enumerator(f, "lockdep_wait_type", "LD_WAIT_SLEEP", 3);
	fake_kernel(f);
	assert_string_equal(dlk_lockdep_wait_text(&f->k, 0), "not checked");
	assert_string_equal(dlk_lockdep_wait_text(&f->k, 2), "spins");
	assert_string_equal(dlk_lockdep_wait_text(&f->k, 3), "sleeps");
	assert_string_equal(dlk_lockdep_wait_text(&f->k, 200), "not checked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_signs),
		FAKE_TEST(test_usages),
		FAKE_TEST(test_what),
		FAKE_TEST(test_wait_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
