/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_LOCK_H
#define DLK_LOG_LOCK_H

/**
 * @file
 * A lock as the validator prints it.
 *
 *	ffff888012345678 (&p->lock){+.+.}-{3:3}, at: stone_turn+0x50/0x430 fs/seq_file.c:12
 *	(&p->lock){+.+.+.}, at: [<ffffffff81234567>] stone_turn+0x50/0x430
 *	[ffffffc00aaa1000] (vat_lock){+.+...}
 *	ffff888012345678 (&p->lock){+.+.}-{3:3}, at: down_read include/linux/fs.h:543 [inline]
 */

#include "log/keep.h"

/**
 * Read one, and where it was taken, if that is there.
 *
 * @return false if it is none: there is no class in parentheses.
 *
 * Ownership: strings are in @p keep; line is the caller's.
 */
bool dlk_log_lock_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_held *ret);

#endif
