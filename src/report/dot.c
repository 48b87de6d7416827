/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wait-for graph for Graphviz.
 *
 *	[ task ] --waits--> ( resource ) --held by--> [ task ]
 *
 *	[ task ] - - waits - - > ( not understood: flush_work )
 *
 * Only what takes part is drawn: resources that somebody waits for, their holders and waiters.
 * Edges and nodes of cycles are red; an edge is solid if it is certain, dashed if it is likely,
 * dotted if it is possible.  A long queue is drawn by its head and one node that counts the rest,
 * or Graphviz would not come back; those in a cycle, and those that hold something that is waited
 * for, are always drawn.
 */
#include <config.h>

#include "deadlock/report.h"
#include "report/index.h"
#include "report/stream.h"
#include "report/words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { DRAWN_WAITERS = 20, DRAWN_HOLDERS = 50, DRAWN_UNKNOWNS = 50 };

struct dot {
	FILE *out;
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	struct dlk_index index;
	bool *is_drawn;      /* For each context: an edge touches it. */
	bool *is_keeper;     /* For each context: it holds what somebody waits for. */
	bool *is_cycle_wait; /* For each wait and hold: the edge is one of a cycle. */
	bool *is_cycle_hold;
	bool *is_cycle_resource;
};

/* A string of the target inside a label: printable ASCII, quoted. */
static void put_label(struct dot *d, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fputc('\\', d->out);
		if (dlk_stream_is_plain(c))
			fputc(c, d->out);
		else
			fprintf(d->out, "\\\\x%02x", c);
	}
}

/* Who has no address is told by the pid; what is on top of a task has the task's. */
static void put_task_id(struct dot *d, uint32_t context)
{
	const struct dlk_context *c = &d->model->contexts[context];

	if (c->task)
		fprintf(d->out, "\"%s@0x%" PRIx64 "\"", dlk_context_text(c->kind), c->task);
	else
		fprintf(d->out, "\"%s@%" PRId32 "\"",
			c->kind == DLK_CONTEXT_TASK ? "pid" : dlk_context_text(c->kind), c->pid);
}

/* @prefix stands inside the quotes: "waiters of ". */
static void put_id(struct dot *d, const char *prefix, uint32_t resource)
{
	const struct dlk_resource *r = &d->model->resources[resource];

	fprintf(d->out, "\"%s%s@", prefix, dlk_kind_text(r->kind));
	put_label(d, dlk_words_known_by(r).text);
	fputc('"', d->out);
}

static void put_resource_id(struct dot *d, uint32_t resource)
{
	put_id(d, "", resource);
}

static void put_style(struct dot *d, enum dlk_confidence confidence, bool is_cycle)
{
	static const char *const styles[] = { "dotted", "dashed", "solid" };

	fprintf(d->out, "style=%s%s", styles[confidence],
		is_cycle ? ", color=red, penwidth=2" : "");
}

static void mark_cycles(struct dot *d)
{
	for (uint32_t i = 0; i < d->verdict->cycle_count; i++) {
		const struct dlk_cycle *cycle = &d->verdict->cycles[i];

		for (uint32_t k = 0; k < cycle->step_count; k++) {
			const struct dlk_step *step = &cycle->steps[k];

			d->is_cycle_wait[step->wait] = true;
			d->is_cycle_resource[d->model->waits[step->wait].resource] = true;
			if (step->hold != DLK_NONE)
				d->is_cycle_hold[step->hold] = true;
			else if (step->ahead != DLK_NONE)
				d->is_cycle_wait[step->ahead] = true;
		}
	}
}

static bool is_contended(const struct dot *d, uint32_t resource)
{
	return dlk_groups_get(&d->index.queue_of, resource).count;
}

static void mark_keepers(struct dot *d)
{
	for (uint32_t i = 0; i < d->model->hold_count; i++) {
		if (is_contended(d, d->model->holds[i].resource))
			d->is_keeper[d->model->holds[i].context] = true;
	}
}

