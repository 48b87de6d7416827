/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages out of lines; see record.h. */
#include <config.h>

#include "log/record.h"

#include <string.h>

#include "log/scan.h"

enum dlk_status dlk_log_records_open(struct dlk_ctx *ctx, int fd, struct dlk_log_records *ret)
{
	enum dlk_status status;

	*ret = (struct dlk_log_records){ .last_time_us = DLK_LOG_NO_TIME };
	status = dlk_log_text_open(ctx, fd, &ret->source);
	ret->last = dlk_alloc(ctx, DLK_LOG_LINE);
	return status ? status : ret->last ? DLK_OK : dlk_nomem(ctx);
}

void dlk_log_records_close(struct dlk_log_records *records)
{
	dlk_log_text_close(&records->source);
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
	return false;
}

enum dlk_status dlk_log_records_read(struct dlk_log_records *records, struct dlk_log_record *ret)
{
	enum dlk_status status;

	do
		status = read_message(records, ret);
	while (!status && ret->text && is_second(records, ret));
	return status;
}
