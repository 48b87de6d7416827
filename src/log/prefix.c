/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands before a message, layer by layer; see prefix.h. */
#include <config.h>

#include "log/prefix.h"

#include <string.h>

#include "log/scan.h"

enum { MAX_LAYERS = 16, MAX_NAME = 64, USEC = 1000000 };

struct cursor {
	char *at;
	struct dlk_log_prefix *prefix;
	bool is_dated; /* a date has been taken off, and the host's name may follow */
};

/* "123.456789", also with fewer digits behind the point, or a comma. */
static bool scan_seconds(const char **at, uint64_t *us)
{
	uint64_t seconds, unit = USEC / 10;
	const char *p = *at;

	if (!dlk_scan_number(&p, &seconds) || (*p != '.' && *p != ',') || !dlk_is_digit(p[1]))
		return false;
	if (seconds > UINT64_MAX / USEC - 1)
		return false;
	*us = seconds * USEC;
	for (p++; dlk_is_digit(*p); p++, unit /= 10)
		*us += (uint64_t)(*p - '0') * unit;
	*at = p;
	return true;
}

static bool scan_two(const char **at, char end, uint64_t *ret)
{
	const char *p = *at;

	if (!dlk_is_digit(p[0]) || !dlk_is_digit(p[1]) || (end && p[2] != end))
		return false;
	*ret = (uint64_t)(p[0] - '0') * 10 + (uint64_t)(p[1] - '0');
	*at = p + 2 + (end != 0);
	return true;
}

/* "15:21:34", and a fraction if there is one. */
static bool scan_clock(const char **at, uint64_t *us)
{
	uint64_t hours, minutes, seconds, unit = USEC / 10;
	const char *p = *at;

	if (!scan_two(&p, ':', &hours) || !scan_two(&p, ':', &minutes) ||
	    !scan_two(&p, 0, &seconds))
		return false;
	*us = (hours * 3600 + minutes * 60 + seconds) * USEC;
	if ((*p == '.' || *p == ',') && dlk_is_digit(p[1]))
		for (p++; dlk_is_digit(*p); p++, unit /= 10)
			*us += (uint64_t)(*p - '0') * unit;
	*at = p;
	return true;
}

/* "2025-02-03T07:24:58.365Z", "2025-02-03 07:24:58,365+01:00" */
static bool scan_iso(const char **at, uint64_t *us)
{
	const char *p = *at;
	uint64_t part;

	if (!scan_two(&p, 0, &part) || !scan_two(&p, '-', &part) || !scan_two(&p, '-', &part) ||
	    !scan_two(&p, 0, &part) || (*p != 'T' && *p != ' '))
		return false;
	p++;
	if (!scan_clock(&p, us))
		return false;
	if (*p == 'Z')
		p++;
	else if (*p == '+' || *p == '-')
		for (p++; dlk_is_digit(*p) || *p == ':'; p++)
			;
	*at = p;
	return true;
}

static bool scan_month(const char **at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < sizeof(months) - 1; i += 3)
		if (!strncmp(*at, months + i, 3)) {
			*at += 3;
			return true;
		}
	return false;
}

/* "Apr  9 16:20:26", "Apr 9 2026 16:20:26" */
static bool scan_syslog_date(const char **at, uint64_t *us)
{
	const char *p = *at, *year;
	uint64_t part;

	if (!scan_month(&p) || *p != ' ')
		return false;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_number(&p, &part) || part > 31 || *p != ' ')
		return false;
	p = dlk_skip_blanks(p);
	year = p;
	if (dlk_scan_number(&year, &part) && part >= 1970 && part < 10000 && *year == ' ')
		p = dlk_skip_blanks(year);
	if (!scan_clock(&p, us))
		return false;
	*at = p;
	return true;
}

/* "Fri Jun 27 15:21:34 2025", as dmesg -T has it */
static bool scan_long_date(const char **at, uint64_t *us)
{
	const char *p = *at;
	uint64_t year;

	if (!dlk_is_letter(p[0]) || !dlk_is_letter(p[1]) || !dlk_is_letter(p[2]) || p[3] != ' ')
		return false;
	p += 4;
	if (!scan_syslog_date(&p, us))
		return false;
	if (*p == ' ' && dlk_is_digit(p[1])) {
		p++;
		if (!dlk_scan_number(&p, &year))
			return false;
	}
	*at = p;
	return true;
}

