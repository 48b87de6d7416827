/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_REACH_H
#define DLK_GRAPH_REACH_H

/**
 * @file
 * All that leads to some nodes: walks against the edges.
 *
 *	dlk_reach_begin(&r);
 *	dlk_reach_add(&r, node);
 *	count = dlk_reach_run(&r, &filter);
 */

#include "graph/digraph.h"

struct dlk_reach {
	const struct dlk_digraph *d;
	uint32_t *seen; /**< Number of the last walk that met the node. */
	uint32_t *queue;
	uint32_t walk, len;
	uint64_t work, budget; /**< Edges looked at, and how many may be. */
};

/** Get memory for walks in @p d; DLK_OK or DLK_ERR_NOMEM. */
enum dlk_status dlk_reach_init(struct dlk_ctx *ctx, const struct dlk_digraph *d,
			       struct dlk_reach *ret) DLK_MUST_CHECK;

/** Start a new walk. */
void dlk_reach_begin(struct dlk_reach *r);

/** Add a node to start from. */
void dlk_reach_add(struct dlk_reach *r, uint32_t node);

/**
 * Walk along the edges that pass, and count the counted nodes that are met, without those started from.
 *
 * Walks are linear each; their sum is bounded: once the budget is spent, a walk looks only at the
 * nearest nodes, and its count is a lower bound.
 */
uint32_t dlk_reach_run(struct dlk_reach *r, const struct dlk_edge_filter *filter);

/** Tell whether the last walk met @p node or started there. */
static inline bool dlk_reach_has(const struct dlk_reach *r, uint32_t node)
{
	return r->seen[node] == r->walk;
}

#endif
