/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/model/builder.c: what is found twice is one fact, and known by address or by name. */
#include <config.h>

#include "support.h"

#include "model/builder.h"

enum { TASK = 0x1000, LOCK = 0x10000 };

struct fixture {
	struct dlk_ctx ctx;
	struct dlk_model_builder b;
	uint32_t context, resource;
};

static int setup(void **state)
{
	static struct fixture x;
	const struct dlk_context context = { .task = TASK };
	bool is_new;

	dlk_ctx_init(&x.ctx);
	dlk_model_builder_init(&x.ctx, &x.b);
	assert_int_equal(dlk_model_add_context(&x.b, &context, &x.context), DLK_OK);
	assert_int_equal(dlk_model_make_resource(&x.b, DLK_KIND_MUTEX, LOCK, NULL, &x.resource,
						 &is_new),
			 DLK_OK);
	assert_true(is_new);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	dlk_ctx_deinit(&x->ctx);
	return 0;
}

static uint32_t make(struct fixture *x, enum dlk_kind kind, dlk_addr_t address, const char *name,
		     bool is_new_wanted)
{
	uint32_t resource;
	bool is_new;

	assert_int_equal(dlk_model_make_resource(&x->b, kind, address, name, &resource, &is_new),
			 DLK_OK);
	assert_int_equal(is_new, is_new_wanted);
	return resource;
}

static uint32_t make_part(struct fixture *x, uint32_t part, bool is_new_wanted)
{
	const struct dlk_resource like = { .kind = DLK_KIND_BIT, .address = LOCK, .part = part };
	uint32_t resource;
	bool is_new;

	assert_int_equal(dlk_model_make_like(&x->b, &like, &resource, &is_new), DLK_OK);
	assert_int_equal(is_new, is_new_wanted);
	assert_int_equal(dlk_model_resource(&x->b, resource)->part, part);
	assert_int_equal(dlk_model_find_like(&x->b, &like), resource);
	return resource;
}

/* Several of a kind at one address are told apart by their part. */
static void test_parts(struct fixture *x)
{
	uint32_t third = make_part(x, 3, true), fifth = make_part(x, 5, true);

	assert_int_not_equal(third, fifth);
	assert_int_not_equal(make(x, DLK_KIND_BIT, LOCK, NULL, true), third);
	assert_int_equal(make_part(x, 3, false), third);
	assert_int_equal(make_part(x, 5, false), fifth);
}

static void test_builder__resources(void **state)
{
	struct fixture *x = *state;
	uint32_t zoo;

	assert_int_equal(make(x, DLK_KIND_MUTEX, LOCK, NULL, false), x->resource);
	assert_int_not_equal(make(x, DLK_KIND_RWSEM, LOCK, NULL, true), x->resource);
	assert_int_not_equal(make(x, DLK_KIND_MUTEX, LOCK + 8, NULL, true), x->resource);
	test_parts(x);
	zoo = make(x, DLK_KIND_MUTEX, 0, "zoo", true);
	make(x, DLK_KIND_MUTEX, 0, "ape", true);
	make(x, DLK_KIND_RWSEM, 0, "zoo", true);
	assert_int_equal(make(x, DLK_KIND_MUTEX, 0, "zoo", false), zoo);
	assert_string_equal(dlk_model_resource(&x->b, zoo)->name, "zoo");
	/* Many names: some of them share a hash, all of them are told apart. */
	for (unsigned i = 0; i < 2000; i++)
		make(x, DLK_KIND_FOLIO, 0, dlk_format(&x->ctx, "folio %u", i), true);
	for (unsigned i = 0; i < 2000; i++)
		make(x, DLK_KIND_FOLIO, 0, dlk_format(&x->ctx, "folio %u", i), false);
}

static void hold(struct fixture *x, uint32_t evidence, enum dlk_confidence confidence,
		 const char *note)
{
	const struct dlk_hold hold = { .context = x->context,
				       .resource = x->resource,
				       .evidence = evidence,
				       .confidence = confidence,
				       .note = note };

	assert_int_equal(dlk_model_add_hold(&x->b, &hold), DLK_OK);
}

static void assert_hold(const struct fixture *x, uint32_t evidence, enum dlk_confidence confidence,
			const char *note)
{
	const struct dlk_hold *hold = dlk_model_hold(&x->b, 0);

	assert_int_equal(x->b.holds.len, 1);
	assert_int_equal(dlk_model_find_hold(&x->b, x->context, x->resource), 0);
	assert_int_equal(hold->evidence, evidence);
	assert_int_equal(hold->confidence, confidence);
	assert_string_equal(hold->note, note);
}

