/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_XLAT_H
#define DLK_KERNEL_XLAT_H

/**
 * @file
 * Kernel virtual to physical addresses: page-table walks by libaddrxlat, one implementation for
 * all targets.  Their form is in the architecture's row (arch.h).
 */

#include "target/memory.h"

struct dlk_kernel_arch;
struct dlk_xlat;

/** Where the kernel's page tables start. */
struct dlk_xlat_root {
	dlk_addr_t address; /**< Physical address of the top-level table. */
	unsigned levels;
};

/**
 * Find the root in VMCOREINFO.
 *
 * @return DLK_OK or DLK_ERR_NOTFOUND.
 *
 * Target: none.
 */
enum dlk_status dlk_xlat_root_from_vmcoreinfo(struct dlk_ctx *ctx,
					      const struct dlk_kernel_arch *arch,
					      const char *vmcoreinfo, struct dlk_xlat_root *ret)
	DLK_MUST_CHECK;

/**
 * Open a translation and make it that of @p m.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_INVALID (levels).
 *
 * Ownership: close with dlk_xlat_close() before the context goes: libaddrxlat uses malloc.
 * Target:    none; later reads through @p m walk the tables.
 */
enum dlk_status dlk_xlat_open(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			      const struct dlk_xlat_root *root, struct dlk_xlat **ret)
	DLK_MUST_CHECK;

/**
 * Forget the table entries that libaddrxlat keeps: what it is asked for next is read anew.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_xlat_forget(struct dlk_xlat *x) DLK_MUST_CHECK;

/**
 * Tell whether a CPU may execute what is at an address.
 *
 * @return false if it may not, or if nothing is mapped there.
 *
 * Target: reads page tables; may not return inside crash.
 * Kernel: the kernel's data has been mapped NX since v2.6.11; before that, and with "noexec=off",
 *         everything seems executable.
 */
bool dlk_xlat_is_executable(struct dlk_xlat *x, dlk_addr_t address);

/** Close a translation; NULL is allowed. */
void dlk_xlat_close(struct dlk_xlat *x);

#endif
