/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything as JSON, format 1.  Fields may be added, never changed.
 *
 * The keys come in the order in which they are written here.  Writing goes along with the walk of the
 * model: a report costs no memory beyond the index, however many tasks there are.
 */
#include <config.h>

#include "deadlock/report.h"
#include "report/index.h"
#include "report/json_out.h"
#include "report/words.h"

#include <inttypes.h>

struct writer {
	struct dlk_json_out out;
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	struct dlk_index index;
};

static void put_string(struct writer *w, const char *key, const char *s)
{
	dlk_json_string(&w->out, key, s);
}

static void put_number(struct writer *w, const char *key, int64_t number)
{
	dlk_json_number(&w->out, key, number);
}

static void put_boolean(struct writer *w, const char *key, bool value)
{
	dlk_json_boolean(&w->out, key, value);
}

static void put_null(struct writer *w, const char *key)
{
	dlk_json_null(&w->out, key);
}

static void put_address(struct writer *w, const char *key, dlk_addr_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	put_string(w, key, text);
}

/* An address that is 0 if there is none. */
static void put_address_if_any(struct writer *w, const char *key, dlk_addr_t address)
{
	if (address)
		put_address(w, key, address);
	else
		put_null(w, key);
}

static void put_id(struct writer *w, const char *key, uint32_t resource)
{
	const struct dlk_resource *r = &w->model->resources[resource];
	char text[256];

	snprintf(text, sizeof(text), "%s@%s", dlk_kind_text(r->kind), dlk_words_known_by(r).text);
	put_string(w, key, text);
}

static void put_ns(struct writer *w, const char *key, uint64_t ns)
{
	if (ns <= INT64_MAX)
		put_number(w, key, (int64_t)ns);
	else
		put_null(w, key);
}

/* Only of what is no task: those who know tasks only are not led astray by a name that they do not know. */
static void put_context_kind(struct writer *w, const char *key, uint32_t context)
{
	enum dlk_context_kind kind = w->model->contexts[context].kind;

	if (kind != DLK_CONTEXT_TASK)
		put_string(w, key, dlk_context_text(kind));
}

static void put_pid_and_task(struct writer *w, uint32_t context)
{
	const struct dlk_context *c = &w->model->contexts[context];

	put_number(w, "pid", c->pid);
	put_address_if_any(w, "task", c->task);
	put_context_kind(w, "context", context);
}

/* Of a console log alone. */
static void put_line(struct writer *w, uint32_t log_line)
{
	if (log_line)
		put_number(w, "line", log_line);
}

/* An object in an array. */
static void begin_item(struct writer *w)
{
	dlk_json_object(&w->out, NULL);
}

static void end_item(struct writer *w)
{
	dlk_json_object_end(&w->out);
}

/* For the loops that are as long as the kernel is large. */
static bool goes_on(const struct writer *w, uint32_t i, uint32_t count)
{
	return i < count && !dlk_json_is_over(&w->out);
}

static void put_source(struct writer *w)
{
	const struct dlk_source *s = &w->model->source;

	dlk_json_object(&w->out, "source");
	put_string(w, "target", s->target);
	put_string(w, "name", s->name);
	put_string(w, "container", s->container);
	put_string(w, "arch", s->arch);
	put_string(w, "release", s->release);
	put_string(w, "symbols", s->symbols);
	put_string(w, "types", s->types);
	dlk_json_object_end(&w->out);
}

static void put_summary(struct writer *w)
{
	dlk_json_object(&w->out, "summary");
	put_number(w, "tasks", w->index.tasks);
	put_number(w, "blocked", w->index.blocked);
	put_number(w, "uninterruptible", w->index.uninterruptible);
	put_number(w, "spinning", w->index.spinning);
	put_number(w, "in_cycles", w->verdict->in_cycles);
	put_number(w, "behind_cycles", w->verdict->behind_cycles);
	put_number(w, "waits_unknown", w->model->unknown_count);
	put_number(w, "holders_unknown", w->verdict->doubts.holders);
	dlk_json_object_end(&w->out);
}

static void put_lockdep(struct writer *w)
{
	dlk_json_object(&w->out, "lockdep");
	put_string(w, "state", dlk_lockdep_text(w->model->lockdep.state));
	put_string(w, "text", w->model->lockdep.text);
	dlk_json_object_end(&w->out);
}

