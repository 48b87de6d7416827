/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One task's chain to its end: the task, whom it waits for, whom that one waits for, ...
 *
 * The chain is walked breadth first from the subject; each task and each resource is followed
 * once, so a cycle ends where it closes.  The marks say when a task was found: 1 for the first.
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SHOWN_TASKS = 50, SHOWN_HOLDERS = 8, SHOWN_HOLDS = 8 };

struct chain {
	uint32_t *contexts; /* In the order found; every context at most once. */
	uint32_t count;
};

static void follow(struct dlk_text *t, struct chain *chain, uint32_t context)
{
	if (t->context_mark[context])
		return;
	chain->contexts[chain->count++] = context;
	t->context_mark[context] = chain->count;
}

/* Those that lead to a cycle first, so that the list's limit does not hide it. */
static void follow_holders(struct dlk_text *t, struct chain *chain, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&t->index.holders_of, resource);

	if (t->resource_mark[resource])
		return;
	t->resource_mark[resource] = 1;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < holders.count; i++) {
			uint32_t context = t->model->holds[holders.items[i]].context;
			enum dlk_role role = t->verdict->roles[context];
			bool is_first = role == DLK_ROLE_CYCLE || role == DLK_ROLE_BEHIND;

			if (is_first == !pass)
				follow(t, chain, context);
		}
	}
}

static void follow_ahead(struct dlk_text *t, struct chain *chain, uint32_t wait)
{
	const struct dlk_ahead *ahead = &t->index.ahead[wait];

	for (uint32_t i = 0; i < ahead->count; i++)
		follow(t, chain, t->model->waits[ahead->waits[i]].context);
}

static bool is_subject(const struct dlk_text *t, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];
	uint64_t subject = t->report->subject;

	return c->task == subject || (subject <= INT32_MAX && c->pid == (int32_t)subject);
}

/* Fill the chain; the number of subjects comes back (several idle tasks have pid 0). */
static uint32_t find_chain(struct dlk_text *t, struct chain *chain)
{
	uint32_t subjects;

	for (uint32_t i = 0; i < t->model->context_count; i++) {
		if (is_subject(t, t->index.contexts[i]))
			follow(t, chain, t->index.contexts[i]);
	}
	subjects = chain->count;
	for (uint32_t i = 0; i < chain->count; i++) {
		struct dlk_span waits = dlk_groups_get(&t->index.waits_of, chain->contexts[i]);

		for (uint32_t k = 0; k < waits.count; k++) {
			follow_holders(t, chain, t->model->waits[waits.items[k]].resource);
			follow_ahead(t, chain, waits.items[k]);
		}
	}
	return subjects;
}

static void print_wait(struct dlk_text *t, uint32_t wait)
{
	uint32_t resource = t->model->waits[wait].resource;
	struct dlk_span holders = dlk_groups_get(&t->index.holders_of, resource);
	const struct dlk_ahead *ahead = &t->index.ahead[wait];
	const char *name = dlk_words_other_name(&t->model->resources[resource]);

	dlk_text_wait(t, wait);
	if (name) {
		dlk_out_column(&t->out, DLK_COLUMN_WHAT);
		dlk_out_line(&t->out, "%s", name);
	}
	for (uint32_t i = 0; i < holders.count && i < SHOWN_HOLDERS; i++)
		dlk_text_held_by(t, holders.items[i]);
	if (holders.count > SHOWN_HOLDERS) {
		dlk_text_label(t, "held by");
		dlk_out_line(&t->out, "%s more: -l %#" PRIx64 " shows them",
			     dlk_words_count(holders.count - SHOWN_HOLDERS).text,
			     t->model->resources[resource].address);
	}
	dlk_text_unknown_holders(t, resource);
	for (uint32_t i = 0; i < ahead->count; i++) {
		dlk_text_label(t, "behind");
		dlk_text_name(t, t->model->waits[ahead->waits[i]].context);
		dlk_out_line(&t->out, "%s in the queue",
			     dlk_text_mode(t, resource, t->model->waits[ahead->waits[i]].mode));
	}
}

static void print_holds(struct dlk_text *t, uint32_t context)
{
	struct dlk_span holds = dlk_groups_get(&t->index.holds_of, context);

	for (uint32_t i = 0; i < holds.count && i < SHOWN_HOLDS; i++)
		dlk_text_hold(t, holds.items[i]);
	if (holds.count > SHOWN_HOLDS) {
		dlk_text_label(t, "holds");
		dlk_out_line(&t->out, "%s more", dlk_words_count(holds.count - SHOWN_HOLDS).text);
	}
}

/* That no wait of it is known, and what is known instead. */
static void print_no_wait(struct dlk_text *t, uint32_t context)
{
	const struct dlk_context *c = &t->model->contexts[context];
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	for (uint32_t i = 0; i < unknowns.count; i++)
		dlk_text_unknown(t, unknowns.items[i]);
	if (unknowns.count)
		return;
	dlk_text_label(t, "waits for");
	dlk_out_line(&t->out, "%s; it %s", c->harmless ? c->harmless : "nothing known",
		     dlk_words_doing(c).text);
}

