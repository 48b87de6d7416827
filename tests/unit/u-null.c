/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/null.c: the target without memory. */
#include <config.h>

#include "support.h"

static void test_null__answers(void **state)
{
	struct fake *f = *state;
	struct dlk_target *t = NULL;
	struct dlk_regs regs = { .pc = 5 };
	char byte;

	assert_int_equal(dlk_target_open_null(&f->ctx, &t), DLK_OK);
	assert_string_equal(t->ops->name, "null");
	assert_ptr_equal(t->ctx, &f->ctx);
	assert_string_equal(t->arch->name, "x86_64");
	assert_null(t->vmcoreinfo);
	assert_int_equal(t->cpu_count, 0);
	assert_int_equal(t->ops->read(t, 0, &byte, 1), DLK_ERR_FAULT);
	assert_int_equal(t->ops->regs(t, 0, &regs), DLK_ERR_NOTFOUND);
	assert_int_equal(regs.pc, 5);
	t->ops->close(t);
}

static void test_null__under_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_target *t = NULL;
	struct dlk_memory m;
	uint64_t value = 5;

	assert_int_equal(dlk_target_open_null(&f->ctx, &t), DLK_OK);
	assert_int_equal(dlk_memory_init(&m, t), DLK_OK);
	assert_int_equal(dlk_memory_read_phys(&m, 0x1000, &value, 8), DLK_ERR_FAULT);
	assert_int_equal(dlk_memory_read_u64(&m, FAKE_DIRECT, &value), DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, FAKE_DIRECT);
	assert_int_equal(value, 5);
	t->ops->close(t);
}

static void test_null__no_memory(void **state)
{
	struct fake *f = *state;
	struct dlk_target *t = NULL;

	f->ctx.budget = 0;
	for (int i = 0; i < 10000 && dlk_alloc(&f->ctx, 64); i++)
		;
	assert_int_equal(dlk_target_open_null(&f->ctx, &t), DLK_ERR_NOMEM);
	assert_null(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_null__answers),
		FAKE_TEST(test_null__under_memory),
		FAKE_TEST(test_null__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
