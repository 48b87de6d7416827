/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target's own log says of those that hang. */
#include <config.h>

#include "cli/said.h"

#include "log/tie.h"

/* The kernel's shortest patience, as it can be set, is of that order. */
#define LEAST_NS UINT64_C(3000000000)

/* Who runs for so long matters by itself. */
static bool matters(const struct dlk_model *m, const struct dlk_verdict *verdict,
		    const bool *is_unknown, uint32_t i)
{
	const struct dlk_context *c = &m->contexts[i];
	uint64_t ns = dlk_log_lasts_ns(m, i);

	if (ns == DLK_NS_UNKNOWN || ns < LEAST_NS)
		return false;
	return c->is_on_cpu || verdict->roles[i] != DLK_ROLE_NONE || is_unknown[i];
}

/* Of each context whether it matters; how long the one that has lasted longest has.  NULL if there is no memory. */
static bool *find_wanted(struct dlk_ctx *ctx, const struct dlk_verdict *verdict,
			 const struct dlk_model *m, uint64_t *longest_ns)
{
	bool *wanted = dlk_calloc(ctx, m->context_count, sizeof(*wanted));
	bool *is_unknown = dlk_calloc(ctx, m->context_count, sizeof(*is_unknown));

	*longest_ns = 0;
	if (!wanted || !is_unknown)
		return NULL;
	for (uint32_t i = 0; i < m->unknown_count; i++)
		is_unknown[m->unknowns[i].context] = true;
	for (uint32_t i = 0; i < m->context_count; i++) {
		wanted[i] = matters(m, verdict, is_unknown, i);
		if (wanted[i] && dlk_log_lasts_ns(m, i) > *longest_ns)
			*longest_ns = dlk_log_lasts_ns(m, i);
	}
	return wanted;
}

enum dlk_status dlk_said_find(struct dlk_ctx *ctx, struct dlk_session *session,
			      const struct dlk_verdict *verdict, struct dlk_model *model)
{
	struct dlk_kernel_log text;
	struct dlk_log log;
	uint64_t longest_ns;
	const bool *wanted = find_wanted(ctx, verdict, model, &longest_ns);
	enum dlk_status status;

	if (!wanted)
		return dlk_nomem(ctx);
	if (!longest_ns)
		return DLK_OK;
	status = dlk_session_read_log(session, longest_ns, &text);
	if (status && !dlk_status_is_fatal(status)) {
		dlk_message(ctx, DLK_MSG_DEBUG, "the kernel's own log: %s", ctx->err.text);
		return DLK_OK;
	}
	if (!status)
		status = dlk_log_read_text(ctx, text.text, text.length, &log);
	if (status)
		return status;
	return dlk_log_tie(ctx,
			   &(struct dlk_log_tie){
				   .log = &log, .now_ns = text.now_ns, .wanted = wanted },
			   model);
}
