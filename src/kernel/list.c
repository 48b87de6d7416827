/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded list walks.  struct list_head is { next, prev } in every kernel. */
#include <config.h>

#include "kernel/list.h"

enum { NEXT = 0, PREV = 8 };

static bool stop(struct dlk_list_walk *walk, enum dlk_status status)
{
	walk->status = status;
	return false;
}

bool dlk_list_next(struct dlk_list_walk *walk)
{
	struct dlk_ctx *ctx = walk->memory->ctx;
	dlk_addr_t at = walk->node ? walk->node : walk->head;
	dlk_addr_t on = walk->is_backwards ? PREV : NEXT;
	uint64_t next, back;
	enum dlk_status status = dlk_memory_read_u64(walk->memory, at + on, &next);

	if (!status)
		status = dlk_memory_read_u64(walk->memory, next + (on ^ PREV), &back);
	if (status)
		return stop(walk, dlk_memory_explain(walk->memory, status));
	if (back != at)
		return stop(walk, dlk_fail(ctx, DLK_ERR_CORRUPT,
					   "list at %#llx: %#llx is %s, but points back to %#llx",
					   (unsigned long long)walk->head, (unsigned long long)next,
					   walk->is_backwards ? "before" : "next",
					   (unsigned long long)back));
	if (next == walk->head)
		return false;
	if (walk->count == walk->limit)
		return stop(walk, dlk_fail(ctx, DLK_ERR_LIMIT, "list at %#llx: over %u elements",
					   (unsigned long long)walk->head, walk->limit));
	walk->count++;
	walk->node = next;
	return true;
}
