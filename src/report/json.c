/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything as JSON, format 1.  Fields may be added, never changed.
 *
 * The keys come in the order in which they are set here.  Strings of the target that are not valid
 * UTF-8 get U+FFFD for each bad byte.  jansson allocates for itself; a failure anywhere is
 * remembered and told at the end.
 */
#include <config.h>

#include "deadlock/report.h"
#include "report/index.h"
#include "report/words.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

struct writer {
	struct dlk_ctx *ctx;
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	struct dlk_index index;
	bool has_failed;
};

/* Length of the UTF-8 sequence that @p first begins; 0 if it begins none. */
static size_t lead_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Length of the valid UTF-8 sequence at @p s; 0 if there is none. */
static size_t utf8_length(const unsigned char *s)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = lead_length(s[0]);
	uint32_t point = len > 1 ? s[0] & (0x7fu >> len) : s[0];

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (len > 1 &&
	    (point < lowest[len] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)))
		return 0;
	return len;
}

static char *clean_utf8(struct dlk_ctx *ctx, const char *s)
{
	char *copy = dlk_calloc(ctx, strlen(s) + 1, 3);
	char *end = copy;

	while (copy && *s) {
		size_t len = utf8_length((const unsigned char *)s);

		memcpy(end, len ? s : "\xef\xbf\xbd", len ? len : 3);
		end += len ? len : 3;
		s += len ? len : 1;
	}
	return copy;
}

static json_t *make_string(struct writer *w, const char *s)
{
	json_t *value;

	if (!s)
		return json_null();
	value = json_string(s);
	if (!value) {
		s = clean_utf8(w->ctx, s);
		value = s ? json_string(s) : NULL;
	}
	return value;
}

/* Give @p value to @p object; returns it, borrowed, or NULL if that failed and it is gone. */
static json_t *set(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (!json_object_set_new(object, key, value))
		return value;
	w->has_failed = true;
	return NULL;
}

/* As set(), for arrays. */
static json_t *append(struct writer *w, json_t *array, json_t *value)
{
	if (!json_array_append_new(array, value))
		return value;
	w->has_failed = true;
	return NULL;
}

static void set_string(struct writer *w, json_t *object, const char *key, const char *s)
{
	set(w, object, key, make_string(w, s));
}

static void set_number(struct writer *w, json_t *object, const char *key, int64_t number)
{
	set(w, object, key, json_integer(number));
}

static void set_address(struct writer *w, json_t *object, const char *key, dlk_addr_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	set(w, object, key, json_string(text));
}

static void set_id(struct writer *w, json_t *object, const char *key, uint32_t resource)
{
	const struct dlk_resource *r = &w->model->resources[resource];
	char text[64];

	snprintf(text, sizeof(text), "%s@0x%" PRIx64, dlk_kind_text(r->kind), r->address);
	set(w, object, key, json_string(text));
}

static void set_pid_and_task(struct writer *w, json_t *object, uint32_t context)
{
	const struct dlk_context *c = &w->model->contexts[context];

	set_number(w, object, "pid", c->pid);
	set_address(w, object, "task", c->task);
}

/* An empty array under @p key; borrowed. */
static json_t *set_array(struct writer *w, json_t *object, const char *key)
{
	return set(w, object, key, json_array());
}

/* An empty object at the end of @p array; borrowed. */
static json_t *append_object(struct writer *w, json_t *array)
{
	return append(w, array, json_object());
}

static void set_source(struct writer *w, json_t *root)
{
	const struct dlk_source *s = &w->model->source;
	json_t *source = set(w, root, "source", json_object());

	set_string(w, source, "target", s->target);
	set_string(w, source, "name", s->name);
	set_string(w, source, "container", s->container);
	set_string(w, source, "arch", s->arch);
	set_string(w, source, "release", s->release);
	set_string(w, source, "symbols", s->symbols);
	set_string(w, source, "types", s->types);
}

