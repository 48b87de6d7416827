/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks as messages name them; see who.h. */
#include <config.h>

#include "log/who.h"

#include <string.h>

#include "log/scan.h"

enum { MAX_COMM = 64 };

static bool is_end(char separator, const char *at)
{
	if (separator == ':')
		return !*at || strchr(" \t.,;)", *at);
	return !*at || *at == ' ' || *at == ',' ||
	       ((*at == ':' || *at == '.') && (!at[1] || at[1] == ' '));
}

/* Up to the first separator with a pid and its end behind it. */
static bool scan_who(struct dlk_log_keep *keep, const char **at, char separator,
		     struct dlk_log_who *ret)
{
	const char *begin = dlk_skip_blanks(*at), *p = begin;

	for (; *p && p - begin <= MAX_COMM; p++) {
		const char *number = p + 1;
		int32_t pid;

		if (*p != separator || p == begin || !dlk_scan_int(&number, &pid) ||
		    !is_end(separator, number))
			continue;
		ret->pid = pid;
		ret->comm = dlk_log_keep_string(keep, begin, (size_t)(p - begin));
		*at = number;
		return true;
	}
	return false;
}

bool dlk_log_who_scan(struct dlk_log_keep *keep, const char **at, struct dlk_log_who *ret)
{
	return scan_who(keep, at, ':', ret);
}

bool dlk_log_who_scan_slash(struct dlk_log_keep *keep, const char **at, struct dlk_log_who *ret)
{
	return scan_who(keep, at, '/', ret);
}

/* A comm that nothing ends but what is always printed behind it. */
static const char *end_of_comm(const char *comm)
{
	static const char *const ends[] = { " Not tainted", " Tainted:", " Kdump:" };
	const char *end = NULL;

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *found = strstr(comm, ends[i]);

		if (found && (!end || found < end))
			end = found;
	}
	return end ? end : dlk_skip_word(comm);
}

bool dlk_log_who_read_cpu_line(struct dlk_log_keep *keep, const char *text, struct dlk_log_who *ret,
			       int32_t *cpu)
{
	const char *p = text, *end;
	uint64_t uid;

	*cpu = DLK_LOG_NO_NUMBER;
	if (dlk_scan_text(&p, "CPU: ")) {
		p = dlk_skip_blanks(p);
		if (!dlk_scan_int(&p, cpu))
			return false;
		p = dlk_skip_blanks(p);
		if (dlk_scan_text(&p, "UID: ") && dlk_scan_number(&p, &uid))
			p = dlk_skip_blanks(p);
		if (!dlk_scan_text(&p, "PID: "))
			return false;
	} else if (!dlk_scan_text(&p, "Pid: ")) {
		return false;
	}
	if (!dlk_scan_int(&p, &ret->pid))
		return false;
	if (*p == ',')
		p++;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_text(&p, "Comm: ") && !dlk_scan_text(&p, "comm: "))
		return false;
	end = end_of_comm(p);
	ret->comm = dlk_log_keep_string(keep, p, (size_t)(end - p));
	return true;
}
