/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_INFER_H
#define DLK_LOCKS_INFER_H

/**
 * @file
 * What no record says.
 */

#include "locks/facts.h"

/**
 * Infer the holders that no record names, after all records were read; unwind who waits or holds.
 *
 * @param[in] all_stacks  Keep the frames of every task, not only of those that wait or hold.
 * @param[in] all_holds   Find also what is held and nobody waits for (also_held.h).
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_locks_infer(struct dlk_facts *f, bool all_stacks, bool all_holds)
	DLK_MUST_CHECK;

#endif
