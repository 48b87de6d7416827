/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deadlock cycles in text.
 *
 * A step says: the context of step i waits for a resource that the context of step i + 1 keeps
 * from it.  A person wants it by task, so each task shows its own wait (step i) and the hold that
 * keeps the task before it waiting (step i - 1), and, with the evidence, what it holds that nobody waits for:
 *
 *   mover    pid 51      D for 34 s
 *       waits for  rwsem 0xffff8f8ad08b4428 (read)    in rmap_walk_file+0x1aa
 *       holds      folio 0xffffea0000c38000           likely: ...
 *   puncher  pid 50      D for 34 s
 *       ...
 *
 *   mover -> rwsem -> puncher -> folio -> mover
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_BEHIND = 5, COMPARED_NAMES = 16 };

static uint32_t step_context(const struct dlk_text *t, const struct dlk_step *step)
{
	return t->model->waits[step->wait].context;
}

static uint32_t step_resource(const struct dlk_text *t, const struct dlk_step *step)
{
	return t->model->waits[step->wait].resource;
}

static enum dlk_confidence hold_confidence(const struct dlk_text *t, const struct dlk_step *step)
{
	if (step->hold != DLK_NONE)
		return t->model->holds[step->hold].confidence;
	return step->ahead != DLK_NONE ? t->model->waits[step->ahead].confidence : step->confidence;
}

/* "1 of 2 holders is inferred" */
static void print_share(struct dlk_text *t, uint32_t part, uint32_t whole, const char *what,
			const char *how)
{
	dlk_out_print(&t->out, "%" PRIu32 " of %" PRIu32 " %s%s %s %s", part, whole, what,
		      dlk_words_plural(whole), part == 1 ? "is" : "are", how);
}

/* (likely: 1 of 2 holders is inferred) */
static void print_reason(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	const char *how = cycle->confidence == DLK_POSSIBLE ? "a guess" : "inferred";
	uint32_t holds = 0, waits = 0;

	for (uint32_t i = 0; i < cycle->step_count; i++) {
		const struct dlk_step *step = &cycle->steps[i];

		holds += hold_confidence(t, step) <= cycle->confidence;
		waits += t->model->waits[step->wait].confidence <= cycle->confidence;
	}
	dlk_out_print(&t->out, " (%s", dlk_confidence_text(cycle->confidence));
	if (cycle->confidence != DLK_CERTAIN && (holds || waits)) {
		dlk_out_print(&t->out, ": ");
		if (holds)
			print_share(t, holds, cycle->step_count, "holder", how);
		if (holds && waits)
			dlk_out_print(&t->out, ", ");
		if (waits)
			print_share(t, waits, cycle->step_count, "wait", how);
	}
	dlk_out_print(&t->out, ")");
}

/* What they are together. */
static const char *name_members(const struct dlk_text *t, const struct dlk_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->step_count; i++)
		if (t->model->contexts[step_context(t, &cycle->steps[i])].kind != DLK_CONTEXT_TASK)
			return "context";
	return "task";
}

void dlk_text_cycle_title(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	if (cycle->step_count == 1)
		dlk_out_print(&t->out, "1 %s waits for itself", name_members(t, cycle));
	else
		dlk_out_print(&t->out, "%s %ss wait for each other",
			      dlk_words_count(cycle->step_count).text, name_members(t, cycle));
	print_reason(t, cycle);
}

/* What the context of a step keeps from the one before it. */
static void print_incoming(struct dlk_text *t, const struct dlk_step *before)
{
	const struct dlk_wait *w;

	if (before->hold != DLK_NONE) {
		dlk_text_hold(t, before->hold);
		return;
	}
	if (before->ahead == DLK_NONE)
		return;
	w = &t->model->waits[before->ahead];
	dlk_text_label(t, "queued on");
	dlk_out_print(&t->out, "%s%s", dlk_text_resource(t, w->resource).text,
		      dlk_text_mode(t, w->resource, w->mode));
	dlk_out_aside(&t->out, DLK_COLUMN_WHY, DLK_COLUMN_WHAT,
		      "ahead of %s %s, which must wait for its turn",
		      t->model->contexts[step_context(t, before)].comm,
		      dlk_words_which(&t->model->contexts[step_context(t, before)]).text);
	dlk_out_end(&t->out);
	dlk_text_evidence(t, before->ahead, DLK_NONE);
}

static void print_tasks(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	uint32_t width = 0;

	for (uint32_t i = 0; i < cycle->step_count; i++) {
		uint32_t context = step_context(t, &cycle->steps[i]);
		uint32_t one = dlk_text_name_width(t, &context, 1);

		width = one > width ? one : width;
	}
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		const struct dlk_step *step = &cycle->steps[i];
		uint32_t before = (i ? i : cycle->step_count) - 1;

		dlk_text_task(t, step_context(t, step), width);
		dlk_text_wait(t, step->wait);
		print_incoming(t, &cycle->steps[before]);
		dlk_text_other_holds(t, step_context(t, step));
		dlk_text_said(t, step_context(t, step));
		dlk_text_stack(t, step_context(t, step));
	}
	dlk_out_end(&t->out);
}

/* Names without pids are easier to read, where they cannot be mistaken. */
static bool has_equal_names(const struct dlk_text *t, const struct dlk_cycle *cycle)
{
	if (cycle->step_count > COMPARED_NAMES)
		return true;
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		const char *comm = t->model->contexts[step_context(t, &cycle->steps[i])].comm;

		for (uint32_t j = 0; j < i; j++) {
			uint32_t other = step_context(t, &cycle->steps[j]);

			if (!strcmp(comm, t->model->contexts[other].comm))
				return true;
		}
	}
	return false;
}

