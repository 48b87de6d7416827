/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why it cannot be said that there is no deadlock.
 *
 * A deadlock needs a cycle of waits that last.  It is ruled out if each wait that has lasted is
 * understood and leads to holders that are all known; whoever is stuck is told of by a cycle.
 */
#include <config.h>

#include "graph/graph.h"

static bool has_doubtful_holders(const struct dlk_graph *g, const struct dlk_wait *w)
{
	return dlk_is_doubtful(g->model, w) && dlk_graph_is_live(g, g->node_of[w->context]);
}

void dlk_doubts_count(const struct dlk_graph *g, struct dlk_doubts *ret)
{
	const struct dlk_model *m = g->model;
	struct dlk_doubts d = { 0 };

	for (uint32_t i = 0; i < m->unknown_count; i++)
		d.waits += dlk_is_lasting(m->unknowns[i].ns);
	for (uint32_t i = 0; i < m->wait_count; i++)
		d.holders += has_doubtful_holders(g, &m->waits[i]);
	for (uint32_t i = 0; i < m->finding_count; i++)
		d.losses += m->findings[i].is_loss;
	d.predictions = m->prediction_count;
	*ret = d;
}
