/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read and what looks wrong: without it a verdict is worth less than it seems. */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SHOWN_FINDINGS = 20 };

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
	dlk_out_column(&t->out, 35);
	dlk_out_line(&t->out, "%s", f->text ? f->text : "");
}

void dlk_text_findings(struct dlk_text *t)
{
	uint32_t count = t->model->finding_count;
	uint32_t shown = count;

	if (!count)
		return;
	if (count > SHOWN_FINDINGS && !t->report->with_evidence)
		shown = SHOWN_FINDINGS;
	dlk_out_line(&t->out, "%s", t->index.losses ? "Not read, or in doubt:" : "In doubt:");
	for (uint32_t i = 0; i < shown; i++)
		print_finding(t, &t->model->findings[t->index.findings[i]]);
	if (shown < count) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "and %s more: -v shows all",
			     dlk_words_count(count - shown).text);
	}
	dlk_out_end(&t->out);
}

void dlk_text_completeness(struct dlk_text *t)
{
	uint32_t losses = t->index.losses;

	if (!losses)
		dlk_out_print(&t->out, "All that was needed could be read.");
	else
		dlk_out_paint(&t->out, DLK_YELLOW,
			      "%s thing%s could not be read: waits or holders may be missing.",
			      dlk_words_count(losses).text, dlk_words_plural(losses));
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
