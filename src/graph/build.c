/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From facts to a graph: which node waits for which.
 *
 * Knows modes (who conflicts with whom) and ranks (an order of nodes that does not depend on that
 * of the model's arrays).  For whose turn a reader waits is known by queue.c.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "graph/queue.h"

/* An edge before it has a number. */
struct raw_edge {
	uint32_t from, to;
	uint32_t of; /* rank of the resource that it comes of: two queues may order the same two */
	struct dlk_edge edge;
};

struct builder {
	struct dlk_graph *g;
	struct raw_edge *edges;
	uint32_t edge_count;
	const uint32_t *resource_rank; /* of each resource of the model */
	const struct dlk_ahead *ahead; /* of each wait: those whose turn it waits for */
	bool *is_waited;               /* of each node: a context waits for it */
	bool *is_held;                 /* of each node: somebody keeps it from those who wait */
};

struct rank_key {
	int64_t major;
	uint64_t minor, least;
	const char *name; /* of what has no number; else NULL */
	uint32_t index;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct rank_key *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	if (x->least != y->least)
		return x->least < y->least ? -1 : 1;
	if (x->name && y->name && strcmp(x->name, y->name) != 0)
		return strcmp(x->name, y->name);
	return (x->index > y->index) - (x->index < y->index);
}

/* Both directions between rank and model index; sorts the keys. */
static enum dlk_status make_ranks(struct dlk_ctx *ctx, struct rank_key *keys, uint32_t count,
				  const uint32_t **at_ret, const uint32_t **of_ret)
{
	uint32_t *at = dlk_calloc(ctx, count, sizeof(*at));
	uint32_t *of = dlk_calloc(ctx, count, sizeof(*of));

	if (!at || !of)
		return dlk_nomem(ctx);
	qsort(keys, count, sizeof(*keys), compare_ranks);
	for (uint32_t rank = 0; rank < count; rank++) {
		at[rank] = keys[rank].index;
		of[at[rank]] = rank;
	}
	*at_ret = at;
	*of_ret = of;
	return DLK_OK;
}

static enum dlk_status rank_contexts(struct dlk_ctx *ctx, struct dlk_graph *g)
{
	const struct dlk_model *m = g->model;
	struct rank_key *keys = dlk_calloc(ctx, m->context_count, sizeof(*keys));

	if (!keys)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < m->context_count; i++)
		keys[i] = (struct rank_key){ m->contexts[i].pid, m->contexts[i].task,
					     m->contexts[i].kind, NULL, i };
	return make_ranks(ctx, keys, m->context_count, &g->context_at, &g->node_of);
}

static enum dlk_status rank_resources(struct dlk_ctx *ctx, struct builder *b)
{
	const struct dlk_model *m = b->g->model;
	struct rank_key *keys = dlk_calloc(ctx, m->resource_count, sizeof(*keys));

	if (!keys)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < m->resource_count; i++)
		keys[i] = (struct rank_key){ m->resources[i].kind, m->resources[i].address,
					     m->resources[i].part, m->resources[i].name, i };
	return make_ranks(ctx, keys, m->resource_count, &b->g->resource_at, &b->resource_rank);
}

/* The enums are indices here: a value outside them is as bad as an index out of range. */
static bool is_sound(enum dlk_mode mode, enum dlk_confidence confidence)
{
	return (unsigned)mode <= DLK_MODE_EXCLUSIVE && (unsigned)confidence <= DLK_CERTAIN;
}

/* The graph does without, but reports rely on it. */
static enum dlk_status check_contexts(struct dlk_ctx *ctx, const struct dlk_model *m)
{
	for (uint32_t i = 0; i < m->context_count; i++) {
		const struct dlk_context *c = &m->contexts[i];

		if ((unsigned)c->kind >= DLK_CONTEXT_COUNT)
			return dlk_fail(ctx, DLK_ERR_INVALID, "context %u is of no kind", i);
		if (c->held_count > m->held_count || c->held_first > m->held_count - c->held_count)
			return dlk_fail(ctx, DLK_ERR_INVALID,
					"the list of context %u is out of range", i);
	}
	return DLK_OK;
}

static enum dlk_status check_held(struct dlk_ctx *ctx, const struct dlk_model *m)
{
	for (uint32_t i = 0; i < m->held_count; i++) {
		const struct dlk_held *h = &m->held[i];

		if (h->context >= m->context_count || h->class >= m->class_count ||
		    (h->resource != DLK_NONE && h->resource >= m->resource_count))
			return dlk_fail(ctx, DLK_ERR_INVALID, "held lock %u is out of range", i);
	}
	return DLK_OK;
}

