/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts and verdict as lines of words, and their comparison with what an image expects. */
#include <config.h>

#include "expect.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "image.h"
#include "locks/kind.h"

struct describer {
	const struct dlk_fake_image *image;
	struct dlk_ctx *ctx;
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	struct dlk_vec lines; /* of const char * */
	bool is_short;        /* memory ran out */
};

static void add(struct describer *d, const char *fmt, ...) DLK_PRINTF(2, 3);
static void add(struct describer *d, const char *fmt, ...)
{
	const char **slot = dlk_vec_push(d->ctx, &d->lines);
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = dlk_strdup(d->ctx, text);
	d->is_short |= !slot || !*slot;
}

/* An object of the image by its address; else the address. */
static const char *object_at(struct describer *d, dlk_addr_t address)
{
	const char *text;

	for (uint32_t i = 0; i < d->image->objects.len; i++) {
		const struct dlk_fake_object *o = DLK_VEC_AT(&d->image->objects,
							     const struct dlk_fake_object, i);

		if (o->address == address)
			return o->name;
	}
	text = dlk_format(d->ctx, "%#llx", (unsigned long long)address);
	return text ? text : "";
}

static const char *task_name(struct describer *d, uint32_t context)
{
	return context == DLK_NONE ? "nobody" : object_at(d, d->model->contexts[context].task);
}

static const char *resource_name(struct describer *d, uint32_t resource)
{
	const struct dlk_resource *r = &d->model->resources[resource];
	const char *object = object_at(d, r->address);
	const char *text = r->part ? dlk_format(d->ctx, "%s:%s:%u", dlk_kind_text(r->kind), object,
						r->part - 1)
				   : dlk_format(d->ctx, "%s:%s", dlk_kind_text(r->kind), object);

	return text ? text : "";
}

static void describe_waits(struct describer *d)
{
	for (uint32_t i = 0; i < d->model->wait_count; i++) {
		const struct dlk_wait *w = &d->model->waits[i];
		const char *task = task_name(d, w->context);
		char position[16] = "-";

		if (w->position != DLK_NONE)
			snprintf(position, sizeof(position), "%u", w->position);
		add(d, "wait %s %s %s %s %s", task, resource_name(d, w->resource),
		    dlk_mode_text(w->mode), dlk_confidence_text(w->confidence), position);
		if (w->at)
			add(d, "at %s %.*s", task, (int)strcspn(w->at, "+"), w->at);
	}
}

static void describe_holds(struct describer *d)
{
	for (uint32_t i = 0; i < d->model->hold_count; i++) {
		const struct dlk_hold *h = &d->model->holds[i];

		add(d, "hold %s %s %s %s %s%s", task_name(d, h->context),
		    resource_name(d, h->resource), dlk_mode_text(h->mode),
		    dlk_evidence_text(h->evidence), dlk_confidence_text(h->confidence),
		    dlk_evidence_is_confirmed(h->evidence) ? " confirmed" : "");
	}
}

static void describe_resources(struct describer *d)
{
	for (uint32_t i = 0; i < d->model->resource_count; i++) {
		const struct dlk_resource *r = &d->model->resources[i];
		const char *name = resource_name(d, i);

		if (r->holders_unknown) {
			add(d, "unknown %s", name);
			add(d, "why %s %s", name, r->holders_unknown);
		}
		if (r->name)
			add(d, "name %s %s", name, r->name);
		if (r->state)
			add(d, "state %s %s", name, r->state);
	}
}

static void describe_unknowns(struct describer *d)
{
	for (uint32_t i = 0; i < d->model->unknown_count; i++) {
		const struct dlk_unknown *u = &d->model->unknowns[i];

		add(d, "not-understood %s %s %s", task_name(d, u->context), dlk_why_text(u->why),
		    u->function ? u->function : "-");
		if (u->what)
			add(d, "what %s %s", task_name(d, u->context), u->what);
	}
}

static void describe_sleeps(struct describer *d)
{
	for (uint32_t i = 0; i < d->model->context_count; i++) {
		const struct dlk_context *c = &d->model->contexts[i];

		if (c->purpose)
			add(d, "sleeps %s %s%s", task_name(d, i), dlk_purpose_text(c->purpose),
			    c->is_waiting_idly ? " idly" : "");
		if (c->sleeps_on)
			add(d, "on %s %s", task_name(d, i), c->sleeps_on);
	}
}

static void describe_lockdep(struct describer *d)
{
	add(d, "lockdep %s", dlk_lockdep_text(d->model->lockdep.state));
	for (uint32_t i = 0; i < d->model->held_count; i++) {
		const struct dlk_held *h = &d->model->held[i];

		add(d, "held %s %s %s%s%s%s", task_name(d, h->context),
		    d->model->classes[h->class].name, h->is_read ? "read" : "write",
		    h->is_recursive ? " recursive" : "", h->is_waited_for ? " waited" : "",
		    h->is_stale ? " stale" : "");
	}
}