static void print_context(struct dlk_text *t, uint32_t context, uint32_t width)
{
	struct dlk_span waits = dlk_groups_get(&t->index.waits_of, context);

	dlk_text_task(t, context, width);
	for (uint32_t i = 0; i < waits.count; i++)
		print_wait(t, waits.items[i]);
	if (!waits.count)
		print_no_wait(t, context);
	if (is_subject(t, context))
		print_holds(t, context);
	dlk_text_said(t, context);
	dlk_text_stack(t, context);
}

/* Behind whom a blocked task waits in the end. */
static void print_root(struct dlk_text *t, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		uint32_t context = chain->contexts[i];

		if (t->verdict->roles[context] != DLK_ROLE_ROOT)
			continue;
		dlk_out_print(&t->out, " waits, in the end, for ");
		dlk_text_name(t, context);
		dlk_out_print(&t->out, ", which ");
		dlk_text_doing(t, context);
		return;
	}
	dlk_out_print(&t->out, " waits; no holder is known at the end of its chain");
}

/* What it does instead of a wait that is known; NULL if all is known that matters. */
static const char *say_unknown(const struct dlk_text *t, uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&t->index.unknowns_of, context);

	if (!unknowns.count)
		return NULL;
	return t->model->unknowns[unknowns.items[0]].why == DLK_WHY_NOT_SEEN
		       ? " runs where it is not seen: whether it waits cannot be told"
		       : " waits for something that is not understood";
}

/* mover pid 51 is in a cycle: it waits, in the end, for itself. */
static void print_end(struct dlk_text *t, const struct chain *chain, uint32_t context)
{
	static const char *const ends[] = {
		[DLK_ROLE_NONE] = " neither waits for anything known nor keeps anybody waiting",
		[DLK_ROLE_CYCLE] = " is in a cycle: it waits, in the end, for itself",
		[DLK_ROLE_BEHIND] = " waits behind a cycle",
		[DLK_ROLE_ROOT] = " is a root: others wait for it, and it waits for no known task",
		[DLK_ROLE_BLOCKED] = NULL,
		[DLK_ROLE_HOLDER] = " holds what others wait for, and is not in a cycle",
	};
	enum dlk_role role = t->verdict->roles[context];
	const char *end = ends[role], *unknown = say_unknown(t, context);
	const char *harmless = t->model->contexts[context].harmless;

	dlk_text_name(t, context);
	if (unknown)
		dlk_out_print(&t->out, "%s%s",
			      role == DLK_ROLE_ROOT ? " is a root: others wait for it, and it" : "",
			      unknown);
	else if (role == DLK_ROLE_NONE && harmless)
		dlk_out_print(&t->out, " waits for %s only, and keeps nobody waiting", harmless);
	else if (end)
		dlk_out_print(&t->out, "%s", end);
	else
		print_root(t, chain);
	dlk_out_line(&t->out, ".");
}

static void print_chain(struct dlk_text *t, const struct chain *chain, uint32_t subjects)
{
	uint32_t shown = chain->count < SHOWN_TASKS ? chain->count : SHOWN_TASKS;
	uint32_t width = dlk_text_name_width(t, chain->contexts, shown);

	for (uint32_t i = 0; i < shown; i++) {
		if (i)
			dlk_out_end(&t->out);
		print_context(t, chain->contexts[i], width);
	}
	if (shown < chain->count) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "and %s more tasks in this chain",
			     dlk_words_count(chain->count - shown).text);
	}
	dlk_out_end(&t->out);
	for (uint32_t i = 0; i < subjects && i < shown; i++)
		print_end(t, chain, chain->contexts[i]);
}

static enum dlk_status fail_not_found(struct dlk_text *t)
{
	uint64_t subject = t->report->subject;
	bool is_pid = subject <= INT32_MAX;
	const char *what = dlk_format(t->ctx, is_pid ? "task %" PRIu64 : "task %#" PRIx64, subject);

	if (!what)
		return dlk_nomem(t->ctx);
	return dlk_text_not_found(t, what, is_pid ? "no such pid" : "no such task_struct",
				  "not among the tasks that could be read");
}

enum dlk_status dlk_text_chain(struct dlk_text *t)
{
	struct chain chain = {
		.contexts = dlk_calloc(t->ctx, t->model->context_count, sizeof(uint32_t)),
	};
	uint32_t subjects;

	if (!chain.contexts)
		return dlk_nomem(t->ctx);
	subjects = find_chain(t, &chain);
	if (!subjects)
		return fail_not_found(t);
	print_chain(t, &chain, subjects);
	return DLK_OK;
}
