/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model's facts in the orders that reports need.
 *
 * Each kind of fact is sorted once by a key of numbers, then dealt out to its groups in that order, so
 * every group comes out sorted: waits by (position, context's rank, resource's rank).
 */
#include <config.h>

#include "report/index.h"

#include <stdlib.h>
#include <string.h>

struct key {
	uint64_t first, second, third;
	const char *name; /* of what has no number; else NULL */
	uint32_t item;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = compare_numbers(x->first, y->first);

	if (!order)
		order = compare_numbers(x->second, y->second);
	if (!order)
		order = compare_numbers(x->third, y->third);
	if (!order && x->name && y->name)
		order = strcmp(x->name, y->name);
	return order ? order : compare_numbers(x->item, y->item);
}

/* Sort @p keys in place and return the items in that order; NULL if there is no memory. */
static uint32_t *sort_items(struct dlk_ctx *ctx, struct key *keys, uint32_t count)
{
	uint32_t *items = dlk_calloc(ctx, count, sizeof(*items));

	if (!items)
		return NULL;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (uint32_t i = 0; i < count; i++)
		items[i] = keys[i].item;
	return items;
}

/* The place of each item in @p order. */
static uint32_t *make_ranks(struct dlk_ctx *ctx, const uint32_t *order, uint32_t count)
{
	uint32_t *ranks = dlk_calloc(ctx, count, sizeof(*ranks));

	for (uint32_t i = 0; ranks && i < count; i++)
		ranks[order[i]] = i;
	return ranks;
}

static bool sort_contexts(struct dlk_ctx *ctx, const struct dlk_model *model,
			  struct dlk_index *index)
{
	struct key *keys = dlk_calloc(ctx, model->context_count, sizeof(*keys));

	for (uint32_t i = 0; keys && i < model->context_count; i++) {
		const struct dlk_context *c = &model->contexts[i];

		keys[i] = (struct key){ (uint64_t)((int64_t)c->pid - INT32_MIN), c->task, c->kind,
					NULL, i };
	}
	index->contexts = keys ? sort_items(ctx, keys, model->context_count) : NULL;
	return index->contexts;
}

static bool sort_resources(struct dlk_ctx *ctx, const struct dlk_model *model,
			   struct dlk_index *index)
{
	struct key *keys = dlk_calloc(ctx, model->resource_count, sizeof(*keys));

	for (uint32_t i = 0; keys && i < model->resource_count; i++) {
		const struct dlk_resource *r = &model->resources[i];

		keys[i] = (struct key){ r->kind, r->address, 0, r->name, i };
	}
	index->resources = keys ? sort_items(ctx, keys, model->resource_count) : NULL;
	return index->resources;
}

static bool sort_findings(struct dlk_ctx *ctx, const struct dlk_model *model,
			  struct dlk_index *index)
{
	struct key *keys = dlk_calloc(ctx, model->finding_count, sizeof(*keys));

	for (uint32_t i = 0; keys && i < model->finding_count; i++) {
		const struct dlk_finding *f = &model->findings[i];

		keys[i] = (struct key){ !f->is_loss, f->code, f->address, NULL, i };
		index->losses += f->is_loss;
		index->is_foreign |= f->code == DLK_FINDING_UNSUPPORTED;
	}
	index->findings = keys ? sort_items(ctx, keys, model->finding_count) : NULL;
	return index->findings;
}

struct ranks {
	const uint32_t *context, *resource;
};

static bool group_waits(struct dlk_ctx *ctx, const struct dlk_model *model,
			const struct ranks *ranks, struct dlk_index *index)
{
	uint32_t count = model->wait_count;
	struct key *keys = dlk_calloc(ctx, count, sizeof(*keys));
	uint32_t *context_of = dlk_calloc(ctx, count, sizeof(*context_of));
	uint32_t *resource_of = dlk_calloc(ctx, count, sizeof(*resource_of));
	struct dlk_span sorted = { NULL, count };

	if (!keys || !context_of || !resource_of)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct dlk_wait *w = &model->waits[i];

		keys[i] = (struct key){ w->position, ranks->context[w->context],
					ranks->resource[w->resource], NULL, i };
		context_of[i] = w->context;
		resource_of[i] = w->resource;
	}
	sorted.items = sort_items(ctx, keys, count);
	return sorted.items &&
	       !dlk_groups_deal(ctx, &sorted, context_of, model->context_count, &index->waits_of) &&
	       !dlk_groups_deal(ctx, &sorted, resource_of, model->resource_count, &index->queue_of);
}

