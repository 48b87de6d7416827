/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that say whose stack follows; see header.h. */
#include <config.h>

#include "log/header.h"

#include <string.h>

#include "log/scan.h"
#include "log/who.h"

enum { MAX_NAME = 64, KTHREADD = 2 };

static const char states[] = "RSDTtZXPIKW";

struct dlk_log_task dlk_log_header_none(void)
{
	return (struct dlk_log_task){ .who = dlk_log_nobody(),
				      .state = '?',
				      .cpu = DLK_LOG_NO_NUMBER,
				      .parent = DLK_LOG_NO_NUMBER,
				      .stack.same_as = DLK_LOG_NO_NUMBER };
}

static void set_name(struct dlk_log_keep *keep, const char *from, const char *to,
		     struct dlk_log_task *task)
{
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	if (to > from + 2 && *from == '[' && to[-1] == ']') {
		task->is_kthread = true;
		from++;
		to--;
	}
	task->who.comm = dlk_log_keep_string(keep, from, (size_t)(to - from));
}

/* K and W are old names for states that ps(1) calls otherwise; they are not told apart. */
static void set_state(struct dlk_log_task *task, char state)
{
	task->state = state;
	if (state == 'K')
		task->state = 'D';
	else if (state == 'W')
		task->state = '?';
	task->is_exit = state == 'X' || state == 'Z';
}

static void set_ids(struct dlk_log_task *task, int32_t pid, int32_t parent)
{
	task->who.pid = pid;
	task->parent = parent;
	if (parent == KTHREADD || pid == KTHREADD)
		task->is_kthread = true;
}

/* A number behind a name, with or without a blank between them. */
static int32_t number_of(const char *text, const char *name)
{
	const char *p = text;
	int32_t number;

	if (!dlk_scan_to(&p, name))
		return DLK_LOG_NO_NUMBER;
	p = dlk_skip_blanks(p);
	return dlk_scan_int(&p, &number) ? number : DLK_LOG_NO_NUMBER;
}

static bool read_new(struct dlk_log_keep *keep, const char *text, struct dlk_log_task *task)
{
	const char *name = text, *p, *end;

	if (!dlk_scan_text(&name, "task:"))
		return false;
	p = name;
	if (!dlk_scan_to(&p, "state:") || p == name + 6 || p - name > MAX_NAME)
		return false;
	end = p - 6;
	if (!strchr(states, *p) || !*p || !strstr(p, "pid:"))
		return false;
	set_name(keep, name, end, task);
	set_state(task, *p);
	set_ids(task, number_of(p, "pid:"), number_of(p, "ppid:"));
	return task->who.comm[0] && task->who.pid != DLK_LOG_NO_NUMBER;
}

/* The last word before @p *end, which is moved to it. */
static const char *last_word(const char *text, const char **end)
{
	const char *to = *end, *from;

	while (to > text && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	for (from = to; from > text && from[-1] != ' ' && from[-1] != '\t'; from--)
		;
	*end = from;
	return from;
}

static bool last_int(const char *text, const char **end, int32_t *ret)
{
	const char *word = last_word(text, end);

	return dlk_scan_int(&word, ret) && (*word == ' ' || *word == '\t');
}

/* What stands before the numbers: a name, a state, where it stood last.  The size of the stack may touch the state. */
static bool read_state(struct dlk_log_keep *keep, const char *text, const char *end,
		       struct dlk_log_task *task)
{
	const char *word = last_word(text, &end);
	uint64_t number;

	for (unsigned i = 0; i < 4 && word > text; i++) {
		const char *p = word + 1;
		bool is_state = strchr(states, *word) && *word;

		if (is_state && (*p == ' ' || *p == '\t' ||
				 (dlk_scan_number(&p, &number) && (*p == ' ' || *p == '\t')))) {
			if (word - text > MAX_NAME)
				return false;
			set_name(keep, text, word, task);
			set_state(task, *word);
			return task->who.comm[0];
		}
		word = last_word(text, &end);
	}
	return false;
}

/* The flags; Android's kernels have a time behind them. */
static bool last_flags(const char *text, const char **end)
{
	const char *word = last_word(text, end), *begin;
	uint64_t number;

	begin = word;
	if (dlk_is_digit(word[0]) && word[1] != 'x')
		begin = word = last_word(text, end);
	return dlk_scan_text(&word, "0x") && dlk_scan_hex(&word, &number) &&
	       (!*word || *word == ' ') && word - begin >= 10;
}

static bool read_old(struct dlk_log_keep *keep, const char *text, struct dlk_log_task *task)
{
	const char *end = text + strlen(text);
	int32_t pid, parent;

	if (!last_flags(text, &end) || !last_int(text, &end, &parent) ||
	    !last_int(text, &end, &pid) || !read_state(keep, text, end, task))
		return false;
	set_ids(task, pid, parent);
	return true;
}

bool dlk_log_header_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_task *ret)
{
	return read_new(keep, text, ret) || read_old(keep, text, ret);
}

bool dlk_log_header_read_crash(struct dlk_log_keep *keep, const char *text,
			       struct dlk_log_task *ret)
{
	const char *p = text, *end;
	uint64_t task;

	if (dlk_is_digit(*p))
		p = dlk_skip_blanks(dlk_skip_word(p));
	if (!dlk_scan_text(&p, "PID: "))
		return false;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_int(&p, &ret->who.pid))
		return false;
	p = dlk_skip_blanks(p);
	if (!dlk_scan_text(&p, "TASK: ") || !dlk_scan_hex(&p, &task))
		return false;
	ret->cpu = number_of(p, "CPU: ");
	if (!dlk_scan_to(&p, "COMMAND: \""))
		return true;
	end = strrchr(p, '"');
	if (end)
		set_name(keep, p, end, ret);
	return true;
}
