/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits that are not understood, in text.
 *
 *   Not understood:
 *     lab-work     pid 77      D for 34 s
 *         waits in   flush_work, called from lab_flush+0x6b [zoo]
 *                    work: which idle worker will begin one that is queued is not known
 *         holds      mutex 0xffff888005a3c100           certain: the owner word names it
 *     lab-fsync    pid 80      D for 34 s
 *         waits in   jbd2_log_wait_commit, called from ext4_sync_file+0x1f [ext4]
 *                    a journal of ext4: this version does not analyse waits of this kind
 *         likewise   12 more: lab-fsync pid 81, lab-fsync pid 82, and 10 more
 *     lab-spin     pid 78      R on CPU 1 for up to 5 s
 *         spins in   native_queued_spin_lock_slowpath, called from lab_spin+0x1f [zoo]
 */
#include <config.h>

#include "report/text.h"

#include <string.h>

enum { SHOWN_UNKNOWNS = 10, SHOWN_HOLDS = 4, SHOWN_OTHERS = 5 };

/* What it sleeps for by its function; DLK_PURPOSE_NONE if there is a better word for it. */
static enum dlk_purpose purpose_of(const struct dlk_text *t, const struct dlk_unknown *u)
{
	return u->kind == DLK_KIND_COUNT && u->why == DLK_WHY_NO_IDEA
		       ? t->model->contexts[u->context].purpose
		       : DLK_PURPOSE_NONE;
}

static const char *say_what(const struct dlk_text *t, const struct dlk_unknown *u)
{
	enum dlk_purpose purpose = purpose_of(t, u);

	if (u->what)
		return u->what;
	if (purpose)
		return dlk_purpose_words(purpose);
	return u->kind != DLK_KIND_COUNT ? dlk_kind_text(u->kind) : "";
}

/* What of it is not known: of the kind, if no better reason is given. */
static const char *say_why(const struct dlk_text *t, const struct dlk_unknown *u)
{
	bool is_by_kind = u->why == DLK_WHY_NOT_ANALYSED || u->why == DLK_WHY_SPINS;

	if (purpose_of(t, u))
		return dlk_why_meaning(DLK_WHY_NOT_ANALYSED);
	return is_by_kind && u->kind != DLK_KIND_COUNT ? dlk_kind_unknown(u->kind)
						       : dlk_why_meaning(u->why);
}

static void print_place(struct dlk_text *t, const struct dlk_unknown *u, uint32_t indent)
{
	dlk_out_print(&t->out, "%s", u->function ? u->function : "a function that is not known");
	if (u->caller)
		dlk_out_wrap(&t->out, indent, ", called from %s", u->caller);
}

void dlk_text_unknown(struct dlk_text *t, uint32_t unknown)
{
	const struct dlk_unknown *u = &t->model->unknowns[unknown];
	const char *what = say_what(t, u);

	if (u->why == DLK_WHY_NOT_SEEN) {
		dlk_text_label(t, "runs in");
		dlk_out_print(&t->out, "an unknown place");
	} else if (u->why == DLK_WHY_NOT_SAID) {
		dlk_text_label(t, "waits");
		dlk_out_print(&t->out, "%s", dlk_why_meaning(u->why));
		dlk_out_end(&t->out);
		return;
	} else {
		dlk_text_label(t, u->why == DLK_WHY_SPINS ? "spins in" : "waits in");
		print_place(t, u, DLK_COLUMN_WHAT);
	}
	dlk_out_end(&t->out);
	dlk_out_column(&t->out, DLK_COLUMN_WHAT);
	dlk_out_wrap(&t->out, DLK_COLUMN_WHAT, "%s%s%s", what, *what ? ": " : "", say_why(t, u));
	dlk_out_end(&t->out);
}

uint32_t dlk_text_unknown_of(const struct dlk_text *t, uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	/* Those that have lasted come first. */
	if (!unknowns.count || !dlk_is_lasting(t->model->unknowns[unknowns.items[0]].ns))
		return DLK_NONE;
	return unknowns.items[0];
}

void dlk_text_doing(struct dlk_text *t, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];
	uint32_t unknown = dlk_text_unknown_of(t, context);
	const struct dlk_unknown *u = unknown != DLK_NONE ? &t->model->unknowns[unknown] : NULL;

	if (!u || u->why == DLK_WHY_NOT_SEEN) {
		dlk_out_print(&t->out, "%s", dlk_words_doing(c).text);
		return;
	}
	if (u->why == DLK_WHY_NOT_SAID) {
		dlk_out_print(&t->out, "does what the log does not say");
		return;
	}
	dlk_out_print(&t->out, "%s in ", u->why == DLK_WHY_SPINS ? "spins" : "sleeps");
	print_place(t, u, DLK_COLUMN_LABEL);
	dlk_out_wrap(&t->out, DLK_COLUMN_LABEL, "; %s", say_why(t, u));
}

