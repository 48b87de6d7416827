/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_MODEL_BUILDER_H
#define DLK_MODEL_BUILDER_H

/**
 * @file
 * A model while it is made (model.h).  Knows no kernel: who adds facts may have them from memory, from a
 * console log, or from a test.
 *
 * What is found on several ways is one fact: a wait, and a hold, is merged with the one that there is of the same context
 * and resource.  Its evidence becomes the set of both, and it is as sure as the surer one, whose mode and words count;
 * two records of the kernel's that agree, each likely at least, make it certain.
 *
 * A resource is known by its kind and its address, and its part if there are several; one without an address by its
 * kind and its name.  A task is
 * known by the address of its task_struct, if it has one.
 *
 * Nothing is ever taken out here; dlk_model_keep_waits() and its like are for who has found out later that it never was.
 */

#include "base/map.h"
#include "base/vec.h"
#include "deadlock/model.h"

struct dlk_model_builder {
	struct dlk_ctx *ctx;
	struct dlk_vec contexts;  /**< of struct dlk_context */
	struct dlk_vec resources; /**< of struct dlk_resource */
	struct dlk_vec waits;     /**< of struct dlk_wait */
	struct dlk_vec holds;     /**< of struct dlk_hold */
	struct dlk_vec unknowns;  /**< of struct dlk_unknown */
	struct dlk_vec findings;  /**< of struct dlk_finding */
	struct dlk_vec held;      /**< of struct dlk_held */
	struct dlk_vec classes;   /**< of struct dlk_lock_class */
	struct dlk_vec offline;   /**< uint32_t, CPUs; each once, ascending */
	struct dlk_lockdep lockdep;

	/* Ways to find them; DLK_NONE ends a chain. */
	struct dlk_vec first_wait;                  /* uint32_t, for each context */
	struct dlk_vec next_wait;                   /* uint32_t, for each wait: of its context */
	struct dlk_map context_at;                  /* address of a task -> context */
	struct dlk_map resource_at[DLK_KIND_COUNT]; /* address -> the last resource there */
	struct dlk_map resource_named; /* hash of kind and name -> the last of that hash */
	struct dlk_vec next_same; /* uint32_t, for each resource: of its address, or its hash */
	struct dlk_map hold_at;   /**< context and resource -> hold */
};

/**
 * Make an empty one.
 *
 * Ownership: all that is added lives in @p ctx; strings are not copied.
 */
void dlk_model_builder_init(struct dlk_ctx *ctx, struct dlk_model_builder *ret);

/** Make room for so many contexts.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_model_expect_contexts(struct dlk_model_builder *b, uint32_t count)
	DLK_MUST_CHECK;

/** Add a context (copied).  @param[out] ret its index.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_model_add_context(struct dlk_model_builder *b,
				      const struct dlk_context *context, uint32_t *ret)
	DLK_MUST_CHECK;

/**
 * Add a context that runs on top of another, and say that the other waits for its CPU until this one returns.
 *
 * @param[in]  context  As above; no task; its @c on_top_of is the index of one of a lower kind, its @c cpu is known.
 * @param[out] ret      Its index.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_INVALID (of what it runs on top: nothing has been added).
 */
enum dlk_status dlk_model_add_on_top(struct dlk_model_builder *b, const struct dlk_context *context,
				     uint32_t *ret) DLK_MUST_CHECK;

/**
 * Say that what a context runs on top of waits for its CPU until it returns.
 *
 * @param[in] top The index of one that was added with dlk_model_add_context(), of which the same is true as above.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_model_add_interruption(struct dlk_model_builder *b, uint32_t top)
	DLK_MUST_CHECK;

/** Find the context of a task; DLK_NONE. */
uint32_t dlk_model_find_context(const struct dlk_model_builder *b, dlk_addr_t task);

/**
 * Find or make a resource.
 *
 * @param[in]  address  Its identity; if it is 0, the name is.
 * @param[in]  name     Of a resource without an address; else NULL.
 * @param[out] ret      Its index.
 * @param[out] is_new   It was made now.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_model_make_resource(struct dlk_model_builder *b, enum dlk_kind kind,
					dlk_addr_t address, const char *name, uint32_t *ret,
					bool *is_new) DLK_MUST_CHECK;

/**
 * Find or make a resource that has the identity of another, which may be of another builder: its kind, address, part
 * and name count.
 *
 * @param[out] ret, is_new  As above.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_model_make_like(struct dlk_model_builder *b, const struct dlk_resource *like,
				    uint32_t *ret, bool *is_new) DLK_MUST_CHECK;

/** Find a resource, as dlk_model_make_like() does; DLK_NONE. */
uint32_t dlk_model_find_like(const struct dlk_model_builder *b, const struct dlk_resource *like);

