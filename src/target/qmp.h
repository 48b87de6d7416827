/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_QMP_H
#define DLK_TARGET_QMP_H

/**
 * @file
 * QEMU's monitor (QMP): does the guest run, is there a gdbstub, start one, let the guest run on.
 *
 * Lines of JSON; jansson reads and writes them.  Events pass by.  QEMU 2.12 or later is meant, for
 * the form in which query-chardev names a gdbstub.
 *
 * Where a monitor says that the gdbstub is, we connect with the rights of the user, which it need not
 * have.  So it is followed to loopback, and to a unix socket if it is behind one itself: to one of the
 * same user, unless its user is root.  One on another machine is followed nowhere: what it calls here is
 * there.
 */

#include "target/wire.h"

struct dlk_qmp {
	struct dlk_wire wire;
	char *line;       /**< Of the answer that is read. */
	int id;           /**< Of the command that was given last. */
	const char *stub; /**< Path of the gdbstub that was started here; NULL: none was. */
	int64_t server;   /**< Who must serve the gdbstub: for struct dlk_wire_plan. */
};

/**
 * Connect and agree on what is spoken.
 *
 * @return as dlk_wire_connect(); DLK_ERR_UNSUPPORTED (not a QMP monitor).
 *
 * Ownership: close it with dlk_qmp_close().
 */
enum dlk_status dlk_qmp_connect(struct dlk_ctx *ctx, const char *address, unsigned timeout,
				struct dlk_qmp *ret) DLK_MUST_CHECK;

/**
 * Ask whether the guest runs.
 *
 * @return DLK_OK, DLK_ERR_CORRUPT (it does not say), or as dlk_wire_fill().
 *
 * Target: none of its memory.
 */
enum dlk_status dlk_qmp_is_running(struct dlk_qmp *q, bool *ret) DLK_MUST_CHECK;

/**
 * Find the gdbstub, or start one on a unix socket beside the monitor's.
 *
 * @param[out] ret  Its address, as dlk_wire_connect() takes it; in the context.  A unix socket is to
 *                  be the server's, as above.
 * @return DLK_OK, DLK_ERR_UNSUPPORTED (somebody is attached to it already, it is of a kind, or at a
 *         place, that is not connected to, or its path is relative to QEMU's folder), or as dlk_wire_fill().
 */
enum dlk_status dlk_qmp_find_stub(struct dlk_qmp *q, const char **ret) DLK_MUST_CHECK;

/** Let the guest run. */
enum dlk_status dlk_qmp_continue(struct dlk_qmp *q) DLK_MUST_CHECK;

/** End the gdbstub that was started here, if one was, and the conversation. */
void dlk_qmp_close(struct dlk_qmp *q);

#endif
