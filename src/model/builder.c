/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model while it is made: see builder.h. */
#include <config.h>

#include "model/builder.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"

enum { MAX_FINDINGS = 1000 };

/* What the kernel has written down of itself; two that agree leave no doubt. */
enum {
	RECORDS = DLK_EVIDENCE_WAITER_LIST | DLK_EVIDENCE_BLOCKED_ON | DLK_EVIDENCE_OWNER |
		  DLK_EVIDENCE_LOCKDEP
};

void dlk_model_builder_init(struct dlk_ctx *ctx, struct dlk_model_builder *ret)
{
	*ret = (struct dlk_model_builder){
		.ctx = ctx,
		.contexts = DLK_VEC_INIT(struct dlk_context),
		.resources = DLK_VEC_INIT(struct dlk_resource),
		.waits = DLK_VEC_INIT(struct dlk_wait),
		.holds = DLK_VEC_INIT(struct dlk_hold),
		.unknowns = DLK_VEC_INIT(struct dlk_unknown),
		.findings = DLK_VEC_INIT(struct dlk_finding),
		.held = DLK_VEC_INIT(struct dlk_held),
		.classes = DLK_VEC_INIT(struct dlk_lock_class),
		.offline = DLK_VEC_INIT(uint32_t),
		.first_wait = DLK_VEC_INIT(uint32_t),
		.next_wait = DLK_VEC_INIT(uint32_t),
		.next_same = DLK_VEC_INIT(uint32_t),
	};
}

/* Append a number to a vector of them. */
static enum dlk_status push_number(struct dlk_ctx *ctx, struct dlk_vec *to, uint32_t number)
{
	uint32_t *slot = dlk_vec_push(ctx, to);

	if (!slot)
		return dlk_nomem(ctx);
	*slot = number;
	return DLK_OK;
}

/* --- contexts */

enum dlk_status dlk_model_expect_contexts(struct dlk_model_builder *b, uint32_t count)
{
	return dlk_vec_reserve(b->ctx, &b->contexts, count) &&
			       dlk_vec_reserve(b->ctx, &b->first_wait, count)
		       ? DLK_OK
		       : dlk_nomem(b->ctx);
}

enum dlk_status dlk_model_add_context(struct dlk_model_builder *b,
				      const struct dlk_context *context, uint32_t *ret)
{
	struct dlk_context *slot = dlk_vec_push(b->ctx, &b->contexts);
	enum dlk_status status;

	if (!slot)
		return dlk_nomem(b->ctx);
	*slot = *context;
	*ret = b->contexts.len - 1;
	status = push_number(b->ctx, &b->first_wait, DLK_NONE);
	if (!status && context->kind == DLK_CONTEXT_TASK && context->task)
		status = dlk_map_put(b->ctx, &b->context_at, context->task, *ret);
	return status;
}

uint32_t dlk_model_find_context(const struct dlk_model_builder *b, dlk_addr_t task)
{
	return dlk_map_get(&b->context_at, task);
}

/* --- resources */

static enum dlk_status add_resource(struct dlk_model_builder *b,
				    const struct dlk_resource *resource, uint32_t next_same,
				    uint32_t *ret)
{
	struct dlk_resource *slot = dlk_vec_push(b->ctx, &b->resources);

	if (!slot)
		return dlk_nomem(b->ctx);
	*slot = *resource;
	*ret = b->resources.len - 1;
	return push_number(b->ctx, &b->next_same, next_same);
}

static uint64_t name_key(enum dlk_kind kind, const char *name)
{
	return (uint64_t)kind << 32 | dlk_hash_name(name);
}

static bool is_named(dlk_addr_t address, const char *name)
{
	return !address && name;
}

static uint64_t key_of_resource(const struct dlk_resource *r)
{
	return is_named(r->address, r->name) ? name_key(r->kind, r->name) : r->address;
}

static bool is_same(const struct dlk_resource *a, const struct dlk_resource *b)
{
	return a->kind == b->kind && a->address == b->address && a->part == b->part &&
	       (!is_named(a->address, a->name) || !strcmp(a->name, b->name));
}

