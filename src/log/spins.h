/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_SPINS_H
#define DLK_LOG_SPINS_H

/**
 * @file
 * What CPUs did: interrupts on top of tasks, and who spins for what.
 *
 * Claims.  What a stack shows between <IRQ> and </IRQ> runs on top of what follows: the task below cannot go on before it returns.  Who has a
 * spinning function innermost (locks/wait_function.h) waits without sleeping; which lock it is, no text says.  Who
 * is in hrtimer_cancel() or del_timer_sync() waits for a callback that another CPU runs: if one context alone spins in one, it is that one,
 * possibly.  And who keeps a spinlock from a CPU is on a CPU itself: if another waits for that very CPU, in functions of the same
 * subsystem, it may be the one, possibly.
 *
 * CPUs that were looked at more than a minute apart say nothing of each other.
 *
 * How it can be wrong: the CPUs' stacks are of moments apart; a CPU passes a contended lock.  An interrupt that only
 * printed the report is left out.
 */

#include "log/people.h"

/**
 * Add the contexts on top of tasks, what they and those who run spin for, and who keeps it from them.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_log_spins_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
