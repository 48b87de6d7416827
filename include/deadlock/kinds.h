/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_KINDS_H
#define DEADLOCK_KINDS_H

/**
 * @file
 * The kinds of things that are waited for, and what is not known of each.
 *
 * The manual's section on what is not known is made of this table (build-aux/man-kinds), one line a
 * kind.
 *
 * Columns: the kind; its JSON name; FOLLOWED if it is found who waits for it and who holds it, else
 * NAMED: such a wait is only named, by its function; what is not known of it, for people.
 */

/* clang-format off */
#define DLK_KIND_TABLE(X)                                                                          \
	X(MUTEX, "mutex", FOLLOWED, "a task that still spins for it on a CPU is in no queue, and not seen")  \
	X(WW_MUTEX, "ww_mutex", NAMED, "its owner word is not read")                               \
	X(RT_MUTEX, "rt_mutex", FOLLOWED, "its waiters queue by priority, and their order is not given")     \
	X(RWSEM, "rwsem", FOLLOWED, "its readers are recorded by lockdep only; else one of them is named at best, and perhaps a wrong one") \
	X(PERCPU_RWSEM, "percpu_rwsem", NAMED, "its readers are counted, not recorded")            \
	X(SEMAPHORE, "semaphore", NAMED, "who will call up() is not recorded")                     \
	X(FOLIO, "folio", FOLLOWED, "its lock has no owner field; the holder is inferred from the stacks")   \
	X(WRITEBACK, "writeback", FOLLOWED, "it ends when the I/O does, and what that waits for is not followed") \
	X(BIT, "bit", NAMED, "who will clear the bit is not recorded")                             \
	X(COMPLETION, "completion", NAMED, "who will complete it is not recorded")                 \
	X(WORK, "work", NAMED, "who runs the work, and what that waits for, is not followed")      \
	X(WORKQUEUE, "workqueue", NAMED, "which of its works does not end is not followed")        \
	X(KTHREAD, "kthread", NAMED, "what keeps the thread from it is not followed")              \
	X(RCU, "rcu", NAMED, "who is inside a read side, on which CPU, is not followed")           \
	X(SRCU, "srcu", NAMED, "those inside a read side are counted, not recorded")               \
	X(SPINLOCK, "spinlock", NAMED, "a spinlock does not record its owner")                     \
	X(RWLOCK, "rwlock", NAMED, "its readers are counted, not recorded")                        \
	X(WAITQUEUE, "waitqueue", NAMED, "who will wake it up is not recorded")                    \
	X(FUTEX, "futex", NAMED, "its owner is known to user space only")                          \
	X(USERFAULT, "userfault", NAMED, "which process is to fill the page is not recorded")      \
	X(INTERRUPT, "interrupt", NAMED, "an interrupt on top of a task is seen only where it spins")
/* clang-format on */

#endif