static void put_wait(struct dot *d, uint32_t wait)
{
	const struct dlk_wait *w = &d->model->waits[wait];

	d->is_drawn[w->context] = true;
	fputs("\t", d->out);
	put_task_id(d, w->context);
	fputs(" -> ", d->out);
	put_resource_id(d, w->resource);
	fprintf(d->out, " [label=\"waits (%s)\", ", dlk_mode_text(w->mode));
	put_style(d, w->confidence, d->is_cycle_wait[wait]);
	fputs("];\n", d->out);
}

static void put_hold(struct dot *d, uint32_t hold)
{
	const struct dlk_hold *h = &d->model->holds[hold];

	d->is_drawn[h->context] = true;
	fputs("\t", d->out);
	put_resource_id(d, h->resource);
	fputs(" -> ", d->out);
	put_task_id(d, h->context);
	fprintf(d->out, " [label=\"held by (%s)\", ", dlk_mode_text(h->mode));
	put_style(d, h->confidence, d->is_cycle_hold[hold]);
	fputs("];\n", d->out);
}

/* One node for those that are not drawn one by one. */
static void put_rest(struct dot *d, uint32_t resource, uint32_t count, bool is_queue)
{
	const char *what = is_queue ? "waiters" : "holders";
	const char *prefix = is_queue ? "waiters of " : "holders of ";

	if (!count)
		return;
	fputs("\t", d->out);
	put_id(d, prefix, resource);
	fprintf(d->out, " [shape=plaintext, label=\"%s more %s\"];\n\t",
		dlk_words_count(count).text, what);
	put_id(d, is_queue ? prefix : "", resource);
	fputs(" -> ", d->out);
	put_id(d, is_queue ? "" : prefix, resource);
	fputs(";\n", d->out);
}

static void put_queue(struct dot *d, uint32_t resource)
{
	struct dlk_span queue = dlk_groups_get(&d->index.queue_of, resource);
	uint32_t rest = 0;

	for (uint32_t i = 0; i < queue.count; i++) {
		uint32_t wait = queue.items[i];

		if (i < DRAWN_WAITERS || d->is_cycle_wait[wait] ||
		    d->is_keeper[d->model->waits[wait].context])
			put_wait(d, wait);
		else
			rest++;
	}
	put_rest(d, resource, rest, true);
}

static void put_holders(struct dot *d, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&d->index.holders_of, resource);
	uint32_t rest = 0;

	for (uint32_t i = 0; i < holders.count; i++) {
		uint32_t hold = holders.items[i];

		if (i < DRAWN_HOLDERS || d->is_cycle_hold[hold])
			put_hold(d, hold);
		else
			rest++;
	}
	put_rest(d, resource, rest, false);
}

static void put_resource(struct dot *d, uint32_t resource)
{
	const struct dlk_resource *r = &d->model->resources[resource];
	const char *name = dlk_words_other_name(r);

	fputs("\t", d->out);
	put_resource_id(d, resource);
	fprintf(d->out, " [shape=ellipse, label=\"%s\\n", dlk_kind_text(r->kind));
	put_label(d, dlk_words_known_by(r).text);
	if (name) {
		fputs("\\n", d->out);
		put_label(d, name);
	}
	if (r->holders_unknown) {
		fprintf(d->out, "\\n%s: ",
			r->is_event  ? "no task"
			: r->is_free ? "nobody holds it"
				     : "holder not known");
		put_label(d, r->holders_unknown);
	}
	fprintf(d->out, "\"%s];\n", d->is_cycle_resource[resource] ? ", color=red" : "");
	put_queue(d, resource);
	put_holders(d, resource);
}

/* What a wait that is not understood waits for has no identity: each has a node of its own. */
static void put_unknown(struct dot *d, uint32_t number)
{
	const struct dlk_unknown *u = &d->model->unknowns[d->index.unknowns[number]];

	d->is_drawn[u->context] = true;
	fprintf(d->out,
		"\t\"unknown %" PRIu32 "\" [shape=ellipse, style=dashed, label=\"not understood",
		number);
	if (u->kind != DLK_KIND_COUNT)
		fprintf(d->out, "\\n%s", dlk_kind_text(u->kind));
	if (u->function) {
		fputs("\\n", d->out);
		put_label(d, u->function);
	}
	if (u->caller) {
		fputs(" < ", d->out);
		put_label(d, u->caller);
	}
	fputs("\"];\n\t", d->out);
	put_task_id(d, u->context);
	fprintf(d->out, " -> \"unknown %" PRIu32 "\" [label=\"waits\", style=dashed];\n", number);
}

