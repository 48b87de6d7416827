/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_LISTS_H
#define DLK_LOG_LISTS_H

/**
 * @file
 * Lists of held locks: who waits for what is listed, and who holds it.
 *
 * Claims.  lockdep enters a lock in a task's list before it is obtained, so the last entry of a sleeping task may be what it
 * waits for.  It is, where the task sleeps in a lock's function, and the entry's `at:` is the very return address in whose
 * function that was called; and where another task surely holds it in a way that shuts this one out.  Every other entry is
 * held: to enter the next one, or to go past `at:`, a task must have had it.  The lists of two tasks speak of one lock if
 * they print the same address, hashed or not; or, where none is printed (up to 4.15), if its class is that of a lock that
 * exists once: the name of a variable, "rtnl_mutex", and not "&q->lock".  Who sleeps in a
 * lock's function, called from the very place at which another list says such a lock was taken, waits for that one, likely.  Of other classes two tasks that alone have to do with
it, one of which waits, may mean the same lock, possibly.
 *
 * Who alone lists a lock besides those who wait for it has it, likely, even if its stack is not there.
 *
 * Who had a lock at a moment that is past when another is seen to wait for it (people.h) is not its holder then.
 *
 * A lock that excludes others has one holder: where several seem to hold it, any of them may, and it is not known which.  Of
 * what can be shared, several that hold it are readers.  The list does not say how a lock is held, but the function that took
 * it mostly does ("i_mmap_lock_read").
 *
 * How it can be wrong: the list was printed while its task ran on; two hashed addresses collide; a lock that was dropped by
 * hand stays listed.  Of a task that runs no list is printed: what it holds is not known, and nobody is cleared by a list that
 * is not there.
 */

#include "log/people.h"

/**
 * Find what is listed more than once, or waited for: the resources, waits and holds that follow.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_log_lists_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
