/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cycles to report: each deadlock once.
 *
 * In each strongly connected component one shortest cycle is taken, among these a most certain
 * one; then its contexts are closed, and what is left is looked at again.  So a cycle with chords
 * is one deadlock, and two that are linked are two.  First come the facts that are likely or
 * better; then, among the contexts that these leave unexplained, all facts.  So a doubtful edge
 * can neither shorten nor hide a cycle that does without it.
 */
#include <config.h>

#include <stdlib.h>

#include "graph/graph.h"
#include "graph/shortest.h"

struct finder {
	struct dlk_ctx *ctx;
	const struct dlk_graph *g;
	struct dlk_scc scc;
	struct dlk_shortest shortest;
	bool *is_open;
	int level;
	struct dlk_cycle_list list;
};

/* The facts of a level, among the contexts that are open. */
struct level {
	const struct dlk_graph *g;
	const bool *is_open;
	int level;
};

/* Where no edge leads is on no cycle, so that the other end need not be looked at. */
static bool is_of_level(const void *arg, uint32_t edge)
{
	const struct level *l = arg;
	uint32_t to = l->g->digraph.to[edge];

	return l->g->edges[edge].strength >= l->level &&
	       (!dlk_graph_is_context(l->g, to) || l->is_open[to]);
}

/*
 * The weaker of the two sides of a way; @hold is DLK_NONE if queue order is the way.  One holder of
 * a needs_any resource keeps it only together with all the others, so that these count too.
 */
static int rate_way(const struct dlk_graph *g, uint32_t wait, uint32_t hold)
{
	int confidence = g->edges[wait].confidence;
	uint32_t to = g->digraph.to[wait];

	if (hold != DLK_NONE && g->edges[hold].confidence < confidence)
		confidence = g->edges[hold].confidence;
	if (dlk_graph_needs_any(g, to) && g->stuck[to] < confidence)
		confidence = g->stuck[to];
	return confidence;
}

/* How an edge of a context's leads to another context: by a hold, or straight; @ret is the hold or DLK_NONE. */
static bool leads_to(const struct dlk_graph *g, uint32_t edge, uint32_t context, uint32_t *ret)
{
	uint32_t to = g->digraph.to[edge];

	*ret = dlk_graph_is_context(g, to) ? DLK_NONE : dlk_digraph_find(&g->digraph, to, context);
	return to == context || *ret != DLK_NONE;
}

/* The most certain way from one context to the next, by a hold or by queue order. */
static void find_step(const struct dlk_graph *g, uint32_t from, uint32_t to, struct dlk_step *ret)
{
	struct dlk_span out = dlk_digraph_out(&g->digraph, from);
	int best = DLK_UNSTUCK;

	for (uint32_t i = 0; i < out.count; i++) {
		const struct dlk_edge *e = &g->edges[out.items[i]];
		uint32_t hold;

		if (!leads_to(g, out.items[i], to, &hold) ||
		    rate_way(g, out.items[i], hold) <= best)
			continue;
		best = rate_way(g, out.items[i], hold);
		ret->wait = e->wait;
		ret->hold = hold != DLK_NONE ? g->edges[hold].via : DLK_NONE;
		ret->ahead = e->via; /* DLK_NONE if a resource is between */
	}
	ret->blocker = g->context_at[to];
	ret->confidence = (enum dlk_confidence)best;
}

static enum dlk_status add_cycle(struct finder *f, const uint32_t *path, uint32_t len)
{
	struct dlk_step *steps = dlk_calloc(f->ctx, len, sizeof(*steps));
	struct dlk_cycle *cycle = &f->list.cycles[f->list.count];

	if (!steps)
		return dlk_nomem(f->ctx);
	cycle->confidence = DLK_CERTAIN;
	for (uint32_t i = 0; i < len; i++) {
		find_step(f->g, path[i], path[(i + 1) % len], &steps[i]);
		if (steps[i].confidence < cycle->confidence)
			cycle->confidence = steps[i].confidence;
		f->is_open[path[i]] = false;
	}
	cycle->steps = steps;
	cycle->step_count = len;
	f->list.count++;
	return DLK_OK;
}

/*
 * A shortest cycle of a component; and among cycles of this length, one of certain facts only, if there
 * is one.
 */
static enum dlk_status find_shortest(struct finder *f, uint32_t component,
				     const struct dlk_edge_filter *filter, uint32_t *len)
{
	const struct level certain = { f->g, f->is_open, DLK_CERTAIN };
	struct dlk_quest quest = { .component = component, .filter = *filter, .least = 1 };
	uint32_t certain_len;
	enum dlk_status status;

	*len = UINT32_MAX;
	status = dlk_shortest_find(f->ctx, &f->shortest, &quest, len);
	if (status || f->level < (int)DLK_LIKELY)
		return status;
	quest.filter.arg = &certain;
	quest.least = *len;
	certain_len = *len + 1;
	return dlk_shortest_find(f->ctx, &f->shortest, &quest, &certain_len);
}

