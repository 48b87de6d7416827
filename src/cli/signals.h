/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_SIGNALS_H
#define DLK_CLI_SIGNALS_H

/**
 * @file
 * Signals: what stops the program, and how long it may take over that.
 *
 * SIGINT, SIGTERM and SIGHUP ask the analysis to stop, and so does SIGXCPU, when the CPU time is used up: it
 * looks at a word from time to time, says so and leaves in order.  Should it not have ended within two seconds it
 * is ended, wherever it is: a library that was led in circles looks at nothing.  A guest is let go by its guard
 * (target/guard.h) then, and files without names are gone.  A second SIGINT ends the program at once.
 */

#include <signal.h>

/** Take the signals.  What nohup(1) ignores stays ignored. */
void dlk_signals_take(void);

/** What they set: an enum dlk_cancel. */
const volatile int *dlk_signals_cancel(void);

/**
 * Not be stopped from here on: while a guest stands still, a ^Z waits.  A message from the background does not
 * stop us, where a terminal would have that (stty tostop).
 *
 * @param[out] former  For dlk_signals_let_stops_come().
 */
void dlk_signals_hold_stops(sigset_t *former);

/** As it was before. */
void dlk_signals_let_stops_come(const sigset_t *former);

#endif