/* Each code once, however many findings there are of it. */
static void describe_findings(struct describer *d)
{
	bool is_complete = true;

	for (enum dlk_finding_code code = 0; code < DLK_FINDING_COUNT; code++) {
		uint32_t count = 0;

		for (uint32_t i = 0; i < d->model->finding_count; i++)
			count += d->model->findings[i].code == code;
		if (count)
			add(d, "finding %s", dlk_finding_text(code));
	}
	for (uint32_t i = 0; i < d->model->finding_count; i++)
		is_complete &= !d->model->findings[i].is_loss;
	add(d, "complete %s", is_complete ? "yes" : "no");
	for (uint32_t i = 0; i < d->model->offline_count; i++)
		add(d, "offline %u", d->model->offline[i]);
}

static void describe_verdict(struct describer *d)
{
	const struct dlk_verdict *v = d->verdict;

	add(d, "verdict %s", dlk_verdict_text(v->code));
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *c = &v->cycles[i];
		struct dlk_strbuf sb = { .ctx = d->ctx };

		for (uint32_t s = 0; s < c->step_count; s++)
			dlk_strbuf_printf(&sb, " %s",
					  task_name(d, d->model->waits[c->steps[s].wait].context));
		add(d, "cycle %s%s", dlk_confidence_text(c->confidence), dlk_strbuf_text(&sb));
	}
	for (uint32_t i = 0; i < v->leak_count; i++)
		add(d, "leak %s %s %s %u", resource_name(d, v->leaks[i].resource),
		    dlk_confidence_text(v->leaks[i].confidence), task_name(d, v->leaks[i].owner),
		    v->leaks[i].behind);
	for (uint32_t i = 0; i < v->root_count; i++)
		add(d, "root %s %s %u", task_name(d, v->roots[i].context),
		    resource_name(d, v->roots[i].resource), v->roots[i].behind);
	for (uint32_t i = 0; i < d->model->context_count; i++)
		if (v->roles[i] != DLK_ROLE_NONE)
			add(d, "role %s %s", task_name(d, i), dlk_role_text(v->roles[i]));
	add(d, "tasks %u", d->model->context_count);
}

enum dlk_status dlk_fake_describe(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
				  const struct dlk_model *model, const struct dlk_verdict *verdict,
				  struct dlk_fake_lines *ret)
{
	struct describer d = { .image = image,
			       .ctx = ctx,
			       .model = model,
			       .verdict = verdict,
			       .lines = DLK_VEC_INIT(const char *) };

	describe_verdict(&d);
	describe_findings(&d);
	describe_waits(&d);
	describe_holds(&d);
	describe_resources(&d);
	describe_unknowns(&d);
	describe_lockdep(&d);
	describe_sleeps(&d);
	if (d.is_short)
		return dlk_nomem(ctx);
	*ret = (struct dlk_fake_lines){ d.lines.data, d.lines.len };
	return DLK_OK;
}

static const struct dlk_fake_expect *expect_at(const struct dlk_fake_image *image, uint32_t index)
{
	return DLK_VEC_AT(&image->expects, const struct dlk_fake_expect, index);
}

/* " mutex:": a line is about a resource of the kind. */
static bool is_about(const char *line, enum dlk_kind kind)
{
	char word[32];

	snprintf(word, sizeof(word), " %s:", dlk_kind_text(kind));
	return strstr(line, word);
}

/* A kind whose waiter struct does not say itself what it is: the function's frame that it stands in does. */
static bool is_found_by_frames(const struct dlk_fake_image *image, const char *line)
{
	for (uint32_t i = 0; i < image->expects.len; i++) {
		const char *text = expect_at(image, i)->text;
		char word[32];

		if (strncmp(text, "framed ", 7) != 0)
			continue;
		snprintf(word, sizeof(word), strchr(text, ':') ? " %s " : " %s:", text + 7);
		if (strstr(line, word))
			return true;
	}
	for (unsigned i = 0; i < DLK_KIND_COUNT; i++) {
		const struct dlk_waiter *waiter = dlk_lock_kinds[i] ? dlk_lock_kinds[i]->waiter
								    : NULL;

		if (waiter && waiter->functions && is_about(line, (enum dlk_kind)i))
			return true;
	}
	return false;
}

static bool is_by_lockdep(const char *line)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", dlk_evidence_text(DLK_EVIDENCE_LOCKDEP));
	return strstr(line, word) || strstr(line, " confirmed");
}

/* Does an edge's confidence rest on the frames? */
static bool is_edge_by_frames(const struct dlk_fake_image *image, const char *line)
{
	bool is_edge = !strncmp(line, "wait ", 5) || !strncmp(line, "leak ", 5) ||
		       (!strncmp(line, "hold ", 5) && !is_by_lockdep(line));

	return is_edge && is_found_by_frames(image, line);
}

/* A cycle is as good as its weakest edge. */
static bool is_by_frames(const struct dlk_fake_image *image, const char *line)
{
	if (strncmp(line, "cycle ", 6) != 0)
		return is_edge_by_frames(image, line);
	for (uint32_t i = 0; i < image->expects.len; i++)
		if (is_edge_by_frames(image, expect_at(image, i)->text))
			return true;
	return false;
}

/*
 * Frames found by scanning are not reliable: what is certain by them is only likely then.  What lockdep
 * lists or confirms rests on no frame.
 */
