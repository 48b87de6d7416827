/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_TRACE_H
#define DLK_LOG_TRACE_H

/**
 * @file
 * Stacks as they are printed: frame by frame, with markers of whose frames follow.
 *
 * A trace holds all frames of a draft, in one vector; a stack is a range of it.
 *
 * What runs softirqs does so on the interrupts' stack, too: of what stands between <IRQ> and </IRQ>, whatever is inner to it, up to
 * an interrupt that came in between, is a softirq's.
 */

#include "log/frame.h"
#include "log/record.h"

/** Frames of one stack; of all stacks of a draft. */
enum { DLK_LOG_MAX_FRAMES = 512, DLK_LOG_MAX_DRAFT_FRAMES = 8192 };

struct dlk_log_trace {
	struct dlk_ctx *ctx; /**< Of the vector: it is used again and again. */
	struct dlk_log_keep *keep;
	struct dlk_vec frames;
	uint32_t begin;  /**< Where the stack that is being read begins. */
	uint32_t region; /**< Where the frames of @c on begin. */
	enum dlk_context_kind on;
	enum dlk_log_frame_form form; /**< Of its last frame. */
	uint32_t number;              /**< That crash and drgn give it. */
	bool is_cut, is_ended;        /**< "</TASK>" */
	int32_t same_as;
};

/** Begin another draft: no frames. */
void dlk_log_trace_reset(struct dlk_log_trace *trace);

/** Begin another stack of the draft. */
void dlk_log_trace_begin(struct dlk_log_trace *trace);

/** Frames of the stack that is being read. */
static inline uint32_t dlk_log_trace_count(const struct dlk_log_trace *trace)
{
	return trace->frames.len - trace->begin;
}

/** Take a record if it is a frame, a marker, or stack words; the form of the frame is in @c form. */
bool dlk_log_trace_take(struct dlk_log_trace *trace, const struct dlk_log_record *record);

/** Add a frame that was read elsewhere. */
void dlk_log_trace_add(struct dlk_log_trace *trace, const struct dlk_log_frame *frame);

/** Keep the stack that has been read. */
struct dlk_log_stack dlk_log_trace_keep(struct dlk_log_trace *trace);

/** "Call Trace:" and its like: a stack begins. */
bool dlk_log_is_trace_heading(const char *text);

#endif
