/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every read of every image goes wrong once: it fails, it returns random bytes, it does not return.
 *
 * - A read that fails: what is not seen makes no other cycle and none more certain; if a wait, a
 *   hold or a cycle is gone for it, the report says that it is not complete; and it never makes the
 *   verdict that there is no deadlock.
 * - Random bytes: the analysis ends, and shows no cycle but the true ones.
 * - A longjmp: giving the context back gives everything back (the leak sanitizer looks), and the next
 *   analysis is right.
 *
 * Usage: faults [FILE]...
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "../fake/run.h"

enum { MAX_READS = 10000, SEEDS = 3 };

struct run {
	struct dlk_fake_image *image;
	const char *path;
	struct dlk_fake_lines expected, weak; /* weak: as without ORC */
	enum dlk_fake_unwind unwind;
	enum dlk_fake_fault fault;
	uint64_t at, seed;
	uint64_t reads; /* made by the run */
};

static bool complain(const struct run *r, const char *what, const char *line)
{
	static const char *const faults[] = { "sound", "failing", "corrupt", "jumping" };
	static const char *const ways[] = { "ORC", "frame pointers", "scanning" };

	fprintf(stderr, "%s: read %llu %s, by %s: %s: %s\n", r->path, (unsigned long long)r->at,
		faults[r->fault], ways[r->unwind], what, line);
	return false;
}

/* "cycle likely a b": where the names begin */
static const char *names_of(const char *cycle)
{
	return strchr(cycle + strlen("cycle "), ' ');
}

static int certainty(const char *cycle)
{
	const char *word = cycle + strlen("cycle ");

	return !strncmp(word, "certain", 7)  ? DLK_CERTAIN
	       : !strncmp(word, "likely", 6) ? DLK_LIKELY
					     : DLK_POSSIBLE;
}

/* Random bytes may hide a second candidate for a lock, which nobody can notice. */
static bool is_true_cycle(const struct run *r, const char *cycle)
{
	for (uint32_t i = 0; i < r->expected.count; i++) {
		const char *line = r->expected.lines[i];

		if (!strncmp(line, "cycle ", 6) && !strcmp(names_of(line), names_of(cycle)))
			return r->fault == DLK_FAKE_CORRUPT || certainty(cycle) <= certainty(line);
	}
	return false;
}

static bool is_fact(const char *line)
{
	return !strncmp(line, "wait ", 5) || !strncmp(line, "hold ", 5) ||
	       !strncmp(line, "cycle ", 6) || !strncmp(line, "verdict ", 8);
}

/* Health is not claimed: that a sleeping task's wait is not understood is as good as any loss. */
static bool is_taken_back(const char *line, const struct dlk_fake_lines *found)
{
	return !strcmp(line, "verdict no-deadlock") && dlk_fake_has_line(found, "verdict unknown");
}

/* Without its ORC entry a frame is not reliable, and what rests on it is less certain: not lost. */
static bool check_failed_read(const struct run *r, const struct dlk_fake_lines *found)
{
	if (dlk_fake_has_line(found, "complete no"))
		return true;
	for (uint32_t i = 0; i < r->expected.count; i++)
		if (is_fact(r->expected.lines[i]) && !is_taken_back(r->expected.lines[i], found) &&
		    !dlk_fake_has_line(found, r->expected.lines[i]) &&
		    !dlk_fake_has_line(found, r->weak.lines[i]))
			return complain(r, "lost, and not said", r->expected.lines[i]);
	return true;
}

static bool check_found(const struct run *r, const struct dlk_fake_lines *found,
			struct dlk_ctx *ctx)
{
	static const char silence[] = "verdict no-deadlock";

	for (uint32_t i = 0; i < found->count; i++)
		if (!strncmp(found->lines[i], "cycle ", 6) && !is_true_cycle(r, found->lines[i]))
			return complain(r, "no such cycle", found->lines[i]);
	if (r->fault == DLK_FAKE_FAIL && dlk_fake_has_line(found, silence) &&
	    !dlk_fake_has_line(&r->expected, silence))
		return complain(r, "not seen, and denied", silence);
	if (r->fault == DLK_FAKE_FAIL)
		return check_failed_read(r, found);
	return r->fault == DLK_FAKE_CORRUPT ||
	       !dlk_fake_check(r->image, ctx, found, r->unwind != DLK_FAKE_GUESS);
}

/* An analysis that cannot start claims nothing; that is no failure here. */
static bool analyze(struct run *r, struct dlk_fake *fake, struct dlk_ctx *ctx)
{
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_fake_lines found;
	enum dlk_status status = dlk_fake_analyze(fake, &model, &verdict);

	r->reads = fake->reads;
	if (dlk_status_is_fatal(status) || (status && r->fault == DLK_FAKE_SOUND))
		return complain(r, "analysis", ctx->err.text);
	if (status)
		return true;
	if (dlk_fake_report(ctx, &model, &verdict) ||
	    dlk_fake_describe(r->image, ctx, &model, &verdict, &found))
		return complain(r, "report", ctx->err.text);
	return check_found(r, &found, ctx);
}

/* The context is given back wherever the run was cut. */
static bool run_once(struct run *r)
{
	static struct dlk_fake fake;
	static struct dlk_ctx ctx;
	volatile bool is_good = true;
	jmp_buf jump;

	dlk_ctx_init(&ctx);
	dlk_fake_open(&fake, r->image, &ctx);
	fake.unwind = r->unwind;
	fake.fault = r->fault;
	fake.fault_at = r->at;
	fake.seed = r->seed;
	fake.jump = &jump;
	if (!setjmp(jump))
		is_good = analyze(r, &fake, &ctx);
	dlk_ctx_deinit(&ctx);
	return is_good;
}

static bool run_sound(struct run *r)
{
	struct run sound = *r;
	bool is_good;

	sound.fault = DLK_FAKE_SOUND;
	is_good = run_once(&sound);
	r->reads = sound.reads;
	return is_good;
}

/* All reads of a sound run; a fault may make it longer or shorter. */
static bool run_fault(struct run *r, enum dlk_fake_fault fault)
{
	uint64_t reads;
	bool is_good = run_sound(r);

	reads = r->reads;
	if (reads > MAX_READS)
		return complain(r, "over the limit", "reads");
	r->fault = fault;
	for (r->at = 1; r->at <= reads && is_good; r->at++) {
		is_good = run_once(r);
		if (is_good && fault == DLK_FAKE_JUMP)
			is_good = run_sound(r);
	}
	return is_good;
}

static bool check_image(struct dlk_fake_image *image, const char *path, struct dlk_ctx *ctx)
{
	bool is_good = true;

	for (int unwind = 0; unwind < DLK_FAKE_UNWINDS; unwind++) {
		struct run r = { .image = image,
				 .path = path,
				 .unwind = (enum dlk_fake_unwind)unwind };

		if (dlk_fake_expected(image, ctx, unwind != DLK_FAKE_GUESS, &r.expected) ||
		    dlk_fake_expected(image, ctx, false, &r.weak))
			return dlk_fake_complain(ctx, path, "expectations");
		is_good &= run_fault(&r, DLK_FAKE_FAIL);
		is_good &= run_fault(&r, DLK_FAKE_JUMP);
		for (r.seed = 1; r.seed <= SEEDS; r.seed++)
			is_good &= run_fault(&r, DLK_FAKE_CORRUPT);
	}
	return is_good;
}

int main(int argc, char **argv)
{
	return dlk_fake_run_images("faults", argc, argv, check_image);
}
