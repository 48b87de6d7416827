/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report's first line: the verdict in one sentence, which may be forwarded by itself.  It never
 * says more than is true: "No deadlock" only if nothing is in doubt.
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_CPUS = 4 };

/* DEADLOCK: 7 tasks in 3 cycles (2 certain, 1 likely) */
static void print_many_cycles(struct dlk_text *t)
{
	const struct dlk_verdict *v = t->verdict;
	uint32_t counts[DLK_CERTAIN + 1] = { 0 };
	const char *separator = "";

	for (uint32_t i = 0; i < v->cycle_count; i++)
		counts[v->cycles[i].confidence]++;
	dlk_out_print(&t->out, "%s tasks in %s cycles (", dlk_words_count(v->in_cycles).text,
		      dlk_words_count(v->cycle_count).text);
	for (int c = DLK_CERTAIN; c >= DLK_POSSIBLE; c--) {
		if (!counts[c])
			continue;
		dlk_out_print(&t->out, "%s%" PRIu32 " %s", separator, counts[c],
			      dlk_confidence_text((enum dlk_confidence)c));
		separator = ", ";
	}
	dlk_out_print(&t->out, ")");
}

static void print_cycles(struct dlk_text *t)
{
	dlk_out_print(&t->out, ": ");
	if (t->verdict->cycle_count == 1)
		dlk_text_cycle_title(t, &t->verdict->cycles[0]);
	else
		print_many_cycles(t);
}

/*
 * mutex 0xffff888005a3c100: its owner word names no live task; fsync pid 100 and all behind it will not
 * run again (certain)
 */
static void print_leak(struct dlk_text *t)
{
	const struct dlk_leak *leak = &t->verdict->leaks[0];
	const char *name = dlk_words_other_name(&t->model->resources[leak->resource]);
	uint32_t others = t->verdict->leak_count - 1;

	dlk_out_print(&t->out, ": %s%s%s%s: its owner", dlk_text_resource(t, leak->resource).text,
		      name ? " (" : "", name ? name : "", name ? ")" : "");
	if (leak->owner != DLK_NONE) {
		dlk_out_print(&t->out, ", ");
		dlk_text_name(t, leak->owner);
		dlk_out_print(&t->out, ", has exited; ");
	} else {
		dlk_out_print(&t->out, " word names no live task; ");
	}
	dlk_text_name(t, leak->waiter);
	dlk_out_print(&t->out, "%s will not run again (%s)",
		      leak->behind > 1 ? " and all behind it" : "",
		      dlk_confidence_text(leak->confidence));
	if (others)
		dlk_out_print(&t->out, "; and so of %s more lock%s", dlk_words_count(others).text,
			      dlk_words_plural(others));
}

/* The first wait that is not understood for a reason, and how many more there are of these. */
static const struct dlk_unknown *find_unknown(const struct dlk_text *t, enum dlk_why why,
					      uint32_t *others)
{
	const struct dlk_unknown *first = NULL;

	*others = 0;
	for (uint32_t i = 0; i < t->index.lasting; i++) {
		const struct dlk_unknown *u = &t->model->unknowns[t->index.unknowns[i]];

		if (u->why != why)
			continue;
		*others += first != NULL;
		if (!first)
			first = u;
	}
	return first;
}

/* zoo-tri1 pid 77 sleeps in rwsem_down_write_slowpath, but its waiter was not found; this kernel is ... */
static void print_not_found(struct dlk_text *t, const struct dlk_unknown *u, uint32_t others)
{
	const char *release = t->model->source.release;

	dlk_text_name(t, u->context);
	dlk_out_print(&t->out, " sleeps in %s, but its waiter was not found",
		      u->function ? u->function : "a lock's function");
	if (others)
		dlk_out_print(&t->out, ", and %s more likewise", dlk_words_count(others).text);
	if (t->index.is_foreign)
		dlk_out_print(&t->out, "; this kernel%s%s%s is not understood", release ? " (" : "",
			      release ? release : "", release ? ")" : "");
	dlk_out_print(&t->out, ".");
}

/* Whether some CPU spins in another function than the first one. */
static bool is_elsewhere(const struct dlk_text *t, const struct dlk_unknown *first)
{
	for (uint32_t i = 0; i < t->index.lasting; i++) {
		const struct dlk_unknown *u = &t->model->unknowns[t->index.unknowns[i]];

		if (u->why == DLK_WHY_SPINS && u->function != first->function &&
		    (!u->function || !first->function || strcmp(u->function, first->function)))
			return true;
	}
	return false;
}

