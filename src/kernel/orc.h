/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_ORC_H
#define DLK_KERNEL_ORC_H

/**
 * @file
 * The ORC tables: for a code address, where its caller's stack pointer and frame pointer are.
 *
 * Kernel: Documentation/arch/x86/orc-unwinder.rst, arch/x86/kernel/unwind_orc.c.  Since v4.14;
 *         the kinds of entries were renumbered in v6.4 (fb799447ae29), seen by the member "end"; the
 *         registers in v7.1 (1735858caa4b), seen by what the kernel's own entries name.
 */

#include "kernel/kernel.h"

enum dlk_orc_register {
	DLK_ORC_UNDEFINED,
	DLK_ORC_PREV_SP,
	DLK_ORC_DX,
	DLK_ORC_DI,
	DLK_ORC_BP,
	DLK_ORC_SP,
	DLK_ORC_R10,
	DLK_ORC_R13,
	DLK_ORC_BP_INDIRECT,
	DLK_ORC_SP_INDIRECT,
	DLK_ORC_OTHER,
	DLK_ORC_REGISTERS = 16 /**< Four bits. */
};

enum dlk_orc_type {
	DLK_ORC_NOTHING,     /**< No way to go on is known. */
	DLK_ORC_END,         /**< The outermost frame. */
	DLK_ORC_CALL,        /**< A return address lies below the caller's stack pointer. */
	DLK_ORC_REGS,        /**< A struct pt_regs. */
	DLK_ORC_REGS_PARTIAL /**< What the CPU pushes at an interrupt. */
};

struct dlk_orc_entry {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg, bp_reg; /**< enum dlk_orc_register, whatever the kernel's numbers. */
	enum dlk_orc_type type;
};

/**
 * Find the tables of the kernel, and by which numbers they name registers.
 *
 * @return DLK_OK, DLK_ERR_NOTFOUND (built without ORC), DLK_ERR_UNSUPPORTED (registers by numbers that
 *         are not known), DLK_ERR_CORRUPT, DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context.
 * Target:    reads a few bytes; may not return inside crash.
 */
enum dlk_status dlk_orc_open(struct dlk_kernel *k, struct dlk_orc **ret) DLK_MUST_CHECK;

/**
 * Find the entry for a code address, of the kernel or a module; the results are kept.
 *
 * @return DLK_OK, DLK_ERR_NOTFOUND (no code of the kernel), DLK_ERR_FAULT, DLK_ERR_CORRUPT.
 *
 * Target: reads the tables; may not return inside crash.
 */
enum dlk_status dlk_orc_find(struct dlk_kernel *k, dlk_addr_t ip, struct dlk_orc_entry *ret)
	DLK_MUST_CHECK;

#endif