static const char *weaken(const struct dlk_fake_image *image, struct dlk_ctx *ctx, const char *line)
{
	const char *at = strstr(line, " certain");

	if (!at || !is_by_frames(image, line))
		return line;
	return dlk_format(ctx, "%.*s likely%s", (int)(at - line), line, at + strlen(" certain"));
}

enum dlk_status dlk_fake_expected(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
				  bool is_unwound, struct dlk_fake_lines *ret)
{
	struct dlk_fake_lines lines = { .count = image->expects.len };
	bool is_recorded = false;

	for (uint32_t i = 0; i < lines.count; i++)
		is_recorded |= !strcmp(expect_at(image, i)->text, "recorded yes");
	lines.lines = dlk_calloc(ctx, lines.count, sizeof(*lines.lines));
	if (!lines.lines)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < lines.count; i++) {
		const char *line = expect_at(image, i)->text;

		lines.lines[i] = is_unwound || is_recorded ? line : weaken(image, ctx, line);
		if (!lines.lines[i])
			return dlk_nomem(ctx);
	}
	*ret = lines;
	return DLK_OK;
}

static uint32_t count_line(const struct dlk_fake_lines *lines, const char *line)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < lines->count; i++)
		count += !strcmp(lines->lines[i], line);
	return count;
}

bool dlk_fake_has_line(const struct dlk_fake_lines *lines, const char *line)
{
	return count_line(lines, line) > 0;
}

bool dlk_fake_has_prefix(const struct dlk_fake_lines *lines, const char *prefix)
{
	for (uint32_t i = 0; i < lines->count; i++)
		if (!strncmp(lines->lines[i], prefix, strlen(prefix)))
			return true;
	return false;
}

/* Of which kinds of lines each must be expected? */
static bool is_strict(const struct dlk_fake_lines *expected, const char *line, bool is_guessed)
{
	static const char *const always[] = { "verdict ", "complete ", "cycle ",   "wait ",
					      "hold ",    "unknown ",  "finding ", "leak " };
	static const char *const if_any[] = { "role ", "root ", "held ", "on " };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!strncmp(line, always[i], strlen(always[i])))
			return true;
	/* A guess may be right, but is none to rely on: what is harmless by it is not understood. */
	if (!strncmp(line, "not-understood ", 15))
		return !is_guessed;
	for (size_t i = 0; i < sizeof(if_any) / sizeof(if_any[0]); i++)
		if (!strncmp(line, if_any[i], strlen(if_any[i])))
			return dlk_fake_has_prefix(expected, if_any[i]);
	return false;
}

/* "no cycle": what is not expected must not be there anyway.  "recorded yes", "framed KIND" tell what is expected. */
static bool is_for_reader(const char *line)
{
	return !strncmp(line, "no ", 3) || !strcmp(line, "recorded yes") ||
	       !strncmp(line, "framed ", 7);
}

/* Where stacks are scanned no frame is reliable, and "at" and "sleeps" are not said; nor a function that is not known to wait. */
static bool is_wanted(const char *line, bool is_unwound)
{
	return !is_for_reader(line) &&
	       (is_unwound || (strncmp(line, "at ", 3) && strncmp(line, "sleeps ", 7) &&
			       !strstr(line, " not-known ") && !strstr(line, " that sleep in ")));
}

/* What an image expects, where its stacks had to be guessed. */
static void expect_guesses(struct dlk_fake_lines *expected)
{
	static const char *const changes[][2] = {
		{ "complete yes", "complete no" },
		{ "verdict no-deadlock", "verdict unknown" },
	};

	for (uint32_t i = 0; i < expected->count; i++)
		for (size_t k = 0; k < sizeof(changes) / sizeof(changes[0]); k++)
			if (!strcmp(expected->lines[i], changes[k][0]))
				expected->lines[i] = changes[k][1];
}

unsigned dlk_fake_check(const struct dlk_fake_image *image, struct dlk_ctx *ctx,
			const struct dlk_fake_lines *found, bool is_unwound)
{
	static const char guessed[] = "finding unsupported";
	bool is_guessed = !is_unwound && dlk_fake_has_line(found, guessed);
	struct dlk_fake_lines expected;
	unsigned wrong = 0;

	if (dlk_fake_expected(image, ctx, is_unwound, &expected))
		return 1;
	if (is_guessed)
		expect_guesses(&expected);
	for (uint32_t i = 0; i < expected.count; i++) {
		const char *line = expected.lines[i];

		if (!is_wanted(line, is_unwound) ||
		    count_line(found, line) >= count_line(&expected, line))
			continue;
		wrong++;
		fprintf(stderr, "%s:%u: expected, not found: %s\n", image->path,
			expect_at(image, i)->line, line);
	}
	for (uint32_t i = 0; i < found->count; i++) {
		const char *line = found->lines[i];

		if (!is_strict(&expected, line, is_guessed) ||
		    (is_guessed && !strcmp(line, guessed)) ||
		    count_line(found, line) <= count_line(&expected, line))
			continue;
		wrong++;
		fprintf(stderr, "%s: found, not expected: %s\n", image->path, line);
	}
	return wrong;
}
