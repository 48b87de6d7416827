/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one hang of a log ends and another begins. */
#include <config.h>

#include "log/incident.h"

#include "base/vec.h"

#define SECOND_US UINT64_C(1000000)
/* How far CPUs that print at the same time are apart, and then some. */
#define DISORDER_US (30 * SECOND_US)
#define SILENCE_US (1200 * SECOND_US)

struct splitter {
	struct dlk_ctx *ctx;
	struct dlk_vec incidents; /* of struct dlk_log_incident */
	uint64_t time_us, start_us;
	const char *release;
	bool is_open;
};

/* A second copy of a report begins at a time that the first had. */
static bool is_copy(const struct splitter *s, uint64_t time_us)
{
	return time_us + DISORDER_US >= s->start_us;
}

static bool begins_another(const struct splitter *s, const struct dlk_log_block *block)
{
	uint64_t t = block->time_us;

	if (!s->is_open || block->kind == DLK_LOG_BOOT)
		return true;
	if (t == DLK_LOG_NO_TIME || s->time_us == DLK_LOG_NO_TIME)
		return false;
	return (t + DISORDER_US < s->time_us && !is_copy(s, t)) ||
	       (t > s->time_us && t - s->time_us > SILENCE_US);
}

static bool is_of_hang(const struct dlk_log_block *block)
{
	switch (block->kind) {
	case DLK_LOG_TASK:
	case DLK_LOG_HELD:
	case DLK_LOG_OWNER:
	case DLK_LOG_CPU:
	case DLK_LOG_STALL:
	case DLK_LOG_POOL:
		return true;
	case DLK_LOG_BOOT:
	case DLK_LOG_VALIDATOR:
	case DLK_LOG_LOCKDEP_OFF:
	case DLK_LOG_PANIC:
		break;
	}
	return false;
}

static enum dlk_status open_incident(struct splitter *s, uint32_t first,
				     const struct dlk_log_block *block)
{
	struct dlk_log_incident *incident = dlk_vec_push(s->ctx, &s->incidents);

	if (!incident)
		return dlk_nomem(s->ctx);
	incident->first = first;
	incident->first_line = block->first_line;
	incident->release = s->release;
	s->is_open = true;
	s->time_us = s->start_us = block->time_us;
	return DLK_OK;
}

static void extend(struct splitter *s, uint32_t i, const struct dlk_log_block *block)
{
	struct dlk_log_incident *incident = DLK_VEC_AT(&s->incidents, struct dlk_log_incident,
						       s->incidents.len - 1);

	incident->end = i + 1;
	if (block->last_line > incident->last_line)
		incident->last_line = block->last_line;
	incident->has_hang |= is_of_hang(block);
	if (block->time_us == DLK_LOG_NO_TIME)
		return;
	if (s->start_us == DLK_LOG_NO_TIME)
		s->start_us = block->time_us;
	s->time_us = block->time_us;
}

enum dlk_status dlk_log_incidents_find(struct dlk_ctx *ctx, const struct dlk_log *log,
				       struct dlk_log_incident **ret, uint32_t *count)
{
	struct splitter s = { .ctx = ctx,
			      .incidents = DLK_VEC_INIT(struct dlk_log_incident),
			      .release = log->release };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < log->block_count && !status; i++) {
		const struct dlk_log_block *block = &log->blocks[i];

		if (block->kind == DLK_LOG_BOOT) {
			s.release = block->release;
			s.is_open = false;
			continue;
		}
		if (begins_another(&s, block))
			status = open_incident(&s, i, block);
		if (!status)
			extend(&s, i, block);
	}
	if (status)
		return status;
	*ret = s.incidents.data;
	*count = s.incidents.len;
	return DLK_OK;
}
