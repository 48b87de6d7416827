/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_VERDICT_H
#define DEADLOCK_VERDICT_H

/**
 * @file
 * The judgement over a model: who is deadlocked, who is behind whom, which task is the root.
 *
 * The wait-for graph has an edge from the context of a wait to the context of every hold on the
 * same resource (but not from a reader to a reader), and from a queued reader of a rwsem,
 * percpu_rwsem or rwlock to the nearest writer queued ahead of it (the reader waits for that
 * writer's turn, also when only readers hold the lock).  A wait counts only while its context sleeps, or
 * does not, as the wait says (dlk_wait_counts()).
 *
 * A resource with needs_any is free again when one holder is gone: a context that waits for it is
 * stuck only if every holder is stuck and all holders are known.  For every other resource one
 * stuck holder is enough.  So the stuck contexts are the greatest set in which each one waits for
 * a resource that stuck ones of the set keep from it; cycles are looked for only inside this set.
 *
 * Within a strongly connected component each deadlock is reported once, as a shortest cycle.  A
 * contended lock whose holder can go on is no deadlock, however long its queue.
 */

#include "deadlock/model.h"

/** One edge of a cycle: the context of @c wait cannot go on before @c blocker does. */
struct dlk_step {
	uint32_t wait; /**< Index of the wait: says who waits, and for what. */
	uint32_t hold; /**< Index of the hold that blocks it; DLK_NONE if a queued waiter does. */
	uint32_t
		ahead; /**< Index of the wait queued ahead that blocks it; DLK_NONE if a hold does. */
	uint32_t blocker; /**< Index of the context that is waited for: that of the next step. */
	enum dlk_confidence confidence; /**< The weaker of the two sides; for a needs_any resource,
					     as certain only as that every holder is stuck. */
};

struct dlk_cycle {
	const struct dlk_step
		*steps; /**< steps[i].blocker is the context of steps[i + 1], cyclically. */
	uint32_t step_count;
	enum dlk_confidence confidence; /**< That of the weakest step. */
	uint32_t behind; /**< Contexts that wait for this cycle without being in it. */
};

enum dlk_role {
	DLK_ROLE_NONE,   /**< Neither waits nor keeps anybody waiting. */
	DLK_ROLE_CYCLE,  /**< In a reported cycle. */
	DLK_ROLE_BEHIND, /**< Waits, directly or not, for a context in a cycle. */
	DLK_ROLE_ROOT, /**< At the end of a chain without a cycle; itself waits for no known context. */
	DLK_ROLE_BLOCKED, /**< Waits, also for what is not understood, and leads to no cycle. */
	DLK_ROLE_HOLDER   /**< Holds a resource that is waited for, and is neither of the above. */
};

/**
 * The end of chains that are not cycles: what most tasks wait for in the end.
 *
 * Contexts that are in or behind a deadlock on likely facts or better do not count; those of a
 * merely possible one do, for it may be none.
 */
struct dlk_root {
	uint32_t context;  /**< DLK_NONE if the resource's holder is not known. */
	uint32_t resource; /**< The resource at the end of the chains. */
	uint32_t behind;   /**< Contexts that wait for it, directly or not. */
};

/**
 * A lock that nobody will let go, and somebody waits for: its owner word names no live task, or its
 * owner has exited.
 */
struct dlk_leak {
	uint32_t resource;
	uint32_t
		owner; /**< The context that has exited; DLK_NONE if the owner is no task at all. */
	uint32_t waiter; /**< The first of those that wait for it. */
	uint32_t behind; /**< Contexts that wait for it, directly or not. */
	enum dlk_confidence confidence;
};

/**
 * What keeps us from saying that there is no deadlock.  Only what has lasted counts: a task that was in
 * a lock's slow path for a moment is no hang.
 */
struct dlk_doubts {
	uint32_t waits;   /**< Waits that are not understood, and have lasted. */
	uint32_t holders; /**< Waits that have lasted, for what has holders that are not known. */
	uint32_t losses;  /**< Findings that are a loss. */
	uint32_t predictions; /**< What lockdep foretells, in a log: it may have come. */
};

/** How long a wait must have lasted to count: a second. */
#define DLK_LASTING_NS UINT64_C(1000000000)

/** Tell whether a wait has lasted; one whose duration is not known counts as if. */
static inline bool dlk_is_lasting(uint64_t ns)
{
	return ns == DLK_NS_UNKNOWN || ns >= DLK_LASTING_NS;
}

/**
 * Tell whether a wait has lasted for a while, and is for what has holders that are not known.  Of a lock that is
 * just being passed on none is missing, however long its queue has waited.
 */
static inline bool dlk_is_doubtful(const struct dlk_model *m, const struct dlk_wait *w)
{
	const struct dlk_context *c = &m->contexts[w->context];
	const struct dlk_resource *r = &m->resources[w->resource];

	return r->holders_unknown && !r->is_passed_on && dlk_wait_counts(c, w) &&
	       dlk_is_lasting(dlk_wait_ns(c, w));
}

/**
 * In rising order.  No deadlock is said only if there is no doubt; a leaked lock and a deadlock are, if
 * the facts are likely or better; a leak that is less sure is a doubt as well.
 */
enum dlk_verdict_code {
	DLK_NO_DEADLOCK,
	DLK_UNKNOWN,
	DLK_POSSIBLE_DEADLOCK,
	DLK_LEAKED_LOCK,
	DLK_DEADLOCK
};

struct dlk_verdict {
	enum dlk_verdict_code code;
	const struct dlk_cycle *cycles; /**< Most certain first, then by the lowest pid in them. */
	uint32_t cycle_count;
	const struct dlk_root *roots; /**< Most waited-for first, then by pid, then by resource. */
	uint32_t root_count;
	const struct dlk_leak *leaks; /**< Most certain first, then most waited-for. */
	uint32_t leak_count;
	const enum dlk_role *roles; /**< One for each context of the model. */
	uint32_t in_cycles, behind_cycles;
	struct dlk_doubts doubts;
};

/** JSON name of a verdict; a static string. */
const char *dlk_verdict_text(enum dlk_verdict_code code);
/** JSON name of a role; a static string; "none" for DLK_ROLE_NONE. */
const char *dlk_role_text(enum dlk_role role);

/**
 * Judge a model.
 *
 * @param[in]  ctx    Context for memory and cancellation.
 * @param[in]  model  The facts; indices outside its arrays are an error.
 * @param[out] ret    The verdict; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED, DLK_ERR_INVALID (an index or enum out of
 *         range), DLK_ERR_LIMIT (more facts than 32 bits can number).
 *
 * Ownership: the verdict's arrays live as long as @p ctx.
 * Target:    none: a pure function of the model; the order of its arrays does not matter.
 *
 * Time and memory are linear in contexts, waits and holds, but for sorting, for the search of
 * shortest cycles and for the counts of who is behind.  These two are bounded: past the bound (67
 * million edges looked at) a component shows one cycle, perhaps not the shortest, and a count is
 * a lower bound.
 */
enum dlk_status dlk_judge(struct dlk_ctx *ctx, const struct dlk_model *model,
			  struct dlk_verdict *ret) DLK_MUST_CHECK;

#endif
