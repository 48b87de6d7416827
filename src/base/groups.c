/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items sorted into numbered groups, by counting. */
#include <config.h>

#include "base/groups.h"

static uint32_t item_at(const struct dlk_span *items, uint32_t i)
{
	return items->items ? items->items[i] : i;
}

enum dlk_status dlk_groups_deal(struct dlk_ctx *ctx, const struct dlk_span *items,
				const uint32_t *group_of, uint32_t group_count,
				struct dlk_groups *ret)
{
	uint32_t *start = dlk_calloc(ctx, (size_t)group_count + 2, sizeof(*start));
	uint32_t *dealt = dlk_calloc(ctx, items->count, sizeof(*dealt));

	if (!start || !dealt)
		return dlk_nomem(ctx);
	/* start[g + 2] counts group g; then start[g + 1] moves from its start to its end. */
	for (uint32_t i = 0; i < items->count; i++)
		start[group_of[item_at(items, i)] + 2]++;
	for (uint32_t g = 0; g < group_count; g++)
		start[g + 2] += start[g + 1];
	for (uint32_t i = 0; i < items->count; i++)
		dealt[start[group_of[item_at(items, i)] + 1]++] = item_at(items, i);
	*ret = (struct dlk_groups){ start, dealt };
	return DLK_OK;
}
