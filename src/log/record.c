/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages out of lines; see record.h. */
#include <config.h>

#include "log/record.h"

#include <string.h>

#include "log/scan.h"

enum { MAX_JOINED = 8 };

enum dlk_status dlk_log_records_open(struct dlk_ctx *ctx, int fd, struct dlk_log_records *ret)
{
	enum dlk_status status;

	*ret = (struct dlk_log_records){ .last_time_us = DLK_LOG_NO_TIME };
	status = dlk_log_text_open(ctx, fd, &ret->source);
	ret->texts = dlk_calloc(ctx, DLK_LOG_HELD_BACK + 1, DLK_LOG_LINE);
	if (status || !ret->texts)
		return status ? status : dlk_nomem(ctx);
	ret->last = ret->texts + (size_t)DLK_LOG_HELD_BACK * DLK_LOG_LINE;
	return DLK_OK;
}

void dlk_log_records_close(struct dlk_log_records *records)
{
	dlk_discard(records->source.ctx, records->texts,
		    (DLK_LOG_HELD_BACK + 1) * (size_t)DLK_LOG_LINE);
	dlk_log_text_close(&records->source);
	records->texts = NULL;
}

/* Where a line has a second message, it is cut before its level and time. */
static char *cut_rest(char *message)
{
	char *rest = dlk_log_prefix_find(message), *end = rest;

	if (!rest)
		return NULL;
	if (end - message >= 3 && end[-1] == '>' && dlk_is_digit(end[-2]) && end[-3] == '<')
		end -= 3;
	/* The first character of the rest is that of a time: nothing is lost by moving it. */
	if (end == rest) {
		memmove(rest + 1, rest, strlen(rest) + 1);
		rest++;
	}
	*end = 0;
	return rest;
}

/* The next message of a line, whatever it says. */
static enum dlk_status read_message(struct dlk_log_records *records, struct dlk_log_record *ret)
{
	bool has_line = true;
	char *line = records->rest;

	if (!line) {
		enum dlk_status status = dlk_log_text_read(&records->source, &has_line);

		if (status)
			return status;
		line = has_line ? records->source.text : NULL;
	}
	*ret = (struct dlk_log_record){ .text = NULL };
	if (!line)
		return DLK_OK;
	line = dlk_log_prefix_take(line, &records->prefix);
	records->rest = cut_rest(line);
	ret->text = line;
	ret->length = (uint32_t)strlen(line);
	ret->line = ret->last_line = records->source.line;
	ret->caller = records->prefix.caller;
	ret->has_stamp = records->prefix.has_stamp;
	ret->time_us = records->prefix.time_us;
	if (records->prefix.is_delta) {
		records->delta_us += ret->time_us;
		ret->time_us = records->delta_us;
	}
	return DLK_OK;
}

/* Recursion calls a function from the same place again and again: its frames are equal, too, if they have no times. */
static bool may_be_twice(const char *text)
{
	const char *p = text;

	return dlk_scan_to(&p, "+0x");
}

/* Told by the message and its time: two ways to the log may write down different things before it. */
static bool is_second(struct dlk_log_records *records, const struct dlk_log_record *record)
{
	bool is_equal = record->length == records->last_length &&
			record->time_us == records->last_time_us &&
			record->caller == records->last_caller &&
			!memcmp(record->text, records->last, record->length);

	if (is_equal) {
		bool is_known = record->time_us != DLK_LOG_NO_TIME || records->is_doubled;

		if (!is_known && may_be_twice(record->text))
			return false;
		records->is_repeat = true;
		return true;
	}
	records->is_doubled = records->is_repeat;
	records->is_repeat = false;
	memcpy(records->last, record->text, record->length + 1);
	records->last_length = record->length;
	records->last_time_us = record->time_us;
	records->last_caller = record->caller;
	return false;
}

static enum dlk_status read_new(struct dlk_log_records *records, struct dlk_log_record *ret)
{
	enum dlk_status status;