static bool has_equal_kinds(const struct dlk_text *t, const struct dlk_cycle *cycle)
{
	uint32_t counts[DLK_KIND_COUNT] = { 0 };

	for (uint32_t i = 0; i < cycle->step_count; i++) {
		if (counts[t->model->resources[step_resource(t, &cycle->steps[i])].kind]++)
			return true;
	}
	return false;
}

static void print_arrow_name(struct dlk_text *t, uint32_t context, bool with_pid)
{
	const struct dlk_context *c = &t->model->contexts[context];

	dlk_out_fit(&t->out, (uint32_t)strlen(c->comm) + (with_pid ? 10 : 0), 4);
	if (with_pid)
		dlk_text_name(t, context);
	else
		dlk_out_paint(&t->out, DLK_BOLD, "%s", c->comm);
}

/* mover -> rwsem -> puncher -> folio -> mover */
static void print_arrows(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	bool with_pid = has_equal_names(t, cycle);
	bool with_address = has_equal_kinds(t, cycle);

	dlk_out_column(&t->out, 2);
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		const struct dlk_step *step = &cycle->steps[i];
		uint32_t resource = step_resource(t, step);
		struct dlk_words full = dlk_text_resource(t, resource);
		const char *kind = dlk_kind_text(t->model->resources[resource].kind);
		const char *what = with_address ? full.text : kind;

		print_arrow_name(t, step_context(t, step), with_pid);
		dlk_out_print(&t->out, " -> ");
		dlk_out_fit(&t->out, (uint32_t)strlen(what), 4);
		dlk_out_print(&t->out, "%s -> ", what);
	}
	print_arrow_name(t, step_context(t, &cycle->steps[0]), with_pid);
	dlk_out_end(&t->out);
}

/* Each resource of the cycle once. */
static void print_resources(struct dlk_text *t, const struct dlk_cycle *cycle, uint32_t number)
{
	size_t width = 0;

	for (uint32_t i = 0; i < cycle->step_count; i++) {
		uint32_t resource = step_resource(t, &cycle->steps[i]);
		size_t len = strlen(dlk_text_resource(t, resource).text);

		width = len > width ? len : width;
	}
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		uint32_t resource = step_resource(t, &cycle->steps[i]);

		if (t->resource_mark[resource] == number)
			continue;
		t->resource_mark[resource] = number;
		dlk_text_resource_line(t, resource, (uint32_t)width);
		if (t->model->resources[resource].holders_unknown)
			dlk_text_unknown_holders(t, resource);
	}
}

/* Collect some that wait for a resource of the cycle and are not in it. */
static uint32_t collect_behind(struct dlk_text *t, const struct dlk_cycle *cycle, uint32_t number,
			       uint32_t *found)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < cycle->step_count; i++)
		t->context_mark[step_context(t, &cycle->steps[i])] = number;
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		struct dlk_span queue = dlk_groups_get(&t->index.queue_of,
						       step_resource(t, &cycle->steps[i]));

		for (uint32_t k = 0; k < queue.count && count < SHOWN_BEHIND; k++) {
			uint32_t context = t->model->waits[queue.items[k]].context;

			if (t->context_mark[context] == number)
				continue;
			t->context_mark[context] = number;
			found[count++] = context;
		}
	}
	return count;
}

/*   9,998 more tasks wait behind this cycle: w2 pid 102, w3 pid 103, and 9,996 more */
static void print_behind(struct dlk_text *t, const struct dlk_cycle *cycle, uint32_t number)
{
	uint32_t found[SHOWN_BEHIND];
	uint32_t count;

	if (!cycle->behind)
		return;
	count = collect_behind(t, cycle, number, found);
	if (count > cycle->behind)
		count = cycle->behind;
	dlk_out_end(&t->out);
	dlk_out_column(&t->out, 2);
	dlk_out_print(&t->out, "%s more task%s behind this cycle",
		      dlk_words_count(cycle->behind).text,
		      cycle->behind == 1 ? " waits" : "s wait");
	if (count) {
		dlk_out_print(&t->out, ": ");
		dlk_text_names(t, found, count, cycle->behind);
	}
	dlk_out_end(&t->out);
}

static void print_cycle(struct dlk_text *t, uint32_t which)
{
	const struct dlk_cycle *cycle = &t->verdict->cycles[which];
	uint32_t number = which + 1;

	if (t->verdict->cycle_count > 1) {
		dlk_out_paint(&t->out, DLK_BOLD, "Cycle %" PRIu32 " of %" PRIu32, number,
			      t->verdict->cycle_count);
		dlk_out_print(&t->out, ": ");
		dlk_text_cycle_title(t, cycle);
		dlk_out_end(&t->out);
		dlk_out_end(&t->out);
	}
	dlk_text_story(t, cycle);
	print_tasks(t, cycle);
	print_arrows(t, cycle);
	print_resources(t, cycle, number);
	print_behind(t, cycle, number);
}

void dlk_text_cycles(struct dlk_text *t, uint32_t limit)
{
	uint32_t count = t->verdict->cycle_count;

	for (uint32_t i = 0; i < count && i < limit; i++) {
		print_cycle(t, i);
		if (i + 1 < count || t->report->part == DLK_PART_SUMMARY)
			dlk_out_end(&t->out);
	}
	if (count > limit) {
		dlk_out_line(&t->out, "%s more cycles: -c shows all.",
			     dlk_words_count(count - limit).text);
		dlk_out_end(&t->out);
	}
}