static void set_summary(struct writer *w, json_t *root)
{
	json_t *summary = set(w, root, "summary", json_object());

	set_number(w, summary, "tasks", w->model->context_count);
	set_number(w, summary, "blocked", w->index.blocked);
	set_number(w, summary, "uninterruptible", w->index.uninterruptible);
	set_number(w, summary, "spinning", w->index.spinning);
	set_number(w, summary, "in_cycles", w->verdict->in_cycles);
	set_number(w, summary, "behind_cycles", w->verdict->behind_cycles);
	set_number(w, summary, "waits_unknown", w->model->unknown_count);
	set_number(w, summary, "holders_unknown", w->verdict->doubts.holders);
}

static void set_waits(struct writer *w, json_t *task, uint32_t context)
{
	struct dlk_span waits = dlk_groups_get(&w->index.waits_of, context);
	json_t *array = set_array(w, task, "waits");

	for (uint32_t i = 0; i < waits.count; i++) {
		const struct dlk_wait *wait = &w->model->waits[waits.items[i]];
		json_t *object = append_object(w, array);

		set_id(w, object, "resource", wait->resource);
		set_string(w, object, "mode", dlk_mode_text(wait->mode));
		set_string(w, object, "at", wait->at);
		set_string(w, object, "evidence", dlk_evidence_text(wait->evidence));
		set_string(w, object, "confidence", dlk_confidence_text(wait->confidence));
	}
}

static void set_ns(struct writer *w, json_t *object, const char *key, uint64_t ns)
{
	set(w, object, key, ns <= INT64_MAX ? json_integer((json_int_t)ns) : json_null());
}

static void set_unknowns(struct writer *w, json_t *task, uint32_t context)
{
	struct dlk_span unknowns = dlk_groups_get(&w->index.unknowns_of, context);
	json_t *array = set_array(w, task, "waits_unknown");

	for (uint32_t i = 0; i < unknowns.count; i++) {
		const struct dlk_unknown *u = &w->model->unknowns[unknowns.items[i]];
		json_t *object = append_object(w, array);

		set_string(w, object, "function", u->function);
		set_string(w, object, "caller", u->caller);
		set_string(w, object, "what", u->what);
		set_string(w, object, "kind",
			   u->kind != DLK_KIND_COUNT ? dlk_kind_text(u->kind) : NULL);
		set_string(w, object, "why", dlk_why_text(u->why));
		set_ns(w, object, "ns", u->ns);
	}
}

/* "3:3", as the kernel prints it */
static void set_wait_types(struct writer *w, json_t *object, const struct dlk_lock_class *class)
{
	char text[8];

	snprintf(text, sizeof(text), "%u:%u", class->wait_outer, class->wait_inner);
	set_string(w, object, "wait_types", class->address ? text : NULL);
}

static void append_held(struct writer *w, json_t *array, const struct dlk_held *held)
{
	const struct dlk_lock_class *class = &w->model->classes[held->class];
	json_t *object = append_object(w, array);

	set_string(w, object, "class", class->name);
	set_string(w, object, "usage", class->usage[0] ? class->usage : NULL);
	set_wait_types(w, object, class);
	set_address(w, object, "address", held->map);
	if (held->resource != DLK_NONE)
		set_id(w, object, "resource", held->resource);
	else
		set(w, object, "resource", json_null());
	set_string(w, object, "mode",
		   dlk_mode_text(held->is_read ? DLK_MODE_READ : DLK_MODE_WRITE));
	set(w, object, "recursive", json_boolean(held->is_recursive));
	set(w, object, "waited_for", json_boolean(held->is_waited_for));
	set(w, object, "stale", json_boolean(held->is_stale));
	set(w, object, "trylock", json_boolean(held->is_trylock));
	set(w, object, "hardirqs_off", json_boolean(held->has_hardirqs_off));
	set_string(w, object, "irq", dlk_irq_text(held->irq));
	set_number(w, object, "references", held->references);
	if (held->nest_lock)
		set_address(w, object, "nest_lock", held->nest_lock);
	else
		set(w, object, "nest_lock", json_null());
	set_address(w, object, "ip", held->ip);
	set_string(w, object, "at", held->at);
	set_string(w, object, "what", class->what);
}

static void set_held(struct writer *w, json_t *task, const struct dlk_context *c)
{
	json_t *array = set_array(w, task, "held");

	for (uint32_t i = 0; i < c->held_count; i++)
		append_held(w, array, &w->model->held[c->held_first + i]);
}

