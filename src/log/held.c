/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of held locks, as the validator prints them.
 *
 *	2 locks held by cat/1234:
 *	 #0: ffff888012345678 (&p->lock){+.+.}-{3:3}, at: stone_turn+0x50/0x430
 *	 #1:  (&of->mutex){+.+.+.}, at: [<ffffffff81234567>] mill_start+0x2a/0xc0
 *	locks held by cat/1234: 2, last CPU#1:                                           since 7.3
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/lock.h"
#include "log/scan.h"
#include "log/who.h"

enum { MAX_HELD = 64 };

/* "N locks held by", "1 lock held by", "no locks held by", "locks held by" */
static bool scan_heading(const char **at, uint32_t *said, bool *is_said)
{
	const char *p = *at;
	uint64_t count = 0;

	*is_said = true;
	if (dlk_scan_number(&p, &count))
		p = dlk_skip_blanks(p);
	else if (!dlk_scan_text(&p, "no "))
		*is_said = false;
	if (!dlk_scan_text(&p, "locks held by ") && !dlk_scan_text(&p, "lock held by "))
		return false;
	*said = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	*at = p;
	return true;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_held_list list = { .who = dlk_log_nobody() };
	const char *p = record->text;
	uint64_t count;
	bool is_said;

	if (!scan_heading(&p, &list.said, &is_said) ||
	    !dlk_log_who_scan_slash(&reader->keep, &p, &list.who))
		return false;
	if (!is_said) {
		p = dlk_skip_blanks(p + (*p == ':'));
		if (!dlk_scan_number(&p, &count))
			return false;
		list.said = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	}
	dlk_log_draft_open(reader, draft, &dlk_log_helds, DLK_LOG_HELD, record);
	draft->block.held = list;
	return true;
}

/* Functions that were inlined are listed first, each with the same number. */
static struct dlk_log_held *entry_of(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
				     uint64_t number)
{
	if (draft->held.len && draft->step == number + 1)
		return DLK_VEC_AT(&draft->held, struct dlk_log_held, draft->held.len - 1);
	draft->step = (unsigned)number + 1;
	return dlk_log_draft_push(reader, &draft->held, MAX_HELD);
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	const char *p = record->text;
	struct dlk_log_held held = { .line = record->line }, *entry;
	uint64_t number;

	if (!strcmp(p, "..."))
		return true;
	if (*p++ != '#' || !dlk_scan_number(&p, &number) || *p++ != ':' || number >= MAX_HELD)
		return false;
	if (!dlk_log_lock_read(&reader->keep, dlk_skip_blanks(p), &held))
		return false;
	entry = entry_of(reader, draft, number);
	if (!entry)
		return true;
	if (entry->is_read_known && !held.is_read_known) {
		held.is_read_known = true;
		held.is_read = entry->is_read;
	}
	*entry = held;
	return true;
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_held_list *list = &draft->block.held;

	list->count = draft->held.len;
	list->entries = dlk_log_keep_array(&reader->keep, draft->held.data, list->count,
					   sizeof(*list->entries));
	list->is_running = list->said && !list->count && draft->is_followed;
	return true;
}

const struct dlk_log_family dlk_log_helds = { begin, more, end };
