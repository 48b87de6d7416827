/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of the lock validator.
 *
 * A report is a row of headings, each with a lock or a stack behind it: so what a heading is followed by is its step, and
 * locks and frames go to where the step says.  What is between them is prose.  A report says what could be, and of its task what is: what it
 * holds and is about to take.
 *
 * Lists of held locks stand in the middle of a report, and are blocks of their own (held.c).
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/lock.h"
#include "log/scan.h"
#include "log/who.h"

enum { MAX_CLASSES = 64 };

/* Where the next lock, or the frames, belong. */
enum step {
	NOWHERE,
	WANTED,
	HELD,
	CHAIN,
	FIRST,
	SECOND,
	BACKTRACE,
};

static const struct {
	const char *title;
	enum dlk_log_validator_kind kind;
} titles[] = {
	{ "possible circular locking dependency detected", DLK_LOG_CIRCULAR },
	{ "possible recursive locking detected", DLK_LOG_RECURSIVE },
	{ "-unsafe lock order detected", DLK_LOG_IRQ_INVERSION },
	{ "possible irq lock inversion dependency detected", DLK_LOG_IRQ_INVERSION },
	{ "inconsistent lock state", DLK_LOG_INCONSISTENT },
	{ "nvalid wait context", DLK_LOG_WAIT_CONTEXT },
	{ "bad unlock balance detected", DLK_LOG_OTHER_MISUSE },
	{ "bad contention detected", DLK_LOG_OTHER_MISUSE },
	{ "held lock freed", DLK_LOG_OTHER_MISUSE },
	{ "lock held when returning to user space", DLK_LOG_OTHER_MISUSE },
	{ "lock held at task exit time", DLK_LOG_OTHER_MISUSE },
	{ "still has locks held", DLK_LOG_OTHER_MISUSE },
	{ "Nested lock was not taken", DLK_LOG_OTHER_MISUSE },
	{ "suspicious RCU usage", DLK_LOG_OTHER_MISUSE },
	{ "workqueue leaked ", DLK_LOG_OTHER_MISUSE },
};

/* "WARNING: TITLE", "[ INFO: TITLE ]", "[ BUG: TITLE ]" */
static bool read_title(struct dlk_log_keep *keep, const char *text, struct dlk_log_validator *v)
{
	const char *p = text, *end;

	if (*p == '[')
		p = dlk_skip_blanks(p + 1);
	if (!dlk_scan_text(&p, "WARNING: ") && !dlk_scan_text(&p, "INFO: ") &&
	    !dlk_scan_text(&p, "BUG: "))
		return false;
	for (unsigned i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (!strstr(p, titles[i].title))
			continue;
		end = p + strlen(p);
		if (*text == '[' && end > p && end[-1] == ']')
			end--;
		while (end > p && end[-1] == ' ')
			end--;
		v->kind = titles[i].kind;
		v->title = dlk_log_keep_string(keep, p, (size_t)(end - p));
		return true;
	}
	return false;
}

/* "HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "inconsistent {A} -> {B} usage." */
static void read_states(struct dlk_log_keep *keep, const char *text, struct dlk_log_validator *v)
{
	const char *arrow = strstr(text, " -> "), *from, *to;

	if (!arrow)
		return;
	for (from = arrow; from > text && from[-1] != ' ' && from[-1] != '{'; from--)
		;
	v->from = dlk_log_keep_string(keep, from, (size_t)(arrow - from - (arrow[-1] == '}')));
	from = to = arrow + 4 + (arrow[4] == '{');
	while (*to && *to != ' ' && *to != '}')
		to++;
	v->to = dlk_log_keep_string(keep, from, (size_t)(to - from));
}

/* "workqueue leaked lock or atomic: kworker/5:3/0x00000000/88": no report follows, but what is held, and a trace */
static void begin_leak(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		       const char *title)
{
	struct dlk_log_who *who = &draft->block.validator.who;
	const char *comm = title, *end, *p;

	draft->step = BACKTRACE;
	if (!dlk_scan_to(&comm, ": "))
		return;
	end = strstr(comm, "/0x");
	p = end ? strchr(end + 1, '/') : NULL;
	if (!p)
		return;
	p++;
	if (dlk_scan_int(&p, &who->pid))
		who->comm = dlk_log_keep_string(&reader->keep, comm, (size_t)(end - comm));
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_validator v = { .who = dlk_log_nobody(), .cpu = DLK_LOG_NO_NUMBER };

	v.wanted.stack.same_as = v.held.stack.same_as = DLK_LOG_NO_NUMBER;
	v.first.stack.same_as = v.second.stack.same_as = v.backtrace.same_as = DLK_LOG_NO_NUMBER;
	if (!read_title(&reader->keep, record->text, &v))
		return false;
	if (strstr(v.title, "lock order"))
		read_states(&reader->keep, v.title, &v);
	dlk_log_draft_close(reader, draft);
	draft = &reader->stream->report;
	dlk_log_draft_open(reader, draft, &dlk_log_validators, DLK_LOG_VALIDATOR, record);
	draft->block.validator = v;
	if (strstr(v.title, "workqueue leaked "))
		begin_leak(reader, draft, v.title);
	return true;
}