/* Who is in no component now is in no cycle later. */
static void close_rest(struct finder *f)
{
	for (uint32_t node = 0; node < f->g->context_count; node++)
		if (f->scc.component[node] == UINT32_MAX)
			f->is_open[node] = false;
}

/* A round over all components; *@found_ret tells whether there was any. */
static enum dlk_status run_round(struct finder *f, bool *found_ret)
{
	const struct level level = { f->g, f->is_open, f->level };
	const struct dlk_edge_filter filter = { is_of_level, &level };
	const struct dlk_digraph *d = &f->g->digraph;
	enum dlk_status status = dlk_scc_find(f->ctx, &f->scc, &filter);

	dlk_shortest_charge(&f->shortest, (uint64_t)d->node_count + d->edge_count);
	for (uint32_t i = 0; i < f->scc.count && !status; i++) {
		uint32_t len;

		status = find_shortest(f, i, &filter, &len);
		if (!status)
			status = add_cycle(f, f->shortest.path, len);
	}
	if (status)
		return status;
	close_rest(f);
	*found_ret = f->scc.count > 0;
	return DLK_OK;
}

/* The first round is always made: every component shows a cycle, whatever the budget. */
static enum dlk_status run_level(struct finder *f)
{
	bool has_found;

	do {
		enum dlk_status status = run_round(f, &has_found);

		if (status)
			return status;
	} while (has_found && dlk_shortest_may_go_on(&f->shortest));
	return DLK_OK;
}

static uint32_t first_node(const struct dlk_graph *g, const struct dlk_cycle *cycle)
{
	return g->node_of[g->model->waits[cycle->steps[0].wait].context];
}

struct cycle_key {
	struct dlk_cycle cycle;
	uint32_t node;
};

static int compare_cycles(const void *a, const void *b)
{
	const struct cycle_key *x = a, *y = b;

	if (x->cycle.confidence != y->cycle.confidence)
		return x->cycle.confidence > y->cycle.confidence ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static enum dlk_status sort_cycles(struct finder *f)
{
	struct dlk_cycle_list *list = &f->list;
	struct cycle_key *keys = dlk_calloc(f->ctx, list->count, sizeof(*keys));

	if (!keys)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < list->count; i++)
		keys[i] = (struct cycle_key){ list->cycles[i], first_node(f->g, &list->cycles[i]) };
	qsort(keys, list->count, sizeof(*keys), compare_cycles);
	for (uint32_t i = 0; i < list->count; i++) {
		list->cycles[i] = keys[i].cycle;
		for (uint32_t s = 0; s < keys[i].cycle.step_count; s++)
			list->cycle_of[f->g->node_of[keys[i].cycle.steps[s].blocker]] = i;
	}
	return DLK_OK;
}

/* Returns how many contexts are open for cycles of @level, which is the one to search now. */
static uint32_t open_contexts(struct finder *f, int level)
{
	uint32_t count = 0;

	f->level = level;
	for (uint32_t node = 0; node < f->g->context_count; node++) {
		int stuck = f->g->stuck[node];

		/* Who is stuck by likely facts is in, or behind, a cycle of such facts. */
		f->is_open[node] = level == (int)DLK_POSSIBLE ? stuck == level : stuck >= level;
		count += f->is_open[node];
	}
	return count;
}

static enum dlk_status init_finder(struct dlk_ctx *ctx, const struct dlk_graph *g, struct finder *f)
{
	uint32_t stuck_count = 0;
	enum dlk_status status;

	*f = (struct finder){ .ctx = ctx, .g = g };
	for (uint32_t node = 0; node < g->context_count; node++)
		stuck_count += g->stuck[node] != DLK_UNSTUCK;
	f->is_open = dlk_calloc(ctx, g->context_count, sizeof(*f->is_open));
	f->list.cycle_of = dlk_calloc(ctx, g->context_count, sizeof(*f->list.cycle_of));
	f->list.cycles = dlk_calloc(ctx, stuck_count, sizeof(*f->list.cycles));
	if (!f->is_open || !f->list.cycle_of || !f->list.cycles)
		return dlk_nomem(ctx);
	for (uint32_t node = 0; node < g->context_count; node++)
		f->list.cycle_of[node] = DLK_NONE;
	status = dlk_scc_init(ctx, &g->digraph, &f->scc);
	return status ? status : dlk_shortest_init(ctx, &f->scc, &f->shortest);
}

enum dlk_status dlk_cycles_find(struct dlk_ctx *ctx, const struct dlk_graph *g,
				struct dlk_cycle_list *ret)
{
	struct finder f;
	enum dlk_status status = init_finder(ctx, g, &f);

	if (!status && open_contexts(&f, DLK_LIKELY))
		status = run_level(&f);
	if (!status && open_contexts(&f, DLK_POSSIBLE))
		status = run_level(&f);
	if (!status)
		status = sort_cycles(&f);
	if (status)
		return status;
	*ret = f.list;
	return DLK_OK;
}
