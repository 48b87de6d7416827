/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the live part of a stack, and where its unwinding starts.
 *
 * Claims: of a task that was switched out that is where the kernel saved it, of one that runs where its CPU
 * stood.  How it can be wrong: what was saved, or the CPU's registers, may be overwritten, or of another
 * moment; a place in which no code can be is not believed.
 */
#include <config.h>

#include "kernel/stack.h"

#include <string.h>

#include "kernel/arch.h"

/* Where it was switched out; of one that sleeps that is in code. */
static enum dlk_status start_inactive(struct dlk_kernel *k, struct dlk_stack *s)
{
	enum dlk_status status;

	s->sp = s->task->sp;
	status = k->arch->start(k, s);
	s->pc = dlk_arch_strip(k->arch, s->pc);
	if (status || !s->is_pc_saved || !s->task->is_blocked || dlk_kernel_is_code(k, s->pc))
		return status;
	s->is_broken = true;
	s->broken_ip = s->pc;
	s->pc = 0;
	return DLK_OK;
}

static void start_active(struct dlk_kernel *k, const struct dlk_task *task, struct dlk_stack *s)
{
	struct dlk_regs regs;

	if (task->cpu < 0 || !dlk_kernel_read_regs(k, (unsigned)task->cpu, &regs)) {
		s->is_unseen = true;
		return;
	}
	s->is_user = regs.is_user;
	if (regs.is_user)
		return;
	s->pc = regs.pc;
	s->sp = s->start_sp = regs.sp;
	s->regs.known = k->arch->machine->general;
	memcpy(s->regs.value, regs.raw, sizeof(s->regs.value));
	s->is_exact = true;
}

static enum dlk_status read_words(struct dlk_kernel *k, struct dlk_stack *s)
{
	static const size_t mask = DLK_WORD - 1;
	uint64_t *words;
	enum dlk_status status;

	if (!k->stack_words)
		k->stack_words = dlk_alloc(k->ctx, k->stack_size);
	words = k->stack_words;
	if (!words)
		return dlk_nomem(k->ctx);
	s->sp &= ~mask;
	status = dlk_memory_read(&k->memory, s->sp, words, s->top - s->sp);
	if (status)
		return dlk_memory_explain(&k->memory, status);
	s->words = words;
	s->word_count = (uint32_t)((s->top - s->sp) / DLK_WORD);
	return DLK_OK;
}

enum dlk_status dlk_stack_read(struct dlk_kernel *k, const struct dlk_task *task,
			       struct dlk_stack *ret)
{
	struct dlk_stack s = { .task = task, .top = task->stack + k->stack_size };
	enum dlk_status status = DLK_OK;

	if (task->stack & (DLK_WORD - 1))
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "no stack is at 0x%llx",
				(unsigned long long)task->stack);
	if (task->is_on_cpu)
		start_active(k, task, &s);
	else
		status = start_inactive(k, &s);
	if (status)
		return status;
	if (s.sp >= task->stack && s.sp < s.top) {
		status = read_words(k, &s);
		if (status)
			return status;
	}
	*ret = s;
	return DLK_OK;
}

enum dlk_status dlk_stack_read_from(struct dlk_kernel *k, const struct dlk_task *task,
				    const struct dlk_stack_start *start, struct dlk_stack *ret)
{
	struct dlk_stack s = { .task = task,
			       .sp = start->sp,
			       .top = start->top,
			       .pc = start->pc,
			       .start_sp = start->sp,
			       .regs = start->regs,
			       .is_exact = start->is_exact };
	enum dlk_status status = DLK_OK;

	if (s.sp < s.top && s.top - s.sp <= k->stack_size)
		status = read_words(k, &s);
	if (!status)
		*ret = s;
	return status;
}
