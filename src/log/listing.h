/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_LISTING_H
#define DLK_LOG_LISTING_H

/**
 * @file
 * Lists of held locks as the log has them, for who asks for the lists themselves (-k): no conclusion is made here.
 */

#include "log/people.h"

/**
 * Put the lists of an incident's people into the model: of each its entries in their order, with those marked that are
 * waited for (lists.h has found them), and their resources.
 *
 * How they are held is said where the function that took them says so.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_log_listing_add(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
