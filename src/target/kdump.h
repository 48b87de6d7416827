/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_KDUMP_H
#define DLK_TARGET_KDUMP_H

/**
 * @file
 * Pages of kdump-compressed dumps: what makedumpfile and QEMU write.
 *
 * A file of this format has, in blocks of a page:
 *
 *	header          struct disk_dump_header: machine, sizes of all that follows
 *	sub header      struct kdump_sub_header, some blocks: notes, VMCOREINFO, what part this is
 *	bitmaps         a bit for each page frame: that there is memory; that its page is in the dump
 *	descriptors     struct page_desc for each page that is there, in the order of frames
 *	pages           each compressed by itself, or not; pages of zeros may share one
 *
 * (diskdump_mod.h of makedumpfile; include/sysemu/dump.h of QEMU.)  Of a split dump each file has
 * headers and bitmaps, and the descriptors of some frames in a row.
 *
 * Why not libkdumpfile: of a file that is cut off, 0.5.1 reads zeros with success, a page that does not
 * decompress leaves it without memory for others after some time, and what headers and descriptors say
 * of sizes it believes; half of that ends in a SIGSEGV.
 */

#include "deadlock/context.h"

struct dlk_kdump;

/** Tell by its first 8 bytes whether a file is of this format. */
bool dlk_kdump_is(int fd);

/**
 * Open a dump.
 *
 * @param[in]  fds    Seekable; of one dump's files all, in any order.  They stay the caller's.
 * @param[in]  paths  Their names, for messages.
 * @param[out] ret    In the context.
 * @return DLK_OK, DLK_ERR_CORRUPT (headers that lie), DLK_ERR_UNSUPPORTED (another architecture),
 *         DLK_ERR_INVALID (files of several dumps, or not all of one), DLK_ERR_LIMIT, DLK_ERR_NOMEM,
 *         DLK_ERR_CANCELED.
 *
 * Target: reads the files' headers and bitmaps.
 */
enum dlk_status dlk_kdump_open(struct dlk_ctx *ctx, const int *fds, const char *const *paths,
			       unsigned count, struct dlk_kdump **ret) DLK_MUST_CHECK;

/**
 * Read physical memory.
 *
 * @return DLK_OK; DLK_ERR_FAULT: a page is not there, lies behind the end of the file, or does not
 *         decompress to a page.
 *
 * Target: reads the file.
 */
enum dlk_status dlk_kdump_read(struct dlk_kdump *k, dlk_addr_t address, void *buf, size_t len)
	DLK_MUST_CHECK;

/** True if pages that should be in a file lie behind its end. */
bool dlk_kdump_is_cut(const struct dlk_kdump *k);

#endif
