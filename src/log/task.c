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

/* SHOWN: by /proc, crash or drgn, which have no header, or one of their own */
enum step { HUNG, HEADED, SHOWN };

enum { MAX_ASKED = 64, NEAR = 4 };

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
	draft->has_trace = step != HUNG;
}

/* crash shows no states; but it can be asked for those in one. */
static void open_crash(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		       const struct dlk_log_record *record, struct dlk_log_task *task)
{
	if (reader->crash_state)
		task->state = reader->crash_state;
	open_task(reader, draft, record, task, SHOWN);
}

static struct dlk_log_asked nobody_asked(void)
{
	return (struct dlk_log_asked){ .pid = DLK_LOG_NO_NUMBER };
}

/* A stack without a header: whose it is has been said by the command that shows it, if at all. */
static bool begin_shown(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const struct dlk_log_record *record)
{
	struct dlk_log_task task = dlk_log_header_none();
	enum dlk_log_frame_form form;
	struct dlk_log_frame frame;
	const char *from;
	uint32_t number;

	if (record->text[0] != '[' && record->text[0] != '#')
		return false;
	form = dlk_log_frame_read(&reader->keep, record->text, &frame, &number, &from);
	if (form != DLK_LOG_FRAME_PROC && form != DLK_LOG_FRAME_DRGN &&
	    (form != DLK_LOG_FRAME_PRINTED || !reader->asked.is_proc))
		return false;
	task.who.pid = reader->asked.pid;
	if (reader->asked.comm[0])
		task.who.comm = dlk_log_keep_string(&reader->keep, reader->asked.comm,
						    strlen(reader->asked.comm));
	reader->asked = nobody_asked();
	open_task(reader, draft, record, &task, SHOWN);
	return dlk_log_trace_take(&draft->trace, record);
}

/* "Task dump for CPU 3:": of which CPU the next header is */
static bool take_dump(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		      const struct dlk_log_record *record)
{
	const char *p = record->text;

	if (!dlk_scan_text(&p, "Task dump for CPU ") || !dlk_scan_int(&p, &reader->dumped_cpu))
		return false;
	reader->dumped_line = record->line;
	dlk_log_draft_close(reader, draft);
	return true;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_task task = dlk_log_header_none();

	if (take_dump(reader, draft, record))
		return true;
	if (reader->dumped_line && record->line - reader->dumped_line <= NEAR)
		task.cpu = reader->dumped_cpu;
	if (read_hung(&reader->keep, record->text, &task))
		open_task(reader, draft, record, &task, HUNG);
	else if (dlk_log_header_read(&reader->keep, record->text, &task))
		open_task(reader, draft, record, &task, HEADED);
	else if (dlk_log_header_read_crash(&reader->keep, record->text, &task))
		open_crash(reader, draft, record, &task);
	else
		return begin_shown(reader, draft, record);
	return true;
}

/* The first frame, and one of another tool, are another stack's. */
static bool begins_other(struct dlk_log_reader *reader, const struct dlk_log_trace *trace,
			 const char *text)
{
	struct dlk_log_frame frame;
	const char *from;
	uint32_t number;
	enum dlk_log_frame_form form = dlk_log_frame_read(&reader->keep, text, &frame, &number,
							  &from);

	if (form == DLK_LOG_NO_FRAME || !dlk_log_trace_count(trace))
		return false;
	return form != trace->form || (*text == '#' && !number && trace->number);
}

/* crash may print what is on the stack between the frames. */
static bool is_in_one_piece(const struct dlk_log_trace *trace)
{
	return trace->form == DLK_LOG_FRAME_PROC || trace->form == DLK_LOG_FRAME_DRGN;
}

static bool more_shown(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		       const struct dlk_log_record *record)
{
	struct dlk_log_trace *trace = &draft->trace;
	uint32_t count = dlk_log_trace_count(trace);

	if (begins_other(reader, trace, record->text))
		return false;
	if (dlk_log_trace_take(trace, record))
		return true;
	if (count && is_in_one_piece(trace))
		dlk_log_draft_close(reader, draft);
	return false;
}