static enum dlk_status check_model(struct dlk_ctx *ctx, const struct dlk_model *m)
{
	uint64_t nodes = m->context_count + 2 * (uint64_t)m->resource_count;
	enum dlk_status status;
	uint64_t edges = (1 + DLK_LEVELS) * (uint64_t)m->wait_count + 2 * (uint64_t)m->hold_count;

	if (nodes >= DLK_NONE || edges >= DLK_NONE)
		return dlk_fail(ctx, DLK_ERR_LIMIT, "too many facts for a graph");
	for (uint32_t i = 0; i < m->wait_count; i++) {
		const struct dlk_wait *w = &m->waits[i];

		if (w->context >= m->context_count || w->resource >= m->resource_count ||
		    !is_sound(w->mode, w->confidence))
			return dlk_fail(ctx, DLK_ERR_INVALID, "wait %u is out of range", i);
	}
	for (uint32_t i = 0; i < m->hold_count; i++) {
		const struct dlk_hold *h = &m->holds[i];

		if (h->context >= m->context_count || h->resource >= m->resource_count ||
		    !is_sound(h->mode, h->confidence))
			return dlk_fail(ctx, DLK_ERR_INVALID, "hold %u is out of range", i);
	}
	for (uint32_t i = 0; i < m->unknown_count; i++)
		if (m->unknowns[i].context >= m->context_count)
			return dlk_fail(ctx, DLK_ERR_INVALID, "unknown wait %u is out of range", i);
	status = check_contexts(ctx, m);
	return status ? status : check_held(ctx, m);
}

static uint32_t resource_node(const struct builder *b, uint32_t resource, bool is_read)
{
	return b->g->context_count + 2 * b->resource_rank[resource] + !is_read;
}

static bool is_waiting(const struct builder *b, uint32_t wait)
{
	const struct dlk_wait *w = &b->g->model->waits[wait];

	return dlk_wait_counts(&b->g->model->contexts[w->context], w);
}

static void add_edge(struct builder *b, uint32_t from, uint32_t to, uint32_t resource,
		     struct dlk_edge edge)
{
	b->edges[b->edge_count++] = (struct raw_edge){ from, to, b->resource_rank[resource], edge };
}

static void add_hold(struct builder *b, uint32_t index, bool is_read)
{
	const struct dlk_hold *h = &b->g->model->holds[index];
	uint32_t node = resource_node(b, h->resource, is_read);

	if (!b->is_waited[node])
		return;
	b->is_held[node] = true;
	add_edge(b, node, b->g->node_of[h->context], h->resource,
		 (struct dlk_edge){
			 .wait = DLK_NONE, .via = index, .confidence = (int8_t)h->confidence });
}

/* A wait that gives up is one that others may stand behind, at no level of what keeps it for good. */
static int weigh(const struct dlk_wait *w)
{
	return w->gives_up ? DLK_UNSTUCK : (int)w->confidence;
}

/* A wait that only the queue explains needs no edge to a resource that nobody keeps from it. */
static void add_wait(struct builder *b, uint32_t index)
{
	const struct dlk_wait *w = &b->g->model->waits[index];
	uint32_t node = resource_node(b, w->resource, w->mode == DLK_MODE_READ);

	if (b->ahead[index].count && !b->is_held[node])
		return;
	add_edge(b, b->g->node_of[w->context], node, w->resource,
		 (struct dlk_edge){
			 .wait = index, .via = DLK_NONE, .confidence = (int8_t)weigh(w) });
}

/* One in a queue waits for those whose turn comes before its own. */
static void add_turns(struct builder *b, uint32_t index)
{
	const struct dlk_wait *waits = b->g->model->waits, *w = &waits[index];

	for (uint32_t i = 0; i < b->ahead[index].count; i++) {
		uint32_t ahead = b->ahead[index].waits[i];
		const struct dlk_wait *a = &waits[ahead];
		int weaker = weigh(w) < weigh(a) ? weigh(w) : weigh(a);

		add_edge(b, b->g->node_of[w->context], b->g->node_of[a->context], w->resource,
			 (struct dlk_edge){
				 .wait = index, .via = ahead, .confidence = (int8_t)weaker });
	}
}

