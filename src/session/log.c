/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the kernel's own log, as dmesg(1) prints it. */
#include <config.h>

#include "base/strbuf.h"
#include "kernel/printk.h"
#include "session/session.h"

enum { MAX_BYTES = 256 * 1024, NS_PER_US = 1000, US_PER_S = 1000000 };

/* "[   12.345678][   T93] TEXT", a CPU in the place of a task as "C3": with it lines of several that print at once are told apart. */
static bool add_line(void *arg, const struct dlk_printk_record *record)
{
	struct dlk_strbuf *sb = arg;
	uint64_t us = record->ns / NS_PER_US;
	bool is_cpu = record->caller & DLK_PRINTK_CPU;

	dlk_strbuf_printf(sb, "[%5llu.%06llu]", (unsigned long long)(us / US_PER_S),
			  (unsigned long long)(us % US_PER_S));
	if (record->caller)
		dlk_strbuf_printf(sb, "[%c%u]", is_cpu ? 'C' : 'T',
				  (unsigned)(record->caller & ~DLK_PRINTK_CPU));
	dlk_strbuf_printf(sb, " %s\n", record->text);
	return !sb->is_cut;
}

enum dlk_status dlk_session_read_log(struct dlk_session *s, uint64_t ago_ns,
				     struct dlk_kernel_log *ret)
{
	struct dlk_strbuf sb = { .ctx = s->ctx };
	uint64_t now = s->has_facts ? s->facts.tasks.now_ns : 0;
	const struct dlk_printk_tail tail = { .since_ns = now > ago_ns ? now - ago_ns : 0,
					      .bytes = MAX_BYTES };
	enum dlk_status status;

	if (!now)
		return dlk_fail(s->ctx, DLK_ERR_NOTFOUND, "no run queue says what time it is");
	status = dlk_printk_walk_tail(&s->kernel, &tail, add_line, &sb);
	if (sb.is_cut)
		return dlk_nomem(s->ctx);
	if (dlk_status_is_fatal(status) || (status && !sb.len))
		return status;
	*ret = (struct dlk_kernel_log){ .text = dlk_strbuf_text(&sb),
					.length = sb.len,
					.now_ns = now };
	return DLK_OK;
}
