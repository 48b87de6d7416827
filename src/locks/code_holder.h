/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_CODE_HOLDER_H
#define DLK_LOCKS_CODE_HOLDER_H

/**
 * @file
 * Who holds what no record names, told from the code: who will release it.
 */

#include "locks/stack_search.h"

struct dlk_code_holders;

/**
 * Look for whatever has holders that are not known and is of a kind that code tells the holders of (acts.h).
 *
 * @param[out] ret  For dlk_code_holders_weigh().
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_code_holders_seek(struct dlk_facts *f, struct dlk_stack_search *search,
				      struct dlk_code_holders **ret) DLK_MUST_CHECK;

/**
 * After the search: ask the code of those whose stacks it showed, add those that hold, and take away those that only a
 * hint has named and that do not.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads stacks, text, and memory; may not return inside crash.
 */
enum dlk_status dlk_code_holders_weigh(struct dlk_code_holders *holders) DLK_MUST_CHECK;

/**
 * Add what these holders hold besides (also_held.h); at last.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads stacks, text, and memory; may not return inside crash.
 */
enum dlk_status dlk_code_holders_add_others(struct dlk_code_holders *h) DLK_MUST_CHECK;

#endif
