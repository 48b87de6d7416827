/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_WRAP_H
#define DLK_LOG_WRAP_H

/**
 * @file
 * Messages that were wrapped on their way, or printed piece by piece: told by what such a message must have, and has not yet.
 *
 *	INFO: task miller/5:0:4711 <reader> blocked on an rw-semaphore       mail, consoles: at a blank
 *	      likely owned by task stone/u32:27:4712 <writer>
 *	[   29.493349][    C1] c0d1e2f3 (&p->lock                             printk: in pieces
 *	[   29.493351][    C1] ){-.-.}, at: wake_miller+0x4c/0x130
 */

#include <stdbool.h>

enum dlk_log_want {
	DLK_LOG_WANT_NOTHING,
	DLK_LOG_WANT_MORE,   /**< A line without a stamp of its own. */
	DLK_LOG_WANT_FLAGS,  /**< "0x00000004", which ends an old header. */
	DLK_LOG_WANT_BRACE,  /**< ")", "{": a lock's class has begun. */
	DLK_LOG_WANT_AT,     /**< ", at:": where a lock was taken may follow. */
	DLK_LOG_WANT_SYMBOL, /**< "[<ffffffff81234567>] f+0x1/0x2", behind "at:". */
};

/** What a message lacks. */
enum dlk_log_want dlk_log_want_of(const char *text);

/** Whether a message is what another lacks; @p has_stamp: it has a time, or a caller, and so begins a record of its own. */
bool dlk_log_want_is_met(enum dlk_log_want want, const char *text, bool has_stamp);

#endif
