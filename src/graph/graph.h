/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_GRAPH_H
#define DLK_GRAPH_GRAPH_H

/**
 * @file
 * The wait-for graph; private to src/graph/.
 *
 * Theory
 *
 * Claimed is: *these contexts can never go on*, because each one waits for another of them.  The
 * claim rests on three things, and is wrong if one of them is:
 *
 * - Every wait and hold on a cycle is real.  Each has a confidence; the cycle has the weakest.
 * - A context goes on only if *each* of its waits ends, so one wait that cannot end is enough.
 *   A context that is not blocked waits for nothing but by what it spins for, and for what is on top of it.
 * - A resource is kept from a waiter until *all* conflicting holders have let go; so one stuck
 *   holder is enough, and unknown other holders do not matter.  Where one holder's going is enough
 *   (needs_any) the claim needs much more: all holders known, and each of them stuck.
 *
 * Two readers do not conflict.  A reader waits however, where the kind is fair, for the writers queued
 * before it: queue.h says for which, and why.  What stands in the model as a holder in the middle of
 * a hand-over, or as a wait that a signal or a timeout can end, is for the lock layer to leave out or
 * to give little confidence.
 *
 * Form
 *
 * The graph is bipartite, so that n waiters of a resource with m holders cost n + m edges.  Nodes
 * are the contexts and, twice, the resources: as a reader meets them (only writers hold) and as
 * a writer does (everybody holds).
 *
 *     context --wait--> resource, read side  ---hold---> writers
 *     context --wait--> resource, write side ---hold---> writers and readers
 *     context (reader) --------queue order-------------> context (writer ahead)
 *
 * Level: a confidence below which facts are left out.  Everything that is claimed at a level is
 * claimed from facts of that level or better; so the stuck sets of rising levels are nested, and
 * one number for each node tells them all.  An edge's *strength* is the highest level at which it
 * is a fact and both its ends are stuck.  Cycles are walks along edges of some strength.
 *
 * The nodes and edges are a digraph (digraph.h), and so are searched; what they mean is here.
 *
 * Order: a context's node is its rank by (pid, task address, kind), a resource's by (kind, address, name), and
 * edges are sorted by node; the answer does not depend on the order of the model's arrays.
 */

#include "deadlock/verdict.h"
#include "graph/reach.h"
#include "graph/scc.h"

/** The level of what is not stuck at all; below DLK_POSSIBLE. */
enum { DLK_UNSTUCK = -1 };

/** What an edge means; its ends are the digraph's. */
struct dlk_edge {
	uint32_t wait; /**< Index of the wait; DLK_NONE for an edge from resource to holder. */
	uint32_t via;  /**< Index of the hold, or of the wait ahead; DLK_NONE for a plain wait. */
	int8_t confidence; /**< DLK_UNSTUCK: it is one, and no fact at any level: a wait that gives up. */
	int8_t strength; /**< Set by dlk_stuck_find(). */
};

struct dlk_graph {
	const struct dlk_model *model;
	struct dlk_digraph digraph;  /**< Contexts are counted, resources stand between them. */
	uint32_t context_count;      /**< Nodes below are contexts, the others resources. */
	const uint32_t *context_at;  /**< Model index of the context of a node. */
	const uint32_t *node_of;     /**< Node of a context of the model. */
	const uint32_t *resource_at; /**< Model index of a resource, by rank. */
	struct dlk_edge *edges; /**< By the digraph's number: by from, to, falling confidence. */
	int8_t *stuck;          /**< Level of each node; set by dlk_stuck_find(). */
	uint32_t *live_waits;   /**< Into each node, from live ones; by dlk_stuck_find(). */
};

static inline bool dlk_graph_is_context(const struct dlk_graph *g, uint32_t node)
{
	return node < g->context_count;
}

/** Rank of the resource of a node that is not a context. */
static inline uint32_t dlk_graph_resource_rank(const struct dlk_graph *g, uint32_t node)
{
	return (node - g->context_count) / 2;
}

/** Model index of the resource of a node that is not a context. */
static inline uint32_t dlk_graph_resource(const struct dlk_graph *g, uint32_t node)
{
	return g->resource_at[dlk_graph_resource_rank(g, node)];
}

