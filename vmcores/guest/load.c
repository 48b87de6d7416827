// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps processes busy with what makes them wait in the kernel: futexes, pages of a mapped file, renames across
 * folders, processes that end.  Nothing hangs.
 * usage: load FOLDER
 * Starts its processes and ends; they stay, and each works in FOLDER.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, MAPPED = 64 * 4096, ALIKE = 2 };

static void pause_a_moment(void)
{
	usleep(1 + rand() % 3000);
}

/* Threads that want the same two mutexes, in the same order. */
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;

static void *take_both(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&first);
		pause_a_moment();
		pthread_mutex_lock(&second);
		pthread_mutex_unlock(&first);
		pause_a_moment();
		pthread_mutex_unlock(&second);
	}
	return NULL;
}

static void use_futexes(void)
{
	pthread_t thread;

	for (int i = 1; i < THREADS; i++)
		if (pthread_create(&thread, NULL, take_both, NULL))
			exit(1);
	take_both(NULL);
}

/* Pages are dirtied, written back, dropped and read again, by threads of one address space, which maps and unmaps. */
static void *use_pages(void *unused)
{
	int fd = open("mapped", O_RDWR | O_CREAT, 0600);

	(void)unused;
	if (fd < 0 || ftruncate(fd, MAPPED))
		exit(1);
	for (;;) {
		char *map = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (map == MAP_FAILED)
			continue;
		for (int i = 0; i < 16; i++)
			map[rand() % MAPPED] = (char)i;
		msync(map, MAPPED, rand() % 2 ? MS_SYNC : MS_ASYNC);
		munmap(map, MAPPED);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	return NULL;
}

static void use_mappings(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, use_pages, NULL))
		exit(1);
	use_pages(NULL);
}

/* Folders go to and fro between two others: both of these are locked, and the file system's renames. */
static void use_renames(void)
{
	char here[32], there[32];

	mkdir("left", 0700);
	mkdir("right", 0700);
	snprintf(here, sizeof(here), "left/%d", getpid());
	snprintf(there, sizeof(there), "right/%d", getpid());
	mkdir(here, 0700);
	for (;;) {
		rename(here, there);
		rename(there, here);
		if (!(rand() % 4))
			pause_a_moment();
	}
}

static void use_processes(void)
{
	for (;;) {
		pid_t pid = rand() % 2 ? fork() : vfork();

		if (!pid) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		pause_a_moment();
	}
}

int main(int argc, char **argv)
{
	static void (*const uses[])(void) = { use_futexes, use_mappings, use_renames,
					      use_processes };

	if (argc != 2 || chdir(argv[1]))
		return 2;
	for (size_t i = 0; i < ALIKE * sizeof(uses) / sizeof(uses[0]); i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid)
			continue;
		srand((unsigned int)getpid());
		uses[i / ALIKE]();
	}
	return 0;
}
