/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/guest.c and gdbstub.c: a guest that runs for a moment between two looks.  Whatever happens then, it is
 * left as it was found.
 */
#include <config.h>

#include "look.h"

#include <unistd.h>

#include "support.h"

/* Open it, let it run, read something; what came of the first two. */
struct again {
	enum dlk_status opened, ran;
	unsigned cpus;
	bool reads;
};

static struct again look_again(const struct stub *stub, unsigned timeout)
{
	const struct dlk_guest how = { .stub = stub->address, .timeout = timeout };
	struct again ret = { .ran = DLK_ERR_LOST };
	struct dlk_target *t;
	struct dlk_ctx ctx;
	uint64_t word;

	dlk_ctx_init(&ctx);
	ctx.cancel = &stub->log->cancel;
	ret.opened = dlk_target_open_guest(&ctx, &how, &t);
	if (!ret.opened) {
		ret.ran = t->ops->let_run(t, 20);
		ret.cpus = t->cpu_count;
		ret.reads = !t->ops->read(t, 0, &word, sizeof(word));
		t->ops->close(t);
	}
	dlk_ctx_deinit(&ctx);
	return ret;
}

static struct again look_again_at(const struct stub_plan *plan, unsigned timeout,
				  struct stub_log *log)
{
	struct stub stub;
	struct again ret;

	stub_start(&stub, plan);
	stub.log->client = getpid();
	ret = look_again(&stub, timeout);
	stub_stop(&stub);
	*log = *stub.log;
	stub_free(&stub);
	assert_false(log->was_written);
	assert_false(log->is_dead);
	return ret;
}

static void test_runs_in_between(void **state)
{
	for (int version = 0; version < 3; version++) {
		const struct stub_plan plan = { .has_no_ack = version > 0, .is_8_1 = version > 1 };
		struct stub_log log;
		struct again a = look_again_at(&plan, LONG_MS, &log);

		(void)state;
		assert_int_equal(a.opened, DLK_OK);
		assert_int_equal(a.ran, DLK_OK);
		assert_int_equal(a.cpus, 2);
		assert_true(a.reads);
		assert_int_equal(log.continued, 1);
		assert_int_equal(log.goodbyes, 1);
		assert_int_equal(log.connections, 1);
		assert_true(log.runs);
		assert_false(log.phys_mode);
	}
}

/* It stood for somebody else's sake. */
static void test_does_not_run_in_between(void **state)
{
	const struct stub_plan plan = { .is_stopped = true };
	struct stub_log log;
	struct again a = look_again_at(&plan, LONG_MS, &log);

	(void)state;
	assert_int_equal(a.ran, DLK_ERR_UNSUPPORTED);
	assert_true(a.reads);
	assert_int_equal(log.continued, 0);
	assert_false(log.runs);
}

static unsigned count_before_the_run(void)
{
	const struct stub_plan plan = { .is_stopped = true };
	struct stub_log log;

	(void)look_again_at(&plan, LONG_MS, &log);
	/* That of the read, and of the mode that is put back. */
	return log.questions - 2;
}

/* Wherever it goes wrong, the guest runs at last; and if it does, nothing more is read. */
static void test_faults_in_between(void **state)
{
	static const enum stub_fault faults[] = { STUB_CLOSES,  STUB_CUT,    STUB_SILENT,
						  STUB_ERROR,   STUB_EMPTY,  STUB_GARBAGE,
						  STUB_CHATTER, STUB_CANCELS };
	unsigned first = count_before_the_run() + 1;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (unsigned place = first; place < first + 8; place++) {
			const struct stub_plan plan = { .fault = faults[i], .fault_at = place };
			struct stub_log log;
			struct again a = look_again_at(&plan, SHORT_MS, &log);

			assert_int_equal(a.opened, DLK_OK);
			assert_true(!a.ran || !a.reads);
			if (!log.runs)
				fail_msg("fault %d at %u: the guest does not run", (int)faults[i],
					 place);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_in_between),
		cmocka_unit_test(test_does_not_run_in_between),
		cmocka_unit_test(test_faults_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
