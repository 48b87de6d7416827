/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue order.
 *
 * The queued waits are sorted by lock and position, then walked once.  What is ahead of the next
 * position, and in the way, is kept as a staircase: the nearest, the nearest that is more certain than that
 * one, ...  Those that stand at one position make a staircase of their own, which is put in front of
 * the other when the walk moves on.
 */
#include <config.h>

#include <stdlib.h>

#include "graph/queue.h"

struct queued {
	uint32_t resource, position;
	int32_t pid; /* with the task and the kind, an order among equals */
	dlk_addr_t task;
	enum dlk_context_kind kind;
	uint32_t wait;
};

struct walk {
	const struct dlk_model *model;
	const bool *is_interrupted;           /* of each context */
	struct dlk_ahead ahead, here;         /* in a reader's way */
	struct dlk_ahead ahead_all, here_all; /* in everybody's */
};

static bool is_queued(const struct dlk_model *m, const struct dlk_wait *w)
{
	return dlk_wait_counts(&m->contexts[w->context], w) && w->position != DLK_NONE &&
	       (dlk_kind_is_fair(m->resources[w->resource].kind) ||
		(w->evidence & DLK_EVIDENCE_SPINS));
}

static int compare_queued(const void *a, const void *b)
{
	const struct queued *x = a, *y = b;

	if (x->resource != y->resource)
		return x->resource < y->resource ? -1 : 1;
	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->wait > y->wait) - (x->wait < y->wait);
}

static uint32_t list_queued(const struct dlk_model *m, struct queued *queue)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->wait_count; i++) {
		const struct dlk_wait *w = &m->waits[i];
		const struct dlk_context *c = &m->contexts[w->context];

		if (is_queued(m, w))
			queue[count++] = (struct queued){ w->resource, w->position, c->pid,
							  c->task,     c->kind,     i };
	}
	qsort(queue, count, sizeof(*queue), compare_queued);
	return count;
}

/* One that is further away counts if it is more certain than all that are nearer. */
static void add_further(const struct dlk_model *m, struct dlk_ahead *stairs, uint32_t wait)
{
	if (!stairs->count ||
	    m->waits[wait].confidence > m->waits[stairs->waits[stairs->count - 1]].confidence)
		stairs->waits[stairs->count++] = wait;
}

static void move_on(const struct dlk_model *m, struct dlk_ahead *ahead, struct dlk_ahead *here)
{
	for (uint32_t i = 0; i < ahead->count; i++)
		add_further(m, here, ahead->waits[i]);
	*ahead = *here;
	here->count = 0;
}

static void give(const struct dlk_model *m, const struct dlk_ahead *ahead, uint32_t wait,
		 struct dlk_ahead *ret)
{
	for (uint32_t i = 0; i < ahead->count; i++)
		if (m->waits[ahead->waits[i]].context != m->waits[wait].context)
			ret->waits[ret->count++] = ahead->waits[i];
}

static void add(struct walk *w, uint32_t wait)
{
	const struct dlk_wait *at = &w->model->waits[wait];
	bool is_in_all_way = w->is_interrupted[at->context];

	if (is_in_all_way)
		add_further(w->model, &w->here_all, wait);
	if (is_in_all_way || at->mode != DLK_MODE_READ)
		add_further(w->model, &w->here, wait);
}

static void walk_queues(struct walk *w, const struct queued *queue, uint32_t count,
			struct dlk_ahead *ahead)
{
	const struct dlk_model *m = w->model;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t wait = queue[i].wait;
		bool is_turn = m->waits[wait].mode == DLK_MODE_READ &&
			       dlk_kind_is_fair(m->resources[queue[i].resource].kind);

		if (i && queue[i].resource != queue[i - 1].resource) {
			w->ahead.count = w->here.count = 0;
			w->ahead_all.count = w->here_all.count = 0;
		} else if (i && queue[i].position != queue[i - 1].position) {
			move_on(m, &w->ahead, &w->here);
			move_on(m, &w->ahead_all, &w->here_all);
		}
		give(m, is_turn ? &w->ahead : &w->ahead_all, wait, &ahead[wait]);
		add(w, wait);
	}
}

static void find_interrupted(const struct dlk_model *m, bool *ret)
{
	for (uint32_t i = 0; i < m->wait_count; i++)
		if ((m->waits[i].evidence & DLK_EVIDENCE_ON_TOP) &&
		    dlk_wait_counts(&m->contexts[m->waits[i].context], &m->waits[i]))
			ret[m->waits[i].context] = true;
}

enum dlk_status dlk_queue_find_ahead(struct dlk_ctx *ctx, const struct dlk_model *model,
				     const struct dlk_ahead **ret)
{
	struct dlk_ahead *ahead = dlk_calloc(ctx, model->wait_count, sizeof(*ahead));
	struct queued *queue = dlk_calloc(ctx, model->wait_count, sizeof(*queue));
	bool *is_interrupted = dlk_calloc(ctx, model->context_count, sizeof(*is_interrupted));
	struct walk w = { .model = model, .is_interrupted = is_interrupted };

	if (!ahead || !queue || !is_interrupted)
		return dlk_nomem(ctx);
	find_interrupted(model, is_interrupted);
	walk_queues(&w, queue, list_queued(model, queue), ahead);
	*ret = ahead;
	return DLK_OK;
}
