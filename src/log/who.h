/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_WHO_H
#define DLK_LOG_WHO_H

/**
 * @file
 * Tasks as messages name them.  A comm may hold blanks, colons and slashes: what ends it is the pid, and what follows that.
 */

#include "log/keep.h"

/** "syz-executor:1234", and a blank, a period, a comma or the end behind it; *at is moved past the pid. */
bool dlk_log_who_scan(struct dlk_log_keep *keep, const char **at, struct dlk_log_who *ret);

/** "kworker/0:1/77", and a blank, a comma or the end behind it, or ":" or "." that has one of these behind it; *at is moved past the pid. */
bool dlk_log_who_scan_slash(struct dlk_log_keep *keep, const char **at, struct dlk_log_who *ret);

/** "CPU: 1 PID: 22 Comm: cat Not tainted 6.1 #4", "CPU: 1 UID: 0 PID: 22 ...", "Pid: 22, comm: cat Not tainted ..." */
bool dlk_log_who_read_cpu_line(struct dlk_log_keep *keep, const char *text, struct dlk_log_who *ret,
			       int32_t *cpu);

/** No one. */
static inline struct dlk_log_who dlk_log_nobody(void)
{
	return (struct dlk_log_who){ .pid = DLK_LOG_NO_NUMBER };
}

#endif
