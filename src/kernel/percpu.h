/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_PERCPU_H
#define DLK_KERNEL_PERCPU_H

/**
 * @file
 * Per-CPU memory: a pointer to it is good for any CPU, with that CPU's element of __per_cpu_offset[] added.
 */

#include "kernel/kernel.h"

/**
 * Add up a per-CPU counter of 32 bits over all CPUs that the kernel may have, modulo 2^32.
 *
 * What one CPU has counted up another may have counted down: only the sum means anything.
 *
 * @param[in]  pointer  The pointer to per-CPU memory, as it stands in a struct.
 * @param[out] ret      Unchanged on error.
 * @return DLK_OK, DLK_ERR_FAULT (of one CPU at least), DLK_ERR_NOTFOUND (the kernel's per-CPU memory is not known).
 *
 * Target: reads __cpu_possible_mask, and one word of each of these CPUs.
 * Kernel: x86-64 has symbols of per-CPU memory at 0 until v6.15, and ordinary addresses since; pointers and
 *         offsets fit together in both.
 */
enum dlk_status dlk_percpu_sum_u32(struct dlk_kernel *k, dlk_addr_t pointer, uint32_t *ret)
	DLK_MUST_CHECK;

/**
 * Tell whether there may be a CPU, so that it has memory of its own.
 *
 * @return false also if that cannot be read.
 *
 * Target: reads a word of __cpu_possible_mask; leaves the context's text as it is.
 */
bool dlk_percpu_is_possible(struct dlk_kernel *k, uint32_t cpu);

/**
 * Find the CPUs that are there and off line, so that nothing runs on them, and nobody waits for them.
 *
 * Claim: such a one is neither in the mask of those on line nor in that of those that tasks may be given to.  The first alone would
 * not do: panic() takes each CPU that it stops out of it.  How it can be wrong: while a CPU goes off line it is in neither, and still
 * runs; then it does not run its idle task.
 *
 * @param[out] ret  For each CPU of the kernel's; what is not known is not off line.  Lives in the context.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: reads the masks of CPUs; may not return inside crash; leaves the context's text as it is.
 * Kernel: v4.5 has these masks as symbols.
 */
enum dlk_status dlk_percpu_find_offline(struct dlk_kernel *k, bool **ret) DLK_MUST_CHECK;

#endif
