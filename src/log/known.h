/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_KNOWN_H
#define DLK_LOG_KNOWN_H

/**
 * @file
 * What the kernel's sources say of a function by its name, where the log is silent: which lock of the whole kernel it
 * takes, and what it must have while it runs.
 *
 * Claims.  rtnl_lock() takes rtnl_mutex, and there is one; console_unlock() runs with console_sem held to its end; rmap_walk()
 * is called with the folio locked.  So who sleeps in the first waits for that lock, and who has one of the others on its stack holds
 * it (or some folio: which one, a name does not tell).  But not if it waits for a lock of the kind right there: what one kernel calls
 * with the lock held takes it itself in another.
 *
 * How it can be wrong: a kernel of another time, or a module, has a function of the same name that does otherwise; so what
 * rests on this alone is likely at most, and of a folio possible.  Locks by name are of v3.x to v7.3.
 */

#include "log/people.h"

/** A lock that there is once. */
struct dlk_log_global {
	const char *function; /**< That takes it, as dlk_function_is() takes it. */
	enum dlk_kind kind;
	const char *name; /**< As lockdep prints it. */
};

/** Find the lock that a function takes; NULL. */
const struct dlk_log_global *dlk_log_global_of(const char *function);

/** The lock that a sleeping task's frames take, of those that there are once; NULL. */
const struct dlk_log_global *dlk_log_global_awaited(const struct dlk_log_person *p);

/** What a function has while it runs. */
struct dlk_log_rule {
	const char *function;
	enum dlk_kind kind;
	const char *name; /**< Of a lock that there is once; NULL: one of its kind. */
	enum dlk_confidence confidence;
	const char *reason; /**< "console_unlock() lets it go in its end". */
};

/** Find what the functions of a person's stack, or of its list's last entry, have of a kind, and by name; NULL. */
const struct dlk_log_rule *dlk_log_rule_of(const struct dlk_log_person *p, enum dlk_kind kind,
					   const char *name);

/**
 * Add holders to what is waited for and has none that is known, where a function tells.
 *
 * Of a thing that is not named a holder is added only where that would close a cycle, as a possible one: that some folio is held is
 * no news otherwise.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_log_rules_apply(struct dlk_log_facts *f) DLK_MUST_CHECK;

#endif
