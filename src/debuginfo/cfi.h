/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_CFI_H
#define DLK_DEBUGINFO_CFI_H

/**
 * @file
 * Call frame information of an ELF file: its section .debug_frame.
 */

#include "deadlock/debuginfo.h"

struct dlk_arch;
struct Elf; /* libelf's */

/**
 * Make rows of an ELF file's call frame information.
 *
 * Nothing is read before the first row is asked for; then the section is, as far as it takes.
 *
 * @param[in]  arch          Of the file: it says which registers are asked for.
 * @param[in]  elf           Stays open until the rows are closed.
 * @param[in]  kaslr_offset  How far the running kernel is from where the file was linked, in bytes.
 * @param[out] ret           Unchanged on error.
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in @p ctx; close it with its ops before the context goes, for libdw's memory is
 *            not in the arena.
 * Target:    none.
 * Kernel:    CONFIG_DEBUG_INFO: the compiler writes .debug_frame, with or without ORC tables.  What is
 *            written in assembly has none, but for the vDSO.
 */
enum dlk_status dlk_cfi_open(struct dlk_ctx *ctx, const struct dlk_arch *arch, struct Elf *elf,
			     int64_t kaslr_offset, struct dlk_cfi **ret) DLK_MUST_CHECK;

#endif
