/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_MAGIC_H
#define DLK_TARGET_MAGIC_H

/**
 * @file
 * Files that are not what was asked for: what they are, by their magic, and what to do instead.
 *
 * Asked only after a file was not understood: what can be read is never refused here.  To add a kind:
 * a row of the table in magic.c, with where its magic is from.
 */

#include "deadlock/context.h"

/** What was asked for. */
enum dlk_magic_wanted { DLK_WANT_DUMP, DLK_WANT_VMLINUX };

/**
 * Describe a file that is not what was wanted.
 *
 * A file without any magic is looked through for the banner of a kernel, up to 1 GiB of it.
 *
 * @param[in] fd    Seekable.
 * @param[in] path  Its name: a .vmem of VMware has no other mark.
 * @return "no dump but a file packed by bzip2; unpack it first (bzip2 -d)"; NULL if it is not known, or
 *         for want of memory.
 *
 * Ownership: the context's.
 * Target:    none; reads the file.
 */
const char *dlk_magic_describe(struct dlk_ctx *ctx, int fd, const char *path,
			       enum dlk_magic_wanted wanted);

#endif
