/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_KALLSYMS_FIND_H
#define DLK_DEBUGINFO_KALLSYMS_FIND_H

/**
 * @file
 * Finds the tables of kallsyms in the kernel's image, for dumps without VMCOREINFO.
 */

#include "debuginfo/kallsyms.h"

/**
 * Search the image for the tables.
 *
 * @param[in]  start, end  The mapped image of the kernel: text and all that lies behind it.  Holes
 *                         in it are allowed.
 * @param[in]  from        Where to begin: nothing before it is searched.
 * @param[out] ret         The tables; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND, DLK_ERR_LIMIT (too much looks like tables), DLK_ERR_NOMEM,
 *         DLK_ERR_CANCELED.
 *
 * Target: reads from @p from up to the tables, and the names: of a stock kernel some 20 MB from the
 *         start, 5 MB from where its data begins.
 * Kernel: kernel/kallsyms.c and scripts/kallsyms.c; both orders of the tables, before and since
 *         v6.4 (404bad70fcf7).
 */
enum dlk_status dlk_kallsyms_find(struct dlk_memory *m, dlk_addr_t start, dlk_addr_t end,
				  dlk_addr_t from, struct dlk_kallsyms_tables *ret) DLK_MUST_CHECK;

#endif
