/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/bit.c, as far as somebody spins for a bit; those that sleep for one are in tests/image/bit-*. */
#include <config.h>

#include "facts.h"

#include "locks/bit.h"

static const dlk_addr_t WORD = FAKE_IMAGE + 0x1100000;

struct scene {
	struct dlk_facts facts;
	struct dlk_wait wait;
};

static void start(struct scene *s, struct fake *f)
{
	const struct dlk_context c = { .pid = 1, .comm = "zoo", .is_on_cpu = true };

	memset(s, 0, sizeof(*s));
	fake_types_of_a_kernel(f);
	facts_begin(&s->facts, f);
	s->wait = (struct dlk_wait){ .position = DLK_NONE,
				     .mode = DLK_MODE_EXCLUSIVE,
				     .is_awake = true,
				     .evidence = DLK_EVIDENCE_SPINS,
				     .confidence = DLK_CERTAIN };
	assert_int_equal(dlk_model_add_context(&s->facts.model, &c, &s->wait.context), DLK_OK);
	fake_zeros(f, WORD, 64);
}

/* It is set: a wait for it, which whoever sleeps for it would have, too. */
static void test_bit__set(void **state)
{
	struct scene s;
	const struct dlk_resource *r;
	const struct dlk_wait *w;

	start(&s, *state);
	fake_u64(*state, WORD, 1 << 9);
	assert_int_equal(dlk_bit_spin(&s.facts, &s.wait, WORD, 9), DLK_OK);
	w = dlk_model_first_wait(&s.facts.model, s.wait.context);
	assert_non_null(w);
	assert_int_equal(w->evidence, DLK_EVIDENCE_SPINS);
	r = dlk_facts_resource(&s.facts, w->resource);
	assert_int_equal(r->kind, DLK_KIND_BIT);
	assert_true(r->address == WORD);
	assert_int_equal(r->part, dlk_bit_part(9));
	assert_non_null(strstr(r->name, "bit 9"));
	assert_string_equal(r->state, "set");
	assert_non_null(strstr(r->holders_unknown, "not recorded"));
}

/* It is clear, whatever the others are: whoever spins is about to have it. */
static void test_bit__clear(void **state)
{
	struct scene s;

	start(&s, *state);
	fake_u64(*state, WORD, ~(UINT64_C(1) << 9));
	assert_int_equal(dlk_bit_spin(&s.facts, &s.wait, WORD, 9), DLK_OK);
	assert_int_equal(s.facts.model.waits.len, 0);
	assert_int_equal(s.facts.model.resources.len, 0);
	assert_int_not_equal(dlk_map_get(&s.facts.passing, s.wait.context), DLK_NONE);
}

/* Of a string of bits one that is in another word. */
static void test_bit__far(void **state)
{
	struct scene s;

	start(&s, *state);
	fake_u64(*state, WORD + 8, 1 << 6);
	assert_int_equal(dlk_bit_spin(&s.facts, &s.wait, WORD, 70), DLK_OK);
	assert_int_equal(s.facts.model.waits.len, 1);
	assert_string_equal(dlk_facts_resource(&s.facts, 0)->state, "set");
}

static void test_bit__unreadable(void **state)
{
	struct scene s;

	start(&s, *state);
	fake_drop(*state, WORD);
	assert_int_equal(dlk_bit_spin(&s.facts, &s.wait, WORD, 9), DLK_ERR_FAULT);
	assert_int_equal(s.facts.model.waits.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_bit__set),
		FAKE_TEST(test_bit__clear),
		FAKE_TEST(test_bit__far),
		FAKE_TEST(test_bit__unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
