/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_SCC_H
#define DLK_GRAPH_SCC_H

/**
 * @file
 * Strongly connected components: which nodes are on cycles together.
 */

#include "graph/digraph.h"

struct dlk_scc {
	const struct dlk_digraph *d;
	uint32_t *component; /**< Of each node; UINT32_MAX if it is on no cycle. */
	uint32_t *members;   /**< Nodes by component, in rising order. */
	uint32_t *first;     /**< Members of component i: first[i] .. first[i + 1] - 1. */
	uint32_t count;
	/* Scratch of the search, one element for each node. */
	uint32_t *order, *low, *cursor, *path, *pending;
};

/** Get memory for the components of @p d; DLK_OK or DLK_ERR_NOMEM. */
enum dlk_status dlk_scc_init(struct dlk_ctx *ctx, const struct dlk_digraph *d, struct dlk_scc *ret)
	DLK_MUST_CHECK;

/**
 * Find the components along the edges that pass.
 *
 * A node by itself is one only if an edge leads back to it.  May be called again: the former
 * components are forgotten.
 *
 * @return DLK_OK or DLK_ERR_CANCELED.
 *
 * Target: none.  Linear in nodes and edges; no more memory, no recursion.
 */
enum dlk_status dlk_scc_find(struct dlk_ctx *ctx, struct dlk_scc *scc,
			     const struct dlk_edge_filter *filter) DLK_MUST_CHECK;

#endif
