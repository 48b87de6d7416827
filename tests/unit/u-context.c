/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/context.c: arena, error text, messages, cancellation. */
#include <config.h>

#include "support.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <stdio.h>

static int setup(void **state)
{
	static struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	*state = &ctx;
	return 0;
}

static int teardown(void **state)
{
	dlk_ctx_deinit(*state);
	return 0;
}

static void test_context__init(void **state)
{
	struct dlk_ctx *ctx = *state;

	assert_int_equal(ctx->used, 0);
	assert_int_equal(ctx->budget, 1024u * 1024 * 1024);
	assert_string_equal(ctx->err.text, "");
	assert_null(ctx->message);
	assert_int_equal(dlk_check_cancel(ctx), DLK_OK);
}

static bool is_zero(const unsigned char *p, size_t size)
{
	while (size--)
		if (*p++)
			return false;
	return true;
}

/* Every size around the alignment: aligned, zeroed, and not overlapping what came before. */
static void test_context__aligned_and_zeroed(void **state)
{
	struct dlk_ctx *ctx = *state;
	unsigned char *former = NULL;
	size_t former_size = 0;

	for (size_t size = 0; size < 5000; size += size < 40 ? 1 : 97) {
		unsigned char *p = dlk_alloc(ctx, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(is_zero(p, size));
		memset(p, 0xa5, size);
		for (size_t i = 0; former && i < former_size; i++)
			assert_int_equal(former[i], 0xa5);
		former = p;
		former_size = size;
	}
}

static void test_context__distinct_when_empty(void **state)
{
	void *a = dlk_alloc(*state, 0), *b = dlk_alloc(*state, 0);

	assert_non_null(a);
	assert_ptr_not_equal(a, b);
}

/* The address sanitizer sees each allocation, however many share a block. */
static void test_context__red_zones(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	for (size_t size = 1; size < 40; size++) {
		char *p = dlk_alloc(*state, size);

		assert_non_null(p);
		assert_false(__asan_address_is_poisoned(p + size - 1));
		assert_true(__asan_address_is_poisoned(p + size));
	}
#else
	(void)state;
	skip();
#endif
}

/* A big block must not push the small one aside: small ones go on in the same block. */
static void test_context__big_blocks(void **state)
{
	struct dlk_ctx *ctx = *state;
	char *first = dlk_alloc(ctx, 16), *big, *second;
	size_t used;

	big = dlk_alloc(ctx, 1 << 20);
	assert_non_null(big);
	assert_int_equal((uintptr_t)big % 16, 0);
	memset(big, 1, 1 << 20);
	used = ctx->used;
	assert_true(used >= 1 << 20);
	second = dlk_alloc(ctx, 16);
	assert_in_range(second - first, 16, 64);
	assert_int_equal(ctx->used, used);
}

/* What is discarded counts no more, wherever its block is; the others stay as they are. */
static void test_context__discards_big_ones(void **state)
{
	struct dlk_ctx *ctx = *state;
	char *small = dlk_alloc(ctx, 16), *kept, *dropped;
	size_t used;

	kept = dlk_alloc(ctx, 1 << 20);
	used = ctx->used;
	dropped = dlk_alloc(ctx, 1 << 20);
	assert_true(small && kept && dropped);
	memset(kept, 1, 1 << 20);
	dlk_discard(ctx, dropped, 1 << 20);
	assert_int_equal(ctx->used, used);
	assert_int_equal(kept[(1 << 20) - 1], 1);
	dlk_discard(ctx, kept, 1 << 20);
	assert_in_range(ctx->used, 16, used - (1 << 20));
	*small = 1;
}

/* Neither a small one, though it is the first of its block, nor none. */
static void test_context__discards_no_block_of_several(void **state)
{
	struct dlk_ctx *ctx = *state;
	char *first = dlk_alloc(ctx, 16), *second = dlk_alloc(ctx, 16);
	size_t used = ctx->used;

	assert_true(first && second);
	dlk_discard(ctx, first, 16);
	dlk_discard(ctx, NULL, 1 << 20);
	assert_int_equal(ctx->used, used);
	*second = 1;
}

static void test_context__big_block_first(void **state)
{
	unsigned char *big = dlk_alloc(*state, 300000), *small = dlk_alloc(*state, 100);

	assert_non_null(big);
	assert_non_null(small);
	memset(big, 1, 300000);
	memset(small, 2, 100);
	assert_int_equal(big[299999], 1);
}

static void test_context__budget(void **state)
{
	struct dlk_ctx *ctx = *state;
	size_t count = 0;

	ctx->budget = 300 * 1024;
	while (dlk_alloc(ctx, 1000))
		assert_true(++count < 1000);
	assert_true(count > 150); /* most of the budget can be used */
	assert_true(ctx->used <= ctx->budget);
	assert_null(dlk_alloc(ctx, 100 * 1024));
	assert_true(ctx->used <= ctx->budget);
}

static void test_context__budget_below_used(void **state)
{
	struct dlk_ctx *ctx = *state;

	ctx->budget = 0;
	assert_null(dlk_alloc(ctx, 1));
	assert_null(dlk_strdup(ctx, "x"));
	assert_null(dlk_format(ctx, "%d", 1));
	assert_int_equal(ctx->used, 0);
}

/* Lowering the budget under what is in use must not make it endless. */
static void test_context__budget_lowered(void **state)
{
	struct dlk_ctx *ctx = *state;
	size_t used;

	assert_non_null(dlk_alloc(ctx, 100000));
	used = ctx->used;
	ctx->budget = 1000;
	assert_null(dlk_alloc(ctx, 50000));
	assert_null(dlk_alloc(ctx, 16));
	assert_int_equal(ctx->used, used);
}

static void test_context__overflow(void **state)
{
	/* Not constants: the compiler knows what calloc is for. */
	volatile size_t huge = SIZE_MAX;

	assert_null(dlk_alloc(*state, huge));
	assert_null(dlk_alloc(*state, huge - 15));
	assert_null(dlk_alloc(*state, huge - 64));
	assert_null(dlk_calloc(*state, huge, 2));
	assert_null(dlk_calloc(*state, huge / 8 + 2, 8)); /* 8 * this is 8 */
	assert_non_null(dlk_calloc(*state, 0, huge));
}

static void test_context__deinit_twice(void **state)
{
	struct dlk_ctx *ctx = *state, zero = { 0 };

	assert_non_null(dlk_alloc(ctx, 100));
	assert_non_null(dlk_alloc(ctx, 1000000));
	dlk_ctx_deinit(ctx);
	assert_int_equal(ctx->used, 0);
	dlk_ctx_deinit(ctx);
	dlk_ctx_deinit(&zero);
}

static void test_context__usable_after_deinit(void **state)
{
	assert_non_null(dlk_alloc(*state, 100));
	dlk_ctx_deinit(*state);
	assert_non_null(dlk_alloc(*state, 100));
}

/* What another context had lives on in this one, and is given back with it; the other begins anew. */
static void test_context__adopts(void **state)
{
	struct dlk_ctx *ctx = *state, other;
	char *small, *big, *mine;
	size_t used;

	for (unsigned is_used = 0; is_used < 2; is_used++) {
		mine = is_used ? dlk_strdup(ctx, "mine") : NULL;
		dlk_ctx_init(&other);
		small = dlk_strdup(&other, "small");
		big = dlk_calloc(&other, 1, 100000);
		used = ctx->used + other.used;
		dlk_ctx_adopt(ctx, &other);
		assert_int_equal(ctx->used, used);
		assert_int_equal(other.used, 0);
		assert_non_null(dlk_strdup(&other, "new"));
		dlk_ctx_deinit(&other);
		assert_string_equal(small, "small");
		if (mine)
			assert_string_equal(mine, "mine");
		big[99999] = 1;
		dlk_discard(ctx, big, 100000);
		assert_in_range(ctx->used, 1, used - 100000);
	}
	dlk_ctx_adopt(ctx, &other);
	dlk_ctx_deinit(ctx);
	assert_int_equal(ctx->used, 0);
}

/* The rest of a block that was in use stays so. */
static void test_context__adopts_behind(void **state)
{
	struct dlk_ctx *ctx = *state, other;
	size_t used;

	assert_non_null(dlk_alloc(ctx, 16));
	dlk_ctx_init(&other);
	assert_non_null(dlk_alloc(&other, 16));
	dlk_ctx_adopt(ctx, &other);
	used = ctx->used;
	assert_non_null(dlk_alloc(ctx, 1024));
	assert_int_equal(ctx->used, used);
	ctx->budget = 1; /* which it is far above */
	assert_null(dlk_alloc(ctx, 70000));
}

static void test_context__strings(void **state)
{
	char text[] = "kworker", *copy = dlk_strdup(*state, text);
	char long_text[3000];

	text[0] = 'x';
	assert_string_equal(copy, "kworker");
	assert_string_equal(dlk_strdup(*state, ""), "");
	assert_string_equal(dlk_format(*state, "%s+%#x", "f", 26), "f+0x1a");
	memset(long_text, 'y', sizeof(long_text));
	long_text[2999] = 0;
	assert_int_equal(strlen(dlk_format(*state, "<%s>", long_text)), 3001);
}

static void test_context__fail(void **state)
{
	struct dlk_ctx *ctx = *state;

	ctx->err.address = 0x1000;
	assert_int_equal(dlk_fail(ctx, DLK_ERR_CORRUPT, "owner %#x", 0x20), DLK_ERR_CORRUPT);
	assert_string_equal(ctx->err.text, "owner 0x20");
	assert_int_equal(ctx->err.address, 0);
	assert_int_equal(dlk_fail(ctx, DLK_ERR_LIMIT, "b"), DLK_ERR_LIMIT);
	assert_string_equal(ctx->err.text, "b");
}

/* Outside in, as it is read. */
static void test_context__prepend_order(void **state)
{
	struct dlk_ctx *ctx = *state;
	enum dlk_status status = dlk_fail(ctx, DLK_ERR_FAULT, "page not in dump");

	ctx->err.address = 0x77;
	status = dlk_prepend(ctx, status, "owner");
	status = dlk_prepend(ctx, status, "task %d", 412);
	assert_int_equal(status, DLK_ERR_FAULT);
	assert_string_equal(ctx->err.text, "task 412: owner: page not in dump");
	assert_int_equal(ctx->err.address, 0x77);
}

static void test_context__prepend_ok_does_nothing(void **state)
{
	struct dlk_ctx *ctx = *state;

	(void)dlk_fail(ctx, DLK_ERR_LIMIT, "former");
	assert_int_equal(dlk_prepend(ctx, DLK_OK, "new"), DLK_OK);
	assert_string_equal(ctx->err.text, "former");
}

static void test_context__texts_are_cut(void **state)
{
	struct dlk_ctx *ctx = *state;
	char long_text[2000];

	memset(long_text, 'y', sizeof(long_text));
	long_text[1999] = 0;
	(void)dlk_fail(ctx, DLK_ERR_LIMIT, "%s", long_text);
	assert_int_equal(strlen(ctx->err.text), sizeof(ctx->err.text) - 1);
	(void)dlk_prepend(ctx, DLK_ERR_LIMIT, "outer");
	assert_int_equal(strlen(ctx->err.text), sizeof(ctx->err.text) - 1);
	assert_memory_equal(ctx->err.text, "outer: yyy", 10);
	(void)dlk_prepend(ctx, DLK_ERR_LIMIT, "%s", long_text);
	assert_int_equal(strlen(ctx->err.text), sizeof(ctx->err.text) - 1);
	assert_memory_equal(ctx->err.text, "yyyyyy", 6);
}

/* The prefix ends near where the text must: it is whole, and of the rest comes what fits. */
static void test_context__prepend_that_just_fits(void **state)
{
	struct dlk_ctx *ctx = *state;
	char prefix[sizeof(ctx->err.text)];

	memset(prefix, 'p', sizeof(prefix));
	for (size_t len = sizeof(prefix) - 12; len < sizeof(prefix); len++) {
		const char *rest = ctx->err.text + len;

		prefix[len] = 0;
		(void)dlk_fail(ctx, DLK_ERR_LIMIT, "inner");
		(void)dlk_prepend(ctx, DLK_ERR_LIMIT, "%s", prefix);
		assert_in_range(strlen(ctx->err.text), len, sizeof(prefix) - 1);
		assert_memory_equal(ctx->err.text, prefix, len);
		assert_memory_equal(rest, ": inner", strlen(rest));
		if (len + 7 < sizeof(prefix))
			assert_string_equal(rest, ": inner");
		prefix[len] = 'p';
	}
}

static void test_context__nomem(void **state)
{
	struct dlk_ctx *ctx = *state;

	ctx->budget = 3 << 20;
	assert_non_null(dlk_alloc(ctx, 2 << 20));
	assert_int_equal(dlk_nomem(ctx), DLK_ERR_NOMEM);
	assert_string_equal(ctx->err.text, "out of memory (2 of at most 3 MiB used)");
}

struct message {
	unsigned count;
	enum dlk_level level;
	char text[1024];
};

static void take_message(void *arg, enum dlk_level level, const char *text)
{
	struct message *m = arg;

	m->count++;
	m->level = level;
	snprintf(m->text, sizeof(m->text), "%s", text);
}

static void test_context__message(void **state)
{
	struct dlk_ctx *ctx = *state;
	struct message m = { 0 };

	dlk_message(ctx, DLK_MSG_WARNING, "nobody listens");
	ctx->message = take_message;
	ctx->message_arg = &m;
	dlk_message(ctx, DLK_MSG_PROGRESS, "reading tasks: %d", 256);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.level, DLK_MSG_PROGRESS);
	assert_string_equal(m.text, "reading tasks: 256");
}

