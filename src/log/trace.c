/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks out of frames and markers; see trace.h. */
#include <config.h>

#include "log/trace.h"

#include <string.h>

#include "log/scan.h"

/* What stands before frames that are not, or no longer, the task's. */
static const struct marker {
	const char *text;
	enum dlk_context_kind on;
} markers[] = {
	{ "<IRQ>", DLK_CONTEXT_HARDIRQ },
	{ "</IRQ>", DLK_CONTEXT_TASK },
	{ "<EOI>", DLK_CONTEXT_TASK },
	{ "<SOFTIRQ>", DLK_CONTEXT_SOFTIRQ },
	{ "</SOFTIRQ>", DLK_CONTEXT_TASK },
	{ "<NMI>", DLK_CONTEXT_NMI },
	{ "</NMI>", DLK_CONTEXT_TASK },
	{ "<EOE>", DLK_CONTEXT_TASK },
	{ "<<EOE>>", DLK_CONTEXT_TASK },
	{ "<TASK>", DLK_CONTEXT_TASK },
	{ "</TASK>", DLK_CONTEXT_TASK },
	{ "--- <IRQ stack> ---", DLK_CONTEXT_TASK },
	{ "--- <NMI exception stack> ---", DLK_CONTEXT_TASK },
	{ "--- <interrupt stack> ---", DLK_CONTEXT_TASK },
};

void dlk_log_trace_reset(struct dlk_log_trace *trace)
{
	trace->frames.len = 0;
	dlk_log_trace_begin(trace);
}

void dlk_log_trace_begin(struct dlk_log_trace *trace)
{
	trace->begin = trace->region = trace->frames.len;
	trace->on = DLK_CONTEXT_TASK;
	trace->form = DLK_LOG_NO_FRAME;
	trace->is_cut = trace->is_ended = false;
	trace->same_as = DLK_LOG_NO_NUMBER;
}