	do
		status = read_message(records, ret);
	while (!status && ret->text && is_second(records, ret));
	return status;
}

/* What is held back of the record's caller; what has no stamp goes on with whatever came last. */
static struct dlk_log_pending *pending_of(struct dlk_log_records *records,
					  const struct dlk_log_record *record)
{
	struct dlk_log_pending *last = NULL;

	for (unsigned i = 0; i < DLK_LOG_HELD_BACK; i++) {
		struct dlk_log_pending *pending = &records->pending[i];

		if (!pending->record.text)
			continue;
		if (record->has_stamp && pending->record.caller == record->caller)
			return pending;
		if (!last || last->record.last_line < pending->record.last_line)
			last = pending;
	}
	return record->has_stamp ? NULL : last;
}

static void give(struct dlk_log_pending *pending, struct dlk_log_record *ret)
{
	*ret = pending->record;
	pending->record.text = NULL;
}

/* The one that waits for the longest time; false: none does. */
static bool give_oldest(struct dlk_log_records *records, struct dlk_log_record *ret)
{
	struct dlk_log_pending *oldest = NULL;

	for (unsigned i = 0; i < DLK_LOG_HELD_BACK; i++)
		if (records->pending[i].record.text &&
		    (!oldest || records->pending[i].record.line < oldest->record.line))
			oldest = &records->pending[i];
	if (oldest)
		give(oldest, ret);
	return oldest;
}

static bool hold_back(struct dlk_log_records *records, const struct dlk_log_record *record,
		      enum dlk_log_want want)
{
	for (unsigned i = 0; i < DLK_LOG_HELD_BACK; i++) {
		struct dlk_log_pending *pending = &records->pending[i];

		if (pending->record.text)
			continue;
		pending->text = records->texts + (size_t)i * DLK_LOG_LINE;
		memcpy(pending->text, record->text, record->length + 1);
		pending->record = *record;
		pending->record.text = pending->text;
		pending->want = want;
		pending->lines = 1;
		return true;
	}
	return false;
}

/* With a blank between, unless the second is punctuation; true: the whole is complete, as far as it will be. */
static bool join(struct dlk_log_pending *pending, const struct dlk_log_record *record)
{
	bool has_blank = record->length && !strchr("){},", record->text[0]);
	uint32_t length = pending->record.length, room = DLK_LOG_LINE - 2 - length;
	uint32_t count = record->length < room ? record->length : room;

	if (has_blank && length < DLK_LOG_LINE - 2)
		pending->text[length++] = ' ';
	memcpy(pending->text + length, record->text, count);
	pending->record.length = length + count;
	pending->text[pending->record.length] = 0;
	pending->record.last_line = record->last_line;
	pending->want = dlk_log_want_of(pending->text);
	return ++pending->lines >= MAX_JOINED || pending->want == DLK_LOG_WANT_NOTHING;
}

enum dlk_status dlk_log_records_read(struct dlk_log_records *records, struct dlk_log_record *ret)
{
	for (;;) {
		struct dlk_log_record record = records->queued;
		struct dlk_log_pending *pending;
		enum dlk_log_want want;

		records->queued.text = NULL;
		if (!record.text) {
			enum dlk_status status = read_new(records, &record);

			if (status)
				return status;
		}
		*ret = record;
		if (!record.text) {
			(void)give_oldest(records, ret);
			return DLK_OK;
		}
		pending = pending_of(records, &record);
		if (pending && dlk_log_want_is_met(pending->want, record.text, record.has_stamp)) {
			if (!join(pending, &record))
				continue;
			give(pending, ret);
			return DLK_OK;
		}
		if (pending) {
			give(pending, ret);
			records->queued = record;
			return DLK_OK;
		}
		want = dlk_log_want_of(record.text);
		if (want == DLK_LOG_WANT_NOTHING)
			return DLK_OK;
		if (!hold_back(records, &record, want)) {
			(void)give_oldest(records, ret);
			records->queued = record;
			return DLK_OK;
		}
	}
}
