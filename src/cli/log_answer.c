/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console log in the place of a dump. */
#include <config.h>

#include "cli/log_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "log/build.h"
#include "log/compare.h"
#include "target/container.h"
#include "target/magic.h"

/* --- opening */

/* What came out of a pipe takes its place. */
static enum dlk_status put_back(struct dlk_ctx *ctx, int fd, const char **operand)
{
	int in;

	close(STDIN_FILENO);
	in = dup(fd);
	close(fd);
	if (in != STDIN_FILENO)
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "standard input: %s", strerror(errno));
	*operand = "-";
	return DLK_OK;
}

static enum dlk_status open_pipe(struct dlk_ctx *ctx, const char **operand, int *fd)
{
	struct dlk_container c;
	enum dlk_status status = dlk_container_open(ctx, *operand, &c);

	if (status)
		return dlk_prepend(ctx, status, "%s", *operand);
	if (dlk_container_tell(c.fd) != DLK_CONTENT_TEXT)
		return put_back(ctx, c.fd, operand);
	*fd = c.fd;
	return DLK_OK;
}

enum dlk_status dlk_log_open(struct dlk_ctx *ctx, const char **operand, int *fd)
{
	struct dlk_container c;

	*fd = -1;
	if (dlk_container_is_pipe(*operand))
		return open_pipe(ctx, operand, fd);
	if (dlk_container_look(ctx, *operand) != DLK_CONTENT_TEXT)
		return DLK_OK;
	if (dlk_container_open(ctx, *operand, &c))
		return DLK_OK;
	*fd = c.fd;
	return DLK_OK;
}

/* --- beside a dump */

static enum dlk_status read_beside(struct dlk_ctx *ctx, int fd, struct dlk_log_beside *b)
{
	const char *what;
	enum dlk_status status = dlk_log_read(ctx, fd, &b->log);

	if (!status)
		status = dlk_log_incidents_find(ctx, &b->log, &b->incidents, &b->count);
	if (status || b->count)
		return status;
	what = b->log.block_count ? NULL : dlk_magic_describe(ctx, fd, b->name, DLK_WANT_VMLINUX);
	if (what && !strstr(what, "log"))
		return dlk_fail(ctx, DLK_ERR_NOTFOUND, "%s", what);
	dlk_message(ctx, DLK_MSG_NOTICE, "%s tells of no hang", b->name);
	return DLK_OK;
}

enum dlk_status dlk_log_beside_read(struct dlk_ctx *ctx, const char *name,
				    struct dlk_log_beside *ret)
{
	struct dlk_log_beside b = { .name = name };
	struct dlk_container c;
	enum dlk_status status = dlk_container_open(ctx, name, &c);

	if (!status) {
		status = read_beside(ctx, c.fd, &b);
		close(c.fd);
	}
	if (status)
		return dlk_prepend(ctx, status, "%s", name);
	*ret = b;
	return DLK_OK;
}

enum dlk_status dlk_log_beside_compare(struct dlk_ctx *ctx, const struct dlk_log_beside *b,
				       struct dlk_answer *answer)
{
	if (!b->count)
		return DLK_OK;
	return dlk_log_compare(ctx, &b->log, &b->incidents[b->count - 1], b->name, &answer->model);
}

/* --- judging */

static enum dlk_status check_options(struct dlk_ctx *ctx, const struct dlk_options *o)
{
	if (o->capture)
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"--capture: a log has no memory that could be captured");
	return DLK_OK;
}

static enum dlk_status fail_without_hang(struct dlk_ctx *ctx, int fd, const char *name,
					 const struct dlk_log *log)
{
	const char *what = dlk_magic_describe(ctx, fd, name, DLK_WANT_DUMP);

	if (what && !log->block_count && !strstr(what, "log"))
		return dlk_fail(ctx, DLK_ERR_NOTFOUND, "%s: %s", name, what);
	return dlk_fail(ctx, DLK_ERR_NOTFOUND,
			"%s: nothing in its %" PRIu64
			" line%s tells of a hang: no deadlock can be told, "
			"and none can be ruled out; echo w >/proc/sysrq-trigger has the kernel "
			"print its blocked tasks, and d the locks held, if it has lockdep",
			name, log->line_count, log->line_count == 1 ? "" : "s");
}

static enum dlk_status judge(struct dlk_ctx *ctx, const struct dlk_log *log,
			     const struct dlk_log_incident *incident, const char *name,
			     struct dlk_answer *ret)
{
	enum dlk_status status = dlk_log_build(ctx, log, incident, name, &ret->model);

	return status ? status : dlk_judge(ctx, &ret->model, &ret->verdict);
}

