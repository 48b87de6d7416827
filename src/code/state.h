/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_STATE_H
#define DLK_CODE_STATE_H

/**
 * @file
 * Which values registers and stack slots have at a point of a path.
 *
 * Claims: what is known was there when the walk began, or was put there by the path, and nothing on the path has
 * written it since.  A call leaves the registers that functions give back as they were, and of the stack what it
 * was not given the address of.  A page and what it says to be its head are one value, the page's: right for whoever asks
 * for a head.  How it can be wrong: a store through a pointer that was not told from the stack's
 * addresses, and leads there all the same; a callee that writes a variable by an address that it was given
 * inside of something else.
 */

#include "code/condition.h"

enum { DLK_STATE_REGS = 16, DLK_STATE_SLOTS = 24 /**< That the path has written. */ };

/** A word of the stack that the path has written. */
struct dlk_slot {
	uint64_t at; /**< Its address, as sp is: a number, or from sp at the function's entry. */
	struct dlk_value value;
};

struct dlk_state {
	struct dlk_value regs[DLK_STATE_REGS];
	struct dlk_flags flags;
	struct dlk_slot slots[DLK_STATE_SLOTS];
	uint8_t slot_count;
	bool is_lossy; /**< There were too many: what no slot says is not known. */
};

/** What stands on the stack before a walk writes there. */
typedef struct dlk_value dlk_stack_fn(void *arg, uint64_t at);

struct dlk_machine {
	uint8_t sp, fp;
	struct dlk_terms *terms;
	dlk_stack_fn *stack; /**< Asked for what the path has not written. */
	void *stack_arg;
	uint64_t stack_start, stack_end; /**< What numbers are addresses of the stack. */
};

/** The address of an instruction's place. */
struct dlk_value dlk_state_place(const struct dlk_state *s, const struct dlk_place *place);

/** Do what an instruction does, but for where it goes on. */
void dlk_state_step(struct dlk_state *s, const struct dlk_machine *m, const struct dlk_insn *insn);

/** Forget what a call may change: registers but those of @p kept, and slots whose addresses it is given. */
void dlk_state_call(struct dlk_state *s, const struct dlk_machine *m, uint32_t kept,
		    const uint8_t *args, unsigned arg_count);

/** Get what stands at an address: so many bytes of it, and zeros. */
struct dlk_value dlk_state_load(const struct dlk_state *s, const struct dlk_machine *m,
				struct dlk_value at, unsigned size, bool is_percpu);

/** Forget what the flags tell. */
void dlk_state_forget_flags(struct dlk_state *s);

bool dlk_state_is_same(const struct dlk_state *a, const struct dlk_state *b);

/** Keep of @p s what @p other knows, too. */
void dlk_state_join(struct dlk_state *s, const struct dlk_state *other);

#endif
