/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_VMCOREINFO_H
#define DLK_TARGET_VMCOREINFO_H

/**
 * @file
 * The text that the kernel writes into a dump about itself: lines KEY=VALUE.
 * Kernel: kernel/vmcore_info.c (kernel/crash_core.c before 6.9).
 */

#include "deadlock/status.h"

/**
 * Find a key.
 *
 * @param[in] text  VMCOREINFO; NULL is as empty.
 * @param[in] key   "OSRELEASE", "SYMBOL(init_top_pgt)", ...
 * @param[in] len   Where the value's length goes.
 * @return The value inside @p text, not terminated; NULL if the key is absent.
 *
 * Target: none.
 */
const char *dlk_vmcoreinfo_find(const char *text, const char *key, size_t *len);

/** As dlk_vmcoreinfo_find(), for a number in hex, as SYMBOL() and KERNELOFFSET are written. */
bool dlk_vmcoreinfo_hex(const char *text, const char *key, uint64_t *ret);

/** As dlk_vmcoreinfo_find(), for a number in decimal or with 0x, as NUMBER() is written. */
bool dlk_vmcoreinfo_number(const char *text, const char *key, int64_t *ret);

#endif
