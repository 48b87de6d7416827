/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers that no record names. */
#include <config.h>

#include "locks/reader.h"

enum { MAX_CANDIDATES = 64 /* for one lock */ };

struct sought_reader {
	const char *note;
	uint32_t found;
};

static bool is_known(const struct dlk_facts *f, uint32_t context, uint32_t resource)
{
	return dlk_model_find_hold(&f->model, context, resource) != DLK_NONE ||
	       dlk_model_find_wait(&f->model, context, resource) != DLK_NONE;
}

static enum dlk_status add_reader(void *arg, const struct dlk_hit *hit)
{
	struct sought_reader *sought = arg;
	struct dlk_hold hold = { .resource = hit->resource,
				 .context = hit->context,
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_STACK_WORD,
				 .confidence = DLK_POSSIBLE,
				 .note = sought->note };

	if (sought->found == MAX_CANDIDATES || is_known(hit->f, hit->context, hit->resource))
		return DLK_OK;
	sought->found++;
	return dlk_facts_add_hold(hit->f, &hold);
}

enum dlk_status dlk_readers_seek(struct dlk_stack_search *search, const struct dlk_sought *where,
				 const char *note)
{
	struct sought_reader *sought = dlk_calloc(search->f->ctx, 1, sizeof(*sought));
	struct dlk_sought what = *where;

	if (!sought)
		return dlk_nomem(search->f->ctx);
	sought->note = note;
	what.hit = add_reader;
	what.arg = sought;
	return dlk_stack_search_add(search, &what);
}