static enum dlk_status judge_all(struct dlk_ctx *ctx, const struct dlk_log *log,
				 const struct dlk_log_incident *incidents, const char *name,
				 struct dlk_log_answer *a)
{
	enum dlk_status status = DLK_OK;

	a->answers = dlk_calloc(ctx, a->count, sizeof(*a->answers));
	a->incidents = dlk_calloc(ctx, a->count, sizeof(*a->incidents));
	if (!a->answers || !a->incidents)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < a->count && !status; i++) {
		a->incidents[i] = (struct dlk_incident){ .number = a->left_out + i + 1,
							 .count = a->left_out + a->count,
							 .first_line = incidents[i].first_line,
							 .last_line = incidents[i].last_line };
		status = judge(ctx, log, &incidents[i], name, &a->answers[i]);
	}
	return status;
}

enum dlk_status dlk_log_answer_find(struct dlk_ctx *ctx, const struct dlk_options *o, int fd,
				    const char *name, struct dlk_log_answer *ret)
{
	struct dlk_log_incident *incidents;
	struct dlk_log_answer a = { 0 };
	struct dlk_log log;
	enum dlk_status status = check_options(ctx, o);

	dlk_reach(ctx, DLK_STAGE_OPENED);
	if (!status)
		status = dlk_log_read(ctx, fd, &log);
	if (!status)
		status = dlk_log_incidents_find(ctx, &log, &incidents, &a.count);
	if (!status && !a.count)
		status = fail_without_hang(ctx, fd, name, &log);
	if (!status && a.count > DLK_LOG_SHOWN)
		a.left_out = a.count - DLK_LOG_SHOWN;
	a.count -= a.left_out;
	if (!status)
		status = judge_all(ctx, &log, incidents + a.left_out, name, &a);
	if (!status)
		*ret = a;
	return status;
}

enum dlk_exit dlk_log_answer_exit(const struct dlk_log_answer *a)
{
	const struct dlk_answer *worst = &a->answers[0];

	for (uint32_t i = 1; i < a->count; i++)
		if (a->answers[i].verdict.code > worst->verdict.code)
			worst = &a->answers[i];
	return dlk_answer_exit(worst);
}

/* --- writing */

static struct dlk_report *make_reports(struct dlk_ctx *ctx, const struct dlk_options *o,
				       const struct dlk_log_answer *a, bool with_colour)
{
	struct dlk_report *reports = dlk_calloc(ctx, a->count, sizeof(*reports));

	for (uint32_t i = 0; reports && i < a->count; i++) {
		reports[i] = dlk_answer_report(o, &a->answers[i], with_colour);
		reports[i].incident = a->incidents[i];
		reports[i].earlier = i ? &reports[i - 1] : NULL;
	}
	return reports;
}

static void print_title(const struct dlk_incident *incident, FILE *out)
{
	if (incident->count > 1)
		fprintf(out,
			"%sIncident %" PRIu32 " of %" PRIu32 ", lines %" PRIu32 " to %" PRIu32
			":\n",
			incident->number == incident->count ? "" : "\n", incident->number,
			incident->count, incident->first_line, incident->last_line);
}

/* One that has no such task or lock is passed over, as long as another has. */
static enum dlk_status write_texts(struct dlk_ctx *ctx, const struct dlk_report *reports,
				   uint32_t count, FILE *out)
{
	enum dlk_status status = DLK_OK;
	bool is_written = false;

	for (uint32_t i = count; i-- > 0;) {
		if (reports[i].part != DLK_PART_TASK && reports[i].part != DLK_PART_LOCK)
			print_title(&reports[i].incident, out);
		status = dlk_report_text(ctx, &reports[i], out);
		is_written |= !status;
		if (status && status != DLK_ERR_NOTFOUND)
			return status;
	}
	return is_written ? DLK_OK : status;
}

enum dlk_status dlk_log_answer_write(struct dlk_ctx *ctx, const struct dlk_options *o,
				     const struct dlk_log_answer *a, bool with_colour, FILE *out)
{
	struct dlk_report *reports = make_reports(ctx, o, a, with_colour);

	if (!reports)
		return dlk_nomem(ctx);
	switch (o->format) {
	case DLK_FORMAT_JSON:
		return dlk_report_json(ctx, &reports[a->count - 1], out);
	case DLK_FORMAT_DOT:
		return dlk_report_dot(ctx, &reports[a->count - 1], out);
	case DLK_FORMAT_TEXT:
		break;
	}
	if (a->left_out)
		dlk_message(ctx, DLK_MSG_NOTICE,
			    "the log tells of %" PRIu32
			    " more hangs before these: give a part of it to see "
			    "them",
			    a->left_out);
	return write_texts(ctx, reports, a->count, out);
}
