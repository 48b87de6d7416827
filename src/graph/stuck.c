/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who can never go on: the greatest set of nodes in which each is kept waiting by others of it.
 *
 * Start with all nodes and take out those that nothing in the set keeps, until there are no more;
 * every edge is looked at once for each level.  What is left is stuck: a context that waits for
 * a stuck node, a resource with a stuck holder, a needs_any resource all of whose holders are known
 * and stuck.
 */
#include <config.h>

#include "graph/graph.h"

struct sweep {
	struct dlk_graph *g;
	int level;
	uint32_t *left; /* of each node: how many edges still keep it */
	uint32_t *gone; /* nodes taken out whose waiters have not been told */
	uint32_t gone_count;
};

static bool keeps(const struct sweep *s, uint32_t edge)
{
	return s->g->edges[edge].confidence >= s->level &&
	       s->g->stuck[s->g->digraph.to[edge]] == s->level;
}

static uint32_t count_all(const struct sweep *s, uint32_t node)
{
	struct dlk_span out = dlk_digraph_out(&s->g->digraph, node);
	uint32_t count = 0;

	for (uint32_t i = 0; i < out.count; i++)
		count += keeps(s, out.items[i]);
	return count;
}

/*
 * A needs_any resource is kept by all its holders together or not at all.  A holder that may be
 * none stands for one that is not known: the claim is as certain as the least certain holder, and no more than
 * likely if that there are no others is assumed.
 * So this is one or nothing, and one holder gone leaves nothing.
 */
static uint32_t count_any(const struct sweep *s, uint32_t node)
{
	const struct dlk_graph *g = s->g;
	const struct dlk_resource *r = &g->model->resources[dlk_graph_resource(g, node)];
	uint32_t degree = dlk_digraph_out(&g->digraph, node).count;

	if (r->holders_unknown || (r->holders_assumed && s->level > (int)DLK_LIKELY))
		return 0;
	return degree && count_all(s, node) == degree;
}

static void take_out(struct sweep *s, uint32_t node)
{
	s->g->stuck[node] = (int8_t)(s->level - 1);
	s->gone[s->gone_count++] = node;
}

static void tell(struct sweep *s, uint32_t edge)
{
	uint32_t from = s->g->digraph.from[edge];

	if (s->g->edges[edge].confidence < s->level || s->g->stuck[from] != s->level)
		return;
	s->left[from]--;
	if (!s->left[from])
		take_out(s, from);
}

/* Tell those that wait for a node that it is gone. */
static void tell_all(struct sweep *s, uint32_t node)
{
	struct dlk_span in = dlk_digraph_in(&s->g->digraph, node);

	for (uint32_t i = 0; i < in.count; i++)
		tell(s, in.items[i]);
}

static void run_sweep(struct sweep *s)
{
	const struct dlk_graph *g = s->g;

	for (uint32_t node = 0; node < g->digraph.node_count; node++)
		if (g->stuck[node] == s->level)
			s->left[node] = dlk_graph_needs_any(g, node) ? count_any(s, node)
								     : count_all(s, node);
	for (uint32_t node = 0; node < g->digraph.node_count; node++)
		if (g->stuck[node] == s->level && !s->left[node])
			take_out(s, node);
	while (s->gone_count)
		tell_all(s, s->gone[--s->gone_count]);
}

static void rate_edges(struct dlk_graph *g)
{
	const struct dlk_digraph *d = &g->digraph;

	for (uint32_t i = 0; i < d->edge_count; i++) {
		struct dlk_edge *e = &g->edges[i];

		e->strength = e->confidence;
		if (e->strength > g->stuck[d->from[i]])
			e->strength = g->stuck[d->from[i]];
		if (e->strength > g->stuck[d->to[i]])
			e->strength = g->stuck[d->to[i]];
		g->live_waits[d->to[i]] += dlk_graph_is_live(g, d->from[i]);
	}
}

static bool is_stuck(const void *arg, uint32_t edge)
{
	const struct dlk_graph *g = arg;

	return g->edges[edge].strength != DLK_UNSTUCK;
}

struct dlk_edge_filter dlk_stuck_edges(const struct dlk_graph *g)
{
	return (struct dlk_edge_filter){ is_stuck, g };
}

static bool is_live(const void *arg, uint32_t edge)
{
	const struct dlk_graph *g = arg;
	uint32_t from = g->digraph.from[edge];

	return !dlk_graph_is_context(g, from) || dlk_graph_is_live(g, from);
}

struct dlk_edge_filter dlk_live_edges(const struct dlk_graph *g)
{
	return (struct dlk_edge_filter){ is_live, g };
}

enum dlk_status dlk_stuck_find(struct dlk_ctx *ctx, struct dlk_graph *g)
{
	struct sweep s = { .g = g };

	s.left = dlk_calloc(ctx, g->digraph.node_count, sizeof(*s.left));
	s.gone = dlk_calloc(ctx, g->digraph.node_count, sizeof(*s.gone));
	if (!s.left || !s.gone)
		return dlk_nomem(ctx);
	for (uint32_t node = 0; node < g->digraph.node_count; node++)
		g->stuck[node] = DLK_UNSTUCK;
	for (s.level = DLK_POSSIBLE; s.level <= (int)DLK_CERTAIN; s.level++) {
		for (uint32_t node = 0; node < g->digraph.node_count; node++)
			if (g->stuck[node] == s.level - 1)
				g->stuck[node] = (int8_t)s.level;
		run_sweep(&s);
	}
	rate_edges(g);
	return DLK_OK;
}
