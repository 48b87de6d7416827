/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/kernel.c: constants, members by name, names of code addresses. */
#include <config.h>

#include <stdio.h>

#include "support.h"

#define PERCPU (FAKE_IMAGE + 0x4000000)
#define TEXT (FAKE_IMAGE + 0x1000000)
#define OBJECT (FAKE_DIRECT + 0x5000)

static enum dlk_status init(struct fake *f)
{
	f->k = (struct dlk_kernel){ .ctx = &f->ctx,
				    .arch = &dlk_kernel_arch_x86_64,
				    .memory = f->memory,
				    .symbols = &f->symbols,
				    .types = &f->types };
	return dlk_kernel_init(&f->k);
}

static void set_stack_size(struct fake *f, uint32_t size)
{
	for (unsigned i = 0; i < f->size_count; i++)
		if (!strcmp(f->size[i].type, "thread_union"))
			f->size[i].size = size;
}

static void test_kernel__stack_size_of_the_union(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	set_stack_size(f, 32768);
	fake_symbol(f, "__start_init_stack", TEXT, 0);
	fake_symbol(f, "__end_init_stack", TEXT + 0x4000, 0);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.stack_size, 32768);
}

static void test_kernel__stack_size_of_the_symbols(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	f->size[1].type = "";
	fake_symbol(f, "__start_init_stack", TEXT, 0);
	fake_symbol(f, "__end_init_stack", TEXT + 0x8000, 0);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.stack_size, 0x8000);
}

static void test_kernel__stack_size_unknown(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	f->size[1].type = "";
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.stack_size, 16384);
	fake_symbol(f, "__start_init_stack", TEXT, 0);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.stack_size, 16384);
	fake_symbol(f, "__end_init_stack", TEXT - 0x4000, 0); /* backwards */
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.stack_size, 16384);
}

static void test_kernel__stack_size_insane(void **state)
{
	static const uint32_t bad[] = { 0x3000, 0x4001, 1 << 20, 0x80000000, UINT32_MAX };
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_stack_size(f, bad[i]);
		assert_int_equal(init(f), DLK_ERR_CORRUPT);
		assert_non_null(strstr(f->ctx.err.text, "stack"));
	}
}

/* A word is a power of two, and no stack: every task would have the same four words. */
static void test_kernel__stack_size_tiny(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	set_stack_size(f, 8);
	assert_int_equal(init(f), DLK_ERR_CORRUPT);
}

static void test_kernel__missing_member(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_no_member(f, "task_struct", "pid");
	assert_int_equal(init(f), DLK_ERR_NOTFOUND);
	assert_non_null(strstr(f->ctx.err.text, "task_struct.pid"));
}

static void add_percpu(struct fake *f, uint32_t count)
{
	fake_symbol(f, "nr_cpu_ids", PERCPU - 8, 0);
	fake_symbol(f, "__per_cpu_offset", PERCPU, 0);
	fake_u32(f, PERCPU - 8, count);
}

static void test_kernel__percpu(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	add_percpu(f, 3);
	for (unsigned i = 0; i < 3; i++)
		fake_u64(f, PERCPU + (dlk_addr_t)i * 8, 0xffff888000000000 + i);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 3);
	assert_int_equal(f->k.percpu_offset[2], 0xffff888000000002);
	assert_null(f->k.percpu_lost);
}

static void test_kernel__percpu_unreadable(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	add_percpu(f, 3);
	fake_drop(f, PERCPU);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 0);
	assert_non_null(strstr(f->k.percpu_lost, "__per_cpu_offset: "));
}

static void test_kernel__percpu_count_unreadable(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	add_percpu(f, 3);
	fake_drop(f, PERCPU - 8);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 0);
	assert_non_null(strstr(f->k.percpu_lost, "nr_cpu_ids: "));
}

static void test_kernel__percpu_insane_count(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	add_percpu(f, UINT32_MAX);
	fake_zeros(f, PERCPU, 8192 * 8);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 0);
	assert_string_equal(f->k.percpu_lost, "nr_cpu_ids: 4294967295 CPUs");
}

static void test_kernel__percpu_no_cpus(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	add_percpu(f, 0);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 0);
	assert_string_equal(f->k.percpu_lost, "nr_cpu_ids: 0 CPUs");
}