static bool group_holds(struct dlk_ctx *ctx, const struct dlk_model *model,
			const struct ranks *ranks, struct dlk_index *index)
{
	uint32_t count = model->hold_count;
	struct key *keys = dlk_calloc(ctx, count, sizeof(*keys));
	uint32_t *context_of = dlk_calloc(ctx, count, sizeof(*context_of));
	uint32_t *resource_of = dlk_calloc(ctx, count, sizeof(*resource_of));
	struct dlk_span sorted = { NULL, count };

	if (!keys || !context_of || !resource_of)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct dlk_hold *h = &model->holds[i];

		keys[i] = (struct key){ ranks->context[h->context], ranks->resource[h->resource], 0,
					NULL, i };
		context_of[i] = h->context;
		resource_of[i] = h->resource;
	}
	sorted.items = sort_items(ctx, keys, count);
	return sorted.items &&
	       !dlk_groups_deal(ctx, &sorted, context_of, model->context_count, &index->holds_of) &&
	       !dlk_groups_deal(ctx, &sorted, resource_of, model->resource_count,
				&index->holders_of);
}

static bool group_unknowns(struct dlk_ctx *ctx, const struct dlk_model *model,
			   const struct ranks *ranks, struct dlk_index *index)
{
	uint32_t count = model->unknown_count;
	struct key *keys = dlk_calloc(ctx, count, sizeof(*keys));
	uint32_t *context_of = dlk_calloc(ctx, count, sizeof(*context_of));
	struct dlk_span sorted = { NULL, count };

	if (!keys || !context_of)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct dlk_unknown *u = &model->unknowns[i];
		bool is_lasting = dlk_is_lasting(u->ns);

		keys[i] = (struct key){ !is_lasting, ranks->context[u->context], 0, NULL, i };
		context_of[i] = u->context;
		index->lasting += is_lasting;
	}
	sorted.items = sort_items(ctx, keys, count);
	index->unknowns = sorted.items;
	return sorted.items && !dlk_groups_deal(ctx, &sorted, context_of, model->context_count,
						&index->unknowns_of);
}

static int compare_cpus(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each once, whatever spins on top of what. */
static bool list_spinning_cpus(struct dlk_ctx *ctx, const struct dlk_model *model,
			       struct dlk_index *index)
{
	int32_t *cpus = dlk_calloc(ctx, index->lasting, sizeof(*cpus));
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; cpus && i < index->lasting; i++) {
		const struct dlk_unknown *u = &model->unknowns[index->unknowns[i]];

		if (u->why == DLK_WHY_SPINS && model->contexts[u->context].cpu >= 0)
			cpus[count++] = model->contexts[u->context].cpu;
	}
	if (count)
		qsort(cpus, count, sizeof(*cpus), compare_cpus);
	for (uint32_t i = 0; i < count; i++)
		if (!i || cpus[i] != cpus[i - 1])
			cpus[kept++] = cpus[i];
	index->spinning_cpus = cpus;
	index->spinning_cpu_count = kept;
	return cpus;
}

/* Known to wait, be it known for what or not: not one that merely was not seen, or was interrupted. */
static bool is_waiting(const struct dlk_index *index, const struct dlk_model *model,
		       uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&index->unknowns_of, context);
	struct dlk_span waits = dlk_groups_get(&index->waits_of, context);

	for (uint32_t i = 0; i < waits.count; i++)
		if (model->waits[waits.items[i]].evidence != DLK_EVIDENCE_ON_TOP)
			return true;
	for (uint32_t i = 0; i < unknowns.count; i++)
		if (model->unknowns[unknowns.items[i]].why != DLK_WHY_NOT_SEEN)
			return true;
	return false;
}

static void count_contexts(const struct dlk_model *model, struct dlk_index *index)
{
	for (uint32_t i = 0; i < model->context_count; i++) {
		const struct dlk_context *c = &model->contexts[i];
		bool waits = is_waiting(index, model, i);

		index->tasks += c->kind == DLK_CONTEXT_TASK;
		index->uninterruptible += c->is_uninterruptible;
		index->spinning += waits && c->is_on_cpu;
		index->blocked += (waits || c->is_uninterruptible) && !c->is_on_cpu;
	}
}

enum dlk_status dlk_index_build(struct dlk_ctx *ctx, const struct dlk_model *model,
				struct dlk_index *ret)
{
	struct dlk_index index = { 0 };
	struct ranks ranks;

	if (!sort_contexts(ctx, model, &index) || !sort_resources(ctx, model, &index) ||
	    !sort_findings(ctx, model, &index))
		return dlk_nomem(ctx);
	ranks.context = make_ranks(ctx, index.contexts, model->context_count);
	ranks.resource = make_ranks(ctx, index.resources, model->resource_count);
	if (!ranks.context || !ranks.resource || !group_waits(ctx, model, &ranks, &index) ||
	    !group_holds(ctx, model, &ranks, &index) ||
	    !group_unknowns(ctx, model, &ranks, &index) ||
	    !list_spinning_cpus(ctx, model, &index) ||
	    dlk_queue_find_ahead(ctx, model, &index.ahead))
		return dlk_nomem(ctx);
	count_contexts(model, &index);
	*ret = index;
	return DLK_OK;
}

uint32_t dlk_index_first_said(const struct dlk_model *model, uint32_t context)
{
	uint32_t low = 0, high = model->said_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (model->said[middle].context < context)
			low = middle + 1;
		else
			high = middle;
	}
	return low < model->said_count && model->said[low].context == context ? low
									      : model->said_count;
}
