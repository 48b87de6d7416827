/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_READER_H
#define DLK_LOCKS_READER_H

/**
 * @file
 * Who may be a reader of a lock that counts its readers, and does not record them (rwsem, percpu_rwsem).
 */

#include "locks/stack_search.h"

/**
 * Look for tasks that may hold a lock for reading: that wait for something else, with a word on their live stack that a
 * reader would have there.  Only such tasks can close a cycle.
 *
 * Claims: possible, never more.
 *
 * @param[in] where  @c start, @c end and @c resource are set.
 * @param[in] note   The grounds in words; a static string.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none; the search reads stacks.
 */
enum dlk_status dlk_readers_seek(struct dlk_stack_search *search, const struct dlk_sought *where,
				 const char *note) DLK_MUST_CHECK;

#endif