/* The surer one's words count; a guess adds nothing to what is likely. */
static void test_builder__a_guess_and_a_record(void **state)
{
	struct fixture *x = *state;

	hold(x, DLK_EVIDENCE_STACK_WORD, DLK_POSSIBLE, "guess");
	hold(x, DLK_EVIDENCE_LOCKDEP, DLK_LIKELY, "record");
	assert_hold(x, DLK_EVIDENCE_STACK_WORD | DLK_EVIDENCE_LOCKDEP, DLK_LIKELY, "record");
	hold(x, DLK_EVIDENCE_LIVE_FRAME, DLK_LIKELY, "frame");
	assert_hold(x, DLK_EVIDENCE_STACK_WORD | DLK_EVIDENCE_LOCKDEP | DLK_EVIDENCE_LIVE_FRAME,
		    DLK_LIKELY, "record");
}

static void test_builder__two_records(void **state)
{
	struct fixture *x = *state;

	hold(x, DLK_EVIDENCE_LOCKDEP, DLK_LIKELY, "lockdep");
	hold(x, DLK_EVIDENCE_LOCKDEP, DLK_LIKELY, "lockdep again");
	assert_hold(x, DLK_EVIDENCE_LOCKDEP, DLK_LIKELY, "lockdep");
	hold(x, DLK_EVIDENCE_OWNER, DLK_POSSIBLE, "a doubtful owner word");
	assert_hold(x, DLK_EVIDENCE_LOCKDEP | DLK_EVIDENCE_OWNER, DLK_LIKELY, "lockdep");
	hold(x, DLK_EVIDENCE_WAITER_LIST, DLK_LIKELY, "a third one");
	assert_hold(x, DLK_EVIDENCE_LOCKDEP | DLK_EVIDENCE_OWNER | DLK_EVIDENCE_WAITER_LIST,
		    DLK_CERTAIN, "lockdep");
}

static uint32_t wait_for(struct fixture *x, uint32_t resource, uint32_t position)
{
	const struct dlk_wait wait = { .context = x->context,
				       .resource = resource,
				       .position = position,
				       .evidence = DLK_EVIDENCE_BLOCKED_ON,
				       .confidence = DLK_LIKELY };

	assert_int_equal(dlk_model_add_wait(&x->b, &wait), DLK_OK);
	return dlk_model_find_wait(&x->b, x->context, resource);
}

/* The place in a queue is not lost to a record that does not know it. */
static void test_builder__waits(void **state)
{
	struct fixture *x = *state;
	uint32_t other = make(x, DLK_KIND_MUTEX, LOCK + 8, NULL, true);
	const struct dlk_wait *wait;

	assert_null(dlk_model_first_wait(&x->b, x->context));
	assert_int_equal(wait_for(x, x->resource, 3), 0);
	assert_int_equal(wait_for(x, x->resource, DLK_NONE), 0);
	assert_int_equal(wait_for(x, other, 7), 1);
	wait = dlk_model_first_wait(&x->b, x->context);
	assert_int_equal(wait->position, 3);
	wait = dlk_model_next_wait(&x->b, wait);
	assert_int_equal(wait->resource, other);
	assert_null(dlk_model_next_wait(&x->b, wait));
}

static bool is_other(void *arg, struct dlk_wait *wait)
{
	return wait->resource == *(uint32_t *)arg;
}

/* What is left is found as if nothing else had been. */
static void test_builder__keep(void **state)
{
	struct fixture *x = *state;
	uint32_t other = make(x, DLK_KIND_MUTEX, LOCK + 8, NULL, true);

	wait_for(x, x->resource, 3);
	wait_for(x, other, 7);
	assert_int_equal(dlk_model_keep_waits(&x->b, is_other, &other), DLK_OK);
	assert_int_equal(x->b.waits.len, 1);
	assert_int_equal(dlk_model_find_wait(&x->b, x->context, x->resource), DLK_NONE);
	assert_int_equal(dlk_model_find_wait(&x->b, x->context, other), 0);
	assert_int_equal(dlk_model_first_wait(&x->b, x->context)->resource, other);
	assert_null(dlk_model_next_wait(&x->b, dlk_model_first_wait(&x->b, x->context)));
}

/* What is on top of a task has its task's address, and is not found by it. */
static void test_builder__contexts(void **state)
{
	struct fixture *x = *state;
	const struct dlk_context on_top = { .kind = DLK_CONTEXT_SOFTIRQ, .task = TASK };
	uint32_t index;

	assert_int_equal(dlk_model_add_context(&x->b, &on_top, &index), DLK_OK);
	assert_int_equal(index, 1);
	assert_int_equal(dlk_model_find_context(&x->b, TASK), x->context);
	assert_int_equal(dlk_model_find_context(&x->b, TASK + 8), DLK_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_builder__resources),   TEST(test_builder__a_guess_and_a_record),
		TEST(test_builder__two_records), TEST(test_builder__waits),
		TEST(test_builder__keep),        TEST(test_builder__contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
