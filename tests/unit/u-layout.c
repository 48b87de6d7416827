/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/layout.c: the tables of members and sizes. */
#include <config.h>

#include "support.h"

static void test_layout__resolves(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_true(dlk_layout_has(&l, DLK_M_task_pid));
	assert_int_equal(dlk_layout_offset(&l, DLK_M_task_pid), 0x50);
	assert_int_equal(l.members[DLK_M_task_pid].size, 4);
	assert_int_equal(dlk_layout_offset(&l, DLK_M_task_thread_sp), 0x88);
	assert_int_equal(dlk_layout_offset(&l, DLK_M_signal_thread_head), 0x10);
	assert_int_equal(l.sizes[DLK_S_thread_union], 0x4000);
	assert_int_equal(l.sizes[DLK_S_inactive_task_frame], 56);
}

static void test_layout__optional(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	fake_no_member(f, "task_struct", "__state");
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_false(dlk_layout_has(&l, DLK_M_task_state));
	assert_false(dlk_layout_has(&l, DLK_M_mutex_owner));
	assert_true(dlk_layout_has(&l, DLK_M_task_flags));
	assert_int_equal(l.sizes[DLK_S_page], 0); /* a type that does not exist */
}

/* A member that had another name, or stood elsewhere, is the same member. */
static void test_layout__other_names(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	fake_member(f, "rt_mutex", "owner", 40, 8);
	fake_member(f, "page", "slab_cache", 24, 8);
	fake_member(f, "dentry", "d_alias", 176, 16);
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_true(dlk_layout_has(&l, DLK_M_rt_mutex_owner));
	assert_int_equal(dlk_layout_offset(&l, DLK_M_rt_mutex_owner), 40);
	assert_int_equal(dlk_layout_offset(&l, DLK_M_slab_slab_cache), 24);
	assert_int_equal(dlk_layout_offset(&l, DLK_M_dentry_alias), 176);
	/* Its first name goes before. */
	fake_member(f, "rt_mutex_base", "owner", 16, 8);
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_int_equal(dlk_layout_offset(&l, DLK_M_rt_mutex_owner), 16);
}

static const char *const required[] = { "stack", "flags",  "tasks",       "pid",      "tgid",
					"comm",  "signal", "thread_node", "thread.sp" };

static void test_layout__required_is_named(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		char want[64] = "task_struct.";

		f->member_count = 0;
		fake_types_of_a_kernel(f);
		fake_no_member(f, "task_struct", required[i]);
		assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_ERR_NOTFOUND);
		strcat(want, required[i]);
		assert_non_null(strstr(f->ctx.err.text, want));
		assert_non_null(strstr(f->ctx.err.text, "fake")); /* whose types */
	}
	f->member_count = 0;
	fake_types_of_a_kernel(f);
	fake_no_member(f, "signal_struct", "thread_head");
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_ERR_NOTFOUND);
	assert_non_null(strstr(f->ctx.err.text, "signal_struct.thread_head"));
}

static void test_layout__bit_fields(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	fake_bits(f, "orc_entry", "sp_reg",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_size = 4, .count = 1 });
	fake_bits(f, "orc_entry", "type",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 8, .bit_size = 3 });
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_int_equal(l.members[DLK_M_orc_sp_reg].bit_size, 4);
	assert_int_equal(l.members[DLK_M_orc_type].bit_offset, 8);
	assert_int_equal(l.members[DLK_M_orc_type].bit_size, 3);
	assert_int_equal(l.members[DLK_M_orc_type].size, 4);
}

/* Corrupt types are not the same as types that lack a member. */
static void test_layout__failing_types(void **state)
{
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	f->types_status = DLK_ERR_CORRUPT;
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_ERR_CORRUPT);
	f->types_status = DLK_ERR_NOMEM;
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_ERR_NOMEM);
	f->types_status = DLK_OK;
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
}

static enum dlk_status failing_size(struct dlk_types *t, const char *type, uint32_t *ret)
{
	(void)t, (void)type, (void)ret;
	return DLK_ERR_CORRUPT;
}

static void test_layout__failing_sizes(void **state)
{
	struct fake *f = *state;
	struct dlk_types_ops ops = *f->types.ops;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	ops.size = failing_size;
	f->types.ops = &ops;
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_ERR_CORRUPT);
	assert_true(dlk_layout_has(&l, DLK_M_task_pid)); /* filled as far as possible */
}

static void test_layout__has_all(void **state)
{
	static const enum dlk_member_id none[] = { DLK_M_NONE };
	static const enum dlk_member_id some[] = { DLK_M_task_pid, DLK_M_orc_type, DLK_M_NONE };
	static const enum dlk_member_id last[] = { DLK_M_task_pid, DLK_M_task_comm, DLK_M_NONE };
	struct fake *f = *state;
	struct dlk_layout l;

	fake_types_of_a_kernel(f);
	assert_int_equal(dlk_layout_resolve(&f->types, &l), DLK_OK);
	assert_true(dlk_layout_has_all(&l, none));
	assert_true(dlk_layout_has_all(&l, last));
	assert_false(dlk_layout_has_all(&l, some));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_layout__resolves),          FAKE_TEST(test_layout__optional),
		FAKE_TEST(test_layout__resolves),          FAKE_TEST(test_layout__other_names),
		FAKE_TEST(test_layout__required_is_named), FAKE_TEST(test_layout__bit_fields),
		FAKE_TEST(test_layout__failing_types),     FAKE_TEST(test_layout__failing_sizes),
		FAKE_TEST(test_layout__has_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
