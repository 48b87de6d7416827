/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/graph/ and src/report/: a model made of the input (model.h) is judged and reported in every way.  What comes out
 * is JSON, DOT, or lines of printable ASCII.
 */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "deadlock/report.h"
#include "model.h"

typedef enum dlk_status report_fn(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out);

/* The report as a string, to be freed; NULL if there is none. */
static char *run(struct dlk_ctx *ctx, report_fn *fn, const struct dlk_report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	enum dlk_status status;

	if (!out)
		return NULL;
	status = fn(ctx, report, out);
	fclose(out);
	if (status) {
		FUZZ_CLAIM(status == DLK_ERR_NOTFOUND || status == DLK_ERR_NOMEM);
		free(text);
		return NULL;
	}
	FUZZ_CLAIM(strlen(text) == size);
	return text;
}

/* No raw control character, and no byte of which a terminal might make one. */
static void check_printable(const char *text, const char *besides)
{
	for (; *text; text++)
		FUZZ_CLAIM((*text >= ' ' && *text <= '~') || strchr(besides, *text));
}

static void check_json(struct dlk_ctx *ctx, const struct dlk_report *report)
{
	char *text = run(ctx, dlk_report_json, report);
	json_t *json = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	FUZZ_CLAIM(!text || json_is_object(json));
	if (text)
		check_printable(text, "\n");
	json_decref(json);
	free(text);
}

/* Quotes are closed; outside of them brackets are, in turn. */
static void check_dot(struct dlk_ctx *ctx, const struct dlk_report *report)
{
	char *text = run(ctx, dlk_report_dot, report);
	char open[4] = "";
	size_t depth = 0;
	bool is_quoted = false;

	for (const char *c = text ? text : ""; *c; c++) {
		if (is_quoted && *c == '\\') {
			c++;
			FUZZ_CLAIM(*c);
		} else if (*c == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && strchr("{[", *c)) {
			FUZZ_CLAIM(depth < sizeof(open));
			open[depth++] = *c;
		} else if (!is_quoted && strchr("}]", *c)) {
			FUZZ_CLAIM(depth && open[--depth] == (*c == '}' ? '{' : '['));
		}
		FUZZ_CLAIM(!is_quoted || *c != '\n');
	}
	FUZZ_CLAIM(!is_quoted && !depth);
	if (text)
		check_printable(text, "\n\t");
	free(text);
}

/* Without colour; with it, an escape begins a colour and nothing else. */
static void check_text(struct dlk_ctx *ctx, struct dlk_report report)
{
	static const char *const colours[] = { "\033[0m", "\033[1m", "\033[1;31m", "\033[1;33m",
					       "\033[1;32m" };
	char *text = run(ctx, dlk_report_text, &report), *at;

	if (!text)
		return;
	for (at = text; report.with_colour && (at = strchr(at, '\033'));) {
		bool is_colour = false;

		for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
			is_colour |= !strncmp(at, colours[i], strlen(colours[i]));
		FUZZ_CLAIM(is_colour);
		*at = ' ';
	}
	check_printable(text, "\n");
	free(text);
}

static void check_parts(struct dlk_ctx *ctx, struct dlk_report report)
{
	const struct dlk_model *m = report.model;

	for (unsigned part = DLK_PART_SUMMARY; part <= DLK_PART_LOCK; part++) {
		report.part = part;
		if (part == DLK_PART_TASK && m->context_count)
			report.subject = m->contexts[0].task;
		if (part == DLK_PART_LOCK && m->resource_count)
			report.subject = m->resources[0].address;
		check_text(ctx, report);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_report report = { .part = DLK_PART_SUMMARY };
	struct dlk_verdict verdict;
	struct dlk_ctx ctx;

	if (!size)
		return 0;
	report.with_stacks = data[0] & 1;
	report.with_evidence = data[0] & 2;
	report.with_colour = data[0] & 4;
	dlk_ctx_init(&ctx);
	report.model = fuzz_model(&ctx, data + 1, size - 1);
	if (report.model && !dlk_judge(&ctx, report.model, &verdict)) {
		report.verdict = &verdict;
		check_json(&ctx, &report);
		check_dot(&ctx, &report);
		check_parts(&ctx, report);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
