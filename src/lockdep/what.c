/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries that are no locks: lockdep also follows what behaves like one.
 *
 * They are known by the names that the kernel gives to their maps; a name ends where the table's does,
 * or goes on if that ends by '*'.
 */
#include <config.h>

#include "lockdep/lockdep.h"

#include <string.h>

static const char work[] = "work: it runs, or is waited for";

static const struct {
	const char *name, *what;
} table[] = {
	/* kernel/rcu/update.c, include/linux/srcu.h, kernel/rcu/tasks.h */
	{ "rcu_read_lock", "RCU read side" },
	{ "rcu_read_lock_bh", "RCU-bh read side" },
	{ "rcu_read_lock_sched", "RCU-sched read side" },
	{ "rcu_read_lock_trace", "RCU-tasks-trace read side" },
	{ "rcu_callback", "RCU callback that runs" },
	/* fs/super.c: sb_writers_name[] */
	{ "sb_writers*", "write access to a file system (freezing waits for it)" },
	{ "sb_pagefaults*", "page fault for writing to a file system (freezing waits for it)" },
	{ "sb_internal*", "file system's own writing (freezing waits for it)" },
	/* kernel/workqueue.c, include/linux/workqueue.h */
	{ "(wq_completion)*", "workqueue: a work of it runs, or is waited for" },
	{ "(work_completion)*", work },
	{ "(completion)*", "completion that is waited for" },
	{ "(complete)*", "completion that is waited for" },
	/* include/linux/timer.h: "(&x->timer)" */
	{ "(&*", "timer whose function runs, or is waited for" },
	/* fs/kernfs/dir.c */
	{ "kn->active*", "sysfs or kernfs file in use (its removal waits for it)" },
	/* mm/page_alloc.c, mm/mmu_notifier.c */
	{ "fs_reclaim", "memory reclaim" },
	{ "mmu_notifier_invalidate_range_start", "MMU notifier" },
	/* kernel/cpu.c */
	{ "cpuhp_state*", "CPU hotplug step" },
	/* kernel/printk/printk.c */
	{ "console_lock", "the console semaphore" },
	{ "console_owner", "printing to the console" },
	/* fs/jbd2/transaction.c */
	{ "jbd2_handle", "handle of a jbd2 transaction" },
	/* drivers/dma-buf */
	{ "dma_fence_map", "critical section of DMA fences" },
	/* kernel/locking/lockdep.c, include/linux/irq_work.h and others */
	{ "irq_context", "interrupt" },
};

/* A static work's map has the work's own name; it is known by who enters it. */
static const struct {
	const char *function, *what;
} places[] = {
	{ "process_one_work", work },
	{ "__flush_work", work },
	{ "call_timer_fn", "timer whose function runs, or is waited for" },
};

static bool is_called(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	/* A second class of a name, or a subclass, is none the less of that kind. */
	if (pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strncmp(name, pattern, len) && strchr("#/", name[len]);
}

const char *dlk_lockdep_what(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_called(name, table[i].name))
			return table[i].what;
	return NULL;
}

const char *dlk_lockdep_what_at(const char *function)
{
	for (size_t i = 0; function && i < sizeof(places) / sizeof(places[0]); i++)
		if (!strcmp(function, places[i].function))
			return places[i].what;
	return NULL;
}
