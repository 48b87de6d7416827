/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lockdep foretells, in text: a section by itself, for it is no hang.
 *
 *   LOCKDEP FORETELLS: possible circular locking dependency detected (line 12)
 *
 *     loop0 pid 51 has &lo->mutex and wants &bdev->mutex (in blkdev_reread+0x1e)
 *     was seen to be taken in this order:
 *       &bdev->mutex in blkdev_reread+0x1e, line 20
 *       &lo->mutex in lo_ioctl+0x10, line 40
 *     2 tasks that take ...
 *     to do: spin_lock_bh() in fib_stat
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SHOWN_PREDICTIONS = 5, SHOWN_LINKS = 16 };

static void print_class(struct dlk_text *t, const char *before,
			const struct dlk_prediction_link *link)
{
	if (!link->class)
		return;
	dlk_out_print(&t->out, "%s%s", before, link->class);
	if (link->at)
		dlk_out_print(&t->out, " (in %s)", link->at);
}

static void print_who(struct dlk_text *t, const struct dlk_prediction *p)
{
	if (!p->held.class && !p->wanted.class)
		return;
	dlk_out_column(&t->out, 2);
	if (p->comm)
		dlk_out_paint(&t->out, DLK_BOLD, "%s", p->comm);
	else
		dlk_out_print(&t->out, "a task");
	if (p->pid >= 0)
		dlk_out_print(&t->out, " pid %" PRId32, p->pid);
	print_class(t, " has ", &p->held);
	if (p->held.class && p->wanted.class)
		dlk_out_print(&t->out, ", and");
	print_class(t, " wants ", &p->wanted);
	dlk_out_end(&t->out);
}

static void print_stack(struct dlk_text *t, const struct dlk_prediction_link *link)
{
	for (uint32_t i = 0; t->report->with_stacks && i < link->stack_count; i++) {
		dlk_out_column(&t->out, 6);
		dlk_out_line(&t->out, "%s", link->stack[i]);
	}
}

/* An order from lock to lock, or the usages that clash: a line for each. */
static void print_links(struct dlk_text *t, const struct dlk_prediction *p)
{
	uint32_t shown = p->link_count < SHOWN_LINKS ? p->link_count : SHOWN_LINKS;

	if (shown && !p->links[0].usage) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "was seen to be taken in this order:");
	}
	for (uint32_t i = 0; i < shown; i++) {
		const struct dlk_prediction_link *link = &p->links[i];

		dlk_out_column(&t->out, 4);
		if (link->usage)
			dlk_out_print(&t->out, "{%s} ", link->usage);
		dlk_out_print(&t->out, "%s", link->class ? link->class : "?");
		if (link->at)
			dlk_out_print(&t->out, " in %s", link->at);
		dlk_out_print(&t->out, "%s", dlk_words_line(link->log_line).text);
		dlk_out_end(&t->out);
		print_stack(t, link);
	}
	if (shown < p->link_count) {
		dlk_out_column(&t->out, 4);
		dlk_out_line(&t->out, "%s more", dlk_words_count(p->link_count - shown).text);
	}
}

static void print_sentence(struct dlk_text *t, const char *before, const char *text)
{
	if (!text)
		return;
	dlk_out_column(&t->out, 2);
	dlk_out_print(&t->out, "%s%s", before, text);
	dlk_out_end(&t->out);
}

static void print_prediction(struct dlk_text *t, const struct dlk_prediction *p)
{
	dlk_out_paint(&t->out, DLK_BOLD, "LOCKDEP FORETELLS");
	dlk_out_print(&t->out, ": %s (line %" PRIu32 ")", p->title ? p->title : "a misuse of locks",
		      p->log_line);
	dlk_out_end(&t->out);
	dlk_out_end(&t->out);
	print_who(t, p);
	print_links(t, p);
	print_sentence(t, "", p->meaning);
	print_sentence(t, "to do: ", p->advice);
	if (p->is_cut)
		print_sentence(t, "",
			       "the report is cut: what it says in the end is not in the log");
	dlk_out_end(&t->out);
}

void dlk_text_predictions(struct dlk_text *t)
{
	uint32_t count = t->model->prediction_count;

	for (uint32_t i = 0; i < count && i < SHOWN_PREDICTIONS; i++)
		print_prediction(t, &t->model->predictions[i]);
	if (count > SHOWN_PREDICTIONS) {
		dlk_out_line(&t->out, "%s more that lockdep foretells: --json has all.",
			     dlk_words_count(count - SHOWN_PREDICTIONS).text);
		dlk_out_end(&t->out);
	}
}