/* "CPUs 0, 2, 3, 4 and 2 more", "a CPU" if the number of none is known */
static void print_cpus(struct dlk_text *t)
{
	uint32_t total = t->index.spinning_cpu_count;
	uint32_t shown = total < SHOWN_CPUS ? total : SHOWN_CPUS;

	if (!total)
		dlk_out_print(&t->out, "a CPU");
	else
		dlk_out_print(&t->out, "CPU%s ", dlk_words_plural(total));
	for (uint32_t i = 0; i < shown; i++)
		dlk_out_print(&t->out, "%s%" PRId32,
			      !i               ? ""
			      : i + 1 == total ? " and "
					       : ", ",
			      t->index.spinning_cpus[i]);
	if (shown < total)
		dlk_out_print(&t->out, " and %s more", dlk_words_count(total - shown).text);
}

/* CPUs 1 and 2 spin in native_queued_spin_lock_slowpath; who keeps them waiting is not known. */
static void print_spins(struct dlk_text *t, const struct dlk_unknown *first, uint32_t others)
{
	bool is_one = t->index.spinning_cpu_count <= 1;

	(void)others;
	print_cpus(t);
	dlk_out_print(&t->out, " spin%s in %s%s; who keeps %s waiting is not known.",
		      is_one ? "s" : "", first->function ? first->function : "a lock's function",
		      !is_one && is_elsewhere(t, first) ? " and elsewhere" : "",
		      is_one ? "it" : "them");
}

/* khugepaged pid 34 hangs, and the log does not say what it does; of who is only named as an owner: it keeps others waiting. */
static void print_not_said(struct dlk_text *t, const struct dlk_unknown *u, uint32_t others)
{
	dlk_text_name(t, u->context);
	if (others)
		dlk_out_print(&t->out, " and %s more", dlk_words_count(others).text);
	if (t->model->contexts[u->context].is_uninterruptible)
		dlk_out_print(&t->out, " hang%s", others ? "" : "s");
	else
		dlk_out_print(&t->out, " %s others waiting", others ? "keep" : "keeps");
	dlk_out_print(&t->out, ", and %s.", dlk_why_meaning(u->why));
}

/* CPU 1 runs stress pid 77 for 12 s, and its registers are not known: whether it spins cannot be told */
static void print_not_seen(struct dlk_text *t, const struct dlk_unknown *u, uint32_t others)
{
	const struct dlk_context *c = &t->model->contexts[u->context];

	if (c->cpu >= 0)
		dlk_out_print(&t->out, "CPU %" PRId32 " runs ", c->cpu);
	else
		dlk_out_print(&t->out, "a CPU runs ");
	dlk_text_name(t, u->context);
	dlk_out_print(&t->out, " for %s, and its %s: whether it spins cannot be told",
		      dlk_words_duration(u->ns).text,
		      c->frame_count ? "stack cannot be followed" : "registers are not known");
	if (others)
		dlk_out_print(&t->out, "; and so of %s more CPU%s", dlk_words_count(others).text,
			      dlk_words_plural(others));
	dlk_out_print(&t->out, ".");
}

static void print_share(struct dlk_text *t, uint32_t count, const char *what)
{
	uint32_t whole = t->index.blocked + t->index.spinning;

	if (whole < count)
		whole = count;
	dlk_out_print(
		&t->out,
		" %s of %s blocked task%s wait%s for %s; a deadlock through it would not be seen.",
		dlk_words_count(count).text, dlk_words_count(whole).text, dlk_words_plural(whole),
		count == 1 ? "s" : "", what);
}

/* The first wait, by pid, that has lasted for something that has holders who are not known. */
static const struct dlk_wait *find_doubtful(const struct dlk_text *t)
{
	for (uint32_t i = 0; i < t->model->context_count; i++) {
		struct dlk_span waits = dlk_groups_get(&t->index.waits_of, t->index.contexts[i]);

		for (uint32_t k = 0; k < waits.count; k++) {
			const struct dlk_wait *w = &t->model->waits[waits.items[k]];

			if (dlk_is_doubtful(t->model, w))
				return w;
		}
	}
	return NULL;
}

/* fsync pid 100 waits for rwsem 0xffff888005a3c100, and not all who hold it are known; ... */
static void print_doubtful_holders(struct dlk_text *t, uint32_t count)
{
	const struct dlk_wait *first = find_doubtful(t);

	if (!first)
		return;
	dlk_out_print(&t->out, " ");
	dlk_text_name(t, first->context);
	dlk_out_print(&t->out, " waits for %s, and not all who hold it are known",
		      dlk_text_resource(t, first->resource).text);
	if (count > 1)
		dlk_out_print(&t->out, ", and %s more wait likewise",
			      dlk_words_count(count - 1).text);
	dlk_out_print(&t->out, "; a deadlock through it would not be seen.");
}

