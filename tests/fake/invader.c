/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody who has taken over the program: preloaded (LD_PRELOAD), and in it from within, with all the rights
 * that it has left.  What is done is said by INVADER:
 *
 *   try    at the end of the program every way out is tried, and what came of it is written to standard error,
 *          "NAME: TEXT of the error", a line each
 *   deaf   the first page that is read is never come back from
 *   slow   each read takes 20 ms of CPU time
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TAKES_ITS_PLACE __attribute__((visibility("default")))

enum { DEAF_FROM = 4096, SLOW_MS = 20 };

static bool is_to(const char *what)
{
	const char *wanted = getenv("INVADER");

	return wanted && !strcmp(wanted, what);
}

/* --- reading */

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void burn(void)
{
	int64_t end = cpu_ms() + SLOW_MS;

	while (cpu_ms() < end)
		continue;
}

static void sleep_for_ever(void)
{
	fputs("deaf\n", stderr);
	for (;;)
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
}

static ssize_t read_at(int fd, void *buf, size_t len, off_t at)
{
	if (len >= DEAF_FROM && is_to("deaf"))
		sleep_for_ever();
	if (is_to("slow"))
		burn();
	return syscall(SYS_pread64, fd, buf, len, at);
}

/* In the place of the C library's; the last two are what _FORTIFY_SOURCE makes of the first. */
TAKES_ITS_PLACE ssize_t take_pread(int fd, void *buf, size_t len, off_t at) __asm__("pread");
TAKES_ITS_PLACE ssize_t take_pread64(int fd, void *buf, size_t len, off_t at) __asm__("pread64");
TAKES_ITS_PLACE ssize_t take_pread_chk(int fd, void *buf, size_t len, off_t at,
				       size_t size) __asm__("__pread_chk");
TAKES_ITS_PLACE ssize_t take_pread64_chk(int fd, void *buf, size_t len, off_t at,
					 size_t size) __asm__("__pread64_chk");

ssize_t take_pread(int fd, void *buf, size_t len, off_t at)
{
	return read_at(fd, buf, len, at);
}

ssize_t take_pread64(int fd, void *buf, size_t len, off_t at)
{
	return read_at(fd, buf, len, at);
}

ssize_t take_pread_chk(int fd, void *buf, size_t len, off_t at, size_t size)
{
	return len > size ? -1 : read_at(fd, buf, len, at);
}

ssize_t take_pread64_chk(int fd, void *buf, size_t len, off_t at, size_t size)
{
	return len > size ? -1 : read_at(fd, buf, len, at);
}

/* --- ways out; each returns below 0 if it is barred */

static long read_file(void)
{
	return open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
}

static long write_file(void)
{
	return open("invaded", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long remove_file(void)
{
	return unlink("precious");
}

static long make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* There is no socket to connect: who may not is told so before that is seen. */
static long connect_it(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "nowhere" };

	return connect(STDERR_FILENO, (const struct sockaddr *)&a, sizeof(a));
}

static long start_process(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	return child;
}

/* Of a file that is not there, so that whoever may is told that. */
static long run_program(void)
{
	return execl("/nonexistent", "nonexistent", (char *)NULL);
}

static long trace_process(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long change_code(void)
{
	static char page[2 * 4096] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long kill_somebody(void)
{
	return kill(getppid(), 0);
}

static void try_all(void)
{
	static const struct {
		const char *name;
		long (*way)(void);
	} ways[] = {
		{ "read a file", read_file },       { "write a file", write_file },
		{ "remove a file", remove_file },   { "make a socket", make_socket },
		{ "connect", connect_it },          { "start a process", start_process },
		{ "run a program", run_program },   { "trace a process", trace_process },
		{ "make code", make_code },         { "change code", change_code },
		{ "kill somebody", kill_somebody },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		errno = 0;
		fprintf(stderr, "%s: %s\n", ways[i].name,
			ways[i].way() < 0 ? strerror(errno) : "done");
	}
}

__attribute__((destructor)) static void leave(void)
{
	if (is_to("try"))
		try_all();
}
