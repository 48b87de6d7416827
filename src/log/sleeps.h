/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_SLEEPS_H
#define DLK_LOG_SLEEPS_H

/**
 * @file
 * What tasks sleep for, by the lines that name an owner and by their stacks.
 *
 * Claims.  A line "A is blocked on a mutex likely owned by B" (since 6.16) is the kernel's own reading of the lock's owner word: A
 * waits, and B likely had the lock at that moment; of a reader's rwsem and of a semaphore the word is but the last who took it, and
 * a hint.  A stack says what its task waits for by the functions that it sleeps in (locks/wait_function.h), and never
 * which one: unless a list or an address says more (lists.h), two tasks that wait for "a mutex" wait for two of which nobody knows
 * whether they are one.
 *
 * A task is asked what it waits for if it is in state D, is said to hang, sleeps in a lock's function, or has what others
 * wait for.  What is no lock (an event, a function that is not known) is an unknown, as in a dump.
 *
 * How it can be wrong: the owner word is read while others run; the line names a task that has let go since; a stack
 * is of another moment than the line.
 */

#include "log/people.h"

/**
 * Add the waits that lists have not shown, and the holds that owner lines tell of.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_log_sleeps_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

/**
 * Say of whom it is not known what they wait for, after all else was found.
 *
 * @return as above.
 */
enum dlk_status dlk_log_unknowns_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
