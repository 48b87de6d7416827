/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_DIGRAPH_H
#define DLK_GRAPH_DIGRAPH_H

/**
 * @file
 * A directed graph: nodes and edges, both known by number alone.
 *
 * What they mean is its owner's affair: who waits for whom (graph.h), or which lock was ever taken
 * under which.  What an owner knows of a node or an edge is in arrays of its own, by number.  Edges may
 * be parallel, and may lead from a node to itself.
 *
 *	struct dlk_digraph d = { .node_count = n, .counted = n, .edge_count = m, .from = f, .to = t };
 *
 *	status = dlk_digraph_index(ctx, &d);
 *	...
 *	struct dlk_span out = dlk_digraph_out(&d, node);
 *	for (uint32_t i = 0; i < out.count; i++)
 *		use(d.to[out.items[i]]);
 *
 * Searches: scc.h (which nodes are on cycles together), shortest.h (a shortest cycle), reach.h (all
 * that leads to a node).  They follow the edges that a filter lets pass, need no recursion, and take
 * their memory before they start, so that one may be made again and again.
 *
 * Some graphs have nodes of two sorts: those that are meant, and those that stand between them, so
 * that n waiters of a thing with m holders are n + m edges.  The latter have the higher numbers, do not
 * count in lengths and sums, and are on no cycle by themselves.
 */

#include "base/groups.h"

struct dlk_digraph {
	uint32_t node_count, edge_count;
	uint32_t counted;          /**< Nodes below are counted, the others stand between. */
	const uint32_t *from, *to; /**< The ends of each edge. */
	struct dlk_groups out;     /**< The edges out of each node, by where they lead. */
	struct dlk_groups in;      /**< The edges into each node, by where they come from. */
};

/** Which edges a search follows: those that pass; without a function, all. */
struct dlk_edge_filter {
	bool (*passes)(const void *arg, uint32_t edge);
	const void *arg;
};

static inline bool dlk_edge_passes(const struct dlk_edge_filter *filter, uint32_t edge)
{
	return !filter->passes || filter->passes(filter->arg, edge);
}

/**
 * List the edges of each node.
 *
 * Parallel edges are listed by their numbers.
 *
 * @param[in,out] d  The lists are set; all else is given, and must stay where it is.
 * @return DLK_OK, DLK_ERR_INVALID (an edge to or from a node that there is not), DLK_ERR_NOMEM.
 *
 * Ownership: the lists live as long as @p ctx.
 * Target:    none.  Linear in nodes and edges.
 */
enum dlk_status dlk_digraph_index(struct dlk_ctx *ctx, struct dlk_digraph *d) DLK_MUST_CHECK;

/** The edges out of a node. */
static inline struct dlk_span dlk_digraph_out(const struct dlk_digraph *d, uint32_t node)
{
	return dlk_groups_get(&d->out, node);
}

/** The edges into a node. */
static inline struct dlk_span dlk_digraph_in(const struct dlk_digraph *d, uint32_t node)
{
	return dlk_groups_get(&d->in, node);
}

/** The edge of the lowest number from one node to another; UINT32_MAX if there is none. */
uint32_t dlk_digraph_find(const struct dlk_digraph *d, uint32_t from, uint32_t to);

#endif