/* What of this kernel is not understood, so that waits may be lost; or that a log tells of none. */
static const struct dlk_finding *find_foreign(const struct dlk_text *t)
{
	for (uint32_t i = 0; i < t->model->finding_count; i++) {
		const struct dlk_finding *f = &t->model->findings[t->index.findings[i]];

		if ((f->code == DLK_FINDING_UNSUPPORTED || f->code == DLK_FINDING_NOT_TOLD) &&
		    f->is_loss && f->text)
			return f;
	}
	return NULL;
}

/* Those that nothing better can be said of: by how many they are. */
static void print_doubts(struct dlk_text *t)
{
	const struct dlk_doubts *d = &t->verdict->doubts;
	const struct dlk_finding *f = find_foreign(t);

	if (f) {
		dlk_out_paint(&t->out, DLK_YELLOW, "CANNOT TELL");
		dlk_out_print(&t->out, ": %s.", f->text);
	} else if (d->waits) {
		dlk_out_paint(&t->out, DLK_YELLOW, "NO DEADLOCK AMONG THE WAITS UNDERSTOOD.");
		print_share(t, d->waits,
			    t->report->incident.count
				    ? "something of which the log does not say who ends it"
				    : "something that this version does not analyse");
	} else if (d->holders) {
		dlk_out_paint(&t->out, DLK_YELLOW, "NO DEADLOCK AMONG THE HOLDERS KNOWN.");
		print_doubtful_holders(t, d->holders);
	} else if (!d->losses) {
		dlk_out_paint(&t->out, DLK_YELLOW,
			      "NO DEADLOCK IN THIS LOG, BUT lockdep FORETELLS ONE.");
		dlk_out_print(&t->out, " %s.",
			      t->model->predictions[0].title ? t->model->predictions[0].title
							     : "see below");
	} else {
		dlk_out_paint(&t->out, DLK_YELLOW, "NO DEADLOCK AMONG WHAT COULD BE READ.");
		dlk_out_print(&t->out, " %s thing%s could not: waits or holders may be missing.",
			      dlk_words_count(d->losses).text, dlk_words_plural(d->losses));
	}
}

static void print_unknown(struct dlk_text *t)
{
	/* In this order the first is said. */
	static const struct {
		enum dlk_why why;
		void (*print)(struct dlk_text *t, const struct dlk_unknown *first, uint32_t others);
	} reasons[] = {
		{ DLK_WHY_NOT_FOUND, print_not_found },
		{ DLK_WHY_SPINS, print_spins },
		{ DLK_WHY_NOT_SEEN, print_not_seen },
		{ DLK_WHY_NOT_SAID, print_not_said },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		uint32_t others;
		const struct dlk_unknown *first = find_unknown(t, reasons[i].why, &others);

		if (!first)
			continue;
		dlk_out_paint(&t->out, DLK_YELLOW, "CANNOT TELL");
		dlk_out_print(&t->out, ": ");
		reasons[i].print(t, first, others);
		return;
	}
	if (!t->verdict->leak_count) {
		print_doubts(t);
		return;
	}
	dlk_out_paint(&t->out, DLK_YELLOW, "CANNOT TELL");
	print_leak(t);
}

void dlk_text_headline(struct dlk_text *t)
{
	switch (t->verdict->code) {
	case DLK_DEADLOCK:
		dlk_out_paint(&t->out, DLK_RED, "DEADLOCK");
		print_cycles(t);
		break;
	case DLK_LEAKED_LOCK:
		dlk_out_paint(&t->out, DLK_RED, "HUNG FOR GOOD");
		print_leak(t);
		break;
	case DLK_POSSIBLE_DEADLOCK:
		dlk_out_paint(&t->out, DLK_YELLOW, "POSSIBLE DEADLOCK");
		print_cycles(t);
		break;
	case DLK_UNKNOWN:
		print_unknown(t);
		break;
	case DLK_NO_DEADLOCK:
		/* A text rules nothing out that does not stand in it. */
		dlk_out_paint(&t->out, DLK_GREEN,
			      t->report->incident.count
				      ? "No deadlock among the waits that the log tells of."
				      : "No deadlock.");
		break;
	}
	dlk_out_end(&t->out);
}
