/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_GRAPH_BUILD_H
#define DLK_GRAPH_BUILD_H

/**
 * @file
 * A graph in the making; shared by build.c and queue.c only.
 */

#include "graph/graph.h"

/** How many confidences there are. */
enum { DLK_LEVELS = DLK_CERTAIN + 1 };

struct dlk_builder {
	struct dlk_graph *g;
	const uint32_t *resource_rank; /**< Of each resource of the model. */
	bool *is_waited;               /**< Of each node: a blocked context waits for it. */
	bool *is_held;                 /**< Of each node: somebody keeps it from those who wait. */
	bool *is_queued_behind;        /**< Of each wait: it has an edge to a writer ahead. */
};

/** Add an edge; there is room for one and, by queue order, DLK_LEVELS more for each wait. */
void dlk_builder_add(struct dlk_builder *b, const struct dlk_edge *edge);

/** Add the edges from queued readers to the writers ahead of them; DLK_OK or DLK_ERR_NOMEM. */
enum dlk_status dlk_queue_add_edges(struct dlk_ctx *ctx, struct dlk_builder *b) DLK_MUST_CHECK;

/** Tell whether a wait of the model counts: its context is blocked. */
static inline bool dlk_builder_is_waiting(const struct dlk_builder *b, uint32_t wait)
{
	const struct dlk_model *m = b->g->model;

	return m->contexts[m->waits[wait].context].is_blocked;
}

#endif