static bool take(struct cursor *c, const char *to)
{
	c->at += to - c->at;
	return true;
}

static bool take_time(struct cursor *c, const char *to, uint64_t us)
{
	c->prefix->time_us = us;
	c->prefix->has_stamp = true;
	return take(c, to);
}

/* ">", "> >", ">>" */
static bool take_quote(struct cursor *c)
{
	return *c->at == '>' && take(c, c->at + 1);
}

/* "<4>" */
static bool take_level(struct cursor *c)
{
	const char *p = c->at + 1;
	uint64_t level;

	if (!dlk_scan_number(&p, &level) || level > 191 || *p != '>')
		return false;
	c->prefix->has_stamp = true;
	return take(c, p + 1);
}

/* "[  123.456789]", "[  123.456789@2]", "[  +0.001951]", "[  123.456789,3]" */
static bool take_seconds(struct cursor *c)
{
	const char *p = dlk_skip_blanks(c->at + 1);
	bool is_delta = *p == '+' || *p == '-' || *p == '<';
	uint64_t us;

	while (*p == '+' || *p == '-' || *p == '<' || (is_delta && *p == ' '))
		p++;
	if (!scan_seconds(&p, &us))
		return false;
	for (unsigned i = 0; i < MAX_NAME && *p && *p != ']' && *p != '['; i++)
		p++;
	if (*p != ']')
		return false;
	c->prefix->is_delta = is_delta;
	c->is_dated = true; /* journalctl -o short-monotonic has the host's name behind it */
	return take_time(c, p + 1, us);
}

/* "[T567]", "[    C2]" */
static bool take_caller(struct cursor *c)
{
	const char *p = dlk_skip_blanks(c->at + 1);
	char kind = *p++;
	int32_t number;

	if ((kind != 'T' && kind != 'C') || !dlk_scan_int(&p, &number))
		return false;
	for (unsigned i = 0; i < MAX_NAME && *p && *p != ']' && *p != '['; i++)
		p++;
	if (*p != ']')
		return false;
	c->prefix->caller = kind == 'T' ? dlk_log_caller_task(number) : dlk_log_caller_cpu(number);
	c->prefix->has_stamp = true;
	return take(c, p + 1);
}

/* "[Fri Jun 27 15:21:34 2025]", "[2025-06-27 15:21:34.123]", "[15:21:34]" */
static bool take_date(struct cursor *c)
{
	const char *p = dlk_skip_blanks(c->at + 1);
	uint64_t us;

	if (!scan_long_date(&p, &us) && !scan_iso(&p, &us) && !scan_clock(&p, &us) &&
	    !scan_syslog_date(&p, &us))
		return false;
	p = dlk_skip_blanks(p);
	if (*p != ']')
		return false;
	c->is_dated = true;
	return take_time(c, p + 1, us);
}

/* "[1234:mill keeper]", "[5:    kworker/5:3:   88]": a vendor's, who prints pid or CPU first */
static bool take_vendor(struct cursor *c, bool has_cpu)
{
	const char *p = c->at + 1, *end = strchr(p, ']'), *last;
	int32_t first, pid;

	if (!end || end - p > MAX_NAME || !dlk_scan_int(&p, &first) || *p != ':')
		return false;
	for (last = end; last > p && dlk_is_digit(last[-1]); last--)
		;
	pid = first;
	if (last < end && last > p + 1 && (last[-1] == ' ' || last[-1] == ':')) {
		const char *number = last;

		if (!dlk_scan_int(&number, &pid))
			return false;
	} else if (!has_cpu) {
		return false;
	}
	c->prefix->caller = dlk_log_caller_task(pid);
	c->prefix->has_stamp = true;
	return take(c, end + 1);
}

static bool take_bracket(struct cursor *c)
{
	return take_seconds(c) || take_caller(c) || take_date(c) || take_vendor(c, false);
}

/* "(0)[1234:mill keeper]", also after "-" or ".": the CPU, the task */
static bool take_android(struct cursor *c)
{
	char *begin = c->at;
	const char *p = begin;
	int32_t cpu;

	if (*p == '-' || *p == '.')
		p++;
	if (*p++ != '(' || !dlk_scan_int(&p, &cpu) || *p++ != ')' || *p != '[')
		return false;
	take(c, p);
	if (take_vendor(c, true))
		return true;
	c->at = begin;
	return false;
}