/* Beyond these, only their number: Graphviz would not come back. */
static void put_unknowns(struct dot *d)
{
	uint32_t count = d->index.lasting;
	uint32_t drawn = count < DRAWN_UNKNOWNS ? count : DRAWN_UNKNOWNS;

	for (uint32_t i = 0; i < drawn; i++)
		put_unknown(d, i);
	if (drawn < count)
		fprintf(d->out,
			"\t\"unknown, more\" [shape=plaintext, label=\"%s more not understood\"];\n",
			dlk_words_count(count - drawn).text);
}

static void put_task(struct dot *d, uint32_t context)
{
	const struct dlk_context *c = &d->model->contexts[context];
	bool is_cycle = d->verdict->roles[context] == DLK_ROLE_CYCLE;

	fputs("\t", d->out);
	put_task_id(d, context);
	fputs(" [shape=box, label=\"", d->out);
	put_label(d, c->comm);
	fprintf(d->out, "\\n%s\\n", dlk_words_which(c).text);
	put_label(d, dlk_words_state(c).text);
	fprintf(d->out, "\"%s];\n", is_cycle ? ", color=red, penwidth=2" : "");
}

/* One that waits for the turn of another one ahead of it: the step goes from task to task. */
static void put_turns(struct dot *d)
{
	for (uint32_t i = 0; i < d->verdict->cycle_count; i++) {
		const struct dlk_cycle *cycle = &d->verdict->cycles[i];

		for (uint32_t k = 0; k < cycle->step_count; k++) {
			const struct dlk_step *step = &cycle->steps[k];

			if (step->hold != DLK_NONE)
				continue;
			fputs("\t", d->out);
			put_task_id(d, d->model->waits[step->wait].context);
			fputs(" -> ", d->out);
			put_task_id(d, step->blocker);
			fputs(" [label=\"queued behind\", ", d->out);
			put_style(d, step->confidence, true);
			fputs("];\n", d->out);
		}
	}
}

static void put_graph(struct dot *d)
{
	fputs("digraph deadlock {\n\tgraph [rankdir=LR, label=\"", d->out);
	put_label(d, dlk_verdict_text(d->verdict->code));
	fputs("\"];\n", d->out);
	for (uint32_t i = 0; i < d->model->resource_count; i++) {
		if (is_contended(d, d->index.resources[i]))
			put_resource(d, d->index.resources[i]);
	}
	put_turns(d);
	put_unknowns(d);
	for (uint32_t i = 0; i < d->model->context_count; i++) {
		if (d->is_drawn[d->index.contexts[i]])
			put_task(d, d->index.contexts[i]);
	}
	fputs("}\n", d->out);
}

enum dlk_status dlk_report_dot(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
{
	const struct dlk_model *m = report->model;
	struct dot d = { .out = out, .model = m, .verdict = report->verdict };
	enum dlk_status status = dlk_index_build(ctx, m, &d.index);

	if (status != DLK_OK)
		return status;
	d.is_drawn = dlk_calloc(ctx, m->context_count, sizeof(bool));
	d.is_keeper = dlk_calloc(ctx, m->context_count, sizeof(bool));
	d.is_cycle_wait = dlk_calloc(ctx, m->wait_count, sizeof(bool));
	d.is_cycle_hold = dlk_calloc(ctx, m->hold_count, sizeof(bool));
	d.is_cycle_resource = dlk_calloc(ctx, m->resource_count, sizeof(bool));
	if (!d.is_drawn || !d.is_keeper || !d.is_cycle_wait || !d.is_cycle_hold ||
	    !d.is_cycle_resource)
		return dlk_nomem(ctx);
	mark_cycles(&d);
	mark_keepers(&d);
	errno = 0;
	put_graph(&d);
	return dlk_stream_finish(ctx, out, ferror(out) ? errno : 0);
}
