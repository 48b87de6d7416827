/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where chains end that are no deadlock: at a context that waits for nobody, or at a resource of
 * which nobody knows who keeps it.
 *
 * Chains that lead into a deadlock on likely facts or better are explained by it and are left out;
 * a merely possible deadlock explains nothing, so what else its contexts wait for is followed.
 */
#include <config.h>

#include <stdlib.h>

#include "graph/graph.h"

struct root_key {
	struct dlk_root root;
	uint32_t node; /* the context's; above all contexts, by resource, if there is none */
};

struct roots {
	struct dlk_ctx *ctx;
	struct dlk_reach *reach;
	const struct dlk_graph *g;
	struct dlk_edge_filter live;
	bool *is_end;     /* of each node */
	uint32_t *behind; /* of each resource node: what a walk from it alone counts, plus one */
	struct root_key *keys;
	uint32_t count;
};

/* A context that does not wait is waited for by holds only: queue order leads to waiters. */
bool dlk_roots_is_root(const struct dlk_graph *g, uint32_t node)
{
	struct dlk_span in;

	if (!dlk_graph_is_context(g, node) || dlk_graph_has_out(g, node))
		return false;
	in = dlk_digraph_in(&g->digraph, node);
	for (uint32_t i = 0; i < in.count; i++)
		if (g->live_waits[g->digraph.from[in.items[i]]])
			return true;
	return false;
}

static bool has_unknown_holders(const struct dlk_graph *g, uint32_t node)
{
	const struct dlk_resource *r = &g->model->resources[dlk_graph_resource(g, node)];

	return r->needs_any && r->holders_unknown;
}

/*
 * First come the ends that are seen: contexts, and resources without a holder.  A needs_any
 * resource with unknown holders is an end only if no chain from it leads to one of these.
 */
static void mark_ends(struct roots *r)
{
	const struct dlk_graph *g = r->g;

	dlk_reach_begin(r->reach);
	for (uint32_t node = 0; node < g->digraph.node_count; node++) {
		if (dlk_graph_is_context(g, node))
			r->is_end[node] = dlk_roots_is_root(g, node);
		else
			r->is_end[node] = g->live_waits[node] && !dlk_graph_has_out(g, node);
		if (r->is_end[node])
			dlk_reach_add(r->reach, node);
	}
	dlk_reach_run(r->reach, &r->live);
	for (uint32_t node = g->context_count; node < g->digraph.node_count; node++)
		if (g->live_waits[node] && !dlk_reach_has(r->reach, node) &&
		    has_unknown_holders(g, node))
			r->is_end[node] = true;
}

static uint32_t count_behind(struct roots *r, uint32_t node)
{
	dlk_reach_begin(r->reach);
	dlk_reach_add(r->reach, node);
	return dlk_reach_run(r->reach, &r->live);
}

/* Many readers of one lock have the same waiters behind them: these are counted once. */
static uint32_t count_behind_context(struct roots *r, uint32_t node)
{
	struct dlk_span in = dlk_digraph_in(&r->g->digraph, node);
	uint32_t resource;

	if (in.count != 1)
		return count_behind(r, node);
	resource = r->g->digraph.from[in.items[0]];
	if (!r->behind[resource])
		r->behind[resource] = count_behind(r, resource) + 1;
	return r->behind[resource] - 1;
}

/* The resource that most wait for of those that a context holds; both its sides count. */
static uint32_t find_main_resource(const struct roots *r, uint32_t node)
{
	const struct dlk_graph *g = r->g;
	struct dlk_span in = dlk_digraph_in(&g->digraph, node);
	uint32_t best = DLK_NONE, best_count = 0, last = DLK_NONE, count = 0;

	for (uint32_t i = 0; i < in.count; i++) {
		uint32_t side = g->digraph.from[in.items[i]];
		uint32_t rank = dlk_graph_resource_rank(g, side);
		bool is_again = i && g->digraph.from[in.items[i - 1]] == side;

		if (rank != last)
			count = 0;
		last = rank;
		if (!is_again)
			count += g->live_waits[side];
		if (count > best_count) {
			best = rank;
			best_count = count;
		}
	}
	return g->resource_at[best];
}

static enum dlk_status add_context_roots(struct roots *r)
{
	for (uint32_t node = 0; node < r->g->context_count; node++) {
		enum dlk_status status = dlk_check_cancel(r->ctx);

		if (status)
			return status;
		if (!r->is_end[node])
			continue;
		r->keys[r->count++] = (struct root_key){
			.root = { .context = r->g->context_at[node],
				  .resource = find_main_resource(r, node),
				  .behind = count_behind_context(r, node) },
			.node = node,
		};
	}
	return DLK_OK;
}

/* Both sides of a resource are one end. */
static enum dlk_status add_resource_roots(struct roots *r)
{
	for (uint32_t node = r->g->context_count; node < r->g->digraph.node_count; node += 2) {
		enum dlk_status status = dlk_check_cancel(r->ctx);

		if (status)
			return status;
		if (!r->is_end[node] && !r->is_end[node + 1])
			continue;
		dlk_reach_begin(r->reach);
		for (uint32_t side = node; side <= node + 1; side++)
			if (r->is_end[side])
				dlk_reach_add(r->reach, side);
		r->keys[r->count++] = (struct root_key){
			.root = { .context = DLK_NONE,
				  .resource = dlk_graph_resource(r->g, node),
				  .behind = dlk_reach_run(r->reach, &r->live) },
			.node = node,
		};
	}
	return DLK_OK;
}

static int compare_roots(const void *a, const void *b)
{
	const struct root_key *x = a, *y = b;

	if (x->root.behind != y->root.behind)
		return x->root.behind > y->root.behind ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static enum dlk_status put_out(struct roots *r, struct dlk_verdict *ret)
{
	struct dlk_root *roots = dlk_calloc(r->ctx, r->count, sizeof(*roots));

	if (!roots)
		return dlk_nomem(r->ctx);
	qsort(r->keys, r->count, sizeof(*r->keys), compare_roots);
	for (uint32_t i = 0; i < r->count; i++)
		roots[i] = r->keys[i].root;
	ret->roots = roots;
	ret->root_count = r->count;
	return DLK_OK;
}

static uint32_t count_ends(const struct roots *r)
{
	uint32_t count = 0;

	for (uint32_t node = 0; node < r->g->digraph.node_count; node++)
		count += r->is_end[node];
	return count;
}

enum dlk_status dlk_roots_find(struct dlk_ctx *ctx, const struct dlk_graph *g,
			       struct dlk_reach *reach, struct dlk_verdict *ret)
{
	struct roots r = { .ctx = ctx, .reach = reach, .g = g, .live = dlk_live_edges(g) };
	enum dlk_status status;

	r.is_end = dlk_calloc(ctx, g->digraph.node_count, sizeof(*r.is_end));
	r.behind = dlk_calloc(ctx, g->digraph.node_count, sizeof(*r.behind));
	if (!r.is_end || !r.behind)
		return dlk_nomem(ctx);
	mark_ends(&r);
	r.keys = dlk_calloc(ctx, count_ends(&r), sizeof(*r.keys));
	if (!r.keys)
		return dlk_nomem(ctx);
	status = add_context_roots(&r);
	if (!status)
		status = add_resource_roots(&r);
	if (status)
		return status;
	return put_out(&r, ret);
}
