/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_SANDBOX_H
#define DLK_CLI_SANDBOX_H

/**
 * @file
 * The sandbox: who takes over this program by what it is given to read has gained nothing but that.
 *
 * It closes in two steps, neither of which can be taken back:
 *
 * | step | when | what is left |
 * |---|---|---|
 * | DLK_STAGE_CONNECTED | before the first byte of a file is looked at; with a guest once the gdbstub is connected | memory, the open files; files may be opened to be read, made in $TMPDIR and in the capture's folder; no program is run, no process started, no socket made, no address connected to |
 * | DLK_STAGE_OPENED | when all files are open | memory, the open files; with a capture that is not written yet, naming a file in its folder |
 *
 * By seccomp (libseccomp) for system calls, which fail with EPERM; by landlock for files, addresses and signals where
 * the kernel has it (5.13; not needed, but a second wall: seccomp cannot see paths); and without new privileges.
 * EPERM and not death: a C library of tomorrow that asks for something else gets on without, as in a
 * container.
 *
 * Memory that can be executed is not to be had from the first step on.
 *
 * What it does not keep away: what can be read at the first step by a fault in what unpacks (zlib, liblzma,
 * libzstd) or in libelf can be written to standard output, no further.  A live guest's monitor (QMP) is spoken with
 * before the first step.  The guard (target/guard.h) is outside: it reads nothing but answers, and looks at none.
 */

#include "deadlock/context.h"

/** What the sandbox leaves open. */
struct dlk_sandbox {
	const char *capture; /**< File that will be written; NULL: none. */
};

/**
 * Close it to a step; the steps come in order.
 *
 * Where it cannot be closed there is a warning, once: the program is of use in a system's last minutes, too.
 */
void dlk_sandbox_close(struct dlk_ctx *ctx, const struct dlk_sandbox *s, enum dlk_stage stage);

#endif
