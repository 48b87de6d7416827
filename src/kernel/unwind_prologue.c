/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwinding from the first instructions of a function, where nothing is known of it but its name.
 *
 * A CPU may stand, or have been interrupted, where a function has not set up its frame yet, or has taken
 * it down, or in one that has none: then the return address is the word at the stack pointer, or the one
 * after it, if the frame pointer was pushed.
 *
 * Claims: the word lies behind a direct call of this very function, so it is what that call left there.
 * The frame pointer is still, or again, the caller's; of other registers it is not known.
 * How it can be wrong: a function that recurses, and has the return address of a former call as the first
 * word of its frame.  What was called through a pointer is not found.
 */
#include <config.h>

#include "kernel/call.h"
#include "kernel/x86_64.h"

static enum dlk_stepped return_to(struct dlk_cursor *c, dlk_addr_t pc, dlk_addr_t sp)
{
	c->pc = pc;
	c->sp = sp;
	c->is_exact = false;
	dlk_frame_regs_keep(&c->regs, DLK_X86_RBP);
	return DLK_STEP_CALLER;
}

static enum dlk_stepped step(struct dlk_cursor *c)
{
	dlk_addr_t start;
	uint64_t word, next, bp;

	if (!c->is_exact || !dlk_cursor_read(c, c->sp, &word))
		return DLK_STEP_NONE;
	start = dlk_kernel_describe_ip(c->k, c->pc).start;
	if (dlk_is_called_before(c->k, word, start))
		return return_to(c, word, c->sp + DLK_WORD);
	if (dlk_frame_regs_get(&c->regs, DLK_X86_RBP, &bp) && word == bp &&
	    dlk_cursor_read(c, c->sp + DLK_WORD, &next) && dlk_is_called_before(c->k, next, start))
		return return_to(c, next, c->sp + (dlk_addr_t)2 * DLK_WORD);
	return DLK_STEP_NONE;
}

const struct dlk_unwinder dlk_unwinder_prologue = { .name = "prologue", .step = step };
