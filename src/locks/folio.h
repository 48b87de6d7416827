/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_FOLIO_H
#define DLK_LOCKS_FOLIO_H

/**
 * @file
 * Folio locks: what folio.c and folio_holder.c share.
 */

#include "locks/stack_search.h"

/** Tell whether a folio's lock bit is set. */
enum dlk_status dlk_folio_read_locked(struct dlk_facts *f, dlk_addr_t folio, bool *ret)
	DLK_MUST_CHECK;

/** Name a folio by its size, and its file; NULL for want of memory. */
const char *dlk_folio_name(struct dlk_facts *f, dlk_addr_t folio);

/**
 * Tell whether a word on a task's stack is the folio in a waiter of that task, linked or not: then it
 * says that the task waits for the folio, or did, not that it works on it.
 */
bool dlk_folio_is_in_waiter(struct dlk_facts *f, dlk_addr_t word, dlk_addr_t task);

/**
 * Tell whether a word on a task's stack is a folio in a batch that the task goes through, and it waits for the lock of one before
 * it: then it has not locked this one yet.
 *
 * @param[in] at  Where the word stands.
 *
 * Target: none.
 */
bool dlk_folio_is_ahead(const struct dlk_facts *f, const struct dlk_stack *stack, uint32_t context,
			dlk_addr_t at);

#endif
