/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_REPORT_H
#define DEADLOCK_REPORT_H

/**
 * @file
 * Words: a finished analysis as text, JSON or a Graphviz graph.
 *
 * A report reads a const model and a const verdict and writes to a stdio stream (crash gives its
 * own).  It is deterministic: sorted, no host times, no pointers of this process.
 */

#include <stdio.h>

#include "deadlock/verdict.h"

enum dlk_report_part {
	DLK_PART_SUMMARY, /**< No option: verdict, cycles, roots, what could not be read. */
	DLK_PART_CYCLES,  /**< -c */
	DLK_PART_WAITS,   /**< -w */
	DLK_PART_LOCKDEP, /**< -k */
	DLK_PART_TASK,    /**< -t */
	DLK_PART_LOCK     /**< -l */
};

/** Which of the hangs that a console log tells of. */
struct dlk_incident {
	uint32_t number, count;         /**< From 1; count 0 of all other targets. */
	uint32_t first_line, last_line; /**< Of the log. */
};

struct dlk_report {
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	enum dlk_report_part part;
	uint64_t subject;   /**< For -t: pid, or address of a task_struct; for -l: address. */
	bool with_stacks;   /**< -s */
	bool with_evidence; /**< -v */
	bool with_colour;
	struct dlk_incident incident;
	const struct dlk_report *earlier; /**< For JSON: the hang before this one; NULL. */
};

/**
 * Write the report as text.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_NOTFOUND (no such task or lock among the facts; nothing
 *         was written), DLK_ERR_SYSTEM (the stream failed; errno says why).
 *
 * Target: none.
 */
enum dlk_status dlk_report_text(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
	DLK_MUST_CHECK;

/**
 * Write everything as JSON, format 1, whatever part is asked for.
 *
 * It is written while the model is walked: if that ends early, the file has a part of it.
 *
 * @return DLK_OK, DLK_ERR_NOMEM (nothing was written), DLK_ERR_CANCELED, DLK_ERR_SYSTEM (the stream
 *         failed; errno says why).
 *
 * Target: none.
 */
enum dlk_status dlk_report_json(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
	DLK_MUST_CHECK;

/** Write the wait-for graph for Graphviz; returns as dlk_report_text(). */
enum dlk_status dlk_report_dot(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
	DLK_MUST_CHECK;

#endif
