/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part that each context plays.
 *
 * Every stuck context is in a reported cycle or leads to one, and no other one does; so roles
 * follow from the stuck set and the graph's degrees, without a walk.
 */
#include <config.h>

#include "graph/graph.h"

enum dlk_status dlk_roles_count_behind(struct dlk_ctx *ctx, const struct dlk_graph *g,
				       struct dlk_reach *r, struct dlk_cycle_list *list)
{
	struct dlk_edge_filter filter = dlk_stuck_edges(g);

	for (uint32_t i = 0; i < list->count; i++) {
		struct dlk_cycle *cycle = &list->cycles[i];
		enum dlk_status status = dlk_check_cancel(ctx);

		if (status)
			return status;
		dlk_reach_begin(r);
		for (uint32_t s = 0; s < cycle->step_count; s++)
			dlk_reach_add(r, g->node_of[cycle->steps[s].blocker]);
		cycle->behind = dlk_reach_run(r, &filter);
	}
	return DLK_OK;
}

/* Of each context, whether it waits for something that is not understood, and has for a while. */
static enum dlk_status find_doubtful(struct dlk_ctx *ctx, const struct dlk_model *m, bool **ret)
{
	bool *is_doubtful = dlk_calloc(ctx, m->context_count, sizeof(*is_doubtful));

	if (!is_doubtful)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < m->unknown_count; i++)
		is_doubtful[m->unknowns[i].context] |= dlk_is_lasting(m->unknowns[i].ns);
	*ret = is_doubtful;
	return DLK_OK;
}

static enum dlk_role find_role(const struct dlk_graph *g, const struct dlk_cycle_list *list,
			       uint32_t node)
{
	if (list->cycle_of[node] != DLK_NONE)
		return DLK_ROLE_CYCLE;
	if (g->stuck[node] != DLK_UNSTUCK)
		return DLK_ROLE_BEHIND;
	if (dlk_graph_has_out(g, node))
		return DLK_ROLE_BLOCKED;
	if (dlk_roots_is_root(g, node))
		return DLK_ROLE_ROOT;
	return dlk_graph_has_in(g, node) ? DLK_ROLE_HOLDER : DLK_ROLE_NONE;
}

enum dlk_status dlk_roles_assign(struct dlk_ctx *ctx, const struct dlk_graph *g,
				 const struct dlk_cycle_list *list, struct dlk_verdict *ret)
{
	enum dlk_role *roles = dlk_calloc(ctx, g->context_count, sizeof(*roles));
	bool *is_doubtful;
	enum dlk_status status = find_doubtful(ctx, g->model, &is_doubtful);

	if (status)
		return status;
	if (!roles)
		return dlk_nomem(ctx);
	ret->in_cycles = ret->behind_cycles = 0;
	for (uint32_t node = 0; node < g->context_count; node++) {
		enum dlk_role role = find_role(g, list, node);

		if (role == DLK_ROLE_NONE && is_doubtful[g->context_at[node]])
			role = DLK_ROLE_BLOCKED;
		roles[g->context_at[node]] = role;
		ret->in_cycles += role == DLK_ROLE_CYCLE;
		ret->behind_cycles += role == DLK_ROLE_BEHIND;
	}
	ret->roles = roles;
	return DLK_OK;
}
