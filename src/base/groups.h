/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_BASE_GROUPS_H
#define DLK_BASE_GROUPS_H

/**
 * @file
 * Items sorted into numbered groups, in a context's arena.
 *
 * Items are dealt out one by one, so each group has them in the order in which they came: deal out
 * sorted items, and every group is sorted.  Linear in items and groups.
 *
 *	sorted waits    w7 w2 w9 w1 ...
 *	by resource     | w7 w9 | w2 w1 | ...          start[] = 0 2 4 ...
 *
 *	struct dlk_span waiters = dlk_groups_get(&queue_of, resource);
 *	for (uint32_t i = 0; i < waiters.count; i++)
 *		use(&model->waits[waiters.items[i]]);
 */

#include "deadlock/context.h"

struct dlk_span {
	const uint32_t *items;
	uint32_t count;
};

/** Those of group g are items[start[g]] to items[start[g + 1] - 1]. */
struct dlk_groups {
	uint32_t *start, *items;
};

/**
 * Deal items out to groups.
 *
 * @param[in] items        In their order; with @c items NULL the numbers from 0 to @c count - 1.
 * @param[in] group_of     The group of each item, by its number; below @p group_count.
 * @param[in] group_count  Below UINT32_MAX.
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: the groups live as long as @p ctx.
 * Target:    none.
 */
enum dlk_status dlk_groups_deal(struct dlk_ctx *ctx, const struct dlk_span *items,
				const uint32_t *group_of, uint32_t group_count,
				struct dlk_groups *ret) DLK_MUST_CHECK;

/** One group. */
static inline struct dlk_span dlk_groups_get(const struct dlk_groups *groups, uint32_t group)
{
	return (struct dlk_span){ groups->items + groups->start[group],
				  groups->start[group + 1] - groups->start[group] };
}

#endif
