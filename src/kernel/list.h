/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_LIST_H
#define DLK_KERNEL_LIST_H

/**
 * @file
 * Walks over struct list_head, bounded: every step checks that the next element points back, so a
 * list that is cyclic elsewhere than at its head, or runs into nonsense, ends the walk at once.
 */

#include "target/memory.h"

/**
 * A walk over the elements of a list, without its head:
 *
 *     struct dlk_list_walk walk = { .memory = m, .head = head, .limit = n };
 *     while (dlk_list_next(&walk)) use(walk.node);
 *     if (walk.status) ...
 */
struct dlk_list_walk {
	struct dlk_memory *memory;
	dlk_addr_t head;
	bool is_backwards;      /**< Follow prev instead of next. */
	uint32_t limit;         /**< Elements at most; more is DLK_ERR_LIMIT. */
	uint32_t count;         /**< Elements seen. */
	dlk_addr_t node;        /**< The current element's list_head; 0 before the first. */
	enum dlk_status status; /**< DLK_OK, DLK_ERR_FAULT, DLK_ERR_CORRUPT, DLK_ERR_LIMIT. */
};

/**
 * Step to the next element.
 *
 * @return false at the end, or if @c status says that the walk cannot go on (with the error text).
 *
 * Target: reads memory; may not return inside crash.
 */
bool dlk_list_next(struct dlk_list_walk *walk);

#endif
