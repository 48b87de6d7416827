/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options ask of a session. */
#include <config.h>

#include "cli/answer.h"

#include "cli/said.h"

/* What was met first says where and why. */
static enum dlk_status fail_without_tasks(struct dlk_ctx *ctx, const struct dlk_model *model)
{
	const struct dlk_finding *first = model->finding_count ? model->findings : NULL;

	return dlk_fail(ctx, DLK_ERR_NOTFOUND,
			"%s: no task could be found: nothing can be said%s%s", model->source.name,
			first && first->text ? "; " : "", first && first->text ? first->text : "");
}

enum dlk_status dlk_answer_find(struct dlk_ctx *ctx, struct dlk_session *session,
				const struct dlk_options *o, struct dlk_answer *ret)
{
	bool is_part = o->part == DLK_PART_SUMMARY || o->part == DLK_PART_CYCLES;
	struct dlk_analyze_options how = {
		.all_stacks = o->with_stacks && (!is_part || o->format == DLK_FORMAT_JSON),
		.all_holds = o->with_evidence || o->format == DLK_FORMAT_JSON || o->capture ||
			     !is_part,
		/* A capture answers -k -v, too. */
		.usages = (o->part == DLK_PART_LOCKDEP && o->with_evidence) || o->capture,
		.lines = o->with_stacks && o->with_evidence && o->format == DLK_FORMAT_TEXT,
	};
	struct dlk_answer answer;
	enum dlk_status status = dlk_session_analyze(session, &how, &answer.model);

	answer.capture_error = NULL;
	if (!status)
		status = dlk_judge(ctx, &answer.model, &answer.verdict);
	if (!status && answer.model.context_count)
		status = dlk_said_find(ctx, session, &answer.verdict, &answer.model);
	if (!status && o->capture && dlk_session_capture(session))
		answer.capture_error = dlk_strdup(ctx, ctx->err.text);
	if (!status && !answer.model.context_count && !dlk_session_is_foreign(session))
		status = fail_without_tasks(ctx, &answer.model);
	if (!status)
		*ret = answer;
	return status;
}

enum dlk_exit dlk_answer_exit(const struct dlk_answer *answer)
{
	switch (answer->verdict.code) {
	case DLK_NO_DEADLOCK:
		return DLK_EXIT_NO_DEADLOCK;
	case DLK_DEADLOCK:
	case DLK_LEAKED_LOCK:
		return DLK_EXIT_DEADLOCK;
	case DLK_UNKNOWN:
	case DLK_POSSIBLE_DEADLOCK:
		break;
	}
	return DLK_EXIT_UNKNOWN;
}

struct dlk_report dlk_answer_report(const struct dlk_options *o, const struct dlk_answer *answer,
				    bool with_colour)
{
	return (struct dlk_report){
		.model = &answer->model,
		.verdict = &answer->verdict,
		/* Where nothing was understood there is no part to show. */
		.part = answer->model.context_count ? o->part : DLK_PART_SUMMARY,
		.subject = o->subject,
		.with_stacks = o->with_stacks,
		.with_evidence = o->with_evidence,
		.with_colour = with_colour,
	};
}

enum dlk_status dlk_answer_write(struct dlk_ctx *ctx, const struct dlk_options *o,
				 const struct dlk_answer *answer, bool with_colour, FILE *out)
{
	struct dlk_report report = dlk_answer_report(o, answer, with_colour);

	switch (o->format) {
	case DLK_FORMAT_JSON:
		return dlk_report_json(ctx, &report, out);
	case DLK_FORMAT_DOT:
		return dlk_report_dot(ctx, &report, out);
	case DLK_FORMAT_TEXT:
		break;
	}
	return dlk_report_text(ctx, &report, out);
}
