/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_FACTS_H
#define DLK_LOCKS_FACTS_H

/**
 * @file
 * The facts while they are gathered from a kernel: a model that is being made, and what a scan needs besides.
 *
 * The contexts of tasks come first, in the order of the tasks; what runs on top of them comes behind.
 */

#include "kernel/stack.h"
#include "kernel/task.h"
#include "kernel/workqueue.h"
#include "model/builder.h"

struct dlk_facts {
	struct dlk_kernel *k;
	struct dlk_ctx *ctx;
	struct dlk_tasks tasks;
	struct dlk_model_builder model;
	uint64_t queue_steps; /**< Steps of all walks over queues so far. */
	uint64_t *scan_words; /**< Of the stack that is being scanned. */
	struct dlk_map
		by_stack; /**< Lowest address of a stack -> context; made when it is asked for. */
	struct dlk_workqueues workqueues;
	struct dlk_vec
		starts; /**< of struct dlk_stack_start, of what runs and what it has interrupted */
	struct dlk_map start_of; /**< context -> index of that */
	const bool *is_offline;  /**< Of each CPU of the kernel's; NULL: not known. */
	struct dlk_map passing;  /**< Contexts that spin for what nobody holds any more. */
};

/** The task of a context, or that which it runs on top of. */
static inline const struct dlk_task *dlk_facts_task(const struct dlk_facts *f, uint32_t context)
{
	return DLK_VEC_AT(&f->tasks.tasks, struct dlk_task,
			  dlk_context_task(f->model.contexts.data, context));
}

/** A context by its index; good until the next one is made. */
static inline struct dlk_context *dlk_facts_context(const struct dlk_facts *f, uint32_t context)
{
	return dlk_model_context(&f->model, context);
}

/** A resource by its index; good until the next one is made. */
static inline struct dlk_resource *dlk_facts_resource(const struct dlk_facts *f, uint32_t resource)
{
	return dlk_model_resource(&f->model, resource);
}

/** Whether a wait of a context is known. */
static inline bool dlk_facts_waits(const struct dlk_facts *f, uint32_t context)
{
	return dlk_model_first_wait(&f->model, context) != NULL;
}

/** Index of the context of a task_struct; DLK_NONE. */
static inline uint32_t dlk_facts_find_context(const struct dlk_facts *f, dlk_addr_t task)
{
	return dlk_model_find_context(&f->model, task);
}

/**
 * Index of the context of the task on whose stack an address is; DLK_NONE, also for want of memory.
 *
 * Target: none.
 */
uint32_t dlk_facts_find_stack(struct dlk_facts *f, dlk_addr_t address);

/** As dlk_model_make_resource(), by address: a new one is to be named, its holders found. */
static inline enum dlk_status dlk_facts_make_resource(struct dlk_facts *f, enum dlk_kind kind,
						      dlk_addr_t address, uint32_t *ret,
						      bool *is_new)
{
	return dlk_model_make_resource(&f->model, kind, address, NULL, ret, is_new);
}

/** As dlk_model_add_wait(). */
static inline enum dlk_status dlk_facts_add_wait(struct dlk_facts *f, const struct dlk_wait *wait)
{
	return dlk_model_add_wait(&f->model, wait);
}

/** As dlk_model_add_hold(). */
static inline enum dlk_status dlk_facts_add_hold(struct dlk_facts *f, const struct dlk_hold *hold)
{
	return dlk_model_add_hold(&f->model, hold);
}

/**
 * Read the tasks and make a context for each; find which CPUs are off line.
 *
 * @return DLK_OK, or what keeps the analysis from starting.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_facts_init(struct dlk_facts *f, struct dlk_kernel *k) DLK_MUST_CHECK;

/**
 * Add a finding; one that there is already is not added again.
 *
 * @param[in] is_loss  Something that may matter was not seen: the report is not complete.
 */
enum dlk_status dlk_facts_add_finding(struct dlk_facts *f, enum dlk_finding_code code,
				      dlk_addr_t address, bool is_loss, const char *fmt, ...)
	DLK_MUST_CHECK DLK_PRINTF(5, 6);

/** Turn the context's error text into a finding, unless @p status is fatal; then return it. */
enum dlk_status dlk_facts_absorb(struct dlk_facts *f, enum dlk_status status, dlk_addr_t address,
				 bool is_loss) DLK_MUST_CHECK;

/** Looks at a task; with the argument of the walk. */
typedef enum dlk_status dlk_facts_task_fn(struct dlk_facts *f, uint32_t context, void *arg);

/**
 * Walk over the tasks that no signal can wake, and of which no wait is known yet: those whose wait has no waiter struct.
 *
 * @param[in] look  Its failures become findings, and the walk goes on, unless they are fatal.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: what @p look reads.
 */
enum dlk_status dlk_facts_walk_unexplained(struct dlk_facts *f, dlk_facts_task_fn *look, void *arg)
	DLK_MUST_CHECK;

/**
 * Read the live part of a context's stack: of what was interrupted, from where it stands.
 *
 * @return as dlk_stack_read().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_facts_read_stack(struct dlk_facts *f, uint32_t context, struct dlk_stack *ret)
	DLK_MUST_CHECK;

/** Where a context stands that runs, or was interrupted; good until the next one is noted.  NULL: not noted. */
const struct dlk_stack_start *dlk_facts_start(const struct dlk_facts *f, uint32_t context);

/** Note where a context stands that runs, or was interrupted.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_facts_set_start(struct dlk_facts *f, uint32_t context,
				    const struct dlk_stack_start *start) DLK_MUST_CHECK;

/**
 * Read a context's stack, unwind it, and keep the frames in its context.
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

#endif
