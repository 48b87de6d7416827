// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A crowd: PROCESSES processes of THREADS threads each, all asleep for good.  Ends when all are
 * there, which stay behind: for a dump with many tasks that are no kernel threads.
 * usage: crowd PROCESSES THREADS
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *sleep_for_good(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* A process of the crowd: says on @p to when its threads are there. */
static void be_process(int threads, int to)
{
	pthread_attr_t attr;
	pthread_t thread;
	char word = 'y';

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN > 65536 ? PTHREAD_STACK_MIN : 65536);
	for (int i = 1; i < threads; i++)
		if (pthread_create(&thread, &attr, sleep_for_good, NULL))
			word = 'n';
	if (write(to, &word, 1) != 1)
		_exit(1);
	sleep_for_good(NULL);
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? atoi(argv[1]) : 0;
	int threads = argc > 2 ? atoi(argv[2]) : 0;
	int ends[2];

	if (processes < 1 || threads < 1 || pipe(ends))
		return 2;
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();
		char word = 'n';

		if (!pid)
			be_process(threads, ends[1]);
		if (pid < 0 || read(ends[0], &word, 1) != 1 || word != 'y') {
			fprintf(stderr, "crowd: process %d of %d could not be made\n", i,
				processes);
			return 1;
		}
	}
	return 0;
}
