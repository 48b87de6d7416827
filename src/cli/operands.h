/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_OPERANDS_H
#define DLK_CLI_OPERANDS_H

/**
 * @file
 * The files on the command line: which are dumps, which is VMLINUX.
 *
 * A text beside others is a console log.  An ELF file that is no core is VMLINUX wherever it stands, also compressed; kdump-compressed and flattened files and
 * pipes are the parts of one dump, in their order.  What is neither is VMLINUX if it is not the first, or if all others are dumps:
 * its reader has the better words for what is none.
 */

#include "cli/options.h"

/** What is to be opened. */
struct dlk_operands {
	const char *vmcore;       /**< NULL for a guest. */
	const char *const *parts; /**< Further parts of the vmcore. */
	unsigned part_count;
	const char *vmlinux; /**< NULL if none. */
	const char *log;     /**< A text beside a dump; NULL if none. */
};

/**
 * Sort the operands, and see that there are as many as make sense.
 *
 * Regular files are looked at; a pipe is not: what is taken from it would be missed.
 *
 * @param[in,out] o    Its operands are put in order, VMLINUX last.
 * @param[out]    ret  Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_INVALID (too many, or one that is no further part).
 *
 * Ownership: *ret points into @p o.
 * Target:    none.
 */
enum dlk_status dlk_operands_sort(struct dlk_ctx *ctx, struct dlk_options *o,
				  struct dlk_operands *ret) DLK_MUST_CHECK;

#endif