static void test_kernel__no_percpu(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	assert_int_equal(init(f), DLK_OK);
	assert_int_equal(f->k.cpu_count, 0);
	assert_null(f->k.orc);
	assert_null(f->k.modules);
}

static void test_kernel__symbols(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_symbol(f, "_stext", TEXT, 0);
	fake_symbol(f, "_etext", TEXT + 0x1000, 0);
	fake_kernel(f);
	assert_int_equal(f->k.text_start, TEXT);
	assert_int_equal(f->k.text_end, TEXT + 0x1000);
	assert_int_equal(dlk_kernel_symbol(&f->k, "_stext"), TEXT);
	assert_int_equal(dlk_kernel_symbol(&f->k, "_st"), 0);
}

/* The types are asked once, whether they have it or not; but again if they could not say. */
static void test_kernel__enumerators(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_enumerator(f, "pageflags", "PG_slab", 9);
	fake_enumerator(f, "pagetype", "PGTY_slab", 5);
	fake_enumerator(f, "other", "PG_head", 6);
	fake_kernel(f);
	f->types_status = DLK_ERR_CORRUPT;
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PG_slab, -1), -1);
	f->types_status = DLK_OK;
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PG_slab, -1), 9);
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PGTY_slab, -1), 5);
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PG_head, 77), 77);
	f->enumerator_count = 0;
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PG_slab, -1), 9);
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PGTY_slab, -1), 5);
	fake_enumerator(f, "pageflags", "PG_head", 6);
	assert_int_equal(dlk_kernel_enumerator(&f->k, DLK_E_PG_head, -1), -1);
}

static void test_kernel__read_member(void **state)
{
	struct fake *f = *state;
	uint64_t value = 5;

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	fake_put(f, OBJECT, "task_struct", "pid", 0xfffffffe);
	fake_u32(f, OBJECT + 0x54, 0x11111111); /* what is behind does not matter */
	fake_put(f, OBJECT, "task_struct", "stack", 0xffffc90000000000);
	fake_put(f, OBJECT, "task_struct", "se.sched_delayed", 1);
	fake_write(f, OBJECT + 0x39, "\xff\xff", 2);
	assert_int_equal(dlk_kernel_read_member(&f->k, OBJECT, DLK_M_task_pid, &value), DLK_OK);
	assert_int_equal(value, 0xfffffffe);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_task_pid), 0xfffffffe);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_task_stack),
			 0xffffc90000000000);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_task_sched_delayed), 1);
}

static void test_kernel__read_member_fails(void **state)
{
	struct fake *f = *state;
	uint64_t value = 5;
	char text[80];

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	dlk_fail(&f->ctx, DLK_ERR_CORRUPT, "as it was");
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_task_pid), 0);
	assert_string_equal(f->ctx.err.text, "as it was");
	assert_int_equal(dlk_kernel_read_member(&f->k, OBJECT, DLK_M_task_pid, &value),
			 DLK_ERR_FAULT);
	assert_int_equal(f->ctx.err.address, OBJECT + 0x50);
	snprintf(text, sizeof(text), "cannot read task_struct.pid at %#llx: not in the dump",
		 (unsigned long long)OBJECT + 0x50);
	assert_string_equal(f->ctx.err.text, text);
	f->target.is_cut = true;
	assert_int_equal(dlk_kernel_read_member(&f->k, OBJECT, DLK_M_task_pid, &value),
			 DLK_ERR_FAULT);
	assert_non_null(strstr(f->ctx.err.text, ": not in the dump, which was cut off"));
	fake_zeros(f, OBJECT, DLK_PAGE_SIZE);
	assert_int_equal(dlk_kernel_read_member(&f->k, OBJECT, DLK_M_mutex_owner, &value),
			 DLK_ERR_NOTFOUND);
	assert_string_equal(f->ctx.err.text, "this kernel has no mutex.owner");
	assert_int_equal(value, 5);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_mutex_owner), 0);
}

static void test_kernel__read_bit_fields(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_bits(f, "orc_entry", "sp_reg",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_size = 4 });
	fake_bits(f, "orc_entry", "bp_reg",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 4, .bit_size = 4 });
	fake_bits(f, "orc_entry", "type",
		  (struct dlk_member){ .offset = 4, .size = 4, .bit_offset = 31, .bit_size = 1 });
	fake_kernel(f);
	fake_u32(f, OBJECT + 4, 0x800000a5);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_orc_sp_reg), 5);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_orc_bp_reg), 10);
	assert_int_equal(dlk_kernel_peek_member(&f->k, OBJECT, DLK_M_orc_type), 1);
}