/* What follows is not of the stack that is shown. */
static void pause_shown(struct dlk_log_reader *reader, bool is_in_one_piece_only)
{
	struct dlk_log_draft *draft = reader->stream ? &reader->stream->draft : NULL;

	if (draft && draft->family == &dlk_log_tasks && draft->step == SHOWN &&
	    (!is_in_one_piece_only || is_in_one_piece(&draft->trace)))
		dlk_log_draft_close(reader, draft);
}

void dlk_log_tasks_pause(struct dlk_log_reader *reader)
{
	pause_shown(reader, true);
}

static bool take_header(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const char *text)
{
	struct dlk_log_task task = dlk_log_header_none(), *mine = &draft->block.task;

	if (draft->step != HUNG || dlk_log_trace_count(&draft->trace) ||
	    !dlk_log_header_read(&reader->keep, text, &task) || task.who.pid != mine->who.pid)
		return false;
	task.hung_s = mine->hung_s;
	*mine = task;
	draft->step = HEADED;
	draft->has_trace = true;
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

	if (draft->step == SHOWN)
		return more_shown(reader, draft, record);
	/* Another CPU dumps something at the same time: which of two traces is whose cannot be told. */
	if (!strncmp(text, "Hardware name: ", 15)) {
		draft->trace.is_ended = draft->trace.is_cut = true;
		return false;
	}
	if (dlk_log_is_trace_heading(text)) {
		if (dlk_log_trace_count(&draft->trace) || draft->trace.is_ended)
			return false;
		draft->has_trace = true;
		return true;
	}
	return take_header(reader, draft, text) || take_work(reader, &draft->block.task, text) ||
	       take_ip(reader, draft, record) || dlk_log_trace_take(&draft->trace, record);
}

/* The kernel prints equal stacks once, and then whose it was. */
static void expand(struct dlk_log_reader *reader, struct dlk_log_task *task)
{
	struct dlk_log_seen *seen = reader->seen;

	for (unsigned i = 0; i < DLK_LOG_SEEN; i++)
		if (seen[i].count && seen[i].pid == task->stack.same_as && !task->stack.count) {
			task->stack.frames = seen[i].frames;
			task->stack.count = seen[i].count;
		}
	if (task->stack.count && task->who.pid != DLK_LOG_NO_NUMBER)
		seen[reader->seen_count++ % DLK_LOG_SEEN] = (struct dlk_log_seen){
			task->who.pid, task->stack.count, task->stack.frames
		};
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	draft->block.task.stack = dlk_log_draft_stack(reader, draft);
	expand(reader, &draft->block.task);
	return true;
}

/* "1234", "PID 1234:", "1234 (cat)", "==> /proc/1234/stack <==", "prog.stack_trace(1234)", "cat /proc/1234/task/1240/stack" */
void dlk_log_tasks_note(struct dlk_log_reader *reader, const char *text)
{
	struct dlk_log_asked asked = nobody_asked();
	const char *p = text, *end;

	reader->asked = asked;
	if (!strncmp(text, "foreach ", 8) || !strncmp(text, "bt", 2))
		reader->crash_state = strncmp(text, "foreach UN", 10) ? '?' : 'D';
	if (dlk_scan_to(&p, "/proc/") && strstr(p, "/stack")) {
		end = strstr(p, "/task/");
		p = end ? end + 6 : p;
		asked.is_proc = true;
		pause_shown(reader, false);
	} else if (p = text, !dlk_scan_to(&p, "stack_trace(")) {
		if (strlen(text) > MAX_ASKED)
			return;
		while (*p && !dlk_is_digit(*p) && p - text < 8)
			p++;
	}
	if (!dlk_scan_int(&p, &asked.pid) || (*p && !strchr(" :)/,\t", *p)))
		return;
	p = dlk_skip_blanks(p + (*p == ':'));
	end = *p == '(' ? strchr(p, ')') : NULL;
	if (end && (size_t)(end - p) <= sizeof(asked.comm))
		memcpy(asked.comm, p + 1, (size_t)(end - p - 1));
	reader->asked = asked;
}

const struct dlk_log_family dlk_log_tasks = { begin, more, end };
