/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_DWARF_GATE_H
#define DLK_DEBUGINFO_DWARF_GATE_H

/**
 * @file
 * What libdw is let read: it believes what a file says of itself, and a few bytes may cost it gigabytes, or
 * for ever.
 *
 * Both look at the sections as they are once libdw has unpacked them, that is after dwarf_begin_elf(), which
 * reads nothing else of them.
 */

#include <elfutils/libdw.h>

#include "deadlock/context.h"

/**
 * Judge the abbreviations, and the units that use them.
 *
 * @return DLK_OK, DLK_ERR_CORRUPT (more than any compiler writes; the text says of what), DLK_ERR_NOMEM,
 *         DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_dwarf_judge_units(struct dlk_ctx *ctx, Elf *elf, Dwarf *dwarf) DLK_MUST_CHECK;

#endif
