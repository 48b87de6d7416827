/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_CHILD_H
#define DLK_LOCKS_CHILD_H

/**
 * @file
 * Waits of threads of the kernel for a certain child process.
 */

#include "locks/kind.h"

/** A struct wait_opts on the stack of who waits (kernel/exit.c). */
extern const struct dlk_waiter dlk_child_waiter;

#endif