static void print_context(struct dlk_text *t, uint32_t context, uint32_t width)
{
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);
	struct dlk_span holds = dlk_groups_get(&t->index.holds_of, context);

	dlk_text_task(t, context, width);
	for (uint32_t i = 0; i < unknowns.count; i++)
		dlk_text_unknown(t, unknowns.items[i]);
	for (uint32_t i = 0; i < holds.count && i < SHOWN_HOLDS; i++)
		dlk_text_hold(t, holds.items[i]);
	dlk_text_said(t, context);
	dlk_text_stack(t, context);
}

/* The chain of a task shows its own. */
static bool is_shown(const struct dlk_text *t, uint32_t context)
{
	return t->report->part == DLK_PART_TASK && t->context_mark[context];
}

/* Those that wait in the same function, called by the same, for the same; the first of them is shown in full. */
struct group {
	uint32_t first;
	uint32_t others[SHOWN_OTHERS];
	uint32_t other_count; /* of which as many are there as have room */
};

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The one unknown wait of a context of which there is no more to be said; NULL if it needs a block of its own. */
static const struct dlk_unknown *groupable(const struct dlk_text *t, uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	if (unknowns.count != 1 || t->model->contexts[context].is_on_cpu ||
	    t->report->with_stacks || dlk_groups_get(&t->index.holds_of, context).count)
		return NULL;
	return &t->model->unknowns[unknowns.items[0]];
}

static bool are_alike(const struct dlk_text *t, uint32_t context, uint32_t other)
{
	const struct dlk_unknown *a = groupable(t, context), *b = groupable(t, other);

	return a && b && a->why == b->why && a->kind == b->kind &&
	       is_same(a->function, b->function) && is_same(a->caller, b->caller) &&
	       is_same(a->what, b->what);
}

/* Put a context into one of the groups that there are; false if it is like none of them. */
static bool join(const struct dlk_text *t, struct group *groups, uint32_t count, uint32_t context)
{
	for (uint32_t i = 0; i < count; i++) {
		struct group *g = &groups[i];

		if (!are_alike(t, g->first, context))
			continue;
		if (g->other_count < SHOWN_OTHERS)
			g->others[g->other_count] = context;
		g->other_count++;
		return true;
	}
	return false;
}

/* Each context once, in the order of its first unknown wait;  left is how many are in no group. */
static uint32_t collect(const struct dlk_text *t, struct group *groups, uint32_t *left)
{
	uint32_t last = DLK_NONE, count = 0;

	*left = 0;
	for (uint32_t i = 0; i < t->index.lasting; i++) {
		uint32_t context = t->model->unknowns[t->index.unknowns[i]].context;

		if (context == last || is_shown(t, context))
			continue;
		last = context;
		if (join(t, groups, count, context))
			continue;
		if (count < SHOWN_UNKNOWNS)
			groups[count++] = (struct group){ .first = context };
		else
			++*left;
	}
	return count;
}

/* likewise   3 more: worker pid 101, worker pid 102, worker pid 103 */
static void print_others(struct dlk_text *t, const struct group *g)
{
	uint32_t shown = g->other_count < SHOWN_OTHERS ? g->other_count : SHOWN_OTHERS;

	if (!g->other_count)
		return;
	dlk_text_label(t, "likewise");
	dlk_out_print(&t->out, "%s more: ", dlk_words_count(g->other_count).text);
	dlk_text_names(t, g->others, shown, g->other_count);
	dlk_out_end(&t->out);
}

void dlk_text_unknowns(struct dlk_text *t)
{
	struct group groups[SHOWN_UNKNOWNS];
	uint32_t contexts[SHOWN_UNKNOWNS] = { 0 }, left, count = collect(t, groups, &left), width;

	if (!count)
		return;
	for (uint32_t i = 0; i < count; i++)
		contexts[i] = groups[i].first;
	width = dlk_text_name_width(t, contexts, count);
	if (t->report->part != DLK_PART_SUMMARY)
		dlk_out_end(&t->out);
	dlk_out_line(&t->out, "Not understood:");
	for (uint32_t i = 0; i < count; i++) {
		print_context(t, groups[i].first, width);
		print_others(t, &groups[i]);
	}
	if (left) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "and %s more: -w shows all", dlk_words_count(left).text);
	}
	if (t->report->part == DLK_PART_SUMMARY)
		dlk_out_end(&t->out);
}
