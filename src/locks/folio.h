/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_FOLIO_H
#define DLK_LOCKS_FOLIO_H

/**
 * @file
 * Folio locks: what folio.c and folio_holder.c share.
 */

#include "locks/facts.h"

/** Tell whether a folio's lock bit is set. */
enum dlk_status dlk_folio_read_locked(struct dlk_facts *f, dlk_addr_t folio, bool *ret)
	DLK_MUST_CHECK;

/**
 * Tell whether a word on a task's stack is the folio in a waiter of that task, linked or not: then it
 * says that the task waits for the folio, or did, not that it works on it.
 */
bool dlk_folio_is_in_waiter(struct dlk_facts *f, dlk_addr_t word, dlk_addr_t task);

/**
 * Infer the holders of all folio locks that somebody waits for.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads the live stacks of all tasks, once, if there is such a folio; nothing else.
 */
enum dlk_status dlk_folio_infer_holders(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