static void test_kernel__member_value(void **state)
{
	static const unsigned char copy[16] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99
	};
	struct dlk_member m = { .offset = 1, .size = 2 };

	(void)state;
	assert_int_equal(dlk_member_value(&m, copy), 0x3322);
	m = (struct dlk_member){ .offset = 1, .size = 8 };
	assert_int_equal(dlk_member_value(&m, copy), 0x9988776655443322);
	m = (struct dlk_member){ .offset = 0, .size = 8, .bit_offset = 0, .bit_size = 64 };
	assert_int_equal(dlk_member_value(&m, copy), 0x8877665544332211);
	m = (struct dlk_member){ .offset = 0, .size = 8, .bit_offset = 4, .bit_size = 60 };
	assert_int_equal(dlk_member_value(&m, copy), 0x887766554433221);
	m = (struct dlk_member){ .offset = 0, .size = 16 }; /* of a struct: its first word */
	assert_int_equal(dlk_member_value(&m, copy), 0x8877665544332211);
}

static void test_kernel__strings(void **state)
{
	struct fake *f = *state;
	char long_text[400];

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	fake_string(f, OBJECT, "hugetlbfs");
	assert_string_equal(dlk_kernel_read_string(&f->k, OBJECT), "hugetlbfs");
	fake_string(f, OBJECT, "a\tb\x1b[2J\xc3\xa9\x7f");
	fake_forget(f);
	assert_string_equal(dlk_kernel_read_string(&f->k, OBJECT), "a?b?[2J???");
	assert_null(dlk_kernel_read_string(&f->k, 0));
	assert_null(dlk_kernel_read_string(&f->k, OBJECT + 0x100000)); /* not there */
	assert_null(dlk_kernel_read_string(&f->k, OBJECT + 0x800));    /* empty */
	memset(long_text, 'l', sizeof(long_text));
	long_text[399] = 0;
	fake_string(f, OBJECT + 0x2000, long_text);
	assert_int_equal(strlen(dlk_kernel_read_string(&f->k, OBJECT + 0x2000)), 255);
}

static void test_kernel__describe_ip(void **state)
{
	struct fake *f = *state;
	struct dlk_ip_text t;

	fake_types_of_a_kernel(f);
	fake_symbol(f, "rmap_walk_file", TEXT + 0x100, 0x200);
	fake_symbol(f, "nft_init", TEXT + 0x900, 0x20);
	f->symbol[f->symbol_count - 1].module = "nf_tables";
	fake_kernel(f);
	t = dlk_kernel_describe_ip(&f->k, TEXT + 0x2aa);
	assert_int_equal(t.start, TEXT + 0x100);
	assert_string_equal(t.function, "rmap_walk_file");
	assert_string_equal(t.text, "rmap_walk_file+0x1aa");
	assert_null(t.module);
	t = dlk_kernel_describe_ip(&f->k, TEXT + 0x100);
	assert_string_equal(t.text, "rmap_walk_file+0x0");
	t = dlk_kernel_describe_ip(&f->k, TEXT + 0x910);
	assert_string_equal(t.text, "nft_init+0x10");
	assert_string_equal(t.module, "nf_tables");
}

static void test_kernel__describe_ip_is_kept(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_symbol(f, "schedule", TEXT, 0x1000);
	fake_kernel(f);
	for (int i = 0; i < 100; i++)
		assert_string_equal(dlk_kernel_describe_ip(&f->k, TEXT + 8).text, "schedule+0x8");
	assert_int_equal(f->at_calls, 1);
	for (dlk_addr_t i = 0; i < 0x1000; i++)
		(void)dlk_kernel_describe_ip(&f->k, TEXT + i);
	assert_int_equal(f->at_calls, 0x1000);
	assert_string_equal(dlk_kernel_describe_ip(&f->k, TEXT + 8).text, "schedule+0x8");
	assert_string_equal(dlk_kernel_describe_ip(&f->k, TEXT + 0xfff).text, "schedule+0xfff");
	assert_int_equal(f->at_calls, 0x1000);
}

