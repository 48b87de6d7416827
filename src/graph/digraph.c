/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directed graph: its lists of edges. */
#include <config.h>

#include "graph/digraph.h"

static enum dlk_status check_ends(struct dlk_ctx *ctx, const struct dlk_digraph *d)
{
	if (d->counted > d->node_count || d->node_count == UINT32_MAX)
		return dlk_fail(ctx, DLK_ERR_INVALID, "a graph cannot have %u nodes of %u",
				d->counted, d->node_count);
	for (uint32_t i = 0; i < d->edge_count; i++)
		if (d->from[i] >= d->node_count || d->to[i] >= d->node_count)
			return dlk_fail(ctx, DLK_ERR_INVALID, "edge %u is out of range", i);
	return DLK_OK;
}

/* What is dealt out in the order of the one end comes out sorted by it. */
enum dlk_status dlk_digraph_index(struct dlk_ctx *ctx, struct dlk_digraph *d)
{
	struct dlk_span edges = { NULL, d->edge_count };
	enum dlk_status status = check_ends(ctx, d);

	if (!status)
		status = dlk_groups_deal(ctx, &edges, d->to, d->node_count, &d->in);
	edges.items = d->in.items;
	if (!status)
		status = dlk_groups_deal(ctx, &edges, d->from, d->node_count, &d->out);
	edges.items = d->out.items;
	if (!status)
		status = dlk_groups_deal(ctx, &edges, d->to, d->node_count, &d->in);
	return status;
}

uint32_t dlk_digraph_find(const struct dlk_digraph *d, uint32_t from, uint32_t to)
{
	struct dlk_span out = dlk_digraph_out(d, from);
	uint32_t low = 0, high = out.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (d->to[out.items[middle]] < to)
			low = middle + 1;
		else
			high = middle;
	}
	return low < out.count && d->to[out.items[low]] == to ? out.items[low] : UINT32_MAX;
}
