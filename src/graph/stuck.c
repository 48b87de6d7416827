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

static bool keeps(const struct sweep *s, const struct dlk_edge *e)
{
	return e->confidence >= s->level && s->g->stuck[e->to] == s->level;
}

static uint32_t count_all(const struct sweep *s, uint32_t node)
{
	const struct dlk_graph *g = s->g;
	uint32_t count = 0;

	for (uint32_t e = g->out[node]; e < g->out[node + 1]; e++)
		count += keeps(s, &g->edges[e]);
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
	uint32_t degree = g->out[node + 1] - g->out[node];

	if (r->holders_unknown || (r->holders_assumed && s->level > (int)DLK_LIKELY))
		return 0;
	return degree && count_all(s, node) == degree;
}

static void take_out(struct sweep *s, uint32_t node)
{
	s->g->stuck[node] = (int8_t)(s->level - 1);
	s->gone[s->gone_count++] = node;
}

static void tell(struct sweep *s, const struct dlk_edge *e)
{
	if (e->confidence < s->level || s->g->stuck[e->from] != s->level)
		return;
	s->left[e->from]--;
	if (!s->left[e->from])
		take_out(s, e->from);
}

static void run_sweep(struct sweep *s)
{
	const struct dlk_graph *g = s->g;

	for (uint32_t node = 0; node < g->node_count; node++)
		if (g->stuck[node] == s->level)
			s->left[node] = dlk_graph_needs_any(g, node) ? count_any(s, node)
								     : count_all(s, node);
	for (uint32_t node = 0; node < g->node_count; node++)
		if (g->stuck[node] == s->level && !s->left[node])
			take_out(s, node);
	while (s->gone_count) {
		uint32_t node = s->gone[--s->gone_count];

		for (uint32_t i = g->in[node]; i < g->in[node + 1]; i++)
			tell(s, &g->edges[g->in_edges[i]]);
	}
}

static void rate_edges(struct dlk_graph *g)
{
	for (uint32_t i = 0; i < g->edge_count; i++) {
		struct dlk_edge *e = &g->edges[i];

		e->strength = e->confidence;
		if (e->strength > g->stuck[e->from])
			e->strength = g->stuck[e->from];
		if (e->strength > g->stuck[e->to])
			e->strength = g->stuck[e->to];
		g->live_waits[e->to] += dlk_graph_is_live(g, e->from);
	}
}

enum dlk_status dlk_stuck_find(struct dlk_ctx *ctx, struct dlk_graph *g)
{
	struct sweep s = { .g = g };

	s.left = dlk_calloc(ctx, g->node_count, sizeof(*s.left));
	s.gone = dlk_calloc(ctx, g->node_count, sizeof(*s.gone));
	if (!s.left || !s.gone)
		return dlk_nomem(ctx);
	for (uint32_t node = 0; node < g->node_count; node++)
		g->stuck[node] = DLK_UNSTUCK;
	for (s.level = DLK_POSSIBLE; s.level <= (int)DLK_CERTAIN; s.level++) {
		for (uint32_t node = 0; node < g->node_count; node++)
			if (g->stuck[node] == s.level - 1)
				g->stuck[node] = (int8_t)s.level;
		run_sweep(&s);
	}
	rate_edges(g);
	return DLK_OK;
}
