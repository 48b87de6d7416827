/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strongly connected components, after Tarjan (1972), without recursion.
 *
 * The path of the depth-first search is an array, as is the state of each node on it, so that
 * a chain of a million edges costs memory and not the stack.
 */
#include <config.h>

#include <string.h>

#include "graph/scc.h"

/* scc->order: 0 before a node is met, and CLOSED, above all others, once its component is known. */
#define CLOSED UINT32_MAX

/* How many edges are followed between two looks whether to go on. */
enum { CANCEL_EVERY = 1 << 12 };

struct search {
	struct dlk_scc *scc;
	const struct dlk_digraph *d;
	const struct dlk_edge_filter *filter;
	uint32_t met, path_len, pending_len;
};

enum dlk_status dlk_scc_init(struct dlk_ctx *ctx, const struct dlk_digraph *d, struct dlk_scc *ret)
{
	struct dlk_scc s = { .d = d };
	size_t size = sizeof(uint32_t);

	s.component = dlk_calloc(ctx, d->node_count, size);
	s.members = dlk_calloc(ctx, d->node_count, size);
	s.first = dlk_calloc(ctx, (size_t)d->node_count + 1, size);
	s.order = dlk_calloc(ctx, d->node_count, size);
	s.low = dlk_calloc(ctx, d->node_count, size);
	s.cursor = dlk_calloc(ctx, d->node_count, size);
	s.path = dlk_calloc(ctx, d->node_count, size);
	s.pending = dlk_calloc(ctx, d->node_count, size);
	if (!s.component || !s.members || !s.first || !s.order || !s.low || !s.cursor || !s.path ||
	    !s.pending)
		return dlk_nomem(ctx);
	*ret = s;
	return DLK_OK;
}

static void enter(struct search *s, uint32_t node)
{
	struct dlk_scc *scc = s->scc;

	scc->order[node] = scc->low[node] = ++s->met;
	scc->cursor[node] = 0;
	scc->path[s->path_len++] = node;
	scc->pending[s->pending_len++] = node;
}

/* Each node is looked at once for this. */
static bool leads_to_itself(const struct search *s, uint32_t node)
{
	struct dlk_span out = dlk_digraph_out(s->d, node);

	for (uint32_t i = 0; i < out.count; i++)
		if (s->d->to[out.items[i]] == node && dlk_edge_passes(s->filter, out.items[i]))
			return true;
	return false;
}

/* All that is pending above @node is one component with it. */
static void close_component(struct search *s, uint32_t node)
{
	struct dlk_scc *scc = s->scc;
	bool is_cyclic = scc->pending[s->pending_len - 1] != node || leads_to_itself(s, node);
	uint32_t member;

	do {
		member = scc->pending[--s->pending_len];
		scc->order[member] = CLOSED;
		scc->component[member] = is_cyclic ? scc->count : UINT32_MAX;
	} while (member != node);
	scc->count += is_cyclic;
}

static void leave(struct search *s, uint32_t node)
{
	struct dlk_scc *scc = s->scc;

	s->path_len--;
	if (s->path_len) {
		uint32_t parent = scc->path[s->path_len - 1];

		if (scc->low[node] < scc->low[parent])
			scc->low[parent] = scc->low[node];
	}
	if (scc->low[node] == scc->order[node])
		close_component(s, node);
}

/* Follow one edge of the last node on the path, or leave it. */
static void advance(struct search *s)
{
	struct dlk_scc *scc = s->scc;
	uint32_t node = scc->path[s->path_len - 1], edge, to;
	struct dlk_span out = dlk_digraph_out(s->d, node);

	if (scc->cursor[node] == out.count) {
		leave(s, node);
		return;
	}
	edge = out.items[scc->cursor[node]++];
	to = s->d->to[edge];
	if (!dlk_edge_passes(s->filter, edge))
		return;
	if (!scc->order[to])
		enter(s, to);
	else if (scc->order[to] < scc->low[node])
		scc->low[node] = scc->order[to];
}

static void list_members(struct dlk_scc *scc)
{
	memset(scc->first, 0, ((size_t)scc->d->node_count + 1) * sizeof(*scc->first));
	for (uint32_t node = 0; node < scc->d->node_count; node++)
		if (scc->component[node] != UINT32_MAX)
			scc->first[scc->component[node] + 1]++;
	for (uint32_t i = 0; i < scc->count; i++)
		scc->first[i + 1] += scc->first[i];
	memcpy(scc->low, scc->first, (size_t)scc->count * sizeof(*scc->low));
	for (uint32_t node = 0; node < scc->d->node_count; node++)
		if (scc->component[node] != UINT32_MAX)
			scc->members[scc->low[scc->component[node]]++] = node;
}

static enum dlk_status search_from(struct dlk_ctx *ctx, struct search *s, uint32_t node)
{
	enum dlk_status status = dlk_check_cancel(ctx);

	enter(s, node);
	for (uint32_t steps = 1; s->path_len && !status; steps++) {
		advance(s);
		if (steps % CANCEL_EVERY == 0)
			status = dlk_check_cancel(ctx);
	}
	return status;
}

enum dlk_status dlk_scc_find(struct dlk_ctx *ctx, struct dlk_scc *scc,
			     const struct dlk_edge_filter *filter)
{
	struct search s = { .scc = scc, .d = scc->d, .filter = filter };
	enum dlk_status status = DLK_OK;

	scc->count = 0;
	memset(scc->order, 0, (size_t)scc->d->node_count * sizeof(*scc->order));
	for (uint32_t node = 0; node < scc->d->node_count && !status; node++)
		if (!scc->order[node])
			status = search_from(ctx, &s, node);
	if (!status)
		list_members(scc);
	return status;
}
