/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_SAID_H
#define DLK_CLI_SAID_H

/**
 * @file
 * What a target's own log says of those that hang, or run for long: log/tie.h has what that proves.
 *
 * The log is read only if there is such a one, and only as far back as the oldest of them has begun.
 */

#include "deadlock/session.h"
#include "deadlock/verdict.h"

/**
 * Read the target's log, and tie its reports to the model's contexts.
 *
 * @param[in]     verdict  On @p model.
 * @param[in,out] model    Gets its said; without any if the log cannot be read, or is of a form that is not known.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_said_find(struct dlk_ctx *ctx, struct dlk_session *session,
			      const struct dlk_verdict *verdict, struct dlk_model *model)
	DLK_MUST_CHECK;

#endif
