/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a log and a dump say of the same tasks. */
#include <config.h>

#include "log/compare.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "log/build.h"

enum { MAX_DIFFERENCES = 16 };

struct comparison {
	struct dlk_ctx *ctx;
	const char *name;
	struct dlk_model log;
	const struct dlk_model *dump;
	struct dlk_map by_pid;   /* pid -> context of the dump */
	struct dlk_vec findings; /* of struct dlk_finding */
	uint32_t tasks, agreeing, differences;
	uint32_t first_line;
};

/* --- the dump's side */

static enum dlk_status index_dump(struct comparison *c)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < c->dump->context_count && !status; i++)
		if (c->dump->contexts[i].kind == DLK_CONTEXT_TASK && c->dump->contexts[i].pid > 0)
			status = dlk_map_put(c->ctx, &c->by_pid, (uint32_t)c->dump->contexts[i].pid,
					     i);
	return status;
}

static uint32_t find_in_dump(const struct comparison *c, const struct dlk_context *task)
{
	uint32_t i = task->pid > 0 ? dlk_map_get(&c->by_pid, (uint32_t)task->pid) : UINT32_MAX;

	if (i == UINT32_MAX ||
	    (strcmp(task->comm, "?") && strcmp(task->comm, c->dump->contexts[i].comm)))
		return DLK_NONE;
	return i;
}

static const struct dlk_wait *find_wait(const struct dlk_model *m, uint32_t context)
{
	for (uint32_t i = 0; i < m->wait_count; i++)
		if (m->waits[i].context == context && !(m->waits[i].evidence & DLK_EVIDENCE_ON_TOP))
			return &m->waits[i];
	return NULL;
}

/* Whether it waits for what is not known.  Of who is named only nothing is said. */
static bool has_unknown(const struct dlk_model *m, uint32_t context)
{
	for (uint32_t i = 0; i < m->unknown_count; i++)
		if (m->unknowns[i].context == context)
			return m->unknowns[i].why != DLK_WHY_NOT_SAID ||
			       m->contexts[context].is_uninterruptible;
	return false;
}

/* The surest holder of what a wait is for; NULL: none is known that is likely. */
static const struct dlk_hold *find_holder(const struct dlk_model *m, const struct dlk_wait *w)
{
	const struct dlk_hold *best = NULL;

	for (uint32_t i = 0; w && i < m->hold_count; i++)
		if (m->holds[i].resource == w->resource && m->holds[i].confidence >= DLK_LIKELY &&
		    (!best || m->holds[i].confidence > best->confidence))
			best = &m->holds[i];
	return best;
}

static bool holds(const struct dlk_model *m, uint32_t context, uint32_t resource)
{
	for (uint32_t i = 0; i < m->hold_count; i++)
		if (m->holds[i].context == context && m->holds[i].resource == resource)
			return true;
	return false;
}

/* --- findings */

static enum dlk_status add(struct comparison *c, enum dlk_finding_code code, const char *text)
{
	struct dlk_finding *slot = text ? dlk_vec_push(c->ctx, &c->findings) : NULL;

	if (!slot)
		return dlk_nomem(c->ctx);
	*slot = (struct dlk_finding){ .code = code, .text = text };
	return DLK_OK;
}

static enum dlk_status add_difference(struct comparison *c, const struct dlk_context *task,
				      const char *what)
{
	if (c->differences++ >= MAX_DIFFERENCES)
		return DLK_OK;
	return add(c, DLK_FINDING_LOG_DIFFERS,
		   dlk_format(c->ctx, "%s, line %" PRIu32 ": %s pid %" PRId32 " %s", c->name,
			      task->log_line, task->comm, task->pid, what));
}

/* --- one task */

