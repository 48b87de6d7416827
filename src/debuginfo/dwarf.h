/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_DWARF_H
#define DLK_DEBUGINFO_DWARF_H

/**
 * @file
 * Types from DWARF: what the compiler wrote into VMLINUX or its debug file.
 */

#include "deadlock/debuginfo.h"

struct Elf; /* libelf's */

/**
 * Make types of an ELF file's DWARF.
 *
 * Nothing is read before a question is asked, and then as many compilation units as it takes to
 * answer it; a name that stands in none costs all of them, once.  What is read is announced by
 * messages and can be canceled: questions may return DLK_ERR_CANCELED and DLK_ERR_NOMEM, too.
 *
 * @param[in]  elf  An executable; it and its file stay open until the types are closed.
 * @param[out] ret  The types; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (it has no DWARF; the text says so), DLK_ERR_CORRUPT,
 *         DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in @p ctx; close it with its ops before the context goes, for libdw's
 *            memory is not in the arena.
 * Target:    none.
 * Kernel:    CONFIG_DEBUG_INFO, but not CONFIG_DEBUG_INFO_SPLIT: then VMLINUX has no types.
 */
enum dlk_status dlk_dwarf_open(struct dlk_ctx *ctx, struct Elf *elf, struct dlk_types **ret)
	DLK_MUST_CHECK;

#endif
