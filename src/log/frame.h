/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_FRAME_H
#define DLK_LOG_FRAME_H

/**
 * @file
 * A line of a stack, in whatever form it is printed.
 *
 *	 stone_wait+0x1a2/0x3c0 [mod 0123abcd] mm/filemap.c:1234   x86, arm64, ...
 *	 ? f+0x1/0x2    f+0x1/0x2 (unreliable)    f+0x1/0x2 (P)
 *	 f mm/filemap.c:1234 [inline]
 *	 [<ffffffff81234567>] ? f+0x1/0x2    [<0>] f+0x1/0x2                older kernels, /proc
 *	 [c000000001aa1000] [c000000001aa2000] f+0x1/0x2                    ppc
 *	 [<80111110>] (f) from [<80111120>] (g+0x60/0xdc)    f from g+0x60/0xdc    arm
 *	 #0 [ffffc90000123400] f at ffffffff81aaa010 [mod]                  crash, also without #0
 *	 #0  f (mm/filemap.c:1234:3)                                        drgn
 */

#include "log/keep.h"

/** How a line is known to be a frame. */
enum dlk_log_frame_form {
	DLK_LOG_NO_FRAME,
	DLK_LOG_FRAME_PRINTED, /**< By the kernel, in a message. */
	DLK_LOG_FRAME_PROC,    /**< By /proc/PID/stack: with "[<0>]". */
	DLK_LOG_FRAME_CRASH,
	DLK_LOG_FRAME_DRGN
};

/**
 * Tell whether a line is a frame, and what it says.
 *
 * @param[in]  text  Of a record; markers ("<IRQ>") are taken off.
 * @param[out] ret   line and on are the caller's to fill.
 * @param[out] number  Of crash's and drgn's frames, which have numbers; else 0.
 * @param[out] from    arm's lines have two: where "g+0x60/0xdc" stands; else NULL.
 *
 * Ownership: strings are in @p keep.
 */
enum dlk_log_frame_form dlk_log_frame_read(struct dlk_log_keep *keep, const char *text,
					   struct dlk_log_frame *ret, uint32_t *number,
					   const char **from);

/** Read "f+0x1/0x2 [module] place" alone, as it stands behind "at:", "RIP:", "pc :"; false if it is none. */
bool dlk_log_symbol_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *ret);

/** Read "f path/file.c:123 [inline]" alone. */
bool dlk_log_inline_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *ret);

#endif