static void put_wait(struct writer *w, const struct dlk_wait *wait)
{
	begin_item(w);
	put_id(w, "resource", wait->resource);
	put_string(w, "mode", dlk_mode_text(wait->mode));
	put_string(w, "at", wait->at);
	put_string(w, "evidence", dlk_evidence_text(wait->evidence));
	put_string(w, "confidence", dlk_confidence_text(wait->confidence));
	if (wait->gives_up)
		put_boolean(w, "gives_up", true);
	put_line(w, wait->log_line);
	end_item(w);
}

static void put_waits(struct writer *w, uint32_t context)
{
	struct dlk_span waits = dlk_groups_get(&w->index.waits_of, context);

	dlk_json_array(&w->out, "waits");
	for (uint32_t i = 0; i < waits.count; i++)
		put_wait(w, &w->model->waits[waits.items[i]]);
	dlk_json_array_end(&w->out);
}

static void put_unknown(struct writer *w, const struct dlk_unknown *u)
{
	begin_item(w);
	put_string(w, "function", u->function);
	put_string(w, "caller", u->caller);
	put_string(w, "what", u->what);
	put_string(w, "kind", u->kind != DLK_KIND_COUNT ? dlk_kind_text(u->kind) : NULL);
	put_string(w, "why", dlk_why_text(u->why));
	put_ns(w, "ns", u->ns);
	put_line(w, u->log_line);
	end_item(w);
}

static void put_unknowns(struct writer *w, uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&w->index.unknowns_of, context);

	dlk_json_array(&w->out, "waits_unknown");
	for (uint32_t i = 0; i < unknowns.count; i++)
		put_unknown(w, &w->model->unknowns[unknowns.items[i]]);
	dlk_json_array_end(&w->out);
}

/* "3:3", as the kernel prints it */
static void put_wait_types(struct writer *w, const struct dlk_lock_class *class)
{
	char text[8];

	snprintf(text, sizeof(text), "%u:%u", class->wait_outer, class->wait_inner);
	put_string(w, "wait_types", class->address ? text : NULL);
}

static void put_held_lock(struct writer *w, const struct dlk_held *held)
{
	const struct dlk_lock_class *class = &w->model->classes[held->class];

	begin_item(w);
	put_string(w, "class", class->name);
	put_string(w, "usage", class->usage[0] ? class->usage : NULL);
	put_wait_types(w, class);
	put_address_if_any(w, "address", held->map);
	if (held->resource != DLK_NONE)
		put_id(w, "resource", held->resource);
	else
		put_null(w, "resource");
	put_string(w, "mode",
		   held->is_mode_unknown
			   ? NULL
			   : dlk_mode_text(held->is_read ? DLK_MODE_READ : DLK_MODE_WRITE));
	put_boolean(w, "recursive", held->is_recursive);
	put_boolean(w, "waited_for", held->is_waited_for);
	put_boolean(w, "stale", held->is_stale);
	put_boolean(w, "trylock", held->is_trylock);
	put_boolean(w, "hardirqs_off", held->has_hardirqs_off);
	put_string(w, "irq", dlk_irq_text(held->irq));
	put_number(w, "references", held->references);
	put_address_if_any(w, "nest_lock", held->nest_lock);
	put_address_if_any(w, "ip", held->ip);
	put_string(w, "at", held->at);
	put_string(w, "what", class->what);
	end_item(w);
}

static void put_held(struct writer *w, const struct dlk_context *c)
{
	dlk_json_array(&w->out, "held");
	for (uint32_t i = 0; i < c->held_count; i++)
		put_held_lock(w, &w->model->held[c->held_first + i]);
	dlk_json_array_end(&w->out);
}

