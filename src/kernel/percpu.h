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

#endif
