/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/mention.c: which functions have the address of an object in their text. */
#include <config.h>

#include "stacks.h"

#include "code/mention.h"

#define OBJECT (FAKE_IMAGE + 0x3000000) /* of 0x40 bytes */

enum { SIZE = 0x40, TAG = 7, MAX_TAGS = 8 };

struct seen {
	uint32_t tags[MAX_TAGS];
	unsigned count;
};

static enum dlk_status see(void *arg, uint32_t tag)
{
	struct seen *seen = arg;

	assert_true(seen->count < MAX_TAGS);
	seen->tags[seen->count++] = tag;
	return DLK_OK;
}

static int setup_text(void **state)
{
	struct fixture *x;

	if (setup(state))
		return -1;
	x = *state;
	fake_zeros(x->f, TEXT, 0x2000);
	fake_kernel(x->f);
	return 0;
}

static struct dlk_mentions *open_mentions(struct fixture *x)
{
	struct dlk_mentions *m = NULL;

	assert_int_equal(dlk_mentions_open(&x->f->k, &m), DLK_OK);
	assert_int_equal(dlk_mentions_add(m, OBJECT, OBJECT + SIZE, TAG), DLK_OK);
	return m;
}

/* Put @p code at a place, and a number of 32 bits behind it. */
static void put(struct fixture *x, dlk_addr_t at, const char *code, size_t len, dlk_addr_t number)
{
	fake_write(x->f, at, code, len);
	fake_u32(x->f, at + len, (uint32_t)number);
	fake_forget(x->f);
}

#define PUT(x, at, code, number) put(x, at, code, sizeof(code) - 1, number)

static unsigned count(struct dlk_mentions *m, dlk_addr_t ip)
{
	struct seen seen = { .count = 0 };

	assert_int_equal(dlk_mentions_show(m, ip, see, &seen), DLK_OK);
	if (seen.count)
		assert_int_equal(seen.tags[0], TAG);
	return seen.count;
}

/* As a number; as a distance from the instruction's end; and with a number behind that. */
static void test_mention__forms(void **state)
{
	struct fixture *x = *state;
	struct dlk_mentions *m = open_mentions(x);

	PUT(x, CODE(2) + 0x20, "\x48\xc7\xc7", OBJECT);                      /* mov $,%rdi */
	PUT(x, CODE(3) + 0x20, "\x48\x8b\x05", OBJECT + 8 - CODE(3) - 0x27); /* mov (%rip),%rax */
	PUT(x, CODE(4) + 0x20, "\xf0\x0f\xba\x35",
	    OBJECT - CODE(4) - 0x29); /* lock btrl $,(%rip) */
	PUT(x, CODE(5) + 0x20, "\x48\xc7\xc7", OBJECT - 1);
	PUT(x, CODE(6) + 0x20, "\x48\xc7\xc7", OBJECT + SIZE);
	assert_int_equal(count(m, CODE(2) + 0x40), 1);
	assert_int_equal(count(m, CODE(2) + 0x10), 1); /* before it, too: there are loops */
	assert_int_equal(count(m, CODE(3) + 1), 1);
	assert_int_equal(count(m, CODE(4) + 1), 1);
	assert_int_equal(count(m, CODE(5) + 1), 0);
	assert_int_equal(count(m, CODE(6) + 1), 0);
}

/* What a call at the very end returns to is another function's. */
static void test_mention__at_the_end(void **state)
{
	struct fixture *x = *state;
	struct dlk_mentions *m = open_mentions(x);

	PUT(x, CODE(2) + 0x20, "\x48\xc7\xc7", OBJECT);
	assert_int_equal(count(m, CODE(3)), 1);
	assert_int_equal(count(m, CODE(3) + 1), 0);
}

/* A function that is called, or jumped to, counts; what that calls does not. */
static void test_mention__calls(void **state)
{
	struct fixture *x = *state;
	struct dlk_mentions *m = open_mentions(x);

	PUT(x, CODE(2), "\xe8", CODE(3) - CODE(2) - 5);
	PUT(x, CODE(3) + 0x40, "\xe9", CODE(4) - CODE(3) - 0x45);
	PUT(x, CODE(4) + 0x20, "\x48\xc7\xc7", OBJECT);
	assert_int_equal(count(m, CODE(4) + 1), 1);
	assert_int_equal(count(m, CODE(3) + 1), 1);
	assert_int_equal(count(m, CODE(2) + 5), 0);
	assert_true(dlk_mentions_has(m, CODE(4), false, OBJECT));
	assert_true(dlk_mentions_has(m, CODE(3) + 1, true, OBJECT));
	assert_false(dlk_mentions_has(m, CODE(3), false, OBJECT));
	assert_false(dlk_mentions_has(m, CODE(4), false, OBJECT + SIZE));
}

/* Objects may be within one another: a lock in a variable, and another one. */
static void test_mention__overlapping(void **state)
{
	struct fixture *x = *state;
	struct dlk_mentions *m = open_mentions(x);
	struct seen seen = { .count = 0 };

	assert_int_equal(dlk_mentions_add(m, OBJECT, OBJECT + 0x80, 1), DLK_OK);
	assert_int_equal(dlk_mentions_add(m, OBJECT + 0x80, OBJECT + 0x90, 2), DLK_OK);
	PUT(x, CODE(2), "\x48\xc7\xc7", OBJECT);
	PUT(x, CODE(3), "\x48\xc7\xc7", OBJECT + 0x70);
	assert_int_equal(dlk_mentions_show(m, CODE(2) + 1, see, &seen), DLK_OK);
	assert_int_equal(seen.count, 2);
	seen.count = 0;
	assert_int_equal(dlk_mentions_show(m, CODE(3) + 1, see, &seen), DLK_OK);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.tags[0], 1);
}

/* Text that is not in the dump mentions nothing, and neither do numbers that are no code. */
static void test_mention__no_text(void **state)
{
	struct fixture *x = *state;
	struct dlk_mentions *m = open_mentions(x);

	PUT(x, CODE(2), "\x48\xc7\xc7", OBJECT);
	fake_drop(x->f, TEXT);
	fake_forget(x->f);
	assert_int_equal(count(m, CODE(2) + 1), 0);
	assert_int_equal(count(m, 0), 0);
	assert_int_equal(count(m, CODE(FUNCTIONS) + 0x10), 0);
	assert_false(dlk_mentions_can_be(&x->f->k, FAKE_DIRECT + 0x1000));
	assert_true(dlk_mentions_can_be(&x->f->k, OBJECT));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_text, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mention__forms),   TEST(test_mention__at_the_end),
		TEST(test_mention__calls),   TEST(test_mention__overlapping),
		TEST(test_mention__no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
