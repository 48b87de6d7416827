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

#include "graph/shortest.h"

struct finder {
	struct dlk_ctx *ctx;
	const struct dlk_graph *g;
	struct dlk_scc scc;
	struct dlk_shortest shortest;
	bool *is_open;
	struct dlk_cycle_list list;
};

/*
 * The weaker of the two sides of a way; @hold is NULL if queue order is the way.  One holder of
 * a needs_any resource keeps it only together with all the others, so that these count too.
 */
static int rate_way(const struct dlk_graph *g, const struct dlk_edge *wait,
		    const struct dlk_edge *hold)
{
	int confidence = wait->confidence;

	if (hold && hold->confidence < confidence)
		confidence = hold->confidence;
	if (dlk_graph_needs_any(g, wait->to) && g->stuck[wait->to] < confidence)
		confidence = g->stuck[wait->to];
	return confidence;
}

/* The most certain way from one context to the next, by a hold or by queue order. */
static void find_step(const struct dlk_graph *g, uint32_t from, uint32_t to, struct dlk_step *ret)
{
	int best = DLK_UNSTUCK;

	for (uint32_t i = g->out[from]; i < g->out[from + 1]; i++) {
		const struct dlk_edge *e = &g->edges[i], *hold = NULL;

		if (!dlk_graph_is_context(g, e->to))
			hold = dlk_shortest_find_edge(g, e->to, to);
		if ((!hold && e->to != to) || rate_way(g, e, hold) <= best)
			continue;
		best = rate_way(g, e, hold);
		ret->wait = e->wait;
		ret->hold = hold ? hold->via : DLK_NONE;
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

/* A round over all components; *@found_ret tells whether there was any. */
static enum dlk_status run_round(struct finder *f, int level, bool *found_ret)
{
	struct dlk_scc *scc = &f->scc;

	dlk_scc_find(scc, f->g, f->is_open, level);
	dlk_shortest_charge(&f->shortest, (uint64_t)f->g->node_count + f->g->edge_count);
	for (uint32_t i = 0; i < scc->count; i++) {
		uint32_t len = 0;
		enum dlk_status status = dlk_shortest_find(f->ctx, &f->shortest, scc, i, level,
							   &len);

		if (!status)
			status = add_cycle(f, f->shortest.path, len);
		if (status)
			return status;
	}
	/* Who is in no component now is in no cycle later. */
	for (uint32_t node = 0; node < f->g->context_count; node++)
		if (scc->component[node] == DLK_NONE)
			f->is_open[node] = false;
	*found_ret = scc->count > 0;
	return DLK_OK;
}

/* The first round is always made: every component shows a cycle, whatever the budget. */
static enum dlk_status run_level(struct finder *f, int level)
{
	bool has_found;

	do {
		enum dlk_status status = run_round(f, level, &has_found);

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

/* Returns how many contexts are open for cycles of @level. */
static uint32_t open_contexts(struct finder *f, int level)
{
	uint32_t count = 0;

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
	status = dlk_scc_init(ctx, g, &f->scc);
	if (status)
		return status;
	return dlk_shortest_init(ctx, g, &f->shortest);
}

enum dlk_status dlk_cycles_find(struct dlk_ctx *ctx, const struct dlk_graph *g,
				struct dlk_cycle_list *ret)
{
	struct finder f;
	enum dlk_status status = init_finder(ctx, g, &f);

	if (!status && open_contexts(&f, DLK_LIKELY))
		status = run_level(&f, DLK_LIKELY);
	if (!status && open_contexts(&f, DLK_POSSIBLE))
		status = run_level(&f, DLK_POSSIBLE);
	if (!status)
		status = sort_cycles(&f);
	if (status)
		return status;
	*ret = f.list;
	return DLK_OK;
}
