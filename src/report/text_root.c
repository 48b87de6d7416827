/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roots in text: the task or event at the end of a chain that is not a cycle.
 *
 *   ROOT: 12 tasks wait behind kworker/0:1 pid 7, which sleeps in msleep+0x2f
 *
 *     kworker/0:1  pid 7       S for 2 s
 *         holds      mutex 0xffff888005a3c100           certain: the owner word names it
 *         waiters    fsync pid 100, fsync pid 101, and 10 more
 *         holds      ...                                another one that tasks wait for
 *     mutex 0xffff888005a3c100   jbd2 checkpoint, locked, 12 waiters
 */
#include <config.h>

#include "report/text.h"

#include <string.h>

enum { SHOWN_WAITERS = 5, SHOWN_HOLDS = 4 };

/* What a root holds that others wait for: that which most wait behind, and then the others. */
struct kept {
	uint32_t holds[SHOWN_HOLDS];
	uint32_t shown, count;
};

static void print_title(struct dlk_text *t, const struct dlk_root *root)
{
	const struct dlk_resource *r = &t->model->resources[root->resource];

	dlk_out_paint(&t->out, DLK_BOLD, "ROOT");
	dlk_out_print(&t->out, ": %s task%s ", dlk_words_count(root->behind).text,
		      root->behind == 1 ? " waits" : "s wait");
	if (root->context != DLK_NONE) {
		dlk_out_print(&t->out, "behind ");
		dlk_text_name(t, root->context);
		dlk_out_print(&t->out, ", which ");
		dlk_text_doing(t, root->context);
	} else {
		dlk_out_print(&t->out, "for %s; %s", dlk_text_resource(t, root->resource).text,
			      r->is_event  ? "no task holds it"
			      : r->is_free ? "nobody holds it"
					   : "its holder is not known");
	}
	dlk_out_end(&t->out);
	dlk_out_end(&t->out);
}

static void keep(struct kept *k, uint32_t hold)
{
	if (k->count++ < SHOWN_HOLDS)
		k->holds[k->shown++] = hold;
}

static struct kept find_kept(const struct dlk_text *t, const struct dlk_root *root)
{
	struct dlk_span holds = dlk_groups_get(&t->index.holds_of, root->context);
	struct kept ret = { .count = 0 };

	for (uint32_t i = 0; i < holds.count; i++)
		if (t->model->holds[holds.items[i]].resource == root->resource)
			keep(&ret, holds.items[i]);
	for (uint32_t i = 0; i < holds.count; i++) {
		uint32_t resource = t->model->holds[holds.items[i]].resource;

		if (resource != root->resource &&
		    dlk_groups_get(&t->index.queue_of, resource).count)
			keep(&ret, holds.items[i]);
	}
	return ret;
}

static void print_waiters(struct dlk_text *t, uint32_t resource)
{
	struct dlk_span queue = dlk_groups_get(&t->index.queue_of, resource);
	uint32_t contexts[SHOWN_WAITERS];
	uint32_t shown = queue.count < SHOWN_WAITERS ? queue.count : SHOWN_WAITERS;

	if (!queue.count)
		return;
	for (uint32_t i = 0; i < shown; i++)
		contexts[i] = t->model->waits[queue.items[i]].context;
	dlk_text_label(t, "waiters");
	dlk_text_names(t, contexts, shown, queue.count);
	dlk_out_end(&t->out);
}

static void print_kept(struct dlk_text *t, const struct kept *kept)
{
	uint32_t more = kept->count - kept->shown;

	for (uint32_t i = 0; i < kept->shown; i++) {
		dlk_text_hold(t, kept->holds[i]);
		print_waiters(t, t->model->holds[kept->holds[i]].resource);
	}
	if (!more)
		return;
	dlk_text_label(t, "holds");
	dlk_out_print(&t->out, "%s more that others wait for", dlk_words_count(more).text);
	dlk_out_end(&t->out);
}

static uint32_t width_of(const struct dlk_text *t, uint32_t resource)
{
	return (uint32_t)strlen(dlk_text_resource(t, resource).text);
}

static void print_kept_lines(struct dlk_text *t, const struct kept *kept)
{
	uint32_t width = 0;

	for (uint32_t i = 0; i < kept->shown; i++) {
		uint32_t own = width_of(t, t->model->holds[kept->holds[i]].resource);

		width = own > width ? own : width;
	}
	for (uint32_t i = 0; i < kept->shown; i++)
		dlk_text_resource_line(t, t->model->holds[kept->holds[i]].resource, width);
}

static void print_holder(struct dlk_text *t, const struct dlk_root *root)
{
	struct kept kept = find_kept(t, root);

	dlk_text_task(t, root->context, dlk_text_name_width(t, &root->context, 1));
	print_kept(t, &kept);
	if (!kept.count)
		print_waiters(t, root->resource);
	dlk_text_said(t, root->context);
	dlk_text_stack(t, root->context);
	print_kept_lines(t, &kept);
	if (!kept.count)
		dlk_text_resource_line(t, root->resource, width_of(t, root->resource));
}

static void print_event(struct dlk_text *t, uint32_t resource)
{
	dlk_text_unknown_holders(t, resource);
	print_waiters(t, resource);
	dlk_text_resource_line(t, resource, width_of(t, resource));
}

static void print_root(struct dlk_text *t, const struct dlk_root *root)
{
	print_title(t, root);
	if (root->context != DLK_NONE)
		print_holder(t, root);
	else
		print_event(t, root->resource);
	dlk_out_end(&t->out);
}

void dlk_text_roots(struct dlk_text *t)
{
	uint32_t count = t->verdict->root_count;

	for (uint32_t i = 0; i < count && i < DLK_SHOWN_ROOTS; i++)
		print_root(t, &t->verdict->roots[i]);
	if (count > DLK_SHOWN_ROOTS) {
		dlk_out_line(&t->out, "%s more root%s behind which fewer tasks wait: -w shows all.",
			     dlk_words_count(count - DLK_SHOWN_ROOTS).text,
			     dlk_words_plural(count - DLK_SHOWN_ROOTS));
		dlk_out_end(&t->out);
	}
}
