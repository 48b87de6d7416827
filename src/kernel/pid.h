/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_PID_H
#define DLK_KERNEL_PID_H

/**
 * @file
 * Tasks by their pids: the second way to them, for dumps where the list of tasks is broken.
 */

#include "kernel/kernel.h"

/** Takes a task_struct's address; any failure ends the walk and is returned. */
typedef enum dlk_status dlk_pid_task_fn(void *arg, dlk_addr_t task);

/**
 * Walk over all pids of the first pid namespace that have a task.
 *
 * Parts that cannot be read are left out without a word: who calls this knows already that pages
 * are missing.
 *
 * @return DLK_OK, DLK_ERR_NOTFOUND (the kernel has no such tables), or what @p fn returned.
 *
 * Target: reads the idr's nodes and a struct pid for each task; may not return inside crash.
 * Kernel: init_pid_ns.idr since v4.15 (95846ecf9dac); its nodes are struct xa_node since v4.20
 *         (f8d5d0cc145c); task_struct.pid_links since v4.19 (2c4704756cab).
 */
enum dlk_status dlk_pids_walk(struct dlk_kernel *k, dlk_pid_task_fn *fn, void *arg) DLK_MUST_CHECK;

#endif
