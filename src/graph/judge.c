/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judgement over a model: the steps in their order, and the words for the outcome. */
#include <config.h>

#include "graph/graph.h"

const char *dlk_verdict_text(enum dlk_verdict_code code)
{
	switch (code) {
	case DLK_NO_DEADLOCK:
		return "no-deadlock";
	case DLK_UNKNOWN:
		return "unknown";
	case DLK_LEAKED_LOCK:
		return "leaked-lock";
	case DLK_POSSIBLE_DEADLOCK:
		return "possible-deadlock";
	case DLK_DEADLOCK:
		return "deadlock";
	}
	return "unknown";
}

const char *dlk_role_text(enum dlk_role role)
{
	switch (role) {
	case DLK_ROLE_NONE:
		return "none";
	case DLK_ROLE_CYCLE:
		return "cycle";
	case DLK_ROLE_BEHIND:
		return "behind";
	case DLK_ROLE_ROOT:
		return "root";
	case DLK_ROLE_BLOCKED:
		return "blocked";
	case DLK_ROLE_HOLDER:
		return "holder";
	}
	return "unknown";
}

/* The first cycle is the most certain one, and so is the first leak. */
static enum dlk_verdict_code find_code(const struct dlk_verdict *v)
{
	const struct dlk_doubts *d = &v->doubts;

	if (v->cycle_count && v->cycles[0].confidence >= DLK_LIKELY)
		return DLK_DEADLOCK;
	if (v->leak_count && v->leaks[0].confidence >= DLK_LIKELY)
		return DLK_LEAKED_LOCK;
	if (v->cycle_count)
		return DLK_POSSIBLE_DEADLOCK;
	return v->leak_count || d->waits || d->holders || d->losses || d->predictions
		       ? DLK_UNKNOWN
		       : DLK_NO_DEADLOCK;
}

static enum dlk_status make_graph(struct dlk_ctx *ctx, const struct dlk_model *model,
				  struct dlk_graph *g)
{
	enum dlk_status status = dlk_graph_build(ctx, model, g);

	return status ? status : dlk_stuck_find(ctx, g);
}

static enum dlk_status judge_graph(struct dlk_ctx *ctx, const struct dlk_graph *g,
				   struct dlk_verdict *v)
{
	struct dlk_cycle_list list;
	struct dlk_reach reach;
	enum dlk_status status = dlk_cycles_find(ctx, g, &list);

	if (!status)
		status = dlk_reach_init(ctx, &g->digraph, &reach);
	if (!status)
		status = dlk_roles_count_behind(ctx, g, &reach, &list);
	if (!status)
		status = dlk_roles_assign(ctx, g, &list, v);
	if (!status)
		status = dlk_roots_find(ctx, g, &reach, v);
	if (!status)
		status = dlk_leaks_find(ctx, g, &reach, v);
	if (status)
		return status;
	v->cycles = list.cycles;
	v->cycle_count = list.count;
	dlk_doubts_count(g, &v->doubts);
	v->code = find_code(v);
	return DLK_OK;
}

enum dlk_status dlk_judge(struct dlk_ctx *ctx, const struct dlk_model *model,
			  struct dlk_verdict *ret)
{
	struct dlk_verdict v = { .code = DLK_NO_DEADLOCK };
	struct dlk_graph g;
	enum dlk_status status = make_graph(ctx, model, &g);

	if (!status)
		status = judge_graph(ctx, &g, &v);
	if (status)
		return status;
	*ret = v;
	return DLK_OK;
}