uint32_t dlk_model_find_like(const struct dlk_model_builder *b, const struct dlk_resource *like)
{
	const struct dlk_map *map = is_named(like->address, like->name)
					    ? &b->resource_named
					    : &b->resource_at[like->kind];
	uint32_t i = dlk_map_get(map, key_of_resource(like));

	while (i != DLK_NONE && !is_same(like, dlk_model_resource(b, i)))
		i = *DLK_VEC_AT(&b->next_same, uint32_t, i);
	return i;
}

uint32_t dlk_model_find_resource(const struct dlk_model_builder *b, enum dlk_kind kind,
				 dlk_addr_t address, const char *name)
{
	const struct dlk_resource like = { .kind = kind, .address = address, .name = name };

	return dlk_model_find_like(b, &like);
}

/* In front of the others of its key. */
enum dlk_status dlk_model_make_like(struct dlk_model_builder *b, const struct dlk_resource *like,
				    uint32_t *ret, bool *is_new)
{
	const struct dlk_resource resource = {
		.kind = like->kind, .address = like->address, .part = like->part, .name = like->name
	};
	struct dlk_map *map = is_named(like->address, like->name) ? &b->resource_named
								  : &b->resource_at[like->kind];
	enum dlk_status status;

	*ret = dlk_model_find_like(b, like);
	*is_new = *ret == DLK_NONE;
	if (!*is_new)
		return DLK_OK;
	status = add_resource(b, &resource, dlk_map_get(map, key_of_resource(like)), ret);
	return status ? status : dlk_map_put(b->ctx, map, key_of_resource(like), *ret);
}

enum dlk_status dlk_model_make_resource(struct dlk_model_builder *b, enum dlk_kind kind,
					dlk_addr_t address, const char *name, uint32_t *ret,
					bool *is_new)
{
	const struct dlk_resource like = { .kind = kind, .address = address, .name = name };

	return dlk_model_make_like(b, &like, ret, is_new);
}

/* --- waits and holds */

static uint64_t key_of(uint32_t context, uint32_t resource)
{
	return (uint64_t)resource << 32 | context;
}

uint32_t dlk_model_find_wait(const struct dlk_model_builder *b, uint32_t context, uint32_t resource)
{
	const struct dlk_wait *wait = dlk_model_first_wait(b, context);

	/* A context waits for one thing, or for a few. */
	while (wait && wait->resource != resource)
		wait = dlk_model_next_wait(b, wait);
	return wait ? (uint32_t)(wait - (const struct dlk_wait *)b->waits.data) : DLK_NONE;
}

uint32_t dlk_model_find_hold(const struct dlk_model_builder *b, uint32_t context, uint32_t resource)
{
	return dlk_map_get(&b->hold_at, key_of(context, resource));
}

/* How sure two grounds together make, of which each is so sure. */
static enum dlk_confidence weigh(uint32_t a, enum dlk_confidence sure_a, uint32_t b,
				 enum dlk_confidence sure_b)
{
	bool are_records = a & RECORDS && b & RECORDS && (a & RECORDS) != (b & RECORDS);

	if (are_records && sure_a >= DLK_LIKELY && sure_b >= DLK_LIKELY)
		return DLK_CERTAIN;
	return sure_a > sure_b ? sure_a : sure_b;
}

static void merge_wait(struct dlk_wait *into, const struct dlk_wait *other)
{
	struct dlk_wait sum = other->confidence > into->confidence ? *other : *into;

	if (sum.position == DLK_NONE)
		sum.position = into->position != DLK_NONE ? into->position : other->position;
	sum.evidence = into->evidence | other->evidence;
	sum.confidence = weigh(into->evidence, into->confidence, other->evidence,
			       other->confidence);
	*into = sum;
}

