/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_INDEX_H
#define DLK_REPORT_INDEX_H

/**
 * @file
 * A model's facts in the orders that reports need, built once.
 *
 * What waits for what, what holds what, both ways; everything sorted, so that two analyses of the
 * same dump print the same bytes.  The model's own indices are within its arrays: dlk_judge() has
 * checked them before there is a verdict to report.
 */

#include "base/groups.h"
#include "deadlock/verdict.h"
#include "graph/queue.h"

struct dlk_index {
	const uint32_t *contexts;      /**< By pid, then by address, then by kind. */
	const uint32_t *resources;     /**< By kind, then by address, then by name. */
	const uint32_t *findings;      /**< Losses first, then by code, then by address. */
	struct dlk_groups waits_of;    /**< Context to its waits. */
	struct dlk_groups holds_of;    /**< Context to its holds. */
	struct dlk_groups queue_of;    /**< Resource to its waits, in the order of the queue. */
	struct dlk_groups holders_of;  /**< Resource to its holds, by pid. */
	struct dlk_groups unknowns_of; /**< Context to its waits that are not understood. */
	const uint32_t *unknowns; /**< All of these: those that have lasted first, then by pid. */
	const struct dlk_ahead *ahead; /**< Of each wait: the writers for whose turn it waits. */
	/** The CPUs on which something has spun for a while, as far as known: rising, each once. */
	const int32_t *spinning_cpus;
	uint32_t spinning_cpu_count;
	uint32_t tasks;           /**< Contexts that are tasks. */
	uint32_t blocked;         /**< In state D or waiting, and not on a CPU. */
	uint32_t uninterruptible; /**< In state D. */
	uint32_t spinning;        /**< Waiting on a CPU. */
	uint32_t lasting;         /**< Of @c unknowns, those that have lasted. */
	uint32_t losses;          /**< Findings that are a loss. */
	bool is_foreign;          /**< Something of this kernel is not understood at all. */
};

/**
 * Sort a model's facts.
 *
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: the arrays live as long as @p ctx.
 * Target:    none.  Time n log n in the size of the model.
 */
enum dlk_status dlk_index_build(struct dlk_ctx *ctx, const struct dlk_model *model,
				struct dlk_index *ret) DLK_MUST_CHECK;

/** The first of what the kernel has reported of a context; the number of all if there is nothing. */
uint32_t dlk_index_first_said(const struct dlk_model *model, uint32_t context);

/** Tell whether a task belongs in a list of blocked tasks: in state D, or waiting, known for what or not. */
static inline bool dlk_index_is_stuck(const struct dlk_index *index, const struct dlk_model *model,
				      uint32_t context)
{
	return model->contexts[context].is_uninterruptible ||
	       dlk_groups_get(&index->waits_of, context).count ||
	       dlk_groups_get(&index->unknowns_of, context).count;
}

#endif