static void add_edges(struct builder *b)
{
	const struct dlk_model *m = b->g->model;

	for (uint32_t i = 0; i < m->wait_count; i++)
		if (is_waiting(b, i))
			b->is_waited[resource_node(b, m->waits[i].resource,
						   m->waits[i].mode == DLK_MODE_READ)] = true;
	for (uint32_t i = 0; i < m->hold_count; i++) {
		add_hold(b, i, false);
		if (m->holds[i].mode != DLK_MODE_READ)
			add_hold(b, i, true);
	}
	for (uint32_t i = 0; i < m->wait_count; i++) {
		if (!is_waiting(b, i))
			continue;
		add_wait(b, i);
		add_turns(b, i);
	}
}

static int compare_edges(const void *a, const void *b)
{
	const struct raw_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->edge.confidence != y->edge.confidence)
		return x->edge.confidence > y->edge.confidence ? -1 : 1;
	if (x->of != y->of)
		return x->of < y->of ? -1 : 1;
	if (x->edge.wait != y->edge.wait)
		return x->edge.wait < y->edge.wait ? -1 : 1;
	return (x->edge.via > y->edge.via) - (x->edge.via < y->edge.via);
}

/* Sort the edges, give each its number, and make the digraph. */
static enum dlk_status number_edges(struct dlk_ctx *ctx, struct builder *b)
{
	struct dlk_graph *g = b->g;
	uint32_t *from = dlk_calloc(ctx, b->edge_count, sizeof(*from));
	uint32_t *to = dlk_calloc(ctx, b->edge_count, sizeof(*to));

	g->edges = dlk_calloc(ctx, b->edge_count, sizeof(*g->edges));
	if (!from || !to || !g->edges)
		return dlk_nomem(ctx);
	qsort(b->edges, b->edge_count, sizeof(*b->edges), compare_edges);
	for (uint32_t i = 0; i < b->edge_count; i++) {
		from[i] = b->edges[i].from;
		to[i] = b->edges[i].to;
		g->edges[i] = b->edges[i].edge;
	}
	g->digraph.edge_count = b->edge_count;
	g->digraph.from = from;
	g->digraph.to = to;
	return dlk_digraph_index(ctx, &g->digraph);
}

/* Room for the edges that there can be. */
static enum dlk_status make_room(struct dlk_ctx *ctx, struct builder *b)
{
	const struct dlk_model *m = b->g->model;
	size_t most = m->wait_count + 2 * (size_t)m->hold_count;

	for (uint32_t i = 0; i < m->wait_count; i++)
		most += b->ahead[i].count;
	b->edges = dlk_calloc(ctx, most, sizeof(*b->edges));
	return b->edges ? DLK_OK : dlk_nomem(ctx);
}

static enum dlk_status make_builder(struct dlk_ctx *ctx, struct dlk_graph *g, struct builder *b)
{
	uint32_t node_count = g->digraph.node_count;
	enum dlk_status status;

	*b = (struct builder){ .g = g };
	b->is_waited = dlk_calloc(ctx, node_count, sizeof(*b->is_waited));
	b->is_held = dlk_calloc(ctx, node_count, sizeof(*b->is_held));
	g->stuck = dlk_calloc(ctx, node_count, sizeof(*g->stuck));
	g->live_waits = dlk_calloc(ctx, node_count, sizeof(*g->live_waits));
	if (!b->is_waited || !b->is_held || !g->stuck || !g->live_waits)
		return dlk_nomem(ctx);
	status = rank_contexts(ctx, g);
	if (!status)
		status = rank_resources(ctx, b);
	if (!status)
		status = dlk_queue_find_ahead(ctx, g->model, &b->ahead);
	return status ? status : make_room(ctx, b);
}

enum dlk_status dlk_graph_build(struct dlk_ctx *ctx, const struct dlk_model *model,
				struct dlk_graph *ret)
{
	struct dlk_graph g = { .model = model, .context_count = model->context_count };
	struct builder b;
	enum dlk_status status = check_model(ctx, model);

	if (status)
		return status;
	g.digraph.counted = model->context_count;
	g.digraph.node_count = model->context_count + 2 * model->resource_count;
	status = make_builder(ctx, &g, &b);
	if (status)
		return status;
	add_edges(&b);
	status = number_edges(ctx, &b);
	if (status)
		return status;
	*ret = g;
	return DLK_OK;
}