static struct dlk_log_class *class_of(struct dlk_log_draft *draft)
{
	struct dlk_log_validator *v = &draft->block.validator;

	switch ((enum step)draft->step) {
	case WANTED:
		return &v->wanted;
	case HELD:
		return &v->held;
	case FIRST:
		return &v->first;
	case SECOND:
		return &v->second;
	case CHAIN:
		return draft->classes.len ? DLK_VEC_AT(&draft->classes, struct dlk_log_class,
						       draft->classes.len - 1)
					  : NULL;
	case NOWHERE:
	case BACKTRACE:
		break;
	}
	return NULL;
}

/* The frames that were read belong to the step that ends. */
static void enter(struct dlk_log_draft *draft, enum step step)
{
	struct dlk_log_class *class = class_of(draft);

	if (draft->step == BACKTRACE && step != BACKTRACE)
		return;
	if (class && dlk_log_trace_count(&draft->trace))
		class->stack = dlk_log_trace_keep(&draft->trace);
	dlk_log_trace_begin(&draft->trace);
	draft->step = step;
}

/* "cat/1234 is trying to acquire lock:", "swapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:" */
static bool take_who(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	static const char *const verbs[] = {
		"is trying to acquire",      "takes:",
		"is trying to lock",         "just changed the state of lock",
		"is trying to release lock", "is trying to contend lock",
		"is freeing memory",         "is leaving the kernel with locks"
	};
	struct dlk_log_who who;
	const char *p = text;
	bool has_verb = false;

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && !has_verb; i++)
		has_verb = strstr(text, verbs[i]);
	if (!has_verb || !dlk_log_who_scan_slash(&reader->keep, &p, &who))
		return false;
	draft->block.validator.who = who;
	enter(draft, WANTED);
	return true;
}

/* "but this lock took another, HARDIRQ-unsafe lock in the past:", "but this lock was taken by another, SOFTIRQ-safe lock ..." */
static void note_other(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	const char *p = text, *end;

	if (!dlk_scan_to(&p, "another, "))
		return;
	end = dlk_skip_word(p);
	text = dlk_log_keep_string(&reader->keep, p, (size_t)(end - p));
	if (strstr(text, "-unsafe"))
		draft->block.validator.to = text;
	else
		draft->block.validator.from = text;
}

/* Headings that are the same words in all kernels. */
static bool take_heading(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			 const char *text)
{
	static const struct {
		const char *words;
		enum step step;
	} headings[] = {
		{ "task is already holding lock", HELD },
		{ "task is already holding:", HELD },
		{ "which lock already depends on", NOWHERE },
		{ "the existing dependency chain", NOWHERE },
		{ "would create a new lock dependency", NOWHERE },
		{ "this new dependency connects a", FIRST },
		{ "which became ", CHAIN }, /* the step stays: its stack follows */
		{ "state was registered at:", FIRST },
		{ "but this lock took another,", SECOND },
		{ "but this lock was taken by another,", SECOND },
		{ "other info that might help us debug this", NOWHERE },
		{ "the dependencies between ", NOWHERE },
		{ "the shortest dependencies between ", NOWHERE },
		{ "irq event stamp:", NOWHERE },
		{ "stack backtrace:", BACKTRACE },
	};

	if (!strncmp(text, "to a ", 5) && strstr(text, "-unsafe lock:")) {
		enter(draft, SECOND);
		return true;
	}
	for (unsigned i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		if (!strstr(text, headings[i].words))
			continue;
		if (headings[i].step != CHAIN)
			enter(draft, headings[i].step);
		if (headings[i].step == SECOND)
			note_other(reader, draft, text);
		return true;
	}
	return false;
}

