/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every blocked task, one line for each of its waits, by pid: made to be searched with grep(1).
 *
 *      PID  TASK     S  FOR   ROLE   WAITS FOR                        IN               HELD BY
 *       50  puncher  D  34 s  cycle  folio 0xffffea0000c38000         hugetlbfs_..+0x  mover pid 51
 *       51  mover    D  34 s  cycle  rwsem 0xffff8f8ad08b4428 (read)  rmap_walk_fi..   puncher ...
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_HOLDERS = 3, WIDEST_PLACE = 40 };

/* Where the columns begin. */
struct table {
	uint32_t comm, state, since, role, what, place, holder;
};

static struct dlk_words say_since(const struct dlk_context *c)
{
	struct dlk_words w = { "-" };

	if (c->is_on_cpu && c->cpu >= 0)
		snprintf(w.text, sizeof(w.text), "on CPU %" PRId32, c->cpu);
	else if (c->is_on_cpu)
		snprintf(w.text, sizeof(w.text), "on a CPU");
	else if (c->blocked_ns != DLK_NS_UNKNOWN)
		w = dlk_words_duration(c->blocked_ns);
	return w;
}

static struct dlk_words say_what(const struct dlk_text *t, const struct dlk_wait *w)
{
	struct dlk_words words = dlk_text_resource(t, w->resource);
	size_t len = strlen(words.text);

	snprintf(words.text + len, sizeof(words.text) - len, "%s",
		 dlk_text_mode(t, w->resource, w->mode));
	return words;
}

static struct dlk_words say_unknown(const struct dlk_context *c, const struct dlk_unknown *u)
{
	struct dlk_words w = { "not known" };

	if (u && u->kind != DLK_KIND_COUNT)
		snprintf(w.text, sizeof(w.text), "%s, not understood", dlk_kind_text(u->kind));
	else if (u)
		snprintf(w.text, sizeof(w.text), "not understood");
	else if (c->harmless)
		snprintf(w.text, sizeof(w.text), "%s", c->harmless);
	return w;
}

static const char *say_place(const struct dlk_context *c, const struct dlk_wait *w)
{
	const char *place = w && w->at ? w->at : dlk_words_place(c);

	return place ? place : "-";
}

static void widen(uint32_t *width, const char *text, uint32_t widest)
{
	size_t len = strlen(text);

	if (len > widest)
		len = widest;
	if (len > *width)
		*width = (uint32_t)len;
}

/* The columns of a context of which no wait is known. */
static void widen_unknown(const struct dlk_text *t, uint32_t context, uint32_t *what,
			  uint32_t *place)
{
	const struct dlk_context *c = &t->model->contexts[context];
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	for (uint32_t i = 0; i < unknowns.count; i++)
		widen(what, say_unknown(c, &t->model->unknowns[unknowns.items[i]]).text,
		      UINT32_MAX);
	if (!unknowns.count)
		widen(what, say_unknown(c, NULL).text, UINT32_MAX);
	if (!unknowns.count)
		widen(place, say_place(c, NULL), WIDEST_PLACE);
}

static struct table measure(struct dlk_text *t)
{
	uint32_t comm = 4, since = 3, what = 9, place = 2;
	struct table table = { .comm = 9 };

	for (uint32_t i = 0; i < t->model->context_count; i++) {
		const struct dlk_context *c = &t->model->contexts[i];
		struct dlk_span waits = dlk_groups_get(&t->index.waits_of, i);

		if (!dlk_index_is_stuck(&t->index, t->model, i))
			continue;
		widen(&comm, c->comm, UINT32_MAX);
		widen(&since, say_since(c).text, UINT32_MAX);
		for (uint32_t k = 0; k < waits.count; k++) {
			const struct dlk_wait *w = &t->model->waits[waits.items[k]];

			widen(&what, say_what(t, w).text, UINT32_MAX);
			widen(&place, say_place(c, w), WIDEST_PLACE);
		}
		if (!waits.count)
			widen_unknown(t, i, &what, &place);
	}
	table.state = table.comm + comm + 2;
	table.since = table.state + 3;
	table.role = table.since + since + 2;
	table.what = table.role + 8;
	table.place = table.what + what + 2;
	table.holder = table.place + place + 2;
	return table;
}

static void print_cell(struct dlk_text *t, uint32_t column, const char *text)
{
	dlk_out_column(&t->out, column);
	dlk_out_print(&t->out, "%s", text);
}

static void print_header(struct dlk_text *t, const struct table *table)
{
	print_cell(t, 4, "PID");
	print_cell(t, table->comm, "TASK");
	print_cell(t, table->state, "S");
	print_cell(t, table->since, "FOR");
	print_cell(t, table->role, "ROLE");
	print_cell(t, table->what, "WAITS FOR");
	print_cell(t, table->place, "IN");
	print_cell(t, table->holder, "HELD BY");
	dlk_out_end(&t->out);
}

