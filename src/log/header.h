/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_HEADER_H
#define DLK_LOG_HEADER_H

/**
 * @file
 * Lines that say which task's stack follows, in what state it is.
 *
 *	task:NAME            state:D stack:0     pid:1234  tgid:1234  ppid:2      flags:0x00004000     since 5.9
 *	NAME            D ffff888011112000 13520  4711   2030 0x00000004                              before
 *	NAME            D13520  3901   2584 0x00000004
 *	NAME            R  running task    12016     1      0 0x00000008
 *	PID: 712    TASK: ffff888033334000  CPU: 10  COMMAND: "miller"                                 crash
 */

#include "log/keep.h"

/** Read one that the kernel prints; sets what it says, and leaves the rest. */
bool dlk_log_header_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_task *ret);

/** Read one of crash, which may have something before it. */
bool dlk_log_header_read_crash(struct dlk_log_keep *keep, const char *text,
			       struct dlk_log_task *ret);

/** A task of which nothing is known. */
struct dlk_log_task dlk_log_header_none(void);

#endif
