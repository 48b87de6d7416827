/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns what a task that hangs waits for, as the kernel says since 6.16.
 *
 *	INFO: task a:1 is blocked on a mutex likely owned by task b:2.
 *	INFO: task a:1 <reader> blocked on an rw-semaphore likely owned by task b:2 <writer>
 *	INFO: task a:1 blocked on a semaphore likely last held by task b:2
 *	INFO: task a:1 is blocked on a mutex, but the owner is not found.
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/scan.h"
#include "log/who.h"

static const struct {
	const char *name;
	enum dlk_kind kind;
} kinds[] = {
	{ "mutex", DLK_KIND_MUTEX },
	{ "rw-semaphore", DLK_KIND_RWSEM },
	{ "rwsem", DLK_KIND_RWSEM },
	{ "semaphore", DLK_KIND_SEMAPHORE },
	{ "rt-mutex", DLK_KIND_RT_MUTEX },
	{ "rt_mutex", DLK_KIND_RT_MUTEX },
	{ "rtmutex", DLK_KIND_RT_MUTEX },
	{ "ww-mutex", DLK_KIND_WW_MUTEX },
	{ "ww_mutex", DLK_KIND_WW_MUTEX },
	{ "completion", DLK_KIND_COMPLETION },
	{ "spinlock", DLK_KIND_SPINLOCK },
	{ "percpu-rwsem", DLK_KIND_PERCPU_RWSEM },
	{ "percpu_rwsem", DLK_KIND_PERCPU_RWSEM },
};

static enum dlk_kind kind_of(const char *at)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *p = at;

		if (dlk_scan_text(&p, kinds[i].name) && !dlk_is_letter(*p))
			return kinds[i].kind;
	}
	return DLK_KIND_COUNT;
}

static bool read_owner(struct dlk_log_keep *keep, const char *at, struct dlk_log_owner *owner)
{
	const char *p = at;

	if (dlk_scan_to(&p, "likely owned by ")) {
		owner->how = DLK_LOG_OWNED;
	} else if (p = at, dlk_scan_to(&p, "likely last held by ")) {
		owner->how = DLK_LOG_LAST_HELD;
	} else if (p = at, dlk_scan_to(&p, "owner is not found")) {
		owner->how = DLK_LOG_NO_OWNER;
		return true;
	} else {
		return false;
	}
	if (dlk_scan_text(&p, "none")) {
		owner->how = DLK_LOG_NO_OWNER;
		return true;
	}
	(void)dlk_scan_text(&p, "task ");
	if (!dlk_log_who_scan(keep, &p, &owner->owner))
		return false;
	if (strstr(p, "<reader>"))
		owner->how = DLK_LOG_OWNED_READ;
	return true;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_block block = { .kind = DLK_LOG_OWNER };
	struct dlk_log_owner *owner = &block.owner;
	const char *p = record->text;

	*owner = (struct dlk_log_owner){ .waiter = dlk_log_nobody(), .owner = dlk_log_nobody() };
	if (!dlk_scan_text(&p, "INFO: task ") ||
	    !dlk_log_who_scan(&reader->keep, &p, &owner->waiter))
		return false;
	p = dlk_skip_blanks(p);
	owner->is_reader = dlk_scan_text(&p, "<reader> ");
	owner->is_writer = dlk_scan_text(&p, "<writer> ");
	p = dlk_skip_blanks(p);
	(void)dlk_scan_text(&p, "is ");
	if (!dlk_scan_text(&p, "blocked on a"))
		return false;
	p = dlk_skip_blanks(p + (*p == 'n'));
	owner->kind = kind_of(p);
	if (!read_owner(&reader->keep, p, owner))
		return false;
	dlk_log_draft_close(reader, draft);
	dlk_log_draft_single(reader, &block, record);
	return true;
}

const struct dlk_log_family dlk_log_owners = { begin, NULL, NULL };
