/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded list walks.  struct list_head is { next, prev } in every kernel.
 *
 * Of a system that runs, the pages of two neighbours were read at two moments.  Where they do not fit,
 * both are read once more, a few times.
 */
#include <config.h>

#include "kernel/list.h"

enum { NEXT = 0, PREV = 8 };
enum { MAX_READINGS = 4 };

static bool stop(struct dlk_list_walk *walk, enum dlk_status status)
{
	walk->status = status;
	return false;
}

/* Where the element at @p at leads to, and what that one has for its neighbour on this side. */
static enum dlk_status read_link(struct dlk_list_walk *walk, dlk_addr_t at, uint64_t *next,
				 uint64_t *back)
{
	dlk_addr_t on = walk->is_backwards ? PREV : NEXT;
	enum dlk_status status = dlk_memory_read_u64(walk->memory, at + on, next);

	return status ? status : dlk_memory_read_u64(walk->memory, *next + (on ^ PREV), back);
}

static bool reads_anew(struct dlk_list_walk *walk, dlk_addr_t at, uint64_t next)
{
	return dlk_memory_refresh(walk->memory, at) && dlk_memory_refresh(walk->memory, next);
}

bool dlk_list_next(struct dlk_list_walk *walk)
{
	struct dlk_ctx *ctx = walk->memory->ctx;
	dlk_addr_t at = walk->node ? walk->node : walk->head;
	uint64_t next = at, back = 0;
	enum dlk_status status = read_link(walk, at, &next, &back);

	for (int readings = 1; (status == DLK_ERR_FAULT || (!status && back != at)) &&
			       readings < MAX_READINGS && reads_anew(walk, at, next);
	     readings++)
		status = read_link(walk, at, &next, &back);
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
