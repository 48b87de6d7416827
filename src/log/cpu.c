/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ran on a CPU: the backtrace that an NMI has printed, and what the lockup detectors print.
 *
 *	NMI backtrace for cpu 1
 *	CPU: 1 PID: 22 Comm: miller Not tainted 6.0.0 #0
 *	RIP: 0010:stone_turn+0x27d/0x7c0
 *	Call Trace:
 *
 *	watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [miller:712]
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/ip.h"
#include "log/scan.h"
#include "log/who.h"

/* step: who was on the CPU is known, by the line that says so of all of them */
enum step { UNNAMED, NAMED, COMPLETE };

enum { NEAR = 64 /* lines */ };

static struct dlk_log_cpu new_cpu(void)
{
	return (struct dlk_log_cpu){ .cpu = DLK_LOG_NO_NUMBER,
				     .who = dlk_log_nobody(),
				     .ip.offset = DLK_LOG_NO_OFFSET,
				     .stack.same_as = DLK_LOG_NO_NUMBER };
}

static bool read_nmi(struct dlk_log_keep *keep, const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	if (!dlk_scan_text(&p, "NMI backtrace for cpu ") || !dlk_scan_int(&p, &cpu->cpu))
		return false;
	p = dlk_skip_blanks(p);
	if (dlk_scan_text(&p, "skipped: idling")) {
		cpu->is_idle = true;
		if (!dlk_scan_to(&p, "at ") || !dlk_log_symbol_read(keep, p, &cpu->ip))
			cpu->ip = new_cpu().ip;
	}
	return true;
}

/* "BUG: soft lockup - CPU#3 stuck for 23s! [miller:712]" */
static bool read_soft(struct dlk_log_keep *keep, const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	if (!dlk_scan_to(&p, "soft lockup - CPU#") || !dlk_scan_int(&p, &cpu->cpu))
		return false;
	if (!dlk_scan_to(&p, "stuck for ") || !dlk_scan_number(&p, &cpu->stuck_s))
		return false;
	if (dlk_scan_to(&p, "[")) {
		/* The bracket ends it as a period would. */
		const char *end = strrchr(p, ']'), *colon = end;

		while (colon && colon > p && *colon != ':')
			colon--;
		if (colon && colon > p) {
			const char *number = colon + 1;

			if (dlk_scan_int(&number, &cpu->who.pid))
				cpu->who.comm = dlk_log_keep_string(keep, p, (size_t)(colon - p));
		}
	}
	return true;
}

/* "Watchdog detected hard LOCKUP on cpu 2", also with the CPU that has detected it before */
static bool read_hard(const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	if (dlk_scan_to(&p, "etected hard LOCKUP on cpu ") ||
	    dlk_scan_to(&p, "etected Hard LOCKUP on cpu ") ||
	    dlk_scan_to(&p, "etected hard LOCKUP on other CPUs ") ||
	    (dlk_scan_text(&p, "CPU ") && strstr(p, "self-detected hard LOCKUP")))
		cpu->is_hard_lockup = dlk_scan_int(&p, &cpu->cpu);
	return cpu->is_hard_lockup;
}

static bool read_lockup(struct dlk_log_keep *keep, const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	(void)(dlk_scan_text(&p, "NMI watchdog: ") || dlk_scan_text(&p, "watchdog: "));
	if (*p != 'B' && *p != 'C' && *p != 'W')
		return false;
	return read_soft(keep, p, cpu) || read_hard(p, cpu);
}

/* "BUG: spinlock lockup suspected on CPU#2, cat/1266", "BUG: spinlock recursion on CPU#2, cat/1266" */
static bool read_spin(struct dlk_log_keep *keep, const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	if (!dlk_scan_text(&p, "BUG: spinlock ") && !dlk_scan_text(&p, "BUG: rwlock"))
		return false;
	if (!strstr(p, "lockup") && !strstr(p, "recursion"))
		return false;
	if (!dlk_scan_to(&p, " on CPU#") || !dlk_scan_int(&p, &cpu->cpu) ||
	    !dlk_scan_text(&p, ", "))
		return false;
	(void)dlk_log_who_scan_slash(keep, &p, &cpu->who);
	return true;
}

/* "CPU1:", where no NMI can be sent */
static bool read_plain(const char *text, struct dlk_log_cpu *cpu)
{
	const char *p = text;

	return dlk_scan_text(&p, "CPU") && dlk_scan_int(&p, &cpu->cpu) && p[0] == ':' && !p[1];
}

/* What follows a stall that a CPU has found on itself is its own dump; it comes once. */
static bool read_stalled(struct dlk_log_reader *reader, const struct dlk_log_record *record,
			 struct dlk_log_cpu *cpu, enum step *step)
{
	struct dlk_log_draft *stall = &reader->stall;

