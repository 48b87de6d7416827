/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_TIE_H
#define DLK_LOG_TIE_H

/**
 * @file
 * What the kernel has reported, in the log that is in its own memory, of contexts of the same memory's model: soft and hard
 * lockups, RCU stalls, workqueues that get no CPU, hung tasks.
 *
 * Claims: a report is about what a context does now, if it names its CPU or its task, and was printed while that did what it does
 * still: since it came on its CPU, of one that runs, or since it left it, of one that sleeps.  The reports come late by themselves,
 * by 20 s and more as a rule; so who has begun before one was printed has begun long before.  Of a CPU that goes on again the kernel's
 * own watchdog takes the first turn, within seconds, and whoever was there comes on it anew: its report is then older than its run, and
 * nothing is said.  An RCU stall, and a workqueue that gets no CPU, are victims of what keeps the CPU that they name.
 *
 * The log is of the past, so no wait, no hold and no verdict rests on it: it says since when the kernel knows.
 *
 * How it can be wrong: a stall may have ended while the task that it names has kept its CPU, in a kernel whose grace periods end at
 * ticks; and who named a CPU by a starved kthread of its own may have meant that.  Of interrupts over an idle task nothing is said: since
 * when that runs is not known.  A task that has changed its name since is not found.
 */

#include "log/block.h"

/** What is tied, and to whom. */
struct dlk_log_tie {
	const struct dlk_log *log; /**< Of the model's own kernel, and this boot of it. */
	uint64_t now_ns;    /**< The moment of the model, by the clock that the log prints. */
	const bool *wanted; /**< Of each context of the model, whether its reports matter. */
};

/** How long a context does what it does now; DLK_NS_UNKNOWN, also of one over an idle task. */
uint64_t dlk_log_lasts_ns(const struct dlk_model *m, uint32_t context);

/**
 * Tie a log's reports to contexts.
 *
 * Of a CPU's contexts it is the topmost wanted one.
 *
 * @param[in,out] model  Gets its said.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Ownership: the context's; strings are the log's.
 * Target:    none.
 */
enum dlk_status dlk_log_tie(struct dlk_ctx *ctx, const struct dlk_log_tie *tie,
			    struct dlk_model *model) DLK_MUST_CHECK;

#endif