/* "06-27 15:21:34.123  1234  1235 I kernel: " of logcat */
static bool take_logcat(struct cursor *c)
{
	const char *p = c->at;
	uint64_t part, us;
	int32_t pid;

	if (!scan_two(&p, '-', &part) || !scan_two(&p, ' ', &part) || !scan_clock(&p, &us))
		return false;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_int(&p, &pid))
		return false;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_int(&p, &pid) || p[0] != ' ' || !dlk_is_letter(p[1]) || p[2] != ' ')
		return false;
	p += 3;
	(void)dlk_scan_to(&p, ": ");
	return take_time(c, p, us);
}

/* "3,3903,12345678901,-;", "6,12,34,-,caller=T56;" */
static bool take_kmsg(struct cursor *c)
{
	const char *p = c->at, *end, *caller;
	uint64_t level, number, us;
	int32_t id;

	if (!dlk_scan_number(&p, &level) || *p++ != ',' || !dlk_scan_number(&p, &number) ||
	    *p++ != ',' || !dlk_scan_number(&p, &us) || *p++ != ',')
		return false;
	end = strchr(p, ';');
	if (!end || end - p > MAX_NAME)
		return false;
	caller = p;
	if (dlk_scan_to(&caller, "caller=") && caller < end) {
		char kind = *caller++;

		if (dlk_scan_int(&caller, &id))
			c->prefix->caller = kind == 'C' ? dlk_log_caller_cpu(id)
							: dlk_log_caller_task(id);
	}
	return take_time(c, end + 1, us);
}

static bool take_digits(struct cursor *c)
{
	const char *p = c->at;
	uint64_t us;

	if (take_kmsg(c) || take_logcat(c))
		return true;
	/* The version of syslog's protocol, behind the level. */
	(void)dlk_scan_text(&p, "1 ");
	if (!scan_iso(&p, &us) && !(scan_clock(&p, &us) && (*p == ' ' || *p == ':')))
		return false;
	c->is_dated = true;
	return take_time(c, p + (*p == ':'), us);
}

static bool take_syslog(struct cursor *c)
{
	const char *p = c->at;
	uint64_t us;

	if (!scan_syslog_date(&p, &us) && !scan_long_date(&p, &us))
		return false;
	c->is_dated = true;
	return take_time(c, p, us);
}

/* "kernel:", "kernel[321]:", "kernel -", "kernel  :" */
static bool take_kernel(struct cursor *c)
{
	const char *p = c->at;
	uint64_t pid;

	if (!dlk_scan_text(&p, "kernel"))
		return false;
	if (*p == '[') {
		p++;
		if (!dlk_scan_number(&p, &pid) || *p++ != ']')
			return false;
	}
	p = dlk_skip_blanks(p);
	if (*p != ':' && !(c->is_dated && *p == '-'))
		return false;
	p++;
	while (c->is_dated && *p == ' ' && p[1] == '-' && p[2] == ' ')
		p += 2;
	return take(c, p);
}

/* "kern.err", "user.info:", "kern  :err   :" */
static bool take_facility(struct cursor *c)
{
	static const char *const levels[] = { "emerg", "alert",  "crit", "err",
					      "warn",  "notice", "info", "debug" };
	const char *p = c->at;

	while (*p >= 'a' && *p <= 'z')
		p++;
	if (p == c->at || p - c->at > 8)
		return false;
	p = dlk_skip_blanks(p);
	if (*p != '.' && *p != ':')
		return false;
	p++;
	for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (dlk_scan_text(&p, levels[i])) {
			(void)(dlk_scan_text(&p, "ing") || dlk_scan_text(&p, "or"));
			if (*p != ' ' && *p != ':')
				return false;
			p = dlk_skip_blanks(p);
			return take(c, p + (*p == ':'));
		}
	return false;
}

static bool take_letters(struct cursor *c)
{
	const char *p = c->at;

	return take_syslog(c) || take_kernel(c) || take_facility(c) ||
	       (dlk_scan_text(&p, "crash> ") && take(c, p)) ||
	       (dlk_scan_text(&p, "lockdep: ") && take(c, p));
}

/* Whether what follows is certain to be printk's, or a log daemon's own words for it. */
static bool is_strong(const struct cursor *c, const char *at)
{
	struct dlk_log_prefix prefix = *c->prefix;
	struct cursor next = { c->at + (at - c->at), &prefix, true };

	switch (*at) {
	case '[':
		return take_seconds(&next) || take_caller(&next);
	case '<':
		return take_level(&next);
	case 'k':
		return take_kernel(&next) || take_facility(&next);
	default:
		return dlk_is_digit(*at) ? take_kmsg(&next) : take_facility(&next);
	}
}

