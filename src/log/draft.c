/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks that are being read; see draft.h. */
#include <config.h>

#include "log/draft.h"

#include <string.h>

#include "log/scan.h"

void dlk_log_draft_open(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const struct dlk_log_family *family, enum dlk_log_block_kind kind,
			const struct dlk_log_record *record)
{
	dlk_log_draft_close(reader, draft);
	draft->family = family;
	draft->block = (struct dlk_log_block){ .kind = kind,
					       .first_line = record->line,
					       .last_line = record->last_line,
					       .time_us = record->time_us };
	dlk_log_trace_reset(&draft->trace);
	draft->held.len = draft->works.len = draft->classes.len = 0;
	draft->cpus.len = draft->pids.len = 0;
	draft->step = 0;
	draft->has_trace = draft->is_followed = false;
}

void dlk_log_draft_close(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	const struct dlk_log_family *family = draft->family;

	draft->family = NULL;
	if (family && (!family->end || family->end(reader, draft)))
		dlk_log_keep_block(&reader->keep, &draft->block);
}

void dlk_log_draft_single(struct dlk_log_reader *reader, const struct dlk_log_block *block,
			  const struct dlk_log_record *record)
{
	struct dlk_log_block copy = *block;

	copy.first_line = record->line;
	copy.last_line = record->last_line;
	copy.time_us = record->time_us;
	dlk_log_keep_block(&reader->keep, &copy);
}

/* Where stacks begin: the outermost function. */
static bool is_root(const char *function)
{
	static const char *const roots[] = {
		"ret_from_",    "ret_fast_",         "entry_",     "el0",
		"system_call",  "ret_to_user",       "kthread",    "start_secondary",
		"start_kernel", "secondary_startup", "sysenter_",  "tracesys",
		"asm_",         "syscall_",          "handle_sys", "__entry_text_start",
		"x86_64_start"
	};

	for (unsigned i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (!strncmp(function, roots[i], strlen(roots[i])))
			return true;
	return false;
}

struct dlk_log_stack dlk_log_draft_stack(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_stack stack = dlk_log_trace_keep(&draft->trace);

	if (!reader->is_at_end || draft->is_followed || draft->trace.is_ended)
		return stack;
	if (stack.count ? !is_root(stack.frames[stack.count - 1].function) : draft->has_trace)
		stack.is_cut = true;
	return stack;
}

void *dlk_log_draft_push(struct dlk_log_reader *reader, struct dlk_vec *vec, uint32_t limit)
{
	void *item;

	if (vec->len >= limit || reader->keep.status)
		return NULL;
	item = dlk_vec_push(reader->ctx, vec);
	if (!item)
		reader->keep.status = dlk_nomem(reader->ctx);
	else
		memset(item, 0, vec->element);
	return item;
}

/* The word before "#1", if it begins as a version does. */
void dlk_log_note_release(struct dlk_log_reader *reader, const char *text)
{
	const char *end = text, *begin;

	if (reader->release[0] || !dlk_scan_to(&end, " #") || !dlk_is_digit(*end))
		return;
	end -= 2;
	for (begin = end; begin > text && begin[-1] != ' '; begin--)
		;
	if (!dlk_is_digit(*begin) || (size_t)(end - begin) >= sizeof(reader->release))
		return;
	memcpy(reader->release, begin, (size_t)(end - begin));
	reader->release[end - begin] = 0;
}
