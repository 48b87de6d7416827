/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_KALLSYMS_H
#define DLK_DEBUGINFO_KALLSYMS_H

/**
 * @file
 * Symbols from the kernel's own kallsyms, read from the target's memory.
 *
 * Where the tables are is one question (VMCOREINFO names them since 6.0), what they say is another:
 * dlk_kallsyms_open() takes their addresses and does not care who found them.
 */

#include "deadlock/debuginfo.h"
#include "target/memory.h"

/** Virtual addresses of the kernel's tables, by the kernel's names without "kallsyms_". */
struct dlk_kallsyms_tables {
	dlk_addr_t names;
	dlk_addr_t num_syms;
	dlk_addr_t token_table;
	dlk_addr_t token_index;
	dlk_addr_t offsets;
	dlk_addr_t relative_base; /**< 0 if there is none: offsets count from their own place. */
};

/**
 * Take the addresses of the tables from a dump's VMCOREINFO.
 *
 * @param[in]  vmcoreinfo  NUL-terminated text; NULL counts as empty.
 * @param[out] ret         Unchanged on error.
 * @return DLK_OK or DLK_ERR_NOTFOUND (not all are there; no text).
 *
 * Target: none.
 * Kernel: 6.0 and later name the tables; see commit 5fd8fea935a1 ("vmcoreinfo: include
 *         kallsyms symbols").  From 7.0 on there is no relative_base (a081b5789255).
 */
enum dlk_status dlk_kallsyms_tables_from_vmcoreinfo(const char *vmcoreinfo,
						    struct dlk_kallsyms_tables *ret) DLK_MUST_CHECK;

/**
 * Read the tables and make symbols of them.
 *
 * @param[in]  m       Memory; must translate virtual addresses.  Not used after the call.
 * @param[in]  tables  Where the tables are; copied.
 * @param[out] ret     Symbols of the kernel's image, without modules; unchanged on error.
 * @return DLK_OK, DLK_ERR_FAULT (a table is not in the dump), DLK_ERR_CORRUPT (a table says
 *         nonsense), DLK_ERR_LIMIT, DLK_ERR_NOMEM, DLK_ERR_SYSTEM, DLK_ERR_CANCELED.
 *
 * Ownership: *ret lives in the memory's context; nothing to close.
 * Target:    reads memory, here only: find and at read none.
 */
enum dlk_status dlk_kallsyms_open(struct dlk_memory *m, const struct dlk_kallsyms_tables *tables,
				  struct dlk_symbols **ret) DLK_MUST_CHECK;

#endif