/* puncher pid 50 (write), likely; and 2 more */
static void print_holders(struct dlk_text *t, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&t->index.holders_of, resource);
	const struct dlk_resource *r = &t->model->resources[resource];
	const char *separator = "";

	for (uint32_t i = 0; i < holders.count && i < SHOWN_HOLDERS; i++) {
		const struct dlk_hold *h = &t->model->holds[holders.items[i]];

		dlk_out_print(&t->out, "%s", separator);
		dlk_text_name(t, h->context);
		dlk_out_print(&t->out, "%s", dlk_text_mode(t, resource, h->mode));
		if (h->confidence < DLK_CERTAIN)
			dlk_out_print(&t->out, " (%s)", dlk_confidence_text(h->confidence));
		separator = ", ";
	}
	if (holders.count > SHOWN_HOLDERS)
		dlk_out_print(&t->out, ", and %s more",
			      dlk_words_count(holders.count - SHOWN_HOLDERS).text);
	if (holders.count && r->holders_unknown)
		dlk_out_print(&t->out, "; others not known");
	else if (!holders.count)
		dlk_out_print(&t->out, "%s", dlk_text_nobody(t, resource));
	/* A long reason once, not in each line. */
	if (r->holders_unknown && !t->resource_mark[resource]++)
		dlk_out_print(&t->out, ": %s", r->holders_unknown);
}

/* ; queued behind writer puncher pid 50 */
static void print_blocker(struct dlk_text *t, uint32_t wait)
{
	const struct dlk_ahead *ahead = &t->index.ahead[wait];

	print_holders(t, t->model->waits[wait].resource);
	for (uint32_t i = 0; i < ahead->count; i++) {
		const struct dlk_wait *w = &t->model->waits[ahead->waits[i]];

		dlk_out_print(&t->out, "%s %s", i ? "," : "; queued behind",
			      w->mode == DLK_MODE_WRITE ? "writer " : "");
		dlk_text_name(t, w->context);
	}
}

static const char *say_role(enum dlk_role role)
{
	bool is_plain = role == DLK_ROLE_NONE || role == DLK_ROLE_BLOCKED;

	return is_plain ? "-" : dlk_role_text(role);
}

/* What stands in a line before what the task waits for. */
static void start_row(struct dlk_text *t, const struct table *table, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];
	char state[2] = { c->state, '\0' };

	dlk_out_print(&t->out, "%7" PRId32, c->pid);
	dlk_out_column(&t->out, table->comm);
	dlk_out_paint(&t->out, DLK_BOLD, "%s", c->comm);
	print_cell(t, table->state, state);
	print_cell(t, table->since, say_since(c).text);
	print_cell(t, table->role, say_role(t->verdict->roles[context]));
}

static void print_row(struct dlk_text *t, const struct table *table, uint32_t wait)
{
	const struct dlk_wait *w = &t->model->waits[wait];

	start_row(t, table, w->context);
	print_cell(t, table->what, say_what(t, w).text);
	print_cell(t, table->place, say_place(&t->model->contexts[w->context], w));
	dlk_out_column(&t->out, table->holder);
	print_blocker(t, wait);
	dlk_out_end(&t->out);
}

/* work, not understood   flush_work < wq1+0x6b [zoo] */
static void print_unknown_row(struct dlk_text *t, const struct table *table, uint32_t context,
			      const struct dlk_unknown *u)
{
	const struct dlk_context *c = &t->model->contexts[context];

	start_row(t, table, context);
	print_cell(t, table->what, say_unknown(c, u).text);
	print_cell(t, table->place, u && u->function ? u->function : say_place(c, NULL));
	if (u && u->caller)
		dlk_out_print(&t->out, " < %s", u->caller);
	dlk_out_end(&t->out);
}

static void print_evidence(struct dlk_text *t, uint32_t wait)
{
	struct dlk_span holders = dlk_groups_get(&t->index.holders_of,
						 t->model->waits[wait].resource);

	dlk_text_evidence(t, wait, DLK_NONE);
	for (uint32_t i = 0; i < holders.count && i < SHOWN_HOLDERS; i++) {
		dlk_text_label(t, "held by");
		dlk_text_name(t, t->model->holds[holders.items[i]].context);
		dlk_out_end(&t->out);
		dlk_text_evidence(t, DLK_NONE, holders.items[i]);
	}
}

static void print_context(struct dlk_text *t, const struct table *table, uint32_t context)
{
	struct dlk_span waits = dlk_groups_get(&t->index.waits_of, context);
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	for (uint32_t i = 0; i < unknowns.count; i++)
		print_unknown_row(t, table, context, &t->model->unknowns[unknowns.items[i]]);
	if (!waits.count && !unknowns.count)
		print_unknown_row(t, table, context, NULL);
	for (uint32_t i = 0; i < waits.count; i++) {
		print_row(t, table, waits.items[i]);
		if (t->report->with_evidence)
			print_evidence(t, waits.items[i]);
	}
	dlk_text_stack(t, context);
}

void dlk_text_waits(struct dlk_text *t)
{
	struct table table = measure(t);
	bool is_empty = true;

	for (uint32_t i = 0; i < t->model->context_count; i++) {
		uint32_t context = t->index.contexts[i];

		if (!dlk_index_is_stuck(&t->index, t->model, context))
			continue;
		if (is_empty)
			print_header(t, &table);
		is_empty = false;
		print_context(t, &table, context);
	}
	if (is_empty)
		dlk_out_line(&t->out, "No task is blocked.");
	dlk_out_end(&t->out);
}
