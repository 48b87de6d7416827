/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_SESSION_SESSION_H
#define DLK_SESSION_SESSION_H

/**
 * @file
 * A session from inside: what those who open one fill in.
 *
 * session.c works with a kernel whose memory can be read by virtual address, with symbols and
 * types; open.c gets there from a dump or a guest, where all of it has to be found, host.c from a
 * host that knows it already.
 */

#include "deadlock/session.h"
#include "kernel/kernel.h"
#include "kernel/xlat.h"
#include "locks/facts.h"

struct dlk_session {
	struct dlk_ctx *ctx;
	struct dlk_target *target;
	bool is_capture; /* its pages are recorded, to be written */
	struct dlk_xlat *xlat;
	struct dlk_kernel kernel;
	struct dlk_facts facts;
	bool has_facts;
	const char *not_understood; /**< Why nothing of this kernel is; NULL if it is. */
	const char
		*other_kernel; /**< That there is a capture kernel besides; NULL: there is none. */
	void (*close)(void *arg); /**< Gives back what its opener has besides; NULL: nothing. */
	void *close_arg;
};

/**
 * Have what is read of a target recorded, and open the file that it is to be written to.
 *
 * @param[in,out] target  Becomes the one to read; closed on error.
 * @return DLK_OK, what dlk_target_open_capture() and dlk_capture_begin() return.
 */
enum dlk_status dlk_session_record(struct dlk_ctx *ctx, const char *path,
				   struct dlk_target **target) DLK_MUST_CHECK;

/**
 * Make a session over a target.
 *
 * @param[out] ret  The session, with its memory ready; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOMEM (the target was closed).
 *
 * Target: none.
 */
enum dlk_status dlk_session_new(struct dlk_ctx *ctx, struct dlk_target *target,
				struct dlk_session **ret) DLK_MUST_CHECK;

/**
 * Begin with a kernel whose translation, symbols and types are set; one that is not understood makes a
 * session that says so.
 *
 * @return as dlk_session_understand(), of dlk_kernel_init().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_session_start(struct dlk_session *s) DLK_MUST_CHECK;

/**
 * Tell a kernel that is not understood from a target that cannot be read.
 *
 * @param[in] status  How a step ended, with its text in the context.
 * @param[in] advice  What the user can do, "give its vmlinux"; NULL if nothing.
 * @return DLK_OK if the kernel is not understood (the session says so when it is analysed), else
 *         @p status.
 *
 * Target: none.
 */
enum dlk_status dlk_session_understand(struct dlk_session *s, enum dlk_status status,
				       const char *advice) DLK_MUST_CHECK;

#endif
