/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion on a model, for u-graph-random.c.
 *
 * It is written from verdict.h alone: matrices over the model's contexts, fixpoints and closures by
 * definition, without resource nodes, ranks, searches or any function under test. It says
 * everything but which of several equally good paths of a cycle is shown.
 */
#ifndef DLK_TESTS_OPINION_H
#define DLK_TESTS_OPINION_H

#include "u-graph.h"

enum { OPINION_CONTEXTS = 7, OPINION_LEVELS = DLK_CERTAIN + 1 };

struct opinion {
	const struct dlk_model *m;
	bool stuck[OPINION_LEVELS][OPINION_CONTEXTS];
	/* way: a waits for b by facts of the level; raw: by any, whether stuck or not */
	bool way[OPINION_LEVELS][OPINION_CONTEXTS][OPINION_CONTEXTS];
	bool raw[OPINION_CONTEXTS][OPINION_CONTEXTS];
	bool is_open[OPINION_CONTEXTS], in_cycle[OPINION_CONTEXTS];
	uint32_t cycle_count;
};

/** Form one of a model of at most OPINION_CONTEXTS contexts, which must outlive it. */
void opinion_make(struct opinion *o, const struct dlk_model *m);

/** Compare a verdict with it; cycles first, for roles are told by them. */
void opinion_check_cycles(struct opinion *o, const struct dlk_verdict *v);
void opinion_check_steps(const struct opinion *o, const struct dlk_verdict *v);
void opinion_check_behind(const struct opinion *o, const struct dlk_verdict *v);
void opinion_check_roles(const struct opinion *o, const struct dlk_verdict *v);
void opinion_check_roots(const struct opinion *o, const struct dlk_verdict *v);

/* What its parts share. */

/** In the order in which contexts are shown. */
bool opinion_is_before(const struct dlk_model *m, uint32_t a, uint32_t b);

bool opinion_is_waiting(const struct dlk_model *m, const struct dlk_wait *w);
bool opinion_has_conflict(const struct dlk_wait *w, const struct dlk_hold *h);

/** Whether a wait is for the turn of another one in the queue. */
bool opinion_is_in_way(const struct dlk_model *m, const struct dlk_wait *w,
		       const struct dlk_wait *ahead);

/** The context of the nearest in the way of @p w that is at least as certain as @p level, or DLK_NONE. */
uint32_t opinion_ahead(const struct dlk_model *m, const struct dlk_wait *w, int level);

/** Whether @p w waits for @p to by facts that are at least as certain as @p level. */
bool opinion_is_way(const struct opinion *o, const struct dlk_wait *w, uint32_t to, int level);

#endif