/** Tell whether @p node is a resource of which one holder gone is enough. */
static inline bool dlk_graph_needs_any(const struct dlk_graph *g, uint32_t node)
{
	return !dlk_graph_is_context(g, node) &&
	       g->model->resources[dlk_graph_resource(g, node)].needs_any;
}

static inline bool dlk_graph_has_out(const struct dlk_graph *g, uint32_t node)
{
	return dlk_digraph_out(&g->digraph, node).count;
}

static inline bool dlk_graph_has_in(const struct dlk_graph *g, uint32_t node)
{
	return dlk_digraph_in(&g->digraph, node).count;
}

/**
 * Tell whether a chain of waits through @p node may end elsewhere than in a deadlock: only doubtful
 * facts, if any, say that it is stuck.
 */
static inline bool dlk_graph_is_live(const struct dlk_graph *g, uint32_t node)
{
	return g->stuck[node] < (int)DLK_LIKELY;
}

/**
 * Check a model and make its graph.
 *
 * @return DLK_OK, DLK_ERR_INVALID (an index or enum out of range), DLK_ERR_LIMIT (more elements
 *         than a graph can number), DLK_ERR_NOMEM.
 */
enum dlk_status dlk_graph_build(struct dlk_ctx *ctx, const struct dlk_model *model,
				struct dlk_graph *ret) DLK_MUST_CHECK;

/**
 * Find the greatest stuck set of each level, the strengths of the edges, and the live waits.
 *
 * @return DLK_OK or DLK_ERR_NOMEM.
 */
enum dlk_status dlk_stuck_find(struct dlk_ctx *ctx, struct dlk_graph *g) DLK_MUST_CHECK;

/** The edges of any strength: into deadlocks. */
struct dlk_edge_filter dlk_stuck_edges(const struct dlk_graph *g);

/** The edges from contexts that are live: to the ends of chains. */
struct dlk_edge_filter dlk_live_edges(const struct dlk_graph *g);

struct dlk_cycle_list {
	struct dlk_cycle *cycles;
	uint32_t count;
	uint32_t *cycle_of; /**< Of each context node: index of its cycle, or DLK_NONE. */
};

/**
 * Find one shortest cycle of each deadlock; cycles share no context.
 *
 * The list is in the order of the verdict; `behind` is left 0.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_cycles_find(struct dlk_ctx *ctx, const struct dlk_graph *g,
				struct dlk_cycle_list *ret) DLK_MUST_CHECK;

/**
 * Count the contexts behind each cycle.
 *
 * @return DLK_OK or DLK_ERR_CANCELED.
 */
enum dlk_status dlk_roles_count_behind(struct dlk_ctx *ctx, const struct dlk_graph *g,
				       struct dlk_reach *r, struct dlk_cycle_list *list)
	DLK_MUST_CHECK;

/**
 * Give each context its role, and count the contexts in cycles and behind them.
 *
 * @param[in,out] ret  Its roles, in_cycles and behind_cycles are set.
 * @return DLK_OK or DLK_ERR_NOMEM.
 */
enum dlk_status dlk_roles_assign(struct dlk_ctx *ctx, const struct dlk_graph *g,
				 const struct dlk_cycle_list *list, struct dlk_verdict *ret)
	DLK_MUST_CHECK;

/** Tell whether @p node is a context at the end of live chains: it is waited for, and waits not. */
bool dlk_roots_is_root(const struct dlk_graph *g, uint32_t node);

/**
 * Find the ends of chains that are not cycles.
 *
 * @param[in,out] ret  Its roots and root_count are set.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_roots_find(struct dlk_ctx *ctx, const struct dlk_graph *g, struct dlk_reach *r,
			       struct dlk_verdict *ret) DLK_MUST_CHECK;

/**
 * Find the locks that nobody will let go, and that somebody has waited for for a while.
 *
 * @param[in,out] ret  Its leaks and leak_count are set.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_leaks_find(struct dlk_ctx *ctx, const struct dlk_graph *g, struct dlk_reach *r,
			       struct dlk_verdict *ret) DLK_MUST_CHECK;

/** Count what keeps us from saying that there is no deadlock; of the waits, those of live contexts. */
void dlk_doubts_count(const struct dlk_graph *g, struct dlk_doubts *ret);

#endif
