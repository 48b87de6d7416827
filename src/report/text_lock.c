/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock: kind, state, holders, queue in its order.
 *
 *   rwsem 0xffff8f8ad08b4428   i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs), 3 waiters
 *       held by    puncher pid 50 (write)             certain: the owner word names it
 *       queue      3 waiters
 *               1  mover pid 51 (read)                D for 34 s, in rmap_walk_file+0x1aa
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_HOLDERS = 20, SHOWN_WAITERS = 20 };

static void print_holders(struct dlk_text *t, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&t->index.holders_of, resource);

	for (uint32_t i = 0; i < holders.count && i < SHOWN_HOLDERS; i++) {
		dlk_text_held_by(t, holders.items[i]);
		dlk_text_stack(t, t->model->holds[holders.items[i]].context);
	}
	if (holders.count > SHOWN_HOLDERS) {
		dlk_text_label(t, "held by");
		dlk_out_line(&t->out, "%s more",
			     dlk_words_count(holders.count - SHOWN_HOLDERS).text);
	}
	dlk_text_unknown_holders(t, resource);
}

/* Of one whose place in the queue is not known, or that has none, no number. */
static void print_waiter(struct dlk_text *t, uint32_t number, uint32_t wait)
{
	const struct dlk_wait *w = &t->model->waits[wait];

	if (w->position != DLK_NONE)
		dlk_out_print(&t->out, "%15" PRIu32, number);
	else
		dlk_out_print(&t->out, "%15s", "-");
	dlk_out_column(&t->out, DLK_COLUMN_WHAT);
	dlk_text_name(t, w->context);
	dlk_out_print(&t->out, "%s", dlk_text_mode(t, w->resource, w->mode));
	dlk_out_aside(&t->out, DLK_COLUMN_WHY, DLK_COLUMN_WHAT, "%s%s%s",
		      dlk_words_state(&t->model->contexts[w->context]).text, w->at ? ", in " : "",
		      w->at ? w->at : "");
	dlk_out_end(&t->out);
	dlk_text_evidence(t, wait, DLK_NONE);
	dlk_text_stack(t, w->context);
}

static void print_queue(struct dlk_text *t, uint32_t resource)
{
	struct dlk_span queue = dlk_groups_get(&t->index.queue_of, resource);

	dlk_text_label(t, "queue");
	if (!queue.count) {
		dlk_out_line(&t->out, "nobody waits");
		return;
	}
	dlk_out_line(&t->out, "%s waiter%s", dlk_words_count(queue.count).text,
		     dlk_words_plural(queue.count));
	for (uint32_t i = 0; i < queue.count && i < SHOWN_WAITERS; i++)
		print_waiter(t, i + 1, queue.items[i]);
	if (queue.count > SHOWN_WAITERS) {
		dlk_out_column(&t->out, DLK_COLUMN_WHAT);
		dlk_out_line(&t->out, "and %s more: -w shows all",
			     dlk_words_count(queue.count - SHOWN_WAITERS).text);
	}
}

static enum dlk_status fail_not_found(struct dlk_text *t)
{
	const char *what = dlk_format(t->ctx, "lock %#" PRIx64, t->report->subject);

	if (!what)
		return dlk_nomem(t->ctx);
	return dlk_text_not_found(
		t, what, "no task is known to wait for it or to hold it",
		"no task that could be read is known to wait for it or to hold it");
}

enum dlk_status dlk_text_lock(struct dlk_text *t)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < t->model->resource_count; i++) {
		uint32_t resource = t->index.resources[i];

		if (t->model->resources[resource].address != t->report->subject)
			continue;
		if (found++)
			dlk_out_end(&t->out);
		dlk_text_resource_line(t, resource,
				       (uint32_t)strlen(dlk_text_resource(t, resource).text));
		print_holders(t, resource);
		print_queue(t, resource);
	}
	return found ? DLK_OK : fail_not_found(t);
}
