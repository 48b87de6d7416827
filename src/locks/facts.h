/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_FACTS_H
#define DLK_LOCKS_FACTS_H

/**
 * @file
 * The facts while they are gathered: what becomes a dlk_model.
 *
 * A context's index is its task's index in the tasks, so that nothing need be looked up twice.
 */

#include "deadlock/model.h"
#include "kernel/stack.h"
#include "kernel/task.h"

struct dlk_facts {
	struct dlk_kernel *k;
	struct dlk_ctx *ctx;
	struct dlk_tasks tasks;
	struct dlk_context *contexts; /**< One for each task. */
	uint32_t *wait_of;            /**< For each task its first wait; DLK_NONE. */
	struct dlk_vec resources, waits, holds, findings;
	struct dlk_vec unknowns;      /**< By unknown.c. */
	struct dlk_vec held, classes; /**< By src/lockdep/. */
	struct dlk_lockdep lockdep;
	uint64_t queue_steps;                      /**< Steps of all walks over queues so far. */
	uint64_t *scan_words;                      /**< Of the stack that is being scanned. */
	struct dlk_map by_address[DLK_KIND_COUNT]; /**< Address -> resource. */
};

/**
 * Read the tasks and make a context for each.
 *
 * @return DLK_OK, or what keeps the analysis from starting.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_facts_init(struct dlk_facts *f, struct dlk_kernel *k) DLK_MUST_CHECK;

/**
 * Find or make the resource of a kind at an address.
 *
 * @param[out] ret     Its index.
 * @param[out] is_new  It was made now: name it, find its holders.
 */
enum dlk_status dlk_facts_resource(struct dlk_facts *f, enum dlk_kind kind, dlk_addr_t address,
				   uint32_t *ret, bool *is_new) DLK_MUST_CHECK;

/** The resource of an index; good until the next one is made. */
struct dlk_resource *dlk_facts_get(struct dlk_facts *f, uint32_t resource);

/** Add a wait (copied). */
enum dlk_status dlk_facts_wait(struct dlk_facts *f, const struct dlk_wait *wait) DLK_MUST_CHECK;

/** Add a hold (copied). */
enum dlk_status dlk_facts_hold(struct dlk_facts *f, const struct dlk_hold *hold) DLK_MUST_CHECK;

/**
 * Add a finding; one that there is already is not added again.
 *
 * @param[in] is_loss  Something that may matter was not seen: the report is not complete.
 */
enum dlk_status dlk_facts_find(struct dlk_facts *f, enum dlk_finding_code code, dlk_addr_t address,
			       bool is_loss, const char *fmt, ...) DLK_MUST_CHECK DLK_PRINTF(5, 6);

/** Turn the context's error text into a finding, unless @p status is fatal; then return it. */
enum dlk_status dlk_facts_absorb(struct dlk_facts *f, enum dlk_status status, dlk_addr_t address,
				 bool is_loss) DLK_MUST_CHECK;

/** Index of the context of a task_struct; DLK_NONE. */
uint32_t dlk_facts_context(const struct dlk_facts *f, dlk_addr_t task);

/**
 * Read a task's stack, unwind it, and keep the frames in its context.
 *
 * @param[out] stack  May be NULL.
 * @return as dlk_stack_read().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_facts_unwind(struct dlk_facts *f, uint32_t context, struct dlk_stack *stack)
	DLK_MUST_CHECK;

/**
 * Add a finding if a stack that was read, or unwound, is broken; not of a target that runs.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_facts_broken(struct dlk_facts *f, const struct dlk_stack *stack) DLK_MUST_CHECK;

/** Hand the facts out as a model; they stay owned by the context. */
void dlk_facts_model(const struct dlk_facts *f, struct dlk_model *ret);

#endif
