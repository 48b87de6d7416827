/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_CONSOLE_H
#define TESTS_UNIT_CONSOLE_H

/**
 * @file
 * Console logs for tests: a text, what is read of it, and what that proves.
 *
 * The logs are made up: tasks "zoo" and "ape" and locks of a module that does not exist, in the kernel's forms.
 */

#include "support.h"

#include "deadlock/verdict.h"
#include "log/build.h"

struct console {
	struct dlk_ctx ctx;
	struct dlk_log log;
	struct dlk_log_incident *incidents;
	uint32_t incident_count;
	struct dlk_model model;
	struct dlk_verdict verdict;
};

/** A console without text, as cmocka's state. */
int console_set_up(void **state);
/** Give it back. */
int console_tear_down(void **state);
/** Read a text, and split it into its incidents. */
void console_read(struct console *x, const char *text);
/** Make the model and the verdict of an incident. */
void console_judge(struct console *x, uint32_t incident);
/** Read a text, and judge its last incident. */
void console_analyse(struct console *x, const char *text);
/** How sure it is that one waits for what another holds, by their pids; -1: nothing says so. */
int console_edge(const struct console *x, int32_t waiter, int32_t holder);
/** The wait of a pid; NULL. */
const struct dlk_wait *console_wait_of(const struct console *x, int32_t pid);
/** What is not known of a pid; NULL. */
const struct dlk_unknown *console_unknown_of(const struct console *x, int32_t pid);

/* --- pieces of logs */

#define HUNG(comm, pid)                                                                            \
	"INFO: task " comm ":" #pid " blocked for more than 122 seconds.\n"                        \
	"      Not tainted 6.12.0-zoo #1\n"                                                        \
	"\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"            \
	"task:" comm "             state:D stack:0     pid:" #pid " tgid:" #pid                    \
	" ppid:2      flags:0x00004000\n"                                                          \
	"Call Trace:\n"                                                                            \
	" <TASK>\n"                                                                                \
	" __schedule+0x3b4/0xa80\n"                                                                \
	" schedule+0x27/0xf0\n"
#define IN_MUTEX " schedule_preempt_disabled+0x15/0x30\n __mutex_lock.constprop.0+0x2d0/0x6d0\n"
#define IN_WRITE " schedule_preempt_disabled+0x15/0x30\n rwsem_down_write_slowpath+0x1f3/0x680\n"
#define IN_READ " schedule_preempt_disabled+0x15/0x30\n rwsem_down_read_slowpath+0x28a/0x4e0\n"
#define IN_FOLIO " io_schedule+0x46/0x70\n folio_wait_bit_common+0x13d/0x350\n"
#define TAIL                                                                                       \
	" kthread+0xd2/0x100\n"                                                                    \
	" ret_from_fork+0x34/0x50\n"                                                               \
	" </TASK>\n"
#define LISTS "\nShowing all locks held in the system:\n"

#endif