static void copy_lock(const struct dlk_log_held *lock, struct dlk_log_class *class)
{
	class->line = lock->line;
	class->name = lock->class;
	class->usage = lock->usage;
	class->lock = lock->lock;
	class->at = lock->at;
}

/* "-> #1 (&disk->open_mutex){+.+.}-{3:3}:" */
static bool take_chain(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		       const struct dlk_log_record *record)
{
	struct dlk_log_held lock = { .line = record->line };
	struct dlk_log_class *class;
	const char *p = record->text;
	uint64_t number;

	if (!dlk_scan_text(&p, "-> #") || !dlk_scan_number(&p, &number))
		return false;
	enter(draft, NOWHERE);
	if (draft->step == BACKTRACE ||
	    !dlk_log_lock_read(&reader->keep, dlk_skip_blanks(p), &lock))
		return true;
	class = dlk_log_draft_push(reader, &draft->classes, MAX_CLASSES);
	if (!class)
		return true;
	copy_lock(&lock, class);
	class->stack.same_as = DLK_LOG_NO_NUMBER;
	draft->step = CHAIN;
	return true;
}

/* Where functions were inlined, a lock comes once for each of them, the real one last. */
static bool take_lock(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		      const struct dlk_log_record *record)
{
	struct dlk_log_held lock = { .line = record->line };
	struct dlk_log_class *class = class_of(draft);

	if (!class || draft->step == CHAIN || dlk_log_trace_count(&draft->trace) ||
	    !dlk_log_lock_read(&reader->keep, record->text, &lock))
		return false;
	copy_lock(&lock, class);
	return true;
}

static bool take_cpu(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *text)
{
	struct dlk_log_validator *v = &draft->block.validator;
	struct dlk_log_who who;
	int32_t cpu;

	if (draft->step != BACKTRACE || dlk_log_trace_count(&draft->trace) ||
	    !dlk_log_who_read_cpu_line(&reader->keep, text, &who, &cpu))
		return false;
	v->cpu = cpu;
	if (v->who.pid == DLK_LOG_NO_NUMBER)
		v->who = who;
	return true;
}

/* The word "..." stands before the first frame of some stacks. */
static bool take_frame(struct dlk_log_draft *draft, const struct dlk_log_record *record)
{
	struct dlk_log_record copy = *record;
	bool was_cut = draft->trace.is_cut;

	if (!strcmp(copy.text, "...") && draft->step != BACKTRACE)
		return true;
	if (!strncmp(copy.text, "... ", 4))
		copy.text = dlk_skip_blanks(copy.text + 4);
	if (!dlk_log_trace_take(&draft->trace, &copy))
		return false;
	/* The lock that is taken, or held, has no stack of its own: its heading is missing. */
	if (draft->step == NOWHERE || draft->step == WANTED || draft->step == HELD) {
		draft->trace.frames.len = draft->trace.begin;
		draft->trace.is_cut = was_cut;
	}
	return true;
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	struct dlk_log_validator *v = &draft->block.validator;
	const char *text = record->text;

	if (dlk_log_is_trace_heading(text))
		return draft->step == BACKTRACE && !dlk_log_trace_count(&draft->trace);
	if (draft->step == BACKTRACE && dlk_log_trace_count(&draft->trace))
		return take_frame(draft, record);
	if (!strncmp(text, "inconsistent {", 14)) {
		read_states(&reader->keep, text, v);
		return true;
	}
	return take_who(reader, draft, text) || take_chain(reader, draft, record) ||
	       take_heading(reader, draft, text) || take_lock(reader, draft, record) ||
	       take_cpu(reader, draft, text) || take_frame(draft, record);
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_validator *v = &draft->block.validator;

	if (draft->step == BACKTRACE) {
		v->backtrace = dlk_log_draft_stack(reader, draft);
		v->has_end = v->backtrace.count > 0;
	} else {
		enter(draft, NOWHERE);
	}
	/* Of one lock in two states there is one class, which the report names once. */
	if (v->kind == DLK_LOG_INCONSISTENT && v->wanted.name && !v->first.name) {
		struct dlk_log_stack stack = v->first.stack;

		v->first = v->wanted;
		v->first.at = NULL;
		v->first.stack = stack;
	}
	v->chain_count = draft->classes.len;
	v->chain = dlk_log_keep_array(&reader->keep, draft->classes.data, v->chain_count,
				      sizeof(*v->chain));
	return true;
}

const struct dlk_log_family dlk_log_validators = { begin, more, end };