static void merge_hold(struct dlk_hold *into, const struct dlk_hold *other)
{
	struct dlk_hold sum = other->confidence > into->confidence ? *other : *into;

	sum.evidence = into->evidence | other->evidence;
	sum.confidence = weigh(into->evidence, into->confidence, other->evidence,
			       other->confidence);
	*into = sum;
}

/* Behind the others of its context. */
static enum dlk_status link_wait(struct dlk_model_builder *b, uint32_t wait)
{
	uint32_t *link = DLK_VEC_AT(&b->first_wait, uint32_t, dlk_model_wait(b, wait)->context);

	while (*link != DLK_NONE)
		link = DLK_VEC_AT(&b->next_wait, uint32_t, *link);
	*link = wait;
	return push_number(b->ctx, &b->next_wait, DLK_NONE);
}

enum dlk_status dlk_model_add_wait(struct dlk_model_builder *b, const struct dlk_wait *wait)
{
	uint32_t former = dlk_model_find_wait(b, wait->context, wait->resource);
	struct dlk_wait *slot;

	if (former != DLK_NONE) {
		merge_wait(dlk_model_wait(b, former), wait);
		return DLK_OK;
	}
	slot = dlk_vec_push(b->ctx, &b->waits);
	if (!slot)
		return dlk_nomem(b->ctx);
	*slot = *wait;
	return link_wait(b, b->waits.len - 1);
}

enum dlk_status dlk_model_add_hold(struct dlk_model_builder *b, const struct dlk_hold *hold)
{
	uint32_t former = dlk_model_find_hold(b, hold->context, hold->resource);
	struct dlk_hold *slot;

	if (former != DLK_NONE) {
		merge_hold(dlk_model_hold(b, former), hold);
		return DLK_OK;
	}
	slot = dlk_vec_push(b->ctx, &b->holds);
	if (!slot)
		return dlk_nomem(b->ctx);
	*slot = *hold;
	return dlk_map_put(b->ctx, &b->hold_at, key_of(hold->context, hold->resource),
			   b->holds.len - 1);
}

/* --- what runs on top of what */

/* Each level of a CPU is a thing of its own: what was interrupted waits for those right on top of it. */
static enum dlk_status make_cpu(struct dlk_model_builder *b, int32_t cpu,
				enum dlk_context_kind below, uint32_t *ret)
{
	const char *name = dlk_format(b->ctx, "%" PRId32 " in %s context", cpu,
				      dlk_context_text(below));
	bool is_new;

	if (!name)
		return dlk_nomem(b->ctx);
	return dlk_model_make_resource(b, DLK_KIND_CPU, 0, name, ret, &is_new);
}

enum dlk_status dlk_model_add_interruption(struct dlk_model_builder *b, uint32_t top)
{
	uint32_t below = dlk_model_context(b, top)->on_top_of;
	struct dlk_wait wait = { .context = below,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_ON_TOP,
				 .confidence = DLK_CERTAIN };
	struct dlk_hold hold = { .context = top,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_ON_TOP,
				 .confidence = DLK_CERTAIN };
	enum dlk_status status = make_cpu(b, dlk_model_context(b, top)->cpu,
					  dlk_model_context(b, below)->kind, &wait.resource);

	hold.resource = wait.resource;
	if (!status)
		status = dlk_model_add_wait(b, &wait);
	return status ? status : dlk_model_add_hold(b, &hold);
}

enum dlk_status dlk_model_add_on_top(struct dlk_model_builder *b, const struct dlk_context *context,
				     uint32_t *ret)
{
	uint32_t below = context->on_top_of;
	enum dlk_status status;

	if (below >= b->contexts.len || context->kind <= dlk_model_context(b, below)->kind ||
	    context->cpu < 0)
		return dlk_fail(b->ctx, DLK_ERR_INVALID, "a %s cannot run on top of that",
				dlk_context_text(context->kind));
	status = dlk_model_add_context(b, context, ret);
	return status ? status : dlk_model_add_interruption(b, *ret);
}

/* --- what was none */

