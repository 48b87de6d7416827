/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/frame.h"

#include "code/registers.h"

static struct dlk_value stack_word(void *arg, uint64_t at)
{
	const struct dlk_stack *stack = arg;

	if (at < stack->sp || at >= stack->top)
		return (struct dlk_value){ 0 };
	return dlk_value_number(stack->words[(at - stack->sp) / DLK_WORD]);
}

void dlk_frame_begin(struct dlk_walk *w, const struct dlk_stack *stack, uint32_t frame,
		     const struct dlk_frame_regs *regs, struct dlk_state *ret)
{
	dlk_addr_t sp = dlk_registers_sp(stack, frame);
	uint64_t value;

	*ret = (struct dlk_state){ 0 };
	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if (dlk_frame_regs_get(regs, reg, &value))
			ret->regs[reg] = dlk_value_number(value);
	ret->regs[w->machine.sp] = dlk_value_number(sp);
	w->machine.stack = stack_word;
	w->machine.stack_arg = (void *)stack;
	w->machine.stack_start = sp;
	w->machine.stack_end = stack->top;
}

dlk_addr_t dlk_frame_current_at(struct dlk_kernel *k)
{
	dlk_addr_t at = dlk_kernel_symbol(k, "current_task");

	return at ? at : dlk_kernel_symbol(k, "pcpu_hot"); /* its first member, v6.2 to v6.14 */
}
