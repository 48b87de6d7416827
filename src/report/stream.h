/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_STREAM_H
#define DLK_REPORT_STREAM_H

/**
 * @file
 * What every report has in common: which bytes may go to a stream, and how its failure is told.
 *
 * Names of tasks, files, symbols and the kernel's release are the target's, and so anything: bytes
 * that clear a terminal (C0 and C1 controls, DEL), characters that turn its text around (U+202E and
 * its like), invalid UTF-8.  So the rule is not a list of what is bad, which grows with Unicode: printable
 * ASCII goes out as it is, and each format escapes all the rest in its own way.
 */

#include <stdio.h>

#include "deadlock/context.h"

/** Tell whether a byte may go to a terminal as it is. */
static inline bool dlk_stream_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

/**
 * Copy a text as the text report writes it: a byte that is not plain becomes "\xNN".
 *
 * @param[out] ret   NUL-terminated; cut where there is no room, never within "\xNN".
 * @param[in]  size  Bytes of @p ret, at least 1.  4 * strlen(s) + 1 is enough.
 *
 * Target: none.
 */
void dlk_stream_clean(char *ret, size_t size, const char *s);

/**
 * Flush, and tell how it went.
 *
 * @param[in] error  errno of the first failure so far; 0 if none is known.
 * @return DLK_OK or DLK_ERR_SYSTEM (the stream failed; errno says why).
 *
 * Target: none.
 */
enum dlk_status dlk_stream_finish(struct dlk_ctx *ctx, FILE *file, int error) DLK_MUST_CHECK;

#endif