static void put_stack(struct writer *w, const struct dlk_context *c)
{
	dlk_json_array(&w->out, "stack");
	for (uint32_t i = 0; i < c->frame_count; i++) {
		begin_item(w);
		put_address_if_any(w, "ip", c->frames[i].ip);
		put_string(w, "symbol", c->frames[i].symbol);
		put_string(w, "module", c->frames[i].module);
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

/* What it sleeps for, as far as that is known. */
static void put_sleep(struct writer *w, const struct dlk_context *c)
{
	if (!c->purpose) {
		put_null(w, "sleeps_for");
		return;
	}
	dlk_json_object(&w->out, "sleeps_for");
	put_string(w, "class", dlk_purpose_text(c->purpose));
	put_string(w, "on", c->sleeps_on);
	put_boolean(w, "idle", c->is_waiting_idly);
	dlk_json_object_end(&w->out);
}

/* Only of whom the kernel has reported: most keys of most tasks would say that it has not. */
static void put_reported(struct writer *w, uint32_t context)
{
	const struct dlk_model *m = w->model;
	uint32_t i = dlk_index_first_said(m, context);

	if (i == m->said_count)
		return;
	dlk_json_array(&w->out, "reported");
	for (; i < m->said_count && m->said[i].context == context; i++) {
		const struct dlk_said *said = &m->said[i];

		begin_item(w);
		put_string(w, "what", dlk_said_text(said->what));
		if (said->cpu >= 0)
			put_number(w, "cpu", said->cpu);
		else
			put_null(w, "cpu");
		put_string(w, "flavour", said->flavour);
		if (said->seconds && said->seconds <= INT64_MAX)
			put_number(w, "seconds", (int64_t)said->seconds);
		else
			put_null(w, "seconds");
		put_ns(w, "ago_ns", said->ago_ns);
		put_ns(w, "first_ago_ns", said->first_ago_ns);
		put_number(w, "times", said->times);
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

static void put_task(struct writer *w, uint32_t context)
{
	const struct dlk_context *c = &w->model->contexts[context];
	char state[2] = { c->state, '\0' };

	begin_item(w);
	put_address_if_any(w, "task", c->task);
	put_number(w, "pid", c->pid);
	put_context_kind(w, "context", context);
	put_number(w, "tgid", c->tgid);
	put_string(w, "comm", c->comm);
	put_string(w, "state", state);
	if (c->cpu >= 0)
		put_number(w, "cpu", c->cpu);
	else
		put_null(w, "cpu");
	put_ns(w, "blocked_ns", c->blocked_ns);
	put_ns(w, "running_ns", c->is_on_cpu && !c->is_idle ? c->running_ns : DLK_NS_UNKNOWN);
	put_string(w, "role", dlk_role_text(w->verdict->roles[context]));
	put_sleep(w, c);
	put_waits(w, context);
	put_unknowns(w, context);
	put_held(w, c);
	put_stack(w, c);
	put_reported(w, context);
	put_line(w, c->log_line);
	end_item(w);
}

static void put_tasks(struct writer *w)
{
	dlk_json_array(&w->out, "tasks");
	for (uint32_t i = 0; goes_on(w, i, w->model->context_count); i++)
		put_task(w, w->index.contexts[i]);
	dlk_json_array_end(&w->out);
}

static void put_holders(struct writer *w, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&w->index.holders_of, resource);

	dlk_json_array(&w->out, "holders");
	for (uint32_t i = 0; goes_on(w, i, holders.count); i++) {
		const struct dlk_hold *hold = &w->model->holds[holders.items[i]];

		begin_item(w);
		put_pid_and_task(w, hold->context);
		put_string(w, "mode", dlk_mode_text(hold->mode));
		put_string(w, "evidence", dlk_evidence_text(hold->evidence));
		put_string(w, "confidence", dlk_confidence_text(hold->confidence));
		put_string(w, "confirmed_by",
			   dlk_evidence_is_confirmed(hold->evidence) ? "lockdep" : NULL);
		put_line(w, hold->log_line);
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

static void put_waiters(struct writer *w, uint32_t resource)
{
	struct dlk_span queue = dlk_groups_get(&w->index.queue_of, resource);

	dlk_json_array(&w->out, "waiters");
	for (uint32_t i = 0; goes_on(w, i, queue.count); i++) {
		const struct dlk_wait *wait = &w->model->waits[queue.items[i]];

		begin_item(w);
		put_pid_and_task(w, wait->context);
		put_string(w, "mode", dlk_mode_text(wait->mode));
		if (wait->position != DLK_NONE)
			put_number(w, "position", wait->position);
		else
			put_null(w, "position");
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

static void put_resource(struct writer *w, uint32_t resource)
{
	const struct dlk_resource *r = &w->model->resources[resource];

	begin_item(w);
	put_id(w, "id", resource);
	put_string(w, "kind", dlk_kind_text(r->kind));
	put_address_if_any(w, "address", r->address);
	put_string(w, "name", r->name);
	put_holders(w, resource);
	put_waiters(w, resource);
	put_string(w, "holders_unknown", r->holders_unknown);
	end_item(w);
}

static void put_resources(struct writer *w)
{
	dlk_json_array(&w->out, "resources");
	for (uint32_t i = 0; goes_on(w, i, w->model->resource_count); i++)
		put_resource(w, w->index.resources[i]);
	dlk_json_array_end(&w->out);
}

static void put_step(struct writer *w, const struct dlk_step *step)
{
	const struct dlk_wait *wait = &w->model->waits[step->wait];

	begin_item(w);
	put_pid_and_task(w, wait->context);
	put_string(w, "comm", w->model->contexts[wait->context].comm);
	put_id(w, "waits_for", wait->resource);
	put_number(w, "held_by", w->model->contexts[step->blocker].pid);
	put_context_kind(w, "held_by_context", step->blocker);
	end_item(w);
}

static void put_cycle(struct writer *w, const struct dlk_cycle *cycle)
{
	begin_item(w);
	put_string(w, "confidence", dlk_confidence_text(cycle->confidence));
	dlk_json_array(&w->out, "steps");
	for (uint32_t i = 0; i < cycle->step_count; i++)
		put_step(w, &cycle->steps[i]);
	dlk_json_array_end(&w->out);
	end_item(w);
}

static void put_cycles(struct writer *w)
{
	dlk_json_array(&w->out, "cycles");
	for (uint32_t i = 0; goes_on(w, i, w->verdict->cycle_count); i++)
		put_cycle(w, &w->verdict->cycles[i]);
	dlk_json_array_end(&w->out);
}

static void put_leaks(struct writer *w)
{
	dlk_json_array(&w->out, "leaks");
	for (uint32_t i = 0; goes_on(w, i, w->verdict->leak_count); i++) {
		const struct dlk_leak *leak = &w->verdict->leaks[i];

		begin_item(w);
		put_id(w, "resource", leak->resource);
		put_string(w, "confidence", dlk_confidence_text(leak->confidence));
		if (leak->owner != DLK_NONE)
			put_number(w, "owner", w->model->contexts[leak->owner].pid);
		else
			put_null(w, "owner");
		put_number(w, "behind", leak->behind);
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

static void put_reason(struct writer *w, const struct dlk_root *root)
{
	const struct dlk_resource *r = &w->model->resources[root->resource];
	char text[512];

	if (root->context != DLK_NONE)
		snprintf(text, sizeof(text), "holder %s",
			 dlk_words_doing_briefly(&w->model->contexts[root->context]).text);
	else
		snprintf(text, sizeof(text), "%s%s%s",
			 r->is_event  ? "no task holds it"
			 : r->is_free ? "nobody holds it"
				      : "holder is not known",
			 r->holders_unknown ? ": " : "",
			 r->holders_unknown ? r->holders_unknown : "");
	put_string(w, "reason", text);
}

static void put_root(struct writer *w, const struct dlk_root *root)
{
	begin_item(w);
	if (root->context != DLK_NONE) {
		put_pid_and_task(w, root->context);
	} else {
		put_null(w, "pid");
		put_null(w, "task");
	}
	put_id(w, "resource", root->resource);
	put_number(w, "behind", root->behind);
	put_reason(w, root);
	end_item(w);
}

static void put_roots(struct writer *w)
{
	dlk_json_array(&w->out, "roots");
	for (uint32_t i = 0; goes_on(w, i, w->verdict->root_count); i++)
		put_root(w, &w->verdict->roots[i]);
	dlk_json_array_end(&w->out);
}

static void put_findings(struct writer *w)
{
	dlk_json_array(&w->out, "findings");
	for (uint32_t i = 0; goes_on(w, i, w->model->finding_count); i++) {
		const struct dlk_finding *finding = &w->model->findings[w->index.findings[i]];

		begin_item(w);
		put_string(w, "code", dlk_finding_text(finding->code));
		put_address_if_any(w, "address", finding->address);
		put_string(w, "text", finding->text ? finding->text : "");
		end_item(w);
	}
	dlk_json_array_end(&w->out);
}

static void put_link(struct writer *w, const struct dlk_prediction_link *link)
{
	begin_item(w);
	put_string(w, "class", link->class);
	put_string(w, "usage", link->usage);
	put_string(w, "at", link->at);
	dlk_json_array(&w->out, "stack");
	for (uint32_t i = 0; goes_on(w, i, link->stack_count); i++)
		put_string(w, NULL, link->stack[i]);
	dlk_json_array_end(&w->out);
	put_number(w, "line", link->log_line);
	end_item(w);
}

static void put_prediction(struct writer *w, const struct dlk_prediction *p)
{
	begin_item(w);
	put_string(w, "title", p->title);
	put_string(w, "comm", p->comm);
	put_number(w, "pid", p->pid);
	put_string(w, "wanted", p->wanted.class);
	put_string(w, "held", p->held.class);
	dlk_json_array(&w->out, "order");
	for (uint32_t i = 0; goes_on(w, i, p->link_count); i++)
		put_link(w, &p->links[i]);
	dlk_json_array_end(&w->out);
	put_string(w, "meaning", p->meaning);
	put_string(w, "advice", p->advice);
	put_boolean(w, "whole", !p->is_cut);
	put_number(w, "line", p->log_line);
	end_item(w);
}

/* What lockdep foretells: no part of the verdict.  Only logs have it. */
static void put_predictions(struct writer *w)
{
	if (!w->model->prediction_count)
		return;
	dlk_json_array(&w->out, "predictions");
	for (uint32_t i = 0; goes_on(w, i, w->model->prediction_count); i++)
		put_prediction(w, &w->model->predictions[i]);
	dlk_json_array_end(&w->out);
}

/* Of a console log: which of its hangs this is. */
static void put_incident(struct writer *w, const struct dlk_incident *incident)
{
	if (!incident->count)
		return;
	dlk_json_object(&w->out, "incident");
	put_number(w, "number", incident->number);
	put_number(w, "of", incident->count);
	put_number(w, "first_line", incident->first_line);
	put_number(w, "last_line", incident->last_line);
	dlk_json_object_end(&w->out);
}

/* Mostly there are none. */
static void put_offline(struct writer *w)
{
	if (!w->model->offline_count)
		return;
	dlk_json_array(&w->out, "cpus_offline");
	for (uint32_t i = 0; goes_on(w, i, w->model->offline_count); i++)
		put_number(w, NULL, w->model->offline[i]);
	dlk_json_array_end(&w->out);
}

static void put_analysis(struct writer *w, const struct dlk_report *report)
{
	put_source(w);
	put_incident(w, &report->incident);
	put_string(w, "verdict", dlk_verdict_text(report->verdict->code));
	put_boolean(w, "complete", !w->index.losses);
	put_summary(w);
	put_offline(w);
	put_lockdep(w);
	put_tasks(w);
	put_resources(w);
	put_cycles(w);
	put_leaks(w);
	put_roots(w);
	put_findings(w);
	put_predictions(w);
}

static enum dlk_status put_earlier(struct dlk_ctx *ctx, struct writer *w,
				   const struct dlk_report *report)
{
	enum dlk_status status = DLK_OK;

	if (!report->earlier)
		return DLK_OK;
	dlk_json_array(&w->out, "earlier_incidents");
	for (const struct dlk_report *r = report->earlier; r && !status; r = r->earlier) {
		w->model = r->model;
		w->verdict = r->verdict;
		status = dlk_index_build(ctx, r->model, &w->index);
		begin_item(w);
		if (!status)
			put_analysis(w, r);
		end_item(w);
	}
	dlk_json_array_end(&w->out);
	return status;
}

enum dlk_status dlk_report_json(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
{
	struct writer w = {
		.out = { .ctx = ctx, .file = out },
		.model = report->model,
		.verdict = report->verdict,
	};
	enum dlk_status status = dlk_index_build(ctx, report->model, &w.index);

	if (status != DLK_OK)
		return status;
	dlk_json_object(&w.out, NULL);
	put_string(&w, "format", "deadlock");
	put_number(&w, "version", 1);
	put_analysis(&w, report);
	status = put_earlier(ctx, &w, report);
	if (status)
		return status;
	dlk_json_object_end(&w.out);
	return dlk_json_finish(&w.out);
}