/* Add again what stays of waits: the ways to them are made anew. */
enum dlk_status dlk_model_keep_waits(struct dlk_model_builder *b, dlk_model_keep_wait_fn *keep,
				     void *arg)
{
	struct dlk_vec former = b->waits;
	enum dlk_status status = DLK_OK;

	b->waits = (struct dlk_vec)DLK_VEC_INIT(struct dlk_wait);
	b->next_wait = (struct dlk_vec)DLK_VEC_INIT(uint32_t);
	for (uint32_t i = 0; i < b->first_wait.len; i++)
		*DLK_VEC_AT(&b->first_wait, uint32_t, i) = DLK_NONE;
	for (uint32_t i = 0; i < former.len && !status; i++)
		if (keep(arg, DLK_VEC_AT(&former, struct dlk_wait, i)))
			status = dlk_model_add_wait(b, DLK_VEC_AT(&former, struct dlk_wait, i));
	return status;
}

enum dlk_status dlk_model_keep_holds(struct dlk_model_builder *b, dlk_model_keep_hold_fn *keep,
				     void *arg)
{
	struct dlk_vec former = b->holds;
	enum dlk_status status = DLK_OK;

	b->holds = (struct dlk_vec)DLK_VEC_INIT(struct dlk_hold);
	b->hold_at = (struct dlk_map){ 0 };
	for (uint32_t i = 0; i < former.len && !status; i++)
		if (keep(arg, DLK_VEC_AT(&former, struct dlk_hold, i)))
			status = dlk_model_add_hold(b, DLK_VEC_AT(&former, struct dlk_hold, i));
	return status;
}

/* --- findings */

/* The same was found on another way: a stack, for one, is looked at more than once. */
static bool is_known(struct dlk_model_builder *b, const struct dlk_finding *finding)
{
	for (uint32_t i = 0; i < b->findings.len; i++) {
		struct dlk_finding *known = DLK_VEC_AT(&b->findings, struct dlk_finding, i);

		if (known->code != finding->code || known->address != finding->address ||
		    !known->text || strcmp(known->text, finding->text) != 0)
			continue;
		known->is_loss |= finding->is_loss;
		return true;
	}
	return false;
}

enum dlk_status dlk_model_add_finding(struct dlk_model_builder *b,
				      const struct dlk_finding *finding)
{
	struct dlk_finding *slot;

	if (b->findings.len > MAX_FINDINGS || is_known(b, finding))
		return DLK_OK;
	slot = dlk_vec_push(b->ctx, &b->findings);
	if (!slot)
		return dlk_nomem(b->ctx);
	*slot = *finding;
	if (b->findings.len > MAX_FINDINGS) {
		slot->code = DLK_FINDING_LIMIT;
		slot->is_loss = true;
		slot->text = "more findings than are kept";
		return DLK_OK;
	}
	slot->text = dlk_strdup(b->ctx, finding->text);
	return slot->text ? DLK_OK : dlk_nomem(b->ctx);
}

/* --- the model */

void dlk_model_finish(const struct dlk_model_builder *b, struct dlk_model *ret)
{
	ret->contexts = b->contexts.data;
	ret->context_count = b->contexts.len;
	ret->resources = b->resources.data;
	ret->resource_count = b->resources.len;
	ret->waits = b->waits.data;
	ret->wait_count = b->waits.len;
	ret->holds = b->holds.data;
	ret->hold_count = b->holds.len;
	ret->unknowns = b->unknowns.data;
	ret->unknown_count = b->unknowns.len;
	ret->findings = b->findings.data;
	ret->finding_count = b->findings.len;
	ret->held = b->held.data;
	ret->held_count = b->held.len;
	ret->classes = b->classes.data;
	ret->class_count = b->classes.len;
	ret->offline = b->offline.data;
	ret->offline_count = b->offline.len;
	ret->lockdep = b->lockdep;
	/* What logs say of it is added by who has one. */
	ret->predictions = NULL;
	ret->prediction_count = 0;
	ret->said = NULL;
	ret->said_count = 0;
}
