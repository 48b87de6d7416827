/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spoilt captures, by the number: whatever is done to a capture, the analysis ends soon, within its
 * memory, and never shows a deadlock that is none.
 *
 * A capture of a deadlock may show that one, one that is merely possible, or none; a capture without
 * one shows none.  An exception is a mutation that forges an object's address: a lock whose owner
 * word names another task is held by that task, as far as anybody can tell.  Such deadlocks are
 * shown and counted, and are no failure.
 *
 * usage: mutate [-n COUNT] [-s SEED] [-o FILE] [-f] [-v] [CAPTURE]...
 *   -n  captures to spoil of each base; the default is 150
 *   -s  the first seed
 *   -o  write the mutations of the first seed to a file for fuzz-capture
 *   -f  go on after any other false deadlock
 *   -v  say what each one came to
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "edges.h"

enum { DEFAULT_COUNT = 150, LIMIT_SECONDS = 5, MAX_BYTES = 512 };

struct options {
	uint64_t count, seed;
	const char *output;
	bool allows_false, is_verbose;
};

struct tally {
	uint64_t runs, refused, none, possible, same, forged, wrong, complete;
	double slowest, sum;
	uint64_t slowest_seed;
	size_t most_memory;
};

static char current[256]; /* what the signal handler says */

static void give_up(int signal)
{
	static const char text[] = ": takes too long\n";

	(void)signal;
	if (write(STDERR_FILENO, current, strlen(current)) > 0 &&
	    write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
		_exit(1);
	_exit(1);
}

/* CPU time: a busy machine is no hang. */
static void set_limit(int seconds)
{
	struct itimerval limit = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &limit, NULL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One mutation more often than ten: what many do together is mostly a refusal. */
static size_t make_input(uint64_t seed, uint8_t *bytes)
{
	uint64_t state = seed;
	size_t size = 16;

	while (size < MAX_BYTES && fuzz_next(&state) % 4)
		size += 8;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(fuzz_next(&state) >> 32);
	return size;
}

static bool is_in(const struct fuzz_result *r, dlk_addr_t task)
{
	for (uint32_t i = 0; i < r->cycle_len && i < FUZZ_MAX_CYCLE; i++)
		if (r->cycle[i] == task)
			return true;
	return false;
}

static bool is_true_cycle(const struct fuzz_result *sound, const struct fuzz_result *r)
{
	if (r->cycle_count != 1 || r->cycle_len != sound->cycle_len)
		return false;
	for (uint32_t i = 0; i < r->cycle_len && i < FUZZ_MAX_CYCLE; i++)
		if (!is_in(sound, r->cycle[i]))
			return false;
	return true;
}

/* False if it shows a deadlock that is none. */
static bool judge(struct fuzz_capture *c, const struct fuzz_result *r, struct tally *t)
{
	t->complete += !r->status && r->is_complete;
	if (r->status)
		t->refused++;
	else if (!r->cycle_count)
		*(r->verdict == DLK_NO_DEADLOCK ? &t->none : &t->possible) += 1;
	else if (is_true_cycle(&c->sound, r))
		t->same++;
	else
		*(c->has_forged ? &t->forged : &t->wrong) += 1;
	return r->status || !r->cycle_count || is_true_cycle(&c->sound, r);
}

static void print_cycle(const struct fuzz_result *r)
{
	fprintf(stderr, "%s: a false deadlock of", current);
	for (uint32_t i = 0; i < r->cycle_len && i < FUZZ_MAX_CYCLE; i++)
		fprintf(stderr, " %#llx", (unsigned long long)r->cycle[i]);
	fprintf(stderr, "%s\n", r->cycle_count > 1 ? ", and more" : "");
}

static void note_costs(struct tally *t, uint64_t seed, double seconds, size_t memory)
{
	t->runs++;
	t->sum += seconds;
	if (seconds > t->slowest) {
		t->slowest = seconds;
		t->slowest_seed = seed;
	}
	t->most_memory = memory > t->most_memory ? memory : t->most_memory;
}

/* False if what must never be was. */
static bool run(struct fuzz_capture *c, uint64_t seed, const struct options *o, struct tally *t)
{
	uint8_t bytes[MAX_BYTES];
	size_t size = make_input(seed, bytes);
	struct fuzz_result r;
	double start;
	bool is_true;

	snprintf(current, sizeof(current), "%s: seed %llu", c->path, (unsigned long long)seed);
	fuzz_capture_mutate(c, bytes, size);
	set_limit(LIMIT_SECONDS);
	start = now();
	r = fuzz_capture_analyse(c);
	set_limit(0);
	note_costs(t, seed, now() - start, r.used);
	is_true = judge(c, &r, t);
	if (o->is_verbose)
		printf("%s: %.3f s, %zu KiB, %s%s\n", current, now() - start, r.used >> 10,
		       r.status ? "refused: " : dlk_verdict_text(r.verdict), r.error);
	if (!is_true)
		print_cycle(&r);
	return is_true || o->allows_false || c->has_forged;
}

static bool write_input(const struct options *o)
{
	uint8_t bytes[MAX_BYTES];
	size_t size = make_input(o->seed, bytes);
	FILE *f = fopen(o->output, "wb");
	bool is_good = f && fwrite(bytes, 1, size, f) == size;

	return f && !fclose(f) && is_good;
}

static bool run_all(const char *path, const struct options *o)
{
	static struct fuzz_capture c;
	struct tally t = { 0 };
	bool is_good = true;

	fuzz_capture_load(&c, path);
	for (uint64_t i = 0; i < o->count && is_good; i++)
		is_good = run(&c, o->seed + i, o, &t);
	printf("%s: %llu runs, %.1f ms each, the slowest %.0f ms (seed %llu), at most %zu MiB\n"
	       "  refused %llu, no deadlock %llu, possible %llu, the deadlock %llu, complete %llu\n"
	       "  false by a forged address %llu, false otherwise %llu\n",
	       c.path, (unsigned long long)t.runs, t.runs ? t.sum * 1e3 / (double)t.runs : 0.0,
	       t.slowest * 1e3, (unsigned long long)t.slowest_seed, t.most_memory >> 20,
	       (unsigned long long)t.refused, (unsigned long long)t.none,
	       (unsigned long long)t.possible, (unsigned long long)t.same,
	       (unsigned long long)t.complete, (unsigned long long)t.forged,
	       (unsigned long long)t.wrong);
	fuzz_capture_free(&c);
	return is_good;
}

static bool run_bundled(const struct options *o)
{
	static const char *const names[] = { "hugetlb-6.1", "hugetlb-6.12", "6.1-cloud-abba" };
	const char *top = getenv("top_srcdir");
	char path[4096];
	bool is_good = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && is_good; i++) {
		snprintf(path, sizeof(path), "%s/vmcores/captures/%s.elf.zst", top ? top : ".",
			 names[i]);
		is_good = run_all(path, o);
	}
	return is_good;
}

int main(int argc, char **argv)
{
	struct options o = { .count = DEFAULT_COUNT, .seed = 1 };
	bool is_good = true;
	int option;

	while ((option = getopt(argc, argv, "n:s:o:fv")) != -1)
		switch (option) {
		case 'n':
			o.count = strtoull(optarg, NULL, 10);
			break;
		case 's':
			o.seed = strtoull(optarg, NULL, 10);
			break;
		case 'o':
			o.output = optarg;
			break;
		case 'f':
			o.allows_false = true;
			break;
		case 'v':
			o.is_verbose = true;
			break;
		default:
			return 2;
		}
	signal(SIGPROF, give_up);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (o.output)
		return write_input(&o) ? 0 : 1;
	if (optind == argc)
		return run_bundled(&o) ? 0 : 1;
	for (; optind < argc && is_good; optind++)
		is_good = run_all(argv[optind], &o);
	return is_good ? 0 : 1;
}
