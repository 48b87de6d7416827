/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_ACTS_H
#define DLK_LOCKS_ACTS_H

/**
 * @file
 * By which functions, and which changes in memory, each kind of lock is taken and released (code/release.h).
 */

#include "code/release.h"
#include "deadlock/kinds.h"

/** NULL: whoever holds such locks is recorded, or no code tells it. */
const struct dlk_act_rules *dlk_acts_of(enum dlk_kind kind);

#endif
