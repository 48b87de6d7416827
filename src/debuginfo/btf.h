/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_BTF_H
#define DLK_DEBUGINFO_BTF_H

/**
 * @file
 * Types from BTF: the .BTF section of VMLINUX, or the same bytes in the target's memory.
 */

#include "deadlock/debuginfo.h"

/**
 * Make types of BTF data.
 *
 * The members of a path ("mem.base") may be arrays: the path then leads into their first element.
 * A member's size is that of the whole array.
 *
 * @param[in]  data  The bytes; copied.
 * @param[in]  size  Their number.
 * @param[out] ret   The types; unchanged on error.
 * @return DLK_OK, DLK_ERR_CORRUPT (no BTF), DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in @p ctx; close it with its ops before the context goes, for libbpf's
 *            memory is not in the arena.
 * Target:    none.
 * Kernel:    CONFIG_DEBUG_INFO_BTF, 5.2 and later; see commit e83b9f55448a.
 */
enum dlk_status dlk_btf_open(struct dlk_ctx *ctx, const void *data, size_t size,
			     struct dlk_types **ret) DLK_MUST_CHECK;

#endif
