/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_SHORTEST_H
#define DLK_GRAPH_SHORTEST_H

/**
 * @file
 * Search for a shortest cycle in a component; for cycles.c only.
 */

#include "graph/graph.h"

struct dlk_shortest {
	const struct dlk_graph *g;
	uint32_t *path; /**< The cycle found: contexts, the lowest first. */
	/* Scratch of the search. */
	uint32_t *seen, *parent, *queue;
	uint32_t walk;
	uint64_t work, budget;
};

/** Get memory for searches in @p g; DLK_OK or DLK_ERR_NOMEM. */
enum dlk_status dlk_shortest_init(struct dlk_ctx *ctx, const struct dlk_graph *g,
				  struct dlk_shortest *ret) DLK_MUST_CHECK;

/**
 * Find a cycle of a component of @p scc: the shortest; of these, the one of certain facts only,
 * if there is one; of these, the one with the lowest first context.
 *
 * When the budget is spent, the search ends with the shortest found so far; there is always one.
 *
 * @param[in]  level    The level the components were made for.
 * @param[out] len_ret  Number of contexts in the path.
 * @return DLK_OK or DLK_ERR_CANCELED.
 */
enum dlk_status dlk_shortest_find(struct dlk_ctx *ctx, struct dlk_shortest *s,
				  const struct dlk_scc *scc, uint32_t component, int level,
				  uint32_t *len_ret) DLK_MUST_CHECK;

/** Count work done elsewhere against the budget. */
void dlk_shortest_charge(struct dlk_shortest *s, uint64_t work);

/** Tell whether there is budget left. */
bool dlk_shortest_may_go_on(const struct dlk_shortest *s);

/** The strongest edge between two nodes; NULL if there is none. */
const struct dlk_edge *dlk_shortest_find_edge(const struct dlk_graph *g, uint32_t from,
					      uint32_t to);

#endif