static void set_lockdep(struct writer *w, json_t *root)
{
	json_t *object = set(w, root, "lockdep", json_object());

	set_string(w, object, "state", dlk_lockdep_text(w->model->lockdep.state));
	set_string(w, object, "text", w->model->lockdep.text);
}

static void set_stack(struct writer *w, json_t *task, const struct dlk_context *c)
{
	json_t *array = set_array(w, task, "stack");

	for (uint32_t i = 0; i < c->frame_count; i++) {
		json_t *frame = append_object(w, array);

		set_address(w, frame, "ip", c->frames[i].ip);
		set_string(w, frame, "symbol", c->frames[i].symbol);
		set_string(w, frame, "module", c->frames[i].module);
	}
}

static void append_task(struct writer *w, json_t *array, uint32_t context)
{
	const struct dlk_context *c = &w->model->contexts[context];
	char state[2] = { c->state, '\0' };
	json_t *task = append_object(w, array);

	set_address(w, task, "task", c->task);
	set_number(w, task, "pid", c->pid);
	set_number(w, task, "tgid", c->tgid);
	set_string(w, task, "comm", c->comm);
	set_string(w, task, "state", state);
	set(w, task, "cpu", c->cpu >= 0 ? json_integer(c->cpu) : json_null());
	set_ns(w, task, "blocked_ns", c->blocked_ns);
	set_string(w, task, "role", dlk_role_text(w->verdict->roles[context]));
	set_waits(w, task, context);
	set_unknowns(w, task, context);
	set_held(w, task, c);
	set_stack(w, task, c);
}

static void set_holders(struct writer *w, json_t *object, uint32_t resource)
{
	struct dlk_span holders = dlk_groups_get(&w->index.holders_of, resource);
	json_t *array = set_array(w, object, "holders");

	for (uint32_t i = 0; i < holders.count; i++) {
		const struct dlk_hold *hold = &w->model->holds[holders.items[i]];
		json_t *holder = append_object(w, array);

		set_pid_and_task(w, holder, hold->context);
		set_string(w, holder, "mode", dlk_mode_text(hold->mode));
		set_string(w, holder, "evidence", dlk_evidence_text(hold->evidence));
		set_string(w, holder, "confidence", dlk_confidence_text(hold->confidence));
		set_string(w, holder, "confirmed_by", hold->is_confirmed ? "lockdep" : NULL);
	}
}

static void set_waiters(struct writer *w, json_t *object, uint32_t resource)
{
	struct dlk_span queue = dlk_groups_get(&w->index.queue_of, resource);
	json_t *array = set_array(w, object, "waiters");

	for (uint32_t i = 0; i < queue.count; i++) {
		const struct dlk_wait *wait = &w->model->waits[queue.items[i]];
		json_t *waiter = append_object(w, array);

		set_pid_and_task(w, waiter, wait->context);
		set_string(w, waiter, "mode", dlk_mode_text(wait->mode));
	}
}

static void append_resource(struct writer *w, json_t *array, uint32_t resource)
{
	const struct dlk_resource *r = &w->model->resources[resource];
	json_t *object = append_object(w, array);

	set_id(w, object, "id", resource);
	set_string(w, object, "kind", dlk_kind_text(r->kind));
	set_address(w, object, "address", r->address);
	set_string(w, object, "name", r->name);
	set_holders(w, object, resource);
	set_waiters(w, object, resource);
	set_string(w, object, "holders_unknown", r->holders_unknown);
}

static void append_cycle(struct writer *w, json_t *array, const struct dlk_cycle *cycle)
{
	json_t *object = append_object(w, array);
	json_t *steps;

	set_string(w, object, "confidence", dlk_confidence_text(cycle->confidence));
	steps = set_array(w, object, "steps");
	for (uint32_t i = 0; i < cycle->step_count; i++) {
		const struct dlk_step *step = &cycle->steps[i];
		const struct dlk_wait *wait = &w->model->waits[step->wait];
		json_t *one = append_object(w, steps);

		set_pid_and_task(w, one, wait->context);
		set_string(w, one, "comm", w->model->contexts[wait->context].comm);
		set_id(w, one, "waits_for", wait->resource);
		set_number(w, one, "held_by", w->model->contexts[step->blocker].pid);
	}
}

