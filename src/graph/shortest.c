/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shortest cycle of a component, by breadth-first searches.
 *
 * One search for each counted node, for the cycles of which that is the lowest: it looks at higher
 * ones only, and no further than a cycle shorter than the best so far could reach.  So an ordinary
 * component costs little more than one search.  A dense one could cost the square of its size; hence
 * the budget.
 */
#include <config.h>

#include "graph/shortest.h"

/* Edges looked at in one analysis before it is content with what it has: below a second. */
enum { WORK_MAX = 1 << 26 };

struct walk {
	struct dlk_shortest *s;
	const struct dlk_digraph *d;
	const struct dlk_quest *quest;
	uint32_t start;
	uint32_t head, end;     /* of the queue of counted nodes */
	uint32_t between_count; /* nodes that stand between and have not been passed */
	bool is_closed;         /* the cycle is: the last of it is `last` */
	uint32_t last;
};

enum dlk_status dlk_shortest_init(struct dlk_ctx *ctx, const struct dlk_scc *scc,
				  struct dlk_shortest *ret)
{
	struct dlk_shortest s = { .scc = scc, .budget = WORK_MAX };
	const struct dlk_digraph *d = scc->d;

	s.path = dlk_calloc(ctx, d->counted, sizeof(*s.path));
	s.seen = dlk_calloc(ctx, d->node_count, sizeof(*s.seen));
	s.parent = dlk_calloc(ctx, d->counted, sizeof(*s.parent));
	s.queue = dlk_calloc(ctx, d->counted, sizeof(*s.queue));
	s.between = dlk_calloc(ctx, d->node_count - d->counted, sizeof(*s.between));
	if (!s.path || !s.seen || !s.parent || !s.queue || !s.between)
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

/* Each node is met once: later comers would meet nobody new behind it. */
static void meet(struct walk *w, uint32_t node, uint32_t from)
{
	struct dlk_shortest *s = w->s;

	if (node == w->start) {
		w->is_closed = true;
		w->last = from;
		return;
	}
	if (node < w->start || s->seen[node] == s->walk ||
	    s->scc->component[node] != w->quest->component)
		return;
	s->seen[node] = s->walk;
	if (node >= w->d->counted) {
		s->between[w->between_count++] = node;
		return;
	}
	s->parent[node] = from;
	s->queue[w->end++] = node;
}

/* Meet those to which edges of @node lead, as seen from the counted node @from. */
static void look_along(struct walk *w, uint32_t node, uint32_t from)
{
	struct dlk_span out = dlk_digraph_out(w->d, node);

	w->s->work += out.count;
	for (uint32_t i = 0; i < out.count && !w->is_closed; i++)
		if (dlk_edge_passes(&w->quest->filter, out.items[i]))
			meet(w, w->d->to[out.items[i]], from);
}

/* What stands between is passed on the way: it is no step. */
static void expand(struct walk *w, uint32_t node)
{
	w->between_count = 0;
	look_along(w, node, node);
	for (uint32_t i = 0; i < w->between_count && !w->is_closed; i++)
		look_along(w, w->s->between[i], node);
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

/* Look for a shorter cycle through @start. */
static void improve(struct dlk_shortest *s, const struct dlk_quest *quest, uint32_t start,
		    uint32_t *len_ret)
{
	struct walk w = { .s = s, .d = s->scc->d, .quest = quest, .start = start };
	uint32_t len = run_walk(&w, *len_ret);

	if (!len)
		return;
	keep_path(&w, len);
	*len_ret = len;
}

enum dlk_status dlk_shortest_find(struct dlk_ctx *ctx, struct dlk_shortest *s,
				  const struct dlk_quest *quest, uint32_t *len)
{
	const struct dlk_scc *scc = s->scc;
	uint32_t end = scc->first[quest->component + 1];

	for (uint32_t i = scc->first[quest->component]; i < end; i++) {
		enum dlk_status status = dlk_check_cancel(ctx);

		if (status)
			return status;
		if (scc->members[i] >= scc->d->counted || *len <= quest->least)
			break;
		improve(s, quest, scc->members[i], len);
		if (!dlk_shortest_may_go_on(s))
			break;
	}
	return DLK_OK;
}
