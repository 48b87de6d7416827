/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The margin of a capture: what a capture has besides the pages that this analysis read, so that
 * a later version, or a person, finds what it will want to see.
 */
#include <config.h>

#include "kernel/arch.h"
#include "session/session.h"

enum {
	MAX_RANGE = 64 << 20,     /* between two symbols: a stock kernel has 10 MiB of constants */
	MAX_TASK_SIZE = 64 << 10, /* of a task_struct: one with lockdep has 10 KiB */
	CANCEL_EVERY = 64
};

/* Read a range for the capture's sake, page by page; what is missing stays missing. */
static enum dlk_status touch(struct dlk_session *s, dlk_addr_t start, dlk_addr_t end)
{
	struct dlk_memory *m = &s->kernel.memory;

	for (dlk_addr_t at = start & -(dlk_addr_t)DLK_PAGE_SIZE; at < end; at += DLK_PAGE_SIZE) {
		uint64_t word;
		enum dlk_status status = dlk_memory_read_u64(m, at, &word);

		if (dlk_status_is_fatal(status) || status == DLK_ERR_SYSTEM)
			return status;
	}
	return DLK_OK;
}

static enum dlk_status touch_symbols(struct dlk_session *s, const char *from, const char *to)
{
	dlk_addr_t start = dlk_kernel_symbol(&s->kernel, from);
	dlk_addr_t end = dlk_kernel_symbol(&s->kernel, to);

	return start && end > start && end - start <= MAX_RANGE ? touch(s, start, end) : DLK_OK;
}

/* The page tables of the CPUs, all that they may have as a root: the way in without VMCOREINFO. */
static enum dlk_status touch_roots(struct dlk_session *s)
{
	struct dlk_target *t = s->target;
	uint32_t block = s->kernel.arch->root_block;

	for (unsigned cpu = 0; cpu < t->cpu_count; cpu++) {
		struct dlk_regs regs;
		uint64_t word;

		if (t->ops->regs(t, cpu, &regs) || !regs.root)
			continue;
		for (uint32_t at = 0; at < block; at += DLK_PAGE_SIZE) {
			enum dlk_status status =
				dlk_memory_read_phys(&s->kernel.memory,
						     (regs.root & -(dlk_addr_t)block) + at, &word,
						     sizeof(word));

			if (dlk_status_is_fatal(status) || status == DLK_ERR_SYSTEM)
				return status;
		}
	}
	return DLK_OK;
}

static enum dlk_status touch_margin(struct dlk_session *s)
{
	uint32_t task_size = 0;
	enum dlk_status status = touch_roots(s);

	if (!status)
		status = touch_symbols(s, "__start_rodata", "__end_rodata");
	if (!status)
		status = touch_symbols(s, "__start_orc_unwind_ip", "__stop_orc_unwind_ip");
	if (!status)
		status = touch_symbols(s, "__start_orc_unwind", "__stop_orc_unwind");
	if (s->kernel.types->ops->size(s->kernel.types, "task_struct", &task_size))
		task_size = 0;
	if (task_size > MAX_TASK_SIZE)
		task_size = MAX_TASK_SIZE;
	for (uint32_t i = 0; i < s->facts.tasks.tasks.len && !status; i++) {
		const struct dlk_task *t = dlk_facts_task(&s->facts, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(s->ctx);
		if (!status)
			status = touch(s, t->address, t->address + task_size);
		if (!status)
			status = touch(s, t->stack, t->stack + s->kernel.stack_size);
	}
	return status;
}

enum dlk_status dlk_session_capture(struct dlk_session *s)
{
	enum dlk_status status;

	if (!s->is_capture)
		return dlk_fail(s->ctx, DLK_ERR_INVALID, "no capture: none was asked for");
	/* What it would leave out cannot be known: it would look like all that is needed. */
	if (s->not_understood)
		return dlk_fail(s->ctx, DLK_ERR_UNSUPPORTED,
				"no capture: it has what an analysis reads, and %s; a whole dump "
				"is needed",
				s->not_understood);
	if (!s->has_facts)
		return dlk_fail(s->ctx, DLK_ERR_INVALID, "no capture: nothing was analysed yet");
	status = touch_margin(s);
	return status ? status : dlk_capture_write(s->target);
}
