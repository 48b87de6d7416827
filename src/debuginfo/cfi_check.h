/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_CFI_CHECK_H
#define DLK_DEBUGINFO_CFI_CHECK_H

/**
 * @file
 * Whether call frame information may be given to libdw.
 *
 * libdw carries out what an entry says without asking what it costs: a register's number decides how
 * much memory each row takes, up to 2 GiB, and so does every state that is to be remembered.  It does not
 * look for an operand's end either.
 */

#include "deadlock/context.h"

/**
 * Check a section .debug_frame (DWARF 5, 6.4.1), uncompressed.
 *
 * It is sound if all of it is entries as compilers write them: of the 32-bit format, without
 * augmentation but for the mark of a signal's frame, of instructions that are known, and whole; with registers,
 * states and lengths as few and short as code needs.
 *
 * @return DLK_OK, DLK_ERR_CORRUPT (the text says where), DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.  Time linear in the size.
 */
enum dlk_status dlk_cfi_check(struct dlk_ctx *ctx, const void *data, size_t size) DLK_MUST_CHECK;

#endif
