/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_REPORT_TEXT_H
#define DLK_REPORT_TEXT_H

/**
 * @file
 * The text report's own parts.
 *
 *	text.c         which parts a report has; its last line
 *	text_verdict.c its first line
 *	text_parts.c   the lines that several parts share: a task, a wait, a hold, a stack
 *	text_cycle.c   deadlock cycles
 *	text_root.c    the ends of chains that are not cycles
 *	text_waits.c   -w: every blocked task
 *	text_lockdep.c -k: what lockdep lists
 *	text_task.c    -t: one task's chain
 *	text_lock.c    -l: one lock
 *	text_said.c    what the kernel itself has reported
 *	text_unknown.c waits that are not understood
 *	text_finding.c what could not be read, what looks wrong
 *
 * A block about a task has these columns:
 *
 *	  mover    pid 51      D for 34 s
 *	      waits for  rwsem 0xffff8f8ad08b4428 (read)    in rmap_walk_file+0x1aa
 *	  ^   ^          ^                                  ^
 *	  2   LABEL      WHAT                               WHY
 */

#include "deadlock/report.h"
#include "report/index.h"
#include "report/out.h"
#include "report/words.h"

enum { DLK_COLUMN_LABEL = 6, DLK_COLUMN_WHAT = 17, DLK_COLUMN_WHY = 52 };

/** How many of the roots a summary shows. */
enum { DLK_SHOWN_ROOTS = 10 };

struct dlk_text {
	struct dlk_out out;
	struct dlk_ctx *ctx;
	const struct dlk_report *report;
	const struct dlk_model *model;
	const struct dlk_verdict *verdict;
	struct dlk_index index;
	/** For each context and resource: the last block that showed it, from 1; 0 if none. */
	uint32_t *context_mark, *resource_mark;
};

/* text_parts.c */

/** "mover pid 51" */
void dlk_text_name(struct dlk_text *t, uint32_t context);
/** "  mover    pid 51   D for 34 s" with the name padded to @p width; a whole line. */
void dlk_text_task(struct dlk_text *t, uint32_t context, uint32_t width);
/** Width of the widest name among @p count contexts. */
uint32_t dlk_text_name_width(const struct dlk_text *t, const uint32_t *contexts, uint32_t count);
/** "rwsem 0xffff8f8ad08b4428" */
struct dlk_words dlk_text_resource(const struct dlk_text *t, uint32_t resource);
/** " (read)" for kinds that know readers and writers, else "". */
const char *dlk_text_mode(const struct dlk_text *t, uint32_t resource, enum dlk_mode mode);
/** A line that begins with a label: the caller goes on at DLK_COLUMN_WHAT. */
void dlk_text_label(struct dlk_text *t, const char *label);
/** What a wait waits for, where, on what evidence: whole lines. */
void dlk_text_wait(struct dlk_text *t, uint32_t wait);
/** What a context holds, on what evidence: whole lines. */
void dlk_text_hold(struct dlk_text *t, uint32_t hold);
/** With the evidence, what a context holds that nobody waits for: whole lines. */
void dlk_text_other_holds(struct dlk_text *t, uint32_t context);
/** Who holds a resource, on what evidence: whole lines. */
void dlk_text_held_by(struct dlk_text *t, uint32_t hold);
/** The evidence of a wait (hold DLK_NONE) or a hold (wait DLK_NONE), if it was asked for. */
void dlk_text_evidence(struct dlk_text *t, uint32_t wait, uint32_t hold);
/** Who holds a resource in words, if no hold says it: "not known", "nobody", "no task". */
const char *dlk_text_nobody(const struct dlk_text *t, uint32_t resource);
/** Why not all holders of a resource are known, if so: a line, and more where it is long. */
void dlk_text_unknown_holders(struct dlk_text *t, uint32_t resource);
/** Address, name, state and queue of a resource: whole lines. */
void dlk_text_resource_line(struct dlk_text *t, uint32_t resource, uint32_t width);
/** The stack of a context, if stacks were asked for: whole lines. */
void dlk_text_stack(struct dlk_text *t, uint32_t context);
/** "a pid 1, b pid 2, c pid 3, and 9,997 more" */
void dlk_text_names(struct dlk_text *t, const uint32_t *contexts, uint32_t shown, uint32_t total);

/* the parts */

/** The verdict in one sentence: a whole line. */
void dlk_text_headline(struct dlk_text *t);
/** The waits that are not understood and have lasted, and an empty line; nothing if there are none. */
void dlk_text_unknowns(struct dlk_text *t);
/** One of them: whole lines. */
void dlk_text_unknown(struct dlk_text *t, uint32_t unknown);
/**
 * The first wait of a context that is not understood and has lasted; DLK_NONE.
 *
 * Of a task that has none, it is known what it waits for, or it does not matter.
 */
uint32_t dlk_text_unknown_of(const struct dlk_text *t, uint32_t context);
/** "sleeps in down, called from se2+0x2b [zoo]; who will call up() is not recorded", or "runs ...". */
void dlk_text_doing(struct dlk_text *t, uint32_t context);
/** What the kernel itself has reported of a context: whole lines. */
void dlk_text_said(struct dlk_text *t, uint32_t context);
/** The same of those that no other part shows, and an empty line; nothing if there are none. */
void dlk_text_said_besides(struct dlk_text *t);
/** All cycles, at most @p limit; nothing if there are none. */
void dlk_text_cycles(struct dlk_text *t, uint32_t limit);
/** How a cycle of CPUs that spin came about, in sentences, and an empty line; nothing of others. */
void dlk_text_story(struct dlk_text *t, const struct dlk_cycle *cycle);
/** "2 tasks wait for each other (likely: 1 of 2 holders is inferred)"; no line end. */
void dlk_text_cycle_title(struct dlk_text *t, const struct dlk_cycle *cycle);
/** The first roots. */
void dlk_text_roots(struct dlk_text *t);
/** Every blocked task. */
void dlk_text_waits(struct dlk_text *t);
/** Every task's held locks, as lockdep lists them; with evidence: their classes' usage. */
enum dlk_status dlk_text_lockdep(struct dlk_text *t) DLK_MUST_CHECK;
/** The chain of the report's subject. */
enum dlk_status dlk_text_chain(struct dlk_text *t) DLK_MUST_CHECK;
/** The lock that is the report's subject. */
enum dlk_status dlk_text_lock(struct dlk_text *t) DLK_MUST_CHECK;
/** What lockdep foretells, as a log has it. */
void dlk_text_predictions(struct dlk_text *t);
/** What could not be read, what looks wrong. */
void dlk_text_findings(struct dlk_text *t);
/** "All that was needed could be read.", or what that means for the report; no line end. */
void dlk_text_completeness(struct dlk_text *t);
/**
 * Fail: the subject is not there, because of @p why.
 *
 * @param[in] why_perhaps  Said instead if things were lost, with their number: "not among the tasks
 *                         that could be read".
 */
enum dlk_status dlk_text_not_found(struct dlk_text *t, const char *what, const char *why,
				   const char *why_perhaps) DLK_MUST_CHECK;

#endif
