/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Since when is lockdep off?
 *
 * It goes off for good with its first report, and with an oops.  Claims: the first message of the log
 * that goes with that is of that moment.  Reports of lockdep's own are printed only by who has just
 * switched it off, so one that is there is the one.  An oops may come later than the report that did
 * it and that the log has lost; so it counts only if the log goes back to the boot.
 *
 * How it can be wrong: lockdep was switched off without a word, or by a message that is not listed.
 */
#include <config.h>

#include "lockdep/lockdep.h"

#include <string.h>

#include "kernel/printk.h"

/* kernel/locking/lockdep.c, lib/debug_locks.c */
static const char *const reports[] = {
	"possible circular locking dependency detected",
	"possible recursive locking detected",
	"possible irq lock inversion dependency detected",
	"-safe -> ",
	"inconsistent lock state",
	"bad unlock balance detected",
	"bad contention detected",
	"held lock freed",
	"locks still held",
	"lock held when returning to user space",
	"Invalid wait context",
	"Nested lock was not taken",
	"chain key collision",
	"MAX_LOCKDEP_ENTRIES too low",
	"MAX_LOCKDEP_CHAINS too low",
	"MAX_LOCKDEP_CHAIN_HLOCKS too low",
	"MAX_LOCKDEP_KEYS too low",
	"MAX_STACK_TRACE_ENTRIES too low",
	"MAX_LOCK_DEPTH too low",
	"trying to register non-static key",
	"DEBUG_LOCKS_WARN_ON",
	NULL,
};

static const char *const oopses[] = {
	"BUG: unable to handle",
	"BUG: kernel NULL pointer dereference",
	"general protection fault",
	"kernel BUG at",
	"Oops: ",
	"BUG: spinlock ",
	"sysrq: Trigger a crash",
	"Kernel panic - not syncing",
	NULL,
};

/* Of the message, what is shown. */
enum { MAX_WHY = 255 };

struct search {
	struct dlk_ctx *ctx;
	uint64_t ns;
	const char *why;
	bool is_whole; /* the log begins with the boot */
};

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

static bool take(void *arg, const struct dlk_printk_record *record)
{
	struct search *s = arg;

	if (!record->seq)
		s->is_whole = true;
	if (!has_any(record->text, reports) && !(s->is_whole && has_any(record->text, oopses)))
		return true;
	s->ns = record->ns;
	s->why = dlk_format(s->ctx, "%.*s", MAX_WHY, record->text);
	return false;
}

enum dlk_status dlk_lockdep_find_since(struct dlk_facts *f, uint64_t *ns, const char **why)
{
	struct search s = { .ctx = f->ctx, .ns = UINT64_MAX };
	enum dlk_status status = dlk_printk_walk(f->k, take, &s);

	*ns = s.ns;
	*why = s.why;
	if (s.why || status == DLK_ERR_NOTFOUND)
		return DLK_OK;
	dlk_prepend(f->ctx, status, "the log, which may say since when lockdep is off");
	return dlk_facts_absorb(f, status, 0, true);
}
