/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an analysis costs: for each dump one line with CPU, wall, peak memory, tasks, pages read.
 *
 * Each dump is analysed in a process of its own, from open to JSON, so that the peak is its own.
 * usage: bench [-c SECONDS] [-m MIB] DUMP...   -c and -m: fail if CPU or memory is above
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deadlock/report.h"
#include "deadlock/session.h"

struct result {
	uint64_t pages;
	uint32_t tasks;
	enum dlk_verdict_code verdict;
};

static enum dlk_status analyse(struct dlk_ctx *ctx, const char *dump, struct result *ret)
{
	struct dlk_open how = { .vmcore = dump };
	struct dlk_analyze_options options = { .all_stacks = false };
	struct dlk_session *s;
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_report report = { .model = &model, .verdict = &verdict };
	FILE *out = fopen("/dev/null", "w");
	enum dlk_status status = dlk_session_open_vmcore(ctx, &how, &s);

	if (status || !out)
		return status ? status : DLK_ERR_SYSTEM;
	status = dlk_session_analyze(s, &options, &model);
	if (!status)
		status = dlk_judge(ctx, &model, &verdict);
	if (!status)
		status = dlk_report_json(ctx, &report, out);
	if (!status)
		*ret = (struct result){ dlk_session_costs(s).pages_read, model.context_count,
					verdict.code };
	dlk_session_close(s);
	fclose(out);
	return status;
}

/* In the child: analyse, and send the result. */
static int child(const char *dump, int to)
{
	struct dlk_ctx ctx;
	struct result result;

	dlk_ctx_init(&ctx);
	if (analyse(&ctx, dump, &result)) {
		fprintf(stderr, "bench: %s\n", ctx.err.text);
		return 1;
	}
	dlk_ctx_deinit(&ctx);
	return write(to, &result, sizeof(result)) != sizeof(result);
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* @return whether the dump was analysed within the limits. */
static bool bench(const char *dump, double max_cpu, double max_mib)
{
	double start = now(), cpu, mib;
	struct rusage usage;
	struct result r;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds))
		return false;
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(child(dump, fds[1]));
	close(fds[1]);
	if (pid < 0 || read(fds[0], &r, sizeof(r)) != sizeof(r) ||
	    wait4(pid, &status, 0, &usage) != pid || status)
		return false;
	close(fds[0]);
	cpu = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	mib = (double)usage.ru_maxrss / 1024;
	printf("%-40s %7.3f %7.3f %7.1f %7u %8llu %9.1f  %s\n",
	       strrchr(dump, '/') ? strrchr(dump, '/') + 1 : dump, cpu, now() - start, mib, r.tasks,
	       (unsigned long long)r.pages, r.tasks ? (double)r.pages / r.tasks : 0.0,
	       dlk_verdict_text(r.verdict));
	if (cpu <= max_cpu && mib <= max_mib)
		return true;
	fprintf(stderr, "bench: %s: above %.2f s of CPU or %.0f MiB\n", dump, max_cpu, max_mib);
	return false;
}

int main(int argc, char **argv)
{
	double max_cpu = 1e9, max_mib = 1e9;
	bool is_good = true;
	int c;

	while ((c = getopt(argc, argv, "c:m:")) != -1)
		if (c == 'c')
			max_cpu = strtod(optarg, NULL);
		else if (c == 'm')
			max_mib = strtod(optarg, NULL);
		else
			return 2;
	printf("%-40s %7s %7s %7s %7s %8s %9s\n", "dump", "cpu s", "wall s", "MiB", "tasks",
	       "pages", "per task");
	for (; optind < argc; optind++)
		is_good &= bench(argv[optind], max_cpu, max_mib);
	return is_good ? 0 : 1;
}
