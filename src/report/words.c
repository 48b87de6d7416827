/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and states in words.  Knows the letters of ps(1) and the names of the scheduler. */
#include <config.h>

#include "report/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static struct dlk_words two_units(uint64_t large, const char *large_name, uint64_t small,
				  const char *small_name)
{
	struct dlk_words w;

	if (small)
		snprintf(w.text, sizeof(w.text), "%" PRIu64 " %s %" PRIu64 " %s", large, large_name,
			 small, small_name);
	else
		snprintf(w.text, sizeof(w.text), "%" PRIu64 " %s", large, large_name);
	return w;
}

struct dlk_words dlk_words_duration(uint64_t ns)
{
	uint64_t s = ns / 1000000000;
	struct dlk_words w;

	if (ns == DLK_NS_UNKNOWN) {
		snprintf(w.text, sizeof(w.text), "an unknown time");
		return w;
	}
	if (!s)
		return two_units(ns / 1000000, "ms", 0, "");
	if (s < MINUTE)
		return two_units(s, "s", 0, "");
	if (s < HOUR)
		return two_units(s / MINUTE, "min", s % MINUTE, "s");
	if (s < DAY)
		return two_units(s / HOUR, "h", s % HOUR / MINUTE, "min");
	return two_units(s / DAY, "d", s % DAY / HOUR, "h");
}

struct dlk_words dlk_words_count(uint64_t count)
{
	struct dlk_words w;
	char digits[32];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			w.text[used++] = ',';
		w.text[used++] = digits[i];
	}
	w.text[used] = '\0';
	return w;
}

const char *dlk_words_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

struct dlk_words dlk_words_line(uint32_t log_line)
{
	struct dlk_words w = { "" };

	if (log_line)
		snprintf(w.text, sizeof(w.text), ", line %" PRIu32, log_line);
	return w;
}

struct dlk_words dlk_words_known_by(const struct dlk_resource *resource)
{
	struct dlk_words w;

	if (!resource->address && resource->name)
		snprintf(w.text, sizeof(w.text), "%s", resource->name);
	else if (resource->part)
		snprintf(w.text, sizeof(w.text), "0x%" PRIx64 ":%" PRIu32, resource->address,
			 resource->part - 1);
	else
		snprintf(w.text, sizeof(w.text), "0x%" PRIx64, resource->address);
	return w;
}

const char *dlk_words_other_name(const struct dlk_resource *resource)
{
	return resource->address ? resource->name : NULL;
}

struct dlk_words dlk_words_which(const struct dlk_context *context)
{
	struct dlk_words w;

	snprintf(w.text, sizeof(w.text), "%spid %" PRId32,
		 context->kind == DLK_CONTEXT_TASK ? "" : "over ", context->pid);
	return w;
}

/* How long it has had its CPU; what is short says nothing. */
static struct dlk_words running(const struct dlk_context *context)
{
	struct dlk_words w = { "" };

	if (context->running_ns != DLK_NS_UNKNOWN && context->running_ns >= 1000000000)
		snprintf(w.text, sizeof(w.text), " for up to %.64s",
			 dlk_words_duration(context->running_ns).text);
	return w;
}

struct dlk_words dlk_words_state(const struct dlk_context *context)
{
	struct dlk_words w;

	if (context->is_on_cpu && context->cpu >= 0)
		snprintf(w.text, sizeof(w.text), "%c on CPU %" PRId32 "%.80s", context->state,
			 context->cpu, running(context).text);
	else if (context->is_on_cpu)
		snprintf(w.text, sizeof(w.text), "%c on a CPU", context->state);
	else if (context->state == 'R')
		snprintf(w.text, sizeof(w.text), "R, waiting for a CPU");
	else if (context->blocked_ns != DLK_NS_UNKNOWN)
		snprintf(w.text, sizeof(w.text), "%c for %.64s", context->state,
			 dlk_words_duration(context->blocked_ns).text);
	else
		snprintf(w.text, sizeof(w.text), "%c", context->state);
	return w;
}

/* Everybody who sleeps passes these: they say nothing about why. */
static bool is_scheduler(const char *function)
{
	/* clang-format off */
	static const char *const names[] = {
		"__switch_to", "__switch_to_asm", "context_switch", "__schedule", "schedule",
		"schedule_timeout", "schedule_timeout_interruptible", "schedule_timeout_killable",
		"schedule_timeout_uninterruptible", "schedule_timeout_idle", "io_schedule",
		"io_schedule_timeout", "schedule_preempt_disabled", "preempt_schedule",
		"preempt_schedule_common", "preempt_schedule_irq", "schedule_rtlock",
		"rt_mutex_schedule", "schedule_hrtimeout", "schedule_hrtimeout_range",
		"schedule_hrtimeout_range_clock", "do_sched_yield",
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(function, names[i]))
			return true;
	}
	return false;
}

static const struct dlk_frame *find_frame(const struct dlk_context *context, bool with_guesses)
{
	for (uint32_t i = 0; i < context->frame_count; i++) {
		const struct dlk_frame *frame = &context->frames[i];

		if (frame->function && frame->symbol && (frame->is_reliable || with_guesses) &&
		    !is_scheduler(frame->function))
			return frame;
	}
	return NULL;
}

static const struct dlk_frame *find_place(const struct dlk_context *context)
{
	const struct dlk_frame *frame = find_frame(context, false);

	return frame ? frame : find_frame(context, true);
}

const char *dlk_words_place(const struct dlk_context *context)
{
	const struct dlk_frame *frame = find_place(context);

	return frame ? frame->symbol : NULL;
}

static const char *verb(const struct dlk_context *context)
{
	if (context->is_on_cpu)
		return "runs";
	switch (context->state) {
	case 'R':
		return "waits for a CPU";
	case 'T':
	case 't':
		return "is stopped";
	case 'Z':
	case 'X':
		return "has exited";
	default:
		return "sleeps";
	}
}

/* VERB [on CPU n] [in PLACE] */
static struct dlk_words describe(const struct dlk_context *context, bool with_offset)
{
	const struct dlk_frame *place = find_place(context);
	struct dlk_words w;
	int used = snprintf(w.text, sizeof(w.text), "%s", verb(context));

	if (context->is_on_cpu && context->cpu >= 0)
		used += snprintf(w.text + used, sizeof(w.text) - (size_t)used, " on CPU %" PRId32,
				 context->cpu);
	if (place)
		used += snprintf(w.text + used, sizeof(w.text) - (size_t)used, " in %s",
				 with_offset ? place->symbol : place->function);
	if (context->is_on_cpu && context->has_interrupts_off && (size_t)used < sizeof(w.text))
		snprintf(w.text + used, sizeof(w.text) - (size_t)used, ", interrupts off");
	else if (context->is_on_cpu && context->interrupted_by && (size_t)used < sizeof(w.text))
		snprintf(w.text + used, sizeof(w.text) - (size_t)used, ", interrupted by %s",
			 context->interrupted_by);
	return w;
}

struct dlk_words dlk_words_doing(const struct dlk_context *context)
{
	return describe(context, true);
}

struct dlk_words dlk_words_doing_briefly(const struct dlk_context *context)
{
	return describe(context, false);
}
