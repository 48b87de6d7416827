/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_MOVED_H
#define DLK_DEBUGINFO_MOVED_H

/**
 * @file
 * Symbols of somebody who does not know where KASLR has put the kernel.
 *
 * crash 8.0.2 does not see that a kernel of 6.6 or later was moved, unless it is told; its symbols
 * are then those of the vmlinux.
 */

#include "deadlock/debuginfo.h"

struct dlk_arch;

/**
 * Open symbols that lie elsewhere than another provider says.
 *
 * @param[in]  inner   Asked for everything; lives as long.
 * @param[in]  arch    Says where the image may be: what is outside was not moved.
 * @param[in]  offset  Bytes from where it says to where they are.
 * @param[out] ret     In the context of @p inner; nothing to give back.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none, unless @p inner reads.
 */
enum dlk_status dlk_symbols_moved(struct dlk_symbols *inner, const struct dlk_arch *arch,
				  int64_t offset, struct dlk_symbols **ret) DLK_MUST_CHECK;

#endif
