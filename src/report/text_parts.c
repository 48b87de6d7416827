/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines that several parts of the text report share: a task, a wait, a hold, a stack. */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_OTHER = 8 };

void dlk_text_name(struct dlk_text *t, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];

	dlk_out_paint(&t->out, DLK_BOLD, "%s", c->comm);
	dlk_out_print(&t->out, " %s", dlk_words_which(c).text);
}

/*
 *   mover    pid 51      D for 34 s
 *   puncher  pid 50      D for 34 s
 */
void dlk_text_task(struct dlk_text *t, uint32_t context, uint32_t width)
{
	const struct dlk_context *c = &t->model->contexts[context];

	dlk_out_column(&t->out, 2);
	dlk_out_paint(&t->out, DLK_BOLD, "%s", c->comm);
	dlk_out_column(&t->out, width + 4);
	dlk_out_print(&t->out, "%s", dlk_words_which(c).text);
	dlk_out_column(&t->out, width + 16);
	dlk_out_print(&t->out, "%s", dlk_words_state(c).text);
	if (t->report->with_evidence && c->task)
		dlk_out_print(&t->out, "   task %#" PRIx64, c->task);
	dlk_out_end(&t->out);
}

uint32_t dlk_text_name_width(const struct dlk_text *t, const uint32_t *contexts, uint32_t count)
{
	size_t width = 0;

	for (uint32_t i = 0; i < count; i++) {
		size_t len = strlen(t->model->contexts[contexts[i]].comm);

		width = len > width ? len : width;
	}
	return (uint32_t)width;
}

struct dlk_words dlk_text_resource(const struct dlk_text *t, uint32_t resource)
{
	const struct dlk_resource *r = &t->model->resources[resource];
	struct dlk_words w;

	snprintf(w.text, sizeof(w.text), "%s %.160s", dlk_kind_text(r->kind),
		 dlk_words_known_by(r).text);
	return w;
}

const char *dlk_text_mode(const struct dlk_text *t, uint32_t resource, enum dlk_mode mode)
{
	bool is_shared = dlk_kind_is_shared(t->model->resources[resource].kind);

	if (mode == DLK_MODE_READ)
		return " (read)";
	return mode == DLK_MODE_WRITE || is_shared ? " (write)" : "";
}

void dlk_text_label(struct dlk_text *t, const char *label)
{
	dlk_out_column(&t->out, DLK_COLUMN_LABEL);
	dlk_out_print(&t->out, "%s", label);
	dlk_out_column(&t->out, DLK_COLUMN_WHAT);
}

/* waiter-list (certain): its waiter is linked in the queue and names it; NOTE */
void dlk_text_evidence(struct dlk_text *t, uint32_t wait, uint32_t hold)
{
	const struct dlk_wait *w = wait != DLK_NONE ? &t->model->waits[wait] : NULL;
	const struct dlk_hold *h = w ? NULL : &t->model->holds[hold];
	uint32_t evidence = w ? w->evidence : h->evidence;
	const char *note = w ? w->note : h->note;
	bool is_confirmed = !w && dlk_evidence_is_confirmed(evidence);

	if (!t->report->with_evidence)
		return;
	dlk_out_column(&t->out, DLK_COLUMN_WHAT);
	dlk_out_print(&t->out, "%s by %s: %s",
		      dlk_confidence_text(w ? w->confidence : h->confidence),
		      dlk_evidence_text(evidence), dlk_evidence_meaning(evidence));
	if (is_confirmed)
		dlk_out_print(&t->out, ", and lockdep lists it");
	dlk_out_print(&t->out, "%s", dlk_words_line(w ? w->log_line : h->log_line).text);
	if (note) {
		dlk_out_print(&t->out, ";");
		dlk_out_aside(&t->out, 0, DLK_COLUMN_WHAT + 2, "%s", note);
	}
	dlk_out_end(&t->out);
}

void dlk_text_wait(struct dlk_text *t, uint32_t wait)
{
	const struct dlk_wait *w = &t->model->waits[wait];

	dlk_text_label(t, "waits for");
	dlk_out_print(&t->out, "%s%s", dlk_text_resource(t, w->resource).text,
		      dlk_text_mode(t, w->resource, w->mode));
	if (w->at)
		dlk_out_aside(&t->out, DLK_COLUMN_WHY, DLK_COLUMN_WHAT, "in %s%s", w->at,
			      dlk_words_line(w->log_line).text);
	if (w->confidence < DLK_CERTAIN && !t->report->with_evidence)
		dlk_out_aside(&t->out, 0, DLK_COLUMN_WHAT, "%s: %s",
			      dlk_confidence_text(w->confidence),
			      w->note ? w->note : dlk_evidence_meaning(w->evidence));
	else if (w->gives_up && !t->report->with_evidence)
		dlk_out_aside(&t->out, 0, DLK_COLUMN_WHAT, "%s",
			      w->note ? w->note : "it gives up by itself");
	dlk_out_end(&t->out);
	dlk_text_evidence(t, wait, DLK_NONE);
}

/* "likely: NOTE" at the end of a line about a hold, or the evidence on lines of its own */
static void end_hold(struct dlk_text *t, uint32_t hold)
{
	const struct dlk_hold *h = &t->model->holds[hold];

	if (!t->report->with_evidence)
		dlk_out_aside(&t->out, DLK_COLUMN_WHY, DLK_COLUMN_WHAT, "%s: %s%s%s",
			      dlk_confidence_text(h->confidence),
			      h->note ? h->note : dlk_evidence_meaning(h->evidence),
			      dlk_evidence_is_confirmed(h->evidence) ? ", and lockdep lists it"
								     : "",
			      dlk_words_line(h->log_line).text);
	dlk_out_end(&t->out);
	dlk_text_evidence(t, DLK_NONE, hold);
}

