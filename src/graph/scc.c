/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strongly connected components, after Tarjan (1972), without recursion.
 *
 * Knows nodes and edges only.  The path of the depth-first search is an array, as is the state of
 * each node on it, so that a chain of a million waits costs memory and not the stack.
 */
#include <config.h>

#include <string.h>

#include "graph/graph.h"

/* scc->order: 0 before a node is met, and CLOSED, above all others, once its component is known. */
#define CLOSED UINT32_MAX

struct search {
	struct dlk_scc *scc;
	const struct dlk_graph *g;
	const bool *is_open;
	int level;
	uint32_t met, path_len, pending_len;
};

enum dlk_status dlk_scc_init(struct dlk_ctx *ctx, const struct dlk_graph *g, struct dlk_scc *ret)
{
	struct dlk_scc s = { .count = 0 };
	size_t size = sizeof(uint32_t);

	s.component = dlk_calloc(ctx, g->node_count, size);
	s.members = dlk_calloc(ctx, g->context_count, size);
	s.first = dlk_calloc(ctx, (size_t)g->context_count + 1, size);
	s.order = dlk_calloc(ctx, g->node_count, size);
	s.low = dlk_calloc(ctx, g->node_count, size);
	s.cursor = dlk_calloc(ctx, g->node_count, size);
	s.path = dlk_calloc(ctx, g->node_count, size);
	s.pending = dlk_calloc(ctx, g->node_count, size);
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
	scc->cursor[node] = s->g->out[node];
	scc->path[s->path_len++] = node;
	scc->pending[s->pending_len++] = node;
}

/* All that is pending above @node is one component with it; no edge leads from a node to itself. */
static void close_component(struct search *s, uint32_t node)
{
	struct dlk_scc *scc = s->scc;
	bool is_single = scc->pending[s->pending_len - 1] == node;
	uint32_t member;

	do {
		member = scc->pending[--s->pending_len];
		scc->order[member] = CLOSED;
		scc->component[member] = is_single ? DLK_NONE : scc->count;
	} while (member != node);
	scc->count += !is_single;
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

static bool is_usable(const struct search *s, const struct dlk_edge *e)
{
	return e->strength >= s->level && (!dlk_graph_is_context(s->g, e->to) || s->is_open[e->to]);
}

/* Follow one edge of the last node on the path, or leave it. */
static void advance(struct search *s)
{
	struct dlk_scc *scc = s->scc;
	uint32_t node = scc->path[s->path_len - 1];
	const struct dlk_edge *e;

	if (scc->cursor[node] == s->g->out[node + 1]) {
		leave(s, node);
		return;
	}
	e = &s->g->edges[scc->cursor[node]++];
	if (!is_usable(s, e))
		return;
	if (!scc->order[e->to])
		enter(s, e->to);
	else if (scc->order[e->to] < scc->low[node])
		scc->low[node] = scc->order[e->to];
}

/* A component of two nodes or more has a context, as every edge has one at an end. */
static void list_members(struct dlk_scc *scc, const struct dlk_graph *g)
{
	memset(scc->first, 0, ((size_t)g->context_count + 1) * sizeof(*scc->first));
	for (uint32_t node = 0; node < g->context_count; node++)
		if (scc->component[node] != DLK_NONE)
			scc->first[scc->component[node] + 1]++;
	for (uint32_t i = 0; i < scc->count; i++)
		scc->first[i + 1] += scc->first[i];
	for (uint32_t i = 0; i < scc->count; i++)
		scc->low[i] = scc->first[i];
	for (uint32_t node = 0; node < g->context_count; node++)
		if (scc->component[node] != DLK_NONE)
			scc->members[scc->low[scc->component[node]]++] = node;
}

void dlk_scc_find(struct dlk_scc *scc, const struct dlk_graph *g, const bool *is_open, int level)
{
	struct search s = { .scc = scc, .g = g, .is_open = is_open, .level = level };

	scc->count = 0;
	for (uint32_t node = 0; node < g->node_count; node++) {
		scc->order[node] = 0;
		scc->component[node] = DLK_NONE;
	}
	for (uint32_t node = 0; node < g->context_count; node++) {
		if (!is_open[node] || scc->order[node])
			continue;
		enter(&s, node);
		while (s.path_len)
			advance(&s);
	}
	list_members(scc, g);
}