static void test_context__cancel(void **state)
{
	struct dlk_ctx *ctx = *state;
	volatile int cancel = 0;

	ctx->cancel = &cancel;
	assert_int_equal(dlk_check_cancel(ctx), DLK_OK);
	cancel = 1;
	assert_int_equal(dlk_check_cancel(ctx), DLK_ERR_CANCELED);
	assert_string_equal(ctx->err.text, "interrupted");
	cancel = 0;
	assert_int_equal(dlk_check_cancel(ctx), DLK_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_context__init),
		TEST(test_context__aligned_and_zeroed),
		TEST(test_context__distinct_when_empty),
		TEST(test_context__red_zones),
		TEST(test_context__big_blocks),
		TEST(test_context__discards_big_ones),
		TEST(test_context__discards_no_block_of_several),
		TEST(test_context__big_block_first),
		TEST(test_context__budget),
		TEST(test_context__budget_below_used),
		TEST(test_context__budget_lowered),
		TEST(test_context__overflow),
		TEST(test_context__deinit_twice),
		TEST(test_context__usable_after_deinit),
		TEST(test_context__adopts),
		TEST(test_context__adopts_behind),
		TEST(test_context__strings),
		TEST(test_context__fail),
		TEST(test_context__prepend_order),
		TEST(test_context__prepend_ok_does_nothing),
		TEST(test_context__texts_are_cut),
		TEST(test_context__prepend_that_just_fits),
		TEST(test_context__nomem),
		TEST(test_context__message),
		TEST(test_context__cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
