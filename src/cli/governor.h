/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_GOVERNOR_H
#define DLK_CLI_GOVERNOR_H

/**
 * @file
 * What the program may take, whatever it is given to read.
 *
 * | what | option | who sees to it | what is said |
 * |---|---|---|---|
 * | bytes out of packed files | --max-unpack | target/unpack.c, also by their ratio | that it unpacks to more |
 * | address space | --max-memory | the system: RLIMIT_AS; of it an eighth is the arena's | out of memory |
 * | CPU time of the analysis | --max-cpu | the system: RLIMIT_CPU, and SIGXCPU asks to stop | not done within |
 * | bytes of a capture | --max-capture | target/capture.c | that it would be larger |
 * | how long a guest stands still | --stop-limit | target/wire.c, and the guard behind it | not done within |
 *
 * Each has a default that real input does not come near, and its option in its sentence.  CPU time is counted
 * from when all files are open: what unpacking costs is bounded by the bytes.  What the user's shell allows
 * (ulimit) is never raised.
 */

#include "deadlock/context.h"

/**
 * Set the limits of memory; the context's are set before.
 *
 * @return DLK_OK, or DLK_ERR_NOMEM where the program with its libraries leaves no room to begin.
 */
enum dlk_status dlk_governor_start(struct dlk_ctx *ctx) DLK_MUST_CHECK;

/** Count CPU time from now on. */
void dlk_governor_start_cpu(const struct dlk_ctx *ctx);

#endif
