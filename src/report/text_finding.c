/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read and what looks wrong: without it a verdict is worth less than it seems. */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SHOWN_FINDINGS = 20, TEXT_COLUMN = 35 };

/*
 * Not read, or in doubt:
 *   unreadable   0xffff888003a4c000  rwsem: owner: page not in dump
 *   leaked-lock  0xffff888003a4d000  its owner, pid 77, has exited
 */
static void print_finding(struct dlk_text *t, const struct dlk_finding *f)
{
	dlk_out_column(&t->out, 2);
	dlk_out_print(&t->out, "%s", dlk_finding_text(f->code));
	dlk_out_column(&t->out, 15);
	if (f->address)
		dlk_out_print(&t->out, "%#" PRIx64, f->address);
	else
		dlk_out_print(&t->out, "-");
	dlk_out_column(&t->out, TEXT_COLUMN);
	dlk_out_wrap(&t->out, TEXT_COLUMN, "%s", f->text ? f->text : "");
	dlk_out_end(&t->out);
}

/* What a lock's root has said already need not be said again. */
static bool is_said(const struct dlk_text *t, const struct dlk_finding *f)
{
	if (f->code != DLK_FINDING_NO_OWNER && f->code != DLK_FINDING_LEAKED_LOCK)
		return false;
	for (uint32_t i = 0; i < t->verdict->root_count && i < DLK_SHOWN_ROOTS; i++) {
		const struct dlk_root *root = &t->verdict->roots[i];

		if (root->context == DLK_NONE &&
		    t->model->resources[root->resource].address == f->address)
			return true;
	}
	return false;
}

/* Those that are to be shown, in their order; their number comes back. */
static uint32_t select_findings(const struct dlk_text *t, uint32_t *selected)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < t->model->finding_count; i++)
		if (!is_said(t, &t->model->findings[t->index.findings[i]]))
			selected[count++] = t->index.findings[i];
	return count;
}

static const char *title_of(const struct dlk_text *t, const uint32_t *selected, uint32_t count)
{
	if (t->index.losses)
		return "Not read, or in doubt:";
	for (uint32_t i = 0; i < count; i++) {
		enum dlk_finding_code code = t->model->findings[selected[i]].code;

		if (code != DLK_FINDING_LOG_AGREES && code != DLK_FINDING_LOG_DIFFERS)
			return "In doubt:";
	}
	return "By the log beside it:";
}

void dlk_text_findings(struct dlk_text *t)
{
	uint32_t *selected = dlk_calloc(t->ctx, t->model->finding_count, sizeof(*selected));
	uint32_t count, shown;

	t->out.is_cut |= !selected;
	count = selected ? select_findings(t, selected) : 0;
	if (!count)
		return;
	shown = count;
	if (count > SHOWN_FINDINGS && !t->report->with_evidence)
		shown = SHOWN_FINDINGS;
	dlk_out_line(&t->out, "%s", title_of(t, selected, count));
	for (uint32_t i = 0; i < shown; i++)
		print_finding(t, &t->model->findings[selected[i]]);
	if (shown < count) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "and %s more: -v shows all",
			     dlk_words_count(count - shown).text);
	}
	dlk_out_end(&t->out);
}

void dlk_text_completeness(struct dlk_text *t)
{
	uint32_t losses = t->index.losses, unknown = t->model->unknown_count;

	if (t->report->incident.count)
		dlk_out_print(&t->out, "What the log does not print is not known%s",
			      unknown ? "" : ".");
	else if (!losses && !unknown)
		dlk_out_print(&t->out, "All that was needed could be read.");
	else if (!losses)
		dlk_out_print(&t->out, "Everything was readable");
	else
		dlk_out_paint(&t->out, DLK_YELLOW,
			      "%s thing%s could not be read: waits or holders may be missing%s",
			      dlk_words_count(losses).text, dlk_words_plural(losses),
			      unknown ? "" : ".");
	if (unknown)
		dlk_out_paint(&t->out, t->index.lasting ? DLK_YELLOW : DLK_PLAIN,
			      "; %s wait%s%s%s not understood.", dlk_words_count(unknown).text,
			      dlk_words_plural(unknown),
			      t->index.lasting ? "" : ", of less than a second,",
			      unknown == 1 ? " is" : " are");
}

enum dlk_status dlk_text_not_found(struct dlk_text *t, const char *what, const char *why,
				   const char *why_perhaps)
{
	uint32_t losses = t->index.losses;

	if (!losses)
		return dlk_fail(t->ctx, DLK_ERR_NOTFOUND, "%s: %s", what, why);
	return dlk_fail(t->ctx, DLK_ERR_NOTFOUND, "%s: %s; %s thing%s could not be", what,
			why_perhaps, dlk_words_count(losses).text, dlk_words_plural(losses));
}