static void test_kernel__describe_ip_unknown(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	for (int i = 0; i < 3; i++) {
		struct dlk_ip_text t = dlk_kernel_describe_ip(&f->k, 0x4000);

		assert_int_equal(t.start, 0);
		assert_null(t.function);
		assert_null(t.text);
		assert_null(t.module);
	}
	assert_int_equal(f->at_calls, 1);
}

static void test_kernel__describe_ip_without_memory(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	fake_symbol(f, "schedule", TEXT, 0x1000);
	fake_kernel(f);
	f->ctx.budget = 0;
	for (int i = 0; i < 10000 && dlk_alloc(&f->ctx, 64); i++)
		;
	for (dlk_addr_t i = 0; i < 100; i++)
		assert_string_equal(dlk_kernel_describe_ip(&f->k, TEXT + i).function, "schedule");
}

static bool matches(const char *name, const char *pattern)
{
	const char *const patterns[] = { "other_function", pattern, NULL };

	return dlk_function_matches(name, patterns);
}

static void test_kernel__function_matches(void **state)
{
	(void)state;
	assert_true(matches("mutex_lock", "mutex_lock"));
	assert_true(matches("other_function", "mutex_lock"));
	assert_false(matches("mutex_lock_nested", "mutex_lock"));
	assert_false(matches("mutex_loc", "mutex_lock"));
	assert_false(matches("__mutex_lock", "mutex_lock"));
	assert_false(matches("", "mutex_lock"));
	assert_false(matches(NULL, "mutex_lock"));
	assert_false(dlk_function_matches("mutex_lock", (const char *const[]){ NULL }));
}

static void test_kernel__function_matches_suffixes(void **state)
{
	(void)state;
	assert_true(matches("__mutex_lock.isra.0", "__mutex_lock"));
	assert_true(matches("__mutex_lock.constprop.0", "__mutex_lock"));
	assert_true(matches("__mutex_lock.cold", "__mutex_lock"));
	assert_true(matches("__mutex_lock.part.0", "__mutex_lock"));
	assert_true(matches("__mutex_lock.constprop.0.isra.0.cold", "__mutex_lock"));
	assert_false(matches("__mutex_lock2.isra.0", "__mutex_lock"));
	assert_false(matches("__mutex.isra.0", "__mutex_lock"));
}

static void test_kernel__function_matches_prefixes(void **state)
{
	(void)state;
	assert_true(matches("folio_lock_killable", "folio_lock*"));
	assert_true(matches("folio_lock", "folio_lock*"));
	assert_true(matches("folio_lock_x.cold", "folio_lock*"));
	assert_false(matches("folio_loc", "folio_lock*"));
	assert_false(matches("xfolio_lock", "folio_lock*"));
	assert_true(matches("anything", "*"));
	assert_false(matches("folio.lock", "folio_*")); /* what the compiler appended is not seen */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_kernel__stack_size_of_the_union),
		FAKE_TEST(test_kernel__stack_size_of_the_symbols),
		FAKE_TEST(test_kernel__stack_size_unknown),
		FAKE_TEST(test_kernel__stack_size_insane),
		FAKE_TEST(test_kernel__stack_size_tiny),
		FAKE_TEST(test_kernel__missing_member),
		FAKE_TEST(test_kernel__percpu),
		FAKE_TEST(test_kernel__percpu_unreadable),
		FAKE_TEST(test_kernel__percpu_count_unreadable),
		FAKE_TEST(test_kernel__percpu_insane_count),
		FAKE_TEST(test_kernel__percpu_no_cpus),
		FAKE_TEST(test_kernel__no_percpu),
		FAKE_TEST(test_kernel__symbols),
		FAKE_TEST(test_kernel__enumerators),
		FAKE_TEST(test_kernel__read_member),
		FAKE_TEST(test_kernel__read_member_fails),
		FAKE_TEST(test_kernel__read_bit_fields),
		FAKE_TEST(test_kernel__member_value),
		FAKE_TEST(test_kernel__strings),
		FAKE_TEST(test_kernel__describe_ip),
		FAKE_TEST(test_kernel__describe_ip_is_kept),
		FAKE_TEST(test_kernel__describe_ip_unknown),
		FAKE_TEST(test_kernel__describe_ip_without_memory),
		FAKE_TEST(test_kernel__function_matches),
		FAKE_TEST(test_kernel__function_matches_suffixes),
		FAKE_TEST(test_kernel__function_matches_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