static enum dlk_status compare_holders(struct comparison *c, const struct dlk_context *task,
				       const struct dlk_wait *by_log,
				       const struct dlk_wait *by_dump)
{
	const struct dlk_hold *log = find_holder(&c->log, by_log);
	const struct dlk_hold *dump = find_holder(c->dump, by_dump);
	const struct dlk_context *owner = log ? &c->log.contexts[log->context] : NULL;
	uint32_t same = owner ? find_in_dump(c, owner) : DLK_NONE;

	if (!owner || !dump || (same != DLK_NONE && holds(c->dump, same, by_dump->resource))) {
		c->agreeing++;
		return DLK_OK;
	}
	return add_difference(c, task,
			      dlk_format(c->ctx,
					 "waits for what %s pid %" PRId32
					 " holds by the log, and %s pid %" PRId32 " by the dump",
					 owner->comm, owner->pid,
					 c->dump->contexts[dump->context].comm,
					 c->dump->contexts[dump->context].pid));
}

/* Only who waits by the log says something that the dump can confirm. */
static enum dlk_status compare_task(struct comparison *c, uint32_t i)
{
	const struct dlk_context *task = &c->log.contexts[i];
	const struct dlk_wait *by_log = find_wait(&c->log, i), *by_dump;
	uint32_t same;

	if (task->kind != DLK_CONTEXT_TASK || (!by_log && !has_unknown(&c->log, i)))
		return DLK_OK;
	c->tasks++;
	if (!c->first_line || task->log_line < c->first_line)
		c->first_line = task->log_line;
	same = find_in_dump(c, task);
	if (same == DLK_NONE)
		return add_difference(c, task, "hangs by the log, and is not in the dump");
	by_dump = find_wait(c->dump, same);
	if (by_dump)
		return compare_holders(c, task, by_log, by_dump);
	if (!has_unknown(c->dump, same) && !c->dump->contexts[same].is_blocked)
		return add_difference(c, task, "hangs by the log, and does not sleep in the dump");
	c->agreeing++;
	return DLK_OK;
}

static enum dlk_status compare_all(struct comparison *c)
{
	enum dlk_status status = index_dump(c);

	for (uint32_t i = 0; i < c->log.context_count && !status; i++) {
		status = dlk_check_cancel(c->ctx);
		if (!status)
			status = compare_task(c, i);
	}
	if (status || !c->tasks)
		return status;
	return add(c, DLK_FINDING_LOG_AGREES,
		   dlk_format(c->ctx,
			      "%s, from line %" PRIu32 " on: of %" PRIu32
			      " that wait by the log %" PRIu32 " wait so by the dump",
			      c->name, c->first_line, c->tasks, c->agreeing));
}

/* A kernel of another name was another boot. */
static bool is_of_another(const struct comparison *c)
{
	const char *log = c->log.source.release, *dump = c->dump->source.release;

	return log && dump && strcmp(log, dump);
}

static enum dlk_status append(struct comparison *c, struct dlk_model *model)
{
	struct dlk_finding *all = dlk_calloc(c->ctx, (size_t)model->finding_count + c->findings.len,
					     sizeof(*all));

	if (!all)
		return dlk_nomem(c->ctx);
	if (model->finding_count)
		memcpy(all, model->findings, model->finding_count * sizeof(*all));
	if (c->findings.len)
		memcpy(all + model->finding_count, c->findings.data,
		       c->findings.len * sizeof(*all));
	model->findings = all;
	model->finding_count += c->findings.len;
	return DLK_OK;
}

enum dlk_status dlk_log_compare(struct dlk_ctx *ctx, const struct dlk_log *log,
				const struct dlk_log_incident *incident, const char *name,
				struct dlk_model *model)
{
	struct comparison c = { .ctx = ctx,
				.name = name,
				.dump = model,
				.findings = DLK_VEC_INIT(struct dlk_finding) };
	enum dlk_status status = dlk_log_build(ctx, log, incident, name, &c.log);

	if (status)
		return status;
	if (is_of_another(&c))
		status = add(&c, DLK_FINDING_LOG_DIFFERS,
			     dlk_format(ctx, "%s is of Linux %s, and the dump of %s: not compared",
					name, c.log.source.release, model->source.release));
	else
		status = compare_all(&c);
	return status ? status : append(&c, model);
}
