/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue order: a reader waits for the writer queued ahead of it, also when only readers hold the
 * lock.
 *
 * It does so where the kind is fair to writers.  Writers need no such edges: what keeps a writer ahead
 * waiting keeps those behind it waiting too.
 */
#include <config.h>

#include <stdlib.h>

#include "graph/build.h"

struct queued {
	uint32_t resource, position;
	uint32_t node; /* of the context: an order among equals */
	uint32_t wait;
};

/* For each level, the nearest writer at least that certain; DLK_NONE if there is none. */
struct writers {
	uint32_t wait[DLK_LEVELS];
};

static const struct writers no_writers = { { DLK_NONE, DLK_NONE, DLK_NONE } };

static bool is_queued(const struct dlk_builder *b, uint32_t wait)
{
	const struct dlk_wait *w = &b->g->model->waits[wait];

	return dlk_builder_is_waiting(b, wait) && w->position != DLK_NONE &&
	       dlk_kind_is_fair(b->g->model->resources[w->resource].kind);
}

static int compare_queued(const void *a, const void *b)
{
	const struct queued *x = a, *y = b;

	if (x->resource != y->resource)
		return x->resource < y->resource ? -1 : 1;
	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->wait > y->wait) - (x->wait < y->wait);
}

static uint32_t list_queued(const struct dlk_builder *b, struct queued *queue)
{
	const struct dlk_model *m = b->g->model;
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->wait_count; i++) {
		const struct dlk_wait *w = &m->waits[i];

		if (is_queued(b, i))
			queue[count++] = (struct queued){ w->resource, w->position,
							  b->g->node_of[w->context], i };
	}
	qsort(queue, count, sizeof(*queue), compare_queued);
	return count;
}

/* A context queued twice is a contradiction in the facts; it does not wait for itself. */
static void add_edge(struct dlk_builder *b, uint32_t wait, uint32_t ahead)
{
	const struct dlk_wait *w = &b->g->model->waits[wait], *a = &b->g->model->waits[ahead];

	if (w->context == a->context)
		return;
	b->is_queued_behind[wait] = true;
	dlk_builder_add(b, &(struct dlk_edge){
				   .from = b->g->node_of[w->context],
				   .to = b->g->node_of[a->context],
				   .wait = wait,
				   .via = ahead,
				   .confidence = (int8_t)(w->confidence < a->confidence
								  ? w->confidence
								  : a->confidence),
			   });
}

static void add_reader(struct dlk_builder *b, uint32_t wait, const struct writers *ahead)
{
	for (int level = 0; level < DLK_LEVELS; level++) {
		uint32_t writer = ahead->wait[level];

		if (writer != DLK_NONE && (!level || writer != ahead->wait[level - 1]))
			add_edge(b, wait, writer);
	}
}

/* Among writers at one position, which a sound queue has not, the first by node counts. */
static void note_writer(const struct dlk_builder *b, uint32_t wait, struct writers *here)
{
	for (int level = 0; level <= (int)b->g->model->waits[wait].confidence; level++)
		if (here->wait[level] == DLK_NONE)
			here->wait[level] = wait;
}

static void move_on(struct writers *ahead, struct writers *here)
{
	for (int level = 0; level < DLK_LEVELS; level++)
		if (here->wait[level] != DLK_NONE)
			ahead->wait[level] = here->wait[level];
	*here = no_writers;
}

enum dlk_status dlk_queue_add_edges(struct dlk_ctx *ctx, struct dlk_builder *b)
{
	struct writers ahead = no_writers, here = no_writers;
	struct queued *queue = dlk_calloc(ctx, b->g->model->wait_count, sizeof(*queue));
	uint32_t count;

	if (!queue)
		return dlk_nomem(ctx);
	count = list_queued(b, queue);
	for (uint32_t i = 0; i < count; i++) {
		if (!i || queue[i].resource != queue[i - 1].resource)
			ahead = here = no_writers;
		else if (queue[i].position != queue[i - 1].position)
			move_on(&ahead, &here);
		if (b->g->model->waits[queue[i].wait].mode == DLK_MODE_READ)
			add_reader(b, queue[i].wait, &ahead);
		else
			note_writer(b, queue[i].wait, &here);
	}
	return DLK_OK;
}
