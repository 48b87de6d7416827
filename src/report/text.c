/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report: which parts it has, and its last line. */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SUMMARY_CYCLES = 10, SHOWN_RANGES = 8 };

/* CPUs 1, 4-7 are off line. */
static void print_offline(struct dlk_text *t)
{
	const uint32_t *cpus = t->model->offline, count = t->model->offline_count;
	uint32_t i = 0;

	if (!count)
		return;
	dlk_out_print(&t->out, "CPU%s ", dlk_words_plural(count));
	for (uint32_t n = 0; i < count && n < SHOWN_RANGES; n++) {
		uint32_t first = i++;

		while (i < count && cpus[i] - cpus[first] == i - first)
			i++;
		dlk_out_print(&t->out, "%s%" PRIu32, n ? ", " : "", cpus[first]);
		if (i - first > 1)
			dlk_out_print(&t->out, "-%" PRIu32, cpus[i - 1]);
	}
	if (i < count)
		dlk_out_print(&t->out, " and %s more", dlk_words_count(count - i).text);
	dlk_out_print(&t->out, " %s off line. ", count == 1 ? "is" : "are");
}

/* 61 tasks: 2 blocked, 2 in the cycle, 0 behind it. All that was needed could be read. */
static void print_last_line(struct dlk_text *t)
{
	const struct dlk_verdict *v = t->verdict;
	const struct dlk_index *x = &t->index;
	bool is_one = v->cycle_count == 1;

	dlk_out_print(&t->out, "%s task%s: %s blocked", dlk_words_count(x->tasks).text,
		      dlk_words_plural(x->tasks), dlk_words_count(x->blocked).text);
	if (x->spinning)
		dlk_out_print(&t->out, ", %s spinning", dlk_words_count(x->spinning).text);
	if (v->cycle_count)
		dlk_out_print(&t->out, ", %s in the cycle%s, %s behind %s.",
			      dlk_words_count(v->in_cycles).text, is_one ? "" : "s",
			      dlk_words_count(v->behind_cycles).text, is_one ? "it" : "them");
	else
		dlk_out_print(&t->out, ", none in a cycle.");
	dlk_out_print(&t->out, " ");
	print_offline(t);
	dlk_text_completeness(t);
	dlk_out_end(&t->out);
}

/* What the report may lack, if anything, below a part that has no last line of its own. */
static void print_nota_bene(struct dlk_text *t)
{
	dlk_text_unknowns(t);
	if (!t->index.losses && !t->index.lasting)
		return;
	dlk_out_end(&t->out);
	dlk_text_completeness(t);
	dlk_out_end(&t->out);
}

static void print_summary(struct dlk_text *t)
{
	dlk_text_headline(t);
	/* Of a kernel that is not understood at all that was it. */
	if (!t->model->context_count && !t->model->prediction_count)
		return;
	dlk_out_end(&t->out);
	dlk_text_cycles(t, SUMMARY_CYCLES);
	dlk_text_roots(t);
	dlk_text_unknowns(t);
	dlk_text_said_besides(t);
	dlk_text_predictions(t);
	dlk_text_findings(t);
	print_last_line(t);
}

static void print_cycles(struct dlk_text *t)
{
	dlk_text_headline(t);
	if (t->verdict->cycle_count) {
		dlk_out_end(&t->out);
		dlk_text_cycles(t, UINT32_MAX);
	}
	print_nota_bene(t);
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
		print_nota_bene(t);
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
