/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_KTHREAD_H
#define DLK_LOCKS_KTHREAD_H

/**
 * @file
 * What is completed by a thread that comes, parks, or ends.
 */

#include "locks/kind.h"

/** What a completion tells of. */
struct dlk_thread_event {
	enum dlk_kind kind;   /**< KTHREAD; COMPLETION if the thread is no kernel thread. */
	const char *name;     /**< "the end of lab-kthread-2 (pid 148)" */
	struct dlk_hold hold; /**< Who is to bring it about; its context DLK_NONE if unknown. */
	const char *holders_unknown; /**< Why that is not known; NULL if it is. */
};

/**
 * Find out whether a completion tells of a thread, by what stands on the stack of one that waits for it.
 *
 * @param[in]  c         A struct swait_queue that is linked in the completion.
 * @param[out] is_found  It does; else @p ret is unchanged.
 * @return DLK_OK, or the failure of a read that might have found it.
 *
 * Target: reads task_structs, and where a thread is to be made what is on the stack, and kthreadd's; may not return
 *         inside crash.
 * Kernel: vfork_done of any thread, of a kernel thread that of its struct kthread (kernel/fork.c, kernel/kthread.c);
 *         the task leads to that by worker_private since v5.17 (e32cf5dfbe22), by set_child_tid before.
 */
enum dlk_status dlk_thread_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				      dlk_addr_t completion, struct dlk_thread_event *ret,
				      bool *is_found) DLK_MUST_CHECK;

#endif
