/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_SHORTEST_H
#define DLK_GRAPH_SHORTEST_H

/**
 * @file
 * Search for a shortest cycle in a component.
 */

#include "graph/scc.h"

struct dlk_shortest {
	const struct dlk_scc *scc;
	uint32_t *path; /**< The cycle found: its counted nodes, the lowest first. */
	/* Scratch of the search. */
	uint32_t *seen, *parent, *queue, *between;
	uint32_t walk;
	uint64_t work, budget;
};

/** What to look for. */
struct dlk_quest {
	uint32_t component;
	struct dlk_edge_filter
		filter; /**< The one that the components were made with, or a stricter. */
	uint32_t least; /**< Be content with a cycle of this length. */
};

/** Get memory for searches in the components of @p scc; DLK_OK or DLK_ERR_NOMEM. */
enum dlk_status dlk_shortest_init(struct dlk_ctx *ctx, const struct dlk_scc *scc,
				  struct dlk_shortest *ret) DLK_MUST_CHECK;

/**
 * Find the shortest cycle of a component; of several, the one with the lowest first node.
 *
 * When the budget is spent, the search ends with the shortest found so far; with the components'
 * filter there is always one.
 *
 * @param[in,out] len  How many counted nodes it has: in, a bound that it must be below; out, its own,
 *                     unchanged if there is none.  Then the path is as it was.
 * @return DLK_OK or DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_shortest_find(struct dlk_ctx *ctx, struct dlk_shortest *s,
				  const struct dlk_quest *quest, uint32_t *len) DLK_MUST_CHECK;

/** Count work done elsewhere against the budget. */
void dlk_shortest_charge(struct dlk_shortest *s, uint64_t work);

/** Tell whether there is budget left. */
bool dlk_shortest_may_go_on(const struct dlk_shortest *s);

#endif
