/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_KINDS_H
#define DEADLOCK_KINDS_H

/**
 * @file
 * The kinds of things that are waited for, their traits, and what is not known of each.
 *
 * The manual's section on what is not known is made of this table (build-aux/man-kinds.awk), one line a
 * kind.
 *
 * Columns: the kind; its JSON name, and what src/locks/ calls it; FOLLOWED if it is found who waits for it and who holds it,
 * PARTLY if of some waits it is, NAMED if a wait is only named, by its function; how it is shared: EXCLUSIVE if one holds
 * it at a time, SHARED if several may for reading, FAIR if besides a reader waits for the writers queued before it; what
 * is not known of it, for people.
 *
 * A waiter is shown to the kinds in this order: what may be taken for more than one thing is the more special one's first
 * (much waits by a completion of its own).
 *
 * What is FOLLOWED or PARTLY has a `const struct dlk_lock_kind dlk_kind_NAME` in a file of src/locks/.
 */

/* clang-format off */
#define DLK_KIND_TABLE(X)                                                                          \
	X(MUTEX, mutex, FOLLOWED, EXCLUSIVE, "a task that still spins for it on a CPU is in no queue, and not seen") \
	X(WW_MUTEX, ww_mutex, FOLLOWED, EXCLUSIVE, "who is to back off, by its acquire context, is known; that it will is up to it") \
	X(RT_MUTEX, rt_mutex, FOLLOWED, EXCLUSIVE, "its waiters queue by priority, and their order is not given") \
	X(RWSEM, rwsem, FOLLOWED, FAIR, "its readers are recorded by lockdep only; else they are told by the code that they will run, if that is in the dump") \
	X(PERCPU_RWSEM, percpu_rwsem, FOLLOWED, FAIR, "its readers are counted, and the writer that holds it is not recorded: lockdep alone knows them, or the code that they will run") \
	X(VMA_LOCK, vma_lock, FOLLOWED, SHARED, "its readers are recorded by lockdep only; else they are counted") \
	X(SEMAPHORE, semaphore, FOLLOWED, EXCLUSIVE, "any task may let it go; since 6.16 the last that took it is recorded, which is likely the one that will")          \
	X(FOLIO, folio, FOLLOWED, EXCLUSIVE, "its lock has no owner field; the holder is told by the code that will unlock it, if that is in the dump") \
	X(WRITEBACK, writeback, FOLLOWED, EXCLUSIVE, "it ends when the I/O does, and what that waits for is not followed") \
	X(BIT, bit, FOLLOWED, EXCLUSIVE, "who will clear the bit is told by its code only; who will change a variable is not known") \
	X(WORK, work, FOLLOWED, EXCLUSIVE, "which idle worker will begin one that is queued is not known") \
	X(WORKQUEUE, workqueue, FOLLOWED, EXCLUSIVE, "who flushes it waits for those of its works that run; those that are not begun are counted only") \
	X(KTHREAD, kthread, FOLLOWED, EXCLUSIVE, "a thread that has been made, and has not begun yet, is not found")   \
	X(THREAD, thread, FOLLOWED, EXCLUSIVE, "who becomes a program that has just been started is not known, nor which of several threads is to end a child") \
	X(RCU, rcu, FOLLOWED, SHARED, "of a CPU that has not passed it is known who runs there; of a grace period of tasks, the exiting ones that keep it are not looked at") \
	X(SRCU, srcu, FOLLOWED, SHARED, "those inside a read side are recorded by lockdep only, and of trace RCU by the tasks; else they are counted, and told by their code") \
	X(COMPLETION, completion, PARTLY, EXCLUSIVE, "who will complete it is told by its code only; where that is a thread that is to end or to be made, it is found")      \
	X(SPINLOCK, spinlock, PARTLY, EXCLUSIVE, "a spinlock does not record its owner: code alone tells it")\
	X(RWLOCK, rwlock, PARTLY, FAIR, "its readers are counted, not recorded, and where it spins its writer is not recorded either: they are told by their code") \
	X(WAITQUEUE, waitqueue, PARTLY, EXCLUSIVE, "who will wake it up is not recorded")        \
	X(FUTEX, futex, PARTLY, EXCLUSIVE, "its owner is known to user space only")               \
	X(USERFAULT, userfault, NAMED, EXCLUSIVE, "which process is to fill the page is not recorded") \
	X(INTERRUPT, interrupt, NAMED, EXCLUSIVE, "who runs a timer's function, or an interrupt's handler, is looked for where its end is waited for; else an interrupt is seen only where it spins") \
	X(CPU, cpu, NAMED, EXCLUSIVE, "what runs on top of a task, and keeps its CPU from it, is told only where it waits or spins")
/* clang-format on */

#endif
