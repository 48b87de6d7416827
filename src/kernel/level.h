/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_LEVEL_H
#define DLK_KERNEL_LEVEL_H

/**
 * @file
 * What runs on a CPU, one on top of the other: a task, and the interrupts that have come on top of it.
 *
 * A CPU's stack is one chain of frames, on however many stacks it stands:
 *
 *	_raw_spin_lock, zoo_timer, ..., handle_softirqs		a softirq,
 *	__irq_exit_rcu, ..., asm_sysvec_apic_timer_interrupt	   which the end of an interrupt began
 *	zoo_work+0x2b, worker_thread, kthread			what that has interrupted: a task
 *
 * Claims: whatever was interrupted stands where the entry has saved its registers, so all of them are known; what lies
 * between two such places is of the kind that its functions tell.  An exception (a page fault) is taken for the
 * interrupted one's own work, and so is what an interrupt does on its way out, when it gives the CPU to another task.  A
 * softirq that a task runs itself, where it enables softirqs again, begins at the function that runs them; of the task's
 * registers there only those are known that its unwinder has rules for.
 *
 * What stops a CPU when the kernel panics is none of these: it is peeled off, and the CPU is shown as it was before.
 *
 * How it can be wrong: entries are known by their functions' names; frames that were guessed tell nothing; an interrupt that came
 * while another one ran, of the same kind, is taken for one.
 */

#include "kernel/stack.h"

enum { DLK_MAX_LEVELS = 4 /**< One of each kind. */ };

struct dlk_cpu_level {
	enum dlk_context_kind kind;
	uint32_t first, count; /**< Its frames, of those of the CPU's stack. */
	bool is_user;          /**< It is in user mode, and has no frames. */
	struct dlk_stack_start start;
};

/**
 * Find what runs on a task's CPU.
 *
 * @param[in]  stack  Of a task that runs, unwound.
 * @param[out] ret    Innermost first; the last is the task.
 * @return How many; 0: its stack does not tell.
 *
 * Target: reads stacks and text; may not return inside crash.
 */
uint32_t dlk_levels_find(struct dlk_kernel *k, const struct dlk_stack *stack,
			 struct dlk_cpu_level ret[DLK_MAX_LEVELS]);

#endif
