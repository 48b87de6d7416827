/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_UNKNOWN_MODELS_H
#define DLK_TESTS_UNKNOWN_MODELS_H

/**
 * @file
 * Models of what is not understood, for the tests of text reports on it.
 */

#include "u-text.h"

/** What a test reports on; start() empties it. */
static struct report_case the;

/** The longest time that does not last. */
static const uint64_t BRIEF = 999999999;

static inline void start(void)
{
	case_init(&the);
	the.verdict.code = DLK_UNKNOWN;
}

static inline void add_not_found(int32_t pid, const char *comm, const char *function)
{
	uint32_t context = the.model.context_count;

	add_task(&the, pid, comm);
	add_unknown(&the, context, DLK_WHY_NOT_FOUND, DLK_KIND_RWSEM, function, "foo+0x1");
	the.roles[context] = DLK_ROLE_BLOCKED;
}

/* A CPU whose task spins in @p function. */
static inline uint32_t spin_in(int32_t cpu, const char *function)
{
	uint32_t context = the.model.context_count;

	add_running(&the, 200 - cpu, "spinner", cpu);
	add_spin(&the, context, DLK_KIND_SPINLOCK, function, "lab_spin+0x1f [zoo]");
	the.roles[context] = DLK_ROLE_BLOCKED;
	return context;
}

static inline uint32_t spin(int32_t cpu)
{
	return spin_in(cpu, "native_queued_spin_lock_slowpath");
}

static inline void add_not_seen(int32_t pid, int32_t cpu)
{
	uint32_t context = the.model.context_count;

	add_running(&the, pid, "stress", cpu)->is_unseen = true;
	add_unknown(&the, context, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, NULL, NULL)->ns =
		12 * UINT64_C(1000000000);
	the.roles[context] = DLK_ROLE_BLOCKED;
}

#endif
