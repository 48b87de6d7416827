/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_RELEASES_H
#define DLK_CODE_RELEASES_H

/**
 * @file
 * All that the frames of a sleeping task may let go.
 *
 * Of an object that somebody waits for it is asked whether a task's frames will release it (release.h).  Of what nobody
 * waits for no address is known, so here the question is the other way round: what do the calls of releasing functions get,
 * on any path from where the frames stand?
 *
 * Claims: that is listed, and nothing is said of when, or whether it is taken before: that is for release.h to answer, of
 * each.  How it can be wrong: as walk.h and registers.h can.  What a function that is called releases is not listed, nor what is
 * released without a call.
 */

#include "code/act.h"
#include "kernel/stack.h"

enum { DLK_MAX_RELEASES = 16 /**< Of one stack. */ };

struct dlk_released {
	uint32_t rules; /**< By which it would be released: of the rules that were asked. */
	dlk_addr_t object;
};

struct dlk_releases;

/**
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Ownership: lives in the context.
 */
enum dlk_status dlk_releases_open(struct dlk_code *code, struct dlk_releases **ret) DLK_MUST_CHECK;

/**
 * List them, each once; of the innermost frames first.  After half a million instructions of all stacks together there are
 * none.
 *
 * @param[in]  stack  Of a task that does not run, unwound.
 * @param[in]  rules  @p rule_count of them; NULL: none, as the kinds have them.
 * @param[out] ret    Room for DLK_MAX_RELEASES.
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_NOMEM.
 *
 * Target: reads text, and words of memory; may not return inside crash.
 */
enum dlk_status dlk_releases_list(struct dlk_releases *r, const struct dlk_stack *stack,
				  const struct dlk_act_rules *const *rules, uint32_t rule_count,
				  struct dlk_released *ret, uint32_t *count) DLK_MUST_CHECK;

#endif