	if (!stall->family || stall->has_trace || record->line - stall->block.last_line > NEAR)
		return false;
	*step = NAMED;
	if (!dlk_log_who_read_cpu_line(&reader->keep, record->text, &cpu->who, &cpu->cpu)) {
		if (!dlk_log_is_trace_heading(record->text) || !stall->block.stall.is_self ||
		    stall->cpus.len != 1)
			return false;
		cpu->cpu = *DLK_VEC_AT(&stall->cpus, int32_t, 0);
	}
	stall->has_trace = true;
	return true;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_cpu cpu = new_cpu();
	enum step step = UNNAMED;

	if (!read_nmi(&reader->keep, record->text, &cpu) &&
	    !read_lockup(&reader->keep, record->text, &cpu) &&
	    !read_spin(&reader->keep, record->text, &cpu) && !read_plain(record->text, &cpu) &&
	    !read_stalled(reader, record, &cpu, &step))
		return false;
	dlk_log_draft_open(reader, draft, &dlk_log_cpus, DLK_LOG_CPU, record);
	draft->block.cpu = cpu;
	draft->step = cpu.is_idle ? COMPLETE : step;
	return true;
}

/* A dump of another CPU's has its own line: it is none of this block. */
static bool take_name(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	struct dlk_log_cpu *cpu = &draft->block.cpu;
	struct dlk_log_who who;
	int32_t number;

	if (!dlk_log_who_read_cpu_line(&reader->keep, text, &who, &number))
		return false;
	if (draft->step != UNNAMED)
		return false;
	draft->step = NAMED;
	if (number != DLK_LOG_NO_NUMBER && number != cpu->cpu)
		return true;
	cpu->who = who;
	return true;
}

static bool take_ip(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		    const struct dlk_log_record *record)
{
	struct dlk_log_cpu *cpu = &draft->block.cpu;
	struct dlk_log_frame frame;
	enum dlk_log_ip ip = dlk_log_ip_read(&reader->keep, record->text, &frame);

	if (ip != DLK_LOG_IP_KERNEL)
		return ip != DLK_LOG_NO_IP;
	frame.line = record->line;
	if (dlk_log_trace_count(&draft->trace)) {
		if (!draft->trace.is_ended)
			dlk_log_trace_add(&draft->trace, &frame);
	} else if (!cpu->ip.function || cpu->ip.is_inlined) {
		cpu->ip = frame;
	}
	return true;
}

/* "cat/123, .owner_cpu: 1"; "<none>/-1" is nobody */
static bool read_owner(struct dlk_log_keep *keep, const char *text, struct dlk_log_who *owner)
{
	const char *end = strstr(text, ", .owner_cpu"), *slash = end, *p;

	if (!end)
		return false;
	while (slash > text && *slash != '/')
		slash--;
	p = slash + 1;
	if (slash == text || !dlk_scan_int(&p, &owner->pid))
		return false;
	owner->comm = dlk_log_keep_string(keep, text, (size_t)(slash - text));
	return true;
}

/* "lock: 0xffff888012345678, .magic: dead4ead, .owner: cat/123, .owner_cpu: 1" */
static bool take_lock(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		      const struct dlk_log_record *record)
{
	struct dlk_log_block block = { .kind = DLK_LOG_OWNER };
	struct dlk_log_owner *owner = &block.owner;
	const char *p = record->text;
	uint64_t lock;

	if (!dlk_scan_text(&p, "lock: "))
		return false;
	*owner = (struct dlk_log_owner){ .waiter = draft->block.cpu.who,
					 .owner = dlk_log_nobody(),
					 .kind = DLK_KIND_SPINLOCK,
					 .how = DLK_LOG_NO_OWNER };
	if (dlk_scan_hex(&p, &lock) && *p == ',')
		owner->lock = lock;
	if (dlk_scan_to(&p, ".owner: ") && read_owner(&reader->keep, p, &owner->owner))
		owner->how = DLK_LOG_OWNED;
	dlk_log_draft_single(reader, &block, record);
	return true;
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	if (draft->step == COMPLETE)
		return false;
	if (dlk_log_is_trace_heading(record->text)) {
		draft->has_trace = true;
		return !dlk_log_trace_count(&draft->trace);
	}
	return take_name(reader, draft, record->text) || take_ip(reader, draft, record) ||
	       take_lock(reader, draft, record) || dlk_log_trace_take(&draft->trace, record);
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_cpu *cpu = &draft->block.cpu;

	cpu->stack = dlk_log_draft_stack(reader, draft);
	if (!cpu->who.pid)
		cpu->is_idle = true;
	return true;
}

const struct dlk_log_family dlk_log_cpus = { begin, more, end };
