/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks that were leaked: who waits for one waits for good, though for nobody.
 *
 * Claims: the lock's owner word names no live task, or a task that has exited (a zombie); the lock is
 * not free, and somebody has waited for it for a while.  As sure as the owner word and the wait.  How
 * it can be wrong: a task takes its last locks after it became a zombie; not for a second.
 */
#include <config.h>

#include <stdlib.h>

#include "graph/graph.h"

struct leaks {
	struct dlk_leak *leaks; /* one for each resource: waiter is DLK_NONE if it has none */
	const struct dlk_graph *g;
	struct dlk_reach *reach;
	struct dlk_edge_filter live;
};

static enum dlk_confidence weaker(enum dlk_confidence a, enum dlk_confidence b)
{
	return a < b ? a : b;
}

static bool has_exited(const struct dlk_context *c)
{
	return (c->state == 'Z' || c->state == 'X') && !c->is_on_cpu;
}

/* Who owns what was leaked, and how sure that is; the rest stays without an owner: DLK_UNSTUCK. */
static void find_owners(struct leaks *l, int *sure)
{
	const struct dlk_model *m = l->g->model;

	for (uint32_t i = 0; i < m->resource_count; i++) {
		sure[i] = m->resources[i].is_leaked ? (int)m->resources[i].leak : DLK_UNSTUCK;
		l->leaks[i] =
			(struct dlk_leak){ .resource = i, .owner = DLK_NONE, .waiter = DLK_NONE };
	}
	for (uint32_t i = 0; i < m->hold_count; i++) {
		const struct dlk_hold *h = &m->holds[i];
		uint32_t *owner = &l->leaks[h->resource].owner;

		if (!has_exited(&m->contexts[h->context]) ||
		    (int)h->confidence < sure[h->resource] ||
		    ((int)h->confidence == sure[h->resource] &&
		     (*owner == DLK_NONE || l->g->node_of[*owner] < l->g->node_of[h->context])))
			continue;
		sure[h->resource] = (int)h->confidence;
		*owner = h->context;
	}
}

/* Of several waiters the one whose wait is the surest, then the one of the lowest rank. */
static void find_waiters(struct leaks *l, const int *sure)
{
	const struct dlk_graph *g = l->g;

	for (uint32_t i = 0; i < g->model->wait_count; i++) {
		const struct dlk_wait *w = &g->model->waits[i];
		const struct dlk_context *c = &g->model->contexts[w->context];
		struct dlk_leak *leak = &l->leaks[w->resource];
		enum dlk_confidence confidence;

		if (sure[w->resource] == DLK_UNSTUCK || !dlk_wait_counts(c, w) || w->gives_up ||
		    !dlk_is_lasting(dlk_wait_ns(c, w)))
			continue;
		confidence = weaker((enum dlk_confidence)sure[w->resource], w->confidence);
		if (leak->waiter != DLK_NONE &&
		    (confidence < leak->confidence ||
		     (confidence == leak->confidence &&
		      g->node_of[w->context] > g->node_of[leak->waiter])))
			continue;
		leak->waiter = w->context;
		leak->confidence = confidence;
	}
}

/* Both sides of a resource are waited for. */
static uint32_t count_behind(const struct leaks *l, uint32_t node)
{
	dlk_reach_begin(l->reach);
	dlk_reach_add(l->reach, node);
	dlk_reach_add(l->reach, node + 1);
	return dlk_reach_run(l->reach, &l->live);
}

struct leak_key {
	struct dlk_leak leak;
	uint32_t node;
};

static int compare_leaks(const void *a, const void *b)
{
	const struct leak_key *x = a, *y = b;

	if (x->leak.confidence != y->leak.confidence)
		return x->leak.confidence > y->leak.confidence ? -1 : 1;
	if (x->leak.behind != y->leak.behind)
		return x->leak.behind > y->leak.behind ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* Sort the keys, and put them out into the array that they came from. */
static void put_out(struct leaks *l, struct leak_key *keys, uint32_t count, struct dlk_verdict *ret)
{
	qsort(keys, count, sizeof(*keys), compare_leaks);
	for (uint32_t i = 0; i < count; i++)
		l->leaks[i] = keys[i].leak;
	ret->leaks = l->leaks;
	ret->leak_count = count;
}

/* The leaks that somebody waits for, as keys. */
static enum dlk_status list_leaks(struct dlk_ctx *ctx, const struct leaks *l, struct leak_key *keys,
				  uint32_t *count)
{
	for (uint32_t node = l->g->context_count; node < l->g->digraph.node_count; node += 2) {
		const struct dlk_leak *leak = &l->leaks[dlk_graph_resource(l->g, node)];
		enum dlk_status status = dlk_check_cancel(ctx);

		if (status)
			return status;
		if (leak->waiter == DLK_NONE)
			continue;
		keys[*count] = (struct leak_key){ *leak, node };
		keys[(*count)++].leak.behind = count_behind(l, node);
	}
	return DLK_OK;
}

enum dlk_status dlk_leaks_find(struct dlk_ctx *ctx, const struct dlk_graph *g, struct dlk_reach *r,
			       struct dlk_verdict *ret)
{
	uint32_t count = g->model->resource_count, found = 0;
	struct leaks l = { .g = g, .reach = r, .live = dlk_live_edges(g) };
	int *sure = dlk_calloc(ctx, count, sizeof(*sure));
	struct leak_key *keys = dlk_calloc(ctx, count, sizeof(*keys));
	enum dlk_status status;

	l.leaks = dlk_calloc(ctx, count, sizeof(*l.leaks));
	if (!sure || !keys || !l.leaks)
		return dlk_nomem(ctx);
	find_owners(&l, sure);
	find_waiters(&l, sure);
	status = list_leaks(ctx, &l, keys, &found);
	if (!status)
		put_out(&l, keys, found, ret);
	return status;
}
