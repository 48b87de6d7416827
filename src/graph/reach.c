/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits, directly or not: walks against the edges.
 *
 * Counting exactly how many contexts are behind each of many others takes, in general, a walk for
 * each.  They are cheap in practice (a waiter is behind few), and bounded for the rest.
 */
#include <config.h>

#include "graph/graph.h"

enum {
	WORK_MAX = 1 << 26, /* edges looked at in one analysis: below a second */
	WORK_FAIR = 1 << 10 /* edges that every walk may look at */
};

enum dlk_status dlk_reach_init(struct dlk_ctx *ctx, const struct dlk_graph *g,
			       struct dlk_reach *ret)
{
	struct dlk_reach r = { .g = g, .budget = WORK_MAX };

	r.seen = dlk_calloc(ctx, g->node_count, sizeof(*r.seen));
	r.queue = dlk_calloc(ctx, g->node_count, sizeof(*r.queue));
	if (!r.seen || !r.queue)
		return dlk_nomem(ctx);
	*ret = r;
	return DLK_OK;
}

void dlk_reach_begin(struct dlk_reach *r)
{
	r->walk++;
	r->len = 0;
}

void dlk_reach_add(struct dlk_reach *r, uint32_t node)
{
	if (r->seen[node] == r->walk)
		return;
	r->seen[node] = r->walk;
	r->queue[r->len++] = node;
}

static bool is_followed(const struct dlk_graph *g, const struct dlk_edge *e,
			enum dlk_reach_along along)
{
	if (along == DLK_ALONG_STUCK)
		return e->strength != DLK_UNSTUCK;
	return !dlk_graph_is_context(g, e->from) || dlk_graph_is_live(g, e->from);
}

uint32_t dlk_reach_run(struct dlk_reach *r, enum dlk_reach_along along)
{
	const struct dlk_graph *g = r->g;
	uint32_t source_count = r->len, contexts = 0;
	uint64_t fair_end = r->work + WORK_FAIR;

	for (uint32_t head = 0; head < r->len; head++) {
		uint32_t node = r->queue[head];

		if (head >= source_count)
			contexts += dlk_graph_is_context(g, node);
		if (r->work >= r->budget && r->work >= fair_end)
			continue;
		r->work += g->in[node + 1] - g->in[node];
		for (uint32_t i = g->in[node]; i < g->in[node + 1]; i++) {
			const struct dlk_edge *e = &g->edges[g->in_edges[i]];

			if (is_followed(g, e, along))
				dlk_reach_add(r, e->from);
		}
	}
	return contexts;
}
