/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU stalls: grace periods that do not end, and by what they are held up.
 *
 *	rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
 *	rcu: 	1-...!: (0 ticks this GP) idle=1234/1/0x4000000000000000 softirq=12/34 fqs=0
 *	rcu: 	Tasks blocked on level-0 rcu_node (CPUs 0-1): P664/1:b..l P643
 *	rcu: 	(detected by 0, t=5003 jiffies, g=1717, q=9 ncpus=2)
 *	rcu: rcu_preempt kthread starved for 5003 jiffies! g1717 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1
 *	INFO: rcu_sched detected stalls on CPUs/tasks: { 0 2} (detected by 1, t=5002 jiffies)      before 3.15
 *	rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D P123 } 21 jiffies s: 5 root: 0x2/.
 *	INFO: rcu_tasks detected stalls on tasks:
 *	ffff888012345678: .N nvcsw: 1/1 holdout: 1 idle_cpu: -1/2        its header, with the pid, follows
 *
 * Its lines are in no order with what others print meanwhile, and the kthread's are the last ones.  So a stall stays open
 * until the next one.
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/header.h"
#include "log/scan.h"
#include "log/who.h"

enum { MAX_MEMBERS = 512 };

/* step: a holdout was named by its address alone, and its header follows */
enum step { LISTING, HEADER_FOLLOWS };

static void add(struct dlk_log_reader *reader, struct dlk_vec *vec, int32_t number)
{
	int32_t *item;

	if (vec->len >= MAX_MEMBERS)
		return;
	for (uint32_t i = 0; i < vec->len; i++)
		if (*DLK_VEC_AT(vec, int32_t, i) == number)
			return;
	item = dlk_log_draft_push(reader, vec, MAX_MEMBERS);
	if (item)
		*item = number;
}

/* "P664/1:b..l P643", "{ 1-...D P123 }", "{ 0 2}": CPUs and tasks, up to what is neither */
static void read_members(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *at)
{
	for (;;) {
		bool is_task;
		int32_t number;

		at = dlk_skip_blanks(at);
		is_task = *at == 'P';
		at += is_task;
		if (!dlk_scan_int(&at, &number))
			return;
		add(reader, is_task ? &draft->pids : &draft->cpus, number);
		while (*at && *at != ' ' && *at != '}')
			at++;
	}
}

/* "(detected by 0, t=5003 jiffies" */
static void read_detector(struct dlk_log_stall *stall, const char *text)
{
	if (dlk_scan_to(&text, "(detected by "))
		(void)dlk_scan_int(&text, &stall->detector);
}

static bool read_heading(struct dlk_log_keep *keep, const char *text, struct dlk_log_stall *stall)
{
	const char *p = text, *end;

	(void)dlk_scan_text(&p, "rcu: ");
	if (!dlk_scan_text(&p, "INFO: "))
		return false;
	end = dlk_skip_word(p);
	stall->flavour = dlk_log_keep_string(keep, p, (size_t)(end - p));
	if (strncmp(p, "rcu", 3) || *end != ' ')
		return false;
	p = end + 1;
	stall->is_self = dlk_scan_text(&p, "self-detected stall on CPU");
	stall->is_expedited = dlk_scan_text(&p, "detected expedited stalls on CPUs/tasks:");
	return stall->is_self || stall->is_expedited ||
	       dlk_scan_text(&p, "detected stalls on CPUs/tasks:") ||
	       dlk_scan_text(&p, "detected stalls on tasks:");
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_stall stall = { .detector = DLK_LOG_NO_NUMBER };
	const char *p = record->text;

	if (!read_heading(&reader->keep, record->text, &stall))
		return false;
	stall.detector = dlk_log_cpu_of(record->caller);
	read_detector(&stall, p);
	dlk_log_draft_close(reader, draft);
	draft = &reader->stall;
	dlk_log_draft_open(reader, draft, &dlk_log_stalls, DLK_LOG_STALL, record);
	draft->block.stall = stall;
	if (dlk_scan_to(&p, "{"))
		read_members(reader, draft, p);
	return true;
}

/* "0-...!: (2099 ticks this GP)", "0: (5 GPs behind)" */
static bool take_cpu(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	const char *p = text;
	int32_t cpu;

	if (!dlk_scan_int(&p, &cpu))
		return false;
	if (*p == '-')
		while (*p && strchr("-.!?oODNn0123456789", *p))
			p++;
	if (p[0] != ':' || p[1] != ' ' || p[2] != '(')
		return false;
	add(reader, &draft->cpus, cpu);
	return true;
}

static bool take_tasks(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	const char *p = text;

	if (dlk_scan_text(&p, "Tasks blocked on level-")) {
		if (dlk_scan_to(&p, "): "))
			read_members(reader, draft, p);
		return true;
	}
	/* A holdout of RCU tasks trace: "P1234: .... nesting: 1 cpu: 0" */
	if (*p == 'P' && strstr(p, " nesting: ")) {
		int32_t pid;

		p++;
		if (dlk_scan_int(&p, &pid) && *p == ':')
			add(reader, &draft->pids, pid);
		return true;
	}
	if (!strstr(text, " nvcsw: ") || !strstr(text, " holdout: "))
		return false;
	draft->step = HEADER_FOLLOWS;
	return true;
}

/* Where the text itself does not say which CPU it is. */
static void note_self(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	const char *p = text;
	int32_t cpu;

	if (!draft->block.stall.is_self || draft->cpus.len)
		return;
	if ((dlk_scan_text(&p, "Task dump for CPU ") || dlk_scan_text(&p, "CPU: ")) &&
	    dlk_scan_int(&p, &cpu))
		add(reader, &draft->cpus, cpu);
}

/* The header goes on to begin a block of its own. */
static void note_header(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const char *text)
{
	struct dlk_log_task task = dlk_log_header_none();

	if (draft->step != HEADER_FOLLOWS || !dlk_log_header_read(&reader->keep, text, &task))
		return;
	add(reader, &draft->pids, task.who.pid);
	draft->step = LISTING;
}

static bool take_kthread(struct dlk_log_draft *draft, const char *text)
{
	if (!strstr(text, " kthread starved for ") &&
	    !strstr(text, " kthread timer wakeup didn't happen for "))
		return false;
	draft->block.stall.is_starved = true;
	return true;
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	const char *p = record->text;
	bool is_rcu = dlk_scan_text(&p, "rcu: ");

	p = dlk_skip_blanks(p);
	note_self(reader, draft, p);
	note_header(reader, draft, p);
	if (dlk_scan_text(&p, "(detected by ")) {
		read_detector(&draft->block.stall, record->text);
		return true;
	}
	return take_cpu(reader, draft, p) || take_tasks(reader, draft, p) ||
	       ((is_rcu || *p == 'r') && take_kthread(draft, p));
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_stall *stall = &draft->block.stall;

	if (stall->is_self && stall->detector == DLK_LOG_NO_NUMBER && draft->cpus.len == 1)
		stall->detector = *DLK_VEC_AT(&draft->cpus, int32_t, 0);
	if (stall->is_self && !draft->cpus.len && stall->detector != DLK_LOG_NO_NUMBER)
		add(reader, &draft->cpus, stall->detector);
	stall->cpu_count = draft->cpus.len;
	stall->cpus = dlk_log_keep_array(&reader->keep, draft->cpus.data, draft->cpus.len,
					 sizeof(int32_t));
	stall->pid_count = draft->pids.len;
	stall->pids = dlk_log_keep_array(&reader->keep, draft->pids.data, draft->pids.len,
					 sizeof(int32_t));
	return true;
}

const struct dlk_log_family dlk_log_stalls = { begin, more, end };
