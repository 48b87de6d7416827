/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that leads to some nodes.
 *
 * Counting exactly how many nodes are behind each of many others takes, in general, a walk for each.
 * They are cheap in practice (few are behind a waiter), and bounded for the rest.
 */
#include <config.h>

#include "graph/reach.h"

enum {
	WORK_MAX = 1 << 26, /* edges looked at in one analysis: below a second */
	WORK_FAIR = 1 << 10 /* edges that every walk may look at */
};

enum dlk_status dlk_reach_init(struct dlk_ctx *ctx, const struct dlk_digraph *d,
			       struct dlk_reach *ret)
{
	struct dlk_reach r = { .d = d, .budget = WORK_MAX };

	r.seen = dlk_calloc(ctx, d->node_count, sizeof(*r.seen));
	r.queue = dlk_calloc(ctx, d->node_count, sizeof(*r.queue));
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

static void go_back(struct dlk_reach *r, uint32_t node, const struct dlk_edge_filter *filter)
{
	struct dlk_span in = dlk_digraph_in(r->d, node);

	r->work += in.count;
	for (uint32_t i = 0; i < in.count; i++)
		if (dlk_edge_passes(filter, in.items[i]))
			dlk_reach_add(r, r->d->from[in.items[i]]);
}

uint32_t dlk_reach_run(struct dlk_reach *r, const struct dlk_edge_filter *filter)
{
	uint32_t source_count = r->len, met = 0;
	uint64_t fair_end = r->work + WORK_FAIR;

	for (uint32_t head = 0; head < r->len; head++) {
		uint32_t node = r->queue[head];

		if (head >= source_count)
			met += node < r->d->counted;
		if (r->work < r->budget || r->work < fair_end)
			go_back(r, node, filter);
	}
	return met;
}
