/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_CODE_H
#define DLK_CODE_CODE_H

/**
 * @file
 * The kernel's machine code, as it is in the target: with all that the kernel has patched in it since it was
 * started.
 *
 * How holders are told from it is a line of four: instructions (insn.h, by the architecture's row), the values that
 * registers and stack slots have along the paths of a function (value.h, walk.h), what the registers of a frame were
 * (registers.h), and what a frame will release (release.h).  This file keeps what was decoded: each instruction
 * once.
 *
 * Claims: an instruction is what the target's memory has at its address now.  How it can be wrong: text that was
 * patched since the frame was made; text that is not in the dump is not known, and said to be so.
 */

#include "code/arch.h"

enum {
	DLK_MAX_INSNS = 1 << 18, /**< Decoded of one target. */
	DLK_MAX_LOOKS =
		1 << 20 /**< At these: thousands of tasks may be made to look like holders. */
};

struct dlk_code_function {
	dlk_addr_t start;
	const char *name; /**< Without what the compiler appends it ends at dlk_function_plain(). */
	dlk_addr_t
		inside; /**< Addresses from start to before this are known to be the function's, ... */
	dlk_addr_t part,
		part_inside; /**< ... and so are these, of what the compiler put elsewhere. */
};

struct dlk_code;

/**
 * Open a kernel's code.
 *
 * @return DLK_OK, DLK_ERR_UNSUPPORTED (no decoder for the architecture), DLK_ERR_NOMEM.
 *
 * Ownership: lives in the context.
 * Target:    none.
 */
enum dlk_status dlk_code_open(struct dlk_kernel *k, struct dlk_code **ret) DLK_MUST_CHECK;

struct dlk_kernel *dlk_code_kernel(const struct dlk_code *code);
const struct dlk_code_arch *dlk_code_row(const struct dlk_code *code);

/**
 * Get an instruction.
 *
 * @return NULL if its text cannot be read, is no code, or too much was decoded or looked at; good until the next call.
 *
 * Target: reads text; may not return inside crash.
 */
const struct dlk_insn *dlk_code_insn(struct dlk_code *code, dlk_addr_t at);

/** Begin anew: what was looked at so far does not count any more. */
void dlk_code_start(struct dlk_code *code);

/** Whether as many instructions were looked at as may be: from now on none is known. */
bool dlk_code_is_spent(const struct dlk_code *code);

/**
 * Tell whether a function may use a register as an argument: whether there is a path from its entry on which that is read
 * before it is set.  What it calls before that is asked in turn, but not what that calls.
 *
 * @return true also if that cannot be told.
 *
 * Target: reads text; may not return inside crash.
 */
bool dlk_code_uses_argument(struct dlk_code *code, dlk_addr_t entry, uint8_t reg);

/**
 * Find the function of an address.
 *
 * @return false if no symbol covers it.
 *
 * Target: may read the symbol tables.
 */
bool dlk_code_function_at(struct dlk_code *code, dlk_addr_t at, struct dlk_code_function *ret);

/**
 * Where the function of an address is entered: of what the compiler put elsewhere (".cold") that is not where that begins.
 *
 * @return 0 if no symbol covers the address.
 *
 * Target: may read the symbol tables; may not return inside crash.
 */
dlk_addr_t dlk_code_entry_of(struct dlk_code *code, dlk_addr_t at);

/**
 * Tell whether an address belongs to a function: also to what the compiler put elsewhere (".cold").
 *
 * Target: may read the symbol tables.
 */
bool dlk_code_is_inside(struct dlk_code *code, struct dlk_code_function *fn, dlk_addr_t at);

#endif
