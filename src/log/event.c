/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens once, and changes what the rest of a log means: a boot, a panic, an oops, lockdep going off. */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/scan.h"

/* How a kernel begins to tell that it has failed. */
static const char *const panics[] = {
	"Kernel panic - not syncing",
	"BUG: unable to handle",
	"BUG: kernel NULL pointer",
	"Oops: ",
	"Oops[",
	"Internal error: ",
	"Unable to handle kernel ",
	"general protection fault",
	"kernel BUG at ",
	"double fault: ",
};

static bool read_boot(struct dlk_log_reader *reader, const char *text, struct dlk_log_block *block)
{
	const char *p = text, *end;

	if (!strcmp(text, "-- Reboot --") || !strncmp(text, "-- Boot ", 8)) {
		block->kind = DLK_LOG_BOOT; /* journald's own words */
		return true;
	}
	if (!dlk_scan_text(&p, "Linux version "))
		return false;
	end = dlk_skip_word(p);
	if (!dlk_is_digit(*p) || *dlk_skip_blanks(end) != '(')
		return false;
	block->kind = DLK_LOG_BOOT;
	block->release = dlk_log_keep_string(&reader->keep, p, (size_t)(end - p));
	if (!reader->release[0] && (size_t)(end - p) < sizeof(reader->release)) {
		memcpy(reader->release, p, (size_t)(end - p));
		reader->release[end - p] = 0;
	}
	return true;
}

static bool read_panic(struct dlk_log_reader *reader, const char *text, struct dlk_log_block *block)
{
	for (unsigned i = 0; i < sizeof(panics) / sizeof(panics[0]); i++)
		if (!strncmp(text, panics[i], strlen(panics[i]))) {
			block->kind = DLK_LOG_PANIC;
			block->text = dlk_log_keep_string(&reader->keep, text, strlen(text));
			return true;
		}
	return false;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_block block = { .kind = DLK_LOG_LOCKDEP_OFF };
	const char *p = record->text;

	if (!read_boot(reader, p, &block) && !read_panic(reader, p, &block) &&
	    !dlk_scan_text(&p, "INFO: lockdep is turned off"))
		return false;
	dlk_log_draft_close(reader, draft);
	dlk_log_draft_single(reader, &block, record);
	return true;
}

const struct dlk_log_family dlk_log_events = { begin, NULL, NULL };
