/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report: which parts it has, its first line (the verdict) and its last. */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SUMMARY_CYCLES = 10 };

/* DEADLOCK: 7 tasks in 3 cycles (2 certain, 1 likely) */
static void print_many_cycles(struct dlk_text *t)
{
	const struct dlk_verdict *v = t->verdict;
	uint32_t counts[DLK_CERTAIN + 1] = { 0 };
	const char *separator = "";

	for (uint32_t i = 0; i < v->cycle_count; i++)
		counts[v->cycles[i].confidence]++;
	dlk_out_print(&t->out, "%s tasks in %s cycles (", dlk_words_count(v->in_cycles).text,
		      dlk_words_count(v->cycle_count).text);
	for (int c = DLK_CERTAIN; c >= DLK_POSSIBLE; c--) {
		if (!counts[c])
			continue;
		dlk_out_print(&t->out, "%s%" PRIu32 " %s", separator, counts[c],
			      dlk_confidence_text((enum dlk_confidence)c));
		separator = ", ";
	}
	dlk_out_print(&t->out, ")");
}

static void print_headline(struct dlk_text *t)
{
	const struct dlk_verdict *v = t->verdict;

	if (v->code == DLK_DEADLOCK)
		dlk_out_paint(&t->out, DLK_RED, "DEADLOCK");
	else if (v->code == DLK_POSSIBLE_DEADLOCK)
		dlk_out_paint(&t->out, DLK_YELLOW, "POSSIBLE DEADLOCK");
	else
		dlk_out_paint(&t->out, DLK_GREEN, "No deadlock%s.",
			      t->index.losses ? " among what could be read" : "");
	if (v->cycle_count) {
		dlk_out_print(&t->out, ": ");
		if (v->cycle_count == 1)
			dlk_text_cycle_title(t, &v->cycles[0]);
		else
			print_many_cycles(t);
	}
	dlk_out_end(&t->out);
}

/* 61 tasks: 2 blocked, 2 in the cycle, 0 behind it. All that was needed could be read. */
static void print_last_line(struct dlk_text *t)
{
	const struct dlk_verdict *v = t->verdict;
	const struct dlk_index *x = &t->index;
	bool is_one = v->cycle_count == 1;

	dlk_out_print(&t->out, "%s task%s: %s blocked",
		      dlk_words_count(t->model->context_count).text,
		      dlk_words_plural(t->model->context_count), dlk_words_count(x->blocked).text);
	if (x->spinning)
		dlk_out_print(&t->out, ", %s spinning", dlk_words_count(x->spinning).text);
	if (v->cycle_count)
		dlk_out_print(&t->out, ", %s in the cycle%s, %s behind %s.",
			      dlk_words_count(v->in_cycles).text, is_one ? "" : "s",
			      dlk_words_count(v->behind_cycles).text, is_one ? "it" : "them");
	else
		dlk_out_print(&t->out, ", none in a cycle.");
	dlk_out_print(&t->out, " ");
	dlk_text_completeness(t);
	dlk_out_end(&t->out);
}

static void print_loss_line(struct dlk_text *t)
{
	if (!t->index.losses)
		return;
	dlk_out_end(&t->out);
	dlk_text_completeness(t);
	dlk_out_end(&t->out);
}

static void print_unexplained(struct dlk_text *t)
{
	uint32_t count = t->index.unexplained;

	if (!count)
		return;
	dlk_out_line(&t->out,
		     "%s task%s in state D wait%s for something that is not known: -w shows where.",
		     dlk_words_count(count).text, dlk_words_plural(count), count == 1 ? "s" : "");
	dlk_out_end(&t->out);
}

static void print_summary(struct dlk_text *t)
{
	print_headline(t);
	dlk_out_end(&t->out);
	dlk_text_cycles(t, SUMMARY_CYCLES);
	dlk_text_roots(t);
	dlk_text_findings(t);
	print_unexplained(t);
	print_last_line(t);
}

static void print_cycles(struct dlk_text *t)
{
	print_headline(t);
	if (t->verdict->cycle_count) {
		dlk_out_end(&t->out);
		dlk_text_cycles(t, UINT32_MAX);
	}
	print_loss_line(t);
}

static enum dlk_status print_part(struct dlk_text *t)
{
	enum dlk_status status = DLK_OK;

	switch (t->report->part) {
	case DLK_PART_SUMMARY:
		print_summary(t);
		return DLK_OK;
	case DLK_PART_CYCLES:
		print_cycles(t);
		return DLK_OK;
	case DLK_PART_WAITS:
		dlk_text_waits(t);
		print_last_line(t);
		return DLK_OK;
	case DLK_PART_LOCKDEP:
		status = dlk_text_lockdep(t);
		break;
	case DLK_PART_TASK:
		status = dlk_text_chain(t);
		break;
	case DLK_PART_LOCK:
		status = dlk_text_lock(t);
		break;
	}
	if (status == DLK_OK)
		print_loss_line(t);
	return status;
}

enum dlk_status dlk_report_text(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
{
	struct dlk_text t = {
		.out = { .ctx = ctx, .file = out, .with_colour = report->with_colour },
		.ctx = ctx,
		.report = report,
		.model = report->model,
		.verdict = report->verdict,
	};
	enum dlk_status status = dlk_index_build(ctx, t.model, &t.index);

	if (status != DLK_OK)
		return status;
	t.context_mark = dlk_calloc(ctx, t.model->context_count, sizeof(*t.context_mark));
	t.resource_mark = dlk_calloc(ctx, t.model->resource_count, sizeof(*t.resource_mark));
	if (!t.context_mark || !t.resource_mark)
		return dlk_nomem(ctx);
	status = print_part(&t);
	if (status != DLK_OK)
		return status;
	return dlk_out_finish(&t.out);
}
