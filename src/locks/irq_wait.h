/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_IRQ_WAIT_H
#define DLK_LOCKS_IRQ_WAIT_H

/**
 * @file
 * Who waits for the end of an interrupt's handler; the part that spins is in cpu_wait.h.
 */

#include "locks/kind.h"

/**
 * Take one that sleeps in a wait queue, if that is of the threads of an interrupt (waitqueue.c).
 *
 * @param[in]  c         A wait_queue_entry that is linked in the queue.
 * @param[in]  head      The queue, a struct wait_queue_head.
 * @param[out] is_taken  Its wait was added; else it is as it was.
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_irq_threads_take(struct dlk_facts *f, const struct dlk_candidate *c,
				     dlk_addr_t head, bool *is_taken) DLK_MUST_CHECK;

#endif
