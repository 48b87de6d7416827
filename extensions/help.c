/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "help.h"

#include "cli/options.h"

enum { MAX_OPTIONS = 24 };

static char option_lines[MAX_OPTIONS][DLK_OPTION_HELP];

static const char *const help_head[] = {
	"deadlock",
	"who waits for whom, why, and the deadlock",
	"[-c | -w | -k | -t [pid|address] | -l address] [-s] [-v] [-j | --dot]\n"
	"           [--capture file [--max-capture size]]",
	"  This command walks the tasks, the queues of mutexes, rwsems and folios, and",
	"  the stacks, builds the graph of who waits for whom, and prints its cycles: the",
	"  deadlocks. Each wait and each holder is printed with how sure it is. It needs",
	"  no list of tasks from crash: it works where \"ps\" shows nothing.",
	"",
	"  Without an option: a summary, the cycles, the tasks at the end of long chains,",
	"  and what could not be read.",
	"",
	"  A crash that ends when it starts, since it does not know so new a kernel, starts",
	"  by \"crash --minimal --kaslr=auto VMLINUX VMCORE\": that is enough for this command.",
	"  The program deadlock(8) reads the same file without crash.",
	"",
};

static const char *const help_tail[] = {
	"",
	"  -t without an argument takes the task that crash is set to. With both -s and",
	"  -v each frame carries its source line.",
	"\nEXAMPLES",
	"  Is there a deadlock?\n",
	"    %s> deadlock -c",
	"    DEADLOCK: 2 tasks wait for each other (certain)",
	"",
	"      lab-abba-1   pid 52   D for 11 s",
	"          waits for  mutex 0xffffffffc0311160   in abba_1+0x38",
	"          holds      mutex 0xffffffffc0311180   certain: owner word",
	"      lab-abba-2   pid 53   D for 11 s",
	"          waits for  mutex 0xffffffffc0311180   in abba_2+0x38",
	"          holds      mutex 0xffffffffc0311160   certain: owner word",
	"\n  All tasks that wait, and what the current one waits for:\n",
	"    %s> deadlock -w | less",
	"    %s> set 52",
	"    %s> deadlock -t -sv",
	"\n  Everything, for a program, to a file:\n",
	"    %s> deadlock -j > hang.json",
	NULL,
};

enum {
	HEAD_LINES = sizeof(help_head) / sizeof(help_head[0]),
	TAIL_LINES = sizeof(help_tail) / sizeof(help_tail[0])
};

static char *help_deadlock[HEAD_LINES + MAX_OPTIONS + TAIL_LINES];

char **help_make(void)
{
	char **next = help_deadlock;
	size_t line = 0;

	for (size_t i = 0; i < HEAD_LINES; i++)
		*next++ = (char *)help_head[i];
	for (const struct dlk_option *o = dlk_option_table(); o->key && line < MAX_OPTIONS; o++) {
		if (!(o->front_ends & DLK_CRASH))
			continue;
		dlk_option_help(o, option_lines[line]);
		*next++ = option_lines[line++];
	}
	for (size_t i = 0; i < TAIL_LINES; i++)
		*next++ = (char *)help_tail[i];
	return help_deadlock;
}