static void set_reason(struct writer *w, json_t *object, const struct dlk_root *root)
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
	set_string(w, object, "reason", text);
}

static void append_leak(struct writer *w, json_t *array, const struct dlk_leak *leak)
{
	json_t *object = append_object(w, array);

	set_id(w, object, "resource", leak->resource);
	set_string(w, object, "confidence", dlk_confidence_text(leak->confidence));
	if (leak->owner != DLK_NONE)
		set_number(w, object, "owner", w->model->contexts[leak->owner].pid);
	else
		set(w, object, "owner", json_null());
	set_number(w, object, "behind", leak->behind);
}

static void append_root(struct writer *w, json_t *array, const struct dlk_root *root)
{
	json_t *object = append_object(w, array);

	if (root->context != DLK_NONE) {
		set_pid_and_task(w, object, root->context);
	} else {
		set(w, object, "pid", json_null());
		set(w, object, "task", json_null());
	}
	set_id(w, object, "resource", root->resource);
	set_number(w, object, "behind", root->behind);
	set_reason(w, object, root);
}

static void append_finding(struct writer *w, json_t *array, const struct dlk_finding *finding)
{
	json_t *object = append_object(w, array);

	set_string(w, object, "code", dlk_finding_text(finding->code));
	if (finding->address)
		set_address(w, object, "address", finding->address);
	else
		set(w, object, "address", json_null());
	set_string(w, object, "text", finding->text ? finding->text : "");
}

static void fill(struct writer *w, json_t *root)
{
	const struct dlk_model *m = w->model;
	const struct dlk_verdict *v = w->verdict;
	json_t *array;

	set_string(w, root, "format", "deadlock");
	set_number(w, root, "version", 1);
	set_source(w, root);
	set_string(w, root, "verdict", dlk_verdict_text(v->code));
	set(w, root, "complete", json_boolean(!w->index.losses));
	set_summary(w, root);
	set_lockdep(w, root);
	array = set_array(w, root, "tasks");
	for (uint32_t i = 0; i < m->context_count; i++)
		append_task(w, array, w->index.contexts[i]);
	array = set_array(w, root, "resources");
	for (uint32_t i = 0; i < m->resource_count; i++)
		append_resource(w, array, w->index.resources[i]);
	array = set_array(w, root, "cycles");
	for (uint32_t i = 0; i < v->cycle_count; i++)
		append_cycle(w, array, &v->cycles[i]);
	array = set_array(w, root, "leaks");
	for (uint32_t i = 0; i < v->leak_count; i++)
		append_leak(w, array, &v->leaks[i]);
	array = set_array(w, root, "roots");
	for (uint32_t i = 0; i < v->root_count; i++)
		append_root(w, array, &v->roots[i]);
	array = set_array(w, root, "findings");
	for (uint32_t i = 0; i < m->finding_count; i++)
		append_finding(w, array, &m->findings[w->index.findings[i]]);
}

static int put_bytes(const char *bytes, size_t len, void *out)
{
	return fwrite(bytes, 1, len, out) == len ? 0 : -1;
}

static enum dlk_status dump(struct dlk_ctx *ctx, const json_t *root, FILE *out)
{
	int error;

	errno = 0;
	if (!json_dump_callback(root, put_bytes, out, JSON_INDENT(2)) && fputc('\n', out) != EOF &&
	    !fflush(out))
		return DLK_OK;
	error = errno ? errno : EIO;
	if (!ferror(out))
		return dlk_nomem(ctx);
	dlk_fail(ctx, DLK_ERR_SYSTEM, "write error: %s", strerror(error));
	errno = error;
	return DLK_ERR_SYSTEM;
}

enum dlk_status dlk_report_json(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out)
{
	struct writer w = { .ctx = ctx, .model = report->model, .verdict = report->verdict };
	enum dlk_status status = dlk_index_build(ctx, report->model, &w.index);
	json_t *root;

	if (status != DLK_OK)
		return status;
	root = json_object();
	fill(&w, root);
	status = w.has_failed ? dlk_nomem(ctx) : dump(ctx, root, out);
	if (root) {
		int error = errno;

		json_decref(root);
		errno = error;
	}
	return status;
}
