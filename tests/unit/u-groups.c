/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/groups.c: items dealt out to groups. */
#include <config.h>

#include "support.h"

#include "base/groups.h"

static void assert_group(const struct dlk_groups *groups, uint32_t group, uint32_t count,
			 const uint32_t *items)
{
	struct dlk_span span = dlk_groups_get(groups, group);

	assert_int_equal(span.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(span.items[i], items[i]);
}

/* Each group has its items in the order in which they came. */
static void test_groups__order(void **state)
{
	static const uint32_t group_of[] = { 3, 0, 3, 1, 3 }, order[] = { 4, 3, 0, 1, 2 };
	struct dlk_groups groups;
	struct dlk_ctx ctx;

	(void)state;
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_groups_deal(&ctx, &(struct dlk_span){ order, 5 }, group_of, 5,
					 &groups),
			 DLK_OK);
	assert_group(&groups, 0, 1, (const uint32_t[]){ 1 });
	assert_group(&groups, 1, 1, (const uint32_t[]){ 3 });
	assert_group(&groups, 2, 0, NULL);
	assert_group(&groups, 3, 3, (const uint32_t[]){ 4, 0, 2 });
	assert_group(&groups, 4, 0, NULL);
	assert_int_equal(dlk_groups_deal(&ctx, &(struct dlk_span){ NULL, 5 }, group_of, 5, &groups),
			 DLK_OK);
	assert_group(&groups, 3, 3, (const uint32_t[]){ 0, 2, 4 });
	dlk_ctx_deinit(&ctx);
}

static void test_groups__none(void **state)
{
	static const uint32_t group_of[] = { 0 };
	struct dlk_groups groups;
	struct dlk_ctx ctx;

	(void)state;
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_groups_deal(&ctx, &(struct dlk_span){ NULL, 0 }, group_of, 2, &groups),
			 DLK_OK);
	assert_group(&groups, 0, 0, NULL);
	assert_group(&groups, 1, 0, NULL);
	assert_int_equal(dlk_groups_deal(&ctx, &(struct dlk_span){ NULL, 0 }, group_of, 0, &groups),
			 DLK_OK);
	dlk_ctx_deinit(&ctx);
}

static void test_groups__no_memory(void **state)
{
	static const uint32_t group_of[] = { 0 };
	struct dlk_groups groups = { NULL, NULL };
	struct dlk_ctx ctx;

	(void)state;
	dlk_ctx_init(&ctx);
	ctx.budget = 0;
	assert_int_equal(dlk_groups_deal(&ctx, &(struct dlk_span){ NULL, 1 }, group_of, 1, &groups),
			 DLK_ERR_NOMEM);
	assert_null(groups.start);
	dlk_ctx_deinit(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups__order),
		cmocka_unit_test(test_groups__none),
		cmocka_unit_test(test_groups__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