/* The name of a host, of a container ("web_1  | "), of a file ("dmesg.txt:12:"): where printk's own words follow. */
static bool take_name(struct cursor *c)
{
	const char *p = c->at, *next;

	while (*p && *p != ' ' && *p != '\t' && *p != '[' && *p != '<' && p - c->at < MAX_NAME)
		p++;
	if (p == c->at)
		return false;
	if (*p == '[' || *p == '<')
		return p[-1] == ':' && is_strong(c, p) && take(c, p);
	next = dlk_skip_blanks(p);
	if (*next == '|')
		next = dlk_skip_blanks(next + 1);
	else if (!c->is_dated)
		return false;
	return next > p && is_strong(c, next) && take(c, next);
}

/* JSON's escapes, in place, up to the quote that ends the string. */
static void unescape(char *from, char *to)
{
	while (*from && *from != '"') {
		const char *hex = from + 2;
		uint64_t code;
		char digits[5] = "";

		if (*from != '\\' || !from[1]) {
			*to++ = *from++;
			continue;
		}
		switch (from[1]) {
		case 'n':
		case 'r':
			*to++ = ' ';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'u':
			for (unsigned i = 0; i < 4 && from[2 + i]; i++)
				digits[i] = from[2 + i];
			hex = digits;
			if (!dlk_scan_hex(&hex, &code) || hex != digits + 4)
				code = '?';
			else
				from += 4;
			*to = ' ';
			if (code > ' ' && code < 127)
				*to = (char)code;
			to++;
			break;
		default:
			*to++ = from[1];
		}
		from += 2;
	}
	*to = 0;
}

/* {"log":"[  12.3] ...\n","stream":...} of docker, {"MESSAGE":"..."} of journald, "msg": "..." of dmesg --json */
static bool take_json(struct cursor *c)
{
	static const char *const keys[] = { "\"log\"", "\"MESSAGE\"", "\"message\"", "\"msg\"" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *p = c->at;

		if (!dlk_scan_to(&p, keys[i]))
			continue;
		p = dlk_skip_blanks(p);
		if (*p++ != ':')
			continue;
		p = dlk_skip_blanks(p);
		if (*p != '"')
			continue;
		unescape(c->at + (p + 1 - c->at), c->at);
		return true;
	}
	return false;
}

/* "- {...}": a list of such in YAML */
static bool take_bullet(struct cursor *c)
{
	return c->at[1] == ' ' && c->at[2] == '{' && take(c, c->at + 2);
}

/* By the first character; what no row has begins no prefix. */
static const struct row {
	const char *first;
	bool (*take)(struct cursor *c);
} rows[] = {
	{ "[", take_bracket },         { "<", take_level },     { ">", take_quote },
	{ "0123456789", take_digits }, { "(-.", take_android }, { "{\"", take_json },
	{ "-", take_bullet },
};

static bool take_layer(struct cursor *c)
{
	if (dlk_is_letter(*c->at))
		return take_letters(c) || take_name(c);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strchr(rows[i].first, *c->at) && rows[i].take(c))
			return true;
	return take_name(c);
}

char *dlk_log_prefix_take(char *line, struct dlk_log_prefix *ret)
{
	struct cursor c = { .at = line };

	*ret = (struct dlk_log_prefix){ .time_us = DLK_LOG_NO_TIME };
	c.prefix = ret;
	for (unsigned i = 0; i < MAX_LAYERS; i++) {
		c.at += dlk_skip_blanks(c.at) - c.at;
		if (!*c.at || !take_layer(&c))
			break;
	}
	return c.at + (dlk_skip_blanks(c.at) - c.at);
}

/* printk's own time alone: six digits behind the point, and a blank or the caller behind it. */
char *dlk_log_prefix_find(char *message)
{
	char *at = message;

	while ((at = strchr(at, '['))) {
		const char *p = dlk_skip_blanks(at + 1), *point;
		uint64_t seconds;

		if (at > message && dlk_scan_number(&p, &seconds) && *p == '.') {
			point = p++;
			while (dlk_is_digit(*p))
				p++;
			if (p - point == 7 && *p == ']' && (p[1] == ' ' || p[1] == '[' || !p[1]))
				return at;
		}
		at++;
	}
	return NULL;
}
