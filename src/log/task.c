/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks: one that is reported to hang, or whose state is shown, and its stack.
 *
 * The watchdog's line and the header that follows are of one block, if they name the same task; either may be missing.
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/header.h"
#include "log/ip.h"
#include "log/scan.h"
#include "log/who.h"

enum step { HUNG, HEADED, SHOWN };

/* "INFO: task NAME:PID blocked for more than 143 seconds.", "... blocked in I/O wait for more than", ... */
static bool read_hung(struct dlk_log_keep *keep, const char *text, struct dlk_log_task *task)
{
	const char *p = text;

	if (!dlk_scan_text(&p, "INFO: task ") || !dlk_log_who_scan(keep, &p, &task->who))
		return false;
	if (!dlk_scan_to(&p, " for more than ") || !dlk_scan_number(&p, &task->hung_s))
		return false;
	p = dlk_skip_blanks(p);
	return dlk_scan_text(&p, "second");
}

static void open_task(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		      const struct dlk_log_record *record, const struct dlk_log_task *task,
		      enum step step)
{
	dlk_log_draft_open(reader, draft, &dlk_log_tasks, DLK_LOG_TASK, record);
	draft->block.task = *task;
	draft->step = step;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_task task = dlk_log_header_none();

	if (read_hung(&reader->keep, record->text, &task))
		open_task(reader, draft, record, &task, HUNG);
	else if (dlk_log_header_read(&reader->keep, record->text, &task) ||
		 dlk_log_header_read_crash(&reader->keep, record->text, &task))
		open_task(reader, draft, record, &task, HEADED);
	else
		return false;
	return true;
}

static bool take_header(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const char *text)
{
	struct dlk_log_task task = dlk_log_header_none(), *mine = &draft->block.task;

	if (draft->step != HUNG || draft->has_trace ||
	    !dlk_log_header_read(&reader->keep, text, &task) || task.who.pid != mine->who.pid)
		return false;
	task.hung_s = mine->hung_s;
	*mine = task;
	draft->step = HEADED;
	return true;
}

/* "Workqueue: events_unbound flush_to_ldisc" */
static bool take_work(struct dlk_log_reader *reader, struct dlk_log_task *task, const char *text)
{
	const char *p = text, *end;

	if (!dlk_scan_text(&p, "Workqueue: "))
		return false;
	end = dlk_skip_word(p);
	task->workqueue = dlk_log_keep_string(&reader->keep, p, (size_t)(end - p));
	p = dlk_skip_blanks(end);
	end = dlk_skip_word(p);
	if (end > p)
		task->work = dlk_log_keep_string(&reader->keep, p, (size_t)(end - p));
	return true;
}

/* Where an interrupt or a fault came in, in the middle of a stack: that function is called by the next one. */
static bool take_ip(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		    const struct dlk_log_record *record)
{
	struct dlk_log_frame frame;
	enum dlk_log_ip ip = dlk_log_ip_read(&reader->keep, record->text, &frame);

	if (ip == DLK_LOG_IP_KERNEL && dlk_log_trace_count(&draft->trace) &&
	    !draft->trace.is_ended) {
		frame.line = record->line;
		dlk_log_trace_add(&draft->trace, &frame);
	}
	return ip != DLK_LOG_NO_IP;
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	const char *text = record->text;

	if (dlk_log_is_trace_heading(text)) {
		if (dlk_log_trace_count(&draft->trace))
			return false;
		draft->has_trace = true;
		return true;
	}
	return take_header(reader, draft, text) || take_work(reader, &draft->block.task, text) ||
	       take_ip(reader, draft, record) || dlk_log_trace_take(&draft->trace, record);
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	(void)reader;
	draft->block.task.stack = dlk_log_trace_keep(&draft->trace);
	return true;
}

const struct dlk_log_family dlk_log_tasks = { begin, more, end };
