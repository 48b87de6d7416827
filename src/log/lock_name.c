/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of locks' classes and of functions that take locks. */
#include <config.h>

#include "log/lock_name.h"

#include <string.h>

static bool has_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

static bool begins(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strncmp(text, *words, strlen(*words)))
			return true;
	return false;
}

enum dlk_log_way dlk_log_way_of(const char *function)
{
	/* What would be read for writing, or has the word by chance ("__put_user", "readahead") does not take a lock. */
	static const char *const reads[] = { "lock_read",    "read_lock",   "down_read",
					     "lock_shared",  "_read_enter", "rdlock",
					     "read_trylock", "start_write", NULL };
	static const char *const writes[] = { "lock_write", "write_lock",    "down_write",
					      "wrlock",     "write_trylock", NULL };

	if (!function)
		return DLK_LOG_WAY_UNKNOWN;
	if (has_word(function, writes))
		return DLK_LOG_WAY_WRITE;
	return has_word(function, reads) ? DLK_LOG_WAY_READ : DLK_LOG_WAY_UNKNOWN;
}

bool dlk_log_class_is_single(const char *class)
{
	/* Named by the kernel, one for each file system, socket, directory, ... */
	static const char *const many[] = { "sb_",     "jbd2_handle", "s_active", "vm_lock",
					    "sk_lock", "slock",       "k-",       NULL };

	return class && *class && !strpbrk(class, "&#/>()[]*") && !begins(class, many);
}

bool dlk_log_class_is_no_lock(const char *class)
{
	static const char *const names[] = { "rcu_read_lock", "rcu_callback",  "fs_reclaim",
					     "lockdep_map",   "mmu_notifier_", "dma_fence_map",
					     "console_owner", "acpi_wakeup",   NULL };

	return begins(class, names);
}

/* Every second letter is of takings for reading: "+.+." of a mutex, "++++" or ".+.+" of what can be shared. */
static bool was_read(const char *usage)
{
	for (size_t i = 0; usage && usage[i]; i++)
		if (i % 2 && usage[i] != '.')
			return true;
	return false;
}

enum dlk_kind dlk_log_class_kind(const struct dlk_log_held *entry)
{
	/* clang-format off */
	static const struct {
		enum dlk_kind kind;
		const char *const words[8];
	} table[] = {
		{ DLK_KIND_WORK, { "(work_completion)" } },
		{ DLK_KIND_WORKQUEUE, { "(wq_completion)" } },
		{ DLK_KIND_PERCPU_RWSEM, { "sb_writers", "sb_pagefaults", "sb_internal", "cpu_hotplug_lock", "threadgroup_rwsem" } },
		{ DLK_KIND_RWSEM, { "rwsem", "rw_sem", "mmap_lock", "mmap_sem", "s_umount", "_rw_lock" } },
		{ DLK_KIND_SRCU, { "srcu" } },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (has_word(entry->class, table[i].words))
			return table[i].kind;
	if (was_read(entry->usage) || dlk_log_way_of(entry->at_function) != DLK_LOG_WAY_UNKNOWN)
		return DLK_KIND_RWSEM;
	return DLK_KIND_MUTEX;
}
