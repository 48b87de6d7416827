/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_EVENT_H
#define DLK_LOCKS_EVENT_H

/**
 * @file
 * Completions that are part of something known, which says who completes them.
 *
 * Whoever waits for a completion has what it is part of at hand: it stands on his stack, or its address does.  What is
 * found there counts only if it leads back to the very completion that is waited for.
 *
 * To add one: a function in the file of what it is about, and a line in the table of event.c.
 */

#include "locks/kind.h"

/** What a completion tells of. */
struct dlk_event {
	enum dlk_kind kind;   /**< As which it is waited for: KTHREAD, THREAD; COMPLETION. */
	const char *name;     /**< "the end of lab-kthread-2 (pid 148)" */
	struct dlk_hold hold; /**< Who is to bring it about; its context DLK_NONE if unknown. */
	const char *holders_unknown; /**< Why that is not known; NULL if it is. */
	bool is_event; /**< No task need bring it about; no record but the frames says that it is this. */
};

/**
 * Find out what a completion is part of.
 *
 * @param[in]  c         A struct swait_queue that is linked in the completion.
 * @param[out] is_found  It is part of what the function knows; else @p ret is unchanged.
 * @return DLK_OK, or the failure of a read that might have found it.
 *
 * Target: reads what the stack of who waits leads to; may not return inside crash.
 */
typedef enum dlk_status dlk_event_find_fn(struct dlk_facts *f, const struct dlk_candidate *c,
					  dlk_addr_t completion, struct dlk_event *ret,
					  bool *is_found);

/** Asks all of the below, the cheapest first. */
enum dlk_status dlk_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
			       dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
	DLK_MUST_CHECK;

/** The other threads of a process that dumps core; who they are is added by dlk_thread_gather() (thread.c). */
dlk_event_find_fn dlk_dump_event_find;

/** Tell whether who waits does so in a function of a list, or is called by it. */
bool dlk_event_is_in(const struct dlk_candidate *c, const char *const *functions);

/** Firmware that user space, or another task, loads (firmware.c). */
dlk_event_find_fn dlk_firmware_event_find;

/** A work that is behind those that a kthread_worker is to have done (kthread_worker.c). */
dlk_event_find_fn dlk_kthread_worker_event_find;

/** A module that another one loads (module.c). */
dlk_event_find_fn dlk_module_event_find;

/** Whether who waits may wait for that: he does so in state S. */
bool dlk_module_is_loading(const struct dlk_candidate *c);

/** What the thread of a CPU calls that runs before all others (stop_wait.c). */
dlk_event_find_fn dlk_stop_event_find;

/** A program that the kernel has started (umh.c). */
dlk_event_find_fn dlk_umh_event_find;

/**
 * A thread that comes, parks, or ends (kthread.c).
 *
 * Kernel: vfork_done of any thread, of a kernel thread that of its struct kthread (kernel/fork.c, kernel/kthread.c);
 *         the task leads to that by worker_private since v5.17 (e32cf5dfbe22), by set_child_tid before.
 */
dlk_event_find_fn dlk_thread_event_find;

#endif
