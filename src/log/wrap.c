/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wrapped messages lack; see wrap.h. */
#include <config.h>

#include "log/wrap.h"

#include <stdint.h>
#include <string.h>

#include "log/scan.h"

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), wanted = strlen(with);

	return length >= wanted && !strcmp(text + length - wanted, with);
}

/* Behind it stands a digit, with or without a blank. */
static bool has_number(const char *text, const char *name)
{
	return dlk_scan_to(&text, name) && dlk_is_digit(*dlk_skip_blanks(text));
}

static bool is_open(const char *text, char open, char close)
{
	int depth = 0;

	for (; *text; text++)
		depth += (*text == open) - (*text == close);
	return depth > 0;
}

/* "INFO: task a:1 blocked for more than 120 seconds.", "... likely owned by task b:2 <writer>" */
static bool lacks_end_of_info(const char *text)
{
	const char *p = text;

	if (!begins(text, "INFO: task "))
		return false;
	if (dlk_scan_to(&p, " for more than "))
		return !strstr(p, "second");
	if (strstr(text, "not found") || !strstr(text, "blocked"))
		return false;
	if (!dlk_scan_to(&p, " by task "))
		return true;
	if (!strchr(p, ':'))
		return true;
	return strstr(text, "rw-semaphore") && !strchr(p, '<') && !ends(text, ".");
}

static bool lacks_end_of_header(const char *text)
{
	if (begins(text, "task:"))
		return strstr(text, "state:") && !has_number(text, "ppid:");
	if (begins(text, "PID: "))
		return strstr(text, "TASK: ") && !strstr(text, "COMMAND: ");
	return false;
}

/* "nfsd            D ffff888022223000     0  2408      2": a state, and at least two numbers behind it */
static bool lacks_flags(const char *text)
{
	const char *p = text, *end = text + strlen(text);
	unsigned numbers = 0;
	bool has_state = false;

	if (end == text || !dlk_is_digit(end[-1]))
		return false;
	while (*(p = dlk_skip_blanks(p))) {
		const char *word = p;
		uint64_t number;

		p = dlk_skip_word(p);
		if (p - word == 1 && strchr("RSDTtZX", *word) && word > text)
			has_state = true;
		else if (has_state && dlk_scan_number(&word, &number) && word == p)
			numbers++;
		else
			numbers = 0;
	}
	return has_state && numbers >= 2;
}

static bool lacks_end_of_list(const char *text)
{
	if (begins(text, "pending:") || begins(text, "in-flight:") || begins(text, "inactive:"))
		return ends(text, ",");
	if (strstr(text, "detected ") && strstr(text, "stalls on CPUs/tasks:"))
		return is_open(text, '{', '}');
	if (dlk_is_digit(*text) && strstr(text, "held by"))
		return !ends(text, ":") && !ends(text, ".");
	if (strstr(text, "soft lockup - CPU#"))
		return !strchr(text, ']');
	return false;
}

/* "f+0x1/", "f+0x1/0x2 [dm_mod 7e9e", "[<c0111110>] (f) from", "#3 [ffff] f at" */
static bool lacks_end_of_frame(const char *text)
{
	if (*text == '#' && ends(text, " at"))
		return true;
	if (*text == '[' && (ends(text, " from") || (strstr(text, " from [") && ends(text, "]"))))
		return true;
	if (!strstr(text, "+0x"))
		return false;
	return ends(text, "/") || ends(text, "/0x") || (*text != '[' && is_open(text, '[', ']'));
}

/* "#0: ffff (class", "ffff (class", "(class", "[ffff] (class", "-> #1 (class" */
static const char *class_of(const char *text)
{
	const char *p = text;
	uint64_t number;

	if (dlk_scan_text(&p, "-> #"))
		return dlk_scan_number(&p, &number) && *p == ' ' ? dlk_skip_blanks(p) : NULL;
	if (*p == '#') {
		p++;
		if (!dlk_scan_number(&p, &number) || *p++ != ':')
			return NULL;
		p = dlk_skip_blanks(p);
	}
	if (*p == '[')
		p++;
	if (dlk_is_hex(*p)) {
		const char *begin = p;

		if (!dlk_scan_hex(&p, &number) || p - begin < 8)
			return NULL;
		p += *p == ']';
		if (*p != ' ')
			return NULL;
	}
	p = dlk_skip_blanks(p);
	return *p == '(' ? p : NULL;
}

static enum dlk_log_want want_of_lock(const char *text)
{
	const char *class = class_of(text);

	if (!class || ends(text, "[inline]"))
		return DLK_LOG_WANT_NOTHING;
	if (ends(text, "at:"))
		return DLK_LOG_WANT_SYMBOL;
	if (is_open(class, '(', ')') || is_open(class, '{', '}'))
		return DLK_LOG_WANT_BRACE;
	if (strstr(class, "at:"))
		return strstr(class, "+0x") ? DLK_LOG_WANT_NOTHING : DLK_LOG_WANT_SYMBOL;
	if (strstr(class, ") -> ") || strstr(class, "} -> ") || *text == '-' || ends(text, ":"))
		return DLK_LOG_WANT_NOTHING;
	return strchr(class, '{') ? DLK_LOG_WANT_AT : DLK_LOG_WANT_BRACE;
}

enum dlk_log_want dlk_log_want_of(const char *text)
{
	switch (*text) {
	case '#':
	case '(':
	case '[':
	case '-':
		break;
	default:
		if (!dlk_is_hex(*text) && !dlk_is_letter(*text) && *text != '_' && *text != '?')
			return DLK_LOG_WANT_NOTHING;
	}
	if (lacks_end_of_info(text) || lacks_end_of_header(text) || lacks_end_of_list(text) ||
	    lacks_end_of_frame(text))
		return DLK_LOG_WANT_MORE;
	if (lacks_flags(text))
		return DLK_LOG_WANT_FLAGS;
	return want_of_lock(text);
}

/* What begins a message of its own is no continuation, whatever came before it. */
static bool begins_anew(const char *text)
{
	static const char *const words[] = { "INFO: ",      "BUG: ",    "task:",       "Call ",
					     "CPU: ",       "rcu: ",    "...",         "Showing ",
					     "RIP: ",       "PID: ",    "#",           "</",
					     "Workqueue: ", "NMI ",     "Not tainted", "\"echo",
					     "<TASK",       "Tainted: " };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(text, words[i]))
			return true;
	return false;
}

bool dlk_log_want_is_met(enum dlk_log_want want, const char *text, bool has_stamp)
{
	switch (want) {
	case DLK_LOG_WANT_NOTHING:
		return false;
	case DLK_LOG_WANT_MORE:
		return !has_stamp && *text && !begins_anew(text);
	case DLK_LOG_WANT_FLAGS:
		return !has_stamp && begins(text, "0x") && !strchr(text, ' ');
	case DLK_LOG_WANT_BRACE:
		return *text == ')' || *text == '{' || *text == '}' ||
		       (!has_stamp && *text && !begins_anew(text));
	case DLK_LOG_WANT_AT:
		return begins(text, ", at:") || begins(text, "at:");
	case DLK_LOG_WANT_SYMBOL:
		return begins(text, "[<") || (!strchr(text, ' ') && strstr(text, "+0x")) ||
		       (!has_stamp && *text && !begins_anew(text));
	}
	return false;
}
