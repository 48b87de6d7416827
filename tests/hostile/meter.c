/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running and measuring: see meter.h. */
#include <config.h>

#include "meter.h"

#include <ctype.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is let go on is killed then: this machine has other things to do. */
enum { KILL_AFTER = 30, MAX_ARGS = 24 };

static const rlim_t max_space = (rlim_t)4 << 30;

static bool is_sanitized(void)
{
	const char *text = getenv("SANITIZED");

	return text && *text;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* --- the folder */

int meter_setup(void **state)
{
	struct meter *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	temp_make(&m->temp);
	snprintf(m->path, sizeof(m->path), "%s", temp_file(&m->temp, "hostile"));
	setenv("TMPDIR", m->temp.dir, 1);
	*state = m;
	return 0;
}

int meter_teardown(void **state)
{
	struct meter *m = *state;

	temp_remove(&m->temp);
	free(m);
	return 0;
}

/* --- running */

static void limit(int what, rlim_t most)
{
	setrlimit(what, &(struct rlimit){ most, most });
}

static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(127);
}

static _Noreturn void become(struct meter *m, const char *const *args)
{
	const char *program = getenv("DEADLOCK");
	const char *all[MAX_ARGS + 2] = { "deadlock" };

	for (size_t i = 0; i < MAX_ARGS && args[i]; i++)
		all[i + 1] = args[i];
	redirect("/dev/null", O_RDONLY, STDIN_FILENO);
	redirect(temp_file(&m->temp, "out"), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	redirect(temp_file(&m->temp, "err"), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, KILL_AFTER);
	if (!is_sanitized())
		limit(RLIMIT_AS, max_space);
	execv(program && *program ? program : "./deadlock", (char *const *)all);
	_exit(127);
}

/* How long it could have run, and did not: others had the CPU. */
static double queued(pid_t pid)
{
	char path[64];
	unsigned long long ran = 0, waited = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
		waited = 0;
	fclose(f);
	return (double)waited / 1e9;
}

static void await(pid_t pid)
{
	int fd = pidfd_open(pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_true(fd >= 0);
	if (poll(&p, 1, KILL_AFTER * 1000) == 0)
		kill(pid, SIGKILL);
	close(fd);
}

static void measure(struct meter *m, pid_t pid, double start)
{
	struct rusage usage;
	siginfo_t info;
	int status;

	await(pid);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	m->elapsed = now() - start - queued(pid);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	m->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	m->cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	m->mib = usage.ru_maxrss >> 10;
}

static void read_text(const char *path, char text[METER_TEXT])
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, METER_TEXT - 1, f)] = 0;
	fclose(f);
}

static void judge(const struct meter *m, const char *what)
{
	int slack = is_sanitized() ? 10 : 1;
	double most = METER_SECONDS * slack;
	const char *line = *m->err ? m->err : m->out;

	printf("    %-44s %5.2f s CPU %5.2f s %4ld MiB  %d %.*s\n", what, m->cpu, m->elapsed,
	       m->mib, m->status, (int)strcspn(line, "\n"), line);
	fflush(stdout);
	if (m->status < 0)
		fail_msg("%s: ended by signal %d: %s", what, -m->status, m->err);
	if (m->status > 3)
		fail_msg("%s: exit status %d: %s", what, m->status, m->err);
	if (m->cpu > most || m->elapsed > most + m->patience)
		fail_msg("%s: %.2f s of CPU, %.2f s in all: too long", what, m->cpu, m->elapsed);
	if (m->mib > METER_MIB && !is_sanitized())
		fail_msg("%s: %ld MiB: too much", what, m->mib);
}

void meter_run_with(struct meter *m, const char *what, const char *const *args)
{
	double start;
	pid_t pid;

	/* What a process had before exec counts as its own. */
	malloc_trim(0);
	start = now();
	pid = fork();
	if (!pid)
		become(m, args);
	assert_true(pid > 0);
	measure(m, pid, start);
	read_text(temp_file(&m->temp, "out"), m->out);
	read_text(temp_file(&m->temp, "err"), m->err);
	judge(m, what);
}

/* --- what came of it */

/* Lines are broken anywhere, and indented. */
static bool has_words(const char *text, const char *words)
{
	char flat[METER_TEXT];
	size_t len = 0;

	for (; *text; text++)
		if (!isspace((unsigned char)*text))
			flat[len++] = *text;
		else if (len && flat[len - 1] != ' ')
			flat[len++] = ' ';
	flat[len] = 0;
	return strstr(flat, words);
}

static unsigned count_messages(const char *text)
{
	static const char start[] = "deadlock: ";
	unsigned count = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		count += !strncmp(line, start, sizeof(start) - 1);
	}
	return count;
}

void assert_refused(const struct meter *m, const char *words)
{
	if (m->status != 2)
		fail_msg("exit status %d, not 2: %s%s", m->status, m->err, m->out);
	if (*m->out)
		fail_msg("refused, and a report: %s", m->out);
	if (count_messages(m->err) != 1)
		fail_msg("not one message: %s", m->err);
	if (!has_words(m->err, words))
		fail_msg("'%s' is not in: %s", words, m->err);
}

void assert_not_denied(const struct meter *m)
{
	if (m->status == 0)
		fail_msg("no deadlock: %s", m->out);
	assert_in_range(m->status, 1, 3);
	if (m->status == 2 && !*m->err)
		fail_msg("refused without a word");
}

void assert_found(const struct meter *m)
{
	if (m->status != 1)
		fail_msg("exit status %d, not 1: %s%s", m->status, m->err, m->out);
}

void assert_says(const struct meter *m, const char *words)
{
	if (!has_words(m->out, words) && !has_words(m->err, words))
		fail_msg("'%s' is not in: %s%s", words, m->err, m->out);
}
