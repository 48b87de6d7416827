/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

enum { CPU_SECONDS = 2, MAX_MIB = 256 };

static void give_up(int signal)
{
	static const char text[] = "an input that takes more than 2 s of CPU time\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	abort();
}

static void set_timer(int seconds)
{
	const struct itimerval limit = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &limit, NULL);
}

void fuzz_limits_begin(void)
{
	static int is_ready;

	if (!is_ready++)
		signal(SIGPROF, give_up);
	set_timer(CPU_SECONDS);
}

void fuzz_limits_end(void)
{
	set_timer(0);
}

void fuzz_limits_check_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) || used.ru_maxrss <= (long)MAX_MIB << 10)
		return;
	fprintf(stderr, "%ld MiB of memory, %d are allowed\n", used.ru_maxrss >> 10, MAX_MIB);
	abort();
#endif
}
