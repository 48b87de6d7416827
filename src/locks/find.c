/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways on which waits are found: the cheapest and best first, since whose wait is known is not looked at again.
 *
 * To add a way: a function, and a line in the table.
 */
#include <config.h>

#include "locks/find.h"

#include "locks/coverage.h"

static const struct finder {
	const char *what; /* it goes by; for people who read this */
	enum dlk_status (*find)(struct dlk_facts *f);
} finders[] = {
	{ "the kinds of locks that this kernel has", dlk_coverage_kinds },
	{ "what tasks record that they wait for", dlk_recorded_find },
	{ "a waiter struct on the task's own stack", dlk_scan_find },
	{ "who holds up the grace periods of RCU that are waited for", dlk_rcu_find },
	{ "the rt_mutex of a rwsem that a task owns, and readers hold", dlk_rt_rwsem_find },
	{ "records that nothing was found by", dlk_rt_mutex_check },
	{ "the same of other records", dlk_recorded_check },
};

enum dlk_status dlk_locks_find(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]) && !status; i++)
		status = finders[i].find(f);
	return status;
}
