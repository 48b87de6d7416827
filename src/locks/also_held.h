/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_ALSO_HELD_H
#define DLK_LOCKS_ALSO_HELD_H

/**
 * @file
 * What a task holds besides, by its code, that nobody waits for.
 */

#include "code/release.h"
#include "locks/facts.h"

/**
 * Add what else those tasks hold that hold something by their code; after that is known.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads stacks, text, and memory; may not return inside crash.
 */
enum dlk_status dlk_also_held_gather(struct dlk_facts *f, struct dlk_release *release)
	DLK_MUST_CHECK;

#endif