/** Find a resource, as dlk_model_make_resource() does; DLK_NONE. */
uint32_t dlk_model_find_resource(const struct dlk_model_builder *b, enum dlk_kind kind,
				 dlk_addr_t address, const char *name);

/** Add a wait (copied), or merge it with the one that there is.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_model_add_wait(struct dlk_model_builder *b, const struct dlk_wait *wait)
	DLK_MUST_CHECK;

/** Add a hold (copied), or merge it with the one that there is.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_model_add_hold(struct dlk_model_builder *b, const struct dlk_hold *hold)
	DLK_MUST_CHECK;

/** Find the hold of a context and a resource; DLK_NONE. */
uint32_t dlk_model_find_hold(const struct dlk_model_builder *b, uint32_t context,
			     uint32_t resource);

/** Find the wait of a context for a resource; DLK_NONE. */
uint32_t dlk_model_find_wait(const struct dlk_model_builder *b, uint32_t context,
			     uint32_t resource);

/**
 * Add a finding; one that there is already is not added again.
 *
 * @param[in] finding  Copied, its text as well.
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_model_add_finding(struct dlk_model_builder *b,
				      const struct dlk_finding *finding) DLK_MUST_CHECK;

/** Whether a fact stays; it may be changed, but for its context and resource. */
typedef bool dlk_model_keep_wait_fn(void *arg, struct dlk_wait *wait);
typedef bool dlk_model_keep_hold_fn(void *arg, struct dlk_hold *hold);

/** Leave out waits that were none; the indices of the others change. */
enum dlk_status dlk_model_keep_waits(struct dlk_model_builder *b, dlk_model_keep_wait_fn *keep,
				     void *arg) DLK_MUST_CHECK;

/** Leave out holds that were none; the indices of the others change. */
enum dlk_status dlk_model_keep_holds(struct dlk_model_builder *b, dlk_model_keep_hold_fn *keep,
				     void *arg) DLK_MUST_CHECK;

/** Hand the facts out as a model; the source, and what logs say, are for the caller to say.  They stay owned by the context. */
void dlk_model_finish(const struct dlk_model_builder *b, struct dlk_model *ret);

/* Elements by their index; an address is good until the next one is added. */

static inline struct dlk_context *dlk_model_context(const struct dlk_model_builder *b, uint32_t i)
{
	return DLK_VEC_AT(&b->contexts, struct dlk_context, i);
}

static inline struct dlk_resource *dlk_model_resource(const struct dlk_model_builder *b, uint32_t i)
{
	return DLK_VEC_AT(&b->resources, struct dlk_resource, i);
}

static inline struct dlk_wait *dlk_model_wait(const struct dlk_model_builder *b, uint32_t i)
{
	return DLK_VEC_AT(&b->waits, struct dlk_wait, i);
}

static inline struct dlk_hold *dlk_model_hold(const struct dlk_model_builder *b, uint32_t i)
{
	return DLK_VEC_AT(&b->holds, struct dlk_hold, i);
}

/** The first wait of a context; NULL if it has none. */
static inline struct dlk_wait *dlk_model_first_wait(const struct dlk_model_builder *b,
						    uint32_t context)
{
	uint32_t wait = *DLK_VEC_AT(&b->first_wait, uint32_t, context);

	return wait == DLK_NONE ? NULL : dlk_model_wait(b, wait);
}

/** The next wait of the same context; NULL if it has no more. */
static inline struct dlk_wait *dlk_model_next_wait(const struct dlk_model_builder *b,
						   const struct dlk_wait *wait)
{
	uint32_t i = (uint32_t)(wait - (const struct dlk_wait *)b->waits.data);
	uint32_t next = *DLK_VEC_AT(&b->next_wait, uint32_t, i);

	return next == DLK_NONE ? NULL : dlk_model_wait(b, next);
}

#endif