static struct dlk_log_frame *frame_at(const struct dlk_log_trace *trace, uint32_t i)
{
	return DLK_VEC_AT(&trace->frames, struct dlk_log_frame, i);
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool runs_softirqs(const char *function)
{
	return !strcmp(function, "__do_softirq") || !strcmp(function, "handle_softirqs") ||
	       begins(function, "__softirqentry_text_start");
}

/* What an interrupt enters by; above it, towards the inner frames, is what it does. */
static bool enters_irq(const char *function)
{
	return begins(function, "sysvec_") || begins(function, "asm_sysvec_") ||
	       begins(function, "smp_apic_") || begins(function, "common_interrupt") ||
	       begins(function, "apic_timer_interrupt") || !strcmp(function, "do_IRQ") ||
	       !strcmp(function, "ret_from_intr") || !strcmp(function, "gic_handle_irq") ||
	       begins(function, "el1_irq") || begins(function, "el1h_64_irq");
}

/* From the outermost frame to the innermost. */
static void tell_softirqs(struct dlk_log_trace *trace)
{
	enum dlk_context_kind on = DLK_CONTEXT_HARDIRQ;

	for (uint32_t i = trace->frames.len; i-- > trace->region;) {
		struct dlk_log_frame *frame = frame_at(trace, i);

		if (!frame->is_reliable) {
			frame->on = on;
			continue;
		}
		if (runs_softirqs(frame->function))
			on = DLK_CONTEXT_SOFTIRQ;
		else if (enters_irq(frame->function))
			on = DLK_CONTEXT_HARDIRQ;
		frame->on = on;
	}
}

static void change(struct dlk_log_trace *trace, enum dlk_context_kind on)
{
	if (trace->on == DLK_CONTEXT_HARDIRQ)
		tell_softirqs(trace);
	trace->on = on;
	trace->region = trace->frames.len;
}

/* crash says it afterwards: what was so far was on that stack. */
static void change_back(struct dlk_log_trace *trace, enum dlk_context_kind was)
{
	for (uint32_t i = trace->region; i < trace->frames.len; i++)
		frame_at(trace, i)->on = was;
	trace->on = was;
	change(trace, DLK_CONTEXT_TASK);
}

/* ppc: "--- interrupt: 900 at f+0x1/0x2"; those of devices, timers and other CPUs, not system calls and faults */
static bool take_interrupt(struct dlk_log_trace *trace, const char *text)
{
	static const uint16_t vectors[] = { 0x500, 0x900, 0x980, 0xa00, 0xe80, 0xea0, 0xf00 };
	uint64_t vector;

	if (!dlk_scan_text(&text, "--- interrupt: ") || !dlk_scan_hex(&text, &vector))
		return false;
	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (vectors[i] == vector)
			change_back(trace, DLK_CONTEXT_HARDIRQ);
	return true;
}

static bool take_marker(struct dlk_log_trace *trace, const char **at)
{
	for (unsigned i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
		if (dlk_scan_text(at, markers[i].text)) {
			if (markers[i].text[0] == '-')
				change_back(trace, strstr(markers[i].text, "NMI")
							   ? DLK_CONTEXT_NMI
							   : DLK_CONTEXT_HARDIRQ);
			else
				change(trace, markers[i].on);
			*at = dlk_skip_blanks(*at);
			return true;
		}
	return false;
}

/* Stack words: "ffff888011112000 0000000000000000 ...", also with "Stack :" before them. */
static bool is_words(const char *text)
{
	const char *p = text;
	unsigned count = 0;
	uint64_t word;

	while (*p) {
		const char *begin = p;

		if (!dlk_scan_hex(&p, &word) || p - begin < 8 || (*p && *p != ' '))
			return false;
		p = dlk_skip_blanks(p);
		count++;
	}
	return count > 0;
}

static bool take_same_stack(struct dlk_log_trace *trace, const char *text)
{
	int32_t pid;

	if (!dlk_scan_text(&text, "<Same stack as pid ") || !dlk_scan_int(&text, &pid))
		return false;
	trace->same_as = pid;
	return true;
}

void dlk_log_trace_add(struct dlk_log_trace *trace, const struct dlk_log_frame *frame)
{
	struct dlk_log_frame *copy = NULL;

	if (dlk_log_trace_count(trace) >= DLK_LOG_MAX_FRAMES ||
	    trace->frames.len >= DLK_LOG_MAX_DRAFT_FRAMES) {
		trace->is_cut = true;
		return;
	}
	if (!trace->keep->status)
		copy = dlk_vec_push(trace->ctx, &trace->frames);
	if (!copy) {
		if (!trace->keep->status)
			trace->keep->status = dlk_nomem(trace->ctx);
		return;
	}
	*copy = *frame;
	copy->on = trace->on;
}

/* Each line names the function that the line before has said it was called from. */
static void add_arm(struct dlk_log_trace *trace, const struct dlk_log_frame *frame,
		    const char *from)
{
	struct dlk_log_frame caller;

	if (!dlk_log_trace_count(trace) ||
	    strcmp(frame_at(trace, trace->frames.len - 1)->function, frame->function))
		dlk_log_trace_add(trace, frame);
	if (!dlk_log_symbol_read(trace->keep, from, &caller))
		return;
	caller.line = frame->line;
	dlk_log_trace_add(trace, &caller);
}

bool dlk_log_trace_take(struct dlk_log_trace *trace, const struct dlk_log_record *record)
{
	const char *text = record->text, *from;
	struct dlk_log_frame frame;
	bool has_marker = false;
	uint32_t number;
	enum dlk_log_frame_form form;

	while ((*text == '<' || *text == '-') && take_marker(trace, &text))
		has_marker = true;
	if (has_marker && !strcmp(record->text, "</TASK>"))
		trace->is_ended = true;
	if (trace->is_ended)
		return has_marker;
	if (*text == '<' && take_same_stack(trace, text))
		return true;
	if (*text == '-' && take_interrupt(trace, text))
		return true;
	/* s390: what follows is no frame */
	if (begins(text, "Last Breaking-Event-Address")) {
		trace->is_ended = true;
		return true;
	}
	if (!strncmp(text, "...", 3) && !text[3]) {
		trace->is_cut = true;
		return true;
	}
	form = dlk_log_frame_read(trace->keep, text, &frame, &number, &from);
	if (form == DLK_LOG_NO_FRAME)
		return has_marker || is_words(text);
	frame.line = record->line;
	trace->form = form;
	trace->number = number;
	if (from)
		add_arm(trace, &frame, from);
	else
		dlk_log_trace_add(trace, &frame);
	return true;
}

struct dlk_log_stack dlk_log_trace_keep(struct dlk_log_trace *trace)
{
	struct dlk_log_stack stack = { .count = dlk_log_trace_count(trace),
				       .is_cut = trace->is_cut,
				       .same_as = trace->same_as };

	change(trace, DLK_CONTEXT_TASK);
	if (stack.count)
		stack.frames = dlk_log_keep_array(trace->keep, frame_at(trace, trace->begin),
						  stack.count, sizeof(*stack.frames));
	if (!stack.frames)
		stack.count = 0;
	return stack;
}

bool dlk_log_is_trace_heading(const char *text)
{
	return begins(text, "Call Trace:") || begins(text, "Call trace:") ||
	       begins(text, "Backtrace:") || !strcmp(text, "Stack:") || begins(text, "Stack :");
}
