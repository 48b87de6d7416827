/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of the steps from blocks to a model. */
#include <config.h>

#include "log/build.h"

#include "log/graces.h"
#include "log/known.h"
#include "log/listing.h"
#include "log/lists.h"
#include "log/people.h"
#include "log/predict.h"
#include "log/sleeps.h"
#include "log/spins.h"

typedef enum dlk_status step_fn(struct dlk_log_facts *f);

static enum dlk_status gather(struct dlk_log_facts *f)
{
	static step_fn *const steps[] = { dlk_log_people_gather,   dlk_log_lists_gather,
					  dlk_log_sleeps_gather,   dlk_log_graces_gather,
					  dlk_log_spins_gather,    dlk_log_rules_apply,
					  dlk_log_unknowns_gather, dlk_log_listing_add };
	enum dlk_status status = DLK_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !status; i++)
		status = steps[i](f);
	return status;
}

/* Nobody knows from a text whether lockdep was on: only that it printed lists, or that it said it is off. */
static void judge_lockdep(struct dlk_log_facts *f)
{
	for (uint32_t i = f->first; i < f->end; i++) {
		if (f->log->blocks[i].kind == DLK_LOG_LOCKDEP_OFF) {
			f->model.lockdep.state = DLK_LOCKDEP_OFF;
			f->model.lockdep.text = "lockdep is turned off, as the log says";
			return;
		}
		if (f->log->blocks[i].kind == DLK_LOG_HELD)
			f->model.lockdep.state = DLK_LOCKDEP_ON;
	}
}

/* A text in which nobody waits for anybody shows nothing either way. */
static enum dlk_status judge_silence(struct dlk_log_facts *f, uint32_t predictions)
{
	const struct dlk_finding finding = {
		.code = DLK_FINDING_NOT_TOLD,
		.text = "nobody in the log is said to wait for anything: it shows no hang, and rules none "
			"out",
		.is_loss = true,
	};

	for (uint32_t i = 0; i < f->model.waits.len; i++)
		if (!(dlk_model_wait(&f->model, i)->evidence & DLK_EVIDENCE_ON_TOP))
			return DLK_OK;
	if (f->model.unknowns.len || predictions)
		return DLK_OK;
	return dlk_model_add_finding(&f->model, &finding);
}

/* What was dropped stood before all that was kept. */
static enum dlk_status judge_loss(struct dlk_log_facts *f)
{
	struct dlk_finding finding = { .code = DLK_FINDING_LIMIT, .is_loss = true };

	if (!f->log->dropped || f->first)
		return DLK_OK;
	finding.text =
		dlk_format(f->ctx,
			   "the log is too long to be kept: %u reports at its beginning were "
			   "dropped; give a part of it to see them",
			   f->log->dropped);
	return finding.text ? dlk_model_add_finding(&f->model, &finding) : dlk_nomem(f->ctx);
}

/* What looked like a report of a hang among those of the incident, and could not be read. */
static enum dlk_status judge_strange(struct dlk_log_facts *f,
				     const struct dlk_log_incident *incident)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->log->strange_count && !status; i++) {
		const struct dlk_log_strange *strange = &f->log->strange[i];
		struct dlk_finding finding = { .code = DLK_FINDING_UNREADABLE, .is_loss = true };

		if (strange->line < incident->first_line || strange->line > incident->last_line)
			continue;
		finding.text = dlk_format(f->ctx,
					  "line %u looks like a report of a hang, and is not "
					  "understood: %s",
					  strange->line, strange->text);
		status = finding.text ? dlk_model_add_finding(&f->model, &finding)
				      : dlk_nomem(f->ctx);
	}
	return status;
}

enum dlk_status dlk_log_build(struct dlk_ctx *ctx, const struct dlk_log *log,
			      const struct dlk_log_incident *incident, const char *name,
			      struct dlk_model *ret)
{
	struct dlk_log_facts f = {
		.ctx = ctx, .log = log, .first = incident->first, .end = incident->end
	};
	const struct dlk_prediction *predictions;
	uint32_t count;
	enum dlk_status status;

	dlk_model_builder_init(ctx, &f.model);
	status = gather(&f);
	if (status)
		return status;
	status = dlk_log_predict(&f, &predictions, &count);
	if (!status)
		status = judge_silence(&f, count);
	if (!status)
		status = judge_loss(&f);
	if (!status)
		status = judge_strange(&f, incident);
	if (status)
		return status;
	judge_lockdep(&f);
	dlk_model_finish(&f.model, ret);
	ret->predictions = predictions;
	ret->prediction_count = count;
	ret->source = (struct dlk_source){
		.target = "log",
		.name = name,
		.container = "text",
		.arch = log->arch,
		.release = incident->release ? incident->release : log->release,
	};
	return DLK_OK;
}
