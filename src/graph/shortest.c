/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shortest cycle of a component, by breadth-first searches.
 *
 * One search for each context, for the cycles of which that is the lowest: it looks at higher
 * contexts only, and no further than a cycle shorter than the best so far could reach.  So an
 * ordinary component costs little more than one search.  A dense one could cost the square of its
 * size; hence the budget.
 */
#include <config.h>

#include "graph/shortest.h"

/* Edges looked at in one analysis before it is content with what it has: below a second. */
enum { WORK_MAX = 1 << 26 };

struct walk {
	struct dlk_shortest *s;
	const struct dlk_scc *scc;
	uint32_t component, start;
	int level;
	uint32_t head, end; /* of the queue */
	bool is_closed;     /* the cycle is: the last of it is `last` */
	uint32_t last;
};

enum dlk_status dlk_shortest_init(struct dlk_ctx *ctx, const struct dlk_graph *g,
				  struct dlk_shortest *ret)
{
	struct dlk_shortest s = { .g = g, .budget = WORK_MAX };

	s.path = dlk_calloc(ctx, g->context_count, sizeof(*s.path));
	s.seen = dlk_calloc(ctx, g->node_count, sizeof(*s.seen));
	s.parent = dlk_calloc(ctx, g->context_count, sizeof(*s.parent));
	s.queue = dlk_calloc(ctx, g->context_count, sizeof(*s.queue));
	if (!s.path || !s.seen || !s.parent || !s.queue)
		return dlk_nomem(ctx);
	*ret = s;
	return DLK_OK;
}

void dlk_shortest_charge(struct dlk_shortest *s, uint64_t work)
{
	s->work += work;
}

bool dlk_shortest_may_go_on(const struct dlk_shortest *s)
{
	return s->work < s->budget;
}

static void meet(struct walk *w, uint32_t node, uint32_t from)
{
	struct dlk_shortest *s = w->s;

	if (node == w->start) {
		w->is_closed = true;
		w->last = from;
		return;
	}
	if (node < w->start || s->seen[node] == s->walk || w->scc->component[node] != w->component)
		return;
	s->seen[node] = s->walk;
	s->parent[node] = from;
	s->queue[w->end++] = node;
}

/* Each side of a resource is looked through once: later comers would meet nobody new. */
static void pass_resource(struct walk *w, uint32_t resource, uint32_t from)
{
	struct dlk_shortest *s = w->s;
	const struct dlk_graph *g = s->g;

	if (s->seen[resource] == s->walk)
		return;
	s->seen[resource] = s->walk;
	s->work += g->out[resource + 1] - g->out[resource];
	for (uint32_t e = g->out[resource]; e < g->out[resource + 1] && !w->is_closed; e++)
		if (g->edges[e].strength >= w->level)
			meet(w, g->edges[e].to, from);
}

static void expand(struct walk *w, uint32_t node)
{
	struct dlk_shortest *s = w->s;
	const struct dlk_graph *g = s->g;

	s->work += g->out[node + 1] - g->out[node];
	for (uint32_t e = g->out[node]; e < g->out[node + 1] && !w->is_closed; e++) {
		if (g->edges[e].strength < w->level)
			continue;
		if (dlk_graph_is_context(g, g->edges[e].to))
			meet(w, g->edges[e].to, node);
		else
			pass_resource(w, g->edges[e].to, node);
	}
}

/* Number of steps of the shortest cycle through the start, if less than @bound; else 0. */
static uint32_t run_walk(struct walk *w, uint32_t bound)
{
	uint32_t len = 1;

	w->s->walk++;
	w->s->work++;
	w->s->queue[0] = w->start;
	w->end = 1;
	for (; len < bound && w->head < w->end; len++) {
		uint32_t level_end = w->end;

		while (w->head < level_end && !w->is_closed)
			expand(w, w->s->queue[w->head++]);
		if (w->is_closed)
			return len;
	}
	return 0;
}

static void keep_path(struct walk *w, uint32_t len)
{
	uint32_t node = w->last;

	for (uint32_t i = len; i-- > 0;) {
		w->s->path[i] = node;
		node = w->s->parent[node];
	}
}

/*
 * Look for a cycle of less than *@len_ret steps, the shortest within the budget; be content with
 * one of @goal steps.
 */
static enum dlk_status improve(struct dlk_ctx *ctx, const struct walk *pattern, uint32_t goal,
			       uint32_t *len_ret)
{
	const struct dlk_scc *scc = pattern->scc;
	uint32_t end = scc->first[pattern->component + 1];

	for (uint32_t i = scc->first[pattern->component]; i<end && * len_ret> goal; i++) {
		struct walk w = *pattern;
		enum dlk_status status = dlk_check_cancel(ctx);
		uint32_t len;

		if (status)
			return status;
		w.start = scc->members[i];
		len = run_walk(&w, *len_ret);
		if (len) {
			keep_path(&w, len);
			*len_ret = len;
		}
		if (!dlk_shortest_may_go_on(w.s))
			break;
	}
	return DLK_OK;
}

enum dlk_status dlk_shortest_find(struct dlk_ctx *ctx, struct dlk_shortest *s,
				  const struct dlk_scc *scc, uint32_t component, int level,
				  uint32_t *len_ret)
{
	struct walk pattern = { .s = s, .scc = scc, .component = component, .level = level };
	uint32_t len = DLK_NONE, certain;
	enum dlk_status status = improve(ctx, &pattern, 1, &len);

	if (status)
		return status;
	/* Among cycles of this length, one of certain facts only; it replaces the path if found. */
	certain = len + 1;
	pattern.level = DLK_CERTAIN;
	if (level >= (int)DLK_LIKELY)
		status = improve(ctx, &pattern, len, &certain);
	if (status)
		return status;
	*len_ret = certain < len ? certain : len;
	return DLK_OK;
}

const struct dlk_edge *dlk_shortest_find_edge(const struct dlk_graph *g, uint32_t from, uint32_t to)
{
	uint32_t low = g->out[from], end = g->out[from + 1], high = end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (g->edges[middle].to < to)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && g->edges[low].to == to ? &g->edges[low] : NULL;
}
