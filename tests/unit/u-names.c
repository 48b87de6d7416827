/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/base/names.c: the words of the JSON, as the documented format has them. */
#include <config.h>

#include "support.h"

#include "deadlock/model.h"

static void test_names__kinds(void **state)
{
	static const char *const expected[] = {
		"mutex",     "ww_mutex",  "rt_mutex",  "rwsem",     "percpu_rwsem", "vma_lock",
		"semaphore", "folio",     "writeback", "bit",       "work",         "workqueue",
		"kthread",   "thread",    "rcu",       "srcu",      "completion",   "spinlock",
		"rwlock",    "waitqueue", "futex",     "userfault", "interrupt",    "cpu",
	};

	(void)state;
	assert_int_equal(DLK_KIND_COUNT, sizeof(expected) / sizeof(expected[0]));
	for (unsigned i = 0; i < DLK_KIND_COUNT; i++)
		assert_string_equal(dlk_kind_text((enum dlk_kind)i), expected[i]);
	assert_string_equal(dlk_kind_text(DLK_KIND_FOLIO), "folio");
}

/* What is not known of each, in words that fit behind its name; some are followed, and some only named. */
static void test_names__what_is_known(void **state)
{
	(void)state;
	assert_true(dlk_kind_is_followed(DLK_KIND_MUTEX));
	assert_true(dlk_kind_is_followed(DLK_KIND_FOLIO));
	assert_false(dlk_kind_is_followed(DLK_KIND_FUTEX));
	assert_false(dlk_kind_is_followed(DLK_KIND_COUNT));
	for (unsigned i = 0; i < DLK_KIND_COUNT; i++) {
		const char *unknown = dlk_kind_unknown((enum dlk_kind)i);

		assert_in_range(strlen(unknown), 10, 200);
		assert_true(unknown[0] >= 'a' && unknown[0] <= 'z');
		assert_true(unknown[strlen(unknown) - 1] != '.');
	}
	assert_string_equal(dlk_kind_unknown(DLK_KIND_FUTEX),
			    "its owner is known to user space only");
}

