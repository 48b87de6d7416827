/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_CRASHED_H
#define DLK_KERNEL_CRASHED_H

/**
 * @file
 * Two kernels in one memory: one that crashed, and the capture kernel (kdump) that runs since.
 *
 * So it is in a dump that a hypervisor takes, and in a guest that is looked at, while the capture kernel
 * runs.  What is asked for is the one that crashed; page tables and registers of the CPUs may be
 * the other's.
 */

#include "kernel/kernel.h"

/**
 * Find the VMCOREINFO that the crashed kernel left for its capture kernel.
 *
 * @param[in]  m        Translates by the page tables of the kernel that was found.
 * @param[in]  symbols  Of that kernel.
 * @param[out] ret      Its text, NUL-terminated; NULL if the kernel that was found is no capture kernel.
 *                      Unchanged on error.
 * @return DLK_OK, DLK_ERR_CORRUPT or DLK_ERR_FAULT (a capture kernel, but what it was left cannot be
 *         read; the text says what), DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Ownership: *ret lives in the context.
 * Target:    reads memory.
 * Kernel:    elfcorehdr_addr (kernel/crash_dump.c, v2.6.13) is all ones but in a capture kernel; where the
 *            headers are, it says until /proc/vmcore is made (fs/proc/vmcore.c), and the command line for
 *            good (elfcorehdr=, Documentation/admin-guide/kernel-parameters.txt).
 */
enum dlk_status dlk_crashed_find_vmcoreinfo(struct dlk_memory *m, struct dlk_symbols *symbols,
					    const char **ret) DLK_MUST_CHECK;

/** What is known of the kernel that runs instead of the one that crashed. */
struct dlk_capture_kernel {
	dlk_addr_t start,
		end;   /**< The memory that was reserved for it, physical; end is exclusive. */
	unsigned cpu;  /**< The first CPU that it runs on. */
	bool is_there; /**< Else there is none, and the rest is 0. */
};

/**
 * See whether another kernel runs in the memory that this one reserved for it, and if so, take the
 * registers that this one noted when it crashed for those of its CPUs.
 *
 * @param[in,out] k    After dlk_kernel_init().
 * @param[out]    ret  Written on success.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads registers and memory.
 * Kernel: crashk_res and crash_notes (kernel/kexec_core.c, v2.6.13; kernel/crash_core.c since v6.9).
 */
enum dlk_status dlk_crashed_find_capture(struct dlk_kernel *k, struct dlk_capture_kernel *ret)
	DLK_MUST_CHECK;

#endif
