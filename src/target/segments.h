/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_SEGMENTS_H
#define DLK_TARGET_SEGMENTS_H

/**
 * @file
 * What physical memory an ELF dump has.
 *
 * Not by libkdumpfile: 0.5.1 reads zeros, and says that all is well, for the page below a segment and for
 * what lies behind the end of a file that was cut off.  Zeros are an owner that does not exist.
 * And it maps the file, so that all that was read of a dump of gigabytes counts as memory of ours.
 */

#include "deadlock/context.h"

struct dlk_segment {
	dlk_addr_t start, end; /**< Physical; end is exclusive. */
	uint64_t offset;       /**< Of start in the file. */
};

struct dlk_segments {
	bool is_known;           /**< It is an ELF file; else nothing can be said. */
	struct dlk_segment *all; /**< All memory that is in the file, by address, disjoint. */
	uint32_t count;
	bool is_cut; /**< The file ends before a segment does. */
};

/**
 * Read the program headers of a dump.
 *
 * What a segment has in memory but not in the file is not there: so makedumpfile -E writes the pages
 * that it filters out, and zeros are just what they were not.  What the file should have and lacks
 * is not there either.
 *
 * @param[in]  fd   Seekable.
 * @param[out] ret  In the context; unchanged on error.
 * @return DLK_OK (also if it is no ELF file), DLK_ERR_CORRUPT, DLK_ERR_NOMEM.
 *
 * Target: reads the file's headers.
 */
enum dlk_status dlk_segments_read(struct dlk_ctx *ctx, int fd, struct dlk_segments *ret)
	DLK_MUST_CHECK;

/** Tell whether any byte of a range may be in the dump. */
bool dlk_segments_have(const struct dlk_segments *s, dlk_addr_t address, size_t len);

/**
 * Read a range of memory; what is not there, beside bytes that are, reads as zeros.
 *
 * @return false if no byte of the range is there, or the file cannot be read.
 *
 * Target: reads the file.
 */
bool dlk_segments_pread(const struct dlk_segments *s, int fd, dlk_addr_t address, void *buf,
			size_t len);

#endif