/* Several may read; and of these, some read in turn. */
static void test_names__sharing(void **state)
{
	static const struct {
		enum dlk_kind kind;
		bool is_shared, is_fair;
	} expected[] = {
		{ DLK_KIND_MUTEX, false, false },      { DLK_KIND_WW_MUTEX, false, false },
		{ DLK_KIND_RT_MUTEX, false, false },   { DLK_KIND_RWSEM, true, true },
		{ DLK_KIND_PERCPU_RWSEM, true, true }, { DLK_KIND_SEMAPHORE, false, false },
		{ DLK_KIND_VMA_LOCK, true, false },    { DLK_KIND_FOLIO, false, false },
		{ DLK_KIND_RCU, true, false },         { DLK_KIND_SRCU, true, false },
		{ DLK_KIND_SPINLOCK, false, false },   { DLK_KIND_RWLOCK, true, true },
		{ DLK_KIND_INTERRUPT, false, false },  { DLK_KIND_COUNT, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		enum dlk_kind kind = expected[i].kind;

		assert_int_equal(dlk_kind_is_shared(kind), expected[i].is_shared);
		assert_int_equal(dlk_kind_is_fair(kind), expected[i].is_fair);
		assert_int_equal(dlk_kind_mode(kind, true), DLK_MODE_READ);
		assert_int_equal(dlk_kind_mode(kind, false),
				 expected[i].is_shared ? DLK_MODE_WRITE : DLK_MODE_EXCLUSIVE);
	}
	for (unsigned i = 0; i < DLK_KIND_COUNT; i++)
		assert_true(dlk_kind_is_shared((enum dlk_kind)i) ||
			    !dlk_kind_is_fair((enum dlk_kind)i));
}

static void test_names__why(void **state)
{
	static const char *const expected[] = {
		[DLK_WHY_NOT_ANALYSED] = "not-analysed", [DLK_WHY_NOT_FOUND] = "not-found",
		[DLK_WHY_NO_IDEA] = "not-known",         [DLK_WHY_SPINS] = "spins",
		[DLK_WHY_NOT_SEEN] = "not-seen",         [DLK_WHY_NOT_SAID] = "not-said",
	};

	(void)state;
	assert_int_equal(DLK_WHY_COUNT, sizeof(expected) / sizeof(expected[0]));
	for (unsigned i = 0; i < DLK_WHY_COUNT; i++)
		assert_string_equal(dlk_why_text((enum dlk_why)i), expected[i]);
	assert_string_equal(dlk_why_meaning(DLK_WHY_NOT_FOUND), "its waiter was not found");
	assert_string_equal(dlk_why_meaning(DLK_WHY_SPINS), "it spins, and whom for is not known");
	for (unsigned i = 0; i < DLK_WHY_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(dlk_why_meaning((enum dlk_why)i),
						dlk_why_meaning((enum dlk_why)j));
}

static void test_names__modes_and_confidences(void **state)
{
	(void)state;
	assert_string_equal(dlk_mode_text(DLK_MODE_READ), "read");
	assert_string_equal(dlk_mode_text(DLK_MODE_WRITE), "write");
	assert_string_equal(dlk_mode_text(DLK_MODE_EXCLUSIVE), "exclusive");
	assert_string_equal(dlk_confidence_text(DLK_POSSIBLE), "possible");
	assert_string_equal(dlk_confidence_text(DLK_LIKELY), "likely");
	assert_string_equal(dlk_confidence_text(DLK_CERTAIN), "certain");
	assert_true(DLK_POSSIBLE < DLK_LIKELY && DLK_LIKELY < DLK_CERTAIN);
}

static void test_names__evidence(void **state)
{
	(void)state;
	assert_string_equal(dlk_evidence_text(DLK_EVIDENCE_WAITER_LIST), "waiter-list");
	assert_string_equal(dlk_evidence_text(DLK_EVIDENCE_OWNER), "owner");
	assert_string_equal(dlk_evidence_text(DLK_EVIDENCE_FUNCTION), "function");
	assert_string_equal(dlk_evidence_meaning(DLK_EVIDENCE_OWNER), "the owner word names it");
	for (unsigned i = 0; i < DLK_EVIDENCE_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(dlk_evidence_text(1u << i),
						dlk_evidence_text(1u << j));
}

static void test_names__findings(void **state)
{
	(void)state;
	assert_string_equal(dlk_finding_text(DLK_FINDING_UNREADABLE), "unreadable");
	assert_string_equal(dlk_finding_text(DLK_FINDING_CORRUPT), "corrupt");
	assert_string_equal(dlk_finding_text(DLK_FINDING_NO_OWNER), "no-owner");
	assert_string_equal(dlk_finding_text(DLK_FINDING_LEAKED_LOCK), "leaked-lock");
	assert_string_equal(dlk_finding_text(DLK_FINDING_SLEEPS_HOLDING), "sleeps-holding");
	assert_string_equal(dlk_finding_text(DLK_FINDING_UNSUPPORTED), "unsupported");
}

static void test_names__statuses(void **state)
{
	(void)state;
	assert_string_equal(dlk_status_text(DLK_OK), "no error");
	assert_string_equal(dlk_status_text(DLK_ERR_FAULT), "memory not available");
	assert_string_equal(dlk_status_text(DLK_ERR_CANCELED), "canceled");
	assert_int_equal(DLK_OK, 0); /* callers write "if (status)" */
	assert_true(dlk_status_is_fatal(DLK_ERR_NOMEM));
	assert_true(dlk_status_is_fatal(DLK_ERR_CANCELED));
	assert_false(dlk_status_is_fatal(DLK_OK));
	assert_false(dlk_status_is_fatal(DLK_ERR_FAULT));
}

static void test_names__outside_of_the_enums(void **state)
{
	/* volatile: the compiler may think that it knows an enum's values */
	volatile unsigned beyond = 1000;

	(void)state;
	assert_non_null(strstr(dlk_status_text((enum dlk_status)beyond), "unknown"));
	assert_non_null(strstr(dlk_kind_text((enum dlk_kind)beyond), "unknown"));
	assert_non_null(strstr(dlk_kind_text(DLK_KIND_COUNT), "unknown"));
	assert_false(dlk_kind_is_followed((enum dlk_kind)beyond));
	assert_false(dlk_kind_is_followed(DLK_KIND_COUNT));
	assert_non_null(strstr(dlk_kind_unknown(DLK_KIND_COUNT), "unknown"));
	assert_non_null(strstr(dlk_kind_unknown((enum dlk_kind)beyond), "unknown"));
	assert_non_null(strstr(dlk_why_text(DLK_WHY_COUNT), "unknown"));
	assert_non_null(strstr(dlk_why_text((enum dlk_why)beyond), "unknown"));
	assert_non_null(strstr(dlk_why_meaning((enum dlk_why)beyond), "unknown"));
	assert_non_null(strstr(dlk_mode_text((enum dlk_mode)beyond), "unknown"));
	assert_non_null(strstr(dlk_evidence_text(1u << DLK_EVIDENCE_COUNT), "unknown"));
	assert_non_null(strstr(dlk_evidence_meaning(0), "unknown"));
	assert_non_null(strstr(dlk_confidence_text((enum dlk_confidence)beyond), "unknown"));
	assert_non_null(strstr(dlk_finding_text(DLK_FINDING_COUNT), "unknown"));
}

/* The header says what a status outside of the enum is called. */
static void test_names__unknown_status(void **state)
{
#define X(name, text) PLACE_OF_##name,
	enum { DLK_STATUS_TABLE(X) BEYOND };
#undef X
	volatile unsigned beyond = BEYOND;

	(void)state;
	assert_string_equal(dlk_status_text((enum dlk_status)beyond), "unknown status");
}

/* What tasks sleep for: a word for programs, and words for people that fit behind "waits for". */
static void test_names__purposes(void **state)
{
	(void)state;
	assert_string_equal(dlk_purpose_text(DLK_PURPOSE_FUTEX), "futex");
	assert_string_equal(dlk_purpose_text(DLK_PURPOSE_COUNT), "unknown");
	assert_string_equal(dlk_purpose_words(DLK_PURPOSE_TIMER), "a timer");
	for (unsigned i = 0; i < DLK_PURPOSE_COUNT; i++) {
		const char *words = dlk_purpose_words((enum dlk_purpose)i);

		assert_in_range(strlen(words), 5, 40);
		assert_true(words[0] >= 'a' && words[0] <= 'z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names__kinds),
		cmocka_unit_test(test_names__what_is_known),
		cmocka_unit_test(test_names__sharing),
		cmocka_unit_test(test_names__why),
		cmocka_unit_test(test_names__modes_and_confidences),
		cmocka_unit_test(test_names__evidence),
		cmocka_unit_test(test_names__findings),
		cmocka_unit_test(test_names__purposes),
		cmocka_unit_test(test_names__statuses),
		cmocka_unit_test(test_names__outside_of_the_enums),
		cmocka_unit_test(test_names__unknown_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