void dlk_text_hold(struct dlk_text *t, uint32_t hold)
{
	const struct dlk_hold *h = &t->model->holds[hold];

	dlk_text_label(t, "holds");
	dlk_out_print(&t->out, "%s%s", dlk_text_resource(t, h->resource).text,
		      dlk_text_mode(t, h->resource, h->mode));
	end_hold(t, hold);
}

void dlk_text_other_holds(struct dlk_text *t, uint32_t context)
{
	struct dlk_span holds = dlk_groups_get(&t->index.holds_of, context);
	uint32_t shown = 0;

	if (!t->report->with_evidence)
		return;
	for (uint32_t i = 0; i < holds.count && shown < SHOWN_OTHER; i++) {
		uint32_t resource = t->model->holds[holds.items[i]].resource;

		if (dlk_groups_get(&t->index.queue_of, resource).count)
			continue;
		dlk_text_hold(t, holds.items[i]);
		shown++;
	}
}

void dlk_text_held_by(struct dlk_text *t, uint32_t hold)
{
	const struct dlk_hold *h = &t->model->holds[hold];

	dlk_text_label(t, "held by");
	dlk_text_name(t, h->context);
	dlk_out_print(&t->out, "%s", dlk_text_mode(t, h->resource, h->mode));
	end_hold(t, hold);
}

const char *dlk_text_nobody(const struct dlk_text *t, uint32_t resource)
{
	const struct dlk_resource *r = &t->model->resources[resource];

	if (r->is_event)
		return "no task";
	return r->holders_unknown && !r->is_free ? "not known" : "nobody";
}

void dlk_text_unknown_holders(struct dlk_text *t, uint32_t resource)
{
	const struct dlk_resource *r = &t->model->resources[resource];
	bool has_some = dlk_groups_get(&t->index.holders_of, resource).count;

	if (!r->holders_unknown && has_some)
		return;
	dlk_text_label(t, "held by");
	if (has_some)
		dlk_out_paint(&t->out, DLK_YELLOW, "others, not known");
	else
		dlk_out_print(&t->out, "%s", dlk_text_nobody(t, resource));
	if (r->holders_unknown)
		dlk_out_wrap(&t->out, DLK_COLUMN_WHAT, ": %s", r->holders_unknown);
	dlk_out_end(&t->out);
}

/*
 *   rwsem 0xffff8f8ad08b4428   i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs),
 *                              held for writing, 3 waiters
 */
void dlk_text_resource_line(struct dlk_text *t, uint32_t resource, uint32_t width)
{
	const struct dlk_resource *r = &t->model->resources[resource];
	uint32_t waiters = dlk_groups_get(&t->index.queue_of, resource).count;
	const char *const parts[] = { dlk_words_other_name(r), r->state };
	uint32_t column = width + 5;

	dlk_out_column(&t->out, 2);
	dlk_out_print(&t->out, "%s", dlk_text_resource(t, resource).text);
	dlk_out_column(&t->out, column);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i])
			continue;
		dlk_out_fit(&t->out, (uint32_t)strlen(parts[i]) + 1, column);
		dlk_out_print(&t->out, "%s, ", parts[i]);
	}
	dlk_out_fit(&t->out, 16, column);
	dlk_out_print(&t->out, "%s waiter%s", dlk_words_count(waiters).text,
		      dlk_words_plural(waiters));
	dlk_out_end(&t->out);
}

/*
 *       #0 [ffffc90000123a10] __schedule+0x35
 *       #1 [ffffc90000123a58] ? ext4_sync_file+0x1f [ext4]
 *          fs/ext4/fsync.c:150
 */
static void print_frame(struct dlk_text *t, uint32_t number, const struct dlk_frame *frame)
{
	dlk_out_column(&t->out, number < 10 ? DLK_COLUMN_LABEL + 1 : DLK_COLUMN_LABEL);
	dlk_out_print(&t->out, "#%" PRIu32 " [%" PRIx64 "] %s", number, frame->sp,
		      frame->is_reliable ? "" : "? ");
	if (frame->symbol)
		dlk_out_print(&t->out, "%s", frame->symbol);
	else
		dlk_out_print(&t->out, "%#" PRIx64, frame->ip);
	if (frame->module)
		dlk_out_print(&t->out, " [%s]", frame->module);
	dlk_out_end(&t->out);
	if (!frame->line || !t->report->with_evidence)
		return;
	dlk_out_column(&t->out, DLK_COLUMN_LABEL + 4);
	dlk_out_line(&t->out, "%s", frame->line);
}

void dlk_text_stack(struct dlk_text *t, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];

	if (!t->report->with_stacks)
		return;
	for (uint32_t i = 0; i < c->frame_count; i++)
		print_frame(t, i, &c->frames[i]);
	if (!c->frame_count) {
		dlk_out_column(&t->out, DLK_COLUMN_LABEL + 1);
		dlk_out_line(&t->out, "(its stack is not known)");
	}
}

void dlk_text_names(struct dlk_text *t, const uint32_t *contexts, uint32_t shown, uint32_t total)
{
	for (uint32_t i = 0; i < shown; i++) {
		const struct dlk_context *c = &t->model->contexts[contexts[i]];

		dlk_out_fit(&t->out, (uint32_t)strlen(c->comm) + 16, DLK_COLUMN_WHAT);
		dlk_text_name(t, contexts[i]);
		dlk_out_print(&t->out, "%s", i + 1 < total ? ", " : "");
	}
	if (shown < total)
		dlk_out_fit(&t->out, 20, DLK_COLUMN_WHAT);
	if (shown < total)
		dlk_out_print(&t->out, "%s%s more", shown ? "and " : "",
			      dlk_words_count(total - shown).text);
}
